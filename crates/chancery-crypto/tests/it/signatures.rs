//! Signing and verifying.

use chancery_crypto::{
    HashAlgorithm, KeyAlgorithm, KeyError, KeyFamily, PrivateKey, SignatureAlgorithm, Signer,
    VerifyError, pem, verify,
};

use crate::openssl::OpenSsl;

const MESSAGE: &[u8] = b"the seal of the chancery";

#[test]
fn openssl_accepts_every_pair_of_key_and_hash() {
    let Some(openssl) = OpenSsl::new("signatures for openssl") else {
        return;
    };
    openssl.write("message", MESSAGE);
    for algorithm in KeyAlgorithm::ALL {
        let key = PrivateKey::generate(*algorithm).unwrap();
        let public = pem::encode("PUBLIC KEY", key.public_key_der(), pem::LineEnding::Lf);
        openssl.write("public.pem", public);
        for hash in HashAlgorithm::ALL {
            if SignatureAlgorithm::new(algorithm.family(), *hash).is_none() {
                let refused = KeyError::UnsupportedHash;
                assert_eq!(key.sign(*hash, MESSAGE), Err(refused.clone()));
                assert_eq!(
                    verify(key.public_key_der(), *hash, MESSAGE, b""),
                    Err(VerifyError::Key(refused))
                );
                continue;
            }
            openssl.write("signature", key.sign(*hash, MESSAGE).unwrap());
            let id = match algorithm.family() {
                KeyFamily::Sm2 => " -sigopt distid:1234567812345678",
                _ => "",
            };
            let hash = hash.name().to_lowercase();
            let answer = openssl.run(&format!(
                "dgst -{hash}{id} -verify public.pem -signature signature message"
            ));
            assert_eq!(answer.trim(), "Verified OK", "{algorithm:?} {hash}");
        }
    }
}

#[test]
fn signatures_of_openssl_verify() {
    let Some(openssl) = OpenSsl::new("signatures of openssl") else {
        return;
    };
    openssl.write("message", MESSAGE);
    for options in [
        "RSA -pkeyopt rsa_keygen_bits:2048",
        "RSA -pkeyopt rsa_keygen_bits:2560",
        "EC -pkeyopt ec_paramgen_curve:P-256",
        "EC -pkeyopt ec_paramgen_curve:P-384",
    ] {
        openssl.run(&format!("genpkey -algorithm {options} -out key.pem"));
        openssl.run("pkey -in key.pem -pubout -outform DER -out public.der");
        let public = openssl.read("public.der");
        for hash in [
            HashAlgorithm::Sha256,
            HashAlgorithm::Sha384,
            HashAlgorithm::Sha512,
        ] {
            let name = hash.name().to_lowercase();
            openssl.run(&format!(
                "dgst -{name} -sign key.pem -out signature message"
            ));
            let signature = openssl.read("signature");
            assert_eq!(verify(&public, hash, MESSAGE, &signature), Ok(()));
            assert_eq!(
                verify(&public, hash, b"another", &signature),
                Err(VerifyError::BadSignature)
            );
        }
    }
}

#[test]
fn a_signature_of_another_hash_or_key_is_refused() {
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let other = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let signature = key.sign(HashAlgorithm::Sha256, MESSAGE).unwrap();
    let check = |key: &PrivateKey, hash, signature: &[u8]| {
        verify(key.public_key_der(), hash, MESSAGE, signature)
    };
    assert_eq!(check(&key, HashAlgorithm::Sha256, &signature), Ok(()));
    for result in [
        check(&key, HashAlgorithm::Sha384, &signature),
        check(&other, HashAlgorithm::Sha256, &signature),
        check(&key, HashAlgorithm::Sha256, &signature[1..]),
        check(&key, HashAlgorithm::Sha256, b""),
    ] {
        assert_eq!(result, Err(VerifyError::BadSignature));
    }
}

#[test]
fn a_bad_public_key_is_refused_as_such() {
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let mut off_curve = key.public_key_der().to_vec();
    *off_curve.last_mut().unwrap() ^= 1;
    let result = verify(&off_curve, HashAlgorithm::Sha256, MESSAGE, b"");
    assert_eq!(result, Err(VerifyError::Key(KeyError::Malformed)));
}

/// RFC 6979 appendix A.2.5 and A.2.6, message "sample": among them the pairs of a curve with a
/// longer and with a shorter hash.
#[test]
fn ecdsa_vectors() {
    let p256 = "3059301306072a8648ce3d020106082a8648ce3d03010703420004\
        60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6\
        7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";
    let p384 = "3076301006072a8648ce3d020106052b8104002203620004\
        EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13\
        8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720";
    let vectors = [
        (
            p256,
            HashAlgorithm::Sha256,
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            p256,
            HashAlgorithm::Sha384,
            "0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719",
            "4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954",
        ),
        (
            p256,
            HashAlgorithm::Sha512,
            "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
            "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE",
        ),
        (
            p384,
            HashAlgorithm::Sha256,
            "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33BDE1E888E63355D92FA2B3C36D8FB2CD",
            "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEBEFDC63ECCD1AC42EC0CB8668A4FA0AB0",
        ),
        (
            p384,
            HashAlgorithm::Sha384,
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
            "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
        ),
    ];
    for (spki, hash, r, s) in vectors {
        let spki = hex::decode(spki).unwrap();
        let signature = ecdsa_der(&hex::decode(r).unwrap(), &hex::decode(s).unwrap());
        assert_eq!(
            verify(&spki, hash, b"sample", &signature),
            Ok(()),
            "{hash:?}"
        );
        assert_eq!(
            verify(&spki, hash, b"test", &signature),
            Err(VerifyError::BadSignature)
        );
    }
}

/// `Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }`, for lengths below 128.
fn ecdsa_der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for mut number in [r.to_vec(), s.to_vec()] {
        if number[0] >= 0x80 {
            number.insert(0, 0);
        }
        body.extend([0x02, number.len() as u8]);
        body.extend(number);
    }
    let mut der = vec![0x30, body.len() as u8];
    der.extend(body);
    der
}
