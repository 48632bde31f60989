//! `POST /v1/private-certificates/csr` and `/csr/parse`, with CSRs of OpenSSL.

use std::path::Path;

use serde_json::{Value, json};

use super::{CAS, CERTIFICATES, NO_ID, desk, exported, text, with, without};
use crate::ccm::{certificate, subordinate};
use crate::support::{Api, DAY, NOW, fields};
use crate::tools::{installed, openssl, printed, write};

const PATH: &str = "/v1/private-certificates/csr";
const CONFIG: &str = "
[req]
distinguished_name = name
[name]
[san]
subjectAltName = DNS:a.example.com, IP:192.0.2.1
[usage]
keyUsage = digitalSignature, nonRepudiation
extendedKeyUsage = clientAuth
[ca]
keyUsage = keyCertSign
[both]
keyUsage = keyCertSign, cRLSign
[staff]
subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root@example.com
[much]
subjectAltName = DNS:a.example.com, otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root@example.com
extendedKeyUsage = 1.3.6.1.4.1.311.10.3.12, OCSPSigning
tlsfeature = status_request
certificatePolicies = 1.2.3.4
basicConstraints = CA:TRUE
";

/// A CSR with a new key; `more` are further arguments of `openssl req`.
fn csr(folder: &Path, key: &[&str], subject: &str, more: &[&str]) -> String {
    write(folder, &[("req.cnf", CONFIG)]);
    let mut arguments = vec![
        "req", "-new", "-nodes", "-utf8", "-config", "req.cnf", "-keyout", "r.key", "-out",
        "r.csr", "-subj", subject, "-newkey",
    ];
    arguments.extend(key);
    arguments.extend(more);
    openssl(folder, &arguments);
    std::fs::read_to_string(folder.join("r.csr")).unwrap()
}

const EC: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const SUBJECT: &str = "/C=DE/O=Other/CN=www.example.com";

fn asked(issuer: &str, csr: &str) -> Value {
    json!({
        "issuer_id": issuer, "csr": csr, "validity": { "type": "DAY", "value": 30 },
    })
}

async fn issue(api: &Api, body: Value) -> String {
    let answer = api.succeed("POST", PATH, Some(body)).await;
    assert_eq!(fields(&answer), ["certificate_id"]);
    text(&answer["certificate_id"])
}

/// The alphabet of names is the service's, for what its callers type; a CSR was made elsewhere.
#[tokio::test]
async fn a_subject_may_be_any_text_or_none() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (subject, listed, printed_as) in [
        (
            "/O=Müller & Söhne (Test)/CN=ops@example.com",
            "ops@example.com",
            "ops@example.com",
        ),
        (
            "/",
            "a.example.com",
            "X509v3 Subject Alternative Name: critical",
        ),
        ("/O=Acme", "a.example.com", "O = Acme"),
    ] {
        let csr = csr(folder, EC, subject, &["-reqexts", "san"]);
        let id = issue(&api, asked(&issuer, &csr)).await;
        let path = format!("{CERTIFICATES}?name={}", listed.replace('@', "%40"));
        let found = api.succeed("GET", &path, None).await;
        let ids = found["certificates"].as_array().unwrap().iter();
        assert!(
            ids.clone().any(|one| one["certificate_id"] == id.as_str()),
            "{subject}: {found}"
        );
        let said = printed(&text(&exported(&api, &id).await["certificate"]));
        assert!(said.contains(printed_as), "{said}");
        assert!(said.contains("DNS:a.example.com"), "{said}");
    }
}

