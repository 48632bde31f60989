//! Making the sample resources.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use chancery_bundle::ServerType;
use chancery_core::authorities::{AuthorityKind, NewAuthority};
use chancery_core::bootstrap::Administrator;
use chancery_core::instances::{Flavor, NewMongodb, NewRedis};
use chancery_core::migration_sources::{Facts, Network, NewSource};
use chancery_core::migration_tasks::{NewTask, Plan, Target};
use chancery_core::private_certificates::{
    Export, ExportAs, ExportRequest, ExportedText, NewCertificate, NewFromRequest, RequestedType,
};
use chancery_core::store_certificates::NewStoreCertificate;
use chancery_core::validity::{Period, Unit};
use chancery_core::{Caller, Context, Desk};
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::pem::LineEnding;
use chancery_pki::{DistinguishedName, ExtendedKeyUsage, SigningRequest, SubjectAltName};

/// The name that the sample certificates are issued for.
const HOST: &str = "www.example.com";

/// The network that the sample instances are said to be in.
const NETWORK: &str = "6434f74f-2d13-4e6a-89eb-93ee313f1a43";

/// Makes resources as the administrator.
pub(super) struct Maker<'a> {
    desk: &'a Desk,
    caller: Caller,
    project_id: String,
    region: String,
}

impl<'a> Maker<'a> {
    pub(super) async fn new(desk: &'a Desk, administrator: &Administrator) -> Result<Self> {
        let key = desk.access_key(&administrator.access_key).await?;
        let project = administrator
            .projects
            .first()
            .context("there is no project")?;
        Ok(Self {
            desk,
            caller: key.caller.clone(),
            project_id: project.id.clone(),
            region: project.name.clone(),
        })
    }

    /// Makes the samples of international algorithms; the ids by the names of their variables.
    pub(super) async fn make_international(&self) -> Result<BTreeMap<String, String>> {
        let mut made = BTreeMap::new();
        let mut put = |variable: &str, id: &str| {
            made.insert(super::variable(variable), id.to_owned());
        };
        let algorithm = KeyAlgorithm::EcP256;
        let root = self.authority("Demo Root CA", algorithm, None).await?;
        put("ROOT_CA", &root);
        let issuer = self
            .authority("Demo Issuing CA", algorithm, Some(&root))
            .await?;
        put("CA", &issuer);
        let rsa = self.certificate(&issuer, KeyAlgorithm::Rsa2048).await?;
        put("CERTIFICATE", &rsa);
        for (variable, algorithm) in [
            ("RSA4096_CERTIFICATE", KeyAlgorithm::Rsa4096),
            ("EC256_CERTIFICATE", KeyAlgorithm::EcP256),
            ("EC384_CERTIFICATE", KeyAlgorithm::EcP384),
        ] {
            put(variable, &self.certificate(&issuer, algorithm).await?);
        }
        put(
            "CSR_CERTIFICATE",
            &self.certificate_for_request(&issuer).await?,
        );
        put("SCM_CERTIFICATE", &self.import(&rsa).await?);
        put("DCS_INSTANCE", &self.redis().await?);
        put("DDS_INSTANCE", &self.mongodb().await?);
        let source = self.migration_source().await?;
        put("SMS_SOURCE", &source);
        put("SMS_TASK", &self.migration_task(source).await?);
        Ok(made)
    }

    /// Makes the samples of the SM family.
    pub(super) async fn make_national(&self) -> Result<BTreeMap<String, String>> {
        let algorithm = KeyAlgorithm::Sm2;
        let root = self.authority("Demo SM2 Root CA", algorithm, None).await?;
        let issuer = self
            .authority("Demo SM2 Issuing CA", algorithm, Some(&root))
            .await?;
        let pair = self.certificate(&issuer, algorithm).await?;
        let made = [
            ("SM2_ROOT_CA", root),
            ("SM2_CA", issuer),
            ("SM2_CERTIFICATE", pair),
        ];
        Ok(made.map(|(name, id)| (super::variable(name), id)).into())
    }

