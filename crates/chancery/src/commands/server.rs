//! What servers take: files, and the lines of their configuration.

use chancery_bundle::{Password, pfx};
use chancery_crypto::PrivateKey;
use chancery_crypto::random::SystemRandom;
use chancery_pki::Certificate;
use clap::ValueEnum;
use serde_json::Value;

use super::files::{Wanted, joined};
use super::find::text;
use crate::client::Failure;

/// A server, or whoever takes files.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ServerKind {
    /// Certificate, chain, both in one, key
    Files,
    Nginx,
    /// Apache httpd 2.4.8 or later
    Httpd,
    Haproxy,
    /// Tomcat 8.5 or later
    Tomcat,
    Redis,
    /// Windows: certificate, chain and key in one PFX with a password
    Iis,
}

/// A name, and fields of the answer of an export.
type File = (&'static str, &'static [&'static str]);

/// A PFX, and its password where nobody gave one.
const PFX: &str = "server.pfx";
const PFX_PASSWORD: &str = "keystorePass.txt";

/// The second half of an SM2 pair.
const ENCRYPTION: [File; 2] = [
    ("enc-cert.pem", &["enc_certificate"]),
    ("enc-privkey.pem", &["enc_private_key"]),
];

impl ServerKind {
    /// The files that the server takes, from the answer of an export. A file with a password has the one
    /// that is given, or else a new one in a file beside it.
    ///
    /// # Errors
    /// [`Failure::Usage`] when there is no key, or the server takes no SM2 pair.
    pub(super) fn wanted(
        self,
        answer: &Value,
        password: Option<&str>,
    ) -> Result<Vec<Wanted>, Failure> {
        match self {
            Self::Iis => pfx_files(answer, password),
            _ => self.files(answer),
        }
    }

    /// The same where they are PEM.
    fn files(self, answer: &Value) -> Result<Vec<Wanted>, Failure> {
        let is_pair = require_key(answer)?;
        if is_pair && self != Self::Files {
            return Err(pair());
        }
        let mut wanted = self.table().to_vec();
        if is_pair {
            wanted.extend(ENCRYPTION);
        }
        let wanted = wanted.into_iter().map(|(name, fields)| Wanted {
            name,
            content: joined(answer, fields).into(),
            secret: fields.iter().any(|field| field.ends_with("private_key")),
        });
        // A certificate that is its own issuer has no chain, and servers take no empty file.
        Ok(wanted.filter(|one| !one.content.is_empty()).collect())
    }

    /// The names of the files, of those of an SM2 pair too.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let table = self.table().iter().chain(&ENCRYPTION);
        table.map(|(name, _)| *name)
    }

    /// The files, and the fields of an export that each holds.
    fn table(self) -> &'static [File] {
        const CERT: File = ("cert.pem", &["certificate"]);
        const CHAIN: File = ("chain.pem", &["certificate_chain"]);
        const WHOLE: File = ("fullchain.pem", &["certificate", "certificate_chain"]);
        const KEY: File = ("privkey.pem", &["private_key"]);
        const COMBINED: File = (
            "combined.pem",
            &["certificate", "certificate_chain", "private_key"],
        );
        match self {
            Self::Files => &[CERT, CHAIN, WHOLE, KEY],
            Self::Nginx | Self::Httpd => &[WHOLE, KEY],
            Self::Haproxy => &[COMBINED],
            Self::Tomcat => &[CERT, CHAIN, KEY],
            Self::Redis => &[WHOLE, KEY, CHAIN],
            Self::Iis => &[(PFX, &[]), (PFX_PASSWORD, &[])],
        }
    }

    /// The lines that tell the server of the files in `folder`.
    pub(super) fn settings(self, folder: &str, has_chain: bool) -> Vec<String> {
        let lines: &[&str] = match self {
            Self::Files => &[],
            Self::Nginx => &[
                "ssl_certificate     \"{}/fullchain.pem\";",
                "ssl_certificate_key \"{}/privkey.pem\";",
            ],
            Self::Httpd => &[
                "SSLCertificateFile    \"{}/fullchain.pem\"",
                "SSLCertificateKeyFile \"{}/privkey.pem\"",
            ],
            Self::Haproxy => &["bind :443 ssl crt \"{}/combined.pem\""],
            Self::Tomcat => &[
                "<Certificate certificateFile=\"{}/cert.pem\"",
                "             certificateChainFile=\"{}/chain.pem\"",
                "             certificateKeyFile=\"{}/privkey.pem\"/>",
            ],
            Self::Redis => &[
                "tls-cert-file \"{}/fullchain.pem\"",
                "tls-key-file \"{}/privkey.pem\"",
                "tls-ca-cert-file \"{}/chain.pem\"",
            ],
            Self::Iis => &[
                "Import-PfxCertificate -FilePath server.pfx -CertStoreLocation Cert:\\LocalMachine\\My `",
                "  -Password (Read-Host -AsSecureString)",
            ],
        };
        let lines = lines.iter().copied();
        let lines = lines.filter(|line| has_chain || !line.contains("/chain.pem"));
        // Redis asks clients for certificates, and wants to know of whom, unless it is told not to.
        let open = (self == Self::Redis && !has_chain).then_some("tls-auth-clients no");
        let lines = lines.chain(open);
        lines.map(|line| line.replace("{}", folder)).collect()
    }
}

/// That there is a key; whether it is one of an SM2 pair.
fn require_key(answer: &Value) -> Result<bool, Failure> {
    if text(answer, "private_key").is_empty() {
        return Err(Failure::Usage(
            "the key of this certificate is where its CSR was made, and cannot be exported".into(),
        ));
    }
    Ok(!text(answer, "enc_certificate").is_empty())
}

fn pair() -> Failure {
    Failure::Usage(
        "this is an SM2 pair, of which --for files writes all; see docs/sm2.md for servers".into(),
    )
}

/// The files of a PFX. A password that nobody gave is in a file of its own, as the API's archives have it.
fn pfx_files(answer: &Value, password: Option<&str>) -> Result<Vec<Wanted>, Failure> {
    if require_key(answer)? {
        return Err(pair());
    }
    let unreadable =
        |what: &str, error: &dyn std::fmt::Display| Failure::unreadable(format!("{what}: {error}"));
    let certificates = joined(answer, &["certificate", "certificate_chain"]);
    let mut certificates = Certificate::chain_from_pem(&certificates)
        .map_err(|error| unreadable("certificate", &error))?;
    let chain = certificates.split_off(1.min(certificates.len()));
    let chain: Vec<_> = chain.iter().map(|one| one.der().to_vec()).collect();
    let leaf = certificates.first();
    let leaf = leaf.ok_or_else(|| unreadable("certificate", &"it is empty"))?;
    let key = PrivateKey::from_pem(text(answer, "private_key"))
        .map_err(|error| unreadable("private_key", &error))?;
    let name = leaf.subject().common_name.unwrap_or_default();
    let own = match password {
        Some(_) => None,
        None => Some(Password::generate(&SystemRandom)),
    };
    let password = own.as_ref().map(Password::as_str).or(password);
    let password = password.unwrap_or_default();
    let file = pfx::write(leaf.der(), &chain, &key, password, &name, &SystemRandom)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let secret = |name, content| Wanted {
        name,
        content,
        secret: true,
    };
    let own = own.map(|own| secret(PFX_PASSWORD, own.as_str().into()));
    let file = secret(PFX, file.to_vec());
    Ok([file].into_iter().chain(own).collect())
}
