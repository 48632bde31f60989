//! Copies of revocation lists in buckets: where no CA has one, none stays.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use chancery_store::{NewCrl, Transaction};

use super::*;
use crate::support::{DAY, NOW, until};

/// The file of the copy with this name in the bucket `lists`.
fn copy(api: &Api, name: &str) -> PathBuf {
    let bucket = api.folder.path().join("objects/lists");
    bucket.join(format!("{name}.crl"))
}

fn named(name: &str) -> Value {
    with(&lists("lists"), &json!({ "crl_name": name }))
}

/// How many copies a round has removed, and how many jobs failed.
async fn round(api: &Api) -> (usize, usize) {
    let round = api.desk.run_due(api.desk.now_ms()).await;
    (round.copies, round.failures.len())
}

/// What everyone is given at the place with this name in the bucket `lists`.
async fn served(api: &Api, name: &str) -> Option<Vec<u8>> {
    let request = Request::get(format!("/objects/lists/{name}.crl")).body(Body::empty());
    let response = api.send(request.unwrap()).await;
    let found = response.status() == 200;
    assert!(found || response.status() == 404, "{}", response.status());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    found.then(|| body.to_vec())
}

#[tokio::test]
async fn revoked_and_ended_cas_leave_none() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let revoked = api.new_ca(subordinate("revoked", &root, 0)).await;
    let ended = api.new_ca(subordinate("ended", &root, 0)).await;
    for id in [&root, &revoked, &ended] {
        api.enable_crl(id, lists("lists")).await;
        assert!(copy(&api, id).exists());
    }
    api.revoke_ca(&revoked).await;
    assert!(!copy(&api, &revoked).exists());
    api.move_ca(&ended, "/disable").await;
    let path = format!("{CAS}/{ended}?pending_days=7");
    api.succeed("DELETE", &path, None).await;
    assert_eq!(round(&api).await, (0, 0));
    assert!(copy(&api, &ended).exists());
    api.clock.advance_ms(7 * DAY);
    assert_eq!(round(&api).await, (1, 0));
    assert!(!copy(&api, &ended).exists());
    assert!(copy(&api, &root).exists());
    assert_eq!(round(&api).await, (0, 0));
}

#[tokio::test]
async fn what_could_not_be_removed_is_removed_by_a_job() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let sub = api.new_ca(subordinate("sub", &root, 0)).await;
    // It moves, is switched off, is revoked; each time the objects fail twice.
    api.enable_crl(&root, named("one")).await;
    api.enable_crl(&sub, lists("lists")).await;
    api.objects.fail(1);
    api.enable_crl(&root, named("two")).await;
    assert!(copy(&api, "two").exists());
    let gone = async |name: &str| {
        assert!(copy(&api, name).exists());
        api.objects.fail(1);
        assert_eq!(round(&api).await, (0, 1));
        assert!(copy(&api, name).exists());
        assert_eq!(round(&api).await, (1, 0));
        assert!(!copy(&api, name).exists());
    };
    gone("one").await;
    api.objects.fail(1);
    api.move_ca(&root, "/crl/disable").await;
    gone("two").await;
    api.objects.fail(1);
    api.revoke_ca(&sub).await;
    gone(&sub).await;
}

