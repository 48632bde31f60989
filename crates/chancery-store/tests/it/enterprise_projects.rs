//! Enterprise projects.

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::label;

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    one_account_does_not_see_anothers,
    names_are_unique_in_an_account,
    changes_and_states,
    an_account_has_a_quota
);

async fn one_account_does_not_see_anothers(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let (first, mut second) = (
        enterprise_project("alpha", "e2"),
        enterprise_project("alpha", "e1"),
    );
    second.created_at += 1;
    for row in [&second, &first] {
        commit(&store, |tx| tx.insert_enterprise_project_within(row, 10))
            .await
            .unwrap();
    }
    assert_eq!(
        store.enterprise_project("alpha", "e2").await.unwrap(),
        Some(first.clone())
    );
    assert_eq!(
        store.enterprise_projects("alpha").await.unwrap(),
        [first, second]
    );
    assert_eq!(store.enterprise_project("beta", "e2").await.unwrap(), None);
    assert_eq!(store.enterprise_projects("beta").await.unwrap(), []);
    let again = enterprise_project("beta", "e1");
    let again = commit(&store, |tx| tx.insert_enterprise_project_within(&again, 10)).await;
    assert_eq!(again, Err(Duplicate(label::ENTERPRISE_PROJECTS_ID)));
    let orphan = enterprise_project("nobody", "e3");
    let orphan = commit(&store, |tx| {
        tx.insert_enterprise_project_within(&orphan, 10)
    })
    .await;
    assert_eq!(orphan, Err(Conflict(label::DOMAIN)));
}

async fn names_are_unique_in_an_account(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let first = enterprise_project("alpha", "e1");
    let mut same = enterprise_project("alpha", "e2");
    same.name.clone_from(&first.name);
    commit(&store, |tx| tx.insert_enterprise_project_within(&first, 10))
        .await
        .unwrap();
    let refused = commit(&store, |tx| tx.insert_enterprise_project_within(&same, 10)).await;
    assert_eq!(refused, Err(Duplicate(label::ENTERPRISE_PROJECTS_NAME)));
    same.domain_id = "beta".into();
    commit(&store, |tx| tx.insert_enterprise_project_within(&same, 10))
        .await
        .unwrap();
    let third = enterprise_project("alpha", "e3");
    commit(&store, |tx| tx.insert_enterprise_project_within(&third, 10))
        .await
        .unwrap();
    let mut taken = third.clone();
    taken.name.clone_from(&first.name);
    let renamed = commit(&store, |tx| tx.set_enterprise_project(&third, &taken)).await;
    assert_eq!(renamed, Err(Duplicate(label::ENTERPRISE_PROJECTS_NAME)));
    assert_eq!(
        store.enterprise_project("alpha", "e3").await.unwrap(),
        Some(third)
    );
}

async fn changes_and_states(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let mut row = enterprise_project("alpha", "e1");
    commit(&store, |tx| tx.insert_enterprise_project_within(&row, 10))
        .await
        .unwrap();
    let read = row.clone();
    row.name = "new".into();
    row.description = "words".into();
    row.kind = "prod".into();
    row.updated_at = 50;
    commit(&store, |tx| tx.set_enterprise_project(&read, &row))
        .await
        .unwrap();
    let found = store.enterprise_project("alpha", "e1").await.unwrap();
    assert_eq!(found.as_ref(), Some(&row));

    commit(&store, |tx| {
        tx.set_enterprise_project_enabled("alpha", "e1", false, 60)
    })
    .await
    .unwrap();
    let conflict = Err(Conflict(label::ENTERPRISE_PROJECT));
    let mut newer = row.clone();
    newer.name = "newer".into();
    let disabled = commit(&store, |tx| tx.set_enterprise_project(&row, &newer)).await;
    assert_eq!(disabled, conflict);
    row.enabled = false;
    row.updated_at = 60;
    for (domain, id) in [("beta", "e1"), ("alpha", "e2")] {
        let mut elsewhere = row.clone();
        elsewhere.domain_id = domain.into();
        elsewhere.id = id.into();
        let other = commit(&store, |tx| tx.set_enterprise_project(&elsewhere, &newer)).await;
        assert_eq!(other, conflict);
        let other = commit(&store, |tx| {
            tx.set_enterprise_project_enabled(domain, id, true, 70)
        })
        .await;
        assert_eq!(other, conflict);
    }
    let found = store.enterprise_project("alpha", "e1").await.unwrap();
    assert_eq!(found, Some(row));
}

async fn an_account_has_a_quota(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    for (domain, id, fits) in [
        ("alpha", "e1", true),
        ("beta", "e2", true),
        ("alpha", "e3", true),
        ("alpha", "e4", false),
    ] {
        let row = enterprise_project(domain, id);
        let found = commit(&store, |tx| tx.insert_enterprise_project_within(&row, 2)).await;
        let expected = match fits {
            true => Ok(()),
            false => Err(Conflict(label::QUOTA)),
        };
        assert_eq!(found, expected, "{id}");
    }
}
