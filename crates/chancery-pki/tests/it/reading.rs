//! Certificates that OpenSSL made.

use chancery_crypto::{KeyAlgorithm, KeyError};
use chancery_pki::{Certificate, ExtendedKeyUsage, KeyUsage, PkiError, Weakness};

use crate::openssl::OpenSsl;

fn read(openssl: &OpenSsl, file: &str) -> Certificate {
    Certificate::from_pem(&openssl.text(file)).unwrap()
}

#[test]
fn every_field_agrees_with_openssl() {
    let Some(openssl) = OpenSsl::new("certificates of openssl") else {
        return;
    };
    openssl.write(
        "config",
        "[req]\ndistinguished_name = dn\nx509_extensions = v3\nprompt = no\n\
         string_mask = default\n\
         [dn]\nC = CN\nO = Acme\nOU = one\n1.OU = two\nCN = caf\\E9\nemailAddress = a@b.cn\n\
         [v3]\nbasicConstraints = critical, CA:TRUE, pathlen:2\n\
         keyUsage = critical, keyCertSign, cRLSign\nextendedKeyUsage = clientAuth, 1.2.3.4\n\
         subjectAltName = DNS:a.cn, IP:::1, email:x@y.cn, URI:urn:x, RID:1.2.3, \
         dirName:other, otherName:1.2.3;UTF8:x\nsubjectKeyIdentifier = hash\n\
         authorityKeyIdentifier = keyid:always, issuer:always\n\
         [other]\nCN = other\n",
    );
    openssl.run(
        "req -x509 -config config -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
         -set_serial 0x00DEADBEEF -days 10 -sha384",
    );
    let certificate = read(&openssl, "cert.pem");
    assert!(certificate.is_ca());
    assert_eq!(certificate.path_len(), Some(2));
    assert_eq!(
        certificate.key_usages(),
        [KeyUsage::KeyCertSign, KeyUsage::CrlSign]
    );
    assert_eq!(
        certificate.extended_key_usages(),
        [ExtendedKeyUsage::ClientAuth]
    );
    let sans: Vec<_> = certificate.sans().iter().map(|s| s.value()).collect();
    assert_eq!(sans, ["a.cn", "::1", "x@y.cn", "urn:x"]);
    assert_eq!(certificate.serial_hex(), "DEADBEEF");
    assert_eq!(certificate.signature_algorithm_jca(), "SHA384withRSA");
    assert_eq!(certificate.key_algorithm(), Ok(KeyAlgorithm::Rsa2048));
    assert_eq!(
        certificate.subject().organizational_unit.as_deref(),
        Some("one")
    );
    assert_eq!(certificate.subject().country.as_deref(), Some("CN"));
    assert!(certificate.is_self_signed());
    assert_eq!(certificate.ski(), certificate.aki());

    let shown = openssl.run("x509 -in cert.pem -noout -fingerprint -sha1");
    let shown = shown.trim().rsplit('=').next().unwrap().replace(':', "");
    assert_eq!(certificate.fingerprint_sha1_hex(), shown);
    openssl.run("x509 -in cert.pem -outform DER -out cert.der");
    assert_eq!(certificate.der(), openssl.read("cert.der"));
    let validity = certificate.validity();
    assert_eq!(validity.not_after_ms - validity.not_before_ms, 864_000_000);
}

/// Shapes that are not quite DER or quite RFC 5280 and yet are met in the wild.
#[test]
fn sloppy_certificates_are_read() {
    let Some(openssl) = OpenSsl::new("sloppy certificates") else {
        return;
    };
    for (extension, is_ca) in [
        // an explicit FALSE for cA, which DER leaves out
        ("2.5.29.19 = DER:30:03:01:01:00", false),
        // key usage bits with trailing zero bits
        ("2.5.29.15 = critical, DER:03:02:00:80", false),
        // a null serial is set below
        ("2.5.29.19 = DER:30:03:01:01:FF", true),
    ] {
        openssl.write(
            "config",
            format!(
                "[req]\ndistinguished_name = dn\nx509_extensions = v3\nprompt = no\n\
                 [dn]\nCN = x\n[v3]\n{extension}\n"
            ),
        );
        openssl.run(
            "req -x509 -config config -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
             -keyout key.pem -out cert.pem -set_serial 0",
        );
        let certificate = read(&openssl, "cert.pem");
        assert_eq!(certificate.is_ca(), is_ca, "{extension}");
        assert_eq!(certificate.serial_hex(), "00");
    }
}

