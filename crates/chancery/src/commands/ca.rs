//! `chancery ca`: private CAs.

use std::path::{Path, PathBuf};

use chancery_pki::pem::{self, LineEnding};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::find::{self, text};
use super::show::{Column, Pages, Shown, time};
use super::{enterprise_project, files, input};
use crate::client::{Client, Failure, encoded};
use crate::client_env::shell;

const PATH: &str = "/v1/private-certificate-authorities";
/// What of its name a root has that nobody gave.
const USUAL: [(&str, &str); 5] = [
    ("country", "CN"),
    ("state", "Default"),
    ("locality", "Default"),
    ("organization", "Private CA"),
    ("organizational_unit", "Default"),
];
const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("TYPE", "type"),
    ("STATUS", "status"),
    ("KEY", "key_algorithm"),
    ("ISSUER", "issuer"),
    ("EXPIRES", "not_after"),
    ("ID", "id"),
];

/// Private CAs; CA is an id, a name, a serial number, or how one of them begins.
#[derive(Debug, Subcommand)]
pub(crate) enum CaCommand {
    /// The CAs of the account
    List,
    /// All that a CA's certificate holds
    Show { ca: String },
    /// Make a root, with --issuer a CA below another one, or with --external one below a CA elsewhere
    Create(Box<NewCa>),
    /// The CSR of a CA that waits for a certificate from elsewhere, PEM
    Csr {
        ca: String,
        /// Write it to this file [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Give a CA that waits the certificate that was issued from its CSR elsewhere
    Import {
        ca: String,
        /// The certificate, PEM; those above it may follow it; - for standard input
        #[arg(long, value_name = "FILE")]
        cert: PathBuf,
        /// The certificates above it, PEM in any order
        #[arg(long, value_name = "FILE")]
        chain: Option<PathBuf>,
    },
    /// Let it issue again
    Enable { ca: String },
    /// Let it issue nothing until it is enabled
    Disable { ca: String },
    /// Have a CA that is disabled deleted, in so many days
    Delete {
        ca: String,
        /// In how many days
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(7..=30))]
        days: u8,
    },
    /// Keep a CA that was to be deleted; it is disabled
    Restore { ca: String },
    /// Revocation lists, for relying parties that fetch them
    #[command(subcommand)]
    Crl(CrlCommand),
    /// OCSP, for relying parties that ask
    #[command(subcommand)]
    Ocsp(OcspCommand),
    /// Its certificate and those above it, PEM
    Export {
        ca: String,
        /// Write it to this file [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Revocation lists of a CA; CA is an id or a name.
#[derive(Debug, Subcommand)]
pub(crate) enum CrlCommand {
    /// Make lists from now on
    Enable {
        ca: String,
        /// The bucket that they are put into, made if it is not there [default: one of this CA]
        #[arg(long, value_name = "NAME")]
        bucket: Option<String>,
        /// How long a list is good
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(7..=30))]
        days: u8,
    },
    /// Make no more lists; the last one is served until it runs out
    Disable { ca: String },
}

/// OCSP of a CA; CA is an id or a name.
#[derive(Debug, Subcommand)]
pub(crate) enum OcspCommand {
    /// Answer from now on
    Enable { ca: String },
    /// Answer no more
    Disable { ca: String },
}

/// A CA that is to be made. What its name leaves out is its issuer's, or of a root what stands behind
/// each.
#[derive(Args, Debug)]
pub(crate) struct NewCa {
    /// Its common name
    #[arg(required_unless_present = "from_file")]
    name: Option<String>,
    /// The CA above it, an id or a name
    #[arg(long, value_name = "CA")]
    issuer: Option<String>,
    /// Have it wait for a certificate from a CA elsewhere: see ca csr and ca import
    #[arg(long, conflicts_with_all = ["issuer", "years", "path_length"])]
    external: bool,
    /// The kind of its key [default: sm2 below an SM2 CA, else ec256]
    #[arg(long, value_enum)]
    key_algorithm: Option<Algorithm>,
    /// How long it is valid [default: 10 for a root, else 5]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=30))]
    years: Option<u8>,
    #[command(flatten)]
    start: Start,
    /// How many CAs may follow below it, where it is below another; below a root it is 7
    #[arg(
        long,
        value_name = "NUMBER",
        requires = "issuer",
        default_value_t = 0,
        value_parser = clap::value_parser!(u8).range(0..=6)
    )]
    path_length: u8,
    /// What its key is for, as often as needed [default: digitalSignature, keyCertSign and cRLSign]
    #[arg(long = "key-usage", value_name = "USAGE")]
    key_usages: Vec<String>,
    #[command(flatten)]
    subject: Subject,
    /// Make revocation lists from the beginning, and put them into this bucket
    #[arg(long, value_name = "NAME")]
    crl_bucket: Option<String>,
    /// How long a revocation list is good
    #[arg(long, requires = "crl_bucket", default_value_t = 7, value_parser = clap::value_parser!(u8).range(7..=30))]
    crl_days: u8,
    #[command(flatten)]
    filed: Filed,
    /// Take the whole body of the API's call from this file, JSON; - for standard input
    #[arg(long, value_name = "FILE", exclusive = true)]
    from_file: Option<PathBuf>,
}