#[tokio::test]
async fn an_entity_keeps_its_key_and_its_name() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    for (key, algorithm) in [
        (&["rsa:2048"][..], "RSA2048"),
        (EC, "EC256"),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "EC384"),
    ] {
        let pem = csr(folder.path(), key, SUBJECT, &["-reqexts", "san"]);
        let body = with(
            &asked(&issuer, &pem.replace('\n', "\r\n")),
            &json!({ "type": "ENTITY_CERT", "path_length": null }),
        );
        let id = issue(&api, body).await;
        let shown = api
            .succeed("GET", &format!("{CERTIFICATES}/{id}"), None)
            .await;
        assert_eq!(shown["gen_mode"], "CSR");
        assert_eq!(shown["key_algorithm"], algorithm);
        assert_eq!(shown["signature_algorithm"], "SHA384");
        assert_eq!(shown["not_after"], NOW + 30 * DAY);
        assert_eq!(
            shown["distinguished_name"],
            json!({
                "common_name": "www.example.com", "country": "DE", "state": null,
                "locality": null, "organization": "Other", "organizational_unit": null,
            }),
            "nothing is inherited"
        );
        let answer = exported(&api, &id).await;
        assert_eq!(fields(&answer), ["certificate", "certificate_chain"]);
        let (root, _) = api.exported_ca(&issuer).await;
        write(
            folder.path(),
            &[
                ("leaf.pem", &text(&answer["certificate"])),
                ("root.pem", &root),
            ],
        );
        let of_key = openssl(folder.path(), &["pkey", "-in", "r.key", "-pubout"]);
        let of_leaf = openssl(
            folder.path(),
            &["x509", "-in", "leaf.pem", "-noout", "-pubkey"],
        );
        assert_eq!(of_key, of_leaf);
        let time = (NOW / 1000 + 60).to_string();
        let verify = [
            "verify",
            "-x509_strict",
            "-attime",
            &time,
            "-verify_hostname",
            "a.example.com",
            "-CAfile",
            "root.pem",
            "leaf.pem",
        ];
        assert!(openssl(folder.path(), &verify).contains("OK"));
        let said = printed(&text(&answer["certificate"]));
        assert!(said.contains("Digital Signature, Key Agreement"), "{said}");
    }
    let list = api.succeed("GET", CERTIFICATES, None).await;
    assert_eq!(list["total"], 3);
}

#[tokio::test]
async fn what_the_csr_asks_for_is_in_the_certificate() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let pem = csr(folder.path(), EC, SUBJECT, &["-reqexts", "usage"]);
    // What the body says beside the CSR does not count.
    let more = json!({ "subject_alternative_names": [{ "type": "DNS", "value": "evil.example" }] });
    let id = issue(&api, with(&asked(&issuer, &pem), &more)).await;
    let said = printed(&text(&exported(&api, &id).await["certificate"]));
    for line in [
        "Digital Signature, Non Repudiation",
        "TLS Web Client Authentication",
        "DNS:www.example.com",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("evil"), "{said}");
}

/// What limits a certificate is kept, and what is nobody's here to say is left out.
#[tokio::test]
async fn limits_are_kept_and_what_is_left_out_is_named() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let subject = "/C=DE/CN=www.example.com/emailAddress=ops@example.com";
    let pem = csr(folder.path(), EC, subject, &["-reqexts", "much"]);
    let left_out = "left out: subjectAltName otherName; left out: extKeyUsage 1.3.6.1.5.5.7.3.9; \
                    left out: certificatePolicies";
    let parse = json!({ "csr": pem });
    let (_, notes) = api.noted("POST", &format!("{PATH}/parse"), parse).await;
    assert_eq!(notes, left_out);
    let (answer, notes) = api.noted("POST", PATH, asked(&issuer, &pem)).await;
    assert_eq!(
        notes,
        format!("{left_out}; left out: basicConstraints CA:TRUE")
    );
    let id = text(&answer["certificate_id"]);
    let said = printed(&text(&exported(&api, &id).await["certificate"]));
    for line in [
        "Extended Key Usage: \n                1.3.6.1.4.1.311.10.3.12\n",
        "TLS Feature: \n                status_request",
        "DNS:a.example.com, email:ops@example.com\n",
        "CA:FALSE",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    for never in ["othername", "OCSP Signing", "Certificate Policies"] {
        assert!(!said.contains(never), "{never}\n{said}");
    }
}

