//! What the API manages of users, groups, policies and projects.

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::{GrantRow, GrantedRole, GroupRow, PolicyRow, Reached, Store, label};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    users_have_a_limit_and_change,
    projects_have_a_limit_and_change,
    custom_policies,
    groups,
    members,
    grants,
    a_policy_that_a_group_has_stays,
    policies_of_a_user_have_a_limit,
    of_two_changes_of_what_was_read_one_conflicts
);

fn group(domain_id: &str, id: &str) -> GroupRow {
    GroupRow {
        id: id.into(),
        domain_id: domain_id.into(),
        name: format!("{id} name"),
        description: "of a test".into(),
        created_at: 6,
    }
}

fn grant(group_id: &str, role_id: &str, scope: &str, scope_id: &str) -> GrantRow {
    GrantRow {
        group_id: group_id.into(),
        role_id: role_id.into(),
        scope: scope.into(),
        scope_id: scope_id.into(),
        created_at: 7,
    }
}

/// Two accounts; `alpha` has users `u1` and `u2`, groups `g1` and `g2` and the policy `p1`.
async fn people(store: &Store) {
    accounts(store).await;
    commit(store, |tx| {
        tx.insert_user(&user("alpha", "u1"))
            .insert_user(&user("alpha", "u2"))
            .insert_user(&user("beta", "u3"))
            .insert_group_up_to(&group("alpha", "g1"), 9)
            .insert_group_up_to(&group("alpha", "g2"), 9)
            .insert_group_up_to(&group("beta", "g3"), 9)
            .insert_policy(&policy("alpha", "p1"))
            .insert_policy(&policy("beta", "p3"))
    })
    .await
    .unwrap();
}

async fn users_have_a_limit_and_change(bed: Bed) {
    let store = bed.open().await;
    people(&store).await;
    let full = commit(&store, |tx| tx.insert_user_up_to(&user("alpha", "u4"), 2)).await;
    assert_eq!(full, Err(Conflict(label::QUOTA)));
    let nowhere = commit(&store, |tx| tx.insert_user_up_to(&user("gamma", "u4"), 2)).await;
    assert_eq!(nowhere, Err(Conflict(label::DOMAIN)));
    let mut row = user("alpha", "u4");
    row.owner = true;
    commit(&store, |tx| tx.insert_user_up_to(&row, 3))
        .await
        .unwrap();
    assert_eq!(store.user("alpha", "u4").await.unwrap(), Some(row.clone()));

    let read = row.clone();
    row.name = "carol".into();
    row.profile = "{}".into();
    commit(&store, |tx| tx.set_user(&read, &row)).await.unwrap();
    assert_eq!(store.user("alpha", "u4").await.unwrap(), Some(row.clone()));
    let (read, mut other) = (row.clone(), row.clone());
    row.name = "u1 name".into();
    let taken = commit(&store, |tx| tx.set_user(&read, &row)).await;
    assert_eq!(taken, Err(Duplicate(label::USERS_NAME)));
    other.domain_id = "beta".into();
    let other = commit(&store, |tx| tx.set_user(&other, &row)).await;
    assert_eq!(other, Err(Conflict(label::USER)));
}

async fn projects_have_a_limit_and_change(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let named = |id: &str, name: &str| {
        let mut row = project("alpha", id);
        row.name = name.into();
        row
    };
    let (first, mut second) = (named("p1", "cn_north"), named("p2", "cn_a"));
    commit(&store, |tx| {
        tx.insert_project_up_to(&first, "cn_", 1)
            .insert_project_up_to(&named("p3", "cn-4_a"), "cn-4_", 1)
    })
    .await
    .unwrap();
    let full = commit(&store, |tx| tx.insert_project_up_to(&second, "cn_", 1)).await;
    assert_eq!(full, Err(Conflict(label::QUOTA)));
    commit(&store, |tx| tx.insert_project_up_to(&second, "cn_", 2))
        .await
        .unwrap();
    let read = second.clone();
    second.name = "cn_b".into();
    second.description = "new".into();
    commit(&store, |tx| tx.set_project(&read, &second))
        .await
        .unwrap();
    let found = store.project("alpha", "p2").await.unwrap();
    assert_eq!(found, Some(second.clone()));
    let (read, mut other) = (second.clone(), second.clone());
    second.name = "cn_north".into();
    let taken = commit(&store, |tx| tx.set_project(&read, &second)).await;
    assert_eq!(taken, Err(Duplicate(label::PROJECTS_NAME)));
    other.domain_id = "beta".into();
    let other = commit(&store, |tx| tx.set_project(&other, &second)).await;
    assert_eq!(other, Err(Conflict(label::PROJECT)));
}

