//! Tags of resources.

use chancery_store::StoreError::Conflict;
use chancery_store::{
    AuthorityFilter, AuthoritySort, Filed, Page, PrivateCertificateFilter, PrivateCertificateSort,
    ResourceTagRow, Store, StoreError, TagFilter, Tagged, label,
};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    tags_are_set_replaced_and_deleted,
    a_resource_has_so_many,
    tags_go_with_their_resource,
    lists_ask_for_tags,
    what_is_filed_keeps_the_order_of_a_list
);

const CA: Tagged = Tagged::Authority;
const CERT: Tagged = Tagged::PrivateCertificate;

fn row(domain: &str, on: Tagged, id: &str, key: &str, value: &str) -> ResourceTagRow {
    ResourceTagRow {
        domain_id: domain.into(),
        kind: on.kind().into(),
        resource_id: id.into(),
        key: key.into(),
        value: value.into(),
    }
}

async fn set(
    store: &Store,
    on: Tagged,
    id: &str,
    tags: &[(&str, &str)],
    limit: i64,
) -> Result<(), StoreError> {
    commit(store, |tx| {
        tx.hold_tagged("alpha", on, id);
        for (key, value) in tags {
            tx.set_tag(&row("alpha", on, id, key, value));
        }
        tx.require_tags_within("alpha", on, id, limit)
    })
    .await
}

async fn shown(store: &Store, on: Tagged, id: &str) -> Vec<String> {
    let tags = store.tags("alpha", on, id).await.unwrap();
    tags.iter()
        .map(|tag| format!("{}={}", tag.key, tag.value))
        .collect()
}

/// Authorities `a1`, `a2`, `a3` and certificates `c1`, `c2` of `alpha`, each younger than the last.
async fn filled(bed: &Bed) -> Store {
    let store = bed.open().await;
    accounts(&store).await;
    for (at, id) in (0..).zip(["a1", "a2", "a3"]) {
        let mut row = authority("alpha", id);
        row.created_at += at;
        row.issuer_id = None;
        row.serial_number = None;
        row.enterprise_project_id = format!("project of {id}");
        commit(&store, |tx| tx.insert_authority(&row))
            .await
            .unwrap();
    }
    for id in ["c1", "c2"] {
        let mut row = certificate("alpha", id);
        row.serial_number = id.into();
        row.enc_serial_number = None;
        commit(&store, |tx| tx.insert_private_certificate(&row))
            .await
            .unwrap();
    }
    store
}

async fn tags_are_set_replaced_and_deleted(bed: Bed) {
    let store = filled(&bed).await;
    set(
        &store,
        CA,
        "a1",
        &[("团队", "a"), ("B", ""), ("b", "2")],
        20,
    )
    .await
    .unwrap();
    set(&store, CA, "a1", &[("b", "3")], 20).await.unwrap();
    // The same id of another kind or account has none of them.
    set(&store, CERT, "c1", &[("b", "9")], 20).await.unwrap();
    assert_eq!(shown(&store, CA, "a1").await, ["B=", "b=3", "团队=a"]);
    assert_eq!(shown(&store, CA, "a2").await, [""; 0]);
    assert_eq!(store.tags("beta", CA, "a1").await.unwrap(), []);
    assert_eq!(
        store.distinct_tags("alpha", CERT).await.unwrap(),
        [("b".to_owned(), "9".to_owned())]
    );
    assert_eq!(store.distinct_tags("beta", CERT).await.unwrap(), []);

    for (key, value, left) in [
        ("b", Some("other"), "B=, b=3, 团队=a"),
        ("b", Some("3"), "B=, 团队=a"),
        ("团队", None, "B="),
        ("B", Some(""), ""),
    ] {
        commit(&store, |tx| tx.delete_tag("alpha", CA, "a1", key, value))
            .await
            .unwrap();
        assert_eq!(shown(&store, CA, "a1").await.join(", "), left);
    }
    let nothing = set(&store, CA, "a9", &[("b", "")], 20).await;
    assert_eq!(nothing, Err(Conflict(label::AUTHORITY)));
    let nothing = set(&store, CERT, "a1", &[("b", "")], 20).await;
    assert_eq!(nothing, Err(Conflict(label::PRIVATE_CERTIFICATE)));
    assert_eq!(store.tags_of("alpha", CA, None).await.unwrap(), []);
}

async fn a_resource_has_so_many(bed: Bed) {
    let store = filled(&bed).await;
    set(&store, CA, "a1", &[("a", ""), ("b", "")], 3)
        .await
        .unwrap();
    let over = set(&store, CA, "a1", &[("b", "2"), ("c", ""), ("d", "")], 3).await;
    assert_eq!(over, Err(Conflict(label::QUOTA)));
    assert_eq!(shown(&store, CA, "a1").await, ["a=", "b="]);
    set(&store, CA, "a1", &[("b", "2"), ("c", "")], 3)
        .await
        .unwrap();
    set(&store, CA, "a1", &[("b", "3")], 3).await.unwrap();
    set(&store, CA, "a2", &[("d", "")], 3).await.unwrap();
    assert_eq!(shown(&store, CA, "a1").await, ["a=", "b=3", "c="]);
}

