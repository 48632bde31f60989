//! OCSP.

use super::*;
use crate::ccm::{NO_ID, pending};
use crate::support::{DAY, NOW};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chancery_pki::SerialNumber;
use chancery_pki::crl::RevocationReason;
use chancery_pki::ocsp::{
    BasicResponse, CertId, CertIdHash, CertStatus, Nonce, OcspError, OcspRequest, OcspResponse,
};

pub(super) const HOUR: i64 = 60 * 60 * 1000;

fn serial(hex: &str) -> SerialNumber {
    let digits: Vec<u8> = hex.bytes().collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    SerialNumber::from_bytes(&digits.chunks(2).map(byte).collect::<Vec<_>>())
}

pub(super) fn about(ca: &Certificate, hex: &str) -> CertId {
    CertId::new(CertIdHash::Sha1, ca, &serial(hex)).unwrap()
}

pub(super) fn question(ids: Vec<CertId>, nonce: Option<Vec<u8>>) -> Vec<u8> {
    let nonce = nonce.map(|bytes| Nonce::new(&bytes).unwrap());
    OcspRequest::new(ids, nonce).to_der().unwrap()
}

impl Api {
    pub(super) async fn ask(&self, path: &str, question: Vec<u8>) -> (HeaderMap, Vec<u8>) {
        let request = Request::post(path)
            .header("content-type", "application/ocsp-request")
            .body(Body::from(question));
        let (status, headers, body) = self.fetch(request.unwrap()).await;
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "application/ocsp-response");
        (headers, body)
    }

    /// The status of one certificate, by an answer that a delegated responder of the CA signed.
    pub(super) async fn ocsp_status(&self, ca_id: &str, hex: &str) -> CertStatus {
        let ca = self.certificate_of_ca(ca_id).await;
        let question = question(vec![about(&ca, hex)], None);
        let (_, body) = self.ask(&format!("/ocsp/{ca_id}"), question).await;
        let answer = basic(&body);
        answer.verify(&ca).unwrap();
        assert_eq!(answer.certificates().len(), 1);
        assert!(answer.certificates()[0].is_ocsp_responder());
        answer.responses()[0].status
    }
}

