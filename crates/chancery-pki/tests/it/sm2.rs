//! Certificates and signing requests of the SM family: OpenSSL's judgement, and the traps.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey, Signer};
use chancery_pki::pem::LineEnding;
use chancery_pki::{
    Certificate, DistinguishedName, ExtendedKeyUsage, KeyUsage, PkiError, Profile, SerialNumber,
    SigningRequest, SubjectAltName, chain,
};

use crate::openssl::OpenSsl;
use crate::requests::request_verifies;
use crate::support::{NOW_S, ca_template, issue, key, self_sign, server_template};

/// The default user id, as OpenSSL is told it.
const ID: &str = "distid:1234567812345678";

fn sm2(index: usize) -> &'static PrivateKey {
    key(KeyAlgorithm::Sm2, index)
}

/// A root, an authority below it, and both halves of a pair.
fn pair() -> [Certificate; 4] {
    let hash = HashAlgorithm::Sm3;
    let root = self_sign(&ca_template("Root", sm2(0), None), sm2(0), hash);
    let sub = issue(&ca_template("Sub", sm2(1), Some(0)), &root, sm2(0), hash);
    let half = |usages: &[KeyUsage]| {
        let mut template = server_template(sm2(0));
        template.extensions.key_usages = usages.to_vec();
        template.extensions.extended_key_usages = vec![ExtendedKeyUsage::ServerAuth.into()];
        issue(&template, &sub, sm2(1), hash)
    };
    let signing = half(&[KeyUsage::DigitalSignature, KeyUsage::NonRepudiation]);
    let encryption = half(&[
        KeyUsage::KeyEncipherment,
        KeyUsage::DataEncipherment,
        KeyUsage::KeyAgreement,
    ]);
    [root, sub, signing, encryption]
}

/// OpenSSL applies the user id to the last certificate alone, so each link is a chain of its own.
#[test]
fn openssl_verifies_each_link() {
    let Some(openssl) = OpenSsl::new("SM2 chains") else {
        return;
    };
    let [root, sub, signing, encryption] = pair();
    for (name, certificate) in [
        ("root.pem", &root),
        ("sub.pem", &sub),
        ("sign.pem", &signing),
        ("enc.pem", &encryption),
    ] {
        openssl.write(name, certificate.pem(LineEnding::Lf));
    }
    let verify = format!("verify -x509_strict -attime {NOW_S} -vfyopt {ID}");
    openssl.run(&format!("{verify} -CAfile root.pem root.pem"));
    openssl.run(&format!("{verify} -CAfile root.pem sub.pem"));
    for leaf in ["sign.pem", "enc.pem"] {
        openssl.run(&format!("{verify} -partial_chain -trusted sub.pem {leaf}"));
    }
    // With no id, which is OpenSSL's own default, no link verifies.
    let without = format!("verify -attime {NOW_S} -CAfile root.pem sub.pem");
    assert!(!openssl.try_run(&without).status.success());

    let ordered = chain::order(&signing, vec![root.clone(), sub.clone()]).unwrap();
    assert_eq!(ordered, [sub, root]);
}

/// A signature is DER of two numbers, not the 64 raw bytes of other formats.
#[test]
fn signatures_are_der() {
    for certificate in pair() {
        let der = certificate.der();
        // The signature is the BIT STRING at the end: 30 LL 02 .. 02 ..
        let start = (der.len() - 76..der.len() - 66)
            .find(|at| der[*at] == 0x03 && usize::from(der[at + 1]) == der.len() - at - 2);
        let value = &der[start.unwrap() + 3..];
        assert_eq!((value[0], usize::from(value[1])), (0x30, value.len() - 2));
        assert_eq!(value[2], 0x02);
    }
}

/// GmSSL refuses serial numbers of less than four bytes, and an empty SEQUENCE of basic
/// constraints, which is how DER says "not a CA".
#[test]
fn end_entities_are_as_gmssl_wants_them() {
    const BASIC_CONSTRAINTS: &[u8] = b"\x06\x03\x55\x1d\x13";
    let [root, sub, signing, encryption] = pair();
    let has = |certificate: &Certificate| {
        let mut parts = certificate.der().windows(BASIC_CONSTRAINTS.len());
        parts.any(|part| part == BASIC_CONSTRAINTS)
    };
    assert!(has(&root) && has(&sub));
    assert!(!has(&signing) && !has(&encryption));
    for certificate in [&root, &sub, &signing, &encryption] {
        assert!(certificate.serial_hex().len() >= 16);
    }
    // Others say it.
    let ec = key(KeyAlgorithm::EcP256, 0);
    let root = self_sign(&ca_template("EC", ec, None), ec, HashAlgorithm::Sha256);
    assert!(has(&issue(
        &server_template(ec),
        &root,
        ec,
        HashAlgorithm::Sha256
    )));
}

