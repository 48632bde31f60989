//! SM2: published examples, OpenSSL, and the traps of its encodings.

use chancery_crypto::pem::{LineEnding, encode};
use chancery_crypto::random::{Random, SystemRandom};
use chancery_crypto::{
    HashAlgorithm, KeyAlgorithm, KeyError, PrivateKey, Signer, VerifyError, sm2, verify,
};
use proptest::prelude::*;

use crate::openssl::OpenSsl;

const MESSAGE: &[u8] = b"message digest";

/// The example of GB/T 32918.5-2017 appendix A.2: private key, public key, signature over
/// "message digest" with the default user id.
const EXAMPLE_SCALAR: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const EXAMPLE_POINT: &str = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
                             ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
const EXAMPLE_R: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
const EXAMPLE_S: &str = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
/// The same appendix, A.3: the ciphertext of "encryption standard" for that key (C1, C3, C2).
const EXAMPLE_C1: [&str; 2] = [
    "04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73",
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0",
];
const EXAMPLE_C3: &str = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766";
const EXAMPLE_C2: &str = "21886ca989ca9c7d58087307ca93092d651efa";

fn scalar(hex_text: &str) -> [u8; 32] {
    hex::decode(hex_text).unwrap().try_into().unwrap()
}

fn example_key() -> PrivateKey {
    sm2::key_from_scalar(&scalar(EXAMPLE_SCALAR)).unwrap()
}

/// DER of a SEQUENCE of what is given, all short.
fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u8::try_from(content.len()).unwrap();
    match length {
        0..128 => [&[0x30, length][..], &content].concat(),
        _ => [&[0x30, 0x81, length][..], &content].concat(),
    }
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(content.len()).unwrap()][..], content].concat()
}

/// DER of an INTEGER from its big-endian bytes, minimal and positive.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes
        .iter()
        .position(|b| *b != 0)
        .unwrap_or(bytes.len() - 1);
    let mut content = bytes[first..].to_vec();
    if content[0] & 0x80 != 0 {
        content.insert(0, 0);
    }
    tagged(2, &content)
}

#[test]
fn the_standard_s_key_and_signature() {
    let key = example_key();
    assert!(hex::encode(key.public_key_der()).ends_with(EXAMPLE_POINT));
    assert_eq!(hex::encode(key.sm2_scalar().unwrap()), EXAMPLE_SCALAR);
    let (r, s) = (scalar(EXAMPLE_R), scalar(EXAMPLE_S));
    let signature = sequence(&[&integer(&r), &integer(&s)]);
    let check = |signature: &[u8]| {
        let spki = key.public_key_der();
        verify(spki, HashAlgorithm::Sm3, MESSAGE, signature)
    };
    assert_eq!(check(&signature), Ok(()));
    // The library's own form, the two numbers side by side, is not a signature of X.509.
    assert_eq!(check(&[r, s].concat()), Err(VerifyError::BadSignature));
    let by_id = |id: &[u8]| sm2::verify_with_id(key.public_key_der(), id, MESSAGE, &signature);
    assert_eq!(by_id(sm2::DEFAULT_ID), Ok(()));
    assert_eq!(by_id(b""), Err(VerifyError::BadSignature));
    assert_eq!(by_id(b"\xff"), Err(VerifyError::BadSignature));
}

#[test]
fn the_standard_s_ciphertext_opens() {
    let [x, y] = EXAMPLE_C1.map(scalar);
    let hash = tagged(4, &scalar(EXAMPLE_C3));
    let text = tagged(4, &hex::decode(EXAMPLE_C2).unwrap());
    let key = example_key();
    let cipher = sequence(&[&integer(&x), &integer(&y), &hash, &text]);
    assert_eq!(
        &**sm2::decrypt(&key, &cipher).unwrap(),
        b"encryption standard"
    );
    // Some CAs write the coordinates as raw bytes, here a negative y.
    let raw = sequence(&[&tagged(2, &x), &tagged(2, &y), &hash, &text]);
    assert_ne!(raw, cipher);
    assert_eq!(&**sm2::decrypt(&key, &raw).unwrap(), b"encryption standard");

    let refuse = |cipher: &[u8]| assert_eq!(sm2::decrypt(&key, cipher), Err(KeyError::Malformed));
    refuse(&[cipher.as_slice(), b"\0"].concat());
    refuse(&sequence(&[&integer(&x), &integer(&y), &hash]));
    refuse(&sequence(&[&integer(&y), &integer(&x), &hash, &text]));
    refuse(&sequence(&[
        &integer(&x),
        &integer(&y),
        &tagged(4, &[0; 31]),
        &text,
    ]));
    refuse(&sequence(&[
        &integer(&x),
        &integer(&y),
        &hash,
        &tagged(2, b"x"),
    ]));
    refuse(&sequence(&[
        &integer(&x),
        &integer(&y),
        &hash,
        &tagged(4, b""),
    ]));
    refuse(&sequence(&[&integer(&[1; 33]), &integer(&y), &hash, &text]));
}

