//! Private certificates and stored certificates.

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::{
    Page, PrivateCertificateFilter, PrivateCertificateSort, StoreCertificateFilter,
    StoreCertificateSort, label,
};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    an_account_has_a_quota,
    private_certificates,
    pairs,
    stored_certificates,
    one_stored_certificate_per_fingerprint
);

async fn private_certificates(bed: Bed) {
    let store = bed.open().await;
    let mut first = certificate("alpha", "c1");
    let mut second = certificate("alpha", "c2");
    second.issuer_id = "other".into();
    second.sealed_key = None;
    second.delete_at = Some(9);
    commit(&store, |tx| {
        tx.insert_private_certificate(&first)
            .insert_private_certificate(&second)
    })
    .await
    .unwrap();
    let get = async |domain, id| store.private_certificate(domain, id).await.unwrap();
    assert!(get("alpha", "c1").await == Some(first.clone()));
    assert!(get("alpha", "c2").await == Some(second));
    assert_eq!(get("beta", "c1").await, None);

    let mut same_serial = certificate("alpha", "c3");
    same_serial.serial_number = first.serial_number.clone();
    let again = commit(&store, |tx| tx.insert_private_certificate(&same_serial)).await;
    assert_eq!(again, Err(Duplicate(label::PRIVATE_CERTIFICATES_SERIAL)));
    let mut same_id = certificate("beta", "c1");
    same_id.serial_number = "another".into();
    let again = commit(&store, |tx| tx.insert_private_certificate(&same_id)).await;
    assert_eq!(again, Err(Duplicate(label::PRIVATE_CERTIFICATES_ID)));

    let by_issuer = PrivateCertificateFilter {
        issuer_id: Some("other".into()),
        ..Default::default()
    };
    assert_eq!(
        store
            .count_private_certificates("alpha", &by_issuer)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        store
            .count_private_certificates("beta", &by_issuer)
            .await
            .unwrap(),
        0
    );
    for (from, below, count) in [(21, 22, 2), (22, 100, 0), (0, 21, 0)] {
        let valid = PrivateCertificateFilter {
            not_after_from: Some(from),
            not_after_below: Some(below),
            ..Default::default()
        };
        assert_eq!(
            store
                .count_private_certificates("alpha", &valid)
                .await
                .unwrap(),
            count
        );
    }
    let page = Page::newest_first(PrivateCertificateSort::IssuerName, 10, 0);
    let list = store
        .private_certificates("alpha", &by_issuer, &page)
        .await
        .unwrap();
    assert_eq!((list.rows.len(), list.total), (1, 1));
    let none = store
        .private_certificates("beta", &Default::default(), &page)
        .await
        .unwrap();
    assert_eq!((none.rows.len(), none.total), (0, 0));

    let expire = || {
        commit(&store, |tx| {
            tx.set_private_certificate_status("alpha", "c1", "ISSUED", "EXPIRED")
        })
    };
    expire().await.unwrap();
    assert_eq!(expire().await, Err(Conflict(label::PRIVATE_CERTIFICATE)));
    first.status = "EXPIRED".into();
    assert!(get("alpha", "c1").await == Some(first));
    let other = commit(&store, |tx| tx.delete_private_certificate("beta", "c1")).await;
    assert_eq!(other, Err(Conflict(label::PRIVATE_CERTIFICATE)));
    commit(&store, |tx| tx.delete_private_certificate("alpha", "c1"))
        .await
        .unwrap();
    assert_eq!(get("alpha", "c1").await, None);
}

