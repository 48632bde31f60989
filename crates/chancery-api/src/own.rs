//! What chancery offers beyond the documented calls, under `/chancery/v1`.

mod instances;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Own;
    GET "/openapi.json" Access::Public => crate::openapi::show,
    GET "/openapi.html" Access::Public => crate::openapi::read,
    GET "/chancery/v1/instances/{instance_id}/server-bundle"
        Access::Action("chancery:instance:getServerBundle") => instances::server_bundle,
];
