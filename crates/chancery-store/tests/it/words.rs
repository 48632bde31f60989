//! What private certificates are found by.

use chancery_store::{
    After, Direction, Page, PrivateCertificateFilter, PrivateCertificateSort, StoreError,
    WordField, WordFilter, label,
};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(words_are_found_by_how_they_begin, pages_follow_a_row);

fn page(limit: u32) -> Page<PrivateCertificateSort> {
    Page::newest_first(PrivateCertificateSort::CreatedAt, limit, 0)
}

async fn words_are_found_by_how_they_begin(bed: Bed) {
    let store = bed.open().await;
    let words = |words: &[(WordField, &str)]| -> Vec<(WordField, String)> {
        words
            .iter()
            .map(|(field, word)| (*field, (*word).to_owned()))
            .collect()
    };
    use WordField::{AlternativeName, CommonName};
    for (domain, id, of) in [
        (
            "alpha",
            "c1",
            &[(AlternativeName, "shop.example"), (CommonName, "shop")][..],
        ),
        (
            "alpha",
            "c2",
            &[
                (AlternativeName, "shop\u{10fffe}"),
                (AlternativeName, "团队"),
            ],
        ),
        ("alpha", "c3", &[(CommonName, "sho%_")]),
        ("beta", "c4", &[(AlternativeName, "shop.example")]),
    ] {
        let row = certificate(domain, id);
        let of = words(of);
        commit(&store, |tx| {
            tx.insert_private_certificate(&row)
                .insert_certificate_words(domain, id, &of)
                // Again it changes nothing.
                .insert_certificate_words(domain, id, &of)
        })
        .await
        .unwrap();
    }
    let found = async |filters: &[(WordField, &str)]| {
        let filters = filters.iter().map(|(field, prefix)| WordFilter {
            field: *field,
            prefix: (*prefix).to_owned(),
        });
        let filter = PrivateCertificateFilter {
            words: filters.collect(),
            ..Default::default()
        };
        let found = store
            .private_certificates("alpha", &filter, &page(10))
            .await;
        let mut ids: Vec<_> = found.unwrap().rows.into_iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(found(&[(AlternativeName, "shop")]).await, ["c1", "c2"]);
    assert_eq!(found(&[(AlternativeName, "shop.")]).await, ["c1"]);
    assert_eq!(found(&[(AlternativeName, "团")]).await, ["c2"]);
    assert_eq!(found(&[(CommonName, "sho")]).await, ["c1", "c3"]);
    // Nothing in it is a pattern, and one field's words are not another's.
    assert_eq!(found(&[(CommonName, "sho%")]).await, ["c3"]);
    assert_eq!(found(&[(CommonName, "sh_p")]).await, [""; 0]);
    assert_eq!(found(&[(AlternativeName, "hop")]).await, [""; 0]);
    assert_eq!(found(&[(AlternativeName, "a\0b")]).await, [""; 0]);
    assert_eq!(
        found(&[(AlternativeName, "shop"), (CommonName, "shop")]).await,
        ["c1"]
    );
    assert_eq!(found(&[]).await.len(), 3);
    // They go with the certificate, and nothing is added to one that is gone.
    commit(&store, |tx| tx.delete_private_certificate("alpha", "c1"))
        .await
        .unwrap();
    assert_eq!(found(&[(AlternativeName, "shop")]).await, ["c2"]);
    let gone = commit(&store, |tx| tx.certificate_has_words("c1")).await;
    assert_eq!(gone, Err(StoreError::Conflict(label::PRIVATE_CERTIFICATE)));
    assert!(
        store
            .certificates_without_words(10)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn pages_follow_a_row(bed: Bed) {
    let store = bed.open().await;
    for (id, at) in [("a", 1), ("b", 2), ("c", 2), ("d", 3)] {
        let mut row = certificate("alpha", id);
        row.created_at = at;
        row.not_after = 10 - at;
        commit(&store, |tx| tx.insert_private_certificate(&row))
            .await
            .unwrap();
    }
    let after = async |sort, direction, value, id: &str| {
        let filter = PrivateCertificateFilter {
            after: Some(After {
                value,
                id: id.to_owned(),
            }),
            ..Default::default()
        };
        let page = Page {
            sort,
            direction,
            limit: 2,
            offset: 0,
        };
        let found = store
            .private_certificates("alpha", &filter, &page)
            .await
            .unwrap();
        let ids: Vec<_> = found.rows.into_iter().map(|row| row.id).collect();
        let uncounted = PrivateCertificateFilter {
            without_total: true,
            ..filter
        };
        let again = store.private_certificates("alpha", &uncounted, &page).await;
        assert_eq!(again.unwrap().total as usize, ids.len());
        (ids, found.total)
    };
    use PrivateCertificateSort::{CreatedAt, NotAfter};
    let newest = async |value, id| after(CreatedAt, Direction::Descending, value, id).await;
    assert_eq!(newest(3, "d").await, (vec!["c".into(), "b".into()], 3));
    assert_eq!(newest(2, "c").await, (vec!["b".into(), "a".into()], 2));
    assert_eq!(newest(1, "a").await, (vec![], 0));
    let soonest = async |value, id| after(NotAfter, Direction::Ascending, value, id).await;
    assert_eq!(soonest(7, "d").await, (vec!["b".into(), "c".into()], 3));
    assert_eq!(soonest(8, "b").await, (vec!["c".into(), "a".into()], 2));
}
