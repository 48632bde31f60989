//! Orders, and what was bought with them.

use chancery_store::{
    AuthorityFilter, AuthorityRow, AuthoritySort, Direction, OrderFilter, OrderRow, Page, Store,
    StoreError, label,
};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    orders_belong_to_an_account,
    what_was_bought_is_found_by_its_order
);

async fn orders_belong_to_an_account(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let given_up = OrderRow {
        kind: "UNSUBSCRIPTION".into(),
        period_type: None,
        period_num: None,
        auto_renew: false,
        expires_at: None,
        ..order("alpha", "CS2")
    };
    for row in [order("alpha", "CS1"), given_up.clone()] {
        commit(&store, |tx| tx.insert_order(&row)).await.unwrap();
    }
    assert_eq!(
        store.order("alpha", "CS1").await.unwrap(),
        Some(order("alpha", "CS1"))
    );
    assert_eq!(store.order("alpha", "CS2").await.unwrap(), Some(given_up));
    assert_eq!(store.order("beta", "CS1").await.unwrap(), None);
    let ids = ["CS1".to_owned(), "CS3".to_owned()];
    assert_eq!(
        store.orders("alpha", &ids).await.unwrap(),
        [order("alpha", "CS1")]
    );
    assert_eq!(store.orders("beta", &ids).await.unwrap(), []);
    assert_eq!(store.orders("alpha", &[]).await.unwrap(), []);
    let again = commit(&store, |tx| tx.insert_order(&order("beta", "CS1"))).await;
    assert_eq!(again, Err(StoreError::Duplicate(label::ORDERS_ID)));
}

async fn what_was_bought_is_found_by_its_order(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let later = OrderRow {
        expires_at: Some(200),
        ..order("alpha", "CS2")
    };
    let bought = |id: &str, order_id: &str, status: &str| AuthorityRow {
        status: status.into(),
        order_id: Some(order_id.into()),
        ..pending_authority("alpha", id)
    };
    commit(&store, |tx| {
        tx.insert_order(&order("alpha", "CS1"))
            .insert_order(&later)
            .insert_authority(&bought("a1", "CS1", "PENDING"))
            .insert_authority(&bought("a2", "CS1", "DELETED"))
            .insert_authority(&bought("a3", "CS2", "ACTIVED"))
            .insert_authority(&pending_authority("alpha", "a4"))
    })
    .await
    .unwrap();
    let of = |id: Option<&str>, from, below| OrderFilter {
        id: id.map(str::to_owned),
        expires_from: from,
        expires_below: below,
    };
    for (orders, ids) in [
        (of(None, None, None), "a1 a2 a3"),
        (of(Some("CS1"), None, None), "a1 a2"),
        (of(Some("CS3"), None, None), ""),
        (of(None, Some(100), None), "a1 a2 a3"),
        (of(None, Some(101), None), "a3"),
        (of(None, None, Some(200)), "a1 a2"),
        (of(Some("CS1"), Some(101), None), ""),
    ] {
        let filter = AuthorityFilter {
            ordered: Some(orders.clone()),
            ..AuthorityFilter::default()
        };
        assert_eq!(found(&store, &filter).await, ids, "{orders:?}");
    }
    let filter = AuthorityFilter {
        statuses: Some(vec!["PENDING".into(), "ACTIVED".into()]),
        ordered: Some(OrderFilter::default()),
        ..AuthorityFilter::default()
    };
    assert_eq!(found(&store, &filter).await, "a1 a3");
}

async fn found(store: &Store, filter: &AuthorityFilter) -> String {
    let page = Page {
        sort: AuthoritySort::CreatedAt,
        direction: Direction::Ascending,
        limit: 10,
        offset: 0,
    };
    let listing = store.authorities("alpha", filter, &page).await.unwrap();
    assert_eq!(listing.total, listing.rows.len() as u64);
    let ids: Vec<_> = listing.rows.iter().map(|row| row.id.as_str()).collect();
    ids.join(" ")
}