/// Every node answers what the database says, whatever is left in its folder, and clears that.
#[tokio::test]
async fn what_another_node_was_told_holds_on_this_one() {
    let api = Api::start().await;
    let (root, id) = api.listing_root().await;
    let first = std::fs::read(copy(&api, &root)).unwrap();
    assert_eq!(served(&api, &root).await, Some(first.clone()));

    // Another node has made the newest list, which is in its folder.
    api.revoke_certificate(&id, "SUPERSEDED").await;
    let newest = api.newest_crl(&root).await;
    std::fs::write(copy(&api, &root), &first).unwrap();
    assert_eq!(served(&api, &root).await.unwrap(), newest.der());
    std::fs::remove_file(copy(&api, &root)).unwrap();
    assert_eq!(served(&api, &root).await.unwrap(), newest.der());
    assert_eq!(round(&api).await, (0, 0));

    // Another node was told that the lists are off, or elsewhere.
    for off in [true, false] {
        let newest = api.crl(&root).await;
        std::fs::write(copy(&api, &root), &first).unwrap();
        let mut tx = Transaction::new("test.other_node");
        match off {
            true => tx.disable_crl(&root),
            false => tx.enable_crl(&api.domain_id, &root, ("lists", "other"), 8),
        };
        api.store.commit(tx).await.unwrap();
        assert_eq!(served(&api, &root).await, None);
        let moved = served(&api, "other").await;
        assert_eq!(moved, (!off).then(|| newest.der().to_vec()));
        let beside = copy(&api, "beside").with_extension("txt");
        std::fs::write(&beside, b"no list").unwrap();
        api.objects.fail(1);
        if off {
            assert_eq!(round(&api).await, (0, 1));
            assert!(copy(&api, &root).exists());
        }
        api.objects.fail(0);
        assert_eq!(round(&api).await.0, 1);
        assert!(!copy(&api, &root).exists() && beside.exists());
        api.enable_crl(&root, lists("lists")).await;
    }
}

#[tokio::test]
async fn a_name_that_is_free_again_is_another_cas() {
    let api = Api::start().await;
    let one = api.new_ca(root("one")).await;
    let two = api.new_ca(root("two")).await;
    api.enable_crl(&one, named("shared")).await;
    api.objects.fail(1);
    api.move_ca(&one, "/crl/disable").await;
    api.enable_crl(&two, named("shared")).await;
    assert_eq!(round(&api).await, (0, 0));
    let kept = std::fs::read(copy(&api, "shared")).unwrap();
    assert_eq!(kept, api.crl(&two).await.der());
}

/// A copy that is on its way does not arrive after it was removed.
#[tokio::test]
async fn a_copy_on_its_way() {
    let api = Api::start().await;
    let (root, id) = api.listing_root().await;
    let came = || api.objects.came.load(Ordering::SeqCst);
    let before = came();
    let closed = api.objects.gate.lock().await;
    api.revoke_certificate(&id, "SUPERSEDED").await;
    let making = api.lists_made();
    let disable = async {
        until(async || came() > before).await;
        api.move_ca(&root, "/crl/disable").await;
    };
    let open = async {
        let enabled = async || api.ca(&root).await["crl_configuration"]["enabled"] == true;
        until(async || !enabled().await).await;
        assert_eq!(served(&api, &root).await, None);
        drop(closed);
    };
    tokio::join!(making, disable, open);
    assert!(!copy(&api, &root).exists());
    assert_eq!(round(&api).await, (0, 0));
}

/// Two processes write to one object storage, and the older list comes last.
#[tokio::test]
async fn an_older_list_does_not_stay() {
    let api = Api::start().await;
    let (root, id) = api.listing_root().await;
    let came = || api.objects.came.load(Ordering::SeqCst);
    let before = came();
    let closed = api.objects.gate.lock().await;
    api.revoke_certificate(&id, "SUPERSEDED").await;
    let making = api.lists_made();
    let other = async {
        until(async || came() > before).await;
        let crl = api.store.crl(&root).await.unwrap().unwrap();
        let mut tx = Transaction::new("test.other_process");
        tx.publish_crl(NewCrl {
            authority_id: &root,
            after: crl.number,
            number: crl.number + 1,
            revision: crl.revision,
            this_update: NOW,
            next_update: NOW + DAY,
            list: b"newest",
        })
        .copied_crl(&root, crl.number + 1, ("lists", &root));
        api.store.commit(tx).await.unwrap();
        drop(closed);
    };
    tokio::join!(making, other);
    assert_eq!(std::fs::read(copy(&api, &root)).unwrap(), b"newest");
    assert!(api.store.crl(&root).await.unwrap().unwrap().copied);
    assert_eq!(round(&api).await, (0, 0));
    assert!(copy(&api, &root).exists());
}
