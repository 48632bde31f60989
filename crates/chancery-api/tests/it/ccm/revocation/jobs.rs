//! What is due without a call: the clock is moved, nobody waits.

use chancery_store::AuditFilter;

use super::*;
use crate::support::{DAY, MINUTE, NOW};

/// What a round has done: lists, ended CAs, responders. Nothing may fail.
async fn round(api: &Api) -> (usize, usize, usize) {
    let round = api.desk.run_due(api.desk.now_ms()).await;
    assert!(round.failures.is_empty(), "{:?}", round.failures);
    (round.crls, round.ended, round.responders)
}

#[tokio::test]
async fn lists_are_made_before_they_run_out() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.enable_crl(&root, lists("lists")).await;
    assert_eq!(round(&api).await, (0, 0, 0));
    // Eight days and a minute, since it is dated back: a quarter is left after six days, and a quarter of
    // a minute less. A CA that is switched off goes on telling.
    api.move_ca(&root, "/disable").await;
    api.clock.advance_ms(6 * DAY - MINUTE / 4 - 1);
    assert_eq!(round(&api).await, (0, 0, 0));
    api.clock.advance_ms(1);
    assert_eq!(round(&api).await, (1, 0, 0));
    assert_eq!(round(&api).await, (0, 0, 0));
    let crl = api.crl(&root).await;
    assert_eq!(crl.number(), Some(2));
    assert_eq!(crl.next_update_ms(), Some(NOW + 14 * DAY - MINUTE / 4));
}

#[tokio::test]
async fn an_expired_ca_makes_no_lists() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let body = json!({ "validity": { "type": "DAY", "value": 7 } });
    let id = api
        .new_ca(with(&subordinate("short", &root, 0), &body))
        .await;
    api.enable_crl(&id, lists("lists")).await;
    api.switch_ocsp(&id, true).await;
    api.clock.advance_ms(7 * DAY);
    assert_eq!(round(&api).await, (0, 0, 0));
    assert_eq!(api.crl(&id).await.number(), Some(1));
}

#[tokio::test]
async fn a_ca_ends_when_its_deletion_is_due() {
    let mut api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let id = api.new_ca(subordinate("sub", &root, 0)).await;
    let leaf = api.new_certificate(certificate("a.example.com", &id)).await;
    api.enable_crl(&id, lists("lists")).await;
    api.switch_ocsp(&id, true).await;
    api.move_ca(&id, "/disable").await;
    api.succeed("DELETE", &format!("{CAS}/{id}?pending_days=7"), None)
        .await;
    // Until then it tells what is revoked.
    api.revoke_certificate(&leaf, "SUPERSEDED").await;
    assert_eq!(api.newest_crl(&id).await.revoked().len(), 1);
    api.clock.advance_ms(7 * DAY - 1);
    assert_eq!(round(&api).await, (1, 0, 0));
    api.clock.advance_ms(1);
    assert_eq!(round(&api).await, (0, 1, 0));
    assert_eq!(round(&api).await, (0, 0, 0));
    let row = api.store.public_authority(&id).await.unwrap().unwrap();
    assert!(row.sealed_key.is_none() && !row.ocsp);
    assert!(api.store.ocsp_responder(&id).await.unwrap().is_none());
    api.log_in_again().await;
    let gone = (404, "PCA.10010002");
    let path = format!("{CAS}/{id}");
    api.refused(("GET", &path), None, gone, "does not exist")
        .await;
    // What it issued keeps its chain.
    let other = api.store.private_certificate(&api.domain_id, &leaf).await;
    assert!(other.unwrap().is_some());
    let aia = Request::get(format!("/aia/{id}.crt")).body(Body::empty());
    assert_eq!(api.fetch(aia.unwrap()).await.0, 200);
}

/// What it revoked last is told, though the first try failed.
#[tokio::test]
async fn a_ca_ends_after_its_last_list() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let leaf = api
        .new_certificate(certificate("a.example.com", &root))
        .await;
    api.enable_crl(&root, lists("lists")).await;
    api.move_ca(&root, "/disable").await;
    api.succeed("DELETE", &format!("{CAS}/{root}?pending_days=7"), None)
        .await;
    api.faults.refuse(Some("crl.publish"));
    api.revoke_certificate(&leaf, "SUPERSEDED").await;
    api.lists_made().await;
    api.faults.refuse(None);
    api.clock.advance_ms(7 * DAY);
    assert_eq!(round(&api).await, (1, 1, 0));
    let crl = api.crl(&root).await;
    assert_eq!((crl.number(), crl.revoked().len()), (Some(2), 1));
    assert_eq!(crl.next_update_ms(), Some(NOW + 15 * DAY));
    assert_eq!(round(&api).await, (0, 0, 0));
}

#[tokio::test]
async fn responders_are_renewed_before_they_end() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let body = json!({ "validity": { "type": "DAY", "value": 25 } });
    let short = api
        .new_ca(with(&subordinate("short", &root, 0), &body))
        .await;
    api.switch_ocsp(&root, true).await;
    api.switch_ocsp(&short, true).await;
    let key = async |id: &str| {
        let row = api.store.ocsp_responder(id).await.unwrap().unwrap();
        (row.sealed_key, row.not_after)
    };
    let before = (key(&root).await, key(&short).await);
    assert_eq!((before.0.1, before.1.1), (NOW + 30 * DAY, NOW + 25 * DAY));
    api.clock.advance_ms(20 * DAY - 1);
    assert_eq!(round(&api).await, (0, 0, 0));
    api.clock.advance_ms(1);
    // The other's ends with its CA: there is no longer one.
    assert_eq!(round(&api).await, (0, 0, 1));
    assert_eq!(round(&api).await, (0, 0, 0));
    let after = key(&root).await;
    assert_eq!(after.1, NOW + 50 * DAY);
    assert_ne!(after.0, before.0.0, "the key is a new one");
    assert_eq!(key(&short).await, before.1);
    let trail = AuditFilter {
        action: Some("ocsp.renew".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&trail, 10, 0).await.unwrap().rows;
    let of: Vec<_> = rows.iter().map(|row| (&row.actor, &row.resource)).collect();
    assert_eq!(of, [(&"desk".to_owned(), &root)]);
}
