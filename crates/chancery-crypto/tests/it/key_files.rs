//! Private keys in the forms that OpenSSL writes and reads.

use chancery_crypto::pem::{LineEnding, encode};
use chancery_crypto::{KeyAlgorithm, KeyError, PrivateKey, Signer, verify};

use crate::openssl::OpenSsl;

const RSA: [(KeyAlgorithm, u32); 3] = [
    (KeyAlgorithm::Rsa2048, 2048),
    (KeyAlgorithm::Rsa3072, 3072),
    (KeyAlgorithm::Rsa4096, 4096),
];
const EC: [(KeyAlgorithm, &str); 3] = [
    (KeyAlgorithm::EcP256, "prime256v1"),
    (KeyAlgorithm::EcP384, "secp384r1"),
    (KeyAlgorithm::Sm2, "SM2"),
];

/// Reads a key file of OpenSSL and checks that it is the pair of the public key beside it.
fn check(openssl: &OpenSsl, file: &str, algorithm: KeyAlgorithm) {
    let key = PrivateKey::from_pem(&openssl.text(file)).unwrap();
    assert_eq!(key.algorithm(), algorithm, "{file}");
    openssl.run(&format!(
        "pkey -in {file} -pubout -outform DER -out public.der"
    ));
    assert_eq!(key.public_key_der(), openssl.read("public.der"), "{file}");
    assert_eq!(
        KeyAlgorithm::of_public_key(key.public_key_der()),
        Ok(algorithm)
    );
    let hash = algorithm.default_hash();
    let signature = key.sign(hash, b"m").unwrap();
    verify(key.public_key_der(), hash, b"m", &signature).unwrap();
}

#[test]
fn rsa_keys_of_openssl_are_read() {
    let Some(openssl) = OpenSsl::new("RSA keys of openssl") else {
        return;
    };
    for (algorithm, bits) in RSA {
        openssl.run(&format!("genrsa -out pkcs8.pem {bits}"));
        check(&openssl, "pkcs8.pem", algorithm);
        openssl.run("rsa -in pkcs8.pem -traditional -out pkcs1.pem");
        assert!(openssl.text("pkcs1.pem").contains("BEGIN RSA PRIVATE KEY"));
        check(&openssl, "pkcs1.pem", algorithm);
        let crlf = openssl.text("pkcs1.pem").replace('\n', "\r\n");
        openssl.write("crlf.pem", crlf);
        check(&openssl, "crlf.pem", algorithm);
    }
}

#[test]
fn ec_keys_of_openssl_are_read() {
    let Some(openssl) = OpenSsl::new("EC keys of openssl") else {
        return;
    };
    for (algorithm, curve) in EC {
        openssl.run(&format!("ecparam -name {curve} -genkey -out sec1.pem"));
        assert!(openssl.text("sec1.pem").contains(" PARAMETERS-----"));
        check(&openssl, "sec1.pem", algorithm);
        openssl.run(&format!(
            "ecparam -name {curve} -genkey -noout -out bare.pem"
        ));
        check(&openssl, "bare.pem", algorithm);
        openssl.run("pkcs8 -topk8 -nocrypt -in sec1.pem -out pkcs8.pem");
        check(&openssl, "pkcs8.pem", algorithm);
        openssl.run("ec -in sec1.pem -no_public -out private-only.pem");
        check(&openssl, "private-only.pem", algorithm);
    }
}

#[test]
fn openssl_reads_what_is_exported() {
    let Some(openssl) = OpenSsl::new("exported keys") else {
        return;
    };
    for algorithm in KeyAlgorithm::ALL {
        let key = PrivateKey::generate(*algorithm).unwrap();
        assert_eq!(key.algorithm(), *algorithm);
        openssl.write("key.der", key.pkcs8_der());
        openssl.run("pkey -inform DER -in key.der -check -noout");
        openssl.run("pkey -inform DER -in key.der -pubout -outform DER -out public.der");
        assert_eq!(key.public_key_der(), openssl.read("public.der"));

        let again = PrivateKey::from_pkcs8_der(key.pkcs8_der()).unwrap();
        assert_eq!(again.pkcs8_der(), key.pkcs8_der());

        let pkcs1 = key.pkcs1_der();
        assert_eq!(pkcs1.is_some(), algorithm.name().starts_with("RSA"));
        if let Some(pkcs1) = pkcs1 {
            openssl.write(
                "pkcs1.pem",
                encode("RSA PRIVATE KEY", &pkcs1, LineEnding::Lf),
            );
            openssl.run("rsa -in pkcs1.pem -check -noout");
            check(&openssl, "pkcs1.pem", *algorithm);
        }
    }
}

#[test]
fn each_unusable_key_has_its_own_reason() {
    let Some(openssl) = OpenSsl::new("unusable keys") else {
        return;
    };
    let refusal = |command: &str| {
        openssl.run(command);
        PrivateKey::from_pem(&openssl.text("key.pem")).unwrap_err()
    };
    let p521 = KeyError::UnsupportedCurve("1.3.132.0.35".into());
    let explicit = KeyError::UnsupportedCurve("explicit parameters".into());
    for (command, error) in [
        ("genrsa -out key.pem 1024", KeyError::Weak { bits: 1024 }),
        (
            "genrsa -traditional -out key.pem 2047",
            KeyError::Weak { bits: 2047 },
        ),
        (
            "genrsa -out key.pem 2560",
            KeyError::UnsupportedSize { bits: 2560 },
        ),
        (
            "genrsa -aes128 -passout pass:secret -out key.pem 2048",
            KeyError::Encrypted,
        ),
        (
            "genrsa -traditional -aes128 -passout pass:secret -out key.pem 2048",
            KeyError::Encrypted,
        ),
        (
            "ecparam -name secp521r1 -genkey -noout -out key.pem",
            p521.clone(),
        ),
        (
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out key.pem",
            p521,
        ),
        (
            "ecparam -name prime256v1 -param_enc explicit -genkey -noout -out key.pem",
            explicit.clone(),
        ),
        (
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
             -pkeyopt ec_param_enc:explicit -out key.pem",
            explicit,
        ),
        (
            "genpkey -algorithm ED25519 -out key.pem",
            KeyError::UnsupportedAlgorithm("1.3.101.112".into()),
        ),
        (
            "req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout other.pem -out key.pem",
            KeyError::UnexpectedBlock("CERTIFICATE".into()),
        ),
        ("ecparam -name prime256v1 -out key.pem", KeyError::NoKey),
    ] {
        assert_eq!(refusal(command), error, "{command}");
    }
}

#[test]
fn the_key_stands_alone() {
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let text = encode("PRIVATE KEY", key.pkcs8_der(), LineEnding::Lf);
    assert!(PrivateKey::from_pem(&text).is_ok());
    assert_eq!(
        PrivateKey::from_pem(&text.repeat(2)).unwrap_err(),
        KeyError::MoreThanOneKey
    );
    let mislabeled = encode("RSA PRIVATE KEY", key.pkcs8_der(), LineEnding::Lf);
    assert_eq!(
        PrivateKey::from_pem(&mislabeled).unwrap_err(),
        KeyError::Malformed
    );
    assert_eq!(PrivateKey::from_pem("").unwrap_err(), KeyError::NoKey);
    assert!(matches!(
        PrivateKey::from_pem("secret"),
        Err(KeyError::Pem(_))
    ));
}

#[test]
fn debug_shows_the_algorithm_only() {
    let key = PrivateKey::generate(KeyAlgorithm::EcP384).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(EC384)");
}