/// The parts of a name beside the common name.
#[derive(Args, Debug)]
pub(super) struct Subject {
    /// The country in its name, two letters [default: a CA's is its issuer's, a root's CN]
    #[arg(long)]
    country: Option<String>,
    /// The state or province in its name [default: a CA's is its issuer's, a root's Default]
    #[arg(long)]
    state: Option<String>,
    /// The city in its name [default: a CA's is its issuer's, a root's Default]
    #[arg(long)]
    locality: Option<String>,
    /// The company in its name [default: a CA's is its issuer's, a root's Private CA]
    #[arg(long)]
    organization: Option<String>,
    /// The department in its name [default: a CA's is its issuer's, a root's Default]
    #[arg(long)]
    organizational_unit: Option<String>,
}

impl Subject {
    /// The parts that are given, with what the API calls them.
    fn parts(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("country", self.country.as_deref()),
            ("state", self.state.as_deref()),
            ("locality", self.locality.as_deref()),
            ("organization", self.organization.as_deref()),
            ("organizational_unit", self.organizational_unit.as_deref()),
        ]
    }

    /// A name with the parts that are given.
    pub(super) fn named(&self, common_name: &str) -> Value {
        let mut name = json!({ "common_name": common_name });
        for (field, value) in self.parts() {
            if let Some(value) = value {
                name[field] = value.into();
            }
        }
        name
    }
}

/// From when something is valid.
#[derive(Args, Debug)]
pub(super) struct Start {
    /// From when it is valid, RFC 3339: 2027-01-01T00:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    not_before: Option<jiff::Timestamp>,
}

impl Start {
    /// Puts it into the body of a request.
    pub(super) fn put(&self, body: &mut Value) {
        if let Some(time) = self.not_before {
            body["validity"]["start_from"] = time.as_millisecond().into();
        }
    }
}

/// Where something is filed.
#[derive(Args, Debug)]
pub(super) struct Filed {
    /// File it under this enterprise project, an id or a name [default: the one called default]
    #[arg(long, value_name = "PROJECT")]
    enterprise_project: Option<String>,
}

impl Filed {
    /// Puts it into the body of a request.
    pub(super) async fn put(&self, client: &Client, body: &mut Value) -> Result<(), Failure> {
        if let Some(wanted) = &self.enterprise_project {
            body["enterprise_project_id"] = enterprise_project::id(client, wanted).await?.into();
        }
        Ok(())
    }

    /// A refusal with the enterprise project that was asked in: often it is another one that the caller
    /// may use.
    pub(super) fn told(&self, failure: Failure) -> Failure {
        if !failure.is_forbidden() {
            return failure;
        }
        let hint = match &self.enterprise_project {
            Some(project) => format!("asked in the enterprise project {project}"),
            None => "asked in the enterprise project default; --enterprise-project names another"
                .to_owned(),
        };
        failure.hint(&hint)
    }
}

/// A kind of key, with the hash that goes with it.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Algorithm {
    Ec256,
    Ec384,
    Rsa2048,
    Rsa4096,
    Sm2,
}

impl Algorithm {
    /// Its name and that of its hash, as the API spells them.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Ec256 => ("EC256", "SHA256"),
            Self::Ec384 => ("EC384", "SHA384"),
            Self::Rsa2048 => ("RSA2048", "SHA256"),
            Self::Rsa4096 => ("RSA4096", "SHA384"),
            Self::Sm2 => ("SM2", "SM3"),
        }
    }
}

