//! What chancery offers beyond the documented calls: calls under `/chancery/v1`, and pages to read.

mod accounts;
mod instances;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Own;
    GET "/openapi.json" Access::Public => crate::openapi::show,
    GET "/openapi.html" Access::Public => crate::openapi::read,
    GET "/docs" Access::Public => crate::docs::start,
    GET "/docs/" Access::Public => crate::docs::start,
    GET "/docs/{*page}" Access::Public => crate::docs::show,
    POST "/chancery/v1/accounts"
        Access::Action("chancery:accounts:create") => accounts::create,
    GET "/chancery/v1/accounts"
        Access::Action("chancery:accounts:list") => accounts::list,
    POST "/chancery/v1/accounts/{account_id}/disable"
        Access::Action("chancery:accounts:disable") => accounts::disable,
    POST "/chancery/v1/accounts/{account_id}/enable"
        Access::Action("chancery:accounts:enable") => accounts::enable,
    GET "/chancery/v1/instances/{instance_id}/server-bundle"
        Access::Resource("chancery:instance:getServerBundle") => instances::server_bundle,
];
