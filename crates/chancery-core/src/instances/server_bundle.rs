//! The server's side of an instance: its certificate, its key, the CA, and the lines that make
//! Redis or MongoDB load them; for MongoDB also the national pair, where there is one. No
//! documented call gives it: the cloud runs its servers itself.

use std::sync::Arc;

use chancery_bundle::key::private_key_pem;
use chancery_crypto::PrivateKey;
use chancery_pki::pem::LineEnding;
use chancery_pki::{Certificate, SubjectAltName};
use chancery_store::{InstanceRow, StoreError, Transaction, label};
use zeroize::Zeroizing;

use super::national::PairHandout;
use super::{Database, MongodbDocument, certificate_of, document_of, key_place, redis, ssl};
use crate::behalf::Behalf;
use crate::context::Context;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result, Thing};
use crate::issuance::DAY_MS;
use crate::service_authorities::ServerIdentity;

/// A certificate that ends within this time is renewed when its bundle is fetched.
const RENEW_MS: i64 = 30 * DAY_MS;
/// The most host names that one call can add.
const HOSTS: usize = 20;

/// What the server of an instance loads.
pub struct ServerBundle {
    /// The instance.
    pub instance_id: String,
    /// `dcs` or `dds`.
    pub service: &'static str,
    /// The files.
    pub files: Vec<BundleFile>,
    /// Lines for `redis.conf` or `mongod.conf`; the files are named without a folder.
    pub configuration: String,
}

/// A file of a bundle.
pub struct BundleFile {
    /// Its name.
    pub name: &'static str,
    /// What it holds: PEM, LF.
    pub content: Zeroizing<String>,
}

/// A certificate that is about to be given out with its key.
pub(super) struct Handout<'a> {
    pub(super) certificate: Certificate,
    key: HandoutKey<'a>,
}

/// A kept key stays sealed until it is written down who gets it.
enum HandoutKey<'a> {
    Fresh(Arc<PrivateKey>),
    Kept { place: Place<'a>, sealed: Vec<u8> },
}

impl<'a> Handout<'a> {
    /// What was just issued.
    pub(super) fn fresh(identity: ServerIdentity) -> Self {
        Self {
            certificate: identity.certificate,
            key: HandoutKey::Fresh(identity.key),
        }
    }

    /// What is stored.
    pub(super) fn kept(certificate: Certificate, place: Place<'a>, sealed: Vec<u8>) -> Self {
        let key = HandoutKey::Kept { place, sealed };
        Self { certificate, key }
    }
}

/// What is about to be given out for an instance.
struct Handouts<'a> {
    international: Handout<'a>,
    national: Option<PairHandout<'a>>,
}

impl Desk {
    /// The server bundle of an instance of the caller's account, in any project that the
    /// credentials reach.
    ///
    /// The certificates name the instance's host name and addresses. The real host is known to
    /// the operator alone: with `hosts`, host names or IP addresses, fresh certificates and keys
    /// that name these too are issued and not kept. Without, the kept ones are given out; they are
    /// replaced when they are about to end. A national pair is made when it is first given out.
    ///
    /// # Errors
    /// [`Thing::Instance`] not found; [`crate::Kind::Forbidden`];
    /// [`crate::Refusal::SslUnsupported`];
    /// [`crate::Kind::Invalid`] for `host`.
    pub async fn server_bundle(
        &self,
        ctx: &Context,
        id: &str,
        hosts: &[&str],
    ) -> Result<ServerBundle> {
        let missing = || Error::not_found(Thing::Instance, id);
        let row = self.store.instance_of_domain(ctx.domain_id(), id).await?;
        let scope = ctx.caller().project_id.as_deref();
        let row = row
            .filter(|row| scope.is_none_or(|project_id| project_id == row.project_id))
            .ok_or_else(missing)?;
        super::require(ctx, &row)?;
        let database = Database::of_service(&row.service)
            .ok_or_else(|| Error::internal(format!("instance {id}: service {}", row.service)))?;
        let configuration = configuration(&row, database)?;
        let hosts = host_names(hosts)?;

        let ca = self.ca_of(&row).await?;
        let given = self.disclose(ctx, &row, database, &hosts).await?;
        let mut files = self.files(database, &given.international, &ca)?;
        if let Some(pair) = &given.national {
            let ca = self
                .authority_certificate(&row.domain_id, &pair.authority_id)
                .await?;
            files.extend(self.national_files(pair, &ca)?);
        }
        drop(given);
        Ok(ServerBundle {
            service: database.service(),
            instance_id: row.id,
            files,
            configuration,
        })
    }