async fn pairs(bed: Bed) {
    let store = bed.open().await;
    let mut row = certificate("alpha", "c1");
    row.enc_serial_number = Some("0E".into());
    let half = encryption_half("c1");
    commit(&store, |tx| {
        tx.insert_private_certificate(&row)
            .insert_private_certificate(&certificate("alpha", "c2"))
            .insert_encryption_half(&half)
    })
    .await
    .unwrap();
    assert!(store.private_certificate("alpha", "c1").await.unwrap() == Some(row.clone()));
    assert!(store.encryption_half("c1").await.unwrap() == Some(half.clone()));
    assert_eq!(store.encryption_half("c2").await.unwrap(), None);

    let again = commit(&store, |tx| tx.insert_encryption_half(&half)).await;
    assert_eq!(again, Err(Duplicate(label::ENCRYPTION_HALF)));
    let nobody = encryption_half("c9");
    let alone = commit(&store, |tx| tx.insert_encryption_half(&nobody)).await;
    assert_eq!(alone, Err(Conflict(label::REFERENCE)));
    row.id = "c3".into();
    row.serial_number = "0F".into();
    let same_serial = commit(&store, |tx| tx.insert_private_certificate(&row)).await;
    let label = label::PRIVATE_CERTIFICATES_ENC_SERIAL;
    assert_eq!(same_serial, Err(Duplicate(label)));

    commit(&store, |tx| tx.delete_private_certificate("alpha", "c1"))
        .await
        .unwrap();
    assert_eq!(store.encryption_half("c1").await.unwrap(), None);
}

