//! The object store's links: `/objects/{bucket}/{key}`.

use chancery_core::Error;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use crate::operation::{Access, Answer, Call, Operation, operations};
use crate::service::Service;

// The link itself is what lets its holder in.
pub(crate) const OPERATIONS: &[Operation] = operations![Service::Objects;
    GET "/objects/{bucket}/{*key}" Access::Public => get,
];

/// Opens an object; also for HEAD, which gets the same without the bytes, where it needs no link or one that
/// is signed for it.
async fn get(call: Call) -> Result<Answer, Error> {
    let place = (call.path("bucket"), call.path("key"));
    let method = call.method.as_str();
    let object = call
        .desk
        .open_object(method, place, &call.raw_query)
        .await?;
    // An object may be replaced: whoever keeps one asks again before using it.
    let cache = match object.public {
        true => "no-cache",
        false => "private, no-cache",
    };
    Ok(
        Answer::bytes(StatusCode::OK, object.content_type, object.bytes)
            .with_header(CACHE_CONTROL, HeaderValue::from_static(cache)),
    )
}