async fn custom_policies(bed: Bed) {
    let store = bed.open().await;
    people(&store).await;
    let mut own = policy("alpha", "own");
    own.kind = String::new();
    // The operator's own do not count, and the API does not change them.
    commit(&store, |tx| tx.insert_policy(&own)).await.unwrap();
    let mut row = policy("alpha", "p2");
    let full = commit(&store, |tx| tx.insert_policy_up_to(&row, 1)).await;
    assert_eq!(full, Err(Conflict(label::QUOTA)));
    commit(&store, |tx| tx.insert_policy_up_to(&row, 2))
        .await
        .unwrap();
    let read = row.clone();
    row.name = "renamed".into();
    row.kind = "XA".into();
    row.document = "{}".into();
    row.description = "d".into();
    row.description_cn = "c".into();
    row.updated_at = 99;
    commit(&store, |tx| tx.set_custom_policy(&read, &row))
        .await
        .unwrap();
    assert_eq!(
        store.policy("alpha", "p2").await.unwrap(),
        Some(row.clone())
    );
    let read = row.clone();
    row.name = "p1 name".into();
    let taken = commit(&store, |tx| tx.set_custom_policy(&read, &row)).await;
    assert_eq!(taken, Err(Duplicate(label::POLICIES_NAME)));
    let mut elsewhere = read.clone();
    elsewhere.domain_id = "beta".into();
    for untouchable in [&elsewhere, &own] {
        let mut new = untouchable.clone();
        new.description = "taken over".into();
        let refused = commit(&store, |tx| tx.set_custom_policy(untouchable, &new)).await;
        assert_eq!(refused, Err(Conflict(label::POLICY)));
    }
    for (domain, id) in [("alpha", "own"), ("beta", "p2")] {
        let refused = commit(&store, |tx| tx.delete_custom_policy(domain, id)).await;
        assert_eq!(refused, Err(Conflict(label::POLICY)), "{id}");
    }
    commit(&store, |tx| tx.delete_custom_policy("alpha", "p2"))
        .await
        .unwrap();
    assert_eq!(store.policy("alpha", "p2").await.unwrap(), None);
    assert_eq!(store.policy("alpha", "own").await.unwrap(), Some(own));
}

async fn groups(bed: Bed) {
    let store = bed.open().await;
    people(&store).await;
    let mut row = group("alpha", "g1");
    assert_eq!(store.group("alpha", "g1").await.unwrap(), Some(row.clone()));
    assert_eq!(store.group("beta", "g1").await.unwrap(), None);
    let both = [row.clone(), group("alpha", "g2")];
    assert_eq!(store.groups("alpha").await.unwrap(), both);
    let full = commit(&store, |tx| tx.insert_group_up_to(&group("alpha", "g4"), 2)).await;
    assert_eq!(full, Err(Conflict(label::QUOTA)));
    let mut same_name = group("alpha", "g4");
    same_name.name = "g1 name".into();
    let taken = commit(&store, |tx| tx.insert_group_up_to(&same_name, 9)).await;
    assert_eq!(taken, Err(Duplicate(label::USER_GROUPS_NAME)));

    let read = row.clone();
    row.name = "team".into();
    row.description = "words".into();
    commit(&store, |tx| tx.set_group(&read, &row))
        .await
        .unwrap();
    assert_eq!(store.group("alpha", "g1").await.unwrap(), Some(row.clone()));
    let (read, mut other) = (row.clone(), row.clone());
    row.name = "g2 name".into();
    let taken = commit(&store, |tx| tx.set_group(&read, &row)).await;
    assert_eq!(taken, Err(Duplicate(label::USER_GROUPS_NAME)));
    other.domain_id = "beta".into();
    let other = commit(&store, |tx| tx.set_group(&other, &row)).await;
    assert_eq!(other, Err(Conflict(label::GROUP)));
    let other = commit(&store, |tx| tx.delete_group("beta", "g1")).await;
    assert_eq!(other, Err(Conflict(label::GROUP)));
    commit(&store, |tx| tx.delete_group("alpha", "g1"))
        .await
        .unwrap();
    assert_eq!(store.group("alpha", "g1").await.unwrap(), None);
}

