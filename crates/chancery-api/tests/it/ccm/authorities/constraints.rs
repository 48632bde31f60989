//! CAs whose certificates, from elsewhere, limit what may stand below them: path lengths and name
//! constraints (RFC 5280 sections 4.2.1.9 and 4.2.1.10).

use chancery_pki::{Certificate, DistinguishedName, SigningRequest};
use serde_json::{Value, json};

use crate::ccm::outside::{DIRECTORY, DNS, EMAIL, IP, Outside, Said, URI, constraints};
use crate::ccm::{
    CAS, CERTIFICATES, activation, certificate, pending, request_of, subordinate, text, with,
};
use crate::support::Api;

const CSR: &str = "/v1/private-certificates/csr";
/// What nobody may issue has this code.
const REFUSED: (u16, &str) = (400, "PCA.10010202");

fn constrained(der: Vec<u8>) -> Said {
    Said {
        name_constraints: Some(der),
        ..Said::default()
    }
}

fn example_com() -> Said {
    constrained(constraints(
        &[(DNS, b"example.com")],
        &[(DNS, b"secret.example.com")],
    ))
}

/// A certificate with these alternative names, for somebody who is no host.
fn named(issuer: &str, names: &[(&str, &str)]) -> Value {
    let names: Vec<_> = names
        .iter()
        .map(|(kind, value)| json!({ "type": kind, "value": value }))
        .collect();
    with(
        &certificate("Jane Doe", issuer),
        &json!({ "subject_alternative_names": names }),
    )
}