async fn stored_certificates(bed: Bed) {
    let store = bed.open().await;
    let mut first = store_certificate("alpha", "scs1");
    let mut second = store_certificate("alpha", "scs2");
    second.chain = vec![];
    second.enc_certificate = None;
    second.sealed_enc_key = None;
    second.not_after = 131;
    commit(&store, |tx| {
        tx.insert_store_certificate(&first)
            .insert_store_certificate(&second)
    })
    .await
    .unwrap();
    let get = async |domain, id| store.store_certificate(domain, id).await.unwrap();
    assert!(get("alpha", "scs1").await == Some(first.clone()));
    assert!(get("alpha", "scs2").await == Some(second.clone()));
    assert_eq!(get("beta", "scs1").await, None);
    let again = commit(&store, |tx| tx.insert_store_certificate(&first)).await;
    assert_eq!(again, Err(Duplicate(label::STORE_CERTIFICATES_ID)));

    let ids = async |filter: StoreCertificateFilter| {
        let page = Page::newest_first(StoreCertificateSort::Name, 10, 0);
        let list = store
            .store_certificates("alpha", &filter, &page)
            .await
            .unwrap();
        let count = store
            .count_store_certificates("alpha", &filter)
            .await
            .unwrap();
        assert_eq!((list.total, list.rows.len() as u64), (count, count));
        list.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let any = StoreCertificateFilter::default;
    assert_eq!(ids(any()).await, ["scs2", "scs1"]);
    assert_eq!(
        ids(StoreCertificateFilter {
            not_after_from: Some(131),
            ..any()
        })
        .await,
        ["scs2"]
    );
    assert_eq!(
        ids(StoreCertificateFilter {
            not_after_below: Some(131),
            ..any()
        })
        .await,
        ["scs1"]
    );
    for found in ["scs1 NAME", "Scs1.exa", "www.scs1"] {
        let content = StoreCertificateFilter {
            content: Some(found.into()),
            ..any()
        };
        assert_eq!(ids(content).await, ["scs1"], "{found}");
    }

    commit(&store, |tx| {
        tx.rename_store_certificate("alpha", "scs1", "new", 40)
            .set_store_certificate_status("alpha", "scs1", ("UPLOAD", "EXPIRED"), 41)
    })
    .await
    .unwrap();
    first.name = "new".into();
    first.status = "EXPIRED".into();
    first.updated_at = 41;
    assert!(get("alpha", "scs1").await == Some(first));
    let other = commit(&store, |tx| {
        tx.rename_store_certificate("beta", "scs1", "x", 1)
    })
    .await;
    assert_eq!(other, Err(Conflict(label::STORE_CERTIFICATE)));
    let other = commit(&store, |tx| tx.delete_store_certificate("beta", "scs1")).await;
    assert_eq!(other, Err(Conflict(label::STORE_CERTIFICATE)));
    commit(&store, |tx| tx.delete_store_certificate("alpha", "scs1"))
        .await
        .unwrap();
    assert_eq!(get("alpha", "scs1").await, None);
}

async fn one_stored_certificate_per_fingerprint(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let first = store_certificate("alpha", "scs1");
    let mut same = store_certificate("alpha", "scs2");
    same.fingerprint = first.fingerprint.clone();
    same.created_at += 1;
    commit(&store, |tx| tx.insert_new_store_certificate(&first))
        .await
        .unwrap();
    let again = commit(&store, |tx| tx.insert_new_store_certificate(&same)).await;
    assert_eq!(again, Err(Conflict(label::FINGERPRINT)));
    // Of a pair, both certificates count; a certificate alone is another thing than a pair.
    for (id, enc_certificate) in [("scs4", Some(vec![60])), ("scs5", None)] {
        let mut pair = same.clone();
        pair.id = id.into();
        pair.sealed_enc_key = enc_certificate.clone();
        pair.enc_certificate = enc_certificate;
        commit(&store, |tx| tx.insert_new_store_certificate(&pair))
            .await
            .unwrap();
        let again = commit(&store, |tx| tx.insert_new_store_certificate(&pair)).await;
        assert_eq!(again, Err(Conflict(label::FINGERPRINT)), "{id}");
    }
    assert_eq!(
        store.store_certificate("alpha", "scs2").await.unwrap(),
        None
    );
    commit(&store, |tx| tx.insert_store_certificate(&same))
        .await
        .unwrap();
    let mut elsewhere = same.clone();
    elsewhere.id = "scs3".into();
    elsewhere.domain_id = "beta".into();
    commit(&store, |tx| tx.insert_new_store_certificate(&elsewhere))
        .await
        .unwrap();
    let oldest = store
        .store_certificate_by_fingerprint("alpha", "scs1fp")
        .await
        .unwrap();
    assert!(oldest == Some(first));
    assert_eq!(
        store
            .store_certificate_by_fingerprint("alpha", "none")
            .await
            .unwrap(),
        None
    );
}

async fn an_account_has_a_quota(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let row = |domain: &str, id: &str| {
        let mut row = certificate(domain, id);
        row.serial_number = id.into();
        row.enc_serial_number = None;
        row
    };
    let add = async |domain: &str, id: &str| {
        commit(&store, |tx| {
            tx.insert_private_certificate_within(&row(domain, id), 2)
        })
        .await
    };
    let full = Err(Conflict(label::QUOTA));
    assert_eq!(store.private_certificate_count("alpha").await, Ok(0));
    assert_eq!(add("alpha", "c1").await, Ok(()));
    assert_eq!(add("beta", "c2").await, Ok(()));
    // What is refused is not counted.
    let again = add("alpha", "c1").await;
    // The engines differ in which of its two unique keys they name.
    assert!(matches!(again, Err(Duplicate(_))), "{again:?}");
    assert_eq!(add("alpha", "c3").await, Ok(()));
    assert_eq!(add("alpha", "c4").await, full);
    assert_eq!(store.private_certificate_count("alpha").await, Ok(2));
    assert!(
        store
            .private_certificate("alpha", "c4")
            .await
            .unwrap()
            .is_none()
    );
    commit(&store, |tx| tx.delete_private_certificate("alpha", "c1"))
        .await
        .unwrap();
    let missing = commit(&store, |tx| tx.delete_private_certificate("alpha", "c1")).await;
    assert_eq!(missing, Err(Conflict(label::PRIVATE_CERTIFICATE)));
    assert_eq!(store.private_certificate_count("alpha").await, Ok(1));
    assert_eq!(add("alpha", "c4").await, Ok(()));
    assert_eq!(store.private_certificate_count("alpha").await, Ok(2));
    assert_eq!(store.private_certificate_count("beta").await, Ok(1));
}
