//! Issuing for a CSR: the key stays with its owner.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, has_exponent_3, rsa_fault};
use chancery_pki::{
    BasicConstraints, Extensions, KeyUsage, NameConstraints, Profile, SerialNumber, SigningRequest,
    Subject, SubjectAltName, Template, Validity,
};
use chancery_store::{AuthorityRow, PrivateCertificateRow, Transaction};

use super::create::{name_of_server, usual_usages};
use super::issue::Usages;
use super::{State, target};
use crate::authorities::{
    self, AuthorityKind, IssuingAuthority, KEY_ALGORITHMS, check_path, default_key_usages,
    hash_name, issue_failed, require_issuer, set_certificate,
};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Kind, Refusal, Result};
use crate::issuance::check_family;
use crate::limits::ccm as limits;
use crate::policy::Target;
use crate::validity::{ISSUED_YEARS, Period};
use crate::{ids, subject};

/// Refuses keys that anybody can factor (CA/Browser Forum Baseline Requirements, section 6.1.1.3).
fn check_key(ctx: &Context, request: &SigningRequest) -> Result<()> {
    let key = request.public_key_der();
    if let Some(fault) = rsa_fault(key).map_err(Error::internal)? {
        let text = format!("csr has an RSA key that protects nothing: {fault}");
        return Err(Error::refused(Refusal::Weak, text));
    }
    if has_exponent_3(key).map_err(Error::internal)? {
        ctx.note("weak key (exponent 3)");
    }
    Ok(())
}

/// The hash that CSRs are answered with; the API has no field for it.
fn hash_of(issuer: &IssuingAuthority) -> HashAlgorithm {
    match issuer.key_algorithm() {
        KeyAlgorithm::Sm2 => HashAlgorithm::Sm3,
        _ => HashAlgorithm::Sha384,
    }
}

/// What a CSR is to become.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestedType {
    /// A server's, a client's, anything but a CA's.
    Entity,
    /// A CA whose key is elsewhere.
    IntermediateCa {
        /// How many CAs may follow below it.
        path_length: i64,
    },
}

/// A certificate that is asked for with a CSR.
pub struct NewFromRequest {
    /// The CA that issues it.
    pub issuer_id: String,
    /// The CSR, PEM.
    pub csr: String,
    /// How long it is valid.
    pub validity: Period,
    /// What it becomes.
    pub requested: RequestedType,
    /// The enterprise project it is filed under.
    pub enterprise_project_id: String,
}

impl Desk {
    /// Reads a CSR and checks that it proves possession of its key.
    ///
    /// # Errors
    /// [`Refusal::RequestUnreadable`].
    pub fn parse_request(&self, csr: &str) -> Result<SigningRequest> {
        SigningRequest::parse_pem(csr).map_err(|error| {
            Error::refused(
                Refusal::RequestUnreadable,
                format!("csr cannot be taken: {error}"),
            )
        })
    }

    /// Issues for a CSR and returns the id: a private certificate's, or for an intermediate CA the
    /// CA's. Subject, key and alternative names are the CSR's.
    ///
    /// # Errors
    /// [`Refusal::RequestUnreadable`], [`Refusal::Issuer`], [`Refusal::Weak`] for a key that the
    /// service does not take, [`crate::Kind::Invalid`].
    pub async fn create_from_request(&self, ctx: &Context, new: NewFromRequest) -> Result<String> {
        let request = self.parse_request(&new.csr)?;
        if !KEY_ALGORITHMS.contains(&request.key_algorithm()) {
            let names = KEY_ALGORITHMS.map(|algorithm| algorithm.name()).join(", ");
            let text = format!("csr must have a key of one of {names}");
            return Err(Error::refused(Refusal::Weak, text));
        }
        check_key(ctx, &request)?;
        let is_server = matches!(new.requested, RequestedType::Entity);
        subject::check_requested(request.subject(), is_server && !request.sans().is_empty())?;
        let names = names_of(&request);
        limits::ALT_NAMES.check_count("subject_alternative_names", names.len())?;
        let project = &new.enterprise_project_id;
        let made = match new.requested {
            RequestedType::Entity => target("", project, &[]),
            RequestedType::IntermediateCa { .. } => authorities::target("", project, &[]),
        };
        if !is_server {
            self.require_creating(ctx, &new.issuer_id, &made).await?;
        }
        let issuer = self.issuing_authority(ctx, &new.issuer_id, &made).await?;
        self.require_enterprise_project(ctx, project).await?;
        let outer = issuer.validity;
        let validity = new
            .validity
            .resolve_below(self.now_ms(), ISSUED_YEARS, &outer)?;
        check_family(request.key_algorithm(), issuer.key_algorithm())?;
        let asked = Asked {
            request,
            validity,
            enterprise_project_id: new.enterprise_project_id,
        };
        let left_out = left_out(&asked.request, is_server);
        let id = match new.requested {
            RequestedType::Entity => self.issue_requested(ctx, asked, &issuer).await?,
            RequestedType::IntermediateCa { path_length } => {
                limits::PATH_LENGTH.check_number("path_length", path_length)?;
                let path_length = path_length_of(&asked.request, path_length)?;
                check_path(&issuer.row, path_length)?;
                self.issue_intermediate(ctx, asked, &issuer, path_length)
                    .await?
            }
        };
        for what in left_out {
            ctx.note(&format!("left out: {what}"));
        }
        Ok(id)
    }

