//! Revocations do not wait for their list, and share one.

use std::sync::atomic::Ordering;

use chancery_store::{AuditFilter, NewCrl, Transaction};

use super::*;
use crate::support::{DAY, NOW, until};

/// How many entries the lists of a CA had, the first one first.
async fn lists_of(api: &Api, id: &str) -> Vec<u64> {
    let trail = AuditFilter {
        action: Some("crl.publish".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&trail, 100, 0).await.unwrap().rows;
    let mut lists: Vec<(u64, u64)> = rows
        .iter()
        .filter(|row| row.resource == id)
        .map(|row| {
            let detail: Value = serde_json::from_str(&row.detail).unwrap();
            let field = |name: &str| detail[name].as_u64().unwrap();
            (field("number"), field("entries"))
        })
        .collect();
    lists.sort_unstable();
    let numbers: Vec<u64> = lists.iter().map(|(number, _)| *number).collect();
    let expected: Vec<u64> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected, "one number after the other");
    lists.into_iter().map(|(_, entries)| entries).collect()
}

async fn leaves(api: &Api, issuer: &str, count: usize) -> Vec<String> {
    let mut leaves = Vec::new();
    for number in 0..count {
        let name = format!("n{number}.example.com");
        leaves.push(api.new_certificate(certificate(&name, issuer)).await);
    }
    leaves
}

/// Whatever revokes answers while no list can be stored.
#[tokio::test]
async fn a_revocation_answers_before_its_list() {
    let api = Api::start().await;
    let sm2 = json!({ "key_algorithm": "SM2", "signature_algorithm": "SM3" });
    let top = api.new_ca(root("top")).await;
    let below = api.new_ca(subordinate("below", &top, 0)).await;
    let issuing = api.new_ca(subordinate("issuing", &top, 0)).await;
    let national = api.new_ca(with(&root("national"), &sm2)).await;
    for id in [&top, &below, &issuing, &national] {
        api.enable_crl(id, lists("lists")).await;
    }
    let leaf = api
        .new_certificate(certificate("leaf.example.com", &issuing))
        .await;
    let pair = with(&certificate("pair.example.com", &national), &sm2);
    let pair = api.new_certificate(pair).await;
    // A CA that is switched off and waits for its deletion tells as well.
    api.move_ca(&national, "/disable").await;
    let path = format!("{CAS}/{national}?pending_days=7");
    api.succeed("DELETE", &path, None).await;

    api.clock.pass_ms(5_000); // the first lists have rested
    api.faults.gate("crl.publish");
    let closed = api.faults.gate.lock().await;
    api.revoke_certificate(&leaf, "SUPERSEDED").await;
    api.revoke_certificate(&pair, "SUPERSEDED").await;
    api.revoke_ca(&below).await;
    for id in [&top, &issuing, &national] {
        let crl = api.crl(id).await;
        assert_eq!((crl.number(), crl.revoked().len()), (Some(1), 0));
    }
    drop(closed);
    // All three wait together.
    assert_eq!(api.lists_made().await, [1_000]);
    for (id, entries) in [
        (&top, vec![0, 1]),
        (&issuing, vec![0, 1]),
        (&below, vec![0]),
        (&national, vec![0, 2]),
    ] {
        assert_eq!(lists_of(&api, id).await, entries);
    }
    assert_eq!(api.lists_made().await, [0; 0], "nothing is left");
}

#[tokio::test]
async fn what_is_revoked_while_a_list_is_made_is_on_the_next() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let leaves = leaves(&api, &root, 4).await;
    api.enable_crl(&root, lists("lists")).await;
    api.clock.pass_ms(5_000);
    api.revoke_certificate(&leaves[0], "SUPERSEDED").await;
    api.faults.gate("crl.publish");
    let closed = api.faults.gate.lock().await;
    let meanwhile = async {
        let came = || api.faults.came.load(Ordering::SeqCst);
        until(async || came() > 0).await;
        for leaf in &leaves[1..] {
            api.revoke_certificate(leaf, "SUPERSEDED").await;
        }
        drop(closed);
    };
    let (waited, ()) = tokio::join!(api.lists_made(), meanwhile);
    assert_eq!(lists_of(&api, &root).await, [0, 1, 4]);
    assert_eq!(waited, [1_000, 2_000], "it rests");
    let copy = api.folder.path().join(format!("objects/lists/{root}.crl"));
    assert_eq!(std::fs::read(copy).unwrap(), api.crl(&root).await.der());
}

