//! `POST /v3/scm/certificates/import`.

use http::StatusCode;
use serde_json::{Value, json};

use super::material::{Chain, Identity, Wanted, authority, bring};
use crate::support::{Api, DAY, NOW};

pub(super) const PATH: &str = "/v3/scm/certificates/import";

/// One import that is not taken.
pub(super) struct Refused<'a> {
    pub(super) api: &'a Api,
    pub(super) body: Value,
}

impl Refused<'_> {
    /// Refuses the body with these fields in place of its own; null leaves a field out.
    pub(super) async fn with(&self, fields: &[(&str, Value)], code: &str, text: &str) {
        let mut body = self.body.clone();
        for (field, value) in fields {
            body[*field] = value.clone();
        }
        self.api
            .refused(("POST", PATH), Some(body), (400, code), text)
            .await;
    }
}

pub(super) async fn count(api: &Api) -> u64 {
    let list = api.succeed("GET", "/v3/scm/certificates", None).await;
    list["total_count"].as_u64().unwrap()
}

#[tokio::test]
async fn chains_come_in_any_form() {
    let api = Api::start().await;
    let chain = Chain::new();
    let server = chain.server(&Wanted::default());
    let (leaf, intermediate, root) = (server.pem(), chain.intermediate.pem(), chain.root.pem());
    let with_root = format!("{leaf}{intermediate}{root}");
    let without_root = format!("{leaf}{intermediate}");
    for (certificate, certificate_chain, expected) in [
        (with_root.clone(), Value::Null, &with_root),
        (
            format!("{leaf}{root}{intermediate}"),
            Value::Null,
            &with_root,
        ),
        (without_root.clone(), json!(""), &without_root),
        (
            leaf.clone(),
            json!(format!("{root}{intermediate}")),
            &with_root,
        ),
        (leaf.clone(), json!(intermediate), &without_root),
        // Both files of a client that keeps `fullchain.pem` and `chain.pem`.
        (without_root.clone(), json!(without_root), &without_root),
        // As on Windows, and as Terraform's client trims it.
        (
            leaf.trim_end().replace('\n', "\r\n"),
            json!(format!("\n{}\n\n", intermediate.trim_end())),
            &without_root,
        ),
        (leaf.clone(), Value::Null, &leaf),
    ] {
        let mut body = chain.body(&server);
        body["certificate"] = certificate.into();
        body["certificate_chain"] = certificate_chain;
        let id = bring(&api, body).await;
        let path = format!("/v3/scm/certificates/{id}/export");
        let exported = api.succeed("POST", &path, None).await;
        assert_eq!(exported["entire_certificate"], expected.trim_end());
    }
}

#[tokio::test]
async fn self_signed_and_not_yet_valid_ones_are_taken() {
    let api = Api::start().await;
    let itself = authority("router.example", None);
    let body = json!({
        "name": "self-signed", "certificate": itself.pem(), "private_key": itself.key_pem(),
    });
    bring(&api, body).await;
    let next = Wanted {
        validity: (DAY, 90 * DAY),
        ..Wanted::default()
    };
    let id = Chain::new().bring(&api, "next", &next).await;
    let path = format!("/v3/scm/certificates/{id}");
    let shown = api.succeed("GET", &path, None).await;
    assert_eq!(
        (&shown["status"], &shown["not_before"]),
        (&json!("UPLOAD"), &json!("2026-06-02 12:00:00.0"))
    );
}

#[tokio::test]
async fn duplicates_are_a_matter_of_taste() {
    let api = Api::start().await;
    let chain = Chain::new();
    let mut body = chain.body(&chain.server(&Wanted::default()));
    body["duplicate_check"] = "true".into();
    let project = "6434f74f-2d13-4e6a-89eb-93ee313f1a43";
    api.enterprise_project(project).await;
    body["enterprise_project_id"] = project.into();
    let first = bring(&api, body.clone()).await;
    let path = format!("/v3/scm/certificates/{first}");
    assert_eq!(
        api.succeed("GET", &path, None).await["enterprise_project_id"],
        project
    );
    let text = "certificate is in the store already, and duplicate_check is true";
    api.refused(("POST", PATH), Some(body.clone()), (400, "SCM.0001"), text)
        .await;
    assert_eq!(count(&api).await, 1);
    for check in [json!(false), Value::Null, json!("")] {
        body["duplicate_check"] = check;
        bring(&api, body.clone()).await;
    }
    assert_eq!(count(&api).await, 4);
}

#[tokio::test]
async fn ids_are_the_next_free_millisecond() {
    let api = Api::start().await;
    let chain = Chain::new();
    let body = chain.body(&chain.server(&Wanted::default()));
    let (a, b, c) = tokio::join!(
        bring(&api, body.clone()),
        bring(&api, body.clone()),
        bring(&api, body.clone())
    );
    let mut ids = [a, b, c];
    ids.sort_unstable();
    assert_eq!(ids, [0, 1, 2].map(|later| format!("scs{}", NOW + later)));
    for id in &ids {
        let path = format!("/v3/scm/certificates/{id}/export");
        let exported = api.succeed("POST", &path, None).await;
        assert_eq!(
            exported["private_key"],
            body["private_key"].as_str().unwrap().trim_end()
        );
    }
}