impl CaCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List => Ok(Shown::Pages {
                columns: COLUMNS,
                pages: all(),
            }),
            Self::Show { ca } => {
                let id = find(client, &ca).await?;
                let path = format!("/chancery/v1/authorities/{}", encoded(&id));
                Ok(Shown::Described(client.get(&path).await?))
            }
            Self::Create(new) => new.create(client).await,
            Self::Csr { ca, out } => {
                let path = format!("{}/csr", path(&find(client, &ca).await?));
                let answer = client.get(&path).await?;
                files::write_or_show(out.as_deref(), files::joined(&answer, &["csr"]))
            }
            Self::Import { ca, cert, chain } => import(client, &ca, &cert, chain.as_deref()).await,
            Self::Enable { ca } => {
                let id = find(client, &ca).await?;
                let path = format!("{}/enable", path(&id));
                client.post(&path, None).await?;
                Ok(Shown::Done(format!("{ca} issues again")))
            }
            Self::Disable { ca } => {
                let id = find(client, &ca).await?;
                let path = format!("{}/disable", path(&id));
                client.post(&path, None).await?;
                Ok(Shown::Done(format!("{ca} issues nothing now")))
            }
            Self::Delete { ca, days } => {
                let found = one(client, &ca).await?;
                let name = text(&found, "name");
                let question = format!(
                    "Delete the CA {name} in {days} days, with its key? What it issued then has no CRL and no OCSP."
                );
                let path = format!("{}?pending_days={days}", path(text(&found, "id")));
                client.delete(&path, client.agreed(&question)?).await?;
                Ok(Shown::Done(format!(
                    "{name} is deleted in {days} days, unless chancery ca restore keeps it"
                )))
            }
            Self::Restore { ca } => {
                let id = find(client, &ca).await?;
                client.post(&format!("{}/restore", path(&id)), None).await?;
                Ok(Shown::Done(format!("{ca} is kept, and disabled")))
            }
            Self::Crl(command) => command.run(client).await,
            Self::Ocsp(command) => command.run(client).await,
            Self::Export { ca, out } => {
                let answer = exported(client, &find(client, &ca).await?).await?;
                let whole = files::joined(&answer, &["certificate", "certificate_chain"]);
                files::write_or_show(out.as_deref(), whole)
            }
        }
    }
}

impl CrlCommand {
    async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::Enable { ca, bucket, days } => {
                let id = find(client, &ca).await?;
                let bucket = bucket.unwrap_or_else(|| format!("crl-{id}"));
                let body = json!({ "obs_bucket_name": bucket, "valid_days": days });
                client
                    .post(&format!("{}/crl/enable", path(&id)), Some(&body))
                    .await?;
                Ok(Shown::Done(format!("{ca} makes revocation lists")))
            }
            Self::Disable { ca } => {
                let path = format!("{}/crl/disable", path(&find(client, &ca).await?));
                client.post(&path, None).await?;
                Ok(Shown::Done(format!("{ca} makes no revocation lists")))
            }
        }
    }
}

impl OcspCommand {
    async fn run(self, client: &Client) -> Result<Shown, Failure> {
        let (ca, on) = match self {
            Self::Enable { ca } => (ca, true),
            Self::Disable { ca } => (ca, false),
        };
        let path = format!("{}/ocsp/switch", path(&find(client, &ca).await?));
        client
            .post(&path, Some(&json!({ "ocsp_switch": on })))
            .await?;
        let now = if on {
            "answers OCSP"
        } else {
            "answers no OCSP"
        };
        Ok(Shown::Done(format!("{ca} {now}")))
    }
}

impl NewCa {
    async fn create(&self, client: &Client) -> Result<Shown, Failure> {
        let body = match (&self.from_file, &self.name) {
            (Some(file), _) => input::read_json(file)?,
            (None, name) => {
                self.body(client, name.as_deref().unwrap_or_default())
                    .await?
            }
        };
        let made = client.post(PATH, Some(&body)).await;
        let made = made.map_err(|failure| self.filed.told(failure))?;
        let path = path(text(&made, "ca_id"));
        let mut shown = row(&client.get(&path).await?);
        shown["next"] = next(&shown).into();
        Ok(Shown::Record(shown))
    }

