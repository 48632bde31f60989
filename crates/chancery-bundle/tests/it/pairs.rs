//! SM2 pairs: OpenSSL reads what a server loads, and other types are refused.

use std::fs;

use chancery_bundle::{
    Bundle, BundleError, Encryption, EncryptionKey, ServerType, archive, jks, pfx,
};
use chancery_crypto::random::SystemRandom;
use chancery_crypto::{KeyAlgorithm, PrivateKey, pem};

use crate::archives::unpack;
use crate::fixture::SETTINGS;
use crate::tools::{installed, succeed};

/// Two self-signed halves, made by OpenSSL: this crate looks at keys, not at signatures.
struct Pair {
    keys: [PrivateKey; 2],
    certificates: [Vec<u8>; 2],
}

impl Pair {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let half = |name: &str| {
            let [key, certificate] = ["key", "pem"].map(|end| format!("{name}.{end}"));
            let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"];
            let run = |arguments: &[&str]| succeed(folder.path(), "openssl", arguments);
            run(&[&["genpkey"][..], &curve, &["-out", &key]].concat());
            let subject = ["-subj", "/CN=pair", "-sm3", "-days", "7"];
            let request = ["req", "-x509", "-new", "-key", &key, "-out", &certificate];
            run(&[&request[..], &subject].concat());
            let text = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
            let der = pem::parse(&text(&certificate)).unwrap().remove(0).der;
            (PrivateKey::from_pem(&text(&key)).unwrap(), der)
        };
        let ((sign, sign_der), (enc, enc_der)) = (half("sign"), half("enc"));
        Self {
            keys: [sign, enc],
            certificates: [sign_der, enc_der],
        }
    }

    fn bundle<'a>(&'a self, chain: &'a [Vec<u8>], key: EncryptionKey<'a>) -> Bundle<'a> {
        Bundle {
            name: "pair",
            leaf: &self.certificates[0],
            chain,
            key: Some(&self.keys[0]),
            password: None,
            encryption: Some(Encryption {
                certificate: &self.certificates[1],
                key,
            }),
        }
    }

    fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.certificates[0].clone()]
    }
}

fn refusal(server: ServerType, bundle: &Bundle<'_>) -> BundleError {
    archive(server, bundle, &SETTINGS, &SystemRandom)
        .err()
        .unwrap()
}

#[test]
fn openssl_reads_both_halves() {
    if !installed("reading pairs", &["openssl", "python3"]) {
        return;
    }
    let (pair, folder) = (Pair::new(), tempfile::tempdir().unwrap());
    let chain = pair.chain();
    let plain = pair.bundle(&chain, EncryptionKey::Plain(&pair.keys[1]));
    for password in [None, Some("test")] {
        let bundle = Bundle { password, ..plain };
        let packed = archive(ServerType::Other, &bundle, &SETTINGS, &SystemRandom).unwrap();
        assert_eq!(packed.file_name, "pair_other.zip");
        let names = unpack(folder.path(), &packed);
        assert_eq!(
            names,
            [
                "chain.pem",
                "signCert.key",
                "signCert.pem",
                "encCert.key",
                "encCert.pem"
            ]
        );
        for half in ["sign", "enc"] {
            let [key, certificate] = ["key", "pem"].map(|end| format!("{half}Cert.{end}"));
            let run = |arguments: &[&str]| succeed(folder.path(), "openssl", arguments);
            let of_key = run(&["pkey", "-in", &key, "-passin", "pass:test", "-pubout"]);
            let of_certificate = run(&["x509", "-in", &certificate, "-noout", "-pubkey"]);
            assert_eq!(of_key, of_certificate, "{half}");
        }
    }
}

#[test]
fn envelopes_stand_in_the_place_of_the_encryption_key() {
    if !installed("packing pairs", &["openssl", "python3"]) {
        return;
    }
    let (pair, folder) = (Pair::new(), tempfile::tempdir().unwrap());
    let chain = pair.chain();
    let key = EncryptionKey::Enveloped {
        enveloped_key: b"0009",
        signed_and_enveloped: b"0010",
    };
    let whole = [
        "chain.pem",
        "signCert.key",
        "signCert.pem",
        "encSm2EnvelopedKey.key",
        "signedAndEnvelopedData.key",
        "encCert.pem",
    ];
    let without: Vec<_> = whole.iter().filter(|n| **n != "signCert.key").collect();
    let bundle = pair.bundle(&chain, key);
    let pack = |bundle| archive(ServerType::Other, &bundle, &SETTINGS, &SystemRandom).unwrap();
    assert_eq!(unpack(folder.path(), &pack(bundle)), whole);
    let names = unpack(
        folder.path(),
        &pack(Bundle {
            key: None,
            ..bundle
        }),
    );
    assert_eq!(names.iter().collect::<Vec<_>>(), without);
}

#[test]
fn other_types_and_key_stores_are_refused() {
    if !installed("refusing pairs", &["openssl"]) {
        return;
    }
    let pair = Pair::new();
    let chain = pair.chain();
    let plain = pair.bundle(&chain, EncryptionKey::Plain(&pair.keys[1]));
    let single = Bundle {
        encryption: None,
        ..plain
    };
    let requested = Bundle {
        key: None,
        ..single
    };
    for server in ServerType::ALL {
        for bundle in [&plain, &single, &requested] {
            if *server != ServerType::Other {
                let error = refusal(*server, bundle);
                assert!(matches!(error, BundleError::Sm2), "{error}");
                assert!(error.to_string().contains("Java"));
            }
        }
    }
    let key = jks::Entry::Key(jks::KeyEntry {
        alias: "server",
        key: &pair.keys[0],
        leaf: &pair.certificates[0],
        chain: &chain,
    });
    let error = jks::write(&[key], "password", 0, &SystemRandom).unwrap_err();
    assert!(matches!(error, BundleError::Sm2));
    let (leaf, key) = (&pair.certificates[0], &pair.keys[0]);
    let error = pfx::write(leaf, &chain, key, "password", "name", &SystemRandom).unwrap_err();
    assert!(matches!(error, BundleError::Sm2));
}

#[test]
fn keys_of_other_certificates_are_refused() {
    if !installed("refusing pairs", &["openssl"]) {
        return;
    }
    let pair = Pair::new();
    let chain = pair.chain();
    let swapped = pair.bundle(&chain, EncryptionKey::Plain(&pair.keys[0]));
    let error = refusal(ServerType::Other, &swapped);
    assert!(matches!(error, BundleError::KeyMismatch));
    let other = PrivateKey::generate(KeyAlgorithm::Sm2).unwrap();
    let plain = pair.bundle(&chain, EncryptionKey::Plain(&pair.keys[1]));
    let error = refusal(
        ServerType::Other,
        &Bundle {
            key: Some(&other),
            ..plain
        },
    );
    assert!(matches!(error, BundleError::KeyMismatch));
    let unreadable = Bundle {
        encryption: Some(Encryption {
            certificate: b"no certificate",
            key: EncryptionKey::Plain(&pair.keys[1]),
        }),
        ..plain
    };
    let error = refusal(ServerType::Other, &unreadable);
    assert!(matches!(error, BundleError::Certificate(_)));
}
