//! Private CAs and what they revoked.

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::{AuthorityActivation, AuthorityFilter, AuthorityRow, Revocation, label};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    round_trip,
    states_change_only_from_the_expected_one,
    activation,
    what_was_bought_is_described_once,
    deletion_is_set_and_taken_back,
    revocations_of_both_tables,
    quota,
    issuer_must_be_able,
);

async fn round_trip(bed: Bed) {
    let store = bed.open().await;
    let (full, pending) = (authority("alpha", "a1"), pending_authority("alpha", "a2"));
    commit(&store, |tx| {
        tx.insert_authority(&full).insert_authority(&pending)
    })
    .await
    .unwrap();
    assert!(store.authority("alpha", "a1").await.unwrap() == Some(full.clone()));
    assert!(store.authority("alpha", "a2").await.unwrap() == Some(pending));
    assert_eq!(store.authority("beta", "a1").await.unwrap(), None);
    assert_eq!(store.count_subordinates("alpha", "root").await.unwrap(), 1);
    assert_eq!(store.count_subordinates("beta", "root").await.unwrap(), 0);

    let mut same_serial = authority("alpha", "a3");
    same_serial.serial_number = full.serial_number.clone();
    let again = commit(&store, |tx| tx.insert_authority(&same_serial)).await;
    assert_eq!(again, Err(Duplicate(label::AUTHORITIES_SERIAL)));
    let again = commit(&store, |tx| {
        tx.insert_authority(&pending_authority("beta", "a1"))
    })
    .await;
    assert_eq!(again, Err(Duplicate(label::AUTHORITIES_ID)));
}

