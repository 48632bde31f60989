//! `/v1/private-certificates`: private certificates.

use chancery_bundle::{Password, ServerType};
use chancery_core::limits::ccm as limits;
use chancery_core::private_certificates::{
    EncryptionKeyText, Export, ExportAs, ExportRequest, ExportedText, NewCertificate,
    NewFromRequest, PrivateCertificate, RequestedType, State,
};
use chancery_core::{Error, Kind};
use chancery_crypto::{HashAlgorithm, KeyAlgorithm};
use chancery_pki::pem::LineEnding;
use chancery_pki::{CustomizedExtension, ExtendedKeyUsage, PkiError, SubjectAltName};
use chancery_store::{PrivateCertificateFilter, PrivateCertificateSort};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::fields::{
    ShownName, WireName, WireValidity, check_id, key_algorithm, key_usages, signature_algorithm,
};
use crate::operation::{Answer, Call};
use crate::wire::{enterprise_project, loose_flag, loose_number, text_or_empty};

#[derive(Deserialize)]
struct CreateCertificate {
    issuer_id: String,
    #[serde(default, deserialize_with = "text_or_empty")]
    key_algorithm: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    signature_algorithm: Option<String>,
    distinguished_name: WireName,
    validity: WireValidity,
    #[serde(default)]
    key_usages: Option<Vec<String>>,
    #[serde(default)]
    subject_alternative_names: Option<Vec<WireAltName>>,
    #[serde(default)]
    extended_key_usage: Option<WireExtendedUsage>,
    #[serde(default)]
    customized_extension: Option<WireExtension>,
    #[serde(default, deserialize_with = "text_or_empty")]
    enterprise_project_id: Option<String>,
}

