//! `chancery cert`: private certificates.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::ca::{self, Algorithm};
use super::files::{self, joined};
use super::find::{self, text};
use super::server::ServerKind;
use super::show::{Column, Shown, time};
use super::{input, secret};
use crate::client::{Client, Failure, encoded};

const PATH: &str = "/v1/private-certificates";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("STATUS", "status"),
    ("KEY", "key_algorithm"),
    ("ISSUER", "issuer"),
    ("EXPIRES", "not_after"),
    ("ID", "id"),
];

/// Private certificates; CERT is an id, or the name of one certificate alone.
#[derive(Debug, Subcommand)]
pub(crate) enum CertCommand {
    /// The certificates of the account
    List {
        /// With this in their names
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// Not revoked, and at their end in so many days
        #[arg(long, value_name = "DAYS")]
        expires_in: Option<u16>,
    },
    /// One certificate
    Show { cert: String },
    /// Make a certificate and its key; with --out, write both
    Issue(Box<NewCert>),
    /// Make a certificate for a CSR, whose key stays where it is
    Sign(SignedCert),
    /// Write a certificate with its key and its chain
    Export {
        cert: String,
        #[command(flatten)]
        place: Place,
    },
    /// Tell everybody that it holds no more
    Revoke {
        cert: String,
        #[arg(long, value_enum, default_value_t = Reason::Unspecified)]
        reason: Reason,
    },
    /// Delete a certificate; that revokes nothing
    Delete { cert: String },
}

/// A certificate that is to be made.
#[derive(Args, Debug)]
pub(crate) struct NewCert {
    /// Its common name; that of a host or an address is an alternative name too
    name: String,
    /// The CA that issues it, an id or a name
    #[arg(long)]
    ca: String,
    /// A further name: of a host, an address, an e-mail address or a URI
    #[arg(long = "san", value_name = "NAME")]
    sans: Vec<String>,
    /// The kind of its key [default: sm2 below an SM2 CA, else ec256]
    #[arg(long, value_enum)]
    key_algorithm: Option<Algorithm>,
    /// How long it is valid
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=7300))]
    days: u16,
    /// The server that takes it
    #[arg(long = "for", value_name = "SERVER", value_enum, requires = "out")]
    kind: Option<ServerKind>,
    /// Write it with its key and its chain into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A certificate for a CSR.
#[derive(Args, Debug)]
pub(crate) struct SignedCert {
    /// The file of the CSR, PEM; - for standard input
    file: PathBuf,
    /// The CA that issues it, an id or a name
    #[arg(long)]
    ca: String,
    /// How long it is valid
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=7300))]
    days: u16,
}

/// Where files go, and for whom.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The server that takes them
    #[arg(long = "for", value_name = "SERVER", value_enum, default_value_t = ServerKind::Files)]
    kind: ServerKind,
    /// Read the password of a PFX from the first line of standard input [default: a new one, in
    /// keystorePass.txt]
    #[arg(long)]
    password_stdin: bool,
}

impl Place {
    /// Before anything is asked for: that files may be written there; the password that is given.
    ///
    /// # Errors
    /// As [`files::check`]; [`Failure::Usage`] for a password where there is nothing to protect.
    pub(super) fn prepare(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        if self.password_stdin && self.kind != ServerKind::Iis {
            return Err(Failure::Usage(
                "--password-stdin is for --for iis: other files have no password".to_owned(),
            ));
        }
        files::check(&self.out, self.kind.names())?;
        self.password_stdin.then(secret::from_stdin).transpose()
    }

    /// Writes the answer of an export.
    pub(super) fn write(&self, answer: &Value, password: Option<&str>) -> Result<Shown, Failure> {
        self.kind.write(answer, &self.out, password)
    }
}

/// Why a certificate is revoked (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Reason {
    Unspecified,
    KeyCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    PrivilegeWithdrawn,
}

impl CertCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List { name, expires_in } => {
                let mut rows = named(client, name.as_deref().unwrap_or_default()).await?;
                if let Some(days) = expires_in {
                    let end = client.now().saturating_add(i64::from(days) * DAY_MS);
                    let end = time(&end.into());
                    // Times of one form are in the order of their texts.
                    let ends =
                        |row: &Value| text(row, "not_after") <= end.as_str().unwrap_or_default();
                    rows.retain(|row| text(row, "status") == "ISSUED" && ends(row));
                    rows.sort_by(|a, b| text(a, "not_after").cmp(text(b, "not_after")));
                }
                Ok(Shown::Rows {
                    columns: COLUMNS,
                    rows,
                })
            }
            Self::Show { cert } => {
                let id = find(client, &cert).await?;
                Ok(Shown::Record(row(&client.get(&path(&id)).await?)))
            }
            Self::Issue(new) => new.issue(client).await,
            Self::Sign(new) => new.sign(client).await,
            Self::Export { cert, place } => {
                let password = place.prepare()?;
                let answer = exported(client, &find(client, &cert).await?).await?;
                place.write(&answer, password.as_deref().map(String::as_str))
            }
            Self::Revoke { cert, reason } => {
                let id = find(client, &cert).await?;
                let body = json!({ "reason": reason.name() });
                client
                    .post(&format!("{}/revoke", path(&id)), Some(&body))
                    .await?;
                Ok(Shown::Done(format!("{cert} is revoked")))
            }
            Self::Delete { cert } => {
                let id = find(client, &cert).await?;
                client.delete(&path(&id)).await?;
                Ok(Shown::Done(format!("{cert} is deleted")))
            }
        }
    }
}

