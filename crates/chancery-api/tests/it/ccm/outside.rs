//! A CA that is not of the desk, and certifies CAs that are.

use chancery_crypto::random::SystemRandom;
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::pem::LineEnding;
use chancery_pki::{
    BasicConstraints, Certificate, DistinguishedName, Extensions, Issuer, KeyUsage,
    NameConstraints, Profile, SerialNumber, SigningRequest, Subject, Template, Validity,
};
use serde_json::{Value, json};

use super::{CAS, pending, request_of};
use crate::support::{Api, DAY, NOW};

/// What an outside CA says about a CA that it certifies, or about itself.
#[derive(Clone, Default)]
pub(super) struct Said {
    pub(super) path_len: Option<u32>,
    /// DER of the extension's value.
    pub(super) name_constraints: Option<Vec<u8>>,
    /// In place of the subject of the request.
    pub(super) subject: Option<DistinguishedName>,
}

/// A CA with its key and the certificates above it.
pub(super) struct Outside {
    key: PrivateKey,
    certificate: Certificate,
    above: Vec<Certificate>,
}

impl Outside {
    pub(super) fn root(said: &Said) -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        let template = template(
            DistinguishedName::common("outside root").into(),
            key.public_key_der(),
            &Said {
                name_constraints: None,
                ..said.clone()
            },
        );
        // Lint lets no root have constraints of its own; others' do.
        let issuer = Issuer::self_signed(&template).unwrap();
        let unsigned = template.prepare(&issuer, HashAlgorithm::Sha256).unwrap();
        let certificate = unsigned.lint(Profile::RootCa).unwrap().sign(&key).unwrap();
        Self {
            key,
            certificate,
            above: Vec::new(),
        }
    }

    /// A CA below this one, also outside.
    pub(super) fn middle(&self, said: &Said) -> Self {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        let subject = DistinguishedName::common("outside middle").into();
        let certificate = self.sign(subject, key.public_key_der(), said);
        let mut above = vec![self.certificate.clone()];
        above.extend(self.above.iter().cloned());
        Self {
            key,
            certificate,
            above,
        }
    }

    /// The body that imports what this CA certifies a waiting CA as.
    pub(super) async fn certify(&self, api: &Api, waiting: &str, said: &Said) -> Value {
        let request = SigningRequest::parse_pem(&request_of(api, waiting).await).unwrap();
        let subject = match &said.subject {
            Some(name) => name.clone().into(),
            None => Subject::Der(request.subject_der().to_vec()),
        };
        let certificate = self.sign(subject, request.public_key_der(), said);
        let chain: String = std::iter::once(&self.certificate)
            .chain(&self.above)
            .map(|certificate| certificate.pem(LineEnding::Lf))
            .collect();
        json!({ "certificate": certificate.pem(LineEnding::Lf), "certificate_chain": chain })
    }

    /// A CA of the desk that this one certified, and its id.
    pub(super) async fn import(&self, api: &Api, common_name: &str, said: &Said) -> String {
        let id = api.new_ca(pending(common_name)).await;
        let body = self.certify(api, &id, said).await;
        let path = format!("{CAS}/{id}/import");
        api.succeed("POST", &path, Some(body)).await;
        id
    }

    fn sign(&self, subject: Subject, public_key_der: &[u8], said: &Said) -> Certificate {
        let template = template(subject, public_key_der, said);
        let mut issuer = Issuer::of(&self.certificate).unwrap();
        // Others issue against their own constraints, too; the desk has to notice.
        issuer.name_constraints.clear();
        issuer.path_len = None;
        let unsigned = template.prepare(&issuer, HashAlgorithm::Sha256).unwrap();
        let linted = unsigned.lint(Profile::IntermediateCa).unwrap();
        linted.sign(&self.key).unwrap()
    }
}

fn template(subject: Subject, public_key_der: &[u8], said: &Said) -> Template {
    let constraints = said.name_constraints.as_deref();
    Template {
        subject,
        public_key_der: public_key_der.to_vec(),
        validity: Validity {
            not_before_ms: NOW - 100 * DAY,
            not_after_ms: NOW + 9000 * DAY,
        },
        serial: SerialNumber::random(&SystemRandom),
        extensions: Extensions {
            basic_constraints: BasicConstraints {
                ca: true,
                path_len: said.path_len,
            },
            key_usages: vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign],
            name_constraints: constraints.map(|der| NameConstraints::from_der(der).unwrap()),
            ..Extensions::default()
        },
    }
}

/// DER of name constraints: subtrees that are permitted, and such that are excluded, each with the
/// number of its kind of name and its value.
pub(super) fn constraints(permitted: &[(u8, &[u8])], excluded: &[(u8, &[u8])]) -> Vec<u8> {
    let wrapped = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        assert!(length < 128, "a short form of length");
        [&[tag, length][..], content].concat()
    };
    let list = |tag: u8, subtrees: &[(u8, &[u8])]| match subtrees {
        [] => Vec::new(),
        subtrees => {
            let each = subtrees.iter().map(|(kind, value)| {
                // A directoryName is explicit: its tag is constructed.
                let tag = if *kind == DIRECTORY {
                    0xa0 | kind
                } else {
                    0x80 | kind
                };
                wrapped(0x30, &wrapped(tag, value))
            });
            wrapped(tag, &each.collect::<Vec<_>>().concat())
        }
    };
    wrapped(
        0x30,
        &[list(0xa0, permitted), list(0xa1, excluded)].concat(),
    )
}

/// The numbers of GeneralName.
pub(super) const EMAIL: u8 = 1;
pub(super) const DNS: u8 = 2;
pub(super) const DIRECTORY: u8 = 4;
pub(super) const URI: u8 = 6;
pub(super) const IP: u8 = 7;
