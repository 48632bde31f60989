//! Rows to store, with every column different.

use chancery_store::*;

/// Two accounts, `alpha` and `beta`.
pub(crate) async fn accounts(store: &Store) {
    let mut tx = Transaction::new("test.accounts");
    tx.insert_domain(&domain("alpha"))
        .insert_domain(&domain("beta"));
    store.commit(tx).await.unwrap();
}

pub(crate) async fn commit(
    store: &Store,
    fill: impl FnOnce(&mut Transaction) -> &mut Transaction,
) -> Result<(), StoreError> {
    let mut tx = Transaction::new("test");
    fill(&mut tx);
    store.commit(tx).await
}

pub(crate) fn domain(id: &str) -> DomainRow {
    DomainRow {
        id: id.into(),
        name: format!("{id} name"),
        created_at: 1,
        enabled: true,
    }
}

/// An account with the id of another, and a name of its own.
pub(crate) fn same_id(id: &str) -> DomainRow {
    DomainRow {
        name: "another name".into(),
        ..domain(id)
    }
}

pub(crate) fn project(domain_id: &str, id: &str) -> ProjectRow {
    let name = format!("{id} name");
    ProjectRow {
        id: id.into(),
        domain_id: domain_id.into(),
        name,
        created_at: 2,
        description: format!("{id} for tests"),
    }
}

pub(crate) fn enterprise_project(domain_id: &str, id: &str) -> EnterpriseProjectRow {
    EnterpriseProjectRow {
        id: id.into(),
        domain_id: domain_id.into(),
        name: format!("{id} name"),
        description: "what it is for".into(),
        kind: "poc".into(),
        enabled: true,
        created_at: 20,
        updated_at: 21,
    }
}

pub(crate) fn user(domain_id: &str, id: &str) -> UserRow {
    UserRow {
        id: id.into(),
        domain_id: domain_id.into(),
        name: format!("{id} name"),
        password_hash: "$argon2id$…".into(),
        enabled: true,
        owner: false,
        profile: r#"{"email":"u@example.com"}"#.into(),
        created_at: 3,
        generation: 8,
    }
}

pub(crate) fn policy(domain_id: &str, id: &str) -> PolicyRow {
    PolicyRow {
        id: id.into(),
        domain_id: domain_id.into(),
        name: format!("{id} name"),
        document: r#"{"allow":"all"}"#.into(),
        created_at: 4,
        kind: "AX".into(),
        description: "of a test".into(),
        description_cn: "测试".into(),
        updated_at: 5,
    }
}

pub(crate) fn access_key(domain_id: &str, user_id: &str, id: &str) -> AccessKeyRow {
    AccessKeyRow {
        access_key: id.into(),
        user_id: user_id.into(),
        domain_id: domain_id.into(),
        sealed_secret: vec![0, 1, 255],
        status: "active".into(),
        description: "汉字".into(),
        created_at: 5,
    }
}

pub(crate) fn token(domain_id: &str, user_id: &str, digest: &str, expires_at: i64) -> TokenRow {
    TokenRow {
        digest: digest.into(),
        user_id: user_id.into(),
        domain_id: domain_id.into(),
        project_id: None,
        methods: "password".into(),
        issued_at: 6,
        expires_at,
        parent: String::new(),
    }
}

/// An authority with everything.
pub(crate) fn authority(domain_id: &str, id: &str) -> AuthorityRow {
    AuthorityRow {
        id: id.into(),
        domain_id: domain_id.into(),
        kind: "SUBORDINATE".into(),
        status: "ACTIVED".into(),
        gen_mode: "PCA".into(),
        issuer_id: Some("root".into()),
        issuer_name: Some("Root".into()),
        key_algorithm: "EC256".into(),
        signature_algorithm: Some("SHA256".into()),
        path_length: Some(0),
        serial_number: Some(format!("0A{id}")),
        common_name: format!("{id} common name"),
        subject: r#"{"country":"CN"}"#.into(),
        key_usages: r#"["keyCertSign"]"#.into(),
        not_before: Some(10),
        not_after: Some(i64::MAX),
        created_at: 7,
        delete_at: Some(12),
        listed: true,
        certificate: Some(vec![0x30, 0]),
        external_chain: Some(vec![vec![1, 2, 3], vec![], vec![4]]),
        csr: Some(vec![5]),
        sealed_key: Some(vec![6]),
        enterprise_project_id: "0".into(),
        crl: "{}".into(),
        ocsp: false,
        revoked_at: Some(13),
        revocation_reason: Some("KEY_COMPROMISE".into()),
        order_id: Some("CS1".into()),
    }
}

/// An authority that has not been activated: everything that may be missing is.
pub(crate) fn pending_authority(domain_id: &str, id: &str) -> AuthorityRow {
    AuthorityRow {
        status: "PENDING".into(),
        issuer_id: None,
        issuer_name: None,
        signature_algorithm: None,
        path_length: None,
        serial_number: None,
        not_before: None,
        not_after: None,
        delete_at: None,
        certificate: None,
        external_chain: None,
        csr: None,
        sealed_key: None,
        revoked_at: None,
        revocation_reason: None,
        order_id: None,
        ..authority(domain_id, id)
    }
}

