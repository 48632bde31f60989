//! Accounts, projects, users, policies, access keys, tokens.

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::label;

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    domains,
    projects,
    users,
    deleted_users_take_all_along,
    policies,
    access_keys,
    tokens,
    revoked_tokens_take_along_what_they_made,
    a_token_needs_what_it_is_made_with
);

async fn domains(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    assert_eq!(store.domain("alpha").await.unwrap(), Some(domain("alpha")));
    assert_eq!(
        store.domain_by_name("beta name").await.unwrap(),
        Some(domain("beta"))
    );
    assert_eq!(store.domain("gamma").await.unwrap(), None);
    assert_eq!(store.domain_by_name("alpha").await.unwrap(), None);
    assert_eq!(
        store.domains().await.unwrap(),
        [domain("alpha"), domain("beta")]
    );

    let again = commit(&store, |tx| tx.insert_domain(&same_id("alpha"))).await;
    assert_eq!(again, Err(Duplicate(label::DOMAINS_ID)));
    let mut other = domain("gamma");
    other.name = "alpha name".into();
    let again = commit(&store, |tx| tx.insert_domain(&other)).await;
    assert_eq!(again, Err(Duplicate(label::DOMAINS_NAME)));

    for enabled in [false, false, true] {
        commit(&store, |tx| tx.set_domain_enabled("alpha", enabled))
            .await
            .unwrap();
        let row = store.domain("alpha").await.unwrap().unwrap();
        assert_eq!(row.enabled, enabled);
        let other = store.domain("beta").await.unwrap().unwrap();
        assert!(other.enabled);
    }
    let unknown = commit(&store, |tx| tx.set_domain_enabled("gamma", false)).await;
    assert_eq!(unknown, Err(Conflict(label::DOMAIN)));
}

async fn projects(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let (first, second) = (project("alpha", "p1"), project("alpha", "p2"));
    commit(&store, |tx| {
        tx.insert_project(&second).insert_project(&first)
    })
    .await
    .unwrap();
    assert_eq!(
        store.project("alpha", "p1").await.unwrap(),
        Some(first.clone())
    );
    assert_eq!(
        store.project_by_name("alpha", "p1 name").await.unwrap(),
        Some(first.clone())
    );
    assert_eq!(
        store.projects("alpha").await.unwrap(),
        [first.clone(), second]
    );
    assert_eq!(store.project("beta", "p1").await.unwrap(), None);
    assert_eq!(
        store.project_by_name("beta", "p1 name").await.unwrap(),
        None
    );
    assert_eq!(store.projects("beta").await.unwrap(), []);

    let mut same_name = first.clone();
    same_name.id = "p3".into();
    let again = commit(&store, |tx| tx.insert_project(&same_name)).await;
    assert_eq!(again, Err(Duplicate(label::PROJECTS_NAME)));
    same_name.domain_id = "beta".into();
    commit(&store, |tx| tx.insert_project(&same_name))
        .await
        .unwrap();
    let orphan = commit(&store, |tx| tx.insert_project(&project("nobody", "p4"))).await;
    assert_eq!(orphan, Err(Conflict(label::REFERENCE)));
}

async fn users(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let mut row = user("alpha", "u1");
    commit(&store, |tx| tx.insert_user(&row)).await.unwrap();
    assert_eq!(store.user("alpha", "u1").await.unwrap(), Some(row.clone()));
    assert_eq!(
        store.user_by_name("alpha", "u1 name").await.unwrap(),
        Some(row.clone())
    );
    assert_eq!(store.users("alpha").await.unwrap(), [row.clone()]);
    assert_eq!(store.user("beta", "u1").await.unwrap(), None);
    assert_eq!(store.user_by_name("beta", "u1 name").await.unwrap(), None);

    commit(&store, |tx| {
        tx.set_user_enabled("alpha", "u1", false)
            .set_user_password_hash("alpha", "u1", "new")
    })
    .await
    .unwrap();
    row.enabled = false;
    row.password_hash = "new".into();
    row.generation += 2; // one for each of both
    assert_eq!(store.user("alpha", "u1").await.unwrap(), Some(row.clone()));
    // To let a user log in ends nothing.
    commit(&store, |tx| tx.set_user_enabled("alpha", "u1", true))
        .await
        .unwrap();
    row.enabled = true;
    assert_eq!(store.user("alpha", "u1").await.unwrap(), Some(row.clone()));
    let other = commit(&store, |tx| tx.set_user_enabled("beta", "u1", true)).await;
    assert_eq!(other, Err(Conflict(label::USER)));
    let other = commit(&store, |tx| tx.delete_user("beta", "u1")).await;
    assert_eq!(other, Err(Conflict(label::USER)));
    assert_eq!(store.user("alpha", "u1").await.unwrap(), Some(row));
}