#[tokio::test]
async fn csrs_that_are_refused() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = csr(folder, EC, SUBJECT, &[]);
    // Another signature under the same body: the proof of possession fails.
    let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    let last = body.trim_end_matches('=').len() - 3;
    let swap = if &body[last..=last] == "A" { "B" } else { "A" };
    let forged = format!("{}{swap}{}", &body[..last], &body[last + 1..]);
    let forged = format!(
        "-----BEGIN CERTIFICATE REQUEST-----\n{forged}\n-----END CERTIFICATE REQUEST-----\n"
    );
    let cases = [
        (String::new(), "PCA.10010205", "csr cannot be taken"),
        ("junk".to_owned(), "PCA.10010205", "csr cannot be taken"),
        (
            good.replace("CERTIFICATE REQUEST", "CERTIFICATE"),
            "PCA.10010205",
            "csr cannot be taken",
        ),
        (
            good[..200].to_owned(),
            "PCA.10010205",
            "csr cannot be taken",
        ),
        (forged, "PCA.10010205", "csr cannot be taken"),
        (
            csr(folder, &["rsa:1024"], SUBJECT, &[]),
            "PCA.10010205",
            "csr cannot be taken",
        ),
        (
            csr(folder, &["ed25519"], SUBJECT, &[]),
            "PCA.10010205",
            "csr cannot be taken",
        ),
        (
            csr(folder, &["rsa:3072"], SUBJECT, &[]),
            "PCA.10010210",
            "csr must have a key of one of RSA2048, RSA4096, EC256, EC384",
        ),
        (
            csr(folder, EC, "/O=Nameless", &[]),
            "PCA.00020101",
            "distinguished_name.common_name is required",
        ),
        (
            csr(
                folder,
                EC,
                &format!("/CN={}", "x".repeat(64)).replace('x', "é"),
                &["-reqexts", "ca"],
            ),
            "PCA.10010105",
            "key_usages must not contain keyCertSign",
        ),
        (
            csr(folder, EC, "/O= /CN=a", &[]),
            "PCA.10010205",
            "csr cannot be taken: subject: organization must have 1 to 64 characters",
        ),
        (
            csr(folder, EC, SUBJECT, &["-reqexts", "staff"]),
            "PCA.10010205",
            "csr cannot be taken: extensions: subjectAltName must not hold a name of the kind otherName",
        ),
        (
            csr(folder, EC, SUBJECT, &["-reqexts", "ca"]),
            "PCA.10010105",
            "key_usages must not contain keyCertSign",
        ),
    ];
    for (pem, code, text) in cases {
        let body = asked(&issuer, &pem);
        api.refused(("POST", PATH), Some(body), (400, code), text)
            .await;
    }
    let more = [
        (
            json!({ "type": "SERVER" }),
            "PCA.00020202",
            "type must be ENTITY_CERT or INTERMEDIATE_CA",
        ),
        (
            json!({ "issuer_id": "x" }),
            "PCA.00020201",
            "issuer_id must be an id",
        ),
        (
            json!({ "validity": { "type": "YEAR", "value": 21 } }),
            "PCA.00020109",
            "validity.value",
        ),
        (
            json!({ "validity": { "type": "YEAR", "value": 11 } }),
            "PCA.10010202",
            "within the validity of the issuing CA",
        ),
    ];
    for (more, code, text) in more {
        let body = with(&asked(&issuer, &good), &more);
        api.refused(("POST", PATH), Some(body), (400, code), text)
            .await;
    }
    for field in ["issuer_id", "csr", "validity"] {
        let body = without(&asked(&issuer, &good), field);
        let text = format!("{field} is required");
        api.refused(("POST", PATH), Some(body), (400, "PCA.10010105"), &text)
            .await;
    }
    let body = asked(NO_ID, &good);
    api.refused(
        ("POST", PATH),
        Some(body),
        (404, "PCA.10010002"),
        "does not exist",
    )
    .await;
    assert_eq!(api.succeed("GET", CERTIFICATES, None).await["total"], 0);
}