#[tokio::test]
async fn the_body() {
    let api = Api::start().await;
    let chain = Chain::new();
    let body = chain.body(&chain.server(&Wanted::default()));
    let refused = Refused { api: &api, body };
    let rule = "name must have 3 to 63 characters: ASCII letters, digits and _ - .";
    let long = "n".repeat(64);
    for name in [
        Value::Null,
        json!(""),
        json!("ab"),
        json!("a b"),
        json!("证书证书"),
        json!(long),
    ] {
        refused.with(&[("name", name)], "SCM.0032", rule).await;
    }
    refused
        .with(&[("name", json!(7))], "SCM.0005", "name must be a string")
        .await;
    let text = "duplicate_check must be true or false";
    refused
        .with(&[("duplicate_check", json!("yes"))], "SCM.0005", text)
        .await;
    let text = "enterprise_project_id must be 0 or the id of an enterprise project";
    refused
        .with(
            &[("enterprise_project_id", json!("mine"))],
            "SCM.0005",
            text,
        )
        .await;
    for (field, limit) in [
        ("certificate", 16_384),
        ("certificate_chain", 32_768),
        ("private_key", 16_384),
        ("enc_certificate", 16_384),
        ("enc_private_key", 16_384),
    ] {
        let text = format!("{field} must have at most {limit} bytes");
        let value = "x".repeat(limit + 1);
        refused
            .with(&[(field, json!(value))], "SCM.0005", &text)
            .await;
    }
    let call = ("POST", PATH);
    let text = "the body must be a JSON object";
    api.refused(call, None, (400, "SCM.0005"), text).await;
    assert_eq!(count(&api).await, 0);

    // Empty ones count as absent: Terraform sends what is not set so.
    let mut body = refused.body.clone();
    for field in [
        "enc_certificate",
        "enc_private_key",
        "enterprise_project_id",
    ] {
        body[field] = "".into();
    }
    let (status, _) = api.call("POST", PATH, Some(body)).await;
    assert_eq!(status, StatusCode::OK);
}

/// Text around blocks (RFC 7468 section 2), and blocks that are joined as the documentation of the cloud
/// prints them.
#[tokio::test]
async fn texts_of_other_programs_are_read() {
    let api = Api::start().await;
    let chain = Chain::new();
    let bags =
        |pem: &str| format!("Bag Attributes\n    localKeyID: 01 02\nsubject=CN = x\n{pem}\n# end");
    for joint in ["", "\n", "\r\n\r\n", "\nissuer=CN = y\n"] {
        let server = chain.server(&Wanted::default());
        let mut body = chain.body(&server);
        let above = body["certificate_chain"].as_str().unwrap().to_owned();
        let above = above
            .trim_end()
            .replace("-----\n-----", &format!("-----{joint}-----"));
        for entire in [false, true] {
            let leaf = server.pem();
            body["certificate"] = match entire {
                true => json!(format!("{}{joint}{above}", leaf.trim_end())),
                false => json!(bags(&leaf)),
            };
            body["certificate_chain"] = match entire {
                true => Value::Null,
                false => json!(bags(&above)),
            };
            body["private_key"] = json!(bags(&server.key_pem()));
            let id = api.succeed("POST", PATH, Some(body.clone())).await;
            let path = format!(
                "/v3/scm/certificates/{}/export",
                id["certificate_id"].as_str().unwrap()
            );
            let exported = api.succeed("POST", &path, None).await;
            assert_eq!(exported["certificate"], leaf.trim_end());
            // What was joined here is not joined there.
            let entire = exported["entire_certificate"].as_str().unwrap();
            assert!(!entire.contains("----------"), "{entire}");
        }
    }
}

