//! The sample resources of `chancery demo`.
//!
//! They are made once, by the same functions that serve the API; a later start on the same folder
//! finds them again.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use chancery_core::authorities::{AuthorityKind, NewAuthority};
use chancery_core::bootstrap::Administrator;
use chancery_core::private_certificates::{NewCertificate, NewFromRequest, RequestedType};
use chancery_core::validity::{Period, Unit};
use chancery_core::{Caller, Context, Desk};
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::pem::LineEnding;
use chancery_pki::{DistinguishedName, ExtendedKeyUsage, SigningRequest, SubjectAltName};
use serde::{Deserialize, Serialize};

/// The setting that remembers what was made.
const SETTING: &str = "demo.samples";
/// The name that the sample certificates are issued for.
const HOST: &str = "www.example.com";

/// A sample resource.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Its name in `client.env`.
    pub(crate) variable: &'static str,
    /// Its id.
    pub(crate) id: String,
}

/// What the table says of a sample: its variable, what it is, and what fetches it (after
/// `$CHANCERY_ENDPOINT`).
struct Line {
    variable: &'static str,
    what: &'static str,
    method: &'static str,
    path: &'static str,
    body: &'static str,
}

const fn line(
    variable: &'static str,
    what: &'static str,
    method: &'static str,
    path: &'static str,
    body: &'static str,
) -> Line {
    Line {
        variable,
        what,
        method,
        path,
        body,
    }
}

const NGINX: &str = r#"{"type":"nginx","is_compressed":"true"}"#;
const OTHER: &str = r#"{"type":"other","is_compressed":"false"}"#;
const TOMCAT: &str = r#"{"type":"tomcat","is_compressed":"true"}"#;

/// Every sample, in the order in which they are made.
const LINES: [Line; 7] = [
    line(
        "CHANCERY_DEMO_ROOT_CA_ID",
        "root CA",
        "POST",
        "/v1/private-certificate-authorities/$/export",
        "",
    ),
    line(
        "CHANCERY_DEMO_CA_ID",
        "subordinate CA",
        "POST",
        "/v1/private-certificate-authorities/$/export",
        "",
    ),
    line(
        "CHANCERY_DEMO_CERTIFICATE_ID",
        "RSA2048 certificate",
        "POST",
        "/v1/private-certificates/$/export",
        NGINX,
    ),
    line(
        "CHANCERY_DEMO_RSA4096_CERTIFICATE_ID",
        "RSA4096 certificate",
        "POST",
        "/v1/private-certificates/$/export",
        TOMCAT,
    ),
    line(
        "CHANCERY_DEMO_EC256_CERTIFICATE_ID",
        "EC256 certificate",
        "POST",
        "/v1/private-certificates/$/export",
        OTHER,
    ),
    line(
        "CHANCERY_DEMO_EC384_CERTIFICATE_ID",
        "EC384 certificate",
        "POST",
        "/v1/private-certificates/$/export",
        OTHER,
    ),
    line(
        "CHANCERY_DEMO_CSR_CERTIFICATE_ID",
        "certificate from a CSR",
        "POST",
        "/v1/private-certificates/$/export",
        OTHER,
    ),
];

/// Makes the samples, or finds those that were made before.
pub(crate) async fn prepare(desk: &Desk, administrator: &Administrator) -> Result<Vec<Sample>> {
    let made = match desk.setting(SETTING).await? {
        Some(stored) => serde_json::from_slice(&stored).context("the stored sample ids")?,
        None => {
            let key = desk.access_key(&administrator.access_key).await?;
            let made = Maker {
                desk,
                caller: key.caller.clone(),
            }
            .make()
            .await?;
            desk.put_setting(SETTING, &serde_json::to_vec(&made)?)
                .await?;
            made
        }
    };
    let Made { ids } = made;
    Ok(LINES
        .iter()
        .zip(ids)
        .map(|(line, id)| Sample {
            variable: line.variable,
            id,
        })
        .collect())
}

