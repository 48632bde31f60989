//! EPS: enterprise projects.

mod enterprise_projects;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Eps;
    POST "/v1.0/enterprise-projects"
        Access::Resource("eps:enterpriseProjects:create") => enterprise_projects::create,
    GET "/v1.0/enterprise-projects"
        Access::Resource("eps:enterpriseProjects:list") => enterprise_projects::list,
    GET "/v1.0/enterprise-projects/{enterprise_project_id}"
        Access::Resource("eps:enterpriseProjects:get") => enterprise_projects::show,
    PUT "/v1.0/enterprise-projects/{enterprise_project_id}"
        Access::Resource("eps:enterpriseProjects:update") => enterprise_projects::update,
    // The body says which permission it takes: to enable or to disable.
    POST "/v1.0/enterprise-projects/{enterprise_project_id}/action"
        Access::Identified("eps:enterpriseProjects:action") => enterprise_projects::switch,
];
