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
    for text in ["", "secret"] {
        assert_eq!(PrivateKey::from_pem(text).unwrap_err(), KeyError::NoKey);
    }
    let with_text = format!("Bag Attributes\n    friendlyName: k\nKey Attributes: none\n{text}");
    assert!(PrivateKey::from_pem(&with_text).is_ok());
}

#[test]
fn nothing_stands_behind_a_key_and_its_version_is_known() {
    // SEQUENCE { INTEGER version, ...: where the version of a key stands.
    fn version_at(der: &[u8]) -> usize {
        let header = match der[1] {
            0x81 => 3,
            0x82 => 4,
            _ => 2,
        };
        assert_eq!(der[header..header + 2], [2, 1]);
        header + 2
    }
    let read = |label: &str, der: &[u8]| {
        PrivateKey::from_pem(&encode(label, der, LineEnding::Lf)).map(|key| key.algorithm())
    };
    let Some(openssl) = OpenSsl::new("bytes behind keys") else {
        return;
    };
    let mut forms = Vec::new();
    for algorithm in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::EcP256,
        KeyAlgorithm::Sm2,
    ] {
        let key = PrivateKey::generate(algorithm).unwrap();
        openssl.write("key.der", key.pkcs8_der());
        let label = match key.pkcs1_der() {
            Some(pkcs1) => {
                forms.push((algorithm, "RSA PRIVATE KEY", pkcs1.to_vec()));
                continue;
            }
            None => "EC PRIVATE KEY",
        };
        openssl.run("ec -inform DER -in key.der -outform DER -out sec1.der");
        forms.push((algorithm, label, openssl.read("sec1.der")));
        forms.push((algorithm, "PRIVATE KEY", key.pkcs8_der().to_vec()));
    }
    let rsa = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
    forms.push((
        KeyAlgorithm::Rsa2048,
        "PRIVATE KEY",
        rsa.pkcs8_der().to_vec(),
    ));
    for (algorithm, label, der) in forms {
        assert_eq!(read(label, &der), Ok(algorithm), "{label}");
        for behind in [&[0][..], &[5, 0], b"\n"] {
            let longer = [&der, behind].concat();
            assert_eq!(
                read(label, &longer),
                Err(KeyError::Malformed),
                "{label} {behind:?}"
            );
        }
        let mut other = der.clone();
        for version in [2, 9, 127] {
            other[version_at(&der)] = version;
            assert_eq!(
                read(label, &other),
                Err(KeyError::Malformed),
                "{label} {version}"
            );
        }
        // Within PKCS#8 stands another key with a version and an end.
        if label != "PRIVATE KEY" {
            continue;
        }
        let inner = version_at(&der) + 1;
        let inner = inner
            + der[inner..]
                .windows(3)
                .position(|w| w == [2, 1, u8::from(algorithm != KeyAlgorithm::Rsa2048)])
                .unwrap()
            + 2;
        let mut other = der.clone();
        other[inner] = 9;
        assert_eq!(
            read(label, &other),
            Err(KeyError::Malformed),
            "{algorithm:?}"
        );
    }
}

#[test]
fn sm2_keys_that_name_the_curve_in_place_of_the_family_are_read() {
    let key = PrivateKey::generate(KeyAlgorithm::Sm2).unwrap();
    // AlgorithmIdentifier { id-ecPublicKey, curve } becomes { curve } with and without NULL.
    const FAMILY: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
    const CURVE: &[u8] = b"\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d";
    let der = key.pkcs8_der();
    let at = der.windows(FAMILY.len()).position(|w| w == FAMILY).unwrap();
    let rest = &der[at + FAMILY.len() + CURVE.len()..];
    for parameters in [&[][..], &[5, 0]] {
        let content = [CURVE, parameters].concat();
        let algorithm = [&[0x30, u8::try_from(content.len()).unwrap()], &*content].concat();
        let inside = [&[2, 1, 0], &*algorithm, rest].concat();
        let other = [&[0x30, 0x81, u8::try_from(inside.len()).unwrap()], &*inside].concat();
        let start = if inside.len() < 128 {
            [&other[..1], &other[2..]].concat()
        } else {
            other
        };
        let read = PrivateKey::from_pem(&encode("PRIVATE KEY", &start, LineEnding::Lf)).unwrap();
        assert_eq!(read.pkcs8_der(), key.pkcs8_der());
    }
}

#[test]
fn debug_shows_the_algorithm_only() {
    let key = PrivateKey::generate(KeyAlgorithm::EcP384).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(EC384)");
}
