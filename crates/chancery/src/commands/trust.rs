//! `chancery trust`: what clients trust, in the form that they read.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::path::PathBuf;

use chancery_bundle::jks::{self, Entry, TrustedEntry};
use chancery_bundle::pfx;
use chancery_crypto::KeyAlgorithm;
use chancery_crypto::random::SystemRandom;
use chancery_pki::Certificate;
use chancery_pki::pem::LineEnding;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::show::Shown;
use super::{ca, files, secret};
use crate::client::{Client, Failure};

/// What the trust stores of Java have; they hold no secret, and it only guards against accidents.
const USUAL_PASSWORD: &str = "changeit";

/// What clients trust.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// The root of a CA, for clients of whatever is issued below it
    Export(Export),
}

/// What is exported, and how.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// The CA, an id or a name
    #[arg(long)]
    ca: String,
    /// What the client reads
    #[arg(long, value_enum)]
    format: Format,
    /// The CA itself and all above it, not the root alone
    #[arg(long)]
    chain: bool,
    /// Write it to this file [default: standard output, where that is no terminal or the format a text]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Read the password of a jks or p12 file from the first line of standard input [default: changeit,
    /// since it holds no secret]
    #[arg(long)]
    password_stdin: bool,
}

/// A form of trusted certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// PEM, for nearly everything
    Pem,
    /// A trust store of Java
    Jks,
    /// A trust store in PKCS#12, as Java reads it
    P12,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Pem => "pem",
            Self::Jks => "jks",
            Self::P12 => "p12",
        }
    }
}

impl TrustCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::Export(export) => export.run(client).await,
        }
    }
}

impl Export {
    async fn run(&self, client: &Client) -> Result<Shown, Failure> {
        let is_text = self.format == Format::Pem;
        if is_text && self.password_stdin {
            return Err(Failure::Usage(
                "--password-stdin is for --format jks and p12: PEM has no password".to_owned(),
            ));
        }
        if !is_text && self.out.is_none() && std::io::stdout().is_terminal() {
            return Err(Failure::Usage(format!(
                "--format {} is no text: give --out FILE",
                self.format.name()
            )));
        }
        let password = match self.password_stdin {
            true => Some(secret::from_stdin()?),
            false => None,
        };
        let trusted = self.trusted(client).await?;
        let written = match self.format {
            Format::Pem => {
                let pem: String = trusted.iter().map(|one| one.pem(LineEnding::Lf)).collect();
                if self.out.is_none() {
                    return Ok(Shown::Text(pem));
                }
                pem.into_bytes()
            }
            format => {
                let usual = || Zeroizing::new(USUAL_PASSWORD.to_owned());
                let password = password.clone().unwrap_or_else(usual);
                store(&trusted, format, &password, client.now())?
            }
        };
        let Some(file) = &self.out else {
            return Ok(Shown::Bytes(written));
        };
        files::write_public(file, &written)?;
        let names: Vec<_> = trusted.iter().map(Certificate::subject_text).collect();
        let mut shown = json!({
            "file": file.display().to_string(),
            "format": self.format.name(),
            "trusted": names,
        });
        if !is_text && password.is_none() {
            shown["password"] = USUAL_PASSWORD.into();
        }
        Ok(Shown::Record(shown))
    }

    /// The root, or with `--chain` the CA itself and all above it.
    async fn trusted(&self, client: &Client) -> Result<Vec<Certificate>, Failure> {
        let id = ca::find(client, &self.ca).await?;
        let answer = ca::exported(client, &id).await?;
        let read = |field: &str| match &answer[field] {
            Value::String(pem) if !pem.trim().is_empty() => Certificate::chain_from_pem(pem),
            _ => Ok(Vec::new()),
        };
        let mut trusted = read("certificate").map_err(Failure::unreadable)?;
        trusted.extend(read("certificate_chain").map_err(Failure::unreadable)?);
        if !self.chain {
            trusted.drain(..trusted.len().saturating_sub(1));
        }
        Ok(trusted)
    }
}

/// A trust store; each certificate has its name as its alias.
fn store(
    trusted: &[Certificate],
    format: Format,
    password: &str,
    now_ms: i64,
) -> Result<Vec<u8>, Failure> {
    let is_sm2 = |one: &Certificate| one.key_algorithm() == Ok(KeyAlgorithm::Sm2);
    if trusted.iter().any(is_sm2) {
        return Err(Failure::Usage(
            "Java reads no SM2 certificates: give --format pem".to_owned(),
        ));
    }
    let mut aliases = HashSet::new();
    let mut entries = Vec::new();
    for (one, number) in trusted.iter().zip(1..) {
        let name = one.subject().common_name;
        let name = name.unwrap_or_else(|| one.subject_text());
        // Java tells no aliases apart by case.
        let alias = match aliases.insert(name.to_lowercase()) {
            true => name,
            false => format!("{name} {number}"),
        };
        entries.push((alias, one.der()));
    }
    let entries = entries
        .iter()
        .map(|(alias, certificate)| TrustedEntry { alias, certificate });
    let written = match format {
        Format::Jks => {
            let entries: Vec<_> = entries.map(Entry::Trusted).collect();
            jks::write(&entries, password, now_ms, &SystemRandom).map(|store| store.to_vec())
        }
        _ => pfx::write_trust(&entries.collect::<Vec<_>>(), password, &SystemRandom),
    };
    written.map_err(|error| Failure::Usage(error.to_string()))
}
