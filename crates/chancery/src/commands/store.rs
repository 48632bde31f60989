//! `chancery store`: certificates from elsewhere, kept with their chains and keys (SCM).

use std::path::{Path, PathBuf};

use chancery_pki::{Certificate, SubjectAltName, pem};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::find::{self, text};
use super::place::Place;
use super::show::{Column, Pages, Shown};
use super::{enterprise_project, input};
use crate::client::{Client, Failure, encoded};

const PATH: &str = "/v3/scm/certificates";
/// The longest name that the store takes, in characters.
const LONGEST_NAME: usize = 63;
const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("DOMAIN", "domain"),
    ("STATUS", "status"),
    ("EXPIRES", "not_after"),
    ("ID", "id"),
];

/// Certificates from elsewhere; CERT is an id, or the name of one certificate alone.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// The stored certificates of the account
    List {
        /// With this in their names, or in those of the hosts that they are for
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// All that a stored certificate holds
    Show { cert: String },
    /// Store a certificate with its chain and its key
    Import(Box<Import>),
    /// Write a certificate with its key and its chain
    Export {
        cert: String,
        #[command(flatten)]
        place: Place,
    },
    /// Delete a certificate with its key
    Delete { cert: String },
}

/// A certificate that is to be stored. One of the files may be -, for standard input.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The certificate, PEM; its chain may follow it
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// Its private key, PEM without a password
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its chain, PEM in any order, with the root or without
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
    /// What it is called: 3 to 63 letters, digits and _ - . [default: its common name, or a host it is for]
    #[arg(long)]
    name: Option<String>,
    /// The encryption certificate of an SM2 pair, PEM; --cert is then the one that signs
    #[arg(long, value_name = "FILE", requires = "enc_key")]
    enc_cert: Option<PathBuf>,
    /// The private key of --enc-cert, PEM without a password
    #[arg(long, value_name = "FILE", requires = "enc_cert")]
    enc_key: Option<PathBuf>,
    /// The enterprise project it is filed under, an id or a name [default: that of every account]
    #[arg(long, value_name = "PROJECT")]
    enterprise_project: Option<String>,
}

impl StoreCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List { name } => Ok(Shown::Pages {
                columns: COLUMNS,
                pages: list(name.as_deref()),
            }),
            Self::Show { cert } => {
                let id = find(client, &cert).await?;
                let path = format!("/chancery/v1/store-certificates/{}", encoded(&id));
                Ok(Shown::Described(client.get(&path).await?))
            }
            Self::Import(import) => import.send(client).await,
            Self::Export { cert, place } => {
                let destination = place.prepare()?;
                let id = find(client, &cert).await?;
                let path = format!("{}/export", path(&id));
                let answer = client.post(&path, Some(&json!({}))).await?;
                destination.write(&answer, None)
            }
            Self::Delete { cert } => {
                let id = find(client, &cert).await?;
                let question =
                    format!("Delete the stored certificate {cert} ({id}), with its key?");
                client.delete(&path(&id), client.agreed(&question)?).await?;
                Ok(Shown::Done(format!("{cert} is deleted")))
            }
        }
    }
}

impl Import {
    async fn send(&self, client: &Client) -> Result<Shown, Failure> {
        let others = [&self.chain, &self.enc_cert, &self.enc_key];
        let files = [&self.cert, &self.key].into_iter();
        let files = files.chain(others.into_iter().flatten());
        if files.filter(|file| file.as_os_str() == "-").count() > 1 {
            return Err(Failure::Usage(
                "only one file can be -, standard input".to_owned(),
            ));
        }
        let read = |file: &Option<PathBuf>| file.as_deref().map(input::read).transpose();
        let certificate = input::read(&self.cert)?;
        let name = match &self.name {
            Some(name) => name.clone(),
            None => name_of(&certificate, &self.cert)?,
        };
        let mut body = json!({
            "name": name,
            "certificate": certificate,
            "private_key": input::read(&self.key)?,
        });
        for (field, value) in [
            ("certificate_chain", read(&self.chain)?),
            ("enc_certificate", read(&self.enc_cert)?),
            ("enc_private_key", read(&self.enc_key)?),
        ] {
            if let Some(value) = value {
                body[field] = value.into();
            }
        }
        if let Some(wanted) = &self.enterprise_project {
            body["enterprise_project_id"] = enterprise_project::id(client, wanted).await?.into();
        }
        let made = client.post(&format!("{PATH}/import"), Some(&body)).await?;
        let path = path(text(&made, "certificate_id"));
        Ok(Shown::Record(record(&client.get(&path).await?)))
    }
}

