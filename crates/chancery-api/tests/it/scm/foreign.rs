//! Certificates and keys that OpenSSL made, and what OpenSSL says of an export.

use serde_json::{Value, json};

use super::material::bring;
use crate::openssl::OpenSsl;
use crate::support::Api;

const PATH: &str = "/v3/scm/certificates/import";

/// A server's certificate, in the words of OpenSSL.
struct Leaf<'a> {
    /// Of its files.
    name: &'a str,
    /// What follows `-algorithm`.
    key: &'a str,
    subject: &'a str,
    extension: &'a str,
    /// Of the issuer's signature.
    hash: &'a str,
}

impl Default for Leaf<'_> {
    fn default() -> Self {
        Self {
            name: "leaf",
            key: "RSA -pkeyopt rsa_keygen_bits:2048",
            subject: "/CN=www.example.com",
            extension: "subjectAltName=DNS:www.example.com,DNS:example.com",
            hash: "-sha256",
        }
    }
}

/// Writes `root` and `intermediate` with RSA keys; the hash is of the intermediate's signature.
fn authorities(openssl: &OpenSsl, intermediate_hash: &str) {
    openssl.run(
        "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 3650 \
         -subj /CN=Foreign-Root -sha256",
    );
    openssl.run(
        "req -new -newkey rsa:2048 -nodes -keyout intermediate.key -out intermediate.csr \
         -subj /CN=Foreign-Intermediate",
    );
    openssl.write(
        "ca.ext",
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n",
    );
    openssl.run(&format!(
        "x509 -req -in intermediate.csr -CA root.pem -CAkey root.key -CAcreateserial \
         -out intermediate.pem -days 2000 -extfile ca.ext {intermediate_hash}"
    ));
}

impl Leaf<'_> {
    /// Writes `name.key` (PKCS#8) and `name.pem`, issued by the intermediate.
    fn make(&self, openssl: &OpenSsl) {
        let Self {
            name,
            key,
            subject,
            extension,
            hash,
        } = self;
        openssl.run(&format!("genpkey -algorithm {key} -out {name}.key"));
        openssl.run(&format!(
            "req -new -key {name}.key -out {name}.csr -subj {subject}"
        ));
        openssl.write(&format!("{name}.ext"), format!("{extension}\n"));
        openssl.run(&format!(
            "x509 -req -in {name}.csr -CA intermediate.pem -CAkey intermediate.key \
             -CAcreateserial -out {name}.pem -days 365 -extfile {name}.ext {hash}"
        ));
    }
}

/// The body that brings files of the folder.
fn body(openssl: &OpenSsl, certificates: &[&str], key: &str) -> Value {
    let certificates: String = certificates.iter().map(|name| openssl.text(name)).collect();
    json!({ "name": "foreign", "certificate": certificates, "private_key": openssl.text(key) })
}

/// Writes an export to files and lets OpenSSL judge: the chain holds up to the root, and the key
/// is sound and the certificate's.
async fn judge(api: &Api, openssl: &OpenSsl, id: &str, label: &str) {
    let path = format!("/v3/scm/certificates/{id}/export");
    let exported = api.succeed("POST", &path, None).await;
    for field in ["certificate", "certificate_chain", "private_key"] {
        openssl.write(field, exported[field].as_str().unwrap());
    }
    assert!(openssl.text("private_key").starts_with(label));
    let verified = openssl
        .run("verify -no_check_time -CAfile root.pem -untrusted certificate_chain certificate");
    assert_eq!(verified.trim(), "certificate: OK");
    openssl.run("pkey -in private_key -check -noout");
    assert_eq!(
        openssl.run("pkey -in private_key -pubout"),
        openssl.run("x509 -in certificate -pubkey -noout")
    );
    let shown = api
        .succeed("GET", &format!("/v3/scm/certificates/{id}"), None)
        .await;
    let fingerprint = openssl.run("x509 -in certificate -fingerprint -sha1 -noout");
    let fingerprint = fingerprint
        .trim()
        .rsplit('=')
        .next()
        .unwrap()
        .replace(':', "");
    assert_eq!(shown["fingerprint"], fingerprint);
}

#[tokio::test]
async fn keys_in_every_form_are_taken() {
    let Some(openssl) = OpenSsl::new("importing foreign keys") else {
        return;
    };
    let api = Api::start().await;
    authorities(&openssl, "-sha384");
    Leaf::default().make(&openssl);
    openssl.run("rsa -in leaf.key -traditional -out leaf.pkcs1");
    // The whole chain in one text, with the root in the middle.
    let chain = ["leaf.pem", "root.pem", "intermediate.pem"];
    for key in ["leaf.key", "leaf.pkcs1"] {
        let id = bring(&api, body(&openssl, &chain, key)).await;
        judge(&api, &openssl, &id, "-----BEGIN RSA PRIVATE KEY-----").await;
    }
    for curve in ["P-256", "P-384"] {
        let leaf = Leaf {
            key: &format!("EC -pkeyopt ec_paramgen_curve:{curve}"),
            ..Leaf::default()
        };
        leaf.make(&openssl);
        openssl.run("ec -in leaf.key -out leaf.sec1");
        let named = openssl.run("ecparam -name prime256v1");
        openssl.write("leaf.both", named + &openssl.text("leaf.sec1"));
        for key in ["leaf.key", "leaf.sec1", "leaf.both"] {
            let id = bring(&api, body(&openssl, &chain, key)).await;
            judge(&api, &openssl, &id, "-----BEGIN PRIVATE KEY-----").await;
        }
    }
}

