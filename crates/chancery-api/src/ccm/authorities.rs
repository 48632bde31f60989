//! `/v1/private-certificate-authorities`: private CAs.

use chancery_core::Error;
use chancery_core::authorities::state::State;
use chancery_core::authorities::{Activation, Authority, AuthorityKind, Description, NewAuthority};
use chancery_core::limits::ccm as limits;
use chancery_pki::SigningRequest;
use chancery_pki::pem::{self, LineEnding};
use chancery_store::{AuthorityFilter, AuthoritySort};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::crls::{WireCrl, crl_settings};
use super::fields::{
    ShownName, WireName, WireValidity, check_id, key_algorithm, key_usages, signature_algorithm,
};
use crate::operation::{Answer, Call};
use crate::wire::{enterprise_project, loose_number, text_or_empty};

#[derive(Deserialize)]
struct CreateAuthority {
    #[serde(rename = "type")]
    kind: String,
    distinguished_name: WireName,
    key_algorithm: String,
    validity: Option<WireValidity>,
    #[serde(default, deserialize_with = "text_or_empty")]
    issuer_id: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    path_length: Option<i64>,
    #[serde(default, deserialize_with = "text_or_empty")]
    signature_algorithm: Option<String>,
    #[serde(default)]
    key_usages: Option<Vec<String>>,
    #[serde(default, deserialize_with = "text_or_empty")]
    enterprise_project_id: Option<String>,
    #[serde(default)]
    crl_configuration: Option<WireCrl>,
    #[serde(default, deserialize_with = "text_or_empty")]
    ca_id: Option<String>,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: CreateAuthority = call.json()?;
    if let Some(id) = &body.issuer_id {
        check_id("issuer_id", id)?;
    }
    if let Some(id) = &body.ca_id {
        check_id("ca_id", id)?;
    }
    let new = NewAuthority {
        kind: kind(&body.kind)?,
        subject: body.distinguished_name.into(),
        key_algorithm: key_algorithm(&body.key_algorithm)?,
        signature_algorithm: body
            .signature_algorithm
            .as_deref()
            .map(signature_algorithm)
            .transpose()?,
        validity: body.validity.map(TryInto::try_into).transpose()?,
        issuer_id: body.issuer_id,
        path_length: body.path_length,
        key_usages: key_usages(&body.key_usages.unwrap_or_default())?,
        enterprise_project_id: enterprise_project(body.enterprise_project_id)?,
        crl: crl_settings(body.crl_configuration)?,
        bought_id: body.ca_id,
    };
    let ca_id = call.desk.create_authority(call.ctx()?, new).await?;
    Answer::ok(&json!({ "ca_id": ca_id }))
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let keys = [
        ("create_time", AuthoritySort::CreatedAt),
        ("common_name", AuthoritySort::CommonName),
        ("type", AuthoritySort::Kind),
        ("not_after", AuthoritySort::NotAfter),
    ];
    let page = call.page(&limits::AUTHORITY_SORT, &keys, AuthoritySort::CreatedAt)?;
    let kind = call.query_one_of("type", &limits::AUTHORITY_TYPE)?;
    let status = call.query_one_of("status", &limits::AUTHORITY_STATUS)?;
    let filter = AuthorityFilter {
        name: call.query("name").map(str::to_owned),
        kind: kind.map(str::to_owned),
        ..AuthorityFilter::default()
    };
    let status = status.and_then(State::from_name);
    let found = call
        .desk
        .authorities(call.ctx()?, filter, status, &page)
        .await?;
    let shown: Vec<_> = found.rows.iter().map(Shown::from).collect();
    Answer::ok(&json!({ "total": found.total, "certificate_authorities": shown }))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let authority = call.desk.authority(call.ctx()?, id(&call)?).await?;
    Answer::ok(&Shown::from(&authority))
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    // Of one that waits they do not matter, so the core knows whether they are few or many.
    let days = call.query("pending_days").map(str::parse).transpose();
    let days = days.map_err(|_| limits::PENDING_DAYS.refusal("pending_days"))?;
    call.desk
        .delete_authority(call.ctx()?, id(&call)?, days)
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn csr(call: Call) -> Result<Answer, Error> {
    let csr = call.desk.authority_csr(call.ctx()?, id(&call)?).await?;
    Answer::ok(&json!({ "csr": SigningRequest::pem_of(&csr, LineEnding::CrLf) }))
}

#[derive(Deserialize)]
struct ActivateAuthority {
    #[serde(rename = "type", default, deserialize_with = "text_or_empty")]
    kind: Option<String>,
    #[serde(default)]
    distinguished_name: Option<WireName>,
    #[serde(default, deserialize_with = "text_or_empty")]
    key_algorithm: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    issuer_id: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    path_length: Option<i64>,
    signature_algorithm: String,
    validity: WireValidity,
    #[serde(default)]
    key_usages: Option<Vec<String>>,
    #[serde(default)]
    crl_configuration: Option<WireCrl>,
}

pub(super) async fn activate(call: Call) -> Result<Answer, Error> {
    let body: ActivateAuthority = call.json()?;
    if let Some(id) = &body.issuer_id {
        check_id("issuer_id", id)?;
    }
    let description = Description {
        kind: body.kind.as_deref().map(kind).transpose()?,
        subject: body.distinguished_name.map(Into::into),
        key_algorithm: body
            .key_algorithm
            .as_deref()
            .map(key_algorithm)
            .transpose()?,
    };
    let activation = Activation {
        description,
        issuer_id: body.issuer_id,
        signature_algorithm: signature_algorithm(&body.signature_algorithm)?,
        validity: body.validity.try_into()?,
        path_length: body.path_length.unwrap_or(0),
        key_usages: key_usages(&body.key_usages.unwrap_or_default())?,
        crl: crl_settings(body.crl_configuration)?,
    };
    call.desk
        .activate_authority(call.ctx()?, id(&call)?, activation)
        .await?;
    Ok(Answer::no_content())
}

#[derive(Deserialize)]
struct ImportCertificate {
    certificate: String,
    #[serde(default, deserialize_with = "text_or_empty")]
    certificate_chain: Option<String>,
}

pub(super) async fn import(call: Call) -> Result<Answer, Error> {
    let body: ImportCertificate = call.json()?;
    let chain = body.certificate_chain.as_deref();
    call.desk
        .import_authority_certificate(call.ctx()?, id(&call)?, &body.certificate, chain)
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn export(call: Call) -> Result<Answer, Error> {
    let (certificate, chain) = call.desk.export_authority(call.ctx()?, id(&call)?).await?;
    let chain = match chain.is_empty() {
        true => Value::Null, // a root has no issuer
        false => pem::encode_chain(&chain, LineEnding::CrLf)
            .trim_end()
            .into(),
    };
    Answer::ok(&json!({
        "certificate": pem::encode("CERTIFICATE", &certificate, LineEnding::CrLf).trim_end(),
        "certificate_chain": chain,
    }))
}

pub(super) async fn enable(call: Call) -> Result<Answer, Error> {
    call.desk.enable_authority(call.ctx()?, id(&call)?).await?;
    Ok(Answer::no_content())
}

pub(super) async fn disable(call: Call) -> Result<Answer, Error> {
    call.desk.disable_authority(call.ctx()?, id(&call)?).await?;
    Ok(Answer::no_content())
}

pub(super) async fn restore(call: Call) -> Result<Answer, Error> {
    call.desk.restore_authority(call.ctx()?, id(&call)?).await?;
    Ok(Answer::no_content())
}

#[derive(Deserialize)]
struct Revoke {
    #[serde(default, deserialize_with = "text_or_empty")]
    reason: Option<String>,
}

pub(super) async fn revoke(call: Call) -> Result<Answer, Error> {
    let body: Revoke = call.json()?;
    let (id, reason) = (id(&call)?, body.reason.as_deref());
    call.desk.revoke_authority(call.ctx()?, id, reason).await?;
    Ok(Answer::no_content())
}

fn kind(name: &str) -> Result<AuthorityKind, Error> {
    AuthorityKind::from_name(name).ok_or_else(|| limits::AUTHORITY_TYPE.refusal("type"))
}

pub(super) fn id(call: &Call) -> Result<&str, Error> {
    let id = call.path("ca_id");
    check_id("ca_id", id)?;
    Ok(id)
}

#[derive(Serialize)]
pub(super) struct Shown<'a> {
    ca_id: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    status: &'a str,
    path_length: Option<i64>,
    issuer_id: Option<&'a str>,
    issuer_name: Option<&'a str>,
    key_algorithm: Option<&'a str>,
    signature_algorithm: Option<&'a str>,
    freeze_flag: i64,
    gen_mode: &'a str,
    serial_number: Option<&'a str>,
    create_time: i64,
    delete_time: Option<i64>,
    not_before: Option<i64>,
    not_after: Option<i64>,
    distinguished_name: ShownName<'a>,
    crl_configuration: Value,
    enterprise_project_id: &'a str,
    free_quota: i64,
    charging_mode: i64,
    cluster_id: Option<&'a str>,
    domain_id: &'a str,
}

impl<'a> From<&'a Authority> for Shown<'a> {
    fn from(authority: &'a Authority) -> Self {
        let row = &authority.row;
        Self {
            ca_id: &row.id,
            kind: described(&row.kind),
            status: authority.state.name(),
            path_length: row.path_length,
            issuer_id: row.issuer_id.as_deref(),
            issuer_name: row.issuer_name.as_deref(),
            key_algorithm: described(&row.key_algorithm),
            signature_algorithm: row.signature_algorithm.as_deref(),
            freeze_flag: 0,
            gen_mode: &row.gen_mode,
            serial_number: row.serial_number.as_deref(),
            create_time: row.created_at,
            delete_time: row.delete_at,
            not_before: row.not_before,
            not_after: row.not_after,
            distinguished_name: (&authority.subject).into(),
            crl_configuration: match &authority.crl {
                None => json!({
                    "enabled": false, "crl_name": null, "obs_bucket_name": null,
                    "valid_days": null, "crl_dis_point": null,
                }),
                Some((settings, address)) => json!({
                    "enabled": true, "crl_name": settings.name,
                    "obs_bucket_name": settings.bucket, "valid_days": settings.valid_days,
                    "crl_dis_point": address,
                }),
            },
            enterprise_project_id: &row.enterprise_project_id,
            free_quota: 0,
            charging_mode: match row.order_id {
                Some(_) => 0, // by period
                None => 1,    // on demand
            },
            cluster_id: None,
            domain_id: &row.domain_id,
        }
    }
}

/// What a CA that was ordered has only once it is described.
fn described(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