    fn ctx(&self, action: &'static str) -> Result<Context> {
        Ok(Context::authorize(
            self.caller.clone(),
            action,
            &self.desk.new_request_id(),
        )?)
    }

    async fn authority(
        &self,
        name: &str,
        algorithm: KeyAlgorithm,
        issuer_id: Option<&str>,
    ) -> Result<String> {
        let new = NewAuthority {
            kind: match issuer_id {
                None => AuthorityKind::Root,
                Some(_) => AuthorityKind::Subordinate,
            },
            subject: DistinguishedName {
                common_name: given(name),
                country: given("CN"),
                state: given("Guangdong"),
                locality: given("Shenzhen"),
                organization: given("Example"),
                organizational_unit: given("Demo"),
            },
            key_algorithm: algorithm,
            signature_algorithm: Some(hash_of(algorithm)),
            validity: Some(years(if issuer_id.is_some() { 10 } else { 20 })),
            issuer_id: issuer_id.map(str::to_owned),
            path_length: None,
            key_usages: Vec::new(),
            enterprise_project_id: "0".to_owned(),
            crl: None,
            bought_id: None,
        };
        Ok(self
            .desk
            .create_authority(&self.ctx("pca:ca:create")?, new)
            .await?)
    }

    async fn certificate(&self, issuer_id: &str, algorithm: KeyAlgorithm) -> Result<String> {
        let new = NewCertificate {
            issuer_id: issuer_id.to_owned(),
            key_algorithm: algorithm,
            signature_algorithm: hash_of(algorithm),
            subject: DistinguishedName::common(HOST),
            validity: years(1),
            key_usages: Vec::new(),
            extended_key_usages: vec![ExtendedKeyUsage::ServerAuth],
            subject_alt_names: vec![
                SubjectAltName::Dns(HOST.to_owned()),
                SubjectAltName::Dns("localhost".to_owned()),
            ],
            customized_extension: None,
            enterprise_project_id: "0".to_owned(),
        };
        Ok(self
            .desk
            .create_private_certificate(&self.ctx("pca:cert:create")?, new)
            .await?)
    }