    async fn body(&self, client: &Client, name: &str) -> Result<Value, Failure> {
        let issuer = match &self.issuer {
            None => None,
            Some(issuer) => {
                let id = find(client, issuer).await?;
                Some(client.get(&path(&id)).await?)
            }
        };
        let issuer_key = issuer.as_ref().map_or("", |ca| text(ca, "key_algorithm"));
        let (key, hash) = names_below(self.key_algorithm, issuer_key);
        let above = issuer.as_ref().map(|ca| &ca["distinguished_name"]);
        let mut subject = self.subject.named(name);
        for (field, usual) in USUAL {
            if subject[field].is_null() {
                let inherited = above.map(|above| above[field].clone());
                subject[field] = inherited
                    .filter(|text| !text.is_null())
                    .unwrap_or_else(|| usual.into());
            }
        }
        let is_root = issuer.is_none() && !self.external;
        let years = self.years.unwrap_or(if is_root { 10 } else { 5 });
        let mut body = json!({
            "type": if is_root { "ROOT" } else { "SUBORDINATE" },
            "distinguished_name": subject,
            "key_algorithm": key,
            "signature_algorithm": hash,
            "validity": { "type": "YEAR", "value": years },
        });
        self.start.put(&mut body);
        if let Some(ca) = &issuer {
            body["issuer_id"] = ca["ca_id"].clone();
            body["path_length"] = self.path_length.into();
        }
        if !self.key_usages.is_empty() {
            body["key_usages"] = self.key_usages.clone().into();
        }
        if let Some(bucket) = &self.crl_bucket {
            body["crl_configuration"] = json!({
                "enabled": true, "obs_bucket_name": bucket, "valid_days": self.crl_days,
            });
        }
        self.filed.put(client, &mut body).await?;
        Ok(body)
    }
}

/// Gives a CA that waits its certificate; what follows that in its file is above it, as its chain is.
async fn import(
    client: &Client,
    ca: &str,
    cert: &Path,
    chain: Option<&Path>,
) -> Result<Shown, Failure> {
    let mut above = input::certificates(cert)?;
    let own = above.remove(0);
    if let Some(chain) = chain {
        above.extend(input::certificates(chain)?);
    }
    let mut body = json!({ "certificate": pem::encode_chain(&[own], LineEnding::Lf) });
    if !above.is_empty() {
        body["certificate_chain"] = pem::encode_chain(&above, LineEnding::Lf).into();
    }
    let path = path(&find(client, ca).await?);
    client.post(&format!("{path}/import"), Some(&body)).await?;
    Ok(Shown::Record(row(&client.get(&path).await?)))
}

/// The kind of a key that is to be certified, and the hash, by the kind of the issuer's key: what signs is
/// that, and a chain is of SM2 keys throughout, or of none. A root has no issuer.
pub(super) fn names_below(
    wanted: Option<Algorithm>,
    issuer_key: &str,
) -> (&'static str, &'static str) {
    let all = Algorithm::value_variants().iter();
    let issuer = all.copied().find(|one| one.names().0 == issuer_key);
    let usual = match issuer {
        Some(Algorithm::Sm2) => Algorithm::Sm2,
        _ => Algorithm::Ec256,
    };
    let own = wanted.unwrap_or(usual);
    (own.names().0, issuer.unwrap_or(own).names().1)
}

/// What people do with a CA that was made.
fn next(ca: &Value) -> Option<String> {
    let name = shell::quote(text(ca, "name"));
    match (text(ca, "status"), text(ca, "type")) {
        ("PENDING", _) => Some(format!("chancery ca csr {name} --out ca.csr")),
        (_, "ROOT") => Some(format!("chancery ca create Issuing --issuer {name}")),
        _ => Some(format!(
            "chancery cert issue www.example.com --ca {name} --for nginx --out tls"
        )),
    }
}

/// All CAs of the account.
fn all() -> Pages {
    Pages::by_offset(PATH, String::new(), "certificate_authorities", row)
}

/// The CA with this id or name, as it is shown.
pub(super) async fn one(client: &Client, wanted: &str) -> Result<Value, Failure> {
    let rows = all().all(client).await?;
    find::one_of(rows, "CA", wanted, &["name", "serial_number"])
}

/// The id of the CA with this id or name.
pub(super) async fn find(client: &Client, wanted: &str) -> Result<String, Failure> {
    Ok(text(&one(client, wanted).await?, "id").to_owned())
}

/// The certificate of the CA with this id, and those above it.
pub(super) async fn exported(client: &Client, id: &str) -> Result<Value, Failure> {
    let path = format!("{}/export", path(id));
    client.post(&path, Some(&json!({}))).await
}

fn path(id: &str) -> String {
    format!("{PATH}/{}", encoded(id))
}

/// A CA as it is shown.
fn row(ca: &Value) -> Value {
    json!({
        "name": ca["distinguished_name"]["common_name"],
        "type": ca["type"],
        "status": ca["status"],
        "key_algorithm": ca["key_algorithm"],
        "issuer": ca["issuer_name"],
        "path_length": ca["path_length"],
        "not_before": time(&ca["not_before"]),
        "not_after": time(&ca["not_after"]),
        "serial_number": ca["serial_number"],
        "id": ca["ca_id"],
    })
}