async fn members(bed: Bed) {
    let store = bed.open().await;
    people(&store).await;
    commit(&store, |tx| {
        tx.add_member_up_to("alpha", "g1", "u1", 1)
            .add_member_up_to("alpha", "g1", "u2", 1)
    })
    .await
    .unwrap();
    assert!(store.is_member("g1", "u1").await.unwrap());
    assert!(!store.is_member("g2", "u1").await.unwrap());
    let both = [user("alpha", "u1"), user("alpha", "u2")];
    assert_eq!(store.users_of_group("alpha", "g1").await.unwrap(), both);
    assert_eq!(store.users_of_group("beta", "g1").await.unwrap(), []);
    let of_first = store.groups_of_user("alpha", "u1").await.unwrap();
    assert_eq!(of_first, [group("alpha", "g1")]);
    assert_eq!(store.groups_of_user("beta", "u1").await.unwrap(), []);

    let again = commit(&store, |tx| tx.add_member_up_to("alpha", "g1", "u1", 2)).await;
    assert_eq!(again, Err(Duplicate(label::GROUP_MEMBERS_PAIR)));
    let full = commit(&store, |tx| tx.add_member_up_to("alpha", "g2", "u1", 1)).await;
    assert_eq!(full, Err(Conflict(label::MEMBER)));
    for (domain, group, user) in [
        ("alpha", "g1", "u3"),
        ("alpha", "g3", "u1"),
        ("beta", "g1", "u1"),
        ("alpha", "none", "u1"),
    ] {
        let refused = commit(&store, |tx| tx.add_member_up_to(domain, group, user, 9)).await;
        assert_eq!(refused, Err(Conflict(label::MEMBER)), "{group} {user}");
    }
    commit(&store, |tx| tx.remove_member("g1", "u1"))
        .await
        .unwrap();
    let again = commit(&store, |tx| tx.remove_member("g1", "u1")).await;
    assert_eq!(again, Err(Conflict(label::MEMBER)));
    commit(&store, |tx| tx.delete_user("alpha", "u2"))
        .await
        .unwrap();
    assert_eq!(store.users_of_group("alpha", "g1").await.unwrap(), []);
}