    async fn certificate_for_request(&self, issuer_id: &str) -> Result<String> {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256)?;
        let name = DistinguishedName::common("csr.example.com");
        let names = [SubjectAltName::Dns("csr.example.com".to_owned())];
        let request = SigningRequest::create(&key, HashAlgorithm::Sha256, &name, &names)?;
        let new = NewFromRequest {
            issuer_id: issuer_id.to_owned(),
            csr: SigningRequest::pem_of(&request, LineEnding::Lf),
            validity: years(1),
            requested: RequestedType::Entity,
            enterprise_project_id: "0".to_owned(),
        };
        Ok(self
            .desk
            .create_from_request(&self.ctx("pca:cert:createByCsr")?, new)
            .await?)
    }

    /// Exports a certificate of the private CA and imports it into the store.
    async fn import(&self, certificate_id: &str) -> Result<String> {
        let request = ExportRequest {
            server: ServerType::Other,
            form: ExportAs::Text,
            sm_standard: false,
            password: None,
        };
        let ctx = self.ctx("pca:cert:export")?;
        let exported = self
            .desk
            .export_private_certificate(&ctx, certificate_id, request)
            .await?;
        let Export::Text(ExportedText {
            certificate,
            certificate_chain,
            private_key: Some(private_key),
            ..
        }) = exported
        else {
            bail!("the export of a certificate with its key is not text");
        };
        let new = NewStoreCertificate {
            name: "demo".to_owned(),
            certificate,
            certificate_chain: Some(certificate_chain),
            private_key,
            enc_certificate: None,
            enc_private_key: None,
            duplicate_check: false,
            enterprise_project_id: "0".to_owned(),
        };
        let ctx = self.ctx("scm:cert:upload")?;
        Ok(self.desk.import_store_certificate(&ctx, new).await?)
    }

    /// A Redis instance with TLS.
    async fn redis(&self) -> Result<String> {
        let new = NewRedis {
            name: given("demo-redis"),
            engine: given("Redis"),
            engine_version: given("6.0"),
            spec_code: given("redis.ha.xu1.large.r2.1"),
            capacity: Some(1.0),
            az_codes: vec!["az1".to_owned()],
            vpc_id: given(NETWORK),
            subnet_id: given(NETWORK),
            enable_ssl: true,
            no_password_access: Some(true),
            enterprise_project_id: "0".to_owned(),
            ..NewRedis::default()
        };
        let ctx = self.ctx("dcs:instance:create")?;
        let made = self
            .desk
            .create_redis_instances(&ctx, &self.project_id, new)
            .await?;
        Ok(made.into_iter().next().context("no instance was made")?.id)
    }

    /// A MongoDB instance with TLS.
    async fn mongodb(&self) -> Result<String> {
        let new = NewMongodb {
            name: given("demo-mongodb"),
            datastore_type: given("DDS-Community"),
            datastore_version: given("4.4"),
            storage_engine: given("wiredTiger"),
            region: given(&self.region),
            availability_zone: given("az1"),
            vpc_id: given(NETWORK),
            subnet_id: given(NETWORK),
            security_group_id: given(NETWORK),
            mode: given("Single"),
            flavors: vec![Flavor {
                kind: "single".to_owned(),
                num: 1,
                storage: given("ULTRAHIGH"),
                size: Some(10),
                spec_code: "dds.mongodb.s6.large.2.single".to_owned(),
            }],
            enterprise_project_id: "0".to_owned(),
            ssl: true,
            ..NewMongodb::default()
        };
        let ctx = self.ctx("dds:instance:create")?;
        let (made, _) = self
            .desk
            .create_mongodb_instance(&ctx, &self.project_id, new)
            .await?;
        Ok(made.row.id)
    }

    /// A source server, as its agent registers it.
    async fn migration_source(&self) -> Result<String> {
        let network = Network {
            name: given("eth0"),
            ip: given("192.168.0.10"),
            mac: given("fa:16:3e:00:00:01"),
            ..Network::default()
        };
        let new = NewSource {
            id: None,
            name: "demo-source".to_owned(),
            state: None,
            facts: Facts {
                ip: given("192.168.0.10"),
                hostname: given("demo-source"),
                os_type: "LINUX".to_owned(),
                os_version: "DEBIAN_12_0_64BIT".to_owned(),
                agent_version: "24.9.0".to_owned(),
                networks: vec![network],
                ..Facts::default()
            },
        };
        let ctx = self.ctx("sms:server:registerServer")?;
        Ok(self.desk.register_source(&ctx, new).await?)
    }

    /// A task that moves the source server to a new one.
    async fn migration_task(&self, source_id: String) -> Result<String> {
        let new = NewTask {
            name: "demo-task".to_owned(),
            source_id,
            plan: Plan {
                kind: "MIGRATE_BLOCK".to_owned(),
                target: Target {
                    name: given("demo-target"),
                    ..Target::default()
                },
                migration_ip: Some([192, 168, 0, 20].into()),
                region_name: self.region.clone(),
                region_id: self.region.clone(),
                project_name: self.region.clone(),
                project_id: self.project_id.clone(),
                priority: 1,
                ..Plan::default()
            },
        };
        let ctx = self.ctx("sms:server:migrationServer")?;
        Ok(self.desk.create_task(&ctx, new).await?)
    }
}

/// Any hash goes with an international key, also with one of another size than the CA's.
fn hash_of(algorithm: KeyAlgorithm) -> HashAlgorithm {
    match algorithm {
        KeyAlgorithm::Sm2 => HashAlgorithm::Sm3,
        _ => HashAlgorithm::Sha256,
    }
}

fn given(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn years(value: i64) -> Period {
    Period {
        unit: Unit::Year,
        value,
        start_from: None,
    }
}
