//! Whole archives, read by Python's zipfile.

use std::fs;
use std::path::Path;

use chancery_bundle::{Archive, Bundle, BundleError, ServerType, archive};
use chancery_crypto::random::{Random, SystemRandom};
use chancery_crypto::{KeyAlgorithm, PrivateKey, pem};

use crate::fixture::{ALGORITHMS, Fixture, SETTINGS};
use crate::tools::{installed, succeed};

pub(crate) fn pack(server: ServerType, bundle: &Bundle<'_>) -> Archive {
    archive(server, bundle, &SETTINGS, &SystemRandom).unwrap()
}

/// Extracts an archive with Python and gives the names of its members in their order.
pub(crate) fn extract(fixture: &Fixture, archive: &Archive) -> Vec<String> {
    unpack(fixture.folder(), archive)
}

/// The same into any folder.
pub(crate) fn unpack(folder: &Path, archive: &Archive) -> Vec<String> {
    const SCRIPT: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for member in archive.infolist():
        assert member.compress_type == zipfile.ZIP_DEFLATED
        assert member.date_time == (1980, 1, 1, 0, 0, 0)
        print(member.filename)
    archive.extractall('.')
";
    fs::write(folder.join("bundle.zip"), &*archive.bytes).unwrap();
    let names = succeed(folder, "python3", &["-c", SCRIPT, "bundle.zip"]);
    names.lines().map(str::to_owned).collect()
}

fn content(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn every_archive_has_exactly_the_documented_files() {
    use ServerType::{Apache, Iis, Nginx, Other, Tomcat};

    if !installed("listing archives", &["openssl", "python3"]) {
        return;
    }
    // Type, archive, files with our key and no password, with one, and with a key from outside.
    type Row = (
        ServerType,
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
        &'static [&'static str],
    );
    const ROWS: [Row; 5] = [
        (
            Apache,
            "test_apache.zip",
            &["server.key", "chain.crt", "server.crt"],
            &["server.key", "chain.crt", "server.crt"],
            &["chain.crt", "server.crt"],
        ),
        (
            Iis,
            "test_iis.zip",
            &["server.pfx", "keystorePass.txt"],
            &["server.pfx"],
            &["chain.crt", "server.crt"],
        ),
        (
            Nginx,
            "test_nginx.zip",
            &["server.key", "server.crt"],
            &["server.key", "server.crt"],
            &["server.crt"],
        ),
        (
            Tomcat,
            "test_tomcat.zip",
            &["server.jks", "keystorePass.txt"],
            &["server.jks"],
            &["chain.crt", "server.crt"],
        ),
        (
            Other,
            "test_other.zip",
            &["server.key", "chain.pem", "server.pem"],
            &["server.key", "chain.pem", "server.pem"],
            &["chain.pem", "cert.pem"],
        ),
    ];
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        let with_key = fixture.bundle();
        let with_password = Bundle {
            password: Some("test"),
            ..with_key
        };
        let without_key = Bundle {
            key: None,
            ..with_key
        };
        let without_key_with_password = Bundle {
            key: None,
            ..with_password
        };
        for (server, file_name, made, chosen, outside) in ROWS {
            for (bundle, expected) in [
                (with_key, made),
                (with_password, chosen),
                (without_key, outside),
                (without_key_with_password, outside),
            ] {
                let archive = pack(server, &bundle);
                assert_eq!(archive.file_name, file_name);
                assert_eq!(extract(&fixture, &archive), expected, "{server:?}");
            }
        }
    }
}

#[test]
fn key_stores_open_with_the_password_in_the_archive() {
    if !installed("opening key stores", &["openssl", "python3", "keytool"]) {
        return;
    }
    for algorithm in ALGORITHMS {
        let fixture = Fixture::new(algorithm);
        let bundle = fixture.bundle();
        for (server, store, kind) in [
            (ServerType::Iis, "server.pfx", "PKCS12"),
            (ServerType::Tomcat, "server.jks", "JKS"),
        ] {
            extract(&fixture, &pack(server, &bundle));
            // The whole file is the password: no line ending to cut off.
            let password = content(fixture.folder(), "keystorePass.txt");
            let password = String::from_utf8(password).unwrap();
            let arguments = [
                "-list",
                "-keystore",
                store,
                "-storetype",
                kind,
                "-storepass",
            ];
            let arguments = [&arguments[..], &[&password, "-J-Duser.language=en"]].concat();
            let listed = succeed(fixture.folder(), "keytool", &arguments);
            assert!(listed.contains("PrivateKeyEntry"), "{listed}");
        }
    }
}

