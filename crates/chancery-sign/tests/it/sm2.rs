//! SDK-SM2-SM3 against OpenSSL, with the key that the Python SDK derived for the example.

use chancery_crypto::sm2;
use chancery_sign::{Algorithm, SignatureFault, Signer};

use crate::openssl::OpenSsl;
use crate::request::{EXAMPLE_SECRET, EXAMPLE_TIME_MS, Request, example_of};

/// The private key, and what is signed with it: the last line is the SM3 of the canonical request.
const SCALAR: &str = "1df3a7742b5bf49f9f8669709690e62dad1833ad1f4ad6c3b7b012626f03ba16";
const STRING_TO_SIGN: &str = "SDK-SM2-SM3\n20260101T000000Z\n\
     eee3ec2c008e170e5b5574e4b7d80b50dd0ed7ce67fb763ceba9709f738856fb";

/// `openssl` in a folder with the key and the message, if there is one.
fn openssl() -> Option<OpenSsl> {
    let openssl = OpenSsl::new("SDK-SM2-SM3")?;
    let mut scalar = [0; 32];
    hex::decode_to_slice(SCALAR, &mut scalar).unwrap();
    let key = sm2::key_from_scalar(&scalar).unwrap();
    openssl.write("key.der", key.pkcs8_der());
    openssl.write("public.der", key.public_key_der());
    openssl.write("message", STRING_TO_SIGN);
    Some(openssl)
}

/// The example with a signature that `openssl` made; `options` name the user id.
fn signed_by(openssl: &OpenSsl, options: &str) -> Request {
    openssl.run(&format!(
        "pkeyutl -sign -inkey key.der -keyform DER -rawin -digest sm3 -in message \
         -out signature{options}"
    ));
    let mut request = example_of(Algorithm::SdkSm2Sm3);
    let value = request.header("authorization").unwrap();
    let (before, _) = value.split_once("Signature=").unwrap();
    let changed = format!(
        "{before}Signature={}",
        hex::encode(openssl.read("signature"))
    );
    request.set("authorization", &changed);
    request
}

#[test]
fn what_we_sign_is_right_for_openssl() {
    let Some(openssl) = openssl() else { return };
    let request = example_of(Algorithm::SdkSm2Sm3);
    let signer = Signer {
        algorithm: Algorithm::SdkSm2Sm3,
        access_key: "AKEXAMPLE0123456789",
        secret: EXAMPLE_SECRET,
        scope: None,
    };
    let names = [
        "content-type",
        "host",
        "user-agent",
        "x-domain-id",
        "x-sdk-date",
    ];
    for _ in 0..8 {
        let signed = request.with_parts(|parts| signer.sign(parts, &names, &request.body));
        let signed = signed.unwrap();
        let (_, signature) = signed.split_once("Signature=").unwrap();
        openssl.write("signature", hex::decode(signature).unwrap());
        let said = openssl.run(
            "pkeyutl -verify -pubin -inkey public.der -keyform DER -rawin -digest sm3 \
             -pkeyopt distid:1234567812345678 -in message -sigfile signature",
        );
        assert!(said.contains("Signature Verified Successfully"), "{said}");
    }
}

#[test]
fn what_openssl_signs_is_accepted_with_the_default_user_id() {
    let Some(openssl) = openssl() else { return };
    let request = signed_by(&openssl, " -pkeyopt distid:1234567812345678");
    assert_eq!(request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS), Ok(()));
    for options in ["", " -pkeyopt distid:8765432187654321"] {
        let request = signed_by(&openssl, options);
        let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
        assert_eq!(verdict, Err(SignatureFault::SignatureMismatch), "{options}");
    }
}