pub(super) fn basic(body: &[u8]) -> BasicResponse {
    match OcspResponse::from_der(body).unwrap() {
        OcspResponse::Basic(answer) => *answer,
        OcspResponse::Error(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn good_revoked_unknown() {
    let api = Api::start().await;
    for more in [
        json!({}),
        json!({ "key_algorithm": "RSA2048" }),
        json!({ "key_algorithm": "SM2", "signature_algorithm": "SM3" }),
    ] {
        let root = api.new_ca(with(&root("root"), &more)).await;
        let body = with(&certificate("www.example.com", &root), &more);
        let id = api.new_certificate(body).await;
        api.switch_ocsp(&root, true).await;
        let shown = api
            .succeed("GET", &format!("{CERTIFICATES}/{id}"), None)
            .await;
        let mut serials = vec![text(&shown["serial_number"])];
        if shown["enc_cert_info"].is_object() {
            serials.push(text(&shown["enc_cert_info"]["enc_serial_number"]));
        }
        for hex in &serials {
            assert_eq!(api.ocsp_status(&root, hex).await, CertStatus::Good);
        }
        let itself = text(&api.ca(&root).await["serial_number"]);
        assert_eq!(api.ocsp_status(&root, &itself).await, CertStatus::Good);
        assert_eq!(api.ocsp_status(&root, "40FF").await, CertStatus::Unknown);
        // The cached answer does not outlive the revocation, nor that the deletion.
        api.revoke_certificate(&id, "KEY_COMPROMISE").await;
        let revoked = CertStatus::Revoked {
            at_ms: NOW,
            reason: RevocationReason::KeyCompromise,
        };
        for hex in &serials {
            assert_eq!(api.ocsp_status(&root, hex).await, revoked);
        }
        api.succeed("DELETE", &format!("{CERTIFICATES}/{id}"), None)
            .await;
        for hex in &serials {
            assert_eq!(api.ocsp_status(&root, hex).await, revoked);
        }
    }
}

#[tokio::test]
async fn a_revoked_ca_is_told_and_tells_nothing() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let sub = api.new_ca(subordinate("sub", &root, 0)).await;
    api.switch_ocsp(&root, true).await;
    api.switch_ocsp(&sub, true).await;
    let hex = text(&api.ca(&sub).await["serial_number"]);
    assert_eq!(api.ocsp_status(&root, &hex).await, CertStatus::Good);
    // It was asked, and so it is opened.
    assert_eq!(api.ocsp_status(&sub, "40").await, CertStatus::Unknown);
    api.revoke_ca(&sub).await;
    assert!(matches!(
        api.ocsp_status(&root, &hex).await,
        CertStatus::Revoked { .. }
    ));
    let ca = api.certificate_of_ca(&sub).await;
    for path in ["/ocsp", &format!("/ocsp/{sub}")] {
        let question = question(vec![about(&ca, "40")], None);
        let (_, body) = api.ask(path, question).await;
        assert_eq!(body, OcspError::Unauthorized.response_der(), "{path}");
    }
}

#[tokio::test]
async fn requests_come_in_every_writing() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.switch_ocsp(&root, true).await;
    let ca = api.certificate_of_ca(&root).await;
    // Ask until the base64 has both characters that a path may have to escape.
    let encoded = (0u16..)
        .map(|n| question(vec![about(&ca, &format!("40{n:04X}"))], None))
        .map(|der| STANDARD.encode(der))
        .find(|text| text.contains('/') && text.contains('+'))
        .unwrap();
    let escaped = encoded
        .replace('/', "%2F")
        .replace('+', "%2b")
        .replace('=', "%3D");
    for text in [&encoded, &escaped, encoded.trim_end_matches('=')] {
        for path in [format!("/ocsp/{text}"), format!("/ocsp/{root}/{text}")] {
            let request = Request::get(&path).body(Body::empty()).unwrap();
            let (status, headers, body) = api.fetch(request).await;
            assert_eq!(status, 200, "{path}");
            assert_eq!(
                headers["cache-control"],
                "public, no-transform, must-revalidate, max-age=3600"
            );
            assert_eq!(headers["last-modified"], "Mon, 01 Jun 2026 12:00:00 GMT");
            assert_eq!(headers["expires"], "Mon, 01 Jun 2026 13:00:00 GMT");
            let answer = basic(&body);
            answer.verify(&ca).unwrap();
            assert_eq!(answer.responses()[0].next_update_ms, Some(NOW + HOUR));
        }
    }
    for text in ["%", "MEUX", "!!"] {
        let request = Request::get(format!("/ocsp/{root}/{text}")).body(Body::empty());
        let (_, headers, body) = api.fetch(request.unwrap()).await;
        assert_eq!(body, OcspError::MalformedRequest.response_der(), "{text}");
        assert_eq!(headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn a_nonce_comes_back_and_is_kept_by_nobody() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.switch_ocsp(&root, true).await;
    let ca = api.certificate_of_ca(&root).await;
    let hex = ca.serial_hex();
    for nonce in [[1; 16], [2; 16]] {
        let question = question(vec![about(&ca, &hex)], Some(nonce.to_vec()));
        let (headers, body) = api.ask("/ocsp", question).await;
        assert_eq!(headers["cache-control"], "no-store");
        let answer = basic(&body);
        answer.verify(&ca).unwrap();
        assert_eq!(answer.nonce().unwrap().as_bytes(), nonce);
    }
    // Without one the answer is the same until a quarter of its hour is left, and then a new one.
    // HTTP says the same as the answer, also where seconds have parts.
    api.clock.advance_ms(999);
    let plain = || api.ask("/ocsp", question(vec![about(&ca, &hex)], None));
    let first = plain().await.1;
    let next_update = basic(&first).responses()[0].next_update_ms;
    assert_eq!(next_update, Some(NOW + HOUR));
    api.clock.advance_ms(3 * HOUR / 4 - 1_500);
    let (headers, second) = plain().await;
    assert_eq!(second, first);
    let age = headers["cache-control"].to_str().unwrap();
    assert!(age.ends_with("max-age=900"), "{age}");
    assert_eq!(headers["expires"], "Mon, 01 Jun 2026 13:00:00 GMT");
    api.clock.advance_ms(1_000);
    let produced_at = basic(&plain().await.1).produced_at_ms();
    assert_eq!(produced_at, NOW + 3 * HOUR / 4);
}

#[tokio::test]
async fn several_certificates_at_a_time() {
    let api = Api::start().await;
    let (one, two) = (api.new_ca(root("one")).await, api.new_ca(root("two")).await);
    api.switch_ocsp(&one, true).await;
    api.switch_ocsp(&two, true).await;
    let (ca, other) = (
        api.certificate_of_ca(&one).await,
        api.certificate_of_ca(&two).await,
    );
    let ids = vec![
        about(&ca, &ca.serial_hex()),
        about(&ca, "40AA"),
        about(&other, &other.serial_hex()),
    ];
    let (_, body) = api.ask("/ocsp", question(ids.clone(), None)).await;
    let answer = basic(&body);
    answer.verify(&ca).unwrap();
    let found: Vec<_> = answer.responses().iter().map(|r| r.status).collect();
    assert_eq!(
        found,
        [CertStatus::Good, CertStatus::Unknown, CertStatus::Unknown]
    );
    let asked: Vec<_> = answer
        .responses()
        .iter()
        .map(|r| r.cert_id.clone())
        .collect();
    assert_eq!(asked, ids);
}

#[tokio::test]
async fn what_is_not_answered() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let ca = api.certificate_of_ca(&root).await;
    let ask = |path: String| {
        let question = question(vec![about(&ca, "40")], None);
        let api = &api;
        async move { api.ask(&path, question).await.1 }
    };
    let unauthorized = OcspError::Unauthorized.response_der();
    for path in [
        "/ocsp".to_owned(),
        format!("/ocsp/{root}"),
        format!("/ocsp/{NO_ID}"),
    ] {
        assert_eq!(ask(path).await, unauthorized);
    }
    let other = api.new_ca(crate::ccm::root("other")).await;
    api.switch_ocsp(&other, true).await;
    assert_eq!(ask(format!("/ocsp/{other}")).await, unauthorized);
    api.switch_ocsp(&root, true).await;
    assert_ne!(ask("/ocsp".to_owned()).await, unauthorized);
    api.switch_ocsp(&root, false).await;
    assert_eq!(ask("/ocsp".to_owned()).await, unauthorized);

    let post = |media: &str, body: Vec<u8>| {
        let request = Request::post("/ocsp").header("content-type", media);
        api.fetch(request.body(Body::from(body)).unwrap())
    };
    assert_eq!(post("application/json", vec![]).await.0, 415);
    let long = vec![0x30; 16 * 1024 + 1];
    assert_eq!(post("application/ocsp-request", long).await.0, 413);
    // It is refused before it is read.
    let request = Request::post("/ocsp").header("content-type", "application/ocsp-request");
    let request = request.header("content-length", 16 * 1024 + 1);
    assert_eq!(api.fetch(request.body(Body::empty()).unwrap()).await.0, 413);
    let media = "application/OCSP-Request; x=y";
    let (status, _, body) = post(media, vec![1, 2]).await;
    assert_eq!(status, 200);
    assert_eq!(body, OcspError::MalformedRequest.response_der());
    for (method, path, allowed) in [("GET", "/ocsp", "POST"), ("PUT", "/ocsp/MEUX", "GET, HEAD")] {
        let request = Request::builder().method(method).uri(path);
        let (status, headers, _) = api.fetch(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (status.as_u16(), &headers["allow"]),
            (405, &allowed.parse().unwrap())
        );
    }
    // The listener serves nothing else.
    for path in ["/", "/openapi.json", "/v3/auth/domains", CAS] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(api.fetch(request).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn the_switch() {
    let api = named_desk().await;
    let id = api.new_ca(root("root")).await;
    let switch = async |id: &str, on: bool, code: (u16, &str), text: &str| {
        let path = format!("{CAS}/{id}/ocsp/switch");
        let body = Some(json!({ "ocsp_switch": on }));
        api.refused(("POST", &path), body, code, text).await;
    };
    switch(&id, false, (403, "PCA.10010072"), "off already").await;
    api.switch_ocsp(&id, true).await;
    switch(&id, true, (403, "PCA.10010071"), "on already").await;
    let path = format!("{CAS}/{id}/ocsp/switch");
    let invalid = (400, "PCA.10010105");
    for body in [
        json!({}),
        json!({ "ocsp_switch": "" }),
        json!({ "ocsp_switch": 1 }),
    ] {
        api.refused(("POST", &path), Some(body), invalid, "ocsp_switch")
            .await;
    }
    switch(NO_ID, true, (404, "PCA.10010002"), "does not exist").await;
    let waiting = api.new_ca(pending("waiting")).await;
    switch(&waiting, true, (400, "PCA.10010201"), "PENDING").await;
    let csr = crate::ccm::request_of(&api, &waiting).await;
    let outside = api.issue_intermediate(&id, &csr).await;
    switch(&outside, true, (400, "PCA.10010202"), "elsewhere").await;

    // What is issued while it is on names it.
    let info = async |name: &str| {
        let id = api.new_certificate(certificate(name, &id)).await;
        api.certificate_of(&id).await.authority_info()
    };
    let during = info("a.example.com").await;
    assert_eq!(during.ocsp, [format!("{PKI_URL}/ocsp/{id}")]);
    assert_eq!(during.ca_issuers, [format!("{PKI_URL}/aia/{id}.crt")]);
    api.switch_ocsp(&id, false).await;
    assert_eq!(info("b.example.com").await, Default::default());

    let request = Request::get(format!("/aia/{id}.crt")).body(Body::empty());
    let (status, headers, body) = api.fetch(request.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "application/pkix-cert");
    assert_eq!(body, api.certificate_of_ca(&id).await.der());
    for id in [NO_ID, &waiting] {
        let request = Request::get(format!("/aia/{id}.crt")).body(Body::empty());
        assert_eq!(api.fetch(request.unwrap()).await.0, 404);
    }
}

/// A certificate that cannot be read is in nobody's way.
#[tokio::test]
async fn a_damaged_ca_keeps_nobody_from_answering() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.switch_ocsp(&root, true).await;
    let ca = api.certificate_of_ca(&root).await;
    let mut row = api.store.public_authority(&root).await.unwrap().unwrap();
    row.id = NO_ID.to_owned();
    row.certificate = Some(vec![0x30, 0]);
    row.serial_number = Some("40DD".to_owned());
    let mut tx = chancery_store::Transaction::new("authority.create");
    tx.insert_authority(&row);
    api.store.commit(tx).await.unwrap();
    let known = api.store.ocsp_authorities().await.unwrap();
    assert_eq!(known.len(), 2);
    let (_, body) = api
        .ask("/ocsp", question(vec![about(&ca, &ca.serial_hex())], None))
        .await;
    basic(&body).verify(&ca).unwrap();
}

/// Servers go on with a certificate that somebody has deleted here and nobody has revoked.
#[tokio::test]
async fn a_deleted_certificate_stays_good_until_it_ends() {
    let mut api = Api::start().await;
    let validity = json!({ "validity": { "type": "DAY", "value": 7 } });
    for more in [
        json!({}),
        json!({ "key_algorithm": "SM2", "signature_algorithm": "SM3" }),
    ] {
        let start = api.desk.now_ms();
        let root = api.new_ca(with(&root("root"), &more)).await;
        let body = with(&certificate("www.example.com", &root), &more);
        let id = api.new_certificate(with(&body, &validity)).await;
        api.switch_ocsp(&root, true).await;
        let path = format!("{CERTIFICATES}/{id}");
        let shown = api.succeed("GET", &path, None).await;
        let mut serials = vec![text(&shown["serial_number"])];
        if shown["enc_cert_info"].is_object() {
            serials.push(text(&shown["enc_cert_info"]["enc_serial_number"]));
        }
        api.succeed("DELETE", &path, None).await;
        let told = async |at, expected| {
            api.clock.advance_ms(at - api.desk.now_ms());
            let round = api.desk.run_due(at).await;
            assert!(round.failures.is_empty(), "{:?}", round.failures);
            for hex in &serials {
                assert_eq!(api.ocsp_status(&root, hex).await, expected);
            }
        };
        told(start, CertStatus::Good).await;
        told(start + 37 * DAY, CertStatus::Good).await;
        // Thirty days after its end nobody asks any more.
        told(start + 38 * DAY, CertStatus::Unknown).await;
        api.log_in_again().await;
    }
}
