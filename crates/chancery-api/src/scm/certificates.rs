//! `/v3/scm/certificates`: stored certificates.

use chancery_core::Error;
use chancery_core::limits::scm as limits;
use chancery_core::store_certificates::{
    NewStoreCertificate, StoreCertificate, StoreCertificateQuery,
};
use chancery_store::StoreCertificateSort;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use crate::operation::{Answer, Call};
use crate::wire::{self, enterprise_project, loose_flag, stamp, text_or_empty};

#[derive(Deserialize)]
struct Import {
    #[serde(default, deserialize_with = "text_or_empty")]
    name: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    certificate: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    certificate_chain: Option<String>,
    #[serde(default)]
    private_key: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "loose_flag")]
    duplicate_check: Option<bool>,
    #[serde(default, deserialize_with = "text_or_empty")]
    enterprise_project_id: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    enc_certificate: Option<String>,
    #[serde(default)]
    enc_private_key: Option<Zeroizing<String>>,
}

pub(super) async fn import(call: Call) -> Result<Answer, Error> {
    let body: Import = call.json()?;
    let new = NewStoreCertificate {
        name: body.name.unwrap_or_default(),
        certificate: body.certificate.unwrap_or_default(),
        certificate_chain: body.certificate_chain,
        private_key: body.private_key.unwrap_or_default(),
        enc_certificate: body.enc_certificate,
        enc_private_key: body.enc_private_key,
        duplicate_check: body.duplicate_check.unwrap_or(false),
        enterprise_project_id: enterprise_project(body.enterprise_project_id)?,
    };
    let id = call.desk.import_store_certificate(call.ctx()?, new).await?;
    Answer::ok(&json!({ "certificate_id": id }))
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    // States differ by time alone, so certificates sorted by their end are sorted by state.
    let keys = [
        ("certExpiredTime", StoreCertificateSort::NotAfter),
        ("certStatus", StoreCertificateSort::NotAfter),
        ("certUpdateTime", StoreCertificateSort::UpdatedAt),
    ];
    let page = call.page(&limits::SORT, &keys, StoreCertificateSort::UpdatedAt)?;
    let query = query(&call)?;
    // Every certificate is its account's own, whatever is asked for.
    call.query_flag("owned_by_self", true)?;
    // No other service is told of certificates yet, so none can be deployed.
    if call.query_flag("deploy_support", false)? {
        let none: [(); 0] = [];
        return Answer::ok(&json!({ "certificates": none, "total_count": 0 }));
    }
    let found = call
        .desk
        .store_certificates(call.ctx()?, query, &page)
        .await?;
    let shown: Vec<_> = found.rows.iter().map(Listed::from).collect();
    Answer::ok(&json!({ "certificates": shown, "total_count": found.total }))
}

fn query(call: &Call) -> Result<StoreCertificateQuery, Error> {
    let status = call.query_one_of("status", &limits::STATUS)?;
    let project = call
        .query("enterprise_project_id")
        .filter(|id| *id != "all");
    let project = project.map(|id| {
        let rule = "must be all, 0 or the id of an enterprise project";
        enterprise_project(Some(id.to_owned()))
            .map_err(|_| Error::invalid("enterprise_project_id", rule))
    });
    let content = call.query("content").map(str::to_owned);
    if content.as_deref().is_some_and(|text| text.contains('\0')) {
        return Err(Error::invalid("content", "must not hold a NUL character"));
    }
    let days = match call.query("expired_days_since") {
        None => None,
        Some(_) => Some(call.query_number("expired_days_since", &limits::EXPIRED_DAYS, 0)?),
    };
    Ok(StoreCertificateQuery {
        status: status.filter(|name| *name != "ALL").map(str::to_owned),
        content,
        enterprise_project_id: project.transpose()?,
        expired_days_since: days,
    })
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let certificate = call.desk.store_certificate(call.ctx()?, id(&call)?).await?;
    Answer::ok(&Shown::from(&certificate))
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    call.desk
        .delete_store_certificate(call.ctx()?, id(&call)?)
        .await?;
    Ok(Answer::no_content())
}

/// SDKs send no body, Terraform `null`, others an empty object.
#[derive(Deserialize)]
struct NoFields {}

#[derive(Serialize)]
struct Exported<'a> {
    entire_certificate: &'a str,
    certificate: &'a str,
    /// Empty when there is none: Go programs follow the pointer, and others join the texts.
    certificate_chain: &'a str,
    private_key: &'a str,
    /// These two are of SM2 pairs alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    enc_certificate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enc_private_key: Option<&'a str>,
}

pub(super) async fn export(call: Call) -> Result<Answer, Error> {
    let certificate_id = id(&call)?;
    if !call.body.is_empty() {
        wire::parse::<Option<NoFields>>(&call.body)?;
    }
    let export = call
        .desk
        .export_store_certificate(call.ctx()?, certificate_id)
        .await?;
    let encryption = export.encryption.as_ref();
    Ok(Answer::ok(&Exported {
        entire_certificate: &export.entire_certificate,
        certificate: &export.certificate,
        certificate_chain: &export.certificate_chain,
        private_key: &export.private_key,
        enc_certificate: encryption.map(|half| half.certificate.as_str()),
        enc_private_key: encryption.map(|half| half.private_key.as_str()),
    })?
    .secret())
}

