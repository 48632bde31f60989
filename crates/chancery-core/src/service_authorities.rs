//! The desk's own CAs: one vouches for the listener, one for the instances of a project and
//! service, and one more for what such instances have of the SM family. They are made when they
//! are first needed and are not part of the private CA service.

use std::sync::Arc;

use chancery_crypto::{KeyAlgorithm, PrivateKey};
use chancery_pki::{
    BasicConstraints, Certificate, DistinguishedName, ExtendedKeyUsage, Extensions, KeyUsage,
    Profile, SerialNumber, SubjectAltName, Template, Validity,
};
use chancery_store::{ServiceAuthorityRow, StoreError, Transaction};

use crate::behalf::Behalf;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::ids;
use crate::issuance::{DAY_MS, ENCRYPTION_USAGES, SIGNING_USAGES, SigningAuthority};

/// How long these CAs are valid.
const AUTHORITY_DAYS: i64 = 10 * 365;
/// How long a server certificate is valid from now on: with the minutes before, within what strict clients
/// accept (825 days).
pub(crate) const SERVER_DAYS: i64 = 824;
/// Certificates begin a little before now, for clients whose clock is behind.
const BACKDATE_MS: i64 = 5 * 60 * 1000;
/// What a server's key may do in TLS.
const TLS_USAGES: &[KeyUsage] = &[KeyUsage::DigitalSignature, KeyUsage::KeyAgreement];
/// What a CA of the desk vouches for, and the kind of its key. The certificates below it have
/// keys of the same kind, so that a chain is of one family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKind {
    /// As its row and its common name have it.
    service: &'static str,
    algorithm: KeyAlgorithm,
    /// What the certificates below it are for.
    purposes: &'static [ExtendedKeyUsage],
}

/// The nodes of a Redis cluster, a replica and the members of a MongoDB replica set are each other's
/// clients, with the certificate that they serve with.
const NODE: &[ExtendedKeyUsage] = &[ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth];

impl AuthorityKind {
    /// The desk's own listener.
    pub(crate) const LISTENER: Self =
        Self::international("listener", &[ExtendedKeyUsage::ServerAuth]);
    /// Redis instances.
    pub(crate) const REDIS: Self = Self::international("dcs", NODE);
    /// MongoDB instances.
    pub(crate) const MONGODB: Self = Self::international("dds", NODE);
    /// The pairs of MongoDB instances.
    pub(crate) const MONGODB_NATIONAL: Self = Self {
        service: "dds-national",
        algorithm: KeyAlgorithm::Sm2,
        purposes: NODE,
    };

    /// P-256: quick to make, and read by every TLS stack of the last ten years.
    const fn international(service: &'static str, purposes: &'static [ExtendedKeyUsage]) -> Self {
        Self {
            service,
            algorithm: KeyAlgorithm::EcP256,
            purposes,
        }
    }
}

/// A CA of the desk.
pub struct ServiceAuthority {
    /// Its row's id.
    pub id: String,
    /// Its certificate.
    pub certificate: Certificate,
    pub(crate) signing: SigningAuthority,
    kind: AuthorityKind,
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

/// A server's two certificates and keys for TLCP: of one subject and one validity.
pub(crate) struct ServerPair {
    /// The half that signs.
    pub(crate) signing: ServerIdentity,
    /// The half that keys are encrypted to.
    pub(crate) encryption: ServerIdentity,
}

/// What a certificate says of a server.
struct Server<'a> {
    common_name: &'a str,
    names: &'a [SubjectAltName],
    validity: Validity,
}

