//! Agencies.

use chancery_store::StoreError::Duplicate;
use chancery_store::{AgencyRow, label};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(an_account_has_one_for_a_purpose);

async fn an_account_has_one_for_a_purpose(bed: Bed) {
    let store = bed.open().await;
    let row = |domain: &str, id: &str, purpose: &str| AgencyRow {
        id: id.into(),
        domain_id: domain.into(),
        purpose: purpose.into(),
        created_at: 7,
    };
    for (domain, id, purpose, expected) in [
        ("alpha", "1", "obs", Ok(())),
        ("alpha", "2", "obs", Err(Duplicate(label::AGENCIES_PURPOSE))),
        ("alpha", "1", "pca", Err(Duplicate(label::AGENCIES_ID))),
        ("alpha", "2", "pca", Ok(())),
        ("beta", "3", "obs", Ok(())),
    ] {
        let row = row(domain, id, purpose);
        assert_eq!(commit(&store, |tx| tx.insert_agency(&row)).await, expected);
    }
    let found = store.agency("alpha", "obs").await.unwrap();
    assert_eq!(found, Some(row("alpha", "1", "obs")));
    let found = store.agency("beta", "obs").await.unwrap();
    assert_eq!(found, Some(row("beta", "3", "obs")));
    assert_eq!(store.agency("beta", "pca").await.unwrap(), None);
}
