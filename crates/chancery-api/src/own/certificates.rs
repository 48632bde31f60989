//! `/chancery/v1/certificates`: private certificates, found by what is in them, and decoded.

use chancery_core::limits::{UUID, own as limits};
use chancery_core::private_certificates::{PrivateCertificate, Search};
use chancery_core::{Error, Kind};
use chancery_pki::Certificate;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::described::{shown, time};
use crate::operation::{Answer, Call};
use crate::wire::is_uuid;

/// How many a page has that says nothing else.
const USUAL_PAGE: u32 = 100;

pub(super) async fn search(call: Call) -> Result<Answer, Error> {
    let text = |name: &str| call.query(name).map(str::to_owned);
    let issuer_id = text("issuer_id");
    if issuer_id.as_deref().is_some_and(|id| !is_uuid(id)) {
        return Err(UUID.refusal("issuer_id"));
    }
    let sort = call.query_one_of("sort", &limits::SEARCH_SORT)?;
    let search = Search {
        san: text("san"),
        name: text("name"),
        serial: text("serial"),
        fingerprint: text("fingerprint"),
        id_prefix: text("id_prefix"),
        issuer_id,
        expires_after: at(&call, "expires_after")?,
        expires_before: at(&call, "expires_before")?,
        by_end: sort == Some("not_after"),
        limit: call.query_number("limit", &limits::SEARCH_PAGE, USUAL_PAGE)?,
        marker: text("marker"),
    };
    let found = call
        .desk
        .find_private_certificates(call.ctx()?, search)
        .await?;
    let rows = found.certificates.iter().map(row);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&json!({ "certificates": rows, "next_marker": found.marker }))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let id = call.path("certificate_id");
    if !is_uuid(id) {
        return Err(UUID.refusal("certificate_id"));
    }
    let found = call
        .desk
        .private_certificate_with_chain(call.ctx()?, id)
        .await?;
    let row = &found.thing.row;
    let own = json!({
        "id": row.id,
        "kind": "private",
        "name": row.common_name,
        "status": found.thing.state.name(),
        "issuer_id": row.issuer_id,
        "issuer_name": row.issuer_name,
        "enterprise_project_id": row.enterprise_project_id,
        "created_at": time(row.created_at),
        "revoked_at": row.revoked_at.map(time),
        "revocation_reason": row.revocation_reason,
        "has_private_key": row.sealed_key.is_some(),
    });
    Answer::ok(&shown(&found, own)?)
}

/// A certificate of a search.
fn row(found: &PrivateCertificate) -> Result<Value, Error> {
    let row = &found.row;
    let certificate = Certificate::from_der(&row.certificate).map_err(Error::internal)?;
    let sans = certificate.sans().iter();
    let sans: Vec<_> = sans
        .map(|san| json!({ "type": san.kind(), "value": san.value() }))
        .collect();
    Ok(json!({
        "id": row.id,
        "kind": "private",
        "name": row.common_name,
        "status": found.state.name(),
        "key_algorithm": row.key_algorithm,
        "issuer_id": row.issuer_id,
        "issuer_name": row.issuer_name,
        "serial_number": row.serial_number,
        "fingerprint_sha256": certificate.fingerprint_sha256_hex(),
        "sans": sans,
        "not_before": time(row.not_before),
        "not_after": time(row.not_after),
        "created_at": time(row.created_at),
    }))
}

/// A time of the query (RFC 3339), in milliseconds since 1970 UTC.
fn at(call: &Call, name: &'static str) -> Result<Option<i64>, Error> {
    let Some(text) = call.query(name) else {
        return Ok(None);
    };
    let time: Result<Timestamp, _> = text.parse();
    let time = time.map_err(|_| {
        Error::new(
            Kind::Invalid { field: name },
            format!("{name} must be a time of RFC 3339, such as 2027-01-31T00:00:00Z"),
        )
    })?;
    Ok(Some(time.as_millisecond()))
}