async fn deleted_users_take_all_along(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    commit(&store, |tx| {
        tx.insert_user(&user("alpha", "u1"))
            .insert_policy(&policy("alpha", "p1"))
            .attach_policy("u1", "p1")
            .insert_access_key(&access_key("alpha", "u1", "AK1"))
            .insert_token(&token("alpha", "u1", "t1", 1000))
    })
    .await
    .unwrap();
    commit(&store, |tx| tx.delete_user("alpha", "u1"))
        .await
        .unwrap();
    assert_eq!(store.user("alpha", "u1").await.unwrap(), None);
    assert_eq!(store.access_key("AK1").await.unwrap(), None);
    assert_eq!(store.token("t1").await.unwrap(), None);
    assert_eq!(store.policies_of_user("u1").await.unwrap(), []);
    assert_eq!(
        store.policies("alpha").await.unwrap(),
        [policy("alpha", "p1")]
    );
}

async fn policies(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let mut first = policy("alpha", "p1");
    commit(&store, |tx| {
        tx.insert_user(&user("alpha", "u1"))
            .insert_policy(&first)
            .insert_policy(&policy("alpha", "p2"))
            .insert_policy(&policy("beta", "p3"))
            .attach_policy("u1", "p2")
            .attach_policy("u1", "p1")
    })
    .await
    .unwrap();
    let both = [first.clone(), policy("alpha", "p2")];
    assert_eq!(store.policies_of_user("u1").await.unwrap(), both);
    assert_eq!(store.policies("alpha").await.unwrap(), both);
    assert_eq!(
        store.policy("alpha", "p1").await.unwrap(),
        Some(first.clone())
    );
    assert_eq!(store.policy("beta", "p1").await.unwrap(), None);

    let again = commit(&store, |tx| tx.attach_policy("u1", "p1")).await;
    assert_eq!(again, Err(Duplicate(label::USER_POLICIES_PAIR)));
    for missing in ["p3", "p4"] {
        let refused = commit(&store, |tx| tx.attach_policy("u1", missing)).await;
        assert_eq!(refused, Err(Conflict(label::POLICY)), "{missing}");
    }
    commit(&store, |tx| {
        tx.detach_policy("u1", "p2")
            .set_policy_document("alpha", "p1", "[]")
    })
    .await
    .unwrap();
    first.document = "[]".into();
    assert_eq!(store.policies_of_user("u1").await.unwrap(), [first]);
    let again = commit(&store, |tx| tx.detach_policy("u1", "p2")).await;
    assert_eq!(again, Err(Conflict(label::POLICY)));
    commit(&store, |tx| tx.delete_policy("alpha", "p1"))
        .await
        .unwrap();
    assert_eq!(store.policies_of_user("u1").await.unwrap(), []);
    let mut same_name = policy("alpha", "p5");
    same_name.name = "p2 name".into();
    let again = commit(&store, |tx| tx.insert_policy(&same_name)).await;
    assert_eq!(again, Err(Duplicate(label::POLICIES_NAME)));
}

async fn access_keys(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let mut row = access_key("alpha", "u1", "AK1");
    let orphan = commit(&store, |tx| tx.insert_access_key(&row)).await;
    assert_eq!(orphan, Err(Conflict(label::REFERENCE)));
    commit(&store, |tx| {
        tx.insert_user(&user("alpha", "u1")).insert_access_key(&row)
    })
    .await
    .unwrap();
    assert_eq!(store.access_key("AK1").await.unwrap(), Some(row.clone()));
    assert_eq!(
        store.access_keys("alpha", "u1").await.unwrap(),
        [row.clone()]
    );
    assert_eq!(store.access_keys("beta", "u1").await.unwrap(), []);
    assert_eq!(store.access_key("ak1").await.unwrap(), None);
    let again = commit(&store, |tx| tx.insert_access_key(&row)).await;
    assert_eq!(again, Err(Duplicate(label::ACCESS_KEYS_KEY)));

    let read = row.clone();
    row.status = "inactive".into();
    row.description = "old".into();
    let mut elsewhere = read.clone();
    elsewhere.domain_id = "beta".into();
    let other = commit(&store, |tx| tx.set_access_key(&elsewhere, &row)).await;
    assert_eq!(other, Err(Conflict(label::ACCESS_KEY)));
    commit(&store, |tx| tx.set_access_key(&read, &row))
        .await
        .unwrap();
    assert_eq!(store.access_key("AK1").await.unwrap(), Some(row.clone()));
    row.access_key = "AK2".into();
    let full = commit(&store, |tx| tx.insert_access_key_up_to(&row, 1)).await;
    assert_eq!(full, Err(Conflict(label::ACCESS_KEY)));
    commit(&store, |tx| tx.insert_access_key_up_to(&row, 2))
        .await
        .unwrap();
    assert_eq!(store.access_keys("alpha", "u1").await.unwrap().len(), 2);
    commit(&store, |tx| tx.delete_access_key("alpha", "AK1"))
        .await
        .unwrap();
    let again = commit(&store, |tx| tx.delete_access_key("alpha", "AK1")).await;
    assert_eq!(again, Err(Conflict(label::ACCESS_KEY)));
    assert_eq!(store.access_key("AK1").await.unwrap(), None);
}

