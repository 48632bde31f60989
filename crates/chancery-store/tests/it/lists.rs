//! Order, pages and searches: the same on both engines.

use chancery_store::{
    AuthorityFilter, AuthoritySort, Direction, Page, PrivateCertificateFilter,
    PrivateCertificateSort, Store,
};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    pages_of_equal_rows_do_not_overlap,
    pages_stay_when_newer_rows_come,
    text_sorts_by_its_bytes,
    nulls_sort_lowest,
    searches_take_wildcards_literally,
    searches_fold_ascii_letters_only,
    filters_combine,
    text_with_nul_matches_nothing,
);

fn page(sort: PrivateCertificateSort, limit: u32, offset: u32) -> Page<PrivateCertificateSort> {
    Page::newest_first(sort, limit, offset)
}

async fn add(store: &Store, names: &[&str]) {
    for (index, name) in names.iter().enumerate() {
        let mut row = certificate("alpha", &format!("c{index:02}"));
        row.common_name = (*name).to_owned();
        commit(store, |tx| tx.insert_private_certificate(&row))
            .await
            .unwrap();
    }
}

async fn search(store: &Store, text: &str) -> Vec<String> {
    let filter = PrivateCertificateFilter {
        name: Some(text.into()),
        ..Default::default()
    };
    let mut page = page(PrivateCertificateSort::CommonName, 100, 0);
    page.direction = Direction::Ascending;
    let list = store
        .private_certificates("alpha", &filter, &page)
        .await
        .unwrap();
    assert_eq!(list.total, list.rows.len() as u64);
    list.rows.into_iter().map(|row| row.common_name).collect()
}

async fn pages_of_equal_rows_do_not_overlap(bed: Bed) {
    let store = bed.open().await;
    add(&store, &["same"; 23]).await;
    let all = PrivateCertificateFilter::default();
    for direction in [Direction::Ascending, Direction::Descending] {
        let mut ids = Vec::new();
        for offset in (0..30).step_by(5) {
            let page = Page {
                direction,
                ..page(PrivateCertificateSort::CreatedAt, 5, offset)
            };
            let list = store
                .private_certificates("alpha", &all, &page)
                .await
                .unwrap();
            assert_eq!(list.total, 23);
            ids.extend(list.rows.into_iter().map(|row| row.id));
        }
        let mut expected: Vec<_> = (0..23).map(|index| format!("c{index:02}")).collect();
        if direction == Direction::Descending {
            expected.reverse();
        }
        assert_eq!(ids, expected);
    }
    let nothing = page(PrivateCertificateSort::CreatedAt, 0, 0);
    let list = store
        .private_certificates("alpha", &all, &nothing)
        .await
        .unwrap();
    assert_eq!((list.rows.len(), list.total), (0, 23));
}

async fn pages_stay_when_newer_rows_come(bed: Bed) {
    let store = bed.open().await;
    for number in 0..4 {
        let mut row = certificate("alpha", &format!("c{number}"));
        row.created_at = number;
        commit(&store, |tx| tx.insert_private_certificate(&row))
            .await
            .unwrap();
    }
    let ascending = |offset| Page {
        direction: Direction::Ascending,
        ..page(PrivateCertificateSort::CreatedAt, 2, offset)
    };
    let ids = async |offset| {
        let all = PrivateCertificateFilter::default();
        let list = store
            .private_certificates("alpha", &all, &ascending(offset))
            .await
            .unwrap();
        list.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(0).await, ["c0", "c1"]);
    let mut newer = certificate("alpha", "a-newer");
    newer.created_at = 9;
    commit(&store, |tx| tx.insert_private_certificate(&newer))
        .await
        .unwrap();
    assert_eq!(ids(2).await, ["c2", "c3"]);
    assert_eq!(ids(4).await, ["a-newer"]);
}

async fn text_sorts_by_its_bytes(bed: Bed) {
    let store = bed.open().await;
    // A linguistic order would ignore case and punctuation at first and put ä beside a.
    let mut names = [
        "b", "B", "a", "A", "_", "-a", "ä", "z", "Z", "0", "汉", "a b", "aB",
    ];
    add(&store, &names).await;
    names.sort_unstable();
    assert_eq!(search(&store, "").await, names);
}

async fn nulls_sort_lowest(bed: Bed) {
    let store = bed.open().await;
    let mut with = authority("alpha", "a2");
    with.not_after = Some(-5);
    commit(&store, |tx| {
        tx.insert_authority(&pending_authority("alpha", "a1"))
            .insert_authority(&with)
            .insert_authority(&pending_authority("alpha", "a3"))
            .insert_authority(&authority("alpha", "a4"))
    })
    .await
    .unwrap();
    let ids = async |direction| {
        let page = Page {
            sort: AuthoritySort::NotAfter,
            direction,
            limit: 10,
            offset: 0,
        };
        let all = AuthorityFilter::default();
        let list = store.authorities("alpha", &all, &page).await.unwrap();
        list.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Direction::Ascending).await, ["a1", "a3", "a2", "a4"]);
    assert_eq!(ids(Direction::Descending).await, ["a4", "a2", "a3", "a1"]);
}