/// A CA that has no further list has told what it revoked just before, for as long as its last one
/// is good.
#[tokio::test]
async fn the_last_list_tells_what_was_revoked_just_before() {
    let api = Api::start().await;
    let top = api.new_ca(root("top")).await;
    let below = api.new_ca(subordinate("below", &top, 0)).await;
    for id in [&top, &below] {
        api.enable_crl(id, lists("lists")).await;
    }
    let leaf = leaves(&api, &below, 1).await.remove(0);
    api.revoke_certificate(&leaf, "SUPERSEDED").await;
    api.revoke_ca(&below).await;
    assert_eq!(api.crl(&below).await.revoked().len(), 1);
    api.move_ca(&top, "/crl/disable").await;
    assert_eq!(api.crl(&top).await.revoked().len(), 1);
    api.lists_made().await;
    for id in [&top, &below] {
        assert_eq!(lists_of(&api, id).await, [0, 1]);
        let path = api.folder.path().join(format!("objects/lists/{id}.crl"));
        assert!(!path.exists());
    }
}

/// What another process revokes while a list is made is for that process, or a job of this one.
#[tokio::test]
async fn what_another_process_revokes_meanwhile_is_not_lost() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let leaves = leaves(&api, &root, 2).await;
    api.enable_crl(&root, lists("lists")).await;
    api.revoke_certificate(&leaves[0], "SUPERSEDED").await;
    let mut tx = Transaction::new("test.other_process");
    let states = ("ISSUED", "REVOKED");
    tx.revoke_private_certificate(&api.domain_id, &leaves[1], states, NOW, None)
        .outdate_crl(&root);
    api.faults.overtake("crl.publish", tx);
    api.lists_made().await;
    assert_eq!(lists_of(&api, &root).await, [0, 1]);
    let round = api.desk.run_due(api.desk.now_ms()).await;
    assert_eq!((round.crls, round.failures.len()), (1, 0));
    assert_eq!(lists_of(&api, &root).await, [0, 1, 2]);
}

/// Another process that publishes first has the number; the list is made with the next one if it
/// does not tell everything, and else not.
#[tokio::test]
async fn the_list_of_another_process_comes_first() {
    for tells in [true, false] {
        let api = Api::start().await;
        let (root, leaf) = api.listing_root().await;
        api.revoke_certificate(&leaf, "SUPERSEDED").await;
        let crl = api.store.crl(&root).await.unwrap().unwrap();
        let mut tx = Transaction::new("test.other_process");
        tx.publish_crl(NewCrl {
            authority_id: &root,
            after: crl.number,
            number: 2,
            revision: crl.revision - i64::from(!tells),
            this_update: NOW,
            next_update: NOW + 8 * DAY,
            list: b"another's",
        });
        api.faults.overtake("crl.publish", tx);
        api.lists_made().await;
        let crl = api.store.crl(&root).await.unwrap().unwrap();
        let expected = if tells { 2 } else { 3 };
        assert_eq!((crl.number, crl.copied), (expected, true));
        assert_eq!(crl.published_revision, crl.revision);
    }
}

/// The lists of one account that fails do not keep another's from being made.
#[tokio::test]
async fn a_list_that_fails_is_left_to_a_job() {
    let api = Api::start().await;
    let one = api.new_ca(root("one")).await;
    let two = api.new_ca(root("two")).await;
    for id in [&one, &two] {
        api.enable_crl(id, lists("lists")).await;
        for leaf in leaves(&api, id, 1).await {
            api.revoke_certificate(&leaf, "SUPERSEDED").await;
        }
    }
    api.objects.fail(1);
    api.lists_made().await;
    let copied = async |id: &str| api.store.crl(id).await.unwrap().unwrap().copied;
    assert!(copied(&one).await != copied(&two).await, "one has failed");
    let round = api.desk.run_due(api.desk.now_ms()).await;
    assert_eq!((round.crls, round.failures.len()), (1, 0));
    assert!(copied(&one).await && copied(&two).await);
    for id in [&one, &two] {
        assert_eq!(lists_of(&api, id).await, [0, 1]);
    }
}

/// The task of a server is woken by a revocation, and by nothing else.
#[tokio::test]
async fn who_makes_lists_is_woken() {
    let api = Api::start().await;
    let (root, leaf) = api.listing_root().await;
    let desk = std::sync::Arc::clone(&api.desk);
    let woken = tokio::spawn(async move { desk.crls_outdated().await });
    tokio::task::yield_now().await;
    assert!(!woken.is_finished());
    api.revoke_certificate(&leaf, "SUPERSEDED").await;
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, woken)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(api.newest_crl(&root).await.revoked().len(), 1);
}
