//! Signing requests, ours and OpenSSL's.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, KeyError, PrivateKey};
use chancery_pki::pem::{LineEnding, encode};
use chancery_pki::{
    DistinguishedName, KeyUsage, PkiError, SigningRequest, Subject, SubjectAltName,
};

use crate::openssl::OpenSsl;
use crate::support::{international, issue, key, server_template, small_chain};

fn subject() -> DistinguishedName {
    DistinguishedName {
        country: Some("CN".into()),
        organization: Some("Acme".into()),
        ..DistinguishedName::common("request")
    }
}

/// Whether OpenSSL verifies `request.pem`. It says so, and ends well in any case.
pub(crate) fn request_verifies(openssl: &OpenSsl, options: &str) -> bool {
    let output = openssl.try_run(&format!("req -in request.pem -verify -noout {options}"));
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stderr).contains("verify OK")
}

#[test]
fn openssl_verifies_our_requests() {
    let Some(openssl) = OpenSsl::new("requests for openssl") else {
        return;
    };
    let sans = [
        SubjectAltName::Dns("a.example.com".into()),
        SubjectAltName::Ip([10, 0, 0, 1].into()),
    ];
    for algorithm in international() {
        for (hash, sans) in [
            (HashAlgorithm::Sha256, &sans[..]),
            (HashAlgorithm::Sha384, &[]),
            (HashAlgorithm::Sha512, &sans[..1]),
        ] {
            let der = SigningRequest::create(key(algorithm, 0), hash, &subject(), sans).unwrap();
            openssl.write("request.pem", SigningRequest::pem_of(&der, LineEnding::Lf));
            assert!(request_verifies(&openssl, "-nameopt RFC2253"));
            let text = openssl.run("req -in request.pem -noout -text -nameopt RFC2253");
            assert!(text.contains("Subject: CN=request,O=Acme,C=CN"), "{text}");
            assert_eq!(text.contains("DNS:a.example.com"), !sans.is_empty());
            assert_eq!(text.contains("IP Address:10.0.0.1"), sans.len() == 2);

            let request = SigningRequest::parse_der(&der).unwrap();
            assert_eq!(request.subject(), &subject());
            assert_eq!(request.sans(), sans);
            assert_eq!(request.key_algorithm(), algorithm);
            assert_eq!(request.public_key_der(), key(algorithm, 0).public_key_der());
        }
    }
}

#[test]
fn requests_of_openssl_are_read() {
    let Some(openssl) = OpenSsl::new("requests of openssl") else {
        return;
    };
    for (options, algorithm, name) in [
        ("rsa:2048 -sha256", KeyAlgorithm::Rsa2048, "SHA256withRSA"),
        ("rsa:4096 -sha512", KeyAlgorithm::Rsa4096, "SHA512withRSA"),
        (
            "ec -pkeyopt ec_paramgen_curve:P-256 -sha256",
            KeyAlgorithm::EcP256,
            "SHA256withECDSA",
        ),
        (
            "ec -pkeyopt ec_paramgen_curve:P-384 -sha384",
            KeyAlgorithm::EcP384,
            "SHA384withECDSA",
        ),
    ] {
        openssl.run(&format!(
            "req -new -newkey {options} -nodes -keyout key.pem -out request.pem -utf8 \
             -subj /C=CN/ST=四川/O=Acme/CN=x.cn/emailAddress=a@b.cn \
             -addext subjectAltName=DNS:x.cn,DNS:*.x.cn,IP:::1 \
             -addext keyUsage=digitalSignature,keyEncipherment \
             -addext extendedKeyUsage=serverAuth,1.2.3.4"
        ));
        let crlf = openssl.text("request.pem").replace('\n', "\r\n");
        let request = SigningRequest::parse_pem(&crlf).unwrap();
        assert_eq!(request.key_algorithm(), algorithm);
        assert_eq!(request.signature_algorithm_jca(), name);
        assert_eq!(request.subject().state.as_deref(), Some("四川"));
        assert_eq!(request.subject().common_name.as_deref(), Some("x.cn"));
        let sans: Vec<_> = request.sans().iter().map(|s| s.value()).collect();
        assert_eq!(sans, ["x.cn", "*.x.cn", "::1"]);
        assert_eq!(
            request.key_usages(),
            [KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment]
        );
        let purposes = request.extended_key_usages().iter();
        let purposes: Vec<_> = purposes.map(ToString::to_string).collect();
        assert_eq!(purposes, ["1.3.6.1.5.5.7.3.1", "1.2.3.4"]);
        assert_eq!(request.subject_emails(), ["a@b.cn"]);
        assert!(request.left_out().is_empty());
        openssl.run("pkey -in key.pem -pubout -out public.pem");
        assert_eq!(
            request.public_key_pem(LineEnding::Lf),
            openssl.text("public.pem")
        );
    }
    // Neither extensions nor other attributes, and the label of older programs.
    openssl.run("req -new -newhdr -key key.pem -subj /CN=x -out request.pem");
    assert!(
        openssl
            .text("request.pem")
            .contains("BEGIN NEW CERTIFICATE REQUEST")
    );
    let request = SigningRequest::parse_pem(&openssl.text("request.pem")).unwrap();
    assert!(request.sans().is_empty() && request.key_usages().is_empty());
}