async fn tokens(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let mut scoped = token("alpha", "u1", "t3", 3000);
    scoped.project_id = Some("p1".into());
    commit(&store, |tx| {
        tx.insert_user(&user("alpha", "u1"))
            .insert_token(&token("alpha", "u1", "t1", 1000))
            .insert_token(&token("alpha", "u1", "t2", 2000))
            .insert_token(&scoped)
    })
    .await
    .unwrap();
    assert_eq!(store.token("t3").await.unwrap(), Some(scoped.clone()));
    let again = commit(&store, |tx| tx.insert_token(&scoped)).await;
    assert_eq!(again, Err(Duplicate(label::TOKENS_DIGEST)));
    commit(&store, |tx| tx.delete_expired_tokens(2000))
        .await
        .unwrap();
    assert_eq!(store.token("t1").await.unwrap(), None);
    assert_eq!(store.token("t2").await.unwrap(), None);
    commit(&store, |tx| {
        tx.insert_token(&token("alpha", "u1", "t4", 4000))
    })
    .await
    .unwrap();
    commit(&store, |tx| tx.revoke_tokens("t4", 9000))
        .await
        .unwrap();
    assert_eq!(store.token("t4").await.unwrap(), None);
    commit(&store, |tx| tx.delete_tokens_of_user("beta", "u1"))
        .await
        .unwrap();
    assert_eq!(store.token("t3").await.unwrap(), Some(scoped));
    commit(&store, |tx| tx.delete_tokens_of_user("alpha", "u1"))
        .await
        .unwrap();
    assert_eq!(store.token("t3").await.unwrap(), None);
}

async fn revoked_tokens_take_along_what_they_made(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let made_with = |digest: &str, parent: &str| {
        let mut row = token("alpha", "u1", digest, 5000);
        row.parent = parent.into();
        row
    };
    commit(&store, |tx| {
        tx.insert_user(&user("alpha", "u1"))
            .insert_access_key(&access_key("alpha", "u1", "AK1"))
            .insert_token(&made_with("t1", "AK1"))
            .insert_token(&made_with("t2", "t1"))
            .insert_token(&made_with("t3", "t2"))
            .insert_token(&made_with("t4", "t1"))
            .insert_token(&made_with("t5", ""))
    })
    .await
    .unwrap();
    let left = async |digests: [&str; 5]| {
        let mut left = Vec::new();
        for digest in digests {
            let is_there = store.token(digest).await.unwrap().is_some();
            assert_ne!(is_there, store.is_revoked_token(digest).await.unwrap());
            left.push(is_there);
        }
        left
    };
    let all = ["t1", "t2", "t3", "t4", "t5"];
    commit(&store, |tx| tx.revoke_tokens("t2", 7000))
        .await
        .unwrap();
    assert_eq!(left(all).await, [true, false, false, true, true]);
    for _ in 0..2 {
        commit(&store, |tx| tx.revoke_tokens("AK1", 8000))
            .await
            .unwrap();
        assert_eq!(left(all).await, [false, false, false, false, true]);
    }
    // Nothing is a password, which no token was made with.
    commit(&store, |tx| tx.revoke_tokens("AK2", 8000))
        .await
        .unwrap();
    assert_eq!(left(all).await, [false, false, false, false, true]);
    commit(&store, |tx| tx.delete_expired_tokens(7000))
        .await
        .unwrap();
    for (digest, known) in [("t2", false), ("t3", false), ("t1", true), ("t4", true)] {
        let found = store.is_revoked_token(digest).await.unwrap();
        assert_eq!(found, known, "{digest}");
    }
}

async fn a_token_needs_what_it_is_made_with(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let (mut active, mut inactive) = (
        access_key("alpha", "u1", "AK1"),
        access_key("alpha", "u1", "AK2"),
    );
    active.status = "active".into();
    inactive.status = "inactive".into();
    commit(&store, |tx| {
        tx.insert_user(&user("alpha", "u1"))
            .insert_access_key(&active)
            .insert_access_key(&inactive)
            .insert_token(&token("alpha", "u1", "t0", 5000))
    })
    .await
    .unwrap();
    let generation = user("alpha", "u1").generation;
    let add = async |digest: &str, parent: &str, generation: i64| {
        let mut row = token("alpha", "u1", digest, 5000);
        row.parent = parent.into();
        commit(&store, |tx| tx.insert_token_if_parent(&row, generation)).await
    };
    for (digest, parent) in [("t1", ""), ("t2", "AK1"), ("t3", "t0"), ("t4", "t3")] {
        assert_eq!(add(digest, parent, generation).await, Ok(()), "{parent}");
        let row = store.token(digest).await.unwrap().unwrap();
        assert_eq!(row.parent, parent);
    }
    let gone = Err(Conflict(label::PARENT));
    for parent in ["AK2", "AK3", "none"] {
        assert_eq!(add("t5", parent, generation).await, gone, "{parent}");
    }
    assert_eq!(add("t5", "", generation - 1).await, gone);
    commit(&store, |tx| tx.set_user_enabled("alpha", "u1", false))
        .await
        .unwrap();
    assert_eq!(add("t5", "", generation + 1).await, gone);
}
