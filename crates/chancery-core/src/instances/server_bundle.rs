//! The server's side of an instance: its certificate, its key, the CA, and the lines that make
//! Redis or MongoDB load them. No documented call gives it: the cloud runs its servers itself.

use chancery_bundle::key::private_key_pem;
use chancery_crypto::PrivateKey;
use chancery_pki::pem::LineEnding;
use chancery_pki::{Certificate, SubjectAltName};
use chancery_store::{InstanceRow, Transaction};
use zeroize::Zeroizing;

use super::{Database, MongodbDocument, certificate_of, document_of, key_place, redis, ssl};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Result, Thing};
use crate::issuance::DAY_MS;

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

impl Desk {
    /// The server bundle of an instance of the caller's account, in any project that the
    /// credentials reach.
    ///
    /// The certificate names the instance's host name and addresses. The real host is known to
    /// the operator alone: with `hosts`, host names or IP addresses, a fresh certificate and key
    /// that name these too are issued and not kept. Without, the kept ones are given out; they are
    /// replaced when they are about to end.
    ///
    /// # Errors
    /// [`Thing::Instance`] not found; [`crate::Refusal::SslUnsupported`];
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
        let database = Database::of_service(&row.service)
            .ok_or_else(|| Error::internal(format!("instance {id}: service {}", row.service)))?;
        let configuration = configuration(&row, database)?;
        let hosts = host_names(hosts)?;

        let ca = self.ca_of(&row).await?;
        let (leaf, key) = self.identity_of(ctx, &row, database, &hosts).await?;
        let files = self.files(database, &leaf, &ca, &key)?;
        Ok(ServerBundle {
            service: database.service(),
            instance_id: row.id,
            files,
            configuration,
        })
    }

    /// The certificate and key to give out; the audit row is committed before the key is opened.
    async fn identity_of(
        &self,
        ctx: &Context,
        row: &InstanceRow,
        database: Database,
        hosts: &[SubjectAltName],
    ) -> Result<(Certificate, std::sync::Arc<PrivateKey>)> {
        let now = self.now_ms();
        let kept = certificate_of(row)?;
        let ends_soon = kept.validity().not_after_ms - now < RENEW_MS;
        let mut tx = Transaction::new("instance.server_bundle");
        let audit = |certificate: &Certificate| {
            let names: Vec<_> = hosts.iter().map(SubjectAltName::value).collect();
            let detail = serde_json::json!({
                "serial_number": certificate.serial_hex(), "hosts": names, "private_key": true,
            });
            ctx.audit_with(now, &row.id, detail)
        };
        if hosts.is_empty() && !ends_soon {
            tx.audit(audit(&kept));
            self.store.commit(tx).await?;
            let key = self.custody.open_key(key_place(&row.id), &row.sealed_key)?;
            return Ok((kept, key));
        }
        let mut names = kept.sans().to_vec();
        names.extend(
            hosts
                .iter()
                .filter(|host| !kept.sans().contains(host))
                .cloned(),
        );
        let authority = self
            .service_authority(&row.domain_id, &row.project_id, &row.service)
            .await?;
        let identity = self
            .instance_identity(&authority, database, &row.id, &names)
            .await?;
        if hosts.is_empty() {
            let sealed = self.custody.seal_key(key_place(&row.id), &identity.key);
            let der = identity.certificate.der();
            tx.set_instance_certificate(&row.project_id, &row.id, der, &sealed, now);
        }
        tx.audit(audit(&identity.certificate));
        self.commit_to_instance(&row.id, tx).await?;
        Ok((identity.certificate, identity.key))
    }

    fn files(
        &self,
        database: Database,
        leaf: &Certificate,
        ca: &Certificate,
        key: &PrivateKey,
    ) -> Result<Vec<BundleFile>> {
        let ending = LineEnding::Lf;
        let settings = chancery_bundle::Settings {
            iterations: self.settings.export_iterations,
        };
        let key = private_key_pem(key, None, ending, &settings, self.random.as_ref())
            .map_err(Error::internal)?;
        let ca = ca.pem(ending);
        let chain = leaf.pem(ending) + &ca;
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