#[test]
fn weak_certificates_show_it() {
    let Some(openssl) = OpenSsl::new("weak certificates") else {
        return;
    };
    let not_ca = "-addext basicConstraints=critical,CA:FALSE";
    let make = |options: &str| {
        openssl.run(&format!(
            "req -x509 {options} -nodes -subj /CN=weak -keyout key.pem -out cert.pem"
        ));
        read(&openssl, "cert.pem")
    };
    let short = make("-newkey rsa:1024 -sha256");
    assert_eq!(short.weakness(), Some(Weakness::ShortKey { bits: 1024 }));
    assert_eq!(short.key_algorithm(), Err(KeyError::Weak { bits: 1024 }));

    let sha1 = make(&format!("-newkey rsa:2048 -sha1 {not_ca}"));
    assert_eq!(
        sha1.weakness(),
        Some(Weakness::WeakSignature("SHA1withRSA"))
    );
    assert_eq!(sha1.signature_algorithm_jca(), "SHA1withRSA");
    assert!(!sha1.is_self_signed(), "a weak signature is no proof");

    let md5 = make(&format!("-newkey rsa:2048 -md5 {not_ca}"));
    assert_eq!(md5.weakness(), Some(Weakness::WeakSignature("MD5withRSA")));

    let sha1_root = make("-newkey rsa:2048 -sha1");
    assert_eq!(
        sha1_root.weakness(),
        None,
        "nobody relies on a root's own signature"
    );

    let ed25519 = make("-newkey ed25519");
    assert_eq!(ed25519.weakness(), None);
    assert_eq!(ed25519.signature_algorithm(), None);
    assert_eq!(ed25519.signature_algorithm_jca(), "1.3.101.112");
    assert!(matches!(
        ed25519.key_algorithm(),
        Err(KeyError::UnsupportedAlgorithm(_))
    ));
    assert!(matches!(
        ed25519.verify_signed_by(&ed25519),
        Err(PkiError::UnsupportedSignature(_))
    ));
}

#[test]
fn expiry_is_seen_at_a_given_time() {
    let Some(openssl) = OpenSsl::new("expired certificates") else {
        return;
    };
    openssl.run("req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 1 -keyout k.pem -out c.pem");
    let validity = read(&openssl, "c.pem").validity();
    assert!(validity.contains(validity.not_before_ms));
    assert!(!validity.contains(validity.not_before_ms - 1));
    assert!(validity.is_over(validity.not_after_ms + 1000));
}

#[test]
fn exactly_one_certificate() {
    let Some(openssl) = OpenSsl::new("PEM of certificates") else {
        return;
    };
    openssl.run("req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout key.pem -out cert.pem");
    let (key, certificate) = (openssl.text("key.pem"), openssl.text("cert.pem"));
    let found = |text: &str| match Certificate::from_pem(text) {
        Err(PkiError::Blocks { expected, found }) => {
            assert_eq!(expected, "CERTIFICATE");
            found
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(found(""), "none");
    assert_eq!(found("nonsense"), "none");
    assert_eq!(found(&key), "PRIVATE KEY");
    assert_eq!(found(&certificate.repeat(2)), "2 blocks");
    openssl.run("x509 -in cert.pem -text -out text.pem");
    openssl.run("pkcs12 -export -inkey key.pem -in cert.pem -passout pass: -out bags.p12");
    openssl.run("pkcs12 -in bags.p12 -passin pass: -nokeys -out bags.pem");
    let der = Certificate::from_pem(&certificate).unwrap().der().to_vec();
    for (file, around) in [
        ("text.pem", "Signature Algorithm"),
        ("bags.pem", "Bag Attributes"),
    ] {
        let text = openssl.text(file);
        assert!(text.contains(around), "{file}");
        assert_eq!(Certificate::from_pem(&text).unwrap().der(), der, "{file}");
    }
    let chain = Certificate::chain_from_pem(&certificate.repeat(2)).unwrap();
    assert_eq!(chain.len(), 2);
    assert!(Certificate::chain_from_pem("").is_err());
    assert!(Certificate::chain_from_pem(&(certificate + &key)).is_err());
}
