//! OCSP as time goes by: answers that are kept, and who signs them.

use chancery_pki::crl::RevocationReason;
use chancery_pki::ocsp::{CertStatus, OcspError};
use chancery_store::{AuditFilter, Transaction};

use super::ocsp::{HOUR, about, basic, question};
use super::*;
use crate::support::{DAY, NOW};

/// A node of the same database knows nothing of what is kept here.
#[tokio::test]
async fn what_another_node_revoked_is_told_at_once() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let id = api
        .new_certificate(certificate("www.example.com", &root))
        .await;
    api.switch_ocsp(&root, true).await;
    let hex = api.certificate_of(&id).await.serial_hex();
    for _ in 0..2 {
        assert_eq!(api.ocsp_status(&root, &hex).await, CertStatus::Good);
    }
    let mut tx = Transaction::new("private_certificate.revoke");
    let states = ("ISSUED", "REVOKED");
    let reason = Some("SUPERSEDED");
    tx.revoke_private_certificate(&api.domain_id, &id, states, NOW, reason);
    api.store.commit(tx).await.unwrap();
    let revoked = CertStatus::Revoked {
        at_ms: NOW,
        reason: RevocationReason::Superseded,
    };
    assert_eq!(api.ocsp_status(&root, &hex).await, revoked);
}

/// Half of an answer's hour is over: what is asked for is signed before anyone asks again.
#[tokio::test]
async fn answers_that_are_asked_for_are_ready() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.switch_ocsp(&root, true).await;
    let mut certificates = Vec::new();
    for name in ["a.example.com", "b.example.com", "c.example.com"] {
        let id = api.new_certificate(certificate(name, &root)).await;
        let hex = api.certificate_of(&id).await.serial_hex();
        certificates.push((id, hex));
    }
    let [often, once, revoked] = &certificates[..] else {
        panic!("there are three")
    };
    let ca = api.certificate_of_ca(&root).await;
    let produced = async |hex: &str| {
        let (_, body) = api
            .ask("/ocsp", question(vec![about(&ca, hex)], None))
            .await;
        let answer = basic(&body);
        answer.verify(&ca).unwrap();
        (answer.responses()[0].status, answer.produced_at_ms() - NOW)
    };
    for (_, hex) in [often, once, revoked, often, revoked] {
        assert_eq!(produced(hex).await, (CertStatus::Good, 0));
    }
    let round = async || {
        let round = api.desk.run_due(api.desk.now_ms()).await;
        assert!(round.failures.is_empty(), "{:?}", round.failures);
        round.answers
    };
    api.revoke_certificate(&revoked.0, "SUPERSEDED").await;
    api.clock.advance_ms(HOUR / 2 - 1);
    assert_eq!(round().await, 0);
    api.clock.advance_ms(1);
    assert_eq!(round().await, 2);
    assert_eq!(round().await, 0);
    api.clock.advance_ms(60_000);
    let good = CertStatus::Good;
    assert_eq!(produced(&often.1).await, (good, HOUR / 2));
    assert_eq!(produced(&once.1).await, (good, HOUR / 2 + 60_000));
    let (status, at) = produced(&revoked.1).await;
    assert!(matches!(status, CertStatus::Revoked { .. }));
    assert_eq!(at, HOUR / 2);
    // A CA that answers no more has no answers signed.
    api.switch_ocsp(&root, false).await;
    api.clock.advance_ms(HOUR / 2);
    assert_eq!(round().await, 0);
}

/// An answer does not say that it is good for longer than who signed it is.
#[tokio::test]
async fn an_answer_ends_with_its_signer() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let short = json!({ "validity": { "type": "DAY", "value": 7 } });
    let id = api
        .new_ca(with(&subordinate("short", &root, 0), &short))
        .await;
    api.switch_ocsp(&id, true).await;
    let end = NOW + 7 * DAY;
    api.clock.advance_ms(7 * DAY - 10_500);
    let ca = api.certificate_of_ca(&id).await;
    let question = question(vec![about(&ca, "40")], None);
    let (headers, body) = api.ask("/ocsp", question.clone()).await;
    assert_eq!(basic(&body).responses()[0].next_update_ms, Some(end));
    let age = headers["cache-control"].to_str().unwrap();
    assert!(age.ends_with("max-age=10"), "{age}");
    api.clock.advance_ms(10_500);
    let (_, body) = api.ask("/ocsp", question).await;
    assert_eq!(body, OcspError::Unauthorized.response_der());
}

/// A server that stood still for longer than the responder's certificate is valid.
#[tokio::test]
async fn an_ended_responder_is_renewed_when_asked() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.switch_ocsp(&root, true).await;
    api.clock.advance_ms(31 * DAY);
    let ca = api.certificate_of_ca(&root).await;
    let (_, body) = api
        .ask("/ocsp", question(vec![about(&ca, &ca.serial_hex())], None))
        .await;
    let answer = basic(&body);
    answer.verify(&ca).unwrap();
    assert!(answer.certificates()[0].validity().contains(NOW + 31 * DAY));
}

/// All who ask in that moment wait for one key.
#[tokio::test]
async fn an_ended_responder_is_renewed_once() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.switch_ocsp(&root, true).await;
    api.clock.advance_ms(31 * DAY);
    let ca = api.certificate_of_ca(&root).await;
    let ask = || api.ask("/ocsp", question(vec![about(&ca, &ca.serial_hex())], None));
    let answers = tokio::join!(ask(), ask(), ask());
    let signer = |body: &[u8]| basic(body).certificates()[0].serial_hex();
    let first = signer(&answers.0.1);
    assert_eq!(
        [signer(&answers.1.1), signer(&answers.2.1)],
        [first.clone(), first]
    );
    let renewed = AuditFilter {
        action: Some("ocsp.renew".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&renewed, 10, 0).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
}

/// Below a revoked CA no responder is made; the last one answers until it ends.
#[tokio::test]
async fn an_ended_responder_below_a_revoked_ca_signs_nothing() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let middle = api.new_ca(subordinate("middle", &root, 1)).await;
    let below = api.new_ca(subordinate("below", &middle, 0)).await;
    api.switch_ocsp(&below, true).await;
    api.revoke_ca(&middle).await;
    assert_eq!(api.ocsp_status(&below, "40").await, CertStatus::Unknown);
    api.clock.advance_ms(30 * DAY);
    let ca = api.certificate_of_ca(&below).await;
    for path in ["/ocsp", &format!("/ocsp/{below}")] {
        let question = question(vec![about(&ca, "40")], None);
        let (_, body) = api.ask(path, question).await;
        assert_eq!(body, OcspError::Unauthorized.response_der(), "{path}");
    }
    let round = api.desk.run_due(api.desk.now_ms()).await;
    assert!(round.failures.is_empty() && round.responders == 0);
}
