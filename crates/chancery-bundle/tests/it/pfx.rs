//! PFX files, read by OpenSSL and keytool.

use chancery_bundle::jks::TrustedEntry;
use chancery_bundle::pfx;
use chancery_crypto::random::SystemRandom;

use crate::fixture::{ALGORITHMS, Fixture};
use crate::tools::{fail, installed, succeed};

fn write_pfx(fixture: &Fixture, password: &str, friendly_name: &str) {
    let Fixture {
        leaf, chain, key, ..
    } = fixture;
    let pfx = pfx::write(leaf, chain, key, password, friendly_name, &SystemRandom).unwrap();
    fixture.write("server.pfx", &*pfx);
}

#[test]
fn openssl_reads_it_without_the_legacy_provider() {
    if !installed("reading a PFX", &["openssl"]) {
        return;
    }
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        for password in [
            "test",
            "#,.+-_",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
            "密码é",
        ] {
            write_pfx(&fixture, password, "my key");
            let with = format!("pass:{password}");
            let read = |options: &[&str]| {
                let common = ["pkcs12", "-in", "server.pfx", "-passin", &with, "-nodes"];
                fixture.openssl(&[&common, options].concat())
            };

            fixture.write("read.key", read(&["-nocerts"]));
            let public = fixture.openssl(&["pkey", "-in", "read.key", "-pubout"]);
            assert_eq!(public, fixture.certified_key());

            let leaf = read(&["-nokeys", "-clcerts"]);
            assert!(leaf.contains("friendlyName: my key"), "{leaf}");
            assert_eq!(subjects(&leaf), ["leaf"]);
            assert_eq!(
                subjects(&read(&["-nokeys", "-cacerts"])),
                ["intermediate", "root"]
            );
            let wrong = [
                "pkcs12",
                "-in",
                "server.pfx",
                "-passin",
                "pass:wrong",
                "-noout",
            ];
            let said = fail(fixture.folder(), "openssl", &wrong);
            assert!(said.contains("Mac verify error"), "{said}");
        }
    }
}

/// The names in the `subject=CN = ...` lines that OpenSSL prints above certificates.
fn subjects(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("subject=CN = "))
        .collect()
}

#[test]
fn it_uses_what_old_windows_and_java_know() {
    if !installed("showing the algorithms of a PFX", &["openssl"]) {
        return;
    }
    let fixture = Fixture::new(ALGORITHMS[1]);
    write_pfx(&fixture, "test", "name");
    let arguments = [
        "pkcs12",
        "-in",
        "server.pfx",
        "-passin",
        "pass:test",
        "-info",
        "-noout",
    ];
    let info = crate::tools::run(fixture.folder(), "openssl", &arguments).errors;
    for line in [
        "MAC: sha1, Iteration 10000",
        "PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000",
        "Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000",
    ] {
        assert!(info.contains(line), "{line} in {info}");
    }
}

#[test]
fn keytool_lists_it() {
    if !installed("listing a PFX", &["openssl", "keytool"]) {
        return;
    }
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        write_pfx(&fixture, "test", "My Key");
        let listing = |password| {
            let store = [
                "-list",
                "-v",
                "-keystore",
                "server.pfx",
                "-storepass",
                password,
            ];
            [
                &store[..],
                &["-storetype", "PKCS12", "-J-Duser.language=en"],
            ]
            .concat()
        };
        let listed = succeed(fixture.folder(), "keytool", &listing("test"));
        for line in [
            "Your keystore contains 1 entry",
            "Alias name: my key",
            "Entry type: PrivateKeyEntry",
            "Certificate chain length: 3",
        ] {
            assert!(listed.contains(line), "{line} in {listed}");
        }
        let said = fail(fixture.folder(), "keytool", &listing("wrong1"));
        assert!(said.contains("password was incorrect"), "{said}");
    }
}

/// Java trusts what the store says it may, OpenSSL reads it, and a wrong password opens it for neither.
#[test]
fn java_trusts_a_trust_store() {
    if !installed("listing a trust store", &["openssl", "keytool"]) {
        return;
    }
    let fixture = Fixture::new(ALGORITHMS[1]);
    let entries: Vec<_> = ["Ours", "根证书 🔑"]
        .into_iter()
        .zip(&fixture.chain)
        .map(|(alias, certificate)| TrustedEntry { alias, certificate })
        .collect();
    let store = pfx::write_trust(&entries, "changeit", &SystemRandom).unwrap();
    fixture.write("trust.p12", store);
    let on = |password, command: &[&'static str]| {
        let store = ["-keystore", "trust.p12", "-storepass", password];
        let more = ["-storetype", "PKCS12", "-J-Duser.language=en"];
        [command, &store, &more].concat()
    };
    let listing = on("changeit", &["-list", "-v"]);
    let listed = succeed(fixture.folder(), "keytool", &listing);
    assert!(
        listed.contains("Your keystore contains 2 entries"),
        "{listed}"
    );
    assert_eq!(listed.matches("Entry type: trustedCertEntry").count(), 2);
    let export = on("changeit", &["-exportcert", "-rfc", "-alias", "OURS"]);
    let exported = succeed(fixture.folder(), "keytool", &export);
    let exported = chancery_crypto::pem::parse(&exported).unwrap();
    assert_eq!(exported[0].der, fixture.chain[0]);
    let wrong = on("wrong1", &["-list"]);
    let said = fail(fixture.folder(), "keytool", &wrong);
    assert!(said.contains("password was incorrect"), "{said}");

    let read = ["pkcs12", "-in", "trust.p12", "-passin", "pass:changeit"];
    let info = [&read[..], &["-info", "-nokeys"]].concat();
    let outcome = crate::tools::run(fixture.folder(), "openssl", &info);
    assert!(outcome.success, "{}", outcome.errors);
    assert_eq!(subjects(&outcome.output), ["intermediate", "root"]);
    let bags = outcome.output.matches("2.16.840.1.113894.746875.1.1: ");
    assert_eq!(bags.count(), 2, "{}", outcome.output);
    assert!(
        outcome
            .errors
            .contains("pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000"),
        "{}",
        outcome.errors
    );
}