async fn grants(bed: Bed) {
    let store = bed.open().await;
    people(&store).await;
    let (custom, built_in) = (
        grant("g1", "p1", "domain", "alpha"),
        grant("g1", "built-in", "project", "x"),
    );
    commit(&store, |tx| {
        tx.add_member_up_to("alpha", "g1", "u1", 9)
            .insert_grant_up_to(&custom, "alpha", false, 3)
            .insert_grant_up_to(&built_in, "alpha", true, 3)
    })
    .await
    .unwrap();
    let at = |scope: &'static str, id: &'static str| store.grants_of_group("g1", scope, id);
    assert_eq!(
        at("domain", "alpha").await.unwrap(),
        std::slice::from_ref(&custom)
    );
    assert_eq!(
        at("project", "x").await.unwrap(),
        std::slice::from_ref(&built_in)
    );
    assert_eq!(at("project", "y").await.unwrap(), []);
    assert_eq!(store.count_grants("alpha", "p1").await.unwrap(), 1);
    assert_eq!(store.count_grants("beta", "p1").await.unwrap(), 0);
    let has = |role: &str, scope: &str, id: &str, document: Option<String>| GrantedRole {
        role_id: role.into(),
        scope: scope.into(),
        scope_id: id.into(),
        document,
    };
    assert_eq!(
        store.roles_of_user("alpha", "u1").await.unwrap(),
        [
            has("built-in", "project", "x", None),
            has(
                "p1",
                "domain",
                "alpha",
                Some(policy("alpha", "p1").document)
            ),
        ]
    );
    assert_eq!(store.roles_of_user("alpha", "u2").await.unwrap(), []);
    assert_eq!(store.roles_of_user("beta", "u1").await.unwrap(), []);

    let again = commit(&store, |tx| {
        tx.insert_grant_up_to(&custom, "alpha", false, 9)
    })
    .await;
    assert_eq!(again, Err(Duplicate(label::GROUP_GRANTS_KEY)));
    for (row, built_in, limit) in [
        (grant("g1", "more", "domain", "alpha"), true, 2),
        (grant("g1", "p3", "domain", "alpha"), false, 9),
        (grant("g1", "none", "domain", "alpha"), false, 9),
    ] {
        let refused = commit(&store, |tx| {
            tx.insert_grant_up_to(&row, "alpha", built_in, limit)
        })
        .await;
        assert_eq!(refused, Err(Conflict(label::GRANT)), "{}", row.role_id);
    }
    commit(&store, |tx| {
        tx.delete_grant("g1", "built-in", "project", "x")
    })
    .await
    .unwrap();
    let again = commit(&store, |tx| {
        tx.delete_grant("g1", "built-in", "project", "x")
    })
    .await;
    assert_eq!(again, Err(Conflict(label::GRANT)));
    commit(&store, |tx| tx.delete_group("alpha", "g1"))
        .await
        .unwrap();
    assert_eq!(store.roles_of_user("alpha", "u1").await.unwrap(), []);
    assert_eq!(store.count_grants("alpha", "p1").await.unwrap(), 0);
}

async fn a_policy_that_a_group_has_stays(bed: Bed) {
    let store = bed.open().await;
    people(&store).await;
    let row = grant("g1", "p1", "domain", "alpha");
    commit(&store, |tx| tx.insert_grant_up_to(&row, "alpha", false, 9))
        .await
        .unwrap();
    let refused = commit(&store, |tx| tx.delete_custom_policy("alpha", "p1")).await;
    assert_eq!(refused, Err(Conflict(label::POLICY)));
    commit(&store, |tx| tx.delete_grant("g1", "p1", "domain", "alpha"))
        .await
        .unwrap();
    commit(&store, |tx| tx.delete_custom_policy("alpha", "p1"))
        .await
        .unwrap();
    assert_eq!(store.policy("alpha", "p1").await.unwrap(), None);
}

async fn policies_of_a_user_have_a_limit(bed: Bed) {
    let store = bed.open().await;
    people(&store).await;
    // Characters count, not bytes.
    let row = |id: &str, characters: usize| PolicyRow {
        document: "\u{20ac}".repeat(characters),
        ..policy("alpha", id)
    };
    let place = |group: &str, role: &str, scope: &str| grant(group, role, scope, "alpha");
    commit(&store, |tx| {
        tx.insert_policy(&row("own", 10))
            .insert_policy(&row("a", 20))
            .insert_policy(&row("b", 30))
            .attach_policy("u1", "own")
            .add_member_up_to("alpha", "g1", "u1", 9)
            .add_member_up_to("alpha", "g2", "u1", 9)
            .insert_grant_up_to(&place("g1", "a", "domain"), "alpha", false, 9)
            // The same policy again, at another place and through another group.
            .insert_grant_up_to(&place("g1", "a", "inherited"), "alpha", false, 9)
            .insert_grant_up_to(&place("g2", "a", "domain"), "alpha", false, 9)
            .insert_grant_up_to(&place("g2", "b", "domain"), "alpha", false, 9)
    })
    .await
    .unwrap();
    let reached = [
        Reached::User("u1"),
        Reached::Group("g1"),
        Reached::Policy("a"),
        Reached::Policy("own"),
    ];
    for reached in reached {
        let within = async |limit| {
            commit(&store, |tx| {
                tx.require_policies_within("alpha", reached, limit)
            })
            .await
        };
        assert_eq!(within(60).await, Ok(()), "{reached:?}");
        assert_eq!(
            within(59).await,
            Err(Conflict(label::POLICIES_OF_USER)),
            "{reached:?}"
        );
    }
    // Whoever is not reached does not matter, nor does an owner.
    let mut owner = user("alpha", "u4");
    owner.owner = true;
    commit(&store, |tx| {
        tx.insert_user_up_to(&owner, 9)
            .add_member_up_to("alpha", "g1", "u4", 9)
            .attach_policy("u4", "own")
    })
    .await
    .unwrap();
    for reached in [
        Reached::User("u2"),
        Reached::User("u4"),
        Reached::Policy("none"),
    ] {
        let within = commit(&store, |tx| tx.require_policies_within("alpha", reached, 0)).await;
        assert_eq!(within, Ok(()), "{reached:?}");
    }
}

