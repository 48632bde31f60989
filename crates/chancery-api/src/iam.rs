//! IAM: what every client calls first.

mod domains;
mod projects;
mod tokens;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Iam;
    POST "/v3/auth/tokens" Access::Public => tokens::create,
    GET "/v3/auth/tokens" Access::Identified("iam:tokens:validate") => tokens::show,
    GET "/v3/auth/domains" Access::Identified("iam:domains:list") => domains::list,
    GET "/v3/auth/projects" Access::Identified("iam:projects:listForUser") => projects::list_mine,
    GET "/v3/projects" Access::Action("iam:projects:listProjects") => projects::list,
];
