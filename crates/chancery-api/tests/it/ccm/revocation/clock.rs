//! A clock that is set wrong, and right again.

use chancery_store::Transaction;

use super::*;
use crate::support::{DAY, MINUTE, NOW};

const HOUR: i64 = DAY / 24;

async fn round(api: &Api) -> (usize, usize) {
    let round = api.desk.run_due(api.desk.now_ms()).await;
    assert!(round.failures.is_empty(), "{:?}", round.failures);
    (round.crls, round.ended)
}

/// A root whose deletion is due in seven days.
async fn doomed(api: &Api) -> String {
    let id = api.new_ca(root("doomed")).await;
    api.move_ca(&id, "/disable").await;
    api.succeed("DELETE", &format!("{CAS}/{id}?pending_days=7"), None)
        .await;
    id
}

async fn has_key(api: &Api, id: &str) -> bool {
    let row = api.store.public_authority(id).await.unwrap().unwrap();
    row.sealed_key.is_some()
}

#[tokio::test]
async fn lists_of_a_clock_that_was_ahead_are_made_anew() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let mut leaves = Vec::new();
    for number in 0..6 {
        let name = format!("n{number}.example.com");
        leaves.push(api.new_certificate(certificate(&name, &root)).await);
    }
    api.enable_crl(&root, lists("lists")).await;
    for leaf in &leaves[..5] {
        api.revoke_certificate(leaf, "SUPERSEDED").await;
    }
    api.lists_made().await;
    // Ahead by more than the certificates have left, for two minutes.
    let ahead = 400 * DAY;
    api.clock.jump_ms(ahead);
    assert_eq!(round(&api).await, (1, 0));
    let wrong = api.crl(&root).await;
    assert_eq!(wrong.this_update_ms(), NOW + ahead - MINUTE);
    api.clock.advance_ms(120_000);
    api.clock.jump_ms(-ahead);

    api.revoke_certificate(&leaves[5], "SUPERSEDED").await;
    let crl = api.newest_crl(&root).await;
    assert_eq!(crl.revoked().len(), 6);
    assert_eq!(crl.this_update_ms(), NOW + 120_000 - MINUTE);
    assert!(crl.number() > wrong.number(), "numbers go on");
}

#[tokio::test]
async fn a_list_from_the_future_is_replaced_without_a_revocation() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let leaf = api
        .new_certificate(certificate("a.example.com", &root))
        .await;
    api.enable_crl(&root, lists("lists")).await;
    api.revoke_certificate(&leaf, "SUPERSEDED").await;
    api.lists_made().await;
    api.clock.jump_ms(400 * DAY);
    assert_eq!(round(&api).await, (1, 0));
    api.clock.jump_ms(-400 * DAY);
    assert_eq!(round(&api).await, (1, 0));
    let crl = api.crl(&root).await;
    assert_eq!(
        (crl.this_update_ms(), crl.revoked().len()),
        (NOW - MINUTE, 1)
    );
    assert_eq!(round(&api).await, (0, 0));
}

#[tokio::test]
async fn a_clock_that_jumped_destroys_no_key() {
    let api = Api::start().await;
    let id = doomed(&api).await;
    api.clock.advance_ms(2 * HOUR);
    assert_eq!(round(&api).await, (0, 0));
    api.clock.jump_ms(100 * DAY);
    for _ in 0..5 {
        api.clock.advance_ms(HOUR);
        assert_eq!(round(&api).await, (0, 0));
    }
    assert!(has_key(&api, &id).await);
    // Set right: it is there as before, and issues.
    api.clock.jump_ms(-100 * DAY);
    assert_eq!(round(&api).await, (0, 0));
    api.move_ca(&id, "/restore").await;
    api.move_ca(&id, "/enable").await;
    api.new_certificate(certificate("a.example.com", &id)).await;
}

#[tokio::test]
async fn a_clock_that_stays_where_it_jumped_is_believed_after_a_day() {
    let api = Api::start().await;
    let id = doomed(&api).await;
    api.clock.advance_ms(2 * HOUR);
    assert_eq!(round(&api).await, (0, 0));
    api.clock.jump_ms(8 * DAY);
    assert_eq!(round(&api).await, (0, 0));
    api.clock.advance_ms(DAY - 1);
    assert_eq!(round(&api).await, (0, 0));
    api.clock.advance_ms(1);
    assert_eq!(round(&api).await, (0, 1));
    assert!(!has_key(&api, &id).await);
}

#[tokio::test]
async fn a_start_with_a_wrong_clock_destroys_no_key() {
    let api = Api::start().await;
    let id = doomed(&api).await;
    assert_eq!(round(&api).await, (0, 0));
    api.clock.jump_ms(100 * DAY);
    let mut api = api.restart().await;
    // What it stores at that time makes the time no better, for another start neither.
    for _ in 0..2 {
        api.log_in_again().await;
        assert_eq!(round(&api).await, (0, 0));
        api.clock.advance_ms(2 * HOUR);
        assert_eq!(round(&api).await, (0, 0));
        api = api.restart().await;
    }
    assert!(has_key(&api, &id).await);
}

/// What an earlier desk has destroyed under a wrong clock is not shown as if it were there.
#[tokio::test]
async fn a_ca_without_its_key_is_not_restored() {
    let api = Api::start().await;
    let id = doomed(&api).await;
    let mut tx = Transaction::new("test.end");
    tx.end_authority(&api.domain_id, &id, NOW + 100 * DAY);
    api.store.commit(tx).await.unwrap();
    let gone = (404, "PCA.10010002");
    for (method, path) in [
        ("GET", format!("{CAS}/{id}")),
        ("POST", format!("{CAS}/{id}/restore")),
        ("POST", format!("{CAS}/{id}/enable")),
    ] {
        api.refused((method, &path), None, gone, "does not exist")
            .await;
    }
    let listed = api.succeed("GET", CAS, None).await;
    assert_eq!(listed["total"], 0);
}