#[tokio::test]
async fn texts_that_are_not_pem() {
    let api = Api::start().await;
    let chain = Chain::new();
    let server = chain.server(&Wanted::default());
    let refused = Refused {
        api: &api,
        body: chain.body(&server),
    };
    let (leaf, key) = (server.pem(), server.key_pem());
    let base64 = leaf.replace("MII", "M!I");
    let der = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
    for (text, code, why) in [
        (String::new(), "SCM.0054", "certificate is required"),
        (" \n".to_owned(), "SCM.0054", "certificate is required"),
        (
            "hello".to_owned(),
            "SCM.0053",
            "certificate cannot be read: it has no PEM block",
        ),
        (
            leaf.replace("-----END CERTIFICATE-----\n", ""),
            "SCM.0053",
            "no END line",
        ),
        (key.clone(), "SCM.0053", "is PRIVATE KEY, not CERTIFICATE"),
        (
            format!("{leaf}{key}"),
            "SCM.0053",
            "is PRIVATE KEY, not CERTIFICATE",
        ),
        (
            format!("certificate: {leaf}"),
            "SCM.0053",
            "line 1: a BEGIN or END",
        ),
        (base64.clone(), "SCM.0006", "is not valid base64"),
        (der.to_owned(), "SCM.0006", "certificate is malformed"),
    ] {
        refused
            .with(&[("certificate", json!(text))], code, why)
            .await;
    }
    refused
        .with(
            &[("certificate", Value::Null)],
            "SCM.0054",
            "certificate is required",
        )
        .await;
    for (text, why) in [
        (
            "hello".to_owned(),
            "certificate_chain cannot be read: it has no PEM block",
        ),
        (
            " ".to_owned(),
            "certificate_chain cannot be read: it has no PEM block",
        ),
        (key.clone(), "is PRIVATE KEY, not CERTIFICATE"),
        (base64, "is not valid base64"),
        (der.to_owned(), "certificate is malformed"),
    ] {
        refused
            .with(&[("certificate_chain", json!(text))], "SCM.0013", why)
            .await;
    }
    let broken = "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n";
    for (text, code, why) in [
        (String::new(), "SCM.0059", "private_key is required"),
        ("\n".to_owned(), "SCM.0059", "private_key is required"),
        (
            "hello".to_owned(),
            "SCM.0114",
            "private_key cannot be taken: no PEM block",
        ),
        (leaf, "SCM.0114", "unexpected PEM block CERTIFICATE"),
        (
            format!("{key}{key}"),
            "SCM.0012",
            "more than one private key",
        ),
        (key.replace("MI", "M!"), "SCM.0012", "is not valid base64"),
        (broken.to_owned(), "SCM.0012", "malformed"),
    ] {
        refused
            .with(&[("private_key", json!(text))], code, why)
            .await;
    }
    refused
        .with(
            &[("private_key", Value::Null)],
            "SCM.0059",
            "private_key is required",
        )
        .await;
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn parts_that_do_not_belong_together() {
    let api = Api::start().await;
    let chain = Chain::new();
    let server = chain.server(&Wanted::default());
    let refused = Refused {
        api: &api,
        body: chain.body(&server),
    };
    let other = chain.server(&Wanted::default());
    let text = "private_key does not belong to the first certificate in certificate";
    refused
        .with(&[("private_key", json!(other.key_pem()))], "SCM.0014", text)
        .await;
    // The issuer first is the wrong way round.
    let reversed = chain.intermediate.pem() + &server.pem();
    refused
        .with(&[("certificate", json!(reversed))], "SCM.0014", text)
        .await;

    // The root is there, and what leads to it is not.
    let text = "certificate_chain is not the certificate's: the certificate of \
                \"CN=Test Intermediate\", which issued \"CN=www.example.com\", is missing";
    let root = json!(chain.root.pem());
    refused
        .with(&[("certificate_chain", root)], "SCM.0079", text)
        .await;
    // The right name, another key.
    let impostor = authority("Test Intermediate", Some(&chain.root));
    let text = "was not issued by the given \"CN=Test Intermediate\"";
    refused
        .with(
            &[("certificate_chain", json!(impostor.pem()))],
            "SCM.0079",
            text,
        )
        .await;
    // One too many, in the certificate's own field.
    let stranger = authority("Stranger", None);
    let all: Vec<&Identity> = vec![&server, &chain.intermediate, &chain.root, &stranger];
    let all: String = all.into_iter().map(Identity::pem).collect();
    let text = "the chain in certificate is not the certificate's: \
                \"CN=Stranger\" does not belong to the chain";
    let fields = [
        ("certificate", json!(all)),
        ("certificate_chain", Value::Null),
    ];
    refused.with(&fields, "SCM.0079", text).await;
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn certificates_that_no_server_should_use() {
    let api = Api::start().await;
    let chain = Chain::new();
    let refused = |server: &Identity| Refused {
        api: &api,
        body: chain.body(server),
    };
    let expired = chain.server(&Wanted {
        validity: (-90 * DAY, -DAY),
        ..Wanted::default()
    });
    refused(&expired)
        .with(
            &[],
            "SCM.0031",
            "certificate expired on 2026-05-31 12:00:00 UTC",
        )
        .await;
    let person = chain.server(&Wanted {
        common_name: "Ada Lovelace",
        names: &[],
        ..Wanted::default()
    });
    refused(&person)
        .with(
            &[],
            "SCM.0070",
            "certificate must be for a host name or an IP address",
        )
        .await;
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn what_is_refused_is_not_repeated() {
    let api = Api::start().await;
    let chain = Chain::new();
    let mut body = chain.body(&chain.server(&Wanted::default()));
    body["private_key"] = json!({ "secret-in-the-key": 1 });
    let (status, answer) = api.call("POST", PATH, Some(body.clone())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["error_msg"], "private_key must be a string");
    body["private_key"] = "-----BEGIN secret-in-the-key".into();
    let (_, answer) = api.call("POST", PATH, Some(body)).await;
    assert!(
        !answer.to_string().contains("secret-in-the-key"),
        "{answer}"
    );
}
