//! What chancery issues, read and verified by OpenSSL.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm};
use chancery_pki::pem::LineEnding;
use chancery_pki::{
    AuthorityInfo, Certificate, CustomizedExtension, DistinguishedName, ExtendedKeyUsage, Issuer,
    KeyUsage, PkiError, Profile, SubjectAltName,
};

use crate::openssl::OpenSsl;
use crate::support::{
    NOW_MS, NOW_S, ca_template, international, issue, key, self_sign, server_template, small_chain,
    template,
};

fn write(openssl: &OpenSsl, name: &str, certificate: &Certificate) {
    openssl.write(name, certificate.pem(LineEnding::Lf));
}

#[test]
fn openssl_verifies_chains_of_every_pair_of_keys_and_every_hash() {
    let Some(openssl) = OpenSsl::new("verification of chains") else {
        return;
    };
    for issuer_algorithm in international() {
        let issuer_key = key(issuer_algorithm, 0);
        for (i, algorithm) in international().enumerate() {
            let hash = HashAlgorithm::ALL[i % 3];
            let root = self_sign(&ca_template("Root", issuer_key, Some(1)), issuer_key, hash);
            let sub_key = key(algorithm, 1);
            let sub = issue(
                &ca_template("Sub", sub_key, Some(0)),
                &root,
                issuer_key,
                hash,
            );
            let server = issue(&server_template(issuer_key), &sub, sub_key, hash);
            write(&openssl, "root.pem", &root);
            write(&openssl, "sub.pem", &sub);
            write(&openssl, "server.pem", &server);
            openssl.run(&format!(
                "verify -x509_strict -check_ss_sig -attime {NOW_S} -CAfile root.pem \
                 -untrusted sub.pem -purpose sslserver -verify_hostname server.example.com \
                 -verify_ip 127.0.0.1 server.pem"
            ));
            assert_eq!(server.verify_signed_by(&sub), Ok(()));
            assert_eq!(sub.verify_signed_by(&root), Ok(()));
            assert!(root.is_self_signed() && !sub.is_self_signed());
        }
    }
}

#[test]
fn openssl_shows_every_extension_as_it_was_asked_for() {
    let Some(openssl) = OpenSsl::new("extensions") else {
        return;
    };
    let [root, sub, _] = small_chain();
    let mut wanted = template("例子", key(KeyAlgorithm::Rsa2048, 0));
    wanted.subject = DistinguishedName {
        common_name: Some("例子".into()),
        country: Some("CN".into()),
        state: Some("Sichuan".into()),
        locality: Some("Chengdu".into()),
        organization: Some("Acme".into()),
        organizational_unit: Some("R-D".into()),
    }
    .into();
    let extensions = &mut wanted.extensions;
    extensions.key_usages = vec![
        KeyUsage::DigitalSignature,
        KeyUsage::KeyAgreement,
        KeyUsage::DecipherOnly,
    ];
    let purposes = ExtendedKeyUsage::ALL.iter().copied();
    extensions.extended_key_usages = purposes.map(Into::into).collect();
    extensions.sans = vec![
        SubjectAltName::Dns("*.example.com".into()),
        SubjectAltName::Ip("2001:db8::1".parse().unwrap()),
        SubjectAltName::Email("a@example.com".into()),
        SubjectAltName::Uri("https://example.com/".into()),
    ];
    extensions.crl_distribution_points = vec!["http://pki.example.com/crl/1".into()];
    extensions.authority_info = AuthorityInfo {
        ca_issuers: vec!["http://pki.example.com/aia/1".into()],
        ocsp: vec!["http://pki.example.com/ocsp".into()],
    };
    extensions.customized =
        vec![CustomizedExtension::text("1.3.6.1.4.1.2011.4.99", "hello").unwrap()];
    let certificate = issue(
        &wanted,
        &sub,
        key(KeyAlgorithm::EcP256, 1),
        HashAlgorithm::Sha384,
    );
    write(&openssl, "leaf.pem", &certificate);

    let text = openssl.run(
        "x509 -in leaf.pem -noout -text -nameopt RFC2253,utf8,-esc_msb -certopt no_pubkey,no_sigdump",
    );
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let after = |heading: &str| {
        let at = lines.iter().position(|l| *l == heading);
        let at = at.unwrap_or_else(|| panic!("{heading:?} is not in {text}"));
        lines[at + 1]
    };
    assert_eq!(after("X509v3 Basic Constraints: critical"), "CA:FALSE");
    assert_eq!(
        after("X509v3 Key Usage: critical"),
        "Digital Signature, Key Agreement, Decipher Only"
    );
    assert_eq!(
        after("X509v3 Extended Key Usage:"),
        "TLS Web Server Authentication, TLS Web Client Authentication, Code Signing, \
         E-mail Protection, Time Stamping, Microsoft Smartcard Login"
    );
    assert_eq!(
        after("X509v3 Subject Alternative Name:"),
        "DNS:*.example.com, IP Address:2001:DB8:0:0:0:0:0:1, email:a@example.com, \
         URI:https://example.com/"
    );
    assert!(text.contains("URI:http://pki.example.com/crl/1"));
    assert!(text.contains("OCSP - URI:http://pki.example.com/ocsp"));
    assert!(text.contains("CA Issuers - URI:http://pki.example.com/aia/1"));
    assert_eq!(after("1.3.6.1.4.1.2011.4.99:"), "..hello");
    assert!(text.contains("Signature Algorithm: ecdsa-with-SHA384"));
    assert!(text.contains("Subject: CN=例子,OU=R-D,O=Acme,L=Chengdu,ST=Sichuan,C=CN"));
    assert!(text.contains("Issuer: CN=Sub,O=Acme,C=CN"));

    // The key identifiers: those that OpenSSL computes by method 1.
    let colons = |id: &[u8]| {
        let bytes: Vec<_> = id.iter().map(|b| format!("{b:02X}")).collect();
        bytes.join(":")
    };
    let ski = certificate.ski().unwrap();
    assert_eq!(after("X509v3 Subject Key Identifier:"), colons(ski));
    let aki = certificate.aki().unwrap();
    assert_eq!(after("X509v3 Authority Key Identifier:"), colons(aki));
    assert_eq!(certificate.aki(), sub.ski());
    openssl.write("key.der", key(KeyAlgorithm::Rsa2048, 0).pkcs8_der());
    openssl.run("pkey -inform DER -in key.der -out key.pem");
    openssl.run("req -x509 -key key.pem -subj /CN=x -out same-key.pem");
    let same_key = Certificate::from_pem(&openssl.text("same-key.pem")).unwrap();
    assert_eq!(same_key.ski(), certificate.ski());

    write(&openssl, "root.pem", &root);
    write(&openssl, "sub.pem", &sub);
    openssl.run(&format!(
        "verify -x509_strict -attime {NOW_S} -CAfile root.pem -untrusted sub.pem leaf.pem"
    ));
}