    /// What to give out. What was made to be kept is stored with the audit row that says who gets
    /// it; until then no kept key is opened.
    async fn disclose<'a>(
        &self,
        ctx: &Context,
        row: &'a InstanceRow,
        database: Database,
        hosts: &[SubjectAltName],
    ) -> Result<Handouts<'a>> {
        let keep = hosts.is_empty();
        loop {
            let mut tx = Transaction::new("instance.server_bundle");
            let kept = certificate_of(row)?;
            let names = with_hosts(kept.sans(), hosts);
            let national = match self.is_national(database) {
                true => Some(
                    self.pair_to_give(ctx.behalf(), row, &names, keep, &mut tx)
                        .await?,
                ),
                false => None,
            };
            let international = self
                .identity_to_give(ctx.behalf(), row, database, (kept, &names), keep, &mut tx)
                .await?;
            let given = Handouts {
                international,
                national,
            };
            tx.audit(ctx.audit_with(self.now_ms(), &row.id, given.detail(hosts)));
            match self.store.commit(tx).await {
                Ok(()) => return Ok(given),
                // Another call was first, and its pair is the instance's.
                Err(
                    StoreError::Duplicate(label::INSTANCE_PAIR)
                    | StoreError::Conflict(label::INSTANCE_PAIR),
                ) => {}
                Err(StoreError::Conflict(label::INSTANCE | label::REFERENCE)) => {
                    return Err(Error::not_found(Thing::Instance, &row.id));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The certificate and key to give out: the kept ones, or fresh ones for `names`, which go
    /// into `tx` when they are to be kept.
    async fn identity_to_give<'a>(
        &self,
        on: &Behalf,
        row: &'a InstanceRow,
        database: Database,
        (kept, names): (Certificate, &[SubjectAltName]),
        keep: bool,
        tx: &mut Transaction,
    ) -> Result<Handout<'a>> {
        let now = self.now_ms();
        let place = key_place(&row.id);
        if keep && !ends_soon(&kept, now) {
            return Ok(Handout::kept(kept, place, row.sealed_key.clone()));
        }
        let authority = self
            .service_authority(on, &row.domain_id, &row.project_id, database.authority())
            .await?;
        let identity = self
            .instance_identity(on, &authority, database, &row.id, names)
            .await?;
        if keep {
            let sealed = self.custody.seal_key(place, &identity.key);
            let der = identity.certificate.der();
            tx.set_instance_certificate(&row.project_id, &row.id, der, &sealed, now);
        }
        Ok(Handout::fresh(identity))
    }

    fn files(
        &self,
        database: Database,
        given: &Handout<'_>,
        ca: &Certificate,
    ) -> Result<Vec<BundleFile>> {
        let key = self.key_pem(given)?;
        let ca = ca.pem(LineEnding::Lf);
        let chain = given.certificate.pem(LineEnding::Lf) + &ca;
        let mut files = vec![
            file("ca.crt", Zeroizing::new(ca)),
            file("server.crt", Zeroizing::new(chain.clone())),
        ];
        if database == Database::Mongodb {
            // MongoDB reads certificate and key from one file.
            let both = Zeroizing::new([chain.as_str(), key.as_str()].concat());
            files.push(file("server.pem", both));
        }
        files.push(file("server.key", key));
        Ok(files)
    }

    /// What a TLCP server loads, named as in the archives of exported pairs. The CA is a root: it
    /// is what clients trust, and no part of the chain that the server sends.
    fn national_files(&self, pair: &PairHandout<'_>, ca: &Certificate) -> Result<[BundleFile; 5]> {
        let pem = |certificate: &Certificate| Zeroizing::new(certificate.pem(LineEnding::Lf));
        let (signing, encryption) = (&pair.signing, &pair.encryption);
        Ok([
            file("ca-national.crt", pem(ca)),
            file("signCert.pem", pem(&signing.certificate)),
            file("signCert.key", self.key_pem(signing)?),
            file("encCert.pem", pem(&encryption.certificate)),
            file("encCert.key", self.key_pem(encryption)?),
        ])
    }

    fn key_pem(&self, given: &Handout<'_>) -> Result<Zeroizing<String>> {
        let key = match &given.key {
            HandoutKey::Fresh(key) => Arc::clone(key),
            HandoutKey::Kept { place, sealed } => self.custody.open_key(*place, sealed)?,
        };
        let settings = chancery_bundle::Settings::default(); // of encryption, and there is none
        let random = self.random.as_ref();
        private_key_pem(&key, None, LineEnding::Lf, &settings, random).map_err(Error::internal)
    }
}

