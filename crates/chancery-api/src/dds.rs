//! DDS: MongoDB instances.

mod instances;
mod shown;
mod ssl;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Dds;
    POST "/v3/{project_id}/instances"
        Access::Resource("dds:instance:create") => instances::create,
    GET "/v3/{project_id}/instances"
        Access::Resource("dds:instance:list") => instances::list,
    DELETE "/v3/{project_id}/instances/{instance_id}"
        Access::Resource("dds:instance:deleteInstance") => instances::delete,
    POST "/v3/{project_id}/instances/{instance_id}/switch-ssl"
        Access::Resource("dds:instance:setSsl") => ssl::switch,
    GET "/v3/{project_id}/instances/{instance_id}/ssl-cert/download-link"
        Access::Resource("dds:instance:getSslCertDownloadAddress") => ssl::download_link,
];
