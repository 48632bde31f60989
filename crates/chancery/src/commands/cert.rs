//! `chancery cert`: private certificates.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::ca::{self, Algorithm};
use super::files::{self, joined};
use super::find::{self, text};
use super::input;
use super::place::{Destination, Manner, Place};
use super::server::ServerKind;
use super::show::{Column, Pages, Shown, time};
use crate::client::{Client, Failure, encoded};

const PATH: &str = "/v1/private-certificates";
const SEARCH: &str = "/chancery/v1/certificates";
const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("STATUS", "status"),
    ("KEY", "key_algorithm"),
    ("ISSUER", "issuer"),
    ("EXPIRES", "not_after"),
    ("ID", "id"),
];

/// Private certificates; CERT is an id, a name, a serial number, a fingerprint, or how one of them begins.
#[derive(Debug, Subcommand)]
pub(crate) enum CertCommand {
    /// The certificates of the account
    List(Search),
    /// All that a certificate holds
    Show {
        cert: String,
        /// Show the certificate itself and those above it, PEM
        #[arg(long)]
        pem: bool,
    },
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
        /// Why
        #[arg(long, value_enum, default_value_t = Reason::Unspecified)]
        reason: Reason,
    },
    /// Delete a certificate; that revokes nothing
    Delete { cert: String },
}

/// Which certificates; all of these have to hold.
#[derive(Args, Debug)]
pub(crate) struct Search {
    /// Whose names begin so
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// With an alternative name that begins so, at any of its labels: shop finds www.shop.example.com
    #[arg(long, value_name = "NAME")]
    san: Option<String>,
    /// With this serial number, or one that begins with these 8 digits or more
    #[arg(long, value_name = "HEX")]
    serial: Option<String>,
    /// With this SHA-256 or SHA-1 fingerprint, or one that begins with these 8 digits or more
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<String>,
    /// Of this CA, an id or a name
    #[arg(long, value_name = "CA")]
    issuer: Option<String>,
    /// Not revoked, and at their end within this time: 30d, 12h, 4w
    #[arg(long, value_name = "TIME", value_parser = duration)]
    expires_in: Option<i64>,
}

/// A certificate that is to be made.
#[derive(Args, Debug)]
pub(crate) struct NewCert {
    /// Its common name; that of a host or an address is an alternative name too
    #[arg(required_unless_present = "from_file")]
    name: Option<String>,
    /// The CA that issues it, an id or a name
    #[arg(long, required_unless_present = "from_file")]
    ca: Option<String>,
    /// A further name: of a host, an address, an e-mail address or a URI
    #[arg(long = "san", value_name = "NAME")]
    sans: Vec<String>,
    /// The kind of its key [default: sm2 below an SM2 CA, else ec256]
    #[arg(long, value_enum)]
    key_algorithm: Option<Algorithm>,
    /// How long it is valid
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=7300))]
    days: u16,
    #[command(flatten)]
    start: ca::Start,
    /// What its key is for, as often as needed [default: what suits its kind]
    #[arg(long = "key-usage", value_name = "USAGE")]
    key_usages: Vec<String>,
    /// What it is for, as often as needed [default: server-auth and client-auth]
    #[arg(long = "usage", value_name = "PURPOSE", value_enum)]
    purposes: Vec<Purpose>,
    /// An extension of your own, a text
    #[arg(long, value_name = "OID=TEXT")]
    extension: Option<String>,
    #[command(flatten)]
    subject: ca::Subject,
    #[command(flatten)]
    filed: ca::Filed,
    /// Take the whole body of the API's call from this file, JSON; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "ca", "sans"])]
    from_file: Option<PathBuf>,
    /// The server that takes it
    #[arg(long = "for", value_name = "SERVER", value_enum, requires = "out")]
    kind: Option<ServerKind>,
    /// Write it with its key and its chain into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    manner: Manner,
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
    #[command(flatten)]
    start: ca::Start,
    #[command(flatten)]
    filed: ca::Filed,
    /// Write it and those above it to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What a certificate is for (RFC 5280 section 4.2.1.12).
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Purpose {
    ServerAuth,
    ClientAuth,
    CodeSigning,
    EmailProtection,
    TimeStamping,
    SmartCardLogon,
}

