//! Revocation lists, responders, and what stays revoked.

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::{
    AuthorityRow, CrlHead, CrlList, IssuedStatus, NewCrl, OcspResponderRow, Store, label,
};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    lists_have_one_number_after_the_other,
    two_lists_never_share_a_copy,
    every_place_is_one_authoritys,
    lists_are_due_in_time,
    responders_are_due_in_time,
    what_was_revoked_stays_revoked,
    both_halves_of_a_deleted_pair_are_known,
    what_is_revoked_late_is_listed,
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
        after: number - 1,
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
    let head = CrlHead {
        number: 1,
        next_update: 500,
        length: 1,
    };
    let der = vec![0x30];
    assert_eq!(store.crl_head("a1").await, Ok(Some(head)));
    assert_eq!(store.crl_list("a1").await, Ok(Some(CrlList { head, der })));
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

async fn every_place_is_one_authoritys(bed: Bed) {
    let store = with_list(&bed, "a1").await;
    let place = |bucket: &str, name: &str| (bucket.to_owned(), name.to_owned());
    let places = async || {
        let mut places: Vec<_> = store.crl_places().await.unwrap().into_iter().collect();
        places.sort();
        places
    };
    let at = async |bucket: &str, name: &str| store.crl_at(bucket, name).await.unwrap();
    assert_eq!(places().await, [place("bucket", "a1")]);
    assert_eq!(at("bucket", "a1").await, None, "there is no list yet");
    commit(&store, |tx| tx.publish_crl(list("a1", 1, 1)))
        .await
        .unwrap();
    assert_eq!(at("bucket", "a1").await, Some(vec![0x30]));
    // It moves with its list.
    commit(&store, |tx| {
        tx.enable_crl("alpha", "a1", ("bucket", "other"), 8)
    })
    .await
    .unwrap();
    assert_eq!(places().await, [place("bucket", "other")]);
    assert_eq!(at("bucket", "a1").await, None);
    assert_eq!(at("bucket", "other").await, Some(vec![0x30]));
    assert_eq!(store.is_crl_place("bucket", "other").await, Ok(true));
    assert_eq!(store.is_crl_place("bucket", "a1").await, Ok(false));

    // Off, revoked and ended, an authority has none; its last list is its own all the same.
    commit(&store, |tx| {
        tx.disable_crl("a1");
        for (id, name) in [("a2", "revoked"), ("a3", "ended")] {
            tx.insert_authority(&living(id))
                .enable_crl("alpha", id, ("bucket", name), 7)
                .publish_crl(list(id, 1, 1));
        }
        tx
    })
    .await
    .unwrap();
    let both = [place("bucket", "ended"), place("bucket", "revoked")];
    assert_eq!(places().await, both);
    commit(&store, |tx| {
        tx.revoke_authority("alpha", "a2", ("ACTIVED", "REVOKED"), 5, None)
            .set_authority_deletion("alpha", "a3", "ACTIVED", "DELETED", Some(50))
            .end_authority("alpha", "a3", 50)
    })
    .await
    .unwrap();
    assert_eq!(places().await, []);
    for (id, name) in [("a1", "other"), ("a2", "revoked"), ("a3", "ended")] {
        assert_eq!(at("bucket", name).await, None, "{name}");
        assert!(store.crl_list(id).await.unwrap().is_some(), "{id}");
    }

    // In doubt whoever has the place copies again.
    commit(&store, |tx| {
        tx.insert_authority(&living("a4"))
            .enable_crl("alpha", "a4", ("bucket", "other"), 7)
            .publish_crl(list("a4", 1, 1))
            .copied_crl("a4", 1, ("bucket", "other"))
    })
    .await
    .unwrap();
    assert!(store.crl("a4").await.unwrap().unwrap().copied);
    commit(&store, |tx| {
        tx.doubt_crl_copy("bucket", "other")
            .doubt_crl_copy("bucket", "nobody")
    })
    .await
    .unwrap();
    assert!(!store.crl("a4").await.unwrap().unwrap().copied);
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
    // What does not tell everything comes first, though another runs out before it.
    commit(&store, |tx| {
        for (id, next_update) in [("a0", 400), ("a2", 300)] {
            tx.insert_authority(&living(id))
                .enable_crl("alpha", id, ("bucket", id), 7)
                .publish_crl(NewCrl {
                    next_update,
                    ..list(id, 1, 1)
                })
                .copied_crl(id, 1, ("bucket", id));
        }
        tx.insert_authority(&living("a3"))
            .enable_crl("alpha", "a3", ("bucket", "a3"), 7)
    })
    .await
    .unwrap();
    let rows = store.crls_due(400, 10).await.unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row.authority_id.as_str()).collect();
    assert_eq!(ids, ["a3", "a1", "a2", "a0"]);
    for id in ["a0", "a1", "a2", "a3"] {
        commit(&store, |tx| tx.disable_crl(id)).await.unwrap();
    }
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
    let before = store.revocations(&pair.issuer_id, 0).await.unwrap();
    assert_eq!(before.len(), 2);
    commit(&store, |tx| {
        tx.delete_private_certificate("alpha", "c1")
            .delete_private_certificate("alpha", "c2")
    })
    .await
    .unwrap();
    assert_eq!(store.revocations(&pair.issuer_id, 0).await.unwrap(), before);
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
    assert_eq!(of(&[gone]).await, [(gone.to_owned(), None)]);
    assert_eq!(of(&[]).await, []);
    // More than one statement asks for.
    let made_up: Vec<String> = (0..150).map(|n| format!("F{n:03}")).collect();
    let mut many: Vec<&str> = made_up.iter().map(String::as_str).collect();
    many.extend([gone, "0E", first]);
    let mut all = vec![revoked("0E"), revoked(first), (gone.to_owned(), None)];
    all.sort();
    assert_eq!(of(&many).await, all);
    // It ended at 21: a list need not have it for ever.
    let listed = async |over| store.revocations(&pair.issuer_id, over).await.unwrap();
    assert_eq!(listed(21).await, before);
    assert_eq!(listed(22).await, []);
    // What was not revoked is known until some time after its end.
    let to_forget = async |end| store.past_certificates_to_forget(end).await.unwrap();
    assert_eq!((to_forget(21).await, to_forget(22).await), (0, 1));
    for (end, expected) in [(21, vec![(gone.to_owned(), None)]), (22, vec![])] {
        commit(&store, |tx| tx.forget_past_certificates(end))
            .await
            .unwrap();
        assert_eq!(of(&[gone]).await, expected);
    }
    assert_eq!(listed(0).await, before);
}