/// Reads once, changes one field, then another one of what was read: the second change conflicts, so
/// that whoever makes it reads again and writes nothing back.
macro_rules! conflicts {
    ($store:ident, $set:ident, $read:expr, $label:expr, ($first:ident, $one:expr), ($second:ident, $two:expr)) => {
        let read = $read.await.unwrap().unwrap();
        let (mut first, mut second) = (read.clone(), read.clone());
        first.$first = $one;
        second.$second = $two;
        commit(&$store, |tx| tx.$set(&read, &first)).await.unwrap();
        let late = commit(&$store, |tx| tx.$set(&read, &second)).await;
        assert_eq!(late, Err(Conflict($label)), stringify!($set));
        assert_eq!($read.await.unwrap(), Some(first.clone()));
        let mut both = first.clone();
        both.$second = $two;
        commit(&$store, |tx| tx.$set(&first, &both)).await.unwrap();
        assert_eq!($read.await.unwrap(), Some(both));
    };
}

async fn of_two_changes_of_what_was_read_one_conflicts(bed: Bed) {
    let store = bed.open().await;
    people(&store).await;
    commit(&store, |tx| {
        tx.insert_access_key(&access_key("alpha", "u1", "AK1"))
            .insert_project(&project("alpha", "x1"))
            .insert_enterprise_project_within(&enterprise_project("alpha", "e1"), 9)
    })
    .await
    .unwrap();
    let text = str::to_owned;
    conflicts!(
        store,
        set_custom_policy,
        store.policy("alpha", "p1"),
        label::POLICY,
        (document, text("{}")),
        (description, text("words"))
    );
    conflicts!(
        store,
        set_access_key,
        store.access_key("AK1"),
        label::ACCESS_KEY,
        (status, text("inactive")),
        (description, text("words"))
    );
    conflicts!(
        store,
        set_user,
        store.user("alpha", "u1"),
        label::USER,
        (profile, text("{}")),
        (name, text("carol"))
    );
    conflicts!(
        store,
        set_group,
        store.group("alpha", "g1"),
        label::GROUP,
        (name, text("team")),
        (description, text("words"))
    );
    conflicts!(
        store,
        set_project,
        store.project("alpha", "x1"),
        label::PROJECT,
        (name, text("cn_x")),
        (description, text("words"))
    );
    conflicts!(
        store,
        set_enterprise_project,
        store.enterprise_project("alpha", "e1"),
        label::ENTERPRISE_PROJECT,
        (name, text("team")),
        (description, text("words"))
    );
    // A user's password and whether they are enabled belong to what was read, too.
    let read = store.user("alpha", "u2").await.unwrap().unwrap();
    let mut renamed = read.clone();
    renamed.name = "dave".into();
    commit(&store, |tx| tx.set_user_password_hash("alpha", "u2", "new"))
        .await
        .unwrap();
    let late = commit(&store, |tx| tx.set_user(&read, &renamed)).await;
    assert_eq!(late, Err(Conflict(label::USER)));
}
