//! `POST /v1/private-certificate-authorities/{ca_id}/import`: certificates that another CA, here
//! OpenSSL, issued for a CA of the desk.

use std::path::Path;

use serde_json::{Value, json};

use crate::ccm::certificates::exported;
use crate::ccm::{CAS, CERTIFICATES, certificate, pending, root, subordinate, text, with};
use crate::support::{Api, DAY, NOW};
use crate::tools::{installed, openssl, write};

/// What `openssl ca` needs to issue with chosen times.
const CONFIG: &str = "
[ca]
default_ca = desk
[desk]
dir = .
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[sub]
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[clients]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[policies]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
policyConstraints = requireExplicitPolicy:0
[unknown]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
1.2.3.4 = critical, ASN1:NULL
[unlimited]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = CA:FALSE
";

/// A CA outside the desk: `root.pem` signs `middle.pem`, which signs what is asked for.
pub(super) struct Outside {
    folder: tempfile::TempDir,
}

impl Outside {
    pub(super) fn new() -> Self {
        let outside = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        write(outside.path(), &[("ca.cnf", CONFIG), ("index.txt", "")]);
        for name in ["root", "middle", "stranger"] {
            outside.request(name, &[]);
        }
        outside.issue(
            "root.csr",
            "root.pem",
            &["-selfsign", "-keyfile", "root.key"],
        );
        outside.issue(
            "stranger.csr",
            "stranger.pem",
            &["-selfsign", "-keyfile", "stranger.key"],
        );
        outside.issue("middle.csr", "middle.pem", &by_root("unlimited"));
        outside
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a key, `<name>.key`, and a CSR for it, `<name>.csr`, with the common name `name`.
    pub(super) fn request(&self, name: &str, more: &[&str]) {
        let (key, csr) = (format!("{name}.key"), format!("{name}.csr"));
        let subject = format!("/CN={name}");
        let mut arguments = vec![
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-config",
            "ca.cnf",
            "-subj",
            &subject,
            "-keyout",
            &key,
            "-out",
            &csr,
        ];
        arguments.extend(more);
        openssl(self.path(), &arguments);
    }

    /// Issues for a CSR; the times and the kind are what `more` says, or five years of a root.
    pub(super) fn issue(&self, csr: &str, certificate: &str, more: &[&str]) {
        let mut arguments = vec![
            "ca",
            "-batch",
            "-notext",
            "-config",
            "ca.cnf",
            "-in",
            csr,
            "-out",
            certificate,
        ];
        if !more.contains(&"-extensions") {
            arguments.extend(["-extensions", "root"]);
        }
        if !more.contains(&"-startdate") {
            arguments.extend([
                "-startdate",
                "20260101000000Z",
                "-enddate",
                "20310101000000Z",
            ]);
        }
        arguments.extend(more);
        openssl(self.path(), &arguments);
    }

    /// Issues for the CSR of a waiting CA by `middle` and gives the certificate.
    pub(super) async fn certify(&self, api: &Api, id: &str, more: &[&str]) -> String {
        let csr = api.succeed("GET", &format!("{CAS}/{id}/csr"), None).await;
        write(self.path(), &[("ca.csr", &text(&csr["csr"]))]);
        let mut arguments = vec!["-keyfile", "middle.key", "-cert", "middle.pem"];
        arguments.extend(more);
        self.issue("ca.csr", "ca.pem", &arguments);
        self.read("ca.pem")
    }

    /// That OpenSSL verifies an exported certificate by its chain, up to the root.
    pub(super) fn verify(&self, exported: &Value, more: &[&str]) {
        let (leaf, chain) = (&exported["certificate"], &exported["certificate_chain"]);
        write(
            self.path(),
            &[("leaf.pem", &text(leaf)), ("chain.pem", &text(chain))],
        );
        let time = (NOW / 1000 + 60).to_string();
        let mut arguments = vec!["verify", "-attime", &time];
        arguments.extend(["-CAfile", "root.pem", "-untrusted", "chain.pem"]);
        arguments.extend(more);
        arguments.push("leaf.pem");
        let said = openssl(self.path(), &arguments);
        assert!(said.contains("leaf.pem: OK"), "{said}");
    }

    pub(super) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).unwrap()
    }
}

