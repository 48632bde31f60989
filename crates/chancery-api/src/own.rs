//! What chancery offers beyond the documented calls: calls under `/chancery/v1`, and pages to read.

mod accounts;
mod authorities;
mod certificates;
mod described;
mod instances;
mod store_certificates;

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
    GET "/chancery/v1/certificates"
        Access::Resource("pca:cert:list") => certificates::search,
    GET "/chancery/v1/certificates/{certificate_id}"
        Access::Resource("pca:cert:get") => certificates::show,
    GET "/chancery/v1/store-certificates/{certificate_id}"
        Access::Resource("scm:cert:get") => store_certificates::show,
    GET "/chancery/v1/authorities/{ca_id}"
        Access::Resource("pca:ca:get") => authorities::show,
    GET "/chancery/v1/instances/{instance_id}/server-bundle"
        Access::Resource("chancery:instance:getServerBundle") => instances::server_bundle,
];