/// Prints what there is and how to fetch it.
pub(crate) fn print(
    out: &mut impl Write,
    env_path: &Path,
    samples: &[Sample],
) -> std::io::Result<()> {
    writeln!(
        out,
        "\nIn another shell:\n\n  set -a; . {}; set +a",
        env_path.display()
    )?;
    writeln!(
        out,
        "  TOKEN=$(curl -sS -o /dev/null -D - \"$CHANCERY_ENDPOINT/v3/auth/tokens\" -d \
         '{{\"auth\":{{\"identity\":{{\"methods\":[\"password\"],\"password\":{{\"user\":{{\"name\":\
         \"'$CHANCERY_USER'\",\"password\":\"'$CHANCERY_PASSWORD'\",\"domain\":{{\"name\":\
         \"'$CHANCERY_DOMAIN'\"}}}}}}}}}}}}' | tr -d '\\r' | sed -n 's/^x-subject-token: //p')\n"
    )?;
    for (line, sample) in LINES.iter().zip(samples) {
        let path = line.path.replace('$', &format!("${}", line.variable));
        let body = match line.body {
            "" => String::new(),
            body => format!(" -d '{body}'"),
        };
        let save = if line.body.contains("\"true\"") {
            " -OJ"
        } else {
            ""
        };
        writeln!(out, "  {:<24} {}", line.what, sample.id)?;
        writeln!(
            out,
            "    curl -sS{save} -H \"X-Auth-Token: $TOKEN\" -X {} \"$CHANCERY_ENDPOINT{path}\"{body}",
            line.method
        )?;
    }
    writeln!(out)
}

/// The ids of the samples, in the order of [`LINES`].
#[derive(Default, Deserialize, Serialize)]
struct Made {
    ids: Vec<String>,
}

struct Maker<'a> {
    desk: &'a Desk,
    caller: Caller,
}

impl Maker<'_> {
    async fn make(&self) -> Result<Made> {
        let root = self.authority("Demo Root CA", None).await?;
        let issuer = self.authority("Demo Issuing CA", Some(&root)).await?;
        let mut ids = vec![root, issuer.clone()];
        for algorithm in [
            KeyAlgorithm::Rsa2048,
            KeyAlgorithm::Rsa4096,
            KeyAlgorithm::EcP256,
            KeyAlgorithm::EcP384,
        ] {
            ids.push(self.certificate(&issuer, algorithm).await?);
        }
        ids.push(self.certificate_for_request(&issuer).await?);
        Ok(Made { ids })
    }

    fn ctx(&self, action: &'static str) -> Result<Context> {
        Ok(Context::authorize(
            self.caller.clone(),
            action,
            &self.desk.new_request_id(),
        )?)
    }

    async fn authority(&self, name: &str, issuer_id: Option<&str>) -> Result<String> {
        let given = |text: &str| Some(text.to_owned());
        let new = NewAuthority {
            kind: match issuer_id {
                None => AuthorityKind::Root,
                Some(_) => AuthorityKind::Subordinate,
            },
            subject: DistinguishedName {
                common_name: given(name),
                country: given("CN"),
                state: given("Guangdong"),
                locality: given("Shenzhen"),
                organization: given("Example"),
                organizational_unit: given("Demo"),
            },
            key_algorithm: KeyAlgorithm::EcP256,
            signature_algorithm: Some(HashAlgorithm::Sha256),
            validity: Some(years(if issuer_id.is_some() { 10 } else { 20 })),
            issuer_id: issuer_id.map(str::to_owned),
            path_length: None,
            key_usages: Vec::new(),
            enterprise_project_id: "0".to_owned(),
        };
        Ok(self
            .desk
            .create_authority(&self.ctx("pca:ca:create")?, new)
            .await?)
    }

    async fn certificate(&self, issuer_id: &str, algorithm: KeyAlgorithm) -> Result<String> {
        let new = NewCertificate {
            issuer_id: issuer_id.to_owned(),
            key_algorithm: algorithm,
            signature_algorithm: HashAlgorithm::Sha256,
            subject: DistinguishedName::common(HOST),
            validity: years(1),
            key_usages: Vec::new(),
            extended_key_usages: vec![ExtendedKeyUsage::ServerAuth],
            subject_alt_names: vec![
                SubjectAltName::Dns(HOST.to_owned()),
                SubjectAltName::Dns("localhost".to_owned()),
            ],
            customized_extension: None,
            enterprise_project_id: "0".to_owned(),
        };
        Ok(self
            .desk
            .create_private_certificate(&self.ctx("pca:cert:create")?, new)
            .await?)
    }

    async fn certificate_for_request(&self, issuer_id: &str) -> Result<String> {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256)?;
        let name = DistinguishedName::common("csr.example.com");
        let names = [SubjectAltName::Dns("csr.example.com".to_owned())];
        let request = SigningRequest::create(&key, HashAlgorithm::Sha256, &name, &names)?;
        let new = NewFromRequest {
            issuer_id: issuer_id.to_owned(),
            csr: SigningRequest::pem_of(&request, LineEnding::Lf),
            validity: years(1),
            requested: RequestedType::Entity,
            enterprise_project_id: "0".to_owned(),
        };
        Ok(self
            .desk
            .create_from_request(&self.ctx("pca:cert:createByCsr")?, new)
            .await?)
    }
}

fn years(value: i64) -> Period {
    Period {
        unit: Unit::Year,
        value,
        start_from: None,
    }
}
