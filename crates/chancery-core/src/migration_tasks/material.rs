//! The TLS material of a migration task: what lets the source and the target server authenticate
//! each other.
//!
//! Each task has a CA of its own, whose private key is dropped once it has signed three
//! certificates: nothing can ever be issued below it again. Each certificate is good for both ends
//! of a connection. Its names are the DNS name of its role, which is the same wherever the server
//! moves (`source.<task id>.sms.internal`, `target-mgmt.…`, `target-data.…`), and the addresses
//! that the task and its source server name. A peer is verified by the chain to the task's CA and
//! by the address it was reached at, or by its role's name where the address is not known
//! beforehand (`openssl s_client -verify_hostname`). No certificate names `localhost`: that is
//! every machine.
//!
//! The keys are RSA, or SM2 where the operator asked for it. An SM2 certificate says
//! digitalSignature alone: GM/T 0015 keeps signing and encryption apart, the API has room for one
//! certificate of each role, and TLS 1.3 with SM2 (RFC 8998) needs no other usage. TLCP, which
//! needs two certificates of each, cannot be served by this call.

use std::net::IpAddr;

use chancery_bundle::key::private_key_pem;
use chancery_crypto::random::Random;
use chancery_crypto::{KeyAlgorithm, KeyFamily, PrivateKey};
use chancery_pki::pem::LineEnding;
use chancery_pki::{
    BasicConstraints, Certificate, ExtendedKeyUsage, Extensions, KeyUsage, Profile, SubjectAltName,
    Template,
};
use chancery_store::{MigrationTaskRow, StoreError, Transaction, label};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Plan, Task};
use crate::behalf::Behalf;
use crate::context::Context;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::issuance::SigningAuthority;
use crate::migration_sources::Facts;

/// What every agent reads.
const INTERNATIONAL: KeyAlgorithm = KeyAlgorithm::Rsa2048;
/// Where the operator asked for the SM family.
const NATIONAL: KeyAlgorithm = KeyAlgorithm::Sm2;
/// How long the material is valid. A task has it once and for all, so this is longer than any
/// migration takes.
const DAYS: i64 = 10 * 365;
/// The most addresses of a certificate.
const ADDRESSES: usize = 32;

/// Certificates and keys of a task: PEM, LF between lines, none at the end. RSA keys are
/// PKCS#1 (`RSA PRIVATE KEY`), SM2 keys PKCS#8 (`PRIVATE KEY`).
#[derive(Deserialize, Serialize)]
pub struct Material {
    /// The CA of the task, if it is asked for.
    pub ca: Option<String>,
    /// The source server.
    pub source: Pair,
    /// The target server, for managing the task.
    pub target_mgmt: Pair,
    /// The target server, for the data.
    pub target_data: Pair,
}

/// A certificate and its private key.
#[derive(Deserialize, Serialize)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub private_key: Zeroizing<String>,
}

impl Desk {
    /// The TLS material of a task; it is made on the first call and the same on every later one,
    /// whatever the operator decides afterwards.
    ///
    /// # Errors
    /// [`crate::Thing::Task`] not found.
    pub async fn task_material(&self, ctx: &Context, id: &str, with_ca: bool) -> Result<Material> {
        let sealed = loop {
            let task = Task::of(self.task_row(ctx, id).await?)?;
            let mut tx = Transaction::new("migration_task.disclose");
            let detail = serde_json::json!({ "ca": with_ca });
            tx.audit(ctx.audit_with(self.now_ms(), id, detail));
            let sealed = match &task.row.sealed_material {
                Some(sealed) => sealed.clone(),
                None => {
                    let sealed = self.new_material(ctx.behalf(), &task).await?;
                    tx.set_migration_task_material(ctx.domain_id(), id, &sealed);
                    sealed
                }
            };
            match self.store.commit(tx).await {
                Ok(()) => break sealed,
                // Another call was first, and its material is the task's; or the task is gone.
                Err(StoreError::Conflict(label::MATERIAL)) => {}
                Err(error) => return Err(error.into()),
            }
        };
        let opened = self.custody.open(place(id), &sealed)?;
        let mut material: Material = serde_json::from_slice(&opened).map_err(Error::internal)?;
        material.ca = material.ca.filter(|_| with_ca);
        Ok(material)
    }