async fn tags_go_with_their_resource(bed: Bed) {
    let store = filled(&bed).await;
    for (on, id) in [(CA, "a1"), (CA, "a2"), (CERT, "c1"), (CERT, "c2")] {
        set(&store, on, id, &[("k", id)], 20).await.unwrap();
    }
    let status = authority("alpha", "a1").status;
    let refused = commit(&store, |tx| tx.delete_authority("alpha", "a1", "no state")).await;
    assert_eq!(refused, Err(Conflict(label::AUTHORITY)));
    assert_eq!(shown(&store, CA, "a1").await, ["k=a1"]);
    commit(&store, |tx| tx.delete_authority("alpha", "a1", &status))
        .await
        .unwrap();
    commit(&store, |tx| tx.delete_private_certificate("alpha", "c1"))
        .await
        .unwrap();
    assert_eq!(
        store.tags_of("alpha", CA, None).await.unwrap(),
        [row("alpha", CA, "a2", "k", "a2")]
    );
    assert_eq!(
        store.tags_of("alpha", CERT, None).await.unwrap(),
        [row("alpha", CERT, "c2", "k", "c2")]
    );
}

async fn lists_ask_for_tags(bed: Bed) {
    let store = filled(&bed).await;
    set(&store, CA, "a1", &[("env", "prod"), ("team", "a")], 20)
        .await
        .unwrap();
    set(&store, CA, "a2", &[("env", "test"), ("team", "a")], 20)
        .await
        .unwrap();
    set(&store, CERT, "c2", &[("env", "prod")], 20)
        .await
        .unwrap();
    let tag = |key: &str, values: &[&str]| TagFilter {
        key: key.into(),
        values: values.iter().map(|&value| value.into()).collect(),
    };
    let page = Page::newest_first(AuthoritySort::CreatedAt, 10, 0);
    for (tags, found) in [
        (vec![], vec!["a3", "a2", "a1"]),
        (vec![tag("env", &[])], vec!["a2", "a1"]),
        (vec![tag("env", &["prod"])], vec!["a1"]),
        (vec![tag("env", &["prod", "test"])], vec!["a2", "a1"]),
        (vec![tag("env", &["prod"]), tag("team", &["a"])], vec!["a1"]),
        (vec![tag("env", &["prod"]), tag("team", &["b"])], vec![]),
        (vec![tag("Env", &["prod"])], vec![]),
    ] {
        let filter = AuthorityFilter {
            tags: tags.clone(),
            // Conditions before and after are numbered through.
            kind: Some(authority("alpha", "a1").kind),
            kept_after: Some(0),
            ..AuthorityFilter::default()
        };
        let list = store.authorities("alpha", &filter, &page).await.unwrap();
        let ids: Vec<_> = list.rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, found, "{tags:?}");
        assert_eq!(list.total, found.len() as u64, "{tags:?}");
    }
    let filter = PrivateCertificateFilter {
        tags: vec![tag("env", &["prod"])],
        ..PrivateCertificateFilter::default()
    };
    let page = Page::newest_first(PrivateCertificateSort::CreatedAt, 10, 0);
    let list = store.private_certificates("alpha", &filter, &page).await;
    let list = list.unwrap();
    assert_eq!((list.rows[0].id.as_str(), list.total), ("c2", 1));
    let ids = ["a2".to_owned(), "a3".to_owned()];
    let tags = store.tags_of("alpha", CA, Some(&ids)).await.unwrap();
    assert_eq!(
        tags,
        [
            row("alpha", CA, "a2", "env", "test"),
            row("alpha", CA, "a2", "team", "a")
        ]
    );
    assert_eq!(store.tags_of("alpha", CA, Some(&[])).await.unwrap(), []);
}

async fn what_is_filed_keeps_the_order_of_a_list(bed: Bed) {
    let store = filled(&bed).await;
    let filed = |id: &str| Filed {
        id: id.into(),
        enterprise_project_id: format!("project of {id}"),
    };
    let page = Page::newest_first(AuthoritySort::CreatedAt, 1, 2);
    let all = AuthorityFilter::default();
    let found = store.filed_authorities("alpha", &all, &page).await.unwrap();
    assert_eq!(found, [filed("a3"), filed("a2"), filed("a1")]);
    let two = AuthorityFilter {
        ids: Some(vec!["a1".into(), "a3".into()]),
        ..all
    };
    let found = store.filed_authorities("alpha", &two, &page).await.unwrap();
    assert_eq!(found, [filed("a3"), filed("a1")]);
    assert_eq!(
        store.filed_authorities("beta", &two, &page).await.unwrap(),
        []
    );
    let page = Page::newest_first(PrivateCertificateSort::CreatedAt, 1, 0);
    let one = PrivateCertificateFilter {
        ids: Some(vec!["c1".into()]),
        ..PrivateCertificateFilter::default()
    };
    let found = store.filed_private_certificates("alpha", &one, &page).await;
    assert_eq!(found.unwrap()[0].id, "c1");
}
