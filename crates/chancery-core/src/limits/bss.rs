//! Limits of orders and subscriptions. Sources name the calls of the customer operation
//! capabilities' API reference.

use super::{ANY, Limit};

/// The number of an order that something was bought with.
pub const ORDER_ID: Limit = Limit::text(
    0,
    64,
    ANY,
    "ListPayPerUseCustomerResources, order_id; the length is that of other calls",
);
/// The resources that a list is narrowed to.
pub const RESOURCE_IDS: Limit = Limit::count(0, 50, "ListPayPerUseCustomerResources, resource_ids");
/// Whether a list has only resources that stand by themselves; all do.
pub const ONLY_MAIN: Limit =
    Limit::number(0, 1, "ListPayPerUseCustomerResources, only_main_resource");
/// The state of a resource: 2 in use, 3 closed, 4 frozen, 5 expired.
pub const STATUS: Limit = Limit::number(2, 5, "ListPayPerUseCustomerResources, status_list");
/// When what was paid for ends.
pub const TIME: Limit = Limit::form(
    "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$",
    "must be a time in UTC such as 2026-05-06T08:05:01Z",
    "ListPayPerUseCustomerResources, expire_time_begin, expire_time_end",
);
/// The service that something was bought of.
pub const SERVICE: Limit = Limit::text(
    1,
    64,
    ANY,
    "ListPayPerUseCustomerResources, service_type_code",
);
/// The account that a partner asks about; it is not looked at.
pub const CUSTOMER: Limit = Limit::text(0, 64, ANY, "ListPayPerUseCustomerResources, customer_id");
/// How many rows a page has.
pub const PAGE: Limit = Limit::number(
    1,
    500,
    "ours: ShowCustomerOrderDetails and ListPayPerUseCustomerResources, limit, name no limit",
);
/// How many resources are given up at once.
pub const UNSUBSCRIBED: Limit = Limit::count(1, 10, "CancelResourcesSubscription, resource_ids");
/// What is given up: 1 the resource, 2 what it was renewed for.
pub const UNSUBSCRIBE_TYPE: Limit =
    Limit::number(1, 2, "CancelResourcesSubscription, unsubscribe_type");
/// Why, by number; it is not looked at.
pub const REASON_TYPE: Limit =
    Limit::number(1, 5, "CancelResourcesSubscription, unsubscribe_reason_type");
/// Why, in words; it is not looked at.
pub const REASON: Limit = Limit::text(
    0,
    1024,
    ANY,
    "ours: CancelResourcesSubscription, unsubscribe_reason, names no limit",
);
