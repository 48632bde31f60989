//! Java key stores, read by keytool.

use chancery_bundle::jks::{self, Entry, KeyEntry, TrustedEntry};
use chancery_crypto::random::SystemRandom;

use crate::fixture::{ALGORITHMS, Fixture};
use crate::tools::{fail, installed, succeed};

/// 2027-01-15 08:00:00 UTC.
pub(crate) const CREATED_MS: i64 = 1_800_000_000_000;

pub(crate) fn write_key_store(fixture: &Fixture, password: &str) {
    let entry = Entry::Key(KeyEntry {
        alias: "Server",
        key: &fixture.key,
        leaf: &fixture.leaf,
        chain: &fixture.chain,
    });
    let store = jks::write(&[entry], password, CREATED_MS, &SystemRandom).unwrap();
    fixture.write("server.jks", &*store);
}

/// The arguments of a keytool command on a store in JKS.
fn on<'a>(store: &'a str, password: &'a str, command: &[&'a str]) -> Vec<&'a str> {
    let common = [
        "-keystore",
        store,
        "-storepass",
        password,
        "-storetype",
        "JKS",
    ];
    [
        command,
        &common,
        &["-J-Duser.language=en", "-J-Duser.timezone=UTC"],
    ]
    .concat()
}

#[test]
fn keytool_lists_a_key_store() {
    if !installed("listing a JKS", &["openssl", "keytool"]) {
        return;
    }
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        write_key_store(&fixture, "test");
        let listing = on("server.jks", "test", &["-list", "-v"]);
        let listed = succeed(fixture.folder(), "keytool", &listing);
        for line in [
            "Keystore type: JKS",
            "Your keystore contains 1 entry",
            "Alias name: server",
            "Creation date: Jan 15, 2027",
            "Entry type: PrivateKeyEntry",
            "Certificate chain length: 3",
            "Owner: CN=leaf\nIssuer: CN=intermediate",
            "Owner: CN=intermediate\nIssuer: CN=root",
            "Owner: CN=root\nIssuer: CN=root",
        ] {
            assert!(listed.contains(line), "{line} in {listed}");
        }

        let wrong = on("server.jks", "wrong1", &["-list"]);
        let said = fail(fixture.folder(), "keytool", &wrong);
        assert!(said.contains("password was incorrect"), "{said}");
    }
}

#[test]
fn keytool_gives_back_the_same_key() {
    if !installed("converting a JKS", &["openssl", "keytool"]) {
        return;
    }
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        write_key_store(&fixture, "password");
        succeed(
            fixture.folder(),
            "keytool",
            &[
                "-importkeystore",
                "-srckeystore",
                "server.jks",
                "-srcstoretype",
                "JKS",
                "-srcstorepass",
                "password",
                "-destkeystore",
                "converted.p12",
                "-deststoretype",
                "PKCS12",
                "-deststorepass",
                "password",
                "-J-Duser.language=en",
            ],
        );
        let converted = fixture.openssl(&[
            "pkcs12",
            "-in",
            "converted.p12",
            "-passin",
            "pass:password",
            "-nodes",
            "-nocerts",
        ]);
        fixture.write("converted.key", converted);
        let public = fixture.openssl(&["pkey", "-in", "converted.key", "-pubout"]);
        assert_eq!(public, fixture.certified_key());
    }
}

#[test]
fn keytool_lists_a_trust_store() {
    if !installed("listing a trust store", &["openssl", "keytool"]) {
        return;
    }
    let fixture = Fixture::new(ALGORITHMS[1]);
    let entries: Vec<_> = ["Ours", "根证书 🔑"]
        .into_iter()
        .zip(&fixture.chain)
        .map(|(alias, certificate)| Entry::Trusted(TrustedEntry { alias, certificate }))
        .collect();
    let store = jks::write(&entries, "changeit", CREATED_MS, &SystemRandom).unwrap();
    fixture.write("trust.jks", &*store);

    let listing = on("trust.jks", "changeit", &["-list", "-v"]);
    let listed = succeed(fixture.folder(), "keytool", &listing);
    assert!(
        listed.contains("Your keystore contains 2 entries"),
        "{listed}"
    );
    assert_eq!(listed.matches("Entry type: trustedCertEntry").count(), 2);

    // Java finds an alias in any case because the store holds it in lower case.
    let export = on(
        "trust.jks",
        "changeit",
        &["-exportcert", "-rfc", "-alias", "OURS"],
    );
    let exported = succeed(fixture.folder(), "keytool", &export);
    let exported = chancery_crypto::pem::parse(&exported).unwrap();
    assert_eq!(exported[0].der, fixture.chain[0]);
}