impl Purpose {
    /// As the API spells it.
    fn field(self) -> &'static str {
        match self {
            Self::ServerAuth => "server_auth",
            Self::ClientAuth => "client_auth",
            Self::CodeSigning => "code_signing",
            Self::EmailProtection => "email_protection",
            Self::TimeStamping => "time_stamping",
            Self::SmartCardLogon => "smart_card_logon",
        }
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
            Self::List(search) => Ok(Shown::Pages {
                columns: COLUMNS,
                pages: search.pages(client).await?,
            }),
            Self::Show { cert, pem } => {
                let id = find(client, &cert).await?;
                let found = client.get(&format!("{SEARCH}/{}", encoded(&id))).await?;
                match pem {
                    false => Ok(Shown::Described(found)),
                    true => {
                        let own = text(&found["certificate"], "pem");
                        Ok(Shown::Text(format!("{own}{}", text(&found, "chain_pem"))))
                    }
                }
            }
            Self::Issue(new) => new.issue(client).await,
            Self::Sign(new) => new.sign(client).await,
            Self::Export { cert, place } => {
                let destination = place.prepare()?;
                let id = find(client, &cert).await?;
                destination.write(&exported(client, &id).await?, None)
            }
            Self::Revoke { cert, reason } => {
                let id = find(client, &cert).await?;
                let body = json!({ "reason": reason.name() });
                let question = format!("Revoke the certificate {cert} ({id}) for good?");
                let path = format!("{}/revoke", path(&id));
                client
                    .destroy(&path, &body, client.agreed(&question)?)
                    .await?;
                Ok(Shown::Done(format!("{cert} is revoked")))
            }
            Self::Delete { cert } => {
                let id = find(client, &cert).await?;
                let question = format!("Delete the certificate {cert} ({id}), with its key?");
                client.delete(&path(&id), client.agreed(&question)?).await?;
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

impl Search {
    async fn pages(&self, client: &Client) -> Result<Pages, Failure> {
        let mut query = String::new();
        for (field, value) in [
            ("name", &self.name),
            ("san", &self.san),
            ("serial", &self.serial),
            ("fingerprint", &self.fingerprint),
        ] {
            if let Some(value) = value {
                query += &format!("&{field}={}", encoded(value));
            }
        }
        if let Some(issuer) = &self.issuer {
            let id = ca::find(client, issuer).await?;
            query += &format!("&issuer_id={}", encoded(&id));
        }
        if let Some(within) = self.expires_in {
            let now = client.now();
            for (field, at) in [
                ("expires_after", now),
                ("expires_before", now.saturating_add(within)),
            ] {
                let at = time(&at.into());
                query += &format!("&{field}={}", encoded(at.as_str().unwrap_or_default()));
            }
            query += "&sort=not_after";
        }
        let pages = Pages::by_marker(SEARCH, query, "certificates", searched);
        Ok(match self.expires_in {
            Some(_) => pages.keeping(|row| row["status"] == "ISSUED"),
            None => pages,
        })
    }
}

impl NewCert {
    async fn issue(&self, client: &Client) -> Result<Shown, Failure> {
        let kind = self.kind.unwrap_or(ServerKind::Files);
        // Before a certificate is made that could not be written.
        let destination = self.out.as_deref();
        let destination = destination.map(|folder| Destination::new(folder, kind, &self.manner));
        let destination = destination.transpose()?;
        let body = match &self.from_file {
            Some(file) => input::read_json(file)?,
            None => self.body(client).await?,
        };
        let made = client.post(PATH, Some(&body)).await;
        let made = made.map_err(|failure| self.filed.told(failure))?;
        let id = text(&made, "certificate_id");
        let Some(destination) = destination else {
            return Ok(Shown::Record(row(&client.get(&path(id)).await?)));
        };
        let written = match exported(client, id).await {
            Ok(answer) => destination.write(&answer, self.ca.as_deref()),
            Err(failure) => Err(failure),
        };
        written.map_err(|failure| {
            failure.but(&format!("the certificate {id} is made, but not written"))
        })
    }

    async fn body(&self, client: &Client) -> Result<Value, Failure> {
        let name = self.name.as_deref().unwrap_or_default();
        let issuer = ca::one(client, self.ca.as_deref().unwrap_or_default()).await?;
        let (key, hash) = ca::names_below(self.key_algorithm, text(&issuer, "key_algorithm"));
        // The common name is one of the names only where no other is given.
        let own = name_kind(name).filter(|_| !self.sans.is_empty());
        let mut sans: Vec<Value> = Vec::new();
        let own = own.map(|kind| (kind, name));
        let others = self.sans.iter().map(|name| (san_kind(name), name.as_str()));
        for (kind, value) in own.into_iter().chain(others) {
            let san = json!({ "type": kind, "value": value });
            if !sans.contains(&san) {
                sans.push(san);
            }
        }
        let mut body = json!({
            "issuer_id": issuer["id"],
            "distinguished_name": self.subject.named(name),
            "key_algorithm": key,
            "signature_algorithm": hash,
            "validity": { "type": "DAY", "value": self.days },
            "subject_alternative_names": sans,
        });
        self.start.put(&mut body);
        if !self.key_usages.is_empty() {
            body["key_usages"] = self.key_usages.clone().into();
        }
        for purpose in &self.purposes {
            body["extended_key_usage"][purpose.field()] = true.into();
        }
        if let Some(extension) = &self.extension {
            let (oid, value) = extension.split_once('=').ok_or_else(|| {
                Failure::Usage("--extension must be OID=TEXT, such as 1.3.6.1.4.1.1=a".to_owned())
            })?;
            body["customized_extension"] = json!({ "object_identifier": oid, "value": value });
        }
        self.filed.put(client, &mut body).await?;
        Ok(body)
    }
}

impl SignedCert {
    async fn sign(&self, client: &Client) -> Result<Shown, Failure> {
        let csr = input::read(&self.file)?;
        let mut body = json!({
            "issuer_id": ca::find(client, &self.ca).await?,
            "csr": csr,
            "validity": { "type": "DAY", "value": self.days },
        });
        self.start.put(&mut body);
        self.filed.put(client, &mut body).await?;
        let made = client.post(&format!("{PATH}/csr"), Some(&body)).await;
        let made = made.map_err(|failure| self.filed.told(failure))?;
        let answer = exported(client, text(&made, "certificate_id")).await?;
        files::write_or_show(
            self.out.as_deref(),
            joined(&answer, &["certificate", "certificate_chain"]),
        )
    }
}

/// A time in milliseconds: a number of days, or with h, d or w behind it of hours, days or weeks.
fn duration(text: &str) -> Result<i64, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        None => (text, DAY_MS),
        Some(at) => {
            let unit = match &text[at..] {
                "h" => HOUR_MS,
                "d" => DAY_MS,
                "w" => 7 * DAY_MS,
                _ => return Err("must be a number with h, d or w behind it, such as 30d".into()),
            };
            (&text[..at], unit)
        }
    };
    let number: i64 = number
        .parse()
        .map_err(|_| "must begin with a number, such as 30d".to_owned())?;
    number
        .checked_mul(unit)
        .filter(|ms| *ms <= 36_500 * DAY_MS)
        .ok_or_else(|| "must be 100 years or less".to_owned())
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

/// The id of the certificate that is meant: by its id; or else by its whole name; by its serial number or
/// fingerprint; or by how one of these or its id begins.
pub(super) async fn find(client: &Client, wanted: &str) -> Result<String, Failure> {
    if find::is_id(wanted) {
        return Ok(wanted.to_owned());
    }
    let asked = |field: &str| {
        let query = format!("&{field}={}", encoded(wanted));
        Pages::by_marker(SEARCH, query, "certificates", searched)
    };
    let is_hex = wanted
        .bytes()
        .all(|b| b.is_ascii_hexdigit() || b":-".contains(&b));
    let digits = wanted.bytes().filter(u8::is_ascii_hexdigit).count();
    let named = asked("name").all(client).await?;
    let mut found: Vec<Value> = Vec::new();
    found.extend(named.iter().filter(|row| row["name"] == wanted).cloned());
    if found.is_empty() && is_hex && (4..=64).contains(&digits) {
        let by = match wanted.contains('-') || digits < 8 {
            true => &["id_prefix"][..],
            false => &["serial", "fingerprint", "id_prefix"],
        };
        for field in by {
            if *field == "id_prefix" && (wanted.contains(':') || wanted.len() > 36) {
                continue;
            }
            for row in asked(field).all(client).await? {
                if !found.contains(&row) {
                    found.push(row);
                }
            }
        }
    }
    if found.is_empty() {
        found = named;
    }
    find::only(&found, "certificate", wanted).map(|row| text(&row, "id").to_owned())
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

/// A certificate as a search finds it.
fn searched(certificate: &Value) -> Value {
    json!({
        "name": certificate["name"],
        "status": certificate["status"],
        "key_algorithm": certificate["key_algorithm"],
        "issuer": certificate["issuer_name"],
        "names": certificate["sans"].as_array().map(|sans| {
            sans.iter().map(|san| san["value"].clone()).collect::<Value>()
        }),
        "not_before": certificate["not_before"],
        "not_after": certificate["not_after"],
        "serial_number": certificate["serial_number"],
        "fingerprint_sha256": certificate["fingerprint_sha256"],
        "id": certificate["id"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, expected) in [
            ("30", Some(30 * DAY_MS)),
            ("30d", Some(30 * DAY_MS)),
            ("12h", Some(12 * HOUR_MS)),
            ("4w", Some(28 * DAY_MS)),
            ("", None),
            ("d", None),
            ("30x", None),
            ("-1", None),
            ("99999999999999999999", None),
            ("40000d", None),
        ] {
            assert_eq!(duration(text).ok(), expected, "{text}");
        }
    }

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