#[derive(Deserialize)]
struct WireAltName {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireExtendedUsage {
    server_auth: Option<bool>,
    client_auth: Option<bool>,
    code_signing: Option<bool>,
    email_protection: Option<bool>,
    time_stamping: Option<bool>,
    smart_card_logon: Option<bool>,
}

#[derive(Deserialize)]
struct WireExtension {
    #[serde(default, deserialize_with = "text_or_empty")]
    object_identifier: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    value: Option<String>,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: CreateCertificate = call.json()?;
    check_id("issuer_id", &body.issuer_id)?;
    let key_algorithm = match &body.key_algorithm {
        Some(name) => key_algorithm(name)?,
        None => KeyAlgorithm::Rsa2048,
    };
    let new = NewCertificate {
        issuer_id: body.issuer_id,
        key_algorithm,
        signature_algorithm: match (&body.signature_algorithm, key_algorithm) {
            (Some(name), _) => signature_algorithm(name)?,
            (None, KeyAlgorithm::Sm2) => HashAlgorithm::Sm3,
            (None, _) => HashAlgorithm::Sha256,
        },
        subject: body.distinguished_name.into(),
        validity: body.validity.try_into()?,
        key_usages: key_usages(&body.key_usages.unwrap_or_default())?,
        extended_key_usages: body.extended_key_usage.unwrap_or_default().into(),
        subject_alt_names: body
            .subject_alternative_names
            .unwrap_or_default()
            .iter()
            .map(alt_name)
            .collect::<Result<_, _>>()?,
        customized_extension: custom_extension(body.customized_extension)?,
        enterprise_project_id: enterprise_project(body.enterprise_project_id)?,
    };
    let id = call
        .desk
        .create_private_certificate(call.ctx()?, new)
        .await?;
    Answer::ok(&json!({ "certificate_id": id }))
}

/// Each type has a code of its own for a value that is not one.
fn alt_name(wire: &WireAltName) -> Result<SubjectAltName, Error> {
    SubjectAltName::parse(&wire.kind, &wire.value).map_err(|error| {
        let field = match wire.kind.as_str() {
            "DNS" | "EMAIL" | "URI" => "subject_alternative_names.value",
            "IP" => "subject_alternative_names.ip",
            _ => "subject_alternative_names.type",
        };
        Error::new(Kind::Invalid { field }, error.to_string())
    })
}

impl From<WireExtendedUsage> for Vec<ExtendedKeyUsage> {
    fn from(wire: WireExtendedUsage) -> Self {
        [
            (wire.server_auth, ExtendedKeyUsage::ServerAuth),
            (wire.client_auth, ExtendedKeyUsage::ClientAuth),
            (wire.code_signing, ExtendedKeyUsage::CodeSigning),
            (wire.email_protection, ExtendedKeyUsage::EmailProtection),
            (wire.time_stamping, ExtendedKeyUsage::TimeStamping),
            (wire.smart_card_logon, ExtendedKeyUsage::SmartCardLogon),
        ]
        .into_iter()
        .filter_map(|(wanted, usage)| (wanted == Some(true)).then_some(usage))
        .collect()
    }
}

/// Terraform always sends the object, with empty texts when there is none.
fn custom_extension(wire: Option<WireExtension>) -> Result<Option<CustomizedExtension>, Error> {
    let Some(wire) = wire else { return Ok(None) };
    match (wire.object_identifier, wire.value) {
        (None, None) => Ok(None),
        (Some(identifier), Some(value)) => {
            let extension = CustomizedExtension::text(&identifier, &value);
            extension.map(Some).map_err(|error| match error {
                PkiError::Field { field, reason } => Error::invalid(field, reason),
                other => Error::invalid("customized_extension", other.to_string()),
            })
        }
        _ => Err(Error::invalid(
            "customized_extension",
            "needs both object_identifier and value, or neither",
        )),
    }
}

#[derive(Deserialize)]
struct CreateByCsr {
    issuer_id: String,
    csr: String,
    validity: WireValidity,
    #[serde(rename = "type", default, deserialize_with = "text_or_empty")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    path_length: Option<i64>,
    #[serde(default, deserialize_with = "text_or_empty")]
    enterprise_project_id: Option<String>,
}

pub(super) async fn create_by_csr(call: Call) -> Result<Answer, Error> {
    let body: CreateByCsr = call.json()?;
    check_id("issuer_id", &body.issuer_id)?;
    let requested = match body.kind.as_deref() {
        None | Some("ENTITY_CERT") => RequestedType::Entity,
        Some("INTERMEDIATE_CA") => RequestedType::IntermediateCa {
            path_length: body.path_length.unwrap_or(0),
        },
        Some(_) => return Err(limits::REQUESTED_TYPE.refusal("type")),
    };
    let new = NewFromRequest {
        issuer_id: body.issuer_id,
        csr: body.csr,
        validity: body.validity.try_into()?,
        requested,
        enterprise_project_id: enterprise_project(body.enterprise_project_id)?,
    };
    let id = call.desk.create_from_request(call.ctx()?, new).await?;
    Answer::ok(&json!({ "certificate_id": id }))
}

#[derive(Deserialize)]
struct ParseCsr {
    csr: String,
}

pub(super) async fn parse_csr(call: Call) -> Result<Answer, Error> {
    let body: ParseCsr = call.json()?;
    let request = call.desk.parse_request(&body.csr)?;
    let algorithm = request.key_algorithm();
    for what in request.left_out() {
        call.ctx()?.note(&format!("left out: {what}"));
    }
    Answer::ok(&json!({
        "key_algorithm": algorithm.family().name(),
        "key_algorithm_length": algorithm.bits(),
        "signature_algorithm": request.signature_algorithm_jca(),
        "public_key": request.public_key_pem(LineEnding::CrLf),
        "distinguished_name": ShownName::from(request.subject()),
    }))
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let keys = [
        ("create_time", PrivateCertificateSort::CreatedAt),
        ("common_name", PrivateCertificateSort::CommonName),
        ("issuer_name", PrivateCertificateSort::IssuerName),
        ("not_after", PrivateCertificateSort::NotAfter),
    ];
    let page = call.page(
        &limits::CERTIFICATE_SORT,
        &keys,
        PrivateCertificateSort::CreatedAt,
    )?;
    let status = call.query_one_of("status", &limits::CERTIFICATE_STATUS)?;
    let filter = PrivateCertificateFilter {
        name: call.query("name").map(str::to_owned),
        ..PrivateCertificateFilter::default()
    };
    let status = status.and_then(State::from_name);
    let found = call
        .desk
        .private_certificates(call.ctx()?, filter, status, &page)
        .await?;
    let shown: Vec<_> = found.rows.iter().map(Shown::from).collect();
    Answer::ok(&json!({ "total": found.total, "certificates": shown }))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let certificate = call
        .desk
        .private_certificate(call.ctx()?, id(&call)?)
        .await?;
    Answer::ok(&Shown::from(&certificate))
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    call.desk
        .delete_private_certificate(call.ctx()?, id(&call)?)
        .await?;
    Ok(Answer::no_content())
}

#[derive(Deserialize)]
struct Revoke {
    #[serde(default, deserialize_with = "text_or_empty")]
    reason: Option<String>,
}

pub(super) async fn revoke(call: Call) -> Result<Answer, Error> {
    let body: Revoke = call.json()?;
    let reason = body.reason.as_deref();
    call.desk
        .revoke_private_certificate(call.ctx()?, id(&call)?, reason)
        .await?;
    Ok(Answer::no_content())
}

#[derive(Deserialize)]
struct ExportBody {
    #[serde(default, deserialize_with = "loose_flag")]
    is_compressed: Option<bool>,
    #[serde(rename = "type")]
    server: String,
    #[serde(default, deserialize_with = "loose_flag")]
    is_sm_standard: Option<bool>,
    #[serde(default)]
    password: Option<Zeroizing<String>>,
}

#[derive(Default, Serialize)]
struct ShownExport<'a> {
    certificate: &'a str,
    certificate_chain: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enc_certificate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enc_private_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enc_sm2_enveloped_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_and_enveloped_data: Option<&'a str>,
}