    /// A CA is made whoever has its key: it asks for what making a CA asks for as well.
    async fn require_creating(
        &self,
        ctx: &Context,
        issuer_id: &str,
        made: &Target<'_>,
    ) -> Result<()> {
        let allowed = match ctx.to_do(authorities::CREATE) {
            Ok(creating) => self.issuer_row(&creating, issuer_id, made).await.map(drop),
            Err(error) => Err(error),
        };
        allowed.map_err(|error| match error.kind() {
            Kind::Forbidden { .. } => ctx.forbid(&format!(
                "an INTERMEDIATE_CA needs permission to perform both actions {} and {}",
                ctx.action(),
                authorities::CREATE
            )),
            _ => error,
        })
    }

    async fn issue_requested(
        &self,
        ctx: &Context,
        asked: Asked,
        issuer: &IssuingAuthority,
    ) -> Result<String> {
        let request = &asked.request;
        if constraints_of(request)?.is_some() {
            let text = "must not ask for name constraints for an end entity: they are for CAs";
            return Err(Error::invalid("csr", text));
        }
        let algorithm = request.key_algorithm();
        // The service's default for requests, whatever the key (CCM API reference,
        // CreateCertificateByCsr).
        let usual = usual_usages(KeyUsage::KeyAgreement, request.extended_key_usages());
        let usages = Usages::of(algorithm, request.key_usages(), &usual)?;
        let name = shown_name(request);
        let extensions = Extensions {
            extended_key_usages: request.extended_key_usages().to_vec(),
            tls_features: request.tls_features().to_vec(),
            sans: names_of(request),
            ..Extensions::default()
        };
        let template = self.template_for(&asked, extensions);
        let (subject, extensions) = (&template.subject, &template.extensions);
        let purposes = &extensions.extended_key_usages;
        issuer
            .signing
            .check_allowed(subject, &extensions.sans, purposes, false)?;
        let (id, hash) = (ids::uuid(self.random.as_ref()), hash_of(issuer));
        let issued = self
            .issue_entity(ctx.behalf(), &id, template, usages, hash, issuer)
            .await?;
        let certificate = &issued.certificate;
        let row = PrivateCertificateRow {
            id,
            domain_id: ctx.domain_id().to_owned(),
            status: State::Issued.name().to_owned(),
            gen_mode: "CSR".to_owned(),
            issuer_id: issuer.row.id.clone(),
            issuer_name: issuer.row.common_name.clone(),
            key_algorithm: algorithm.name().to_owned(),
            signature_algorithm: hash_name(hash),
            serial_number: certificate.serial_hex(),
            common_name: name,
            subject: subject::to_json(request.subject())?,
            not_before: asked.validity.not_before_ms,
            not_after: asked.validity.not_after_ms,
            created_at: self.now_ms(),
            delete_at: None,
            certificate: certificate.der().to_vec(),
            sealed_key: None,
            enc_serial_number: issued.enc_serial_number(),
            enterprise_project_id: asked.enterprise_project_id,
            revoked_at: None,
            revocation_reason: None,
        };
        self.store_private_certificate(ctx, &row, issued).await?;
        Ok(row.id)
    }