/// Some CAs in production write NULL after the signature algorithm, others nothing.
#[test]
fn algorithms_with_null_are_read() {
    const ALGORITHM: &[u8] = b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75";
    const WITH_NULL: &[u8] = b"\x30\x0c\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75\x05\x00";
    let root = self_sign(
        &ca_template("Root", sm2(0), None),
        sm2(0),
        HashAlgorithm::Sm3,
    );
    let tbs = &root.der()[4..];
    let length = 4 + usize::from(tbs[2]) * 256 + usize::from(tbs[3]);
    let at = tbs.windows(ALGORITHM.len()).position(|p| p == ALGORITHM);
    let at = at.unwrap();
    let content = [&tbs[4..at], WITH_NULL, &tbs[at + ALGORITHM.len()..length]].concat();
    let tbs = sequence(&content);
    let signature = sm2(0).sign(HashAlgorithm::Sm3, &tbs).unwrap();
    let bits = [&[0x03, 1 + signature.len() as u8, 0][..], &signature].concat();
    let der = sequence(&[&tbs[..], WITH_NULL, &bits].concat());
    let read = Certificate::from_der(&der).unwrap();
    assert!(read.is_self_signed());
    assert_eq!(read.verify_signed_by(&read), Ok(()));
    assert_eq!(read.weakness(), None);
}

/// DER of a SEQUENCE of between 256 and 65,535 bytes.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    assert_ne!(length[0], 0);
    [&[0x30, 0x82][..], &length, content].concat()
}

#[test]
fn short_serial_numbers_of_others_are_read() {
    let mut template = ca_template("Root", sm2(0), None);
    template.serial = SerialNumber::from_bytes(&[0x01; 8]);
    let root = self_sign(&template, sm2(0), HashAlgorithm::Sm3);
    assert_eq!(root.serial_hex(), "0101010101010101");
}

#[test]
fn chains_are_of_one_family() {
    let hash = HashAlgorithm::Sm3;
    let root = self_sign(&ca_template("Root", sm2(0), None), sm2(0), hash);
    let issuer = chancery_pki::Issuer::of(&root).unwrap();
    let rsa = server_template(key(KeyAlgorithm::Rsa2048, 0));
    let unsigned = rsa.prepare(&issuer, hash).unwrap();
    let error = unsigned.lint(Profile::Entity).unwrap_err();
    assert_eq!(error.findings[0].rule, "sm2_only_below_sm2");
    // Nor does SM2 sign with another hash.
    let own = server_template(sm2(1));
    let error = own.prepare(&issuer, HashAlgorithm::Sha256).unwrap_err();
    assert_eq!(error, PkiError::UnsupportedSignature("SHA256".to_owned()));
}

#[test]
fn our_requests_are_over_the_default_id() {
    let Some(openssl) = OpenSsl::new("SM2 requests for openssl") else {
        return;
    };
    let name = DistinguishedName::common("request");
    let sans = [SubjectAltName::Dns("a.example.com".into())];
    let der = SigningRequest::create(sm2(0), HashAlgorithm::Sm3, &name, &sans).unwrap();
    openssl.write("request.pem", SigningRequest::pem_of(&der, LineEnding::Lf));
    assert!(request_verifies(&openssl, &format!("-vfyopt {ID}")));
    assert!(!request_verifies(&openssl, "-nameopt RFC2253"), "no id");
    let request = SigningRequest::parse_der(&der).unwrap();
    assert_eq!(request.key_algorithm(), KeyAlgorithm::Sm2);
    assert_eq!(request.signature_algorithm_jca(), "SM3withSM2");
}

#[test]
fn requests_over_the_default_id_and_over_none_are_taken() {
    let Some(openssl) = OpenSsl::new("SM2 requests of openssl") else {
        return;
    };
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem");
    let request = |more: &str| {
        let command = "req -new -key key.pem -sm3 -subj /CN=x -out request.pem";
        openssl.run(&format!("{command}{more}"));
        SigningRequest::parse_pem(&openssl.text("request.pem"))
    };
    let key = PrivateKey::from_pem(&openssl.text("key.pem")).unwrap();
    for more in ["", " -sigopt distid:1234567812345678"] {
        let request = request(more).unwrap();
        assert_eq!(request.public_key_der(), key.public_key_der());
    }
    let other = request(" -sigopt distid:somebody-else-id");
    assert_eq!(other.unwrap_err(), PkiError::BadSignature);
}

/// The empty id is no way around the algorithm that the request names.
#[test]
fn a_request_is_of_the_algorithm_it_names() {
    const SM3_WITH_SM2: &[u8] = b"\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75";
    const SHA256_WITH_ECDSA: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
    let Some(openssl) = OpenSsl::new("SM2 requests of openssl") else {
        return;
    };
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem");
    openssl.run("req -new -key key.pem -sm3 -subj /CN=x -outform DER -out request.der");
    let mut der = openssl.read("request.der");
    assert!(SigningRequest::parse_der(&der).is_ok());
    let at = der.windows(10).position(|part| part == SM3_WITH_SM2);
    der[at.unwrap()..][..10].copy_from_slice(SHA256_WITH_ECDSA);
    let error = SigningRequest::parse_der(&der).unwrap_err();
    assert_eq!(error, PkiError::BadSignature);
}
