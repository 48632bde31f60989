//! PEM keys, read by OpenSSL.

use chancery_bundle::key::private_key_pem;
use chancery_crypto::KeyFamily;
use chancery_crypto::pem::LineEnding;
use chancery_crypto::random::SystemRandom;

use crate::fixture::{ALGORITHMS, Fixture, SETTINGS};
use crate::tools::{fail, installed};

fn write_key(fixture: &Fixture, password: Option<&str>, line_ending: LineEnding) {
    let pem = private_key_pem(
        &fixture.key,
        password,
        line_ending,
        &SETTINGS,
        &SystemRandom,
    );
    fixture.write("server.key", pem.unwrap().as_bytes());
}

#[test]
fn openssl_reads_plain_keys() {
    if !installed("reading plain keys", &["openssl"]) {
        return;
    }
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        for line_ending in [LineEnding::Lf, LineEnding::CrLf] {
            write_key(&fixture, None, line_ending);
            fixture.openssl(&["pkey", "-in", "server.key", "-noout", "-check"]);
            let public = fixture.openssl(&["pkey", "-in", "server.key", "-pubout"]);
            assert_eq!(public, fixture.certified_key());
            let family = match algorithm.family() {
                KeyFamily::Rsa => "rsa",
                _ => "ec",
            };
            fixture.openssl(&[family, "-in", "server.key", "-noout", "-check"]);
        }
    }
}

#[test]
fn openssl_reads_encrypted_keys_with_their_password_alone() {
    if !installed("reading encrypted keys", &["openssl"]) {
        return;
    }
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        for password in ["test", "#,.+-_", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "密码"] {
            write_key(&fixture, Some(password), LineEnding::Lf);
            let with = format!("pass:{password}");
            let public =
                fixture.openssl(&["pkey", "-in", "server.key", "-passin", &with, "-pubout"]);
            assert_eq!(public, fixture.certified_key());

            for wrong in ["pass:Test", "pass:"] {
                let arguments = ["pkey", "-in", "server.key", "-passin", wrong, "-noout"];
                fail(fixture.folder(), "openssl", &arguments);
            }
        }
    }
}

#[test]
fn encrypted_keys_use_the_documented_algorithms() {
    if !installed("showing the encryption", &["openssl"]) {
        return;
    }
    let fixture = Fixture::new(ALGORITHMS[1]);
    write_key(&fixture, Some("test"), LineEnding::Lf);
    let shown = fixture.openssl(&["asn1parse", "-in", "server.key"]);
    for part in ["PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    // 3,000 iterations.
    assert!(shown.contains("INTEGER           :0BB8"), "{shown}");
}