#[test]
fn only_sm2_keys_encrypt() {
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let unsupported = KeyError::UnsupportedAlgorithm("other than SM2".to_owned());
    let cipher = sm2::encrypt(example_key().public_key_der(), b"x", &SystemRandom).unwrap();
    assert_eq!(sm2::decrypt(&key, &cipher), Err(unsupported.clone()));
    let spki = key.public_key_der();
    assert_eq!(
        sm2::encrypt(spki, b"x", &SystemRandom),
        Err(unsupported.clone())
    );
    assert_eq!(
        sm2::verify_with_id(spki, b"", b"", b""),
        Err(VerifyError::Key(unsupported))
    );
    assert_eq!(
        sm2::encrypt(example_key().public_key_der(), b"", &SystemRandom),
        Err(KeyError::Library)
    );
    assert!(key.sm2_scalar().is_none());
}

/// The order of the curve's group (GB/T 32918.5), less one.
const LAST: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122";

#[test]
fn scalars_are_in_range() {
    let mut allowed = scalar(LAST);
    allowed[31] -= 1;
    assert!(sm2::key_from_scalar(&allowed).is_ok());
    for refused in ["00".repeat(32), LAST.to_owned(), "ff".repeat(32)] {
        let key = sm2::key_from_scalar(&scalar(&refused));
        assert_eq!(key.unwrap_err(), KeyError::Malformed, "{refused}");
    }
}

/// Random bytes that are out of range first.
struct LateRandom(std::sync::atomic::AtomicU8);

impl Random for LateRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let call = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        buffer.fill(if call == 0 { 0xff } else { 0x17 });
    }
}

#[test]
fn encryption_draws_again_until_the_nonce_is_in_range() {
    let key = example_key();
    let random = LateRandom(0.into());
    let cipher = sm2::encrypt(key.public_key_der(), b"text", &random).unwrap();
    assert_eq!(&**sm2::decrypt(&key, &cipher).unwrap(), b"text");
}

#[test]
fn small_keys_keep_their_leading_zeros() {
    for small in 1..=300u16 {
        let mut scalar = [0; 32];
        scalar[30..].copy_from_slice(&small.to_be_bytes());
        let key = sm2::key_from_scalar(&scalar).unwrap();
        assert_eq!(key.pkcs8_der().len(), 138);
        assert_eq!(key.public_key_der().len(), 91);
        let again = PrivateKey::from_pkcs8_der(key.pkcs8_der()).unwrap();
        assert_eq!(*again.sm2_scalar().unwrap(), scalar);
    }
}

/// Numbers of 31 bytes and less are one in 512 each, so that all of these tries miss them once in 10^16.
#[test]
fn leading_zeros_of_coordinates_and_signatures_are_no_part_of_their_numbers() {
    let key = example_key();
    let (mut short_signatures, mut short_points) = (0, 0);
    for _ in 0..20_000 {
        let signature = key.sign(HashAlgorithm::Sm3, MESSAGE).unwrap();
        short_signatures += usize::from(signature[3] < 32 || signature.len() < 70);
        let verified = verify(
            key.public_key_der(),
            HashAlgorithm::Sm3,
            MESSAGE,
            &signature,
        );
        assert_eq!(verified, Ok(()));
        if short_signatures > 0 {
            break;
        }
    }
    for _ in 0..20_000 {
        let cipher = sm2::encrypt(key.public_key_der(), MESSAGE, &SystemRandom).unwrap();
        short_points += usize::from(cipher[3] < 32);
        assert_eq!(&**sm2::decrypt(&key, &cipher).unwrap(), MESSAGE);
        if short_points > 0 {
            break;
        }
    }
    assert!(short_signatures > 0 && short_points > 0);
}

