//! HTTP: routes, wire types and wire errors of the five services, IAM, enterprise projects and objects.
//!
//! A request flows one way: [`router`] finds the operation, `authenticate` finds the caller, the
//! caller's policies allow the operation's action, the handler converts the wire type, calls one
//! core function and converts the answer. What a service calls its errors is in `errors` only.
#![forbid(unsafe_code)]

mod authenticate;
mod body;
mod bss;
mod ccm;
mod dcs;
mod dds;
mod dispatch;
mod docs;
mod eps;
mod errors;
mod health;
mod html;
mod iam;
mod objects;
mod openapi;
mod operation;
mod own;
mod pki;
mod request_log;
mod scm;
mod service;
mod sms;
mod unknown;
mod wire;

pub use dispatch::router;
pub use openapi::document as openapi;
pub use operation::{Access, Operation};
pub use pki::router as pki_router;
pub use service::Service;

/// Every operation the server answers, service by service.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        bss::OPERATIONS,
        ccm::OPERATIONS,
        dcs::OPERATIONS,
        dds::OPERATIONS,
        eps::OPERATIONS,
        iam::OPERATIONS,
        iam::V30_OPERATIONS,
        objects::OPERATIONS,
        own::OPERATIONS,
        scm::OPERATIONS,
        sms::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}