impl<'a> From<&'a ExportedText> for ShownExport<'a> {
    fn from(text: &'a ExportedText) -> Self {
        let shown = Self {
            certificate: &text.certificate,
            certificate_chain: &text.certificate_chain,
            private_key: text.private_key.as_ref().map(|key| key.as_str()),
            ..Self::default()
        };
        let Some(encryption) = &text.encryption else {
            return shown;
        };
        let shown = Self {
            enc_certificate: Some(&encryption.certificate),
            ..shown
        };
        match &encryption.key {
            EncryptionKeyText::Plain(key) => Self {
                enc_private_key: Some(key),
                ..shown
            },
            EncryptionKeyText::Enveloped {
                enveloped_key,
                signed_and_enveloped,
            } => Self {
                enc_sm2_enveloped_key: Some(enveloped_key),
                signed_and_enveloped_data: Some(signed_and_enveloped),
                ..shown
            },
        }
    }
}

pub(super) async fn export(call: Call) -> Result<Answer, Error> {
    let certificate_id = id(&call)?;
    let body: ExportBody = call.json()?;
    let server: ServerType = body.server.parse().map_err(|_| {
        // The field has the name of a CA's type, which has a code of its own.
        Error::new(
            Kind::Invalid {
                field: "export.type",
            },
            format!("type {}", limits::SERVER_TYPE.sentence()),
        )
    })?;
    let form = match body.is_compressed {
        Some(true) => ExportAs::Archive,
        Some(false) => ExportAs::Text,
        None => {
            return Err(Error::invalid(
                "is_compressed",
                "is required: it must be true or false",
            ));
        }
    };
    let password = body.password.filter(|password| !password.is_empty());
    let password = password
        .map(|text| Password::parse(&text))
        .transpose()
        .map_err(|_| limits::EXPORT_PASSWORD.refusal("password"))?;
    let request = ExportRequest {
        server,
        form,
        sm_standard: body.is_sm_standard == Some(true),
        password,
    };
    match call
        .desk
        .export_private_certificate(call.ctx()?, certificate_id, request)
        .await?
    {
        Export::Archive(archive) => {
            let body = archive.bytes.to_vec().into();
            Ok(Answer::attachment("application/zip", &archive.file_name, body).secret())
        }
        Export::Text(text) => Ok(Answer::ok(&ShownExport::from(&text))?.secret()),
    }
}

pub(super) fn id(call: &Call) -> Result<&str, Error> {
    let id = call.path("certificate_id");
    check_id("certificate_id", id)?;
    Ok(id)
}

/// The second half of an SM2 pair.
#[derive(Serialize)]
struct ShownEncryption<'a> {
    enc_serial_number: &'a str,
}

#[derive(Serialize)]
pub(super) struct Shown<'a> {
    certificate_id: &'a str,
    status: &'a str,
    issuer_id: &'a str,
    issuer_name: &'a str,
    key_algorithm: &'a str,
    signature_algorithm: &'a str,
    freeze_flag: i64,
    gen_mode: &'a str,
    serial_number: &'a str,
    create_time: i64,
    delete_time: Option<i64>,
    not_before: i64,
    not_after: i64,
    distinguished_name: ShownName<'a>,
    enc_cert_info: Option<ShownEncryption<'a>>,
    enterprise_project_id: &'a str,
}

impl<'a> From<&'a PrivateCertificate> for Shown<'a> {
    fn from(certificate: &'a PrivateCertificate) -> Self {
        let row = &certificate.row;
        Self {
            certificate_id: &row.id,
            status: certificate.state.name(),
            issuer_id: &row.issuer_id,
            issuer_name: &row.issuer_name,
            key_algorithm: &row.key_algorithm,
            signature_algorithm: &row.signature_algorithm,
            freeze_flag: 0,
            gen_mode: &row.gen_mode,
            serial_number: &row.serial_number,
            create_time: row.created_at,
            delete_time: row.delete_at,
            not_before: row.not_before,
            not_after: row.not_after,
            distinguished_name: (&certificate.subject).into(),
            enc_cert_info: row
                .enc_serial_number
                .as_deref()
                .map(|enc_serial_number| ShownEncryption { enc_serial_number }),
            enterprise_project_id: &row.enterprise_project_id,
        }
    }
}
