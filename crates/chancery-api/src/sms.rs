//! SMS, the server migration service: source servers, tasks, and the TLS material of a task.
//!
//! The actions are those of the service's classic policies; `sms:server:getCert`, which discloses
//! keys, is the one that its documentation names for that call.

mod sources;
mod tasks;

use chancery_core::Error;
use chancery_core::limits::lists;

use crate::operation::{Access, Call, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Sms;
    POST "/v3/sources" Access::Action("sms:server:registerServer") => sources::register,
    GET "/v3/sources" Access::Action("sms:server:queryServer") => sources::list,
    GET "/v3/sources/{source_id}" Access::Action("sms:server:queryServer") => sources::show,
    DELETE "/v3/sources/{source_id}" Access::Action("sms:server:migrationServer") => sources::delete,
    POST "/v3/tasks" Access::Action("sms:server:migrationServer") => tasks::create,
    GET "/v3/tasks" Access::Action("sms:server:queryServer") => tasks::list,
    POST "/v3/tasks/delete" Access::Action("sms:server:migrationServer") => tasks::delete_several,
    GET "/v3/tasks/{task_id}" Access::Action("sms:server:queryServer") => tasks::show,
    DELETE "/v3/tasks/{task_id}" Access::Action("sms:server:migrationServer") => tasks::delete,
    POST "/v3/tasks/{task_id}/action" Access::Action("sms:server:migrationServer") => tasks::act,
    GET "/v3/tasks/{task_id}/certkey" Access::Action("sms:server:getCert") => tasks::cert_key,
];

/// The rows of a page, if nothing is said, and if 0 is.
const PAGE: u32 = 200;

/// `limit` and `offset` of a list.
fn page(call: &Call) -> Result<(u32, u32), Error> {
    let limit = match call.query_number("limit", &lists::LIMIT, PAGE)? {
        0 => PAGE,
        limit => limit,
    };
    let offset = call.query_number("offset", &lists::OFFSET, 0)?;
    Ok((limit, offset))
}

/// Whether a list is asked about another enterprise project than the only one there is.
fn other_enterprise_project(call: &Call) -> bool {
    !matches!(
        call.query("enterprise_project_id"),
        None | Some("0" | "all" | "all_granted_eps")
    )
}