impl Reason {
    /// As the API spells it.
    fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "UNSPECIFIED",
            Self::KeyCompromise => "KEY_COMPROMISE",
            Self::AffiliationChanged => "AFFILIATION_CHANGED",
            Self::Superseded => "SUPERSEDED",
            Self::CessationOfOperation => "CESSATION_OF_OPERATION",
            Self::PrivilegeWithdrawn => "PRIVILEGE_WITHDRAWN",
        }
    }
}

impl NewCert {
    async fn issue(&self, client: &Client) -> Result<Shown, Failure> {
        let kind = self.kind.unwrap_or(ServerKind::Files);
        if let Some(folder) = &self.out {
            // Before a certificate is made that could not be written.
            files::check(folder, kind.names())?;
        }
        let issuer = ca::one(client, &self.ca).await?;
        let (key, hash) = ca::names_below(self.key_algorithm, text(&issuer, "key_algorithm"));
        // The common name is one of the names only where no other is given.
        let own = name_kind(&self.name).filter(|_| !self.sans.is_empty());
        let mut sans: Vec<Value> = Vec::new();
        let own = own.map(|kind| (kind, self.name.as_str()));
        let others = self.sans.iter().map(|name| (san_kind(name), name.as_str()));
        for (kind, value) in own.into_iter().chain(others) {
            let san = json!({ "type": kind, "value": value });
            if !sans.contains(&san) {
                sans.push(san);
            }
        }
        let body = json!({
            "issuer_id": issuer["id"],
            "distinguished_name": { "common_name": self.name },
            "key_algorithm": key,
            "signature_algorithm": hash,
            "validity": { "type": "DAY", "value": self.days },
            "subject_alternative_names": sans,
        });
        let made = client.post(PATH, Some(&body)).await?;
        let id = text(&made, "certificate_id");
        match &self.out {
            Some(folder) => kind.write(&exported(client, id).await?, folder, None),
            None => Ok(Shown::Record(row(&client.get(&path(id)).await?))),
        }
    }
}

impl SignedCert {
    async fn sign(&self, client: &Client) -> Result<Shown, Failure> {
        let csr = input::read(&self.file)?;
        let body = json!({
            "issuer_id": ca::find(client, &self.ca).await?,
            "csr": csr,
            "validity": { "type": "DAY", "value": self.days },
        });
        let made = client.post(&format!("{PATH}/csr"), Some(&body)).await?;
        let answer = exported(client, text(&made, "certificate_id")).await?;
        Ok(Shown::Text(joined(
            &answer,
            &["certificate", "certificate_chain"],
        )))
    }
}

/// The kind of alternative name that a common name is, if it is one of a server.
fn name_kind(name: &str) -> Option<&'static str> {
    match san_kind(name) {
        "DNS" if !name.contains('.') || name.contains(' ') => None,
        kind @ ("DNS" | "IP") => Some(kind),
        _ => None,
    }
}

/// The kind of a name, by its form; what it may hold the desk says.
fn san_kind(name: &str) -> &'static str {
    match name {
        _ if name.parse::<std::net::IpAddr>().is_ok() => "IP",
        _ if name.contains("://") || name.starts_with("urn:") => "URI",
        _ if name.contains('@') => "EMAIL",
        _ => "DNS",
    }
}

async fn exported(client: &Client, id: &str) -> Result<Value, Failure> {
    let body = json!({ "type": "OTHER", "is_compressed": false });
    client
        .post(&format!("{}/export", path(id)), Some(&body))
        .await
}

/// The certificates with this in their names.
async fn named(client: &Client, name: &str) -> Result<Vec<Value>, Failure> {
    let query = match name {
        "" => String::new(),
        name => format!("&name={}", encoded(name)),
    };
    let found = find::all_offsets(client, PATH, &query, "certificates").await?;
    Ok(found.iter().map(row).collect())
}

/// The id of the certificate with this id, or else of the only one with this name.
pub(super) async fn find(client: &Client, wanted: &str) -> Result<String, Failure> {
    if find::is_id(wanted) {
        return Ok(wanted.to_owned());
    }
    let found = find::one_of(
        named(client, wanted).await?,
        "certificate",
        wanted,
        &["name"],
    )?;
    Ok(text(&found, "id").to_owned())
}

fn path(id: &str) -> String {
    format!("{PATH}/{}", encoded(id))
}

/// A certificate as it is shown.
fn row(certificate: &Value) -> Value {
    json!({
        "name": certificate["distinguished_name"]["common_name"],
        "status": certificate["status"],
        "key_algorithm": certificate["key_algorithm"],
        "issuer": certificate["issuer_name"],
        "not_before": time(&certificate["not_before"]),
        "not_after": time(&certificate["not_after"]),
        "serial_number": certificate["serial_number"],
        "id": certificate["certificate_id"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_kind_that_they_look_like() {
        for (name, kind) in [
            ("www.example.com", "DNS"),
            ("*.example.com", "DNS"),
            ("localhost", "DNS"),
            ("10.0.0.1", "IP"),
            ("2001:db8::1", "IP"),
            ("ops@example.com", "EMAIL"),
            ("https://a@example.com/", "URI"),
            ("urn:uuid:1", "URI"),
        ] {
            assert_eq!(san_kind(name), kind, "{name}");
        }
        for (name, kind) in [
            ("www.example.com", Some("DNS")),
            ("10.0.0.1", Some("IP")),
            ("Jane Doe", None),
            ("J. Doe", None),
            ("alice", None),
            ("jane@example.com", None),
        ] {
            assert_eq!(name_kind(name), kind, "{name}");
        }
    }
}