#[test]
fn the_subject_of_a_request_goes_into_the_certificate_to_the_byte() {
    let Some(openssl) = OpenSsl::new("subjects of requests") else {
        return;
    };
    openssl.run(
        "req -new -newkey rsa:2048 -nodes -keyout key.pem -out request.pem \
         -subj /DC=cn/O=Acme/OU=one/OU=two+CN=multi/emailAddress=a@b.cn/UID=7 -multivalue-rdn",
    );
    let request = SigningRequest::parse_pem(&openssl.text("request.pem")).unwrap();
    let [root, ..] = small_chain();
    let root_key = key(KeyAlgorithm::EcP256, 0);
    let mut wanted = server_template(root_key);
    wanted.public_key_der = request.public_key_der().to_vec();
    wanted.subject = Subject::Der(request.subject_der().to_vec());
    let certificate = issue(&wanted, &root, root_key, HashAlgorithm::Sha256);
    assert_eq!(certificate.subject_der(), request.subject_der());
    openssl.write("cert.pem", certificate.pem(LineEnding::Lf));
    let of_request = openssl.run("req -in request.pem -noout -subject");
    let of_certificate = openssl.run("x509 -in cert.pem -noout -subject");
    assert_eq!(of_certificate, of_request);
    assert!(of_certificate.contains("UID = 7"), "{of_certificate}");
}

#[test]
fn attributes_of_other_programs_are_passed_over() {
    let Some(openssl) = OpenSsl::new("attributes of requests") else {
        return;
    };
    openssl.write(
        "config",
        "[req]\ndistinguished_name = dn\nattributes = attributes\nreq_extensions = v3\n\
         prompt = no\n[dn]\nCN = x\n\
         [attributes]\nchallengePassword = secret\nunstructuredName = name\n\
         [v3]\nsubjectAltName = DNS:x.cn\n",
    );
    openssl.run("req -new -config config -newkey rsa:2048 -nodes -keyout key.pem -out request.pem");
    let request = SigningRequest::parse_pem(&openssl.text("request.pem")).unwrap();
    assert_eq!(request.sans(), [SubjectAltName::Dns("x.cn".into())]);
}

#[test]
fn unusable_requests_say_why() {
    let Some(openssl) = OpenSsl::new("unusable requests") else {
        return;
    };
    let refusal = |options: &str| {
        openssl.run(&format!(
            "req -new -newkey {options} -nodes -keyout key.pem -subj /CN=x -out request.pem"
        ));
        SigningRequest::parse_pem(&openssl.text("request.pem")).unwrap_err()
    };
    assert_eq!(
        refusal("rsa:1024"),
        PkiError::Key(KeyError::Weak { bits: 1024 })
    );
    assert_eq!(
        refusal("rsa:2048 -sha1"),
        PkiError::UnsupportedSignature("SHA1withRSA".into())
    );
    assert_eq!(
        refusal("rsa:2048 -sigopt rsa_padding_mode:pss"),
        PkiError::UnsupportedSignature("1.2.840.113549.1.1.10".into())
    );
    assert!(matches!(
        refusal("ed25519"),
        PkiError::Key(KeyError::UnsupportedAlgorithm(_))
    ));
    assert!(matches!(
        refusal("ec -pkeyopt ec_paramgen_curve:secp521r1"),
        PkiError::Key(KeyError::UnsupportedCurve(_))
    ));
    assert!(matches!(
        SigningRequest::parse_pem(&openssl.text("key.pem")),
        Err(PkiError::Blocks { .. })
    ));
}

/// Someone else's public key in a request that is signed with one's own.
#[test]
fn a_request_without_proof_of_possession_is_refused() {
    let Some(openssl) = OpenSsl::new("requests with bad signatures") else {
        return;
    };
    for (mine, theirs) in [
        (KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa2048),
        (KeyAlgorithm::EcP256, KeyAlgorithm::EcP256),
        (KeyAlgorithm::EcP384, KeyAlgorithm::EcP256),
        (KeyAlgorithm::Rsa2048, KeyAlgorithm::EcP256),
    ] {
        struct Thief(&'static PrivateKey, &'static PrivateKey);
        impl chancery_crypto::Signer for Thief {
            fn algorithm(&self) -> KeyAlgorithm {
                chancery_crypto::Signer::algorithm(self.0)
            }
            fn public_key_der(&self) -> &[u8] {
                self.1.public_key_der()
            }
            fn sign(&self, hash: HashAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
                self.0.sign(hash, message)
            }
        }
        let thief = Thief(key(mine, 0), key(theirs, 1));
        let der = SigningRequest::create(&thief, HashAlgorithm::Sha256, &subject(), &[]).unwrap();
        assert_eq!(
            SigningRequest::parse_der(&der).unwrap_err(),
            PkiError::BadSignature,
            "{mine:?} {theirs:?}"
        );
        openssl.write("r.pem", encode("CERTIFICATE REQUEST", &der, LineEnding::Lf));
        let output = openssl.try_run("req -in r.pem -verify -noout");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !said.contains("verify OK"),
            "openssl refuses it too: {said}"
        );
    }

    // The last byte of the signature changed.
    openssl
        .run("req -new -newkey rsa:2048 -nodes -keyout k.pem -subj /CN=x -out r.der -outform DER");
    let mut der = openssl.read("r.der");
    assert!(SigningRequest::parse_der(&der).is_ok());
    *der.last_mut().unwrap() ^= 1;
    assert_eq!(
        SigningRequest::parse_der(&der).unwrap_err(),
        PkiError::BadSignature
    );
}
