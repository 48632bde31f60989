//! Revocation lists, responders, and what stays revoked.

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::{AuthorityRow, IssuedStatus, NewCrl, OcspResponderRow, Store, label};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    lists_have_one_number_after_the_other,
    two_lists_never_share_a_copy,
    lists_are_due_in_time,
    responders_are_due_in_time,
    what_was_revoked_stays_revoked,
    an_ended_authority_has_no_key,
);

fn living(id: &str) -> AuthorityRow {
    AuthorityRow {
        delete_at: None,
        revoked_at: None,
        issuer_id: None,
        not_after: Some(10_000),
        ..authority("alpha", id)
    }
}

fn list(id: &str, number: i64, revision: i64) -> NewCrl<'_> {
    NewCrl {
        authority_id: id,
        number,
        revision,
        this_update: 100,
        next_update: 500,
        list: &[0x30],
    }
}

async fn with_list(bed: &Bed, id: &str) -> Store {
    let store = bed.open().await;
    commit(&store, |tx| {
        tx.insert_authority(&living(id))
            .enable_crl("alpha", id, ("bucket", id), 7)
    })
    .await
    .unwrap();
    store
}

async fn lists_have_one_number_after_the_other(bed: Bed) {
    let store = with_list(&bed, "a1").await;
    assert_eq!(store.crl_list("a1").await.unwrap(), None);
    let publish = |number, revision| {
        commit(&store, move |tx| {
            tx.publish_crl(list("a1", number, revision))
        })
    };
    assert_eq!(publish(2, 1).await, Err(Conflict(label::CRL)));
    assert_eq!(publish(1, 1).await, Ok(()));
    assert_eq!(publish(1, 1).await, Err(Conflict(label::CRL)));
    assert_eq!(
        store.crl_list("a1").await.unwrap(),
        Some((1, 500, vec![0x30]))
    );
    commit(&store, |tx| tx.outdate_crl("a1")).await.unwrap();
    let crl = store.crl("a1").await.unwrap().unwrap();
    assert_eq!((crl.revision, crl.published_revision), (2, 1));
    // The numbers go on after a pause, in which there is no list.
    commit(&store, |tx| tx.disable_crl("a1")).await.unwrap();
    assert_eq!(publish(2, 2).await, Err(Conflict(label::CRL)));
    commit(&store, |tx| {
        tx.enable_crl("alpha", "a1", ("other", "name"), 8)
    })
    .await
    .unwrap();
    assert_eq!(publish(2, 3).await, Ok(()));
    let copied = |number, place| commit(&store, move |tx| tx.copied_crl("a1", number, place));
    assert_eq!(
        copied(1, ("other", "name")).await,
        Err(Conflict(label::CRL))
    );
    assert_eq!(copied(2, ("bucket", "a1")).await, Err(Conflict(label::CRL)));
    assert_eq!(copied(2, ("other", "name")).await, Ok(()));
    assert!(store.crl("a1").await.unwrap().unwrap().copied);
}

async fn two_lists_never_share_a_copy(bed: Bed) {
    let store = with_list(&bed, "a1").await;
    let taken = commit(&store, |tx| {
        tx.insert_authority(&living("a2"))
            .enable_crl("alpha", "a2", ("bucket", "a1"), 7)
    });
    assert_eq!(taken.await, Err(Duplicate(label::CRLS_NAME)));
    commit(&store, |tx| {
        tx.insert_authority(&living("a2"))
            .disable_crl("a1")
            .enable_crl("alpha", "a2", ("bucket", "a1"), 7)
    })
    .await
    .unwrap();
}

async fn lists_are_due_in_time(bed: Bed) {
    let store = with_list(&bed, "a1").await;
    let due = async |now| store.crls_due(now, 10).await.unwrap().len();
    assert_eq!(due(100).await, 1, "there is none");
    commit(&store, |tx| tx.publish_crl(list("a1", 1, 1)))
        .await
        .unwrap();
    assert_eq!(due(100).await, 1, "there is no copy");
    commit(&store, |tx| tx.copied_crl("a1", 1, ("bucket", "a1")))
        .await
        .unwrap();
    assert_eq!((due(100).await, due(399).await, due(400).await), (0, 0, 1));
    assert_eq!(due(10_000).await, 0, "the authority is no longer valid");
    commit(&store, |tx| tx.outdate_crl("a1")).await.unwrap();
    assert_eq!(due(100).await, 1, "something was revoked");
    commit(&store, |tx| tx.disable_crl("a1")).await.unwrap();
    assert_eq!(due(100).await, 0, "it is off");
}