/// The arguments of [`Outside::issue`] with which `root` issues what a section of [`CONFIG`] is for.
pub(super) fn by_root(section: &str) -> [&str; 6] {
    [
        "-keyfile",
        "root.key",
        "-cert",
        "root.pem",
        "-extensions",
        section,
    ]
}

/// A desk and a CA outside it; none without OpenSSL.
pub(super) async fn desk_and_outside() -> Option<(Api, Outside)> {
    if !installed("importing CA certificates", "openssl") {
        return None;
    }
    Some((Api::start().await, Outside::new()))
}

pub(super) fn import(certificate: &str, chain: Option<&str>) -> Option<Value> {
    Some(json!({ "certificate": certificate, "certificate_chain": chain }))
}

#[tokio::test]
async fn a_certificate_from_elsewhere() {
    let Some((api, outside)) = desk_and_outside().await else {
        return;
    };
    let id = api.new_ca(pending("ours")).await;
    let pem = outside.certify(&api, &id, &["-extensions", "sub"]).await;
    // The order of the chain does not matter.
    let chain = outside.read("root.pem") + &outside.read("middle.pem");
    let path = format!("{CAS}/{id}/import");
    let answer = api.succeed("POST", &path, import(&pem, Some(&chain))).await;
    assert_eq!(answer, Value::Null);

    let shown = api.ca(&id).await;
    assert_eq!(shown["status"], "ACTIVED");
    assert_eq!(shown["gen_mode"], "IMPORT");
    assert_eq!(shown["issuer_id"], Value::Null);
    assert_eq!(shown["issuer_name"], "middle");
    assert_eq!(shown["path_length"], 1);
    assert_eq!(shown["signature_algorithm"], "SHA256");
    assert_eq!(shown["not_before"], 1_767_225_600_000_i64);
    assert_eq!(shown["not_after"], 1_924_992_000_000_i64);
    assert_eq!(shown["distinguished_name"]["common_name"], "ours");

    // It issues, and all that is below it leads to the root outside.
    let below = api.new_ca(subordinate("below", &id, 0)).await;
    let leaf = api
        .new_certificate(certificate("www.example.com", &below))
        .await;
    let exported = exported(&api, &leaf).await;
    let chain = text(&exported["certificate_chain"]);
    assert_eq!(chain.matches("BEGIN").count(), 4);
    let (_, ca_chain) = api.exported_ca(&below).await;
    assert!(chain.ends_with(&ca_chain));
    outside.verify(&exported, &[]);
    let body = subordinate("too deep", &below, 0);
    let text = "allows no CA below it";
    api.refused(("POST", CAS), Some(body), (400, "PCA.10010202"), text)
        .await;
}

#[tokio::test]
async fn the_chain_may_be_left_out_or_end_below_the_root() {
    let Some((api, outside)) = desk_and_outside().await else {
        return;
    };
    for (chain, certificates) in [
        (None, 0),
        (Some(String::new()), 0),
        (Some(outside.read("middle.pem")), 1),
    ] {
        let id = api.new_ca(pending("ours")).await;
        let pem = outside
            .certify(&api, &id, &["-extensions", "unlimited"])
            .await;
        let path = format!("{CAS}/{id}/import");
        api.succeed("POST", &path, import(&pem, chain.as_deref()))
            .await;
        let (_, exported) = api.exported_ca(&id).await;
        assert_eq!(exported.matches("BEGIN").count(), certificates);
        assert_eq!(
            api.ca(&id).await["path_length"],
            6,
            "no limit: the most that a subordinate shows"
        );
        // Only one certificate for a key and a serial number: imported once.
        api.refused(
            ("POST", &path),
            import(&pem, chain.as_deref()),
            (400, "PCA.10010201"),
            "a private CA in state ACTIVED cannot import a certificate",
        )
        .await;
    }
}