    /// Makes the material of a task, sealed.
    async fn new_material(&self, on: &Behalf, task: &Task) -> Result<Vec<u8>> {
        let MigrationTaskRow { id, domain_id, .. } = &task.row;
        let source = self.source_row(domain_id, &task.row.source_id).await?;
        let at_source = Facts::of(&source)?.addresses();
        let at_target: Vec<IpAddr> = task.plan.migration_ip.into_iter().collect();

        let algorithm = self.algorithm(&task.plan);
        let hash = algorithm.default_hash();
        let generate = || self.generate(on, algorithm);
        let (ca_key, source_key, mgmt_key, data_key) =
            tokio::try_join!(generate(), generate(), generate(), generate())?;
        let extensions = Extensions {
            basic_constraints: BasicConstraints {
                ca: true,
                path_len: Some(0),
            },
            key_usages: vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign],
            ..Extensions::default()
        };
        let template = self.template(&format!("SMS task {id} CA"), &ca_key, DAYS, extensions);
        let signing = SigningAuthority::self_signed(&template, ca_key)?;
        let ca = self
            .issue(on, Profile::RootCa, &template, &signing, hash)
            .await?;
        let pair = async |role: &str, addresses: &[IpAddr], key: &PrivateKey| {
            let template = self.peer(&format!("{role}.{id}.sms.internal"), addresses, key, &ca);
            let profile = Profile::of_signer(algorithm);
            let certificate = self.issue(on, profile, &template, &signing, hash).await?;
            self.pair(&certificate, key)
        };
        let material = Material {
            source: pair("source", &at_source, &source_key).await?,
            target_mgmt: pair("target-mgmt", &at_target, &mgmt_key).await?,
            target_data: pair("target-data", &at_target, &data_key).await?,
            ca: Some(pem(&ca)),
        };
        let json = serde_json::to_vec(&material).map_err(Error::internal)?;
        Ok(self.custody.seal(place(id), &Zeroizing::new(json)))
    }

    /// The kind of key that the operator wants for the tasks of this project.
    fn algorithm(&self, plan: &Plan) -> KeyAlgorithm {
        let own = [&plan.project_id, &plan.region_id];
        let named = &self.settings.sms_sm2_projects;
        match named.iter().any(|name| own.contains(&name)) {
            true => NATIONAL,
            false => INTERNATIONAL,
        }
    }

    /// One end of a connection, valid as long as its CA.
    fn peer(
        &self,
        name: &str,
        addresses: &[IpAddr],
        key: &PrivateKey,
        ca: &Certificate,
    ) -> Template {
        let addresses = addresses.iter().take(ADDRESSES).copied();
        let mut sans = vec![SubjectAltName::Dns(name.to_owned())];
        sans.extend(addresses.map(SubjectAltName::Ip));
        let extensions = Extensions {
            key_usages: usages(key.algorithm()),
            extended_key_usages: vec![
                ExtendedKeyUsage::ServerAuth.into(),
                ExtendedKeyUsage::ClientAuth.into(),
            ],
            sans,
            ..Extensions::default()
        };
        Template {
            validity: ca.validity(),
            ..self.template(name, key, DAYS, extensions)
        }
    }

    fn pair(&self, certificate: &Certificate, key: &PrivateKey) -> Result<Pair> {
        let settings = chancery_bundle::Settings::default(); // of encryption, and there is none
        let random: &dyn Random = self.random.as_ref();
        let key = private_key_pem(key, None, LineEnding::Lf, &settings, random)
            .map_err(Error::internal)?;
        Ok(Pair {
            certificate: pem(certificate),
            private_key: Zeroizing::new(key.trim_end().to_owned()),
        })
    }
}

/// What the key of one end may do.
fn usages(algorithm: KeyAlgorithm) -> Vec<KeyUsage> {
    match algorithm.family() {
        KeyFamily::Sm2 => vec![KeyUsage::DigitalSignature],
        _ => vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
    }
}

fn pem(certificate: &Certificate) -> String {
    certificate.pem(LineEnding::Lf).trim_end().to_owned()
}

/// Where the material of a task is sealed for.
fn place(id: &str) -> Place<'_> {
    Place {
        table: "migration_tasks",
        row: id,
        column: "sealed_material",
    }
}
