//! Key stores and encrypted keys, loaded by a Java program as a Java server would do it.

use std::path::Path;

use chancery_bundle::{key, pfx};
use chancery_crypto::pem::LineEnding;
use chancery_crypto::random::SystemRandom;
use chancery_crypto::{KeyAlgorithm, KeyFamily};

use crate::fixture::{ALGORITHMS, Fixture, SETTINGS};
use crate::jks::{CREATED_MS, write_key_store};
use crate::tools::{fail, installed, succeed};

/// Compiles the program into the fixture's folder, once for several runs.
fn compile(fixture: &Fixture) -> bool {
    if !installed("loading stores in Java", &["openssl", "java", "javac"]) {
        return false;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/CheckStore.java");
    let source = source.to_str().unwrap();
    succeed(fixture.folder(), "javac", &["-d", ".", source]);
    true
}

fn check(fixture: &Fixture, arguments: &[&str]) -> String {
    let arguments = [&["-cp", ".", "CheckStore"], arguments].concat();
    succeed(fixture.folder(), "java", &arguments)
}

fn java_name(algorithm: KeyAlgorithm) -> &'static str {
    match algorithm.family() {
        KeyFamily::Rsa => "RSA",
        _ => "EC",
    }
}

#[test]
fn java_uses_the_key_of_a_jks() {
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        if !compile(&fixture) {
            return;
        }
        write_key_store(&fixture, "test");
        let name = java_name(algorithm);
        assert_eq!(
            check(&fixture, &["JKS", "server.jks", "test"]),
            format!("server {name} PKCS#8 3 {CREATED_MS}\n")
        );
        let wrong = ["-cp", ".", "CheckStore", "JKS", "server.jks", "Test"];
        let said = fail(fixture.folder(), "java", &wrong);
        assert!(said.contains("password was incorrect"), "{said}");
    }
}

#[test]
fn java_uses_the_keys_of_a_pfx_and_of_an_encrypted_pem() {
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        if !compile(&fixture) {
            return;
        }
        let Fixture {
            leaf, chain, key, ..
        } = &fixture;
        let pfx = pfx::write(leaf, chain, key, "test", "Name", &SystemRandom).unwrap();
        fixture.write("server.pfx", &*pfx);
        let name = java_name(algorithm);
        let said = check(&fixture, &["PKCS12", "server.pfx", "test"]);
        assert!(
            said.starts_with(&format!("name {name} PKCS#8 3 ")),
            "{said}"
        );

        let ending = LineEnding::Lf;
        let pem = key::private_key_pem(key, Some("test"), ending, &SETTINGS, &SystemRandom);
        fixture.write("server.key", pem.unwrap().as_bytes());
        let pem = ["PEM", "server.key", "test", "PKCS12", "server.pfx"];
        assert_eq!(check(&fixture, &pem), format!("fits {name}\n"));
    }
}