#[tokio::test]
async fn an_intermediate_ca_is_seen_by_its_id_alone() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let pem = csr(folder.path(), EC, SUBJECT, &["-reqexts", "both"]);
    let more = json!({ "type": "INTERMEDIATE_CA", "path_length": "1" });
    let id = issue(&api, with(&asked(&issuer, &pem), &more)).await;
    let shown = api.ca(&id).await;
    assert_eq!(shown["type"], "SUBORDINATE");
    assert_eq!(shown["status"], "ACTIVED");
    assert_eq!(shown["gen_mode"], "CSR");
    assert_eq!(shown["path_length"], 1);
    assert_eq!(shown["issuer_id"], issuer.as_str());
    assert_eq!(shown["signature_algorithm"], "SHA384");
    let (certificate_pem, chain) = api.exported_ca(&id).await;
    let said = printed(&certificate_pem);
    for line in ["CA:TRUE, pathlen:1", "Certificate Sign, CRL Sign"] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    write(
        folder.path(),
        &[("ca.pem", &certificate_pem), ("root.pem", &chain)],
    );
    let time = (NOW / 1000 + 60).to_string();
    let verify = [
        "verify",
        "-x509_strict",
        "-attime",
        &time,
        "-CAfile",
        "root.pem",
        "ca.pem",
    ];
    assert!(openssl(folder.path(), &verify).contains("OK"));

    assert_eq!(
        api.succeed("GET", CAS, None).await["total"],
        1,
        "only the root"
    );
    assert_eq!(api.succeed("GET", CERTIFICATES, None).await["total"], 0);
    let path = format!("{CERTIFICATES}/{id}");
    let text = "does not exist";
    api.refused(("GET", &path), None, (404, "PCA.10010002"), text)
        .await;
    let text = "has its key elsewhere and cannot issue here";
    for (path, body) in [
        (CERTIFICATES, certificate("n", &id)),
        (CAS, subordinate("n", &id, 0)),
        (PATH, asked(&id, &pem)),
    ] {
        api.refused(("POST", path), Some(body), (400, "PCA.10010202"), text)
            .await;
    }
}

#[tokio::test]
async fn an_intermediate_ca_keeps_to_the_path() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let pem = csr(folder.path(), EC, SUBJECT, &[]);
    let one = api.new_ca(subordinate("one", &issuer, 1)).await;
    let zero = api.new_ca(subordinate("zero", &one, 0)).await;
    let ca = |issuer: &str, path_length: Value| {
        let more = json!({ "type": "INTERMEDIATE_CA", "path_length": path_length });
        with(&asked(issuer, &pem), &more)
    };
    for (body, code, text) in [
        (
            ca(&issuer, json!(7)),
            "PCA.00020203",
            "path_length must be a number from 0 to 6",
        ),
        (
            ca(&issuer, json!(-1)),
            "PCA.00020203",
            "path_length must be a number from 0 to 6",
        ),
        (
            ca(&one, json!(1)),
            "PCA.10010202",
            "must be below the issuing CA's, which is 1",
        ),
        (
            ca(&zero, Value::Null),
            "PCA.10010202",
            "allows no CA below it",
        ),
    ] {
        api.refused(("POST", PATH), Some(body), (400, code), text)
            .await;
    }
    let id = issue(&api, ca(&one, Value::Null)).await;
    assert_eq!(api.ca(&id).await["path_length"], 0);
}

#[tokio::test]
async fn csrs_are_parsed() {
    if !installed("parsing CSRs", "openssl") {
        return;
    }
    let (api, _) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let path = "/v1/private-certificates/csr/parse";
    for (key, family, bits, signature) in [
        (&["rsa:2048"][..], "RSA", 2048, "SHA256withRSA"),
        (EC, "EC", 256, "SHA256withECDSA"),
    ] {
        let subject = "/C=DE/ST=Bayern/L=Ulm/O=Other/OU=ops/CN=汉 www";
        let pem = csr(folder.path(), key, subject, &["-sha256"]);
        let answer = api.succeed("POST", path, Some(json!({ "csr": pem }))).await;
        let public = openssl(folder.path(), &["pkey", "-in", "r.key", "-pubout"]);
        assert_eq!(
            answer,
            json!({
                "key_algorithm": family, "key_algorithm_length": bits,
                "signature_algorithm": signature,
                "public_key": public.replace('\n', "\r\n"),
                "distinguished_name": {
                    "common_name": "汉 www", "country": "DE", "state": "Bayern",
                    "locality": "Ulm", "organization": "Other", "organizational_unit": "ops",
                },
            })
        );
    }
    for (body, code, text) in [
        (json!({ "csr": "x" }), "PCA.10010205", "csr cannot be taken"),
        (json!({}), "PCA.10010105", "csr is required"),
        (json!({ "csr": 1 }), "PCA.10010105", "csr must be a string"),
    ] {
        api.refused(("POST", path), Some(body), (400, code), text)
            .await;
    }
}