impl Handouts<'_> {
    /// What the audit says of it.
    fn detail(&self, hosts: &[SubjectAltName]) -> serde_json::Value {
        let hosts: Vec<_> = hosts.iter().map(SubjectAltName::value).collect();
        let mut detail = serde_json::json!({
            "serial_number": self.international.certificate.serial_hex(),
            "hosts": hosts,
            "private_key": true,
        });
        if let Some(pair) = &self.national {
            detail["national"] = serde_json::json!({
                "serial_number": pair.signing.certificate.serial_hex(),
                "enc_serial_number": pair.encryption.certificate.serial_hex(),
            });
        }
        detail
    }
}

/// Whether a certificate is to be replaced when it is given out.
pub(super) fn ends_soon(certificate: &Certificate, now_ms: i64) -> bool {
    certificate.validity().not_after_ms - now_ms < RENEW_MS
}

/// The names of a kept certificate, and `hosts`, each once.
fn with_hosts(names: &[SubjectAltName], hosts: &[SubjectAltName]) -> Vec<SubjectAltName> {
    let more = hosts.iter().filter(|host| !names.contains(host));
    names.iter().chain(more).cloned().collect()
}

fn file(name: &'static str, content: Zeroizing<String>) -> BundleFile {
    BundleFile { name, content }
}

/// The lines for the server's configuration.
fn configuration(row: &InstanceRow, database: Database) -> Result<String> {
    match database {
        Database::Redis => {
            let instance = redis::show(row.clone())?;
            match instance.supports_ssl {
                true => Ok(redis_conf(instance.document.spec.port)),
                false => Err(ssl::unsupported()),
            }
        }
        Database::Mongodb => {
            let document: MongodbDocument = document_of(row)?;
            Ok(mongod_conf(&document))
        }
    }
}

fn redis_conf(port: u16) -> String {
    format!(
        "port 0\n\
         tls-port {port}\n\
         tls-cert-file server.crt\n\
         tls-key-file server.key\n\
         tls-ca-cert-file ca.crt\n\
         tls-auth-clients no\n"
    )
}

/// `net.tls` came with MongoDB 4.2; before, the same was `net.ssl`.
fn mongod_conf(document: &MongodbDocument) -> String {
    let (section, mode, key_file) = match document.spec.datastore.version.as_str() {
        "3.4" | "4.0" => ("ssl", "requireSSL", "PEMKeyFile"),
        _ => ("tls", "requireTLS", "certificateKeyFile"),
    };
    let port = document.spec.port;
    format!(
        "net:\n  \
           port: {port}\n  \
           {section}:\n    \
             mode: {mode}\n    \
             {key_file}: server.pem\n    \
             CAFile: ca.crt\n    \
             allowConnectionsWithoutCertificates: true\n"
    )
}

/// Host names and IP addresses, each once.
fn host_names(hosts: &[&str]) -> Result<Vec<SubjectAltName>> {
    if hosts.len() > HOSTS {
        let rule = format!("must be given at most {HOSTS} times");
        return Err(Error::invalid("host", rule));
    }
    let mut names = Vec::new();
    for host in hosts {
        let kind = match host.parse::<std::net::IpAddr>() {
            Ok(_) => "IP",
            Err(_) => "DNS",
        };
        let name = SubjectAltName::parse(kind, host)
            .map_err(|_| Error::invalid("host", "must be a host name or an IP address"))?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses() {
        let names = host_names(&["db.example.com", "10.0.0.1", "::1", "10.0.0.1"]).unwrap();
        let kinds: Vec<_> = names.iter().map(SubjectAltName::kind).collect();
        assert_eq!(kinds, ["DNS", "IP", "IP"]);
        for bad in ["", "a b", "a_b", "-a", "http://x"] {
            assert!(host_names(&[bad]).is_err(), "{bad}");
        }
        assert!(host_names(&["x"; 21]).is_err());
    }
}