/// What a certificate is called where nobody says it: its common name, or else the first host that it is
/// for, with `_` in the place of what a name may not hold.
fn name_of(pem: &str, file: &Path) -> Result<String, Failure> {
    let wrong = |why: String| Failure::Usage(format!("{} {why}", file.display()));
    let blocks = pem::parse(pem).map_err(|error| wrong(format!("is no PEM: {error}")))?;
    let leaf = blocks
        .iter()
        .find(|block| block.label == pem::CERTIFICATE)
        .ok_or_else(|| wrong("holds no CERTIFICATE in PEM".to_owned()))?;
    let leaf = Certificate::from_der(&leaf.der)
        .map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let names = leaf.sans().iter().map(SubjectAltName::value);
    let own = leaf.subject().common_name.into_iter().chain(names);
    let simple = |c: char| match c {
        _ if c.is_ascii_alphanumeric() || "_-.".contains(c) => c,
        _ => '_',
    };
    let mut named = own.map(|name| name.chars().map(simple).take(LONGEST_NAME).collect());
    named
        .find(|name: &String| name.len() >= 3)
        .ok_or_else(|| wrong("is of a certificate without a name: give --name".to_owned()))
}

/// Those with this in their names.
fn list(name: Option<&str>) -> Pages {
    let query = name.map(|name| format!("&content={}", encoded(name)));
    Pages::by_offset(PATH, query.unwrap_or_default(), "certificates", row)
}

/// The id of the stored certificate with this id, or else of the only one with this name.
async fn find(client: &Client, wanted: &str) -> Result<String, Failure> {
    if is_id(wanted) {
        return Ok(wanted.to_owned());
    }
    let found = find::in_list(client, "stored certificate", wanted, list).await?;
    Ok(text(&found, "id").to_owned())
}

/// Whether a text is `scs` and 13 digits.
fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix("scs").unwrap_or_default();
    digits.len() == 13 && digits.bytes().all(|b| b.is_ascii_digit())
}

fn path(id: &str) -> String {
    format!("{PATH}/{}", encoded(id))
}

/// A time as SCM writes it, `2026-01-31 23:59:59.0` in UTC, as it is shown.
fn time(value: &Value) -> Value {
    let text = value.as_str().and_then(|text| text.strip_suffix(".0"));
    text.map_or(Value::Null, |text| (text.replace(' ', "T") + "Z").into())
}

/// A stored certificate of a list, as it is shown.
fn row(certificate: &Value) -> Value {
    json!({
        "name": certificate["name"],
        "domain": certificate["domain"],
        "sans": certificate["sans"],
        "status": certificate["status"],
        "signature_algorithm": certificate["signature_algorithm"],
        "not_after": time(&certificate["expire_time"]),
        "enterprise_project_id": certificate["enterprise_project_id"],
        "id": certificate["id"],
    })
}

/// One by itself, of which more is known.
fn record(certificate: &Value) -> Value {
    let mut shown = row(certificate);
    shown["not_before"] = time(&certificate["not_before"]);
    shown["not_after"] = time(&certificate["not_after"]);
    shown["fingerprint"] = certificate["fingerprint"].clone();
    shown
}