async fn states_change_only_from_the_expected_one(bed: Bed) {
    let store = bed.open().await;
    commit(&store, |tx| tx.insert_authority(&authority("alpha", "a1")))
        .await
        .unwrap();
    let disable = |domain| {
        let store = &store;
        async move {
            commit(store, |tx| {
                tx.set_authority_status(domain, "a1", "ACTIVED", "DISABLED")
            })
            .await
        }
    };
    assert_eq!(disable("beta").await, Err(Conflict(label::AUTHORITY)));
    assert_eq!(disable("alpha").await, Ok(()));
    assert_eq!(disable("alpha").await, Err(Conflict(label::AUTHORITY)));
    let row = store.authority("alpha", "a1").await.unwrap().unwrap();
    assert_eq!(row.status, "DISABLED");

    commit(&store, |tx| {
        tx.set_authority_crl("alpha", "a1", r#"{"on":1}"#)
    })
    .await
    .unwrap();
    assert_eq!(
        store.authority("alpha", "a1").await.unwrap().unwrap().crl,
        r#"{"on":1}"#
    );
    let other = commit(&store, |tx| tx.set_authority_crl("beta", "a1", "{}")).await;
    assert_eq!(other, Err(Conflict(label::AUTHORITY)));

    let wrong = commit(&store, |tx| tx.delete_authority("alpha", "a1", "ACTIVED")).await;
    assert_eq!(wrong, Err(Conflict(label::AUTHORITY)));
    commit(&store, |tx| tx.delete_authority("alpha", "a1", "DISABLED"))
        .await
        .unwrap();
    assert_eq!(store.authority("alpha", "a1").await.unwrap(), None);
}

async fn activation(bed: Bed) {
    let store = bed.open().await;
    let mut row = pending_authority("alpha", "a1");
    commit(&store, |tx| tx.insert_authority(&row))
        .await
        .unwrap();
    let with = AuthorityActivation {
        issuer_id: None,
        issuer_name: Some("Elsewhere".into()),
        signature_algorithm: "SHA384".into(),
        path_length: Some(2),
        serial_number: "0C".into(),
        not_before: 1,
        not_after: 2,
        certificate: vec![9],
        external_chain: Some(vec![vec![8], vec![7]]),
        gen_mode: "CSR".into(),
        key_usages: "[]".into(),
        common_name: "certified".into(),
        subject: "{}".into(),
    };
    let activate = || {
        commit(&store, |tx| {
            tx.activate_authority("alpha", "a1", "PENDING", "ON", &with)
        })
    };
    activate().await.unwrap();
    assert_eq!(activate().await, Err(Conflict(label::AUTHORITY)));
    row.status = "ON".into();
    row.issuer_name = with.issuer_name.clone();
    row.signature_algorithm = Some("SHA384".into());
    row.path_length = Some(2);
    row.serial_number = Some("0C".into());
    row.not_before = Some(1);
    row.not_after = Some(2);
    row.certificate = Some(vec![9]);
    row.external_chain = with.external_chain.clone();
    row.gen_mode = "CSR".into();
    row.key_usages = "[]".into();
    row.common_name = "certified".into();
    row.subject = "{}".into();
    assert!(store.authority("alpha", "a1").await.unwrap() == Some(row));
}

async fn deletion_is_set_and_taken_back(bed: Bed) {
    let store = bed.open().await;
    let with_key = |domain, id| AuthorityRow {
        sealed_key: Some(vec![6]),
        ..pending_authority(domain, id)
    };
    commit(&store, |tx| {
        tx.insert_authority(&with_key("alpha", "a1"))
            .insert_authority(&with_key("beta", "a2"))
            .insert_authority(&with_key("beta", "a3"))
            .set_authority_deletion("alpha", "a1", "PENDING", "DELETED", Some(700))
            .set_authority_deletion("beta", "a2", "PENDING", "DELETED", Some(600))
    })
    .await
    .unwrap();
    let due = |now, limit| {
        let store = &store;
        async move {
            let rows = store.authorities_to_delete(now, limit).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(due(599, 10).await, [""; 0]);
    assert_eq!(due(700, 10).await, ["a2", "a1"]);
    assert_eq!(due(700, 1).await, ["a2"]);
    let restore = || {
        commit(&store, |tx| {
            tx.set_authority_deletion("alpha", "a1", "DELETED", "DISABLED", None)
        })
    };
    restore().await.unwrap();
    assert_eq!(restore().await, Err(Conflict(label::AUTHORITY)));
    assert_eq!(due(700, 10).await, ["a2"]);
    let row = store.authority("alpha", "a1").await.unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.delete_at), ("DISABLED", None));
}

async fn revocations_of_both_tables(bed: Bed) {
    let store = bed.open().await;
    let mut child = pending_authority("alpha", "a1");
    child.issuer_id = Some("issuer".into());
    child.serial_number = Some("0A".into());
    let mut pair = certificate("alpha", "c1");
    pair.enc_serial_number = Some("0E".into());
    commit(&store, |tx| {
        tx.insert_authority(&child)
            .insert_private_certificate(&pair)
            .insert_private_certificate(&certificate("alpha", "c2"))
    })
    .await
    .unwrap();
    assert_eq!(store.revocations("issuer", 0).await.unwrap(), []);
    commit(&store, |tx| {
        tx.revoke_authority(
            "alpha",
            "a1",
            ("PENDING", "REVOKED"),
            500,
            Some("SUPERSEDED"),
        )
        .revoke_private_certificate("alpha", "c1", ("ISSUED", "REVOKED"), 501, None)
    })
    .await
    .unwrap();
    let entry = |serial: &str, revoked_at, reason: Option<&str>| Revocation {
        serial_number: serial.into(),
        revoked_at,
        reason: reason.map(str::to_owned),
    };
    assert_eq!(
        store.revocations("issuer", 0).await.unwrap(),
        [
            entry("0A", 500, Some("SUPERSEDED")),
            entry("0Bc1", 501, None),
            entry("0E", 501, None),
        ]
    );
    let row = store.authority("alpha", "a1").await.unwrap().unwrap();
    assert_eq!(
        (row.status.as_str(), row.revoked_at),
        ("REVOKED", Some(500))
    );
    let again = commit(&store, |tx| {
        tx.revoke_private_certificate("alpha", "c1", ("ISSUED", "REVOKED"), 502, None)
    })
    .await;
    assert_eq!(again, Err(Conflict(label::PRIVATE_CERTIFICATE)));
}

async fn quota(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let mut unlisted = pending_authority("alpha", "hidden");
    unlisted.listed = false;
    commit(&store, |tx| tx.insert_authority(&unlisted))
        .await
        .unwrap();
    let add = |domain: &'static str, id: &'static str| {
        let store = &store;
        async move {
            let row = pending_authority(domain, id);
            commit(store, |tx| tx.insert_authority_within(&row, 2)).await
        }
    };
    assert_eq!(add("alpha", "a1").await, Ok(()));
    assert_eq!(add("alpha", "a2").await, Ok(()));
    assert_eq!(add("alpha", "a3").await, Err(Conflict(label::QUOTA)));
    assert_eq!(add("beta", "a4").await, Ok(()));
    assert_eq!(add("nobody", "a5").await, Err(Conflict(label::DOMAIN)));
    assert_eq!(
        add("beta", "a1").await,
        Err(Duplicate(label::AUTHORITIES_ID))
    );
    let all = AuthorityFilter::default();
    assert_eq!(store.count_authorities("alpha", &all).await.unwrap(), 2);
    assert!(
        store.authority("alpha", "a1").await.unwrap() == Some(pending_authority("alpha", "a1"))
    );
    assert_eq!(store.authority("alpha", "a3").await.unwrap(), None);
}

async fn issuer_must_be_able(bed: Bed) {
    let store = bed.open().await;
    let above = |id: &str, issuer_id: Option<&str>| AuthorityRow {
        revoked_at: None,
        issuer_id: issuer_id.map(str::to_owned),
        external_chain: issuer_id.is_none().then(|| vec![vec![9]]),
        ..authority("alpha", id)
    };
    commit(&store, |tx| {
        tx.insert_authority(&above("root", None))
            .insert_authority(&above("middle", Some("root")))
            .insert_authority(&above("a1", Some("middle")))
    })
    .await
    .unwrap();
    let issue = |id: &'static str| {
        let store = &store;
        async move {
            commit(store, |tx| {
                tx.require_authority_status("alpha", "a1", "ACTIVED")
                    .insert_private_certificate(&certificate("alpha", id))
            })
            .await
        }
    };
    assert_eq!(issue("c1").await, Ok(()));
    assert!(!store.is_below_revoked("a1").await.unwrap());
    // What stands above counts too.
    let set = |id, from, to| {
        commit(&store, move |tx| {
            tx.set_authority_status("alpha", id, from, to)
        })
    };
    set("a1", "ACTIVED", "DISABLED").await.unwrap();
    assert_eq!(issue("c2").await, Err(Conflict(label::ISSUER)));
    set("a1", "DISABLED", "ACTIVED").await.unwrap();
    commit(&store, |tx| {
        tx.revoke_authority("alpha", "middle", ("ACTIVED", "REVOKED"), 5, None)
    })
    .await
    .unwrap();
    assert!(store.is_below_revoked("a1").await.unwrap());
    assert!(!store.is_below_revoked("root").await.unwrap());
    // The top has its certificate from elsewhere.
    for (id, expected) in [("a1", Some("root")), ("root", Some("root")), ("none", None)] {
        let found = store.imported_above(id).await.unwrap();
        assert_eq!(found.map(|row| row.id).as_deref(), expected, "{id}");
    }
    assert_eq!(issue("c2").await, Err(Conflict(label::ISSUER)));
    assert_eq!(
        store.private_certificate("alpha", "c2").await.unwrap(),
        None
    );
    assert!(
        store
            .private_certificate("alpha", "c1")
            .await
            .unwrap()
            .is_some()
    );
}

async fn what_was_bought_is_described_once(bed: Bed) {
    let store = bed.open().await;
    let mut bought = pending_authority("alpha", "a1");
    bought.kind = String::new();
    commit(&store, |tx| {
        tx.insert_authority(&bought)
            .insert_authority(&pending_authority("alpha", "a2"))
    })
    .await
    .unwrap();
    let described = authority("alpha", "a1");
    let conflict = Err(Conflict(label::AUTHORITY));
    for (row, expected) in [
        (authority("beta", "a1"), conflict.clone()),
        (authority("alpha", "a2"), conflict.clone()),
        (authority("alpha", "a3"), conflict.clone()),
        (described.clone(), Ok(())),
        (described.clone(), conflict),
    ] {
        let found = commit(&store, |tx| tx.describe_authority(&row)).await;
        assert_eq!(found, expected, "{} {}", row.domain_id, row.id);
    }
    assert!(store.authority("alpha", "a1").await.unwrap() == Some(described));
}
