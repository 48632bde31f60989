//! The desk's own CAs: one vouches for the listener, one for the instances of a project and
//! service. They are made when they are first needed and are not part of the private CA service.

use std::sync::Arc;

use chancery_crypto::{KeyAlgorithm, PrivateKey};
use chancery_pki::{
    BasicConstraints, Certificate, DistinguishedName, ExtendedKeyUsage, Extensions, KeyUsage,
    SerialNumber, SubjectAltName, Template, Validity,
};
use chancery_store::{ServiceAuthorityRow, StoreError, Transaction};

use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::ids;
use crate::issuance::{DAY_MS, SigningAuthority};

/// How long these CAs are valid.
const AUTHORITY_DAYS: i64 = 10 * 365;
/// How long a server certificate is valid; within what strict clients accept (825 days).
pub(crate) const SERVER_DAYS: i64 = 825;
/// Certificates begin a little before now, for clients whose clock is behind.
const BACKDATE_MS: i64 = 5 * 60 * 1000;
/// All of them: quick to make, and read by every TLS stack of the last ten years.
const ALGORITHM: KeyAlgorithm = KeyAlgorithm::EcP256;

/// A CA of the desk.
pub struct ServiceAuthority {
    /// Its row's id.
    pub id: String,
    /// Its certificate.
    pub certificate: Certificate,
    pub(crate) signing: SigningAuthority,
}

/// A server's certificate and key, with the CA that vouches for it.
pub struct ServerIdentity {
    /// The server's certificate.
    pub certificate: Certificate,
    /// Its private key.
    pub key: Arc<PrivateKey>,
    /// The CA.
    pub authority: Certificate,
}

impl Desk {
    /// A certificate for the desk's own listener. Its key is never stored: every start makes one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn listener_identity(&self, names: &[SubjectAltName]) -> Result<ServerIdentity> {
        let authority = self.service_authority("", "", "listener").await?;
        self.server_identity(&authority, "chancery", names).await
    }

    /// The CA of a service in a project; made if it is not there yet.
    pub(crate) async fn service_authority(
        &self,
        domain_id: &str,
        project_id: &str,
        service: &str,
    ) -> Result<ServiceAuthority> {
        if let Some(row) = self
            .store
            .service_authority(domain_id, project_id, service)
            .await?
        {
            return self.open_service_authority(row);
        }
        let row = self
            .new_service_authority(domain_id, project_id, service)
            .await?;
        let mut tx = Transaction::new("service_authority.create");
        tx.insert_service_authority(&row);
        match self.store.commit(tx).await {
            Ok(()) => self.open_service_authority(row),
            // Another call was first; its CA is the one.
            Err(StoreError::Duplicate(_)) => {
                let row = self
                    .store
                    .service_authority(domain_id, project_id, service)
                    .await?;
                let row = row.ok_or_else(|| Error::internal("a service authority vanished"))?;
                self.open_service_authority(row)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Issues a server certificate with a fresh key for `names`.
    pub(crate) async fn server_identity(
        &self,
        authority: &ServiceAuthority,
        common_name: &str,
        names: &[SubjectAltName],
    ) -> Result<ServerIdentity> {
        let key = self.custody.generate(ALGORITHM).await?;
        let extensions = Extensions {
            key_usages: vec![KeyUsage::DigitalSignature, KeyUsage::KeyAgreement],
            extended_key_usages: vec![ExtendedKeyUsage::ServerAuth],
            sans: names.to_vec(),
            ..Extensions::default()
        };
        let mut template = self.template(common_name, &key, SERVER_DAYS, extensions);
        // Never past its CA.
        let end = &mut template.validity.not_after_ms;
        *end = (*end).min(authority.certificate.validity().not_after_ms);
        let hash = authority.signing.key.algorithm().default_hash();
        let certificate = self.issue(&template, &authority.signing, hash).await?;
        Ok(ServerIdentity {
            certificate,
            key,
            authority: authority.certificate.clone(),
        })
    }

    async fn new_service_authority(
        &self,
        domain_id: &str,
        project_id: &str,
        service: &str,
    ) -> Result<ServiceAuthorityRow> {
        let id = ids::uuid(self.random.as_ref());
        let key = self.custody.generate(ALGORITHM).await?;
        let name = format!("chancery {service} CA {}", &id[..8]);
        let extensions = Extensions {
            basic_constraints: BasicConstraints {
                ca: true,
                path_len: Some(0),
            },
            key_usages: vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign],
            ..Extensions::default()
        };
        let template = self.template(&name, &key, AUTHORITY_DAYS, extensions);
        let signing = SigningAuthority::self_signed(&template, Arc::clone(&key))?;
        let certificate = self
            .issue(&template, &signing, ALGORITHM.default_hash())
            .await?;
        Ok(ServiceAuthorityRow {
            sealed_key: self.custody.seal_key(place(&id), &key),
            id,
            domain_id: domain_id.to_owned(),
            project_id: project_id.to_owned(),
            service: service.to_owned(),
            certificate: certificate.der().to_vec(),
            created_at: self.now_ms(),
        })
    }

    fn open_service_authority(&self, row: ServiceAuthorityRow) -> Result<ServiceAuthority> {
        let certificate = Certificate::from_der(&row.certificate).map_err(Error::internal)?;
        let key = self.custody.open_key(place(&row.id), &row.sealed_key)?;
        let signing = SigningAuthority::new(&certificate, key)?;
        Ok(ServiceAuthority {
            id: row.id,
            certificate,
            signing,
        })
    }

    /// A template for `key`, valid from now on for `days`.
    pub(crate) fn template(
        &self,
        common_name: &str,
        key: &PrivateKey,
        days: i64,
        extensions: Extensions,
    ) -> Template {
        let now = self.now_ms();
        Template {
            subject: DistinguishedName::common(common_name).into(),
            public_key_der: key.public_key_der().to_vec(),
            validity: Validity {
                not_before_ms: now - BACKDATE_MS,
                not_after_ms: now + days * DAY_MS,
            },
            serial: SerialNumber::random(self.random.as_ref()),
            extensions,
        }
    }
}

fn place(id: &str) -> Place<'_> {
    Place {
        table: "service_authorities",
        row: id,
        column: "sealed_key",
    }
}