#[tokio::test]
async fn certificates_of_old_and_plain_kinds_are_taken() {
    let Some(openssl) = OpenSsl::new("importing foreign certificates") else {
        return;
    };
    let api = Api::start().await;
    // Version 1: no extensions, only a common name.
    openssl.run("req -new -newkey rsa:2048 -nodes -keyout v1.key -out v1.csr -subj /CN=localhost");
    openssl.run("x509 -req -in v1.csr -signkey v1.key -out v1.pem -days 365");
    let id = bring(&api, body(&openssl, &["v1.pem"], "v1.key")).await;
    let shown = api
        .succeed("GET", &format!("/v3/scm/certificates/{id}"), None)
        .await;
    assert_eq!(
        (&shown["domain"], &shown["signature_algorithm"]),
        (&json!("localhost"), &json!("SHA256withRSA"))
    );
    // Addresses only, and a subject that is no name of a server.
    authorities(&openssl, "-sha256");
    let leaf = Leaf {
        subject: "/O=Router",
        extension: "subjectAltName=IP:192.0.2.1,IP:2001:db8::1",
        ..Leaf::default()
    };
    leaf.make(&openssl);
    let id = bring(
        &api,
        body(&openssl, &["leaf.pem", "intermediate.pem"], "leaf.key"),
    )
    .await;
    let shown = api
        .succeed("GET", &format!("/v3/scm/certificates/{id}"), None)
        .await;
    assert_eq!(
        (&shown["domain"], &shown["sans"], &shown["domain_count"]),
        (&json!("192.0.2.1"), &json!("2001:db8::1"), &json!(2))
    );
    // An old root: its signature on itself proves nothing, whatever its hash.
    openssl.run("x509 -in root.pem -signkey root.key -sha1 -out old.pem");
    let text = openssl.run("x509 -in old.pem -noout -text");
    assert!(text.contains("sha1WithRSAEncryption"), "{text}");
    let chain = ["leaf.pem", "intermediate.pem", "old.pem"];
    bring(&api, body(&openssl, &chain, "leaf.key")).await;
}

#[tokio::test]
async fn weak_and_unusable_ones_are_refused() {
    let Some(openssl) = OpenSsl::new("refusing foreign certificates") else {
        return;
    };
    let api = Api::start().await;
    authorities(&openssl, "-sha256");
    let refuse = async |certificates: &[&str], key: &str, code: &str, text: &str| {
        let body = body(&openssl, certificates, key);
        api.refused(("POST", PATH), Some(body), (400, code), text)
            .await;
    };
    let sha1 = Leaf {
        name: "sha1",
        hash: "-sha1",
        ..Leaf::default()
    };
    sha1.make(&openssl);
    let text = "certificate is too weak: signature algorithm SHA1withRSA";
    refuse(&["sha1.pem"], "sha1.key", "SCM.0031", text).await;

    let short = Leaf {
        name: "short",
        key: "RSA -pkeyopt rsa_keygen_bits:1024",
        ..Leaf::default()
    };
    short.make(&openssl);
    let text = "certificate is too weak: RSA key of 1024 bits";
    refuse(&["short.pem"], "short.key", "SCM.0031", text).await;

    Leaf::default().make(&openssl);
    openssl.run("pkcs8 -topk8 -in leaf.key -out pkcs8.enc -passout pass:secret -v2 aes256");
    openssl.run("rsa -in leaf.key -traditional -aes128 -passout pass:secret -out old.enc");
    let text = "private_key is encrypted: it must be given without a password";
    refuse(&["leaf.pem"], "pkcs8.enc", "SCM.0012", text).await;
    refuse(&["leaf.pem"], "old.enc", "SCM.0012", text).await;

    for (key, text) in [
        (
            "EC -pkeyopt ec_paramgen_curve:P-521",
            "are P-256, P-384 and SM2",
        ),
        ("ED25519", "allowed are RSA, EC and SM2"),
    ] {
        let other = Leaf {
            name: "other",
            key,
            ..Leaf::default()
        };
        other.make(&openssl);
        refuse(&["other.pem"], "other.key", "SCM.0012", text).await;
    }

    let person = Leaf {
        name: "person",
        subject: "/CN=ada@example.com",
        extension: "subjectAltName=email:ada@example.com",
        ..Leaf::default()
    };
    person.make(&openssl);
    let text = "certificate must be for a host name or an IP address";
    refuse(&["person.pem"], "person.key", "SCM.0070", text).await;

    // So is a chain that is as strong as its weakest link.
    authorities(&openssl, "-sha1");
    Leaf::default().make(&openssl);
    let text = "the chain in certificate: \"CN=Foreign-Intermediate\" is too weak";
    refuse(
        &["leaf.pem", "intermediate.pem"],
        "leaf.key",
        "SCM.0031",
        text,
    )
    .await;
    let list = api.succeed("GET", "/v3/scm/certificates", None).await;
    assert_eq!(list["total_count"], 0);
}