async fn both_halves_of_a_deleted_pair_are_known(bed: Bed) {
    let store = bed.open().await;
    let mut pair = certificate("alpha", "c1");
    pair.enc_serial_number = Some("0E".into());
    commit(&store, |tx| {
        tx.insert_private_certificate(&pair)
            .delete_private_certificate("alpha", "c1")
    })
    .await
    .unwrap();
    let serials = ["0E".to_owned(), pair.serial_number.clone()];
    let found = store.issued_statuses(&pair.issuer_id, &serials).await;
    let found = found.unwrap();
    for serial in &serials {
        assert_eq!(found[serial].revoked_at, None, "{serial}");
    }
    assert_eq!(store.revocations(&pair.issuer_id, 0).await, Ok(Vec::new()));
}

/// What ended first and was revoked then is on a list all the same.
async fn what_is_revoked_late_is_listed(bed: Bed) {
    let store = bed.open().await;
    let row = AuthorityRow {
        issuer_id: Some("issuer".into()),
        serial_number: Some("0A".into()),
        not_after: Some(10),
        revoked_at: Some(30),
        ..authority("alpha", "a1")
    };
    commit(&store, |tx| tx.insert_authority(&row))
        .await
        .unwrap();
    for (over, listed) in [(0, 1), (20, 1), (30, 1), (31, 0)] {
        let found = store.revocations("issuer", over).await.unwrap();
        assert_eq!(found.len(), listed, "{over}");
    }
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