/// `scs` and 13 digits.
fn id(call: &Call) -> Result<&str, Error> {
    let id = call.path("certificate_id");
    let digits = id.strip_prefix("scs").unwrap_or_default();
    match digits.len() == 13 && digits.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(id),
        false => Err(limits::CERTIFICATE_ID.refusal("certificate_id")),
    }
}

/// A time in UTC as SCM writes it: `2026-01-31 23:59:59.0`.
fn time(ms: i64) -> String {
    stamp(ms, "%Y-%m-%d %H:%M:%S.0")
}

/// How many servers a certificate is for. Of several, a bare domain that goes with its wildcard or
/// with its `www` counts like any other.
struct Domains {
    kind: &'static str,
    count: usize,
    wildcards: usize,
}

impl Domains {
    fn of(certificate: &StoreCertificate) -> Self {
        let count = certificate.names().count();
        let wildcards = certificate.names().filter(|name| name.starts_with("*."));
        let wildcards = wildcards.count();
        Self {
            kind: match (count, wildcards) {
                (1, 0) => "SINGLE_DOMAIN",
                (1, _) => "WILDCARD",
                _ => "MULTI_DOMAIN",
            },
            count,
            wildcards,
        }
    }

    /// The kind of the main domain, of several.
    fn multi_kind(&self, main: &str) -> Option<&'static str> {
        match (self.count, main.starts_with("*.")) {
            (..2, _) => None,
            (_, false) => Some("primary_single"),
            (_, true) => Some("primary_wildcard"),
        }
    }
}

/// One of a list. What only a bought certificate has is null.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    name: &'a str,
    domain: &'a str,
    sans: &'a str,
    signature_algorithm: &'a str,
    deploy_support: bool,
    #[serde(rename = "type")]
    kind: Option<()>,
    brand: Option<()>,
    expire_time: String,
    domain_type: &'static str,
    validity_period: i64,
    status: &'static str,
    domain_count: usize,
    wildcard_count: usize,
    description: Option<()>,
    domain_id: &'a str,
    enterprise_project_id: &'a str,
}

impl<'a> From<&'a StoreCertificate> for Listed<'a> {
    fn from(certificate: &'a StoreCertificate) -> Self {
        let (row, domains) = (&certificate.row, Domains::of(certificate));
        Self {
            id: &row.id,
            name: &row.name,
            domain: &row.domain,
            sans: &row.sans,
            signature_algorithm: &row.signature_algorithm,
            deploy_support: false,
            kind: None,
            brand: None,
            expire_time: time(row.not_after),
            domain_type: domains.kind,
            validity_period: certificate.validity_months(),
            status: certificate.state.name(),
            domain_count: domains.count,
            wildcard_count: domains.wildcards,
            description: None,
            domain_id: &row.domain_id,
            enterprise_project_id: &row.enterprise_project_id,
        }
    }
}

/// One in full. What only a bought certificate has is null.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    status: &'static str,
    order_id: Option<()>,
    name: &'a str,
    #[serde(rename = "type")]
    kind: Option<()>,
    brand: Option<()>,
    push_support: &'static str,
    revoke_reason: Option<()>,
    signature_algorithm: &'a str,
    /// The same under the misspelt name that older clients read.
    signature_algrithm: &'a str,
    issue_time: String,
    not_before: String,
    not_after: String,
    validity_period: i64,
    validation_method: Option<()>,
    domain_type: &'static str,
    multi_domain_type: Option<&'static str>,
    domain: &'a str,
    sans: &'a str,
    domain_count: usize,
    wildcard_count: usize,
    fingerprint: &'a str,
    shared: bool,
    application_info: Option<()>,
    description: Option<()>,
    enterprise_project_id: &'a str,
    authentification: [(); 0],
}

impl<'a> From<&'a StoreCertificate> for Shown<'a> {
    fn from(certificate: &'a StoreCertificate) -> Self {
        let (row, domains) = (&certificate.row, Domains::of(certificate));
        Self {
            id: &row.id,
            status: certificate.state.name(),
            order_id: None,
            name: &row.name,
            kind: None,
            brand: None,
            push_support: "OFF",
            revoke_reason: None,
            signature_algorithm: &row.signature_algorithm,
            signature_algrithm: &row.signature_algorithm,
            issue_time: time(row.not_before),
            not_before: time(row.not_before),
            not_after: time(row.not_after),
            validity_period: certificate.validity_months(),
            validation_method: None,
            domain_type: domains.kind,
            multi_domain_type: domains.multi_kind(&row.domain),
            domain: &row.domain,
            sans: &row.sans,
            domain_count: domains.count,
            wildcard_count: domains.wildcards,
            fingerprint: &row.fingerprint,
            shared: false,
            application_info: None,
            description: None,
            enterprise_project_id: &row.enterprise_project_id,
            authentification: [],
        }
    }
}