#[test]
fn openssl_agrees_on_serial_dates_and_fingerprint() {
    let Some(openssl) = OpenSsl::new("fields") else {
        return;
    };
    let key = key(KeyAlgorithm::EcP256, 0);
    let mut wanted = ca_template("Root", key, Some(3));
    wanted.validity.not_before_ms = NOW_MS + 999;
    wanted.validity.not_after_ms = 2_524_608_000_999;
    let root = self_sign(&wanted, key, HashAlgorithm::Sha512);
    write(&openssl, "root.pem", &root);
    let shown = openssl.run("x509 -in root.pem -noout -serial -dates -fingerprint -sha1");
    let expected = format!(
        "serial={}\nnotBefore=May 28 20:26:40 2026 GMT\nnotAfter=Jan  1 00:00:00 2050 GMT\n\
         sha1 Fingerprint={}\n",
        root.serial_hex(),
        root.fingerprint_sha1_hex()
    );
    assert_eq!(shown.replace(':', ""), expected.replace(':', ""));
    assert_eq!(root.serial_hex().len(), 32);
    assert_eq!(root.validity().not_before_ms, NOW_MS);
    assert_eq!(root.validity().not_after_ms, 2_524_608_000_000);
    let times = openssl.run("asn1parse -in root.pem");
    assert!(
        times.contains("UTCTIME           :260528202640Z"),
        "{times}"
    );
    assert!(
        times.contains("GENERALIZEDTIME   :20500101000000Z"),
        "{times}"
    );
}

