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

/// The service that things are bought of, and its name.
const SERVICE_CODE: &str = "hws.service.type.ccm";
const SERVICE_NAME: &str = "Cloud Certificate Manager";
/// What is bought, and its name.
const RESOURCE_CODE: &str = "hws.resource.type.pca.duration";
const RESOURCE_NAME: &str = "Private CA";
/// The form in which it is bought.
const SPEC_CODE: &str = "ca.duration";

/// How times are written.
const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";
