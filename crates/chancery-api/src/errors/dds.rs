//! Codes of the MongoDB service (`DBS.`, shared with the other databases).

use chancery_core::{Kind, Refusal};
use http::StatusCode;

use super::Code;

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Token | Kind::TokenExpired | Kind::Login => (StatusCode::UNAUTHORIZED, "DBS.280056"),
        Kind::Forbidden { .. } => (StatusCode::FORBIDDEN, "DBS.280063"),
        Kind::WrongProject => (StatusCode::BAD_REQUEST, "DBS.280408"),
        Kind::NotFound(_) => (StatusCode::BAD_REQUEST, "DBS.280110"),
        Kind::Invalid { field } => (StatusCode::BAD_REQUEST, of_field(field)),
        Kind::Refused(Refusal::State) => (StatusCode::FORBIDDEN, "DBS.200019"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "DBS.280503"), // ours
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "DBS.280005"),
        _ => (StatusCode::BAD_REQUEST, "DBS.280001"),
    }
}

pub(super) fn of_field(field: &str) -> &'static str {
    match field {
        "ssl_option" => "DBS.239011",
        "name" => "DBS.280234",
        "datastore.type" => "DBS.280235",
        "datastore.version" => "DBS.280236",
        "mode" => "DBS.280342",
        "instance_id" => "DBS.280404",
        "limit" => "DBS.280439",
        "offset" => "DBS.280440",
        _ => "DBS.280001",
    }
}