async fn searches_take_wildcards_literally(bed: Bed) {
    let store = bed.open().await;
    add(
        &store,
        &[
            "100%",
            "1000",
            "a_b",
            "axb",
            "bang!",
            "back\\slash",
            "quote'",
        ],
    )
    .await;
    for (text, found) in [
        ("%", "100%"),
        ("0%", "100%"),
        ("_", "a_b"),
        ("a_b", "a_b"),
        ("!", "bang!"),
        ("\\", "back\\slash"),
        ("'", "quote'"),
        ("$1", ""),
        ("?1", ""),
        ("!%", ""),
        ("\\%", ""),
    ] {
        let expected: Vec<_> = Some(found)
            .filter(|name| !name.is_empty())
            .into_iter()
            .collect();
        assert_eq!(search(&store, text).await, expected, "{text}");
    }
    let long = "x".repeat(20_000);
    assert_eq!(search(&store, &long).await, [""; 0]);
    assert_eq!(search(&store, &"%".repeat(60_000)).await, [""; 0]);
}

async fn searches_fold_ascii_letters_only(bed: Bed) {
    let store = bed.open().await;
    add(
        &store,
        &["Web.EXAMPLE", "ÄPFEL", "äpfel", "İstanbul", "汉字"],
    )
    .await;
    for (text, found) in [
        ("web.example", vec!["Web.EXAMPLE"]),
        ("WEB", vec!["Web.EXAMPLE"]),
        ("Ä", vec!["ÄPFEL"]),
        ("ä", vec!["äpfel"]),
        ("PFEL", vec!["ÄPFEL", "äpfel"]),
        ("i", vec![]),
        ("STANBUL", vec!["İstanbul"]),
        ("字", vec!["汉字"]),
    ] {
        assert_eq!(search(&store, text).await, found, "{text}");
    }
}

async fn filters_combine(bed: Bed) {
    let store = bed.open().await;
    let mut root = authority("alpha", "a1");
    root.kind = "ROOT".into();
    let mut disabled = authority("alpha", "a2");
    disabled.status = "DISABLED".into();
    disabled.enterprise_project_id = "7".into();
    disabled.not_after = Some(200);
    let mut hidden = authority("alpha", "a3");
    hidden.listed = false;
    commit(&store, |tx| {
        tx.insert_authority(&root)
            .insert_authority(&disabled)
            .insert_authority(&hidden)
            .insert_authority(&authority("beta", "a4"))
    })
    .await
    .unwrap();
    let ids = async |filter: AuthorityFilter| {
        let page = Page {
            sort: AuthoritySort::CommonName,
            direction: Direction::Ascending,
            limit: 10,
            offset: 0,
        };
        let list = store.authorities("alpha", &filter, &page).await.unwrap();
        assert_eq!(
            store.count_authorities("alpha", &filter).await.unwrap(),
            list.total
        );
        list.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let text = |text: &str| Some(text.to_owned());
    let any = AuthorityFilter::default;
    assert_eq!(ids(any()).await, ["a1", "a2"]);
    assert_eq!(
        ids(AuthorityFilter {
            kind: text("ROOT"),
            ..any()
        })
        .await,
        ["a1"]
    );
    assert_eq!(
        ids(AuthorityFilter {
            status: text("DISABLED"),
            ..any()
        })
        .await,
        ["a2"]
    );
    assert_eq!(
        ids(AuthorityFilter {
            issuer_id: text("root"),
            ..any()
        })
        .await,
        ["a1", "a2"]
    );
    assert_eq!(
        ids(AuthorityFilter {
            not_after_from: Some(201),
            ..any()
        })
        .await,
        ["a1"]
    );
    assert_eq!(
        ids(AuthorityFilter {
            not_after_below: Some(201),
            ..any()
        })
        .await,
        ["a2"]
    );
    let both = AuthorityFilter {
        kind: text("SUBORDINATE"),
        status: text("DISABLED"),
        name: text("A2 C"),
        issuer_id: text("root"),
        enterprise_project_id: text("7"),
        not_after_from: Some(200),
        not_after_below: Some(201),
        ..any()
    };
    assert_eq!(ids(both.clone()).await, ["a2"]);
    assert_eq!(
        ids(AuthorityFilter {
            kind: text("ROOT"),
            ..both
        })
        .await,
        [""; 0]
    );
}

async fn text_with_nul_matches_nothing(bed: Bed) {
    let store = bed.open().await;
    add(&store, &["plain"]).await;
    assert_eq!(search(&store, "a\0b").await, [""; 0]);
    assert_eq!(search(&store, "\0").await, [""; 0]);
    assert_eq!(
        store.private_certificate("alpha", "c00\0").await.unwrap(),
        None
    );
    assert_eq!(store.domain_by_name("\0").await.unwrap(), None);
}