#[tokio::test]
async fn certificates_that_are_refused() {
    let Some((api, outside)) = desk_and_outside().await else {
        return;
    };
    let id = api.new_ca(pending("ours")).await;
    let path = format!("{CAS}/{id}/import");
    let sub = ["-extensions", "sub"];
    let good = outside.certify(&api, &id, &sub).await;
    let middle = outside.read("middle.pem");
    let stranger = outside.read("stranger.pem");
    let dated = |from: &'static str, to: &'static str| {
        ["-extensions", "sub", "-startdate", from, "-enddate", to]
    };
    let leaf = outside.certify(&api, &id, &["-extensions", "leaf"]).await;
    let expired = dated("20250101000000Z", "20260601115959Z");
    let expired = outside.certify(&api, &id, &expired).await;
    let early = dated("20260601120001Z", "20280101000000Z");
    let early = outside.certify(&api, &id, &early).await;
    let weak = outside
        .certify(&api, &id, &["-extensions", "sub", "-md", "sha1"])
        .await;
    let broken = good.replacen("MII", "MIA", 1);
    let twice = format!("{good}{good}");
    let key = outside.read("middle.key");
    for (certificate, chain, code, text) in [
        ("", None, "PCA.10010206", "certificate cannot be read"),
        ("junk", None, "PCA.10010206", "certificate cannot be read"),
        (&broken, None, "PCA.10010206", "certificate cannot be read"),
        (&twice, None, "PCA.10010206", "certificate cannot be read"),
        (&key, None, "PCA.10010206", "certificate cannot be read"),
        (
            &good,
            Some("junk"),
            "PCA.10010206",
            "certificate_chain cannot be read",
        ),
        (
            &middle,
            None,
            "PCA.10010207",
            "certificate is not for the key of this CA's CSR",
        ),
        (
            &leaf,
            None,
            "PCA.10010204",
            "certificate must be a CA certificate",
        ),
        (
            &expired,
            None,
            "PCA.10010209",
            "certificate is not valid at this time",
        ),
        (
            &early,
            None,
            "PCA.10010209",
            "certificate is not valid at this time",
        ),
        (
            &good,
            Some(stranger.as_str()),
            "PCA.10010208",
            "certificate_chain:",
        ),
        (
            &weak,
            None,
            "PCA.10010210",
            "SHA256, SHA384, SHA512 and SM3",
        ),
    ] {
        let body = import(certificate, chain);
        api.refused(("POST", &path), body, (400, code), text).await;
        assert_eq!(api.ca(&id).await["status"], "PENDING", "{text}");
    }
    let body = Some(json!({ "certificate_chain": "c" }));
    let text = "certificate is required";
    api.refused(("POST", &path), body, (400, "PCA.10010105"), text)
        .await;
    // What was refused left the CA as it was.
    api.succeed("POST", &path, import(&good, Some(&middle)))
        .await;
}

#[tokio::test]
async fn a_chain_outside_its_rules_is_refused() {
    let Some((api, outside)) = desk_and_outside().await else {
        return;
    };
    let id = api.new_ca(pending("ours")).await;
    let pem = outside.certify(&api, &id, &["-extensions", "sub"]).await;
    // The same name and key, but the certificate of no CA.
    outside.issue("middle.csr", "middle.pem", &by_root("leaf"));
    let path = format!("{CAS}/{id}/import");
    let body = import(&pem, Some(&outside.read("middle.pem")));
    api.refused(
        ("POST", &path),
        body,
        (400, "PCA.10010208"),
        "certificate_chain:",
    )
    .await;
}

#[tokio::test]
async fn an_imported_ca_expires_by_the_clock() {
    let Some((mut api, outside)) = desk_and_outside().await else {
        return;
    };
    let id = api.new_ca(pending("ours")).await;
    let week = [
        "-extensions",
        "sub",
        "-startdate",
        "20260601000000Z",
        "-enddate",
        "20260608120000Z",
    ];
    let pem = outside.certify(&api, &id, &week).await;
    let path = format!("{CAS}/{id}/import");
    api.succeed("POST", &path, import(&pem, None)).await;
    assert_eq!(api.ca(&id).await["status"], "ACTIVED");
    let long = with(
        &certificate("www.example.com", &id),
        &json!({ "validity": { "type": "DAY", "value": 8 } }),
    );
    let text = "within the validity of the issuing CA";
    api.refused(
        ("POST", CERTIFICATES),
        Some(long),
        (400, "PCA.10010202"),
        text,
    )
    .await;
    api.clock.advance_ms(7 * DAY);
    api.log_in_again().await;
    assert_eq!(api.ca(&id).await["status"], "EXPIRED");
    // A root beside it does not.
    let other = api.new_ca(root("root")).await;
    assert_eq!(api.ca(&other).await["status"], "ACTIVED");
}