#[test]
fn chains_verify_in_openssl() {
    if !installed("verifying chains", &["openssl", "python3"]) {
        return;
    }
    let fixture = Fixture::new(ALGORITHMS[1]);
    for key in [Some(&fixture.key), None] {
        let bundle = Bundle {
            key,
            ..fixture.bundle()
        };
        for server in [ServerType::Apache, ServerType::Other, ServerType::Nginx] {
            let names = extract(&fixture, &pack(server, &bundle));
            let leaf = names.last().unwrap();
            // For nginx the chain is in the file of the leaf, behind it.
            let chain = names
                .iter()
                .rev()
                .nth(1)
                .filter(|name| name.starts_with("chain"));
            let arguments = ["verify", "-CAfile", "root.pem", "-untrusted"];
            fixture.openssl(&[&arguments[..], &[chain.unwrap_or(leaf), leaf]].concat());
            for name in &names {
                assert!(!content(fixture.folder(), name).contains(&b'\r'), "{name}");
            }
        }
    }
}

#[test]
fn a_leaf_of_a_root_has_a_chain_of_one() {
    if !installed("issuing by a root", &["openssl", "python3"]) {
        return;
    }
    let fixture = Fixture::without_intermediate(ALGORITHMS[1]);
    extract(&fixture, &pack(ServerType::Other, &fixture.bundle()));
    let chain = String::from_utf8(content(fixture.folder(), "chain.pem")).unwrap();
    let chain = pem::parse(&chain).unwrap();
    assert_eq!(chain.len(), 1);
    assert_eq!(chain[0].der, fixture.chain[0]);
    fixture.openssl(&["verify", "-CAfile", "chain.pem", "server.pem"]);
}

#[test]
fn names_reach_the_archives_name_and_no_member() {
    if !installed("naming archives", &["openssl", "python3"]) {
        return;
    }
    let fixture = Fixture::new(ALGORITHMS[1]);
    let bundle = Bundle {
        name: "../*.example.com,证书🔑",
        ..fixture.bundle()
    };
    for server in ServerType::ALL {
        let archive = pack(*server, &bundle);
        let expected = format!("../*.example.com,证书🔑_{}.zip", server.lower_name());
        assert_eq!(archive.file_name, expected);
        for member in extract(&fixture, &archive) {
            assert!(
                member.starts_with(['s', 'c', 'k']) && !member.contains('/'),
                "{member}"
            );
        }
    }
}

#[test]
fn the_same_input_gives_the_same_archive() {
    struct Fixed;
    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    if !installed("comparing archives", &["openssl"]) {
        return;
    }
    let fixture = Fixture::new(ALGORITHMS[1]);
    for server in ServerType::ALL {
        let pack = || {
            archive(*server, &fixture.bundle(), &SETTINGS, &Fixed)
                .unwrap()
                .bytes
        };
        assert_eq!(pack(), pack());
    }
}

#[test]
fn bundles_that_no_server_would_load_are_refused() {
    if !installed("refusing bundles", &["openssl"]) {
        return;
    }
    let fixture = Fixture::new(ALGORITHMS[1]);
    let good = fixture.bundle();
    let other_key = PrivateKey::generate(KeyAlgorithm::EcP384).unwrap();
    for server in ServerType::ALL {
        let refused = |bundle| {
            archive(*server, &bundle, &SETTINGS, &SystemRandom)
                .err()
                .unwrap()
        };

        let chain = &[];
        assert!(matches!(
            refused(Bundle { chain, ..good }),
            BundleError::EmptyChain
        ));

        let key = Some(&other_key);
        let error = refused(Bundle { key, ..good });
        assert!(matches!(error, BundleError::KeyMismatch));
        assert_eq!(
            error.to_string(),
            "the private key does not belong to the certificate"
        );

        let leaf = b"no certificate";
        assert!(matches!(
            refused(Bundle { leaf, ..good }),
            BundleError::Certificate(_)
        ));

        let password = Some("");
        assert!(matches!(
            refused(Bundle { password, ..good }),
            BundleError::Password
        ));
    }
}
