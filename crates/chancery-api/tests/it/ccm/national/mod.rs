//! The SM family in the private CA service: SM2 CAs, pairs of certificates, envelopes.

mod export;
mod issue;
mod refusals;

use serde_json::{Value, json};

use super::{CERTIFICATES, certificate, root, subordinate, text, with};
use crate::support::{Api, NOW};
use crate::tools::{openssl, write};

/// What makes a body one of SM2.
fn sm2(body: &Value) -> Value {
    let more = json!({ "key_algorithm": "SM2", "signature_algorithm": "SM3" });
    with(body, &more)
}

/// A desk with an SM2 root CA and an issuing CA below it.
async fn desk() -> (Api, String) {
    let api = Api::start().await;
    let root = api.new_ca(sm2(&root("root"))).await;
    let issuer = api.new_ca(sm2(&subordinate("issuing", &root, 0))).await;
    (api, issuer)
}

/// A pair whose keys were made here.
async fn pair(api: &Api, issuer: &str) -> String {
    api.new_certificate(sm2(&certificate("www.example.com", issuer)))
        .await
}

/// A pair from a CSR that OpenSSL signs with this user id, and the key that stays outside, PEM.
async fn pair_from_csr(api: &Api, issuer: &str, id: Option<&str>) -> (String, String) {
    let (csr, key) = csr(id);
    let body = json!({
        "issuer_id": issuer, "csr": csr, "validity": { "type": "DAY", "value": 1 },
    });
    let path = format!("{CERTIFICATES}/csr");
    let answer = api.succeed("POST", &path, Some(body)).await;
    (text(&answer["certificate_id"]), key)
}

/// A CSR that OpenSSL signs with this user id (it leaves the id empty when told none), and its key.
fn csr(id: Option<&str>) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let id = id.map(|id| format!("distid:{id}"));
    let generate = [
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:SM2",
    ];
    openssl(folder.path(), &[&generate[..], &["-out", "r.key"]].concat());
    let subject = ["-subj", "/CN=csr.example.com"];
    let request = ["req", "-new", "-key", "r.key", "-sm3", "-out", "r.csr"];
    let mut arguments = [&request[..], &subject].concat();
    if let Some(id) = &id {
        arguments.extend(["-sigopt", id]);
    }
    openssl(folder.path(), &arguments);
    let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
    (read("r.csr"), read("r.key"))
}

/// The JSON form of an export.
async fn exported(api: &Api, id: &str, more: Value) -> Value {
    let body = with(&json!({ "type": "OTHER", "is_compressed": "false" }), &more);
    let path = format!("{CERTIFICATES}/{id}/export");
    api.succeed("POST", &path, Some(body)).await
}

/// Verifies both halves, and each CA, with OpenSSL: link by link, since it applies the user id to
/// the last certificate of a chain alone.
fn verify(answer: &Value) {
    let now = (NOW / 1000 + 60).to_string();
    let id = "distid:1234567812345678";
    let start = ["verify", "-vfyopt", id, "-attime", &now];
    let folder = tempfile::tempdir().unwrap();
    let chain = text(&answer["certificate_chain"]);
    let end = "-----END CERTIFICATE-----";
    let issuers: Vec<_> = chain.split_inclusive(end).collect();
    let [issuing, root] = issuers[..] else {
        panic!("{} issuers", issuers.len())
    };
    write(
        folder.path(),
        &[
            ("root.pem", root.trim()),
            ("issuing.pem", issuing.trim()),
            ("sign.pem", &text(&answer["certificate"])),
            ("enc.pem", &text(&answer["enc_certificate"])),
        ],
    );
    let verify = |more: &[&str]| openssl(folder.path(), &[&start[..], more].concat());
    verify(&["-CAfile", "root.pem", "issuing.pem"]);
    for leaf in ["sign.pem", "enc.pem"] {
        verify(&["-partial_chain", "-trusted", "issuing.pem", leaf]);
    }
}
