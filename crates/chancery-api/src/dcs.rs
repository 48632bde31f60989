//! DCS: Redis and Memcached instances.
//!
//! The actions are those of the service's public list (`dcs:ssl:get`, `dcs:ssl:modify`,
//! `dcs:job:get` are in its edition for Open Telekom Cloud). No list names one for the download
//! of the certificate; it reads what `dcs:ssl:get` is for.

mod instances;
mod jobs;
mod shown;
mod ssl;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Dcs;
    POST "/v2/{project_id}/instances"
        Access::Resource("dcs:instance:create") => instances::create,
    GET "/v2/{project_id}/instances"
        Access::Resource("dcs:instance:list") => instances::list,
    GET "/v2/{project_id}/instances/{instance_id}"
        Access::Resource("dcs:instance:get") => instances::show,
    DELETE "/v2/{project_id}/instances/{instance_id}"
        Access::Resource("dcs:instance:delete") => instances::delete,
    GET "/v2/{project_id}/instances/{instance_id}/ssl"
        Access::Resource("dcs:ssl:get") => ssl::show,
    PUT "/v2/{project_id}/instances/{instance_id}/ssl"
        Access::Resource("dcs:ssl:modify") => ssl::switch,
    POST "/v2/{project_id}/instances/{instance_id}/ssl-certs/download"
        Access::Resource("dcs:ssl:get") => ssl::download,
    GET "/v2/{project_id}/jobs/{job_id}"
        Access::Action("dcs:job:get") => jobs::show,
];