#[test]
fn keys_with_the_curve_inside_or_without_their_zeros_are_read() {
    let mut small = [0; 32];
    small[31] = 7;
    let key = sm2::key_from_scalar(&small).unwrap();
    let pkcs8 = |inner: &[u8]| {
        let curve = b"\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d";
        let algorithm = sequence(&[b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01", curve]);
        let octets = tagged(4, inner);
        PrivateKey::from_pkcs8_der(&sequence(&[b"\x02\x01\x00", &algorithm, &octets]))
    };
    let sm2_curve = b"\xa0\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d";
    let p256_curve = b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    let version = b"\x02\x01\x01";
    for (scalar, curve) in [
        (&small[..], &b""[..]),
        (&small[..], &sm2_curve[..]),
        (&small[31..], &b""[..]),
    ] {
        let inner = sequence(&[version, &tagged(4, scalar), curve]);
        assert_eq!(
            pkcs8(&inner).unwrap().public_key_der(),
            key.public_key_der()
        );
    }
    let other_curve = sequence(&[version, &tagged(4, &small), p256_curve]);
    assert_eq!(pkcs8(&other_curve).unwrap_err(), KeyError::Malformed);
    let too_long = sequence(&[version, &tagged(4, &[1; 33])]);
    assert_eq!(pkcs8(&too_long).unwrap_err(), KeyError::Malformed);
}

#[test]
fn openssl_encrypts_and_decrypts_alike() {
    let Some(openssl) = OpenSsl::new("SM2 encryption") else {
        return;
    };
    let key = PrivateKey::generate(KeyAlgorithm::Sm2).unwrap();
    openssl.write(
        "key.pem",
        &*encode("PRIVATE KEY", key.pkcs8_der(), LineEnding::Lf),
    );
    openssl.write("text", MESSAGE);
    openssl.run("pkey -in key.pem -pubout -out public.pem");
    openssl.run("pkeyutl -encrypt -pubin -inkey public.pem -in text -out theirs");
    assert_eq!(
        &**sm2::decrypt(&key, &openssl.read("theirs")).unwrap(),
        MESSAGE
    );
    let ours = sm2::encrypt(key.public_key_der(), MESSAGE, &SystemRandom).unwrap();
    openssl.write("ours", ours);
    openssl.run("pkeyutl -decrypt -inkey key.pem -in ours -out opened");
    assert_eq!(openssl.read("opened"), MESSAGE);
}

#[test]
fn openssl_signs_with_the_empty_id_unless_told_otherwise() {
    let Some(openssl) = OpenSsl::new("SM2 signatures") else {
        return;
    };
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem");
    openssl.run("pkey -in key.pem -pubout -outform DER -out public.der");
    openssl.write("text", MESSAGE);
    let public = openssl.read("public.der");
    for (option, id) in [
        ("", &b""[..]),
        (" -sigopt distid:1234567812345678", sm2::DEFAULT_ID),
        (" -sigopt distid:someone", b"someone"),
    ] {
        openssl.run(&format!(
            "dgst -sm3{option} -sign key.pem -out signature text"
        ));
        let signature = openssl.read("signature");
        assert_eq!(
            sm2::verify_with_id(&public, id, MESSAGE, &signature),
            Ok(())
        );
        let usual = verify(&public, HashAlgorithm::Sm3, MESSAGE, &signature);
        assert_eq!(usual.is_ok(), id == sm2::DEFAULT_ID, "{option}");
    }
}

#[test]
fn debug_shows_no_scalar() {
    assert_eq!(format!("{:?}", example_key()), "PrivateKey(SM2)");
}

proptest! {
    #[test]
    fn what_is_encrypted_opens(text in prop::collection::vec(any::<u8>(), 1..100)) {
        let key = example_key();
        let cipher = sm2::encrypt(key.public_key_der(), &text, &SystemRandom).unwrap();
        prop_assert_eq!(&**sm2::decrypt(&key, &cipher).unwrap(), text.as_slice());
        let other = PrivateKey::generate(KeyAlgorithm::Sm2).unwrap();
        prop_assert_eq!(sm2::decrypt(&other, &cipher), Err(KeyError::Malformed));
    }

    #[test]
    fn what_is_signed_verifies(text in prop::collection::vec(any::<u8>(), 0..100), flip in 0..70usize) {
        let key = PrivateKey::generate(KeyAlgorithm::Sm2).unwrap();
        let mut signature = key.sign(HashAlgorithm::Sm3, &text).unwrap();
        let check = |signature: &[u8]| verify(key.public_key_der(), HashAlgorithm::Sm3, &text, signature);
        prop_assert_eq!(check(&signature), Ok(()));
        let at = flip % signature.len();
        signature[at] ^= 1;
        prop_assert_eq!(check(&signature), Err(VerifyError::BadSignature));
    }
}
