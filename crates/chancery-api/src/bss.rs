//! BSS, billing: what was ordered, and what is given up.
//!
//! Private CAs are ordered with their own service ([`crate::ccm`]); clients follow an order here.

mod orders;
mod subscriptions;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Bss;
    GET "/v2/orders/customer-orders/details/{order_id}"
        Access::Action("bss:order:view") => orders::show,
    // The path is spelt so.
    POST "/v2/orders/suscriptions/resources/query"
        Access::Action("bss:renewal:view") => subscriptions::list,
    POST "/v2/orders/subscriptions/resources/unsubscribe"
        Access::Action("bss:unsubscribe:update") => subscriptions::cancel,
];

/// How the service and what is bought of it are called.
const SERVICE_NAME: &str = "Cloud Certificate Manager";
const RESOURCE_NAME: &str = "Private CA";

/// How times are written.
const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";