#[test]
fn what_was_asked_for_is_read_back() {
    let [root, sub, server] = small_chain();
    assert!(root.is_ca() && sub.is_ca() && !server.is_ca());
    assert_eq!(
        [root.path_len(), sub.path_len(), server.path_len()],
        [None, Some(0), None]
    );
    assert_eq!(sub.issuer_der(), root.subject_der());
    assert_eq!(sub.issuer(), root.subject());
    assert_eq!(root.subject().common_name.as_deref(), Some("Root"));
    assert_eq!(server.subject_text(), "CN=server.example.com,O=Acme,C=CN");
    assert_eq!(server.key_usages(), [KeyUsage::DigitalSignature]);
    assert_eq!(server.extended_key_usages(), [ExtendedKeyUsage::ServerAuth]);
    assert_eq!(server.sans()[0].value(), "server.example.com");
    assert_eq!(server.sans()[1].value(), "127.0.0.1");
    assert_eq!(server.key_algorithm(), Ok(KeyAlgorithm::EcP384));
    assert_eq!(server.signature_algorithm_jca(), "SHA256withECDSA");
    assert_eq!(server.weakness(), None);
    for certificate in [root, sub, server] {
        let text = certificate.pem(LineEnding::CrLf);
        assert_eq!(Certificate::from_pem(&text).unwrap(), certificate);
        assert_eq!(
            Certificate::from_der(certificate.der()).unwrap(),
            certificate
        );
    }
}

#[test]
fn only_the_key_of_the_issuer_signs() {
    let [root, ..] = small_chain();
    let wanted = server_template(key(KeyAlgorithm::EcP384, 0));
    let prepare = || {
        let issuer = Issuer::of(&root).unwrap();
        let unsigned = wanted.prepare(&issuer, HashAlgorithm::Sha256).unwrap();
        unsigned.lint(Profile::Entity).unwrap()
    };
    let tbs = prepare().tbs_der().to_vec();
    assert!(prepare().sign(key(KeyAlgorithm::EcP256, 0)).is_ok());
    for other in [KeyAlgorithm::EcP256, KeyAlgorithm::Rsa2048] {
        assert_eq!(
            prepare().sign(key(other, 1)).unwrap_err(),
            PkiError::WrongSigner
        );
    }
    let signed = prepare().sign(key(KeyAlgorithm::EcP256, 0)).unwrap();
    let contains = signed.der().windows(tbs.len()).any(|w| w == tbs);
    assert!(contains, "what was linted is what is in the certificate");
}

#[test]
fn a_device_that_signs_wrongly_makes_no_certificate() {
    struct Faulty;
    impl chancery_crypto::Signer for Faulty {
        fn algorithm(&self) -> KeyAlgorithm {
            KeyAlgorithm::EcP256
        }
        fn public_key_der(&self) -> &[u8] {
            key(KeyAlgorithm::EcP256, 0).public_key_der()
        }
        fn sign(
            &self,
            hash: HashAlgorithm,
            _: &[u8],
        ) -> Result<Vec<u8>, chancery_crypto::KeyError> {
            key(KeyAlgorithm::EcP256, 0).sign(hash, b"something else")
        }
    }
    let wanted = ca_template("Root", key(KeyAlgorithm::EcP256, 0), None);
    let issuer = Issuer::self_signed(&wanted).unwrap();
    let unsigned = wanted.prepare(&issuer, HashAlgorithm::Sha256).unwrap();
    assert_eq!(
        unsigned
            .lint(Profile::RootCa)
            .unwrap()
            .sign(&Faulty)
            .unwrap_err(),
        PkiError::BadSignature
    );
}

#[test]
fn an_end_entity_is_no_issuer() {
    let [_, _, server] = small_chain();
    assert_eq!(
        Issuer::of(&server),
        Err(PkiError::NotAnAuthority(
            "CN=server.example.com,O=Acme,C=CN".into()
        ))
    );
}

#[test]
fn values_that_cannot_be_written_name_their_field() {
    let field = |change: fn(&mut chancery_pki::Template)| {
        let mut wanted = server_template(key(KeyAlgorithm::EcP256, 0));
        change(&mut wanted);
        let issuer = Issuer::of(&small_chain()[0]).unwrap();
        match wanted.prepare(&issuer, HashAlgorithm::Sha256) {
            Err(PkiError::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(field(|t| t.validity.not_before_ms = -1), "validity");
    assert_eq!(
        field(|t| t.extensions.sans = vec![SubjectAltName::Dns("例".into())]),
        "subject_alternative_names"
    );
    assert_eq!(
        field(|t| t.extensions.crl_distribution_points = vec!["here".into()]),
        "uri"
    );
    for oid in ["", "1", "x", "2.5.29.19", "1.3.6.1.5.5.7.1.1", "1..2"] {
        let mut wanted = server_template(key(KeyAlgorithm::EcP256, 0));
        wanted.extensions.customized = vec![CustomizedExtension::text(oid, "x").unwrap()];
        let issuer = Issuer::of(&small_chain()[0]).unwrap();
        assert!(
            matches!(
                wanted.prepare(&issuer, HashAlgorithm::Sha256),
                Err(PkiError::Field {
                    field: "customized_extension.object_identifier",
                    ..
                })
            ),
            "{oid:?}"
        );
    }
}