    /// An intermediate CA from a CSR is not in the list of CAs and not in their quota; it is seen
    /// by its id alone.
    async fn issue_intermediate(
        &self,
        ctx: &Context,
        asked: Asked,
        issuer: &IssuingAuthority,
        path_length: i64,
    ) -> Result<String> {
        let request = &asked.request;
        if request.subject() == &issuer.subject {
            let text = "must not have the name of the issuing CA as its subject";
            return Err(Error::invalid("csr", text));
        }
        let path_len = u32::try_from(path_length).map_err(Error::internal)?;
        let extensions = Extensions {
            basic_constraints: BasicConstraints {
                ca: true,
                path_len: Some(path_len),
            },
            key_usages: ca_usages_of(request)?,
            extended_key_usages: request.extended_key_usages().to_vec(),
            tls_features: request.tls_features().to_vec(),
            name_constraints: constraints_of(request)?,
            ..Extensions::default() // a CA has no server names of its own
        };
        let mut template = self.template_for(&asked, extensions);
        self.point_to_revocation(&mut template.extensions, &issuer.row)?;
        let hash = hash_of(issuer);
        let purposes = &template.extensions.extended_key_usages;
        issuer
            .signing
            .check_allowed(&template.subject, &[], purposes, true)?;
        let certificate = self
            .issue(
                ctx.behalf(),
                Profile::IntermediateCa,
                &template,
                &issuer.signing,
                hash,
            )
            .await?;
        let mut row = AuthorityRow {
            id: ids::uuid(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            kind: AuthorityKind::Subordinate.name().to_owned(),
            status: String::new(),
            gen_mode: "CSR".to_owned(),
            issuer_id: Some(issuer.row.id.clone()),
            issuer_name: Some(issuer.row.common_name.clone()),
            key_algorithm: request.key_algorithm().name().to_owned(),
            signature_algorithm: None,
            path_length: None,
            serial_number: None,
            common_name: request.subject().common_name.clone().unwrap_or_default(),
            subject: subject::to_json(request.subject())?,
            key_usages: String::new(),
            not_before: None,
            not_after: None,
            created_at: self.now_ms(),
            delete_at: None,
            listed: false,
            certificate: None,
            external_chain: None,
            csr: None,
            sealed_key: None,
            enterprise_project_id: asked.enterprise_project_id,
            crl: "{}".to_owned(),
            ocsp: false,
            revoked_at: None,
            revocation_reason: None,
            order_id: None,
        };
        set_certificate(&mut row, &certificate, hash, path_length);
        let mut tx = Transaction::new("authority.issue_from_request");
        tx.insert_authority(&row);
        require_issuer(&mut tx, ctx, &issuer.row.id);
        let detail = serde_json::json!({
            "issuer_id": row.issuer_id, "serial_number": row.serial_number, "gen_mode": "CSR",
        });
        tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
        self.store.commit(tx).await.map_err(issue_failed)?;
        Ok(row.id)
    }

    /// Subject and key as the CSR has them.
    fn template_for(&self, asked: &Asked, extensions: Extensions) -> Template {
        Template {
            subject: Subject::Der(asked.request.subject_der().to_vec()),
            public_key_der: asked.request.public_key_der().to_vec(),
            validity: asked.validity,
            serial: SerialNumber::random(self.random.as_ref()),
            extensions,
        }
    }
}

/// The alternative names of an end entity: the CSR's, or a common name that is a host's; and the e-mail
/// addresses of its subject, where programs look for them (RFC 5280 section 4.1.2.6).
fn names_of(request: &SigningRequest) -> Vec<SubjectAltName> {
    let mut names = match request.sans() {
        [] => Vec::from_iter(name_of_server(&shown_name(request))),
        names => names.to_vec(),
    };
    for email in request.subject_emails() {
        let email = SubjectAltName::Email(email.clone());
        if !names.contains(&email) {
            names.push(email);
        }
    }
    names
}

/// The key usages of an intermediate CA: those that the CSR asks for, or the usual ones.
///
/// # Errors
/// [`crate::Kind::Invalid`] when they are for no CA.
fn ca_usages_of(request: &SigningRequest) -> Result<Vec<KeyUsage>> {
    match request.key_usages() {
        [] => Ok(default_key_usages()),
        usages if usages.contains(&KeyUsage::KeyCertSign) => Ok(usages.to_vec()),
        _ => Err(Error::invalid(
            "csr",
            "must ask for the key usage keyCertSign, or for none, to become a CA",
        )),
    }
}

/// The path length of an intermediate CA: the smaller one of those that the call and the CSR ask for.
///
/// # Errors
/// [`crate::Kind::Invalid`] when the CSR asks for no CA.
fn path_length_of(request: &SigningRequest, asked: i64) -> Result<i64> {
    match request.basic_constraints() {
        Some((false, _)) => Err(Error::invalid(
            "csr",
            "must not ask for basicConstraints CA:FALSE to become a CA",
        )),
        Some((true, Some(own))) => Ok(asked.min(own.into())),
        Some((true, None)) | None => Ok(asked),
    }
}

/// What a CSR asks for that its certificate does not get, each in a few words.
fn left_out(request: &SigningRequest, is_server: bool) -> Vec<String> {
    let mut left_out = request.left_out().to_vec();
    if is_server && matches!(request.basic_constraints(), Some((true, _))) {
        left_out.push("basicConstraints CA:TRUE".to_owned());
    }
    if !is_server && !request.sans().is_empty() {
        left_out.push("subjectAltName".to_owned());
    }
    left_out
}

/// What a certificate is listed by: its common name, or its first alternative name without one.
fn shown_name(request: &SigningRequest) -> String {
    let common_name = request.subject().common_name.clone();
    common_name.unwrap_or_else(|| {
        let first = request.sans().first();
        first.map(SubjectAltName::value).unwrap_or_default()
    })
}

/// The name constraints that a CSR asks for (RFC 5280 section 4.2.1.10). An intermediate CA gets
/// them: they take from what it may certify and give nothing, and whoever asks to be limited must
/// not become a CA without limits.
///
/// # Errors
/// [`crate::Kind::Invalid`] when they cannot be read.
fn constraints_of(request: &SigningRequest) -> Result<Option<NameConstraints>> {
    let constraints = request.name_constraints();
    constraints.map_err(|error| Error::invalid("csr", error.to_string()))
}

/// A CSR that may be answered, and the validity it gets.
struct Asked {
    request: SigningRequest,
    validity: Validity,
    enterprise_project_id: String,
}
