//! Issuing for a key that is made here.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, KeyFamily};
use chancery_pki::{
    CustomizedExtension, DistinguishedName, ExtendedKeyUsage, Extensions, KeyUsage, Purpose,
    SerialNumber, SubjectAltName, Template,
};
use chancery_store::PrivateCertificateRow;

use super::issue::Usages;
use super::{State, key_place, target};
use crate::authorities::hash_name;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::Result;
use crate::issuance::{check_family, check_hash, not_writable};
use crate::limits::ccm as limits;
use crate::validity::{ISSUED_YEARS, Period};
use crate::{ids, subject};

/// A certificate that is asked for.
pub struct NewCertificate {
    /// The CA that issues it.
    pub issuer_id: String,
    /// The algorithm of its key.
    pub key_algorithm: KeyAlgorithm,
    /// The hash of its signature.
    pub signature_algorithm: HashAlgorithm,
    /// Its name; what it leaves out is taken from the CA.
    pub subject: DistinguishedName,
    /// How long it is valid.
    pub validity: Period,
    /// What its key is for; empty for the usual.
    pub key_usages: Vec<KeyUsage>,
    /// What it is for; empty for anything.
    pub extended_key_usages: Vec<ExtendedKeyUsage>,
    /// Its alternative names.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// An extension of the caller's own.
    pub customized_extension: Option<CustomizedExtension>,
    /// The enterprise project it is filed under.
    pub enterprise_project_id: String,
}

impl Desk {
    /// Makes a key, issues a certificate for it and returns the certificate's id.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`], [`crate::Refusal::Issuer`].
    pub async fn create_private_certificate(
        &self,
        ctx: &Context,
        new: NewCertificate,
    ) -> Result<String> {
        let now = self.now_ms();
        subject::check(&new.subject)?;
        limits::ALT_NAMES.check_count("subject_alternative_names", new.subject_alt_names.len())?;
        let purposes: Vec<_> = new
            .extended_key_usages
            .into_iter()
            .map(Into::into)
            .collect();
        let usual = default_usages(new.key_algorithm, &purposes);
        let usages = Usages::of(new.key_algorithm, &new.key_usages, &usual)?;
        let project = &new.enterprise_project_id;
        let made = target("", project, &[]);
        let issuer = self.issuing_authority(ctx, &new.issuer_id, &made).await?;
        self.require_enterprise_project(ctx, project).await?;
        let validity = new
            .validity
            .resolve_below(now, ISSUED_YEARS, &issuer.validity)?;

        check_family(new.key_algorithm, issuer.key_algorithm())?;
        check_hash(new.signature_algorithm, issuer.key_algorithm())?;

        let subject = subject::inherit(new.subject, &issuer.subject);
        let mut names = new.subject_alt_names;
        if names.is_empty() {
            names.extend(subject.common_name.as_deref().and_then(name_of_server));
        }
        let named = subject.clone().into();
        issuer
            .signing
            .check_allowed(&named, &names, &purposes, false)?;
        // Refused before a key is made.
        if let Some(extension) = &new.customized_extension {
            extension.check().map_err(not_writable)?;
        }
        self.require_room_for_certificate(ctx).await?;
        let key = self.generate(ctx.behalf(), new.key_algorithm).await?;
        let template = Template {
            subject: subject.clone().into(),
            public_key_der: key.public_key_der().to_vec(),
            validity,
            serial: SerialNumber::random(self.random.as_ref()),
            extensions: Extensions {
                extended_key_usages: purposes,
                sans: names,
                customized: new.customized_extension.into_iter().collect(),
                ..Extensions::default()
            },
        };
        let id = ids::uuid(self.random.as_ref());
        let hash = new.signature_algorithm;
        let issued = self
            .issue_entity(ctx.behalf(), &id, template, usages, hash, &issuer)
            .await?;
        let certificate = &issued.certificate;
        let row = PrivateCertificateRow {
            domain_id: ctx.domain_id().to_owned(),
            status: State::Issued.name().to_owned(),
            gen_mode: "GENERATE".to_owned(),
            issuer_id: issuer.row.id,
            issuer_name: issuer.row.common_name,
            key_algorithm: new.key_algorithm.name().to_owned(),
            signature_algorithm: hash_name(hash),
            serial_number: certificate.serial_hex(),
            common_name: subject.common_name.clone().unwrap_or_default(),
            subject: subject::to_json(&subject)?,
            not_before: validity.not_before_ms,
            not_after: validity.not_after_ms,
            created_at: now,
            delete_at: None,
            certificate: certificate.der().to_vec(),
            sealed_key: Some(self.custody.seal_key(key_place(&id), &key)),
            enc_serial_number: issued.enc_serial_number(),
            enterprise_project_id: new.enterprise_project_id,
            revoked_at: None,
            revocation_reason: None,
            id,
        };
        self.store_private_certificate(ctx, &row, issued).await?;
        Ok(row.id)
    }
}

/// What a key does in TLS: an RSA key also takes encrypted secrets (TLS 1.2 and older), an
/// elliptic one agrees on them (RFC 5480 section 3, RFC 3279 section 2.3.1).
fn default_usages(algorithm: KeyAlgorithm, purposes: &[Purpose]) -> Vec<KeyUsage> {
    let second = match algorithm.family() {
        KeyFamily::Rsa => KeyUsage::KeyEncipherment,
        _ => KeyUsage::KeyAgreement,
    };
    usual_usages(second, purposes)
}

/// The usages of a key for these purposes when none are asked for: to sign, and `second`. One for signing
/// programs or stamping times only signs: OpenSSL takes no other's time stamps.
pub(super) fn usual_usages(second: KeyUsage, purposes: &[Purpose]) -> Vec<KeyUsage> {
    use ExtendedKeyUsage::{CodeSigning, TimeStamping};
    let signs = |purpose: &Purpose| {
        [CodeSigning, TimeStamping]
            .map(Into::into)
            .contains(purpose)
    };
    match !purposes.is_empty() && purposes.iter().all(signs) {
        true => vec![KeyUsage::DigitalSignature],
        false => vec![KeyUsage::DigitalSignature, second],
    }
}

/// The common name as an alternative name, if it is a server's: clients have not looked at the
/// common name for years (RFC 9525 section 2), and not every caller can send alternative names.
pub(super) fn name_of_server(common_name: &str) -> Option<SubjectAltName> {
    if let Ok(address) = common_name.parse() {
        return Some(SubjectAltName::Ip(address));
    }
    match common_name.contains('.') {
        true => SubjectAltName::parse("DNS", common_name).ok(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_from_people() {
        for (name, expected) in [
            ("www.example.com", true),
            ("*.example.com", true),
            ("10.0.0.1", true),
            ("alice", false),
            ("Alice Example", false),
            ("a..b", false),
            ("-a.example.com", false),
            ("*.*.example.com", false),
            ("公司.例", false),
        ] {
            assert_eq!(name_of_server(name).is_some(), expected, "{name}");
        }
    }
}