impl Desk {
    /// A certificate for the desk's own listener. Its key is never stored: every start makes one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn listener_identity(&self, names: &[SubjectAltName]) -> Result<ServerIdentity> {
        let desk = Behalf::desk();
        let authority = self
            .service_authority(&desk, "", "", AuthorityKind::LISTENER)
            .await?;
        self.server_identity(&desk, &authority, "chancery", names)
            .await
    }

    /// Whether the master key opens the key of the listener's CA; none where there is no such CA yet.
    pub(crate) async fn opens_listener_authority(&self) -> Result<Option<bool>> {
        let service = AuthorityKind::LISTENER.service;
        let row = self.store.service_authority("", "", service).await?;
        let opens = |row: ServiceAuthorityRow| self.custody.open(place(&row.id), &row.sealed_key);
        Ok(row.map(|row| opens(row).is_ok()))
    }

    /// A CA of the desk in a project; made if it is not there yet.
    pub(crate) async fn service_authority(
        &self,
        on: &Behalf,
        domain_id: &str,
        project_id: &str,
        kind: AuthorityKind,
    ) -> Result<ServiceAuthority> {
        let service = kind.service;
        if let Some(row) = self
            .store
            .service_authority(domain_id, project_id, service)
            .await?
        {
            return self.open_service_authority(row, kind);
        }
        let row = self
            .new_service_authority(on, domain_id, project_id, kind)
            .await?;
        let mut tx = Transaction::new("service_authority.create");
        tx.insert_service_authority(&row);
        match self.store.commit(tx).await {
            Ok(()) => self.open_service_authority(row, kind),
            // Another call was first; its CA is the one.
            Err(StoreError::Duplicate(_)) => {
                let row = self
                    .store
                    .service_authority(domain_id, project_id, service)
                    .await?;
                let row = row.ok_or_else(|| Error::overtaken("a service authority vanished"))?;
                self.open_service_authority(row, kind)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Issues a server certificate with a fresh key for `names`.
    pub(crate) async fn server_identity(
        &self,
        on: &Behalf,
        authority: &ServiceAuthority,
        common_name: &str,
        names: &[SubjectAltName],
    ) -> Result<ServerIdentity> {
        let server = self.server(authority, common_name, names);
        self.certify_server(on, Profile::Entity, authority, &server, TLS_USAGES)
            .await
    }

    /// Issues both halves of a pair with fresh keys for `names`.
    pub(crate) async fn server_pair(
        &self,
        on: &Behalf,
        authority: &ServiceAuthority,
        common_name: &str,
        names: &[SubjectAltName],
    ) -> Result<ServerPair> {
        let server = self.server(authority, common_name, names);
        Ok(ServerPair {
            signing: self
                .certify_server(on, Profile::Sm2Signing, authority, &server, SIGNING_USAGES)
                .await?,
            encryption: self
                .certify_server(
                    on,
                    Profile::Sm2Encryption,
                    authority,
                    &server,
                    ENCRYPTION_USAGES,
                )
                .await?,
        })
    }

    /// A server, from now on for as long as servers are, and never past its CA.
    fn server<'a>(
        &self,
        authority: &ServiceAuthority,
        common_name: &'a str,
        names: &'a [SubjectAltName],
    ) -> Server<'a> {
        let mut validity = self.validity(SERVER_DAYS);
        let end = authority.certificate.validity().not_after_ms;
        validity.not_after_ms = validity.not_after_ms.min(end);
        Server {
            common_name,
            names,
            validity,
        }
    }

    async fn certify_server(
        &self,
        on: &Behalf,
        profile: Profile,
        authority: &ServiceAuthority,
        server: &Server<'_>,
        usages: &[KeyUsage],
    ) -> Result<ServerIdentity> {
        let algorithm = authority.signing.key.algorithm();
        let hash = algorithm.default_hash();
        let key = self.generate(on, algorithm).await?;
        let extensions = Extensions {
            key_usages: usages.to_vec(),
            extended_key_usages: authority
                .kind
                .purposes
                .iter()
                .copied()
                .map(Into::into)
                .collect(),
            sans: server.names.to_vec(),
            ..Extensions::default()
        };
        let template = Template {
            validity: server.validity,
            ..self.template(server.common_name, &key, SERVER_DAYS, extensions)
        };
        let certificate = self
            .issue(on, profile, &template, &authority.signing, hash)
            .await?;
        Ok(ServerIdentity {
            certificate,
            key,
            authority: authority.certificate.clone(),
        })
    }

    async fn new_service_authority(
        &self,
        on: &Behalf,
        domain_id: &str,
        project_id: &str,
        kind: AuthorityKind,
    ) -> Result<ServiceAuthorityRow> {
        let AuthorityKind {
            service, algorithm, ..
        } = kind;
        let id = ids::uuid(self.random.as_ref());
        let key = self.generate(on, algorithm).await?;
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
        let hash = algorithm.default_hash();
        let certificate = self
            .issue(on, Profile::RootCa, &template, &signing, hash)
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

    fn open_service_authority(
        &self,
        row: ServiceAuthorityRow,
        kind: AuthorityKind,
    ) -> Result<ServiceAuthority> {
        let certificate = Certificate::from_der(&row.certificate).map_err(Error::internal)?;
        let key = self.custody.open_key(place(&row.id), &row.sealed_key)?;
        let signing = SigningAuthority::new(&certificate, key)?;
        Ok(ServiceAuthority {
            id: row.id,
            certificate,
            signing,
            kind,
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
        Template {
            subject: DistinguishedName::common(common_name).into(),
            public_key_der: key.public_key_der().to_vec(),
            validity: self.validity(days),
            serial: SerialNumber::random(self.random.as_ref()),
            extensions,
        }
    }

    /// From a little before now on, for `days`.
    fn validity(&self, days: i64) -> Validity {
        let now = self.now_ms();
        Validity {
            not_before_ms: now - BACKDATE_MS,
            not_after_ms: now + days * DAY_MS,
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