async fn responders_are_due_in_time(bed: Bed) {
    let store = with_list(&bed, "a1").await;
    let row = |not_after| OcspResponderRow {
        authority_id: "a1".into(),
        certificate: vec![0x30],
        sealed_key: vec![1],
        not_after,
    };
    let switch = |on| {
        commit(&store, move |tx| {
            tx.set_authority_ocsp("alpha", "a1", "ACTIVED", on)
        })
    };
    assert_eq!(switch(false).await, Err(Conflict(label::AUTHORITY)));
    assert_eq!(switch(true).await, Ok(()));
    assert_eq!(switch(true).await, Err(Conflict(label::AUTHORITY)));
    commit(&store, |tx| tx.insert_ocsp_responder(&row(100)))
        .await
        .unwrap();
    let due = async |end| store.ocsp_responders_due(end, 10).await.unwrap().len();
    assert_eq!((due(99).await, due(100).await), (0, 1));
    let replace = |old| {
        commit(&store, move |tx| {
            tx.replace_ocsp_responder(&row(10_000), old)
        })
    };
    assert_eq!(replace(99).await, Err(Conflict(label::OCSP_RESPONDER)));
    assert_eq!(replace(100).await, Ok(()));
    assert!(store.ocsp_responder("a1").await.unwrap() == Some(row(10_000)));
    assert_eq!(due(10_000).await, 0, "it ends with its authority");
    let known = store.ocsp_authorities().await.unwrap();
    assert_eq!(known, [("a1".to_owned(), vec![0x30, 0])]);
    commit(&store, |tx| {
        tx.revoke_authority("alpha", "a1", ("ACTIVED", "REVOKED"), 5, None)
    })
    .await
    .unwrap();
    assert!(store.ocsp_responder("a1").await.unwrap().is_none());
    assert_eq!(store.ocsp_authorities().await.unwrap(), []);
    let crl = store.crl("a1").await.unwrap().unwrap();
    assert_eq!(crl.bucket, None);
}

async fn what_was_revoked_stays_revoked(bed: Bed) {
    let store = bed.open().await;
    let mut pair = certificate("alpha", "c1");
    pair.enc_serial_number = Some("0E".into());
    pair.revoked_at = None;
    let mut other = certificate("alpha", "c2");
    other.revoked_at = None;
    let states = ("ISSUED", "REVOKED");
    commit(&store, |tx| {
        tx.insert_private_certificate(&pair)
            .insert_private_certificate(&other)
            .revoke_private_certificate("alpha", "c1", states, 5, Some("SUPERSEDED"))
    })
    .await
    .unwrap();
    let before = store.revocations(&pair.issuer_id).await.unwrap();
    assert_eq!(before.len(), 2);
    commit(&store, |tx| {
        tx.delete_private_certificate("alpha", "c1")
            .delete_private_certificate("alpha", "c2")
    })
    .await
    .unwrap();
    assert_eq!(store.revocations(&pair.issuer_id).await.unwrap(), before);
    let of = async |serials: &[&str]| {
        let serials: Vec<String> = serials.iter().map(|serial| (*serial).into()).collect();
        let found = store.issued_statuses(&pair.issuer_id, &serials).await;
        let mut found: Vec<_> = found.unwrap().into_iter().collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        let of = |(serial, status): (String, IssuedStatus)| (serial, status.revoked_at);
        found.into_iter().map(of).collect::<Vec<_>>()
    };
    let revoked = |serial: &str| (serial.to_owned(), Some(5));
    let (first, gone) = (pair.serial_number.as_str(), other.serial_number.as_str());
    for serial in ["0E", first] {
        assert_eq!(of(&[serial]).await, [revoked(serial)]);
    }
    assert_eq!(of(&[gone]).await, []);
    assert_eq!(of(&[]).await, []);
    // More than one statement asks for.
    let made_up: Vec<String> = (0..150).map(|n| format!("F{n:03}")).collect();
    let mut many: Vec<&str> = made_up.iter().map(String::as_str).collect();
    many.extend([gone, "0E", first]);
    let mut both = vec![revoked("0E"), revoked(first)];
    both.sort();
    assert_eq!(of(&many).await, both);
}

async fn an_ended_authority_has_no_key(bed: Bed) {
    let store = with_list(&bed, "a1").await;
    commit(&store, |tx| {
        tx.set_authority_deletion("alpha", "a1", "ACTIVED", "DELETED", Some(50))
    })
    .await
    .unwrap();
    let end = |now| commit(&store, move |tx| tx.end_authority("alpha", "a1", now));
    assert_eq!(end(49).await, Err(Conflict(label::AUTHORITY)));
    assert_eq!(end(50).await, Ok(()));
    assert_eq!(end(51).await, Err(Conflict(label::AUTHORITY)));
    let row = store.public_authority("a1").await.unwrap().unwrap();
    assert_eq!((row.sealed_key, row.crl.as_str()), (None, "{}"));
    assert!(row.certificate.is_some(), "chains go through it");
    assert_eq!(store.authorities_to_delete(60, 10).await.unwrap().len(), 0);
}