async fn certificates(api: &Api) -> u64 {
    api.succeed("GET", CERTIFICATES, None).await["total"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn what_is_issued_keeps_to_each_kind_of_constraint() {
    let api = Api::start().await;
    let outside = Outside::root(&Said::default());
    let acme = DistinguishedName {
        country: Some("CN".into()),
        state: Some("Guangdong".into()),
        ..DistinguishedName::default()
    };
    let acme = acme.to_der().unwrap();
    for (der, good, bad) in [
        (
            constraints(&[(DNS, b"example.com")], &[]),
            vec![
                ("DNS", "www.example.com"),
                ("DNS", "*.example.com"),
                ("IP", "192.0.2.1"),
            ],
            ("DNS", "www.example.org"),
        ),
        (
            constraints(&[], &[(DNS, b"example.com")]),
            vec![("DNS", "www.example.org")],
            ("DNS", "WWW.example.com"),
        ),
        (
            constraints(&[(IP, b"\xc0\x00\x02\x00\xff\xff\xff\x00")], &[]),
            vec![("IP", "192.0.2.77"), ("DNS", "a.b")],
            ("IP", "192.0.3.1"),
        ),
        (
            constraints(&[(EMAIL, b"example.com")], &[]),
            vec![("EMAIL", "a@example.com")],
            ("EMAIL", "a@www.example.com"),
        ),
        (
            constraints(&[(URI, b".example.com")], &[]),
            vec![("URI", "https://www.example.com/x")],
            ("URI", "https://example.com/x"),
        ),
    ] {
        let issuer = outside.import(&api, "ours", &constrained(der)).await;
        let before = certificates(&api).await;
        api.new_certificate(named(&issuer, &good)).await;
        let mut names = good.clone();
        names.push(bad);
        let (kind, value) = bad;
        let said = format!("{kind} {value} is ");
        api.refused(
            ("POST", CERTIFICATES),
            Some(named(&issuer, &names)),
            REFUSED,
            &said,
        )
        .await;
        assert_eq!(certificates(&api).await, before + 1);
    }
    // The subject: what is inherited is inside, what is given is not.
    let issuer = outside
        .import(
            &api,
            "ours",
            &constrained(constraints(&[(DIRECTORY, &acme)], &[])),
        )
        .await;
    api.new_certificate(named(&issuer, &[("DNS", "a.b")])).await;
    let body = with(
        &certificate("Jane Doe", &issuer),
        &json!({ "distinguished_name": { "common_name": "Jane Doe", "state": "Bayern" } }),
    );
    let text =
        "subject CN=Jane Doe,OU=ops,O=Acme\\, Inc.,L=Shenzhen,ST=Bayern,C=CN is not permitted";
    api.refused(("POST", CERTIFICATES), Some(body), REFUSED, text)
        .await;
}

#[tokio::test]
async fn a_common_name_is_a_hosts_where_clients_take_it_for_one() {
    let api = Api::start().await;
    let issuer = Outside::root(&Said::default())
        .import(&api, "ours", &example_com())
        .await;
    // A server's common name becomes an alternative name, and is judged as one.
    let body = certificate("www.example.org", &issuer);
    let text = "www.example.org is not permitted";
    api.refused(("POST", CERTIFICATES), Some(body), REFUSED, text)
        .await;
    let other = [("IP", "192.0.2.1")];
    let body = with(
        &named(&issuer, &other),
        &json!({ "distinguished_name": { "common_name": "www.example.org" } }),
    );
    let text = "common name www.example.org is not permitted";
    api.refused(("POST", CERTIFICATES), Some(body), REFUSED, text)
        .await;
    api.new_certificate(named(&issuer, &other)).await;
    api.new_certificate(certificate("www.example.com", &issuer))
        .await;
}

#[tokio::test]
async fn constraints_bind_at_every_depth_and_by_every_call() {
    let api = Api::start().await;
    // One stands in the chain, above the imported CA; the other in its own certificate.
    let middle = Outside::root(&Said::default()).middle(&example_com());
    let said = constrained(constraints(&[], &[(DNS, b"old.example.com")]));
    let top = middle.import(&api, "top", &said).await;
    let sub = api.new_ca(subordinate("sub", &top, 1)).await;
    let waiting = api.new_ca(pending("bottom")).await;
    let path = format!("{CAS}/{waiting}/activate");
    let month = json!({ "validity": { "type": "MONTH", "value": 6 } });
    api.succeed("POST", &path, Some(with(&activation(&sub), &month)))
        .await;
    let csr = |host: &str| {
        let key = chancery_crypto::PrivateKey::generate(chancery_crypto::KeyAlgorithm::EcP256);
        let name = DistinguishedName::common(host);
        let hash = chancery_crypto::HashAlgorithm::Sha256;
        let der = SigningRequest::create(&key.unwrap(), hash, &name, &[]).unwrap();
        SigningRequest::pem_of(&der, chancery_pki::pem::LineEnding::Lf)
    };
    for issuer in [&top, &sub, &waiting] {
        for (host, verdict) in [
            ("www.example.com", None),
            ("www.example.org", Some("not permitted")),
            ("a.secret.example.com", Some("excluded")),
            ("old.example.com", Some("excluded")),
        ] {
            let by_csr = json!({
                "issuer_id": issuer, "csr": csr(host), "validity": { "type": "DAY", "value": 1 },
            });
            for (path, body) in [(CERTIFICATES, certificate(host, issuer)), (CSR, by_csr)] {
                match verdict {
                    None => drop(api.succeed("POST", path, Some(body)).await),
                    Some(verdict) => {
                        let text = format!("DNS {host} is {verdict} by the name constraints");
                        api.refused(("POST", path), Some(body), REFUSED, &text)
                            .await;
                    }
                }
            }
        }
    }
    assert_eq!(certificates(&api).await, 6);
    // They bind after a restart as before.
    let api = api.restart().await;
    let body = certificate("www.example.org", &waiting);
    api.refused(("POST", CERTIFICATES), Some(body), REFUSED, "not permitted")
        .await;
}

#[tokio::test]
async fn cas_are_bound_by_directory_names() {
    let api = Api::start().await;
    let china = DistinguishedName {
        country: Some("CN".into()),
        ..DistinguishedName::default()
    };
    let china = constrained(constraints(&[(DIRECTORY, &china.to_der().unwrap())], &[]));
    let issuer = Outside::root(&Said::default())
        .import(&api, "ours", &china)
        .await;
    api.new_ca(subordinate("inside", &issuer, 0)).await;
    let german = |body: &Value| {
        let mut body = body.clone();
        body["distinguished_name"]["country"] = json!("DE");
        body
    };
    let text = "C=DE is not permitted by the name constraints";
    let body = german(&subordinate("outside", &issuer, 0));
    api.refused(("POST", CAS), Some(body), REFUSED, text).await;
    let waiting = api.new_ca(german(&pending("outside"))).await;
    let path = format!("{CAS}/{waiting}/activate");
    let body = Some(activation(&issuer));
    api.refused(("POST", &path), body, REFUSED, text).await;
    assert_eq!(api.ca(&waiting).await["status"], "PENDING");
    let body = json!({
        "issuer_id": issuer, "csr": request_of(&api, &waiting).await, "type": "INTERMEDIATE_CA",
        "validity": { "type": "DAY", "value": 1 },
    });
    api.refused(("POST", CSR), Some(body), REFUSED, text).await;
    let below = api.store.count_subordinates(&api.domain_id, &issuer).await;
    assert_eq!(below.unwrap(), 1);
    // Whoever answers OCSP requests for it has a name below its own, and so one that is allowed.
    let path = format!("{CAS}/{issuer}/ocsp/switch");
    api.succeed("POST", &path, Some(json!({ "ocsp_switch": true })))
        .await;
    let responder = api.store.ocsp_responder(&issuer).await.unwrap().unwrap();
    let responder = Certificate::from_der(&responder.certificate).unwrap();
    assert_eq!(responder.subject().country.as_deref(), Some("CN"));
}

#[tokio::test]
async fn a_chain_that_does_not_allow_its_ca_is_not_imported() {
    let api = Api::start().await;
    let french = DistinguishedName {
        country: Some("FR".into()),
        ..DistinguishedName::default()
    };
    let french = constrained(constraints(&[(DIRECTORY, &french.to_der().unwrap())], &[]));
    let root = Outside::root(&Said::default());
    let id = api.new_ca(pending("ours")).await;
    let path = format!("{CAS}/{id}/import");
    let body = root
        .middle(&french)
        .certify(&api, &id, &Said::default())
        .await;
    let refusal = (400, "PCA.10010208");
    let text = "certificate_chain: \"CN=ours,";
    api.refused(("POST", &path), Some(body), refusal, text)
        .await;
    // Its own constraints are for what is below it.
    let body = root.certify(&api, &id, &french).await;
    api.succeed("POST", &path, Some(body)).await;
    let text = "C=CN is not permitted";
    let body = certificate("Jane Doe", &id);
    api.refused(("POST", CERTIFICATES), Some(body), REFUSED, text)
        .await;
}

#[tokio::test]
async fn path_lengths_above_an_imported_ca_bind_it() {
    let api = Api::start().await;
    let limited = |path_len| Said {
        path_len,
        ..Said::default()
    };
    // For each: the limits of root, middle and ours, and how many CAs may stand below ours.
    for (limits, room) in [
        ([None, None, None], 6),
        ([None, None, Some(0)], 0),
        ([None, None, Some(2)], 2),
        ([Some(2), None, None], 0),
        ([Some(3), None, Some(4)], 1),
        ([None, Some(1), Some(5)], 0),
        ([Some(9), Some(9), Some(9)], 6),
    ] {
        let [root, middle, ours] = limits.map(limited);
        let middle = Outside::root(&root).middle(&middle);
        let id = middle.import(&api, "ours", &ours).await;
        assert_eq!(api.ca(&id).await["path_length"], room, "{limits:?}");
        let body = subordinate("too deep", &id, room);
        match room {
            0 => {
                let text = "path_length of the issuing CA allows no CA below it";
                api.refused(("POST", CAS), Some(body), REFUSED, text).await;
            }
            _ => {
                let text = format!("path_length must be below the issuing CA's, which is {room}");
                api.refused(("POST", CAS), Some(body), REFUSED, &text).await;
                api.new_ca(subordinate("below", &id, room - 1)).await;
            }
        }
        // No CA, and so no matter of path lengths.
        api.new_certificate(certificate("leaf", &id)).await;
    }
    for limits in [[Some(1), None], [None, Some(0)], [Some(0), None]] {
        let [root, middle] = limits.map(limited);
        let middle = Outside::root(&root).middle(&middle);
        let id = api.new_ca(pending("ours")).await;
        let body = middle.certify(&api, &id, &Said::default()).await;
        let path = format!("{CAS}/{id}/import");
        let refusal = (400, "PCA.10010208");
        let text = "authorities below itself";
        api.refused(("POST", &path), Some(body), refusal, text)
            .await;
        assert_eq!(api.ca(&id).await["status"], "PENDING");
    }
}

#[tokio::test]
async fn what_is_inherited_is_what_the_imported_certificate_says() {
    let api = Api::start().await;
    let said = Said {
        subject: Some(DistinguishedName::common("renamed")),
        ..Said::default()
    };
    let issuer = Outside::root(&Said::default())
        .import(&api, "ours", &said)
        .await;
    let id = api.new_certificate(certificate("leaf", &issuer)).await;
    let body = json!({ "type": "OTHER", "is_compressed": false });
    let path = format!("{CERTIFICATES}/{id}/export");
    let pem = text(&api.succeed("POST", &path, Some(body)).await["certificate"]);
    let read = Certificate::from_pem(&pem).unwrap();
    assert_eq!(read.subject(), DistinguishedName::common("leaf"));
    assert_eq!(read.issuer(), DistinguishedName::common("renamed"));
    // And so is what is shown, whatever the CSR said.
    let shown = api.ca(&issuer).await;
    assert_eq!(shown["distinguished_name"]["common_name"], "renamed");
    assert_eq!(shown["distinguished_name"]["country"], Value::Null);
    let path = format!("{CAS}?name=renamed");
    assert_eq!(api.succeed("GET", &path, None).await["total"], 1);
}
