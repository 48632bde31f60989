//! What chancery offers beyond the documented calls, under `/chancery/v1`.

mod accounts;
mod instances;

use bytes::Bytes;
use chancery_core::Error;
use http::StatusCode;

use crate::operation::{Access, Answer, Call, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Own;
    GET "/" Access::Public => show,
    GET "/openapi.json" Access::Public => crate::openapi::show,
    GET "/openapi.html" Access::Public => crate::openapi::read,
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

/// What somebody reads who comes here with a browser.
const GREETING: &str = "\
chancery: certificates and keys over the Huawei Cloud certificate APIs.

/openapi.html  every call, to read
/openapi.json  every call, for programs
/readyz        whether this server can do its work

What a client needs is in client.env, in the data folder of this server.
";

async fn show(_: Call) -> Result<Answer, Error> {
    let greeting = Bytes::from_static(GREETING.as_bytes());
    Ok(Answer::bytes(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        greeting,
    ))
}