/// The order of one authority for a year.
pub(crate) fn order(domain_id: &str, id: &str) -> OrderRow {
    OrderRow {
        id: id.into(),
        domain_id: domain_id.into(),
        kind: "PURCHASE".into(),
        user_name: "buyer".into(),
        resources: 1,
        period_type: Some(3),
        period_num: Some(1),
        auto_renew: true,
        created_at: 7,
        expires_at: Some(100),
    }
}

pub(crate) fn certificate(domain_id: &str, id: &str) -> PrivateCertificateRow {
    PrivateCertificateRow {
        id: id.into(),
        domain_id: domain_id.into(),
        status: "ISSUED".into(),
        gen_mode: "PCA".into(),
        issuer_id: "issuer".into(),
        issuer_name: "Issuer".into(),
        key_algorithm: "RSA2048".into(),
        signature_algorithm: "SHA256".into(),
        serial_number: format!("0B{id}"),
        enc_serial_number: None,
        common_name: format!("{id}.example"),
        subject: "{}".into(),
        not_before: 20,
        not_after: 21,
        created_at: 22,
        delete_at: None,
        certificate: vec![0x30; 700],
        sealed_key: Some(vec![7; 1300]),
        enterprise_project_id: "0".into(),
        revoked_at: None,
        revocation_reason: None,
    }
}

pub(crate) fn encryption_half(certificate_id: &str) -> EncryptionHalfRow {
    EncryptionHalfRow {
        certificate_id: certificate_id.into(),
        certificate: vec![0x30, 1],
        sealed_key: vec![2],
        enveloped_key: vec![3],
        signed_and_enveloped: vec![4],
    }
}

pub(crate) fn store_certificate(domain_id: &str, id: &str) -> StoreCertificateRow {
    StoreCertificateRow {
        id: id.into(),
        domain_id: domain_id.into(),
        name: format!("{id} name"),
        status: "UPLOAD".into(),
        domain: format!("{id}.example"),
        sans: format!("{id}.example;www.{id}.example"),
        signature_algorithm: "SHA256withRSA".into(),
        not_before: 30,
        not_after: 31,
        created_at: 32,
        updated_at: 33,
        fingerprint: format!("{id}fp"),
        certificate: vec![1],
        chain: vec![vec![2], vec![3, 4]],
        sealed_key: vec![5],
        enc_certificate: Some(vec![6]),
        sealed_enc_key: Some(vec![7]),
        enterprise_project_id: "0".into(),
    }
}

pub(crate) fn service_authority(domain_id: &str, id: &str, service: &str) -> ServiceAuthorityRow {
    ServiceAuthorityRow {
        id: id.into(),
        domain_id: domain_id.into(),
        project_id: String::new(),
        service: service.into(),
        certificate: vec![1],
        sealed_key: vec![2],
        created_at: 40,
    }
}

pub(crate) fn instance_pair(instance_id: &str) -> InstancePairRow {
    InstancePairRow {
        instance_id: instance_id.into(),
        authority_id: "s1".into(),
        certificate: vec![1],
        sealed_key: vec![2],
        enc_certificate: vec![3],
        sealed_enc_key: vec![4],
        created_at: 70,
    }
}

pub(crate) fn instance(project_id: &str, id: &str) -> InstanceRow {
    InstanceRow {
        id: id.into(),
        domain_id: "alpha".into(),
        project_id: project_id.into(),
        service: "dcs".into(),
        name: format!("{id} name"),
        status: "RUNNING".into(),
        ssl: false,
        created_at: 50,
        updated_at: 51,
        document: "{}".into(),
        authority_id: "authority".into(),
        certificate: vec![1],
        sealed_key: vec![2],
    }
}

pub(crate) fn job(project_id: &str, id: &str) -> JobRow {
    JobRow {
        id: id.into(),
        project_id: project_id.into(),
        instance_id: "instance".into(),
        job_type: "createInstance".into(),
        status: "Running".into(),
        begin_at: 60,
        end_at: None,
    }
}

pub(crate) fn source(domain_id: &str, id: &str) -> MigrationSourceRow {
    MigrationSourceRow {
        id: id.into(),
        domain_id: domain_id.into(),
        name: format!("{id} name"),
        state: "unavailable".into(),
        created_at: 70,
        document: "{}".into(),
    }
}

pub(crate) fn task(domain_id: &str, source_id: &str, id: &str) -> MigrationTaskRow {
    MigrationTaskRow {
        id: id.into(),
        domain_id: domain_id.into(),
        source_id: source_id.into(),
        name: format!("{id} name"),
        state: "READY".into(),
        created_at: 80,
        document: "{}".into(),
        sealed_material: None,
    }
}

pub(crate) fn bucket(domain_id: &str, name: &str) -> BucketRow {
    BucketRow {
        name: name.into(),
        domain_id: domain_id.into(),
        public: true,
        created_at: 90,
    }
}

pub(crate) fn entry(resource: &str) -> AuditEntry {
    AuditEntry {
        at: 100,
        request_id: "request".into(),
        domain_id: "alpha".into(),
        actor: "user".into(),
        action: "pca:cert:export".into(),
        resource: resource.into(),
        outcome: "success".into(),
        detail: r#"{"type":"NGINX"}"#.into(),
    }
}
