//! A small hierarchy made by OpenSSL: root, intermediate, and a leaf for a key of ours.

use std::fs;
use std::path::{Path, PathBuf};

use chancery_bundle::{Bundle, Settings, key};
use chancery_crypto::pem::{self, LineEnding};
use chancery_crypto::random::SystemRandom;
use chancery_crypto::{KeyAlgorithm, PrivateKey};
use tempfile::TempDir;

use crate::tools::succeed;

/// Enough to see that the setting arrives, few enough for a fast test.
pub(crate) const SETTINGS: Settings = Settings { iterations: 3_000 };

/// One RSA and one EC key: what differs in every format.
pub(crate) const ALGORITHMS: [KeyAlgorithm; 2] = [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcP384];

/// A key with its certificates, in a folder that lives as long as this.
pub(crate) struct Fixture {
    pub(crate) key: PrivateKey,
    pub(crate) leaf: Vec<u8>,
    /// Intermediate and root.
    pub(crate) chain: Vec<Vec<u8>>,
    folder: TempDir,
}

impl Fixture {
    /// A leaf issued by an intermediate, issued by a root.
    pub(crate) fn new(algorithm: KeyAlgorithm) -> Self {
        let fixture = Self::self_signed_root(algorithm);
        fixture.issue("intermediate", "root", "basicConstraints=critical,CA:TRUE");
        fixture.finish(&["intermediate", "root"])
    }

    /// A leaf issued by the root itself.
    pub(crate) fn without_intermediate(algorithm: KeyAlgorithm) -> Self {
        Self::self_signed_root(algorithm).finish(&["root"])
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn bundle(&self) -> Bundle<'_> {
        Bundle {
            name: "test",
            leaf: &self.leaf,
            chain: &self.chain,
            key: Some(&self.key),
            password: None,
            encryption: None,
        }
    }

    /// Writes a file into the folder and gives its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn openssl(&self, arguments: &[&str]) -> String {
        succeed(self.folder(), "openssl", arguments)
    }

    /// The public key as OpenSSL takes it from the certificate.
    pub(crate) fn certified_key(&self) -> String {
        self.openssl(&["x509", "-in", "leaf.pem", "-noout", "-pubkey"])
    }

    fn self_signed_root(algorithm: KeyAlgorithm) -> Self {
        let fixture = Self {
            key: PrivateKey::generate(algorithm).unwrap(),
            leaf: Vec::new(),
            chain: Vec::new(),
            folder: tempfile::tempdir().unwrap(),
        };
        fixture.new_authority_key("root");
        fixture.openssl(&[
            "req", "-x509", "-new", "-key", "root.key", "-days", "30", "-subj", "/CN=root", "-out",
            "root.pem",
        ]);
        fixture
    }

    fn new_authority_key(&self, name: &str) {
        let file = format!("{name}.key");
        self.openssl(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            &file,
        ]);
    }

    /// Issues `<name>.pem`, for `<name>.key` or a new key.
    fn issue(&self, name: &str, issuer: &str, extension: &str) {
        if !self.folder().join(format!("{name}.key")).exists() {
            self.new_authority_key(name);
        }
        let file = |extension: &str| format!("{name}.{extension}");
        let (key, request, out) = (file("key"), file("csr"), file("pem"));
        let subject = format!("/CN={name}");
        self.openssl(&[
            "req", "-new", "-key", &key, "-subj", &subject, "-out", &request,
        ]);
        self.write("extensions", extension);
        let (issuer_pem, issuer_key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
        self.openssl(&[
            "x509",
            "-req",
            "-in",
            &request,
            "-CA",
            &issuer_pem,
            "-CAkey",
            &issuer_key,
            "-days",
            "7",
            "-extfile",
            "extensions",
            "-out",
            &out,
        ]);
    }

    /// Issues the leaf by the first of `issuers` and reads all certificates.
    fn finish(mut self, issuers: &[&str]) -> Self {
        let ending = LineEnding::Lf;
        let pem = key::private_key_pem(&self.key, None, ending, &SETTINGS, &SystemRandom).unwrap();
        self.write("leaf.key", pem.as_bytes());
        self.issue("leaf", issuers[0], "subjectAltName=DNS:www.example.com");
        self.leaf = self.certificate("leaf");
        self.chain = issuers.iter().map(|name| self.certificate(name)).collect();
        self
    }

    fn certificate(&self, name: &str) -> Vec<u8> {
        let text = fs::read_to_string(self.folder().join(format!("{name}.pem"))).unwrap();
        pem::parse(&text).unwrap().remove(0).der
    }
}
