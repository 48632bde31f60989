//! The policies of a user, those of all groups together: bounded where they are given, and refused whole
//! where there are more from before.

use chancery_core::limits::iam as limits;
use chancery_store::{PolicyRow, Transaction};
use serde_json::{Value, json};

use super::{start, text};
use crate::support::{Api, NOW};

const SAYS: &str = "the documents of all policies of one user, of all groups together, must have at most \
                    122880 characters";

/// A document of nearly so many characters.
fn document(characters: usize) -> Value {
    let filler = "x".repeat(characters - 150);
    let statement = json!({ "Effect": "Allow", "Action": ["pca:ca:list"], "Condition": {
        "StringNotEquals": { "g:UserName": [filler] },
    } });
    json!({ "Version": "1.1", "Statement": [statement] })
}

fn body(name: &str, document: &Value) -> Value {
    json!({ "role": { "display_name": name, "type": "AX", "description": "of a test",
                      "policy": document } })
}

impl Api {
    /// Custom policies of the greatest length, made at once; and how long each is.
    async fn long_policies(&self, count: usize) -> (Vec<String>, usize) {
        let document = document(6_144).to_string();
        let mut tx = Transaction::new("test.policies");
        let ids: Vec<_> = (0..count).map(|n| format!("{n:032x}")).collect();
        for id in &ids {
            tx.insert_policy(&PolicyRow {
                id: id.clone(),
                domain_id: self.domain_id.clone(),
                name: id.clone(),
                document: document.clone(),
                created_at: NOW,
                kind: "AX".to_owned(),
                description: String::new(),
                description_cn: String::new(),
                updated_at: 0,
            });
        }
        self.store.commit(tx).await.unwrap();
        (ids, document.len())
    }
}

#[tokio::test]
async fn a_user_gets_only_so_much_from_all_groups() {
    let api = start().await;
    let (user, group) = api.new_member("alice").await;
    let (ids, length) = api.long_policies(20).await;
    let room = usize::try_from(limits::POLICIES_OF_USER.most_characters()).unwrap() - 20 * length;
    for id in &ids {
        api.grant(&group, id).await;
    }
    // The same again, elsewhere, is nothing more.
    let inherited = |role: &str| {
        format!(
            "/v3/OS-INHERIT/domains/{}/groups/{group}/roles/{role}/inherited_to_projects",
            api.domain_id
        )
    };
    api.succeed("PUT", &inherited(&ids[0]), None).await;
    let small = json!({ "Effect": "Allow", "Action": ["pca:ca:get"] });
    let small = api.new_policy("small", small).await;
    api.grant(&group, &small).await;
    let token = api.token_of("alice").await;
    let cas = "/v1/private-certificate-authorities";
    assert_eq!(api.call_as(&token, "GET", cas, None).await.0, 200);

    // One more, whichever way it comes.
    let refused = (409, SAYS);
    let (status, answer) = api
        .call(
            "POST",
            "/v3.0/OS-ROLE/roles",
            Some(body("more", &document(room + 150))),
        )
        .await;
    assert_eq!(status, 201, "{answer}");
    let more = text(&answer["role"]["id"]);
    let path = format!("/v3/domains/{}/groups/{group}/roles/{more}", api.domain_id);
    api.is_refused(&api.token, ("PUT", &path), None, refused)
        .await;
    api.is_refused(&api.token, ("PUT", &inherited(&more)), None, refused)
        .await;
    let other = api.new_group("others").await;
    api.grant(&other, &more).await;
    let member = format!("/v3/groups/{other}/users/{user}");
    api.is_refused(&api.token, ("PUT", &member), None, refused)
        .await;
    let change = ("PATCH", format!("/v3.0/OS-ROLE/roles/{small}"));
    let longer = body("small", &document(room + 200));
    api.is_refused(&api.token, (change.0, &change.1), Some(longer), refused)
        .await;
    // Whoever has less may have it, and the user is as before.
    let (bob, _) = api.new_member("bob").await;
    let path = format!("/v3/groups/{other}/users/{bob}");
    api.succeed("PUT", &path, None).await;
    assert_eq!(api.call_as(&token, "GET", cas, None).await.0, 200);
    let system = api.system_role("PCA FullAccess").await;
    api.grant(&group, &system).await;
}

#[tokio::test]
async fn more_from_before_is_refused_whole() {
    let api = start().await;
    let (_, group) = api.new_member("alice").await;
    let (ids, _) = api.long_policies(25).await;
    let mut tx = Transaction::new("test.grants");
    for id in &ids {
        let row = chancery_store::GrantRow {
            group_id: group.clone(),
            role_id: id.clone(),
            scope: "domain".to_owned(),
            scope_id: api.domain_id.clone(),
            created_at: NOW,
        };
        tx.insert_grant_up_to(&row, &api.domain_id, false, 200);
    }
    api.store.commit(tx).await.unwrap();
    // None can be left out, since it might be the one that denies: also what needs no permission waits.
    let token = api.token_of("alice").await;
    for path in ["/v1/private-certificate-authorities", "/v3/auth/domains"] {
        let (status, answer) = api.call_as(&token, "GET", path, None).await;
        assert_eq!(status, 403, "{path}: {answer}");
        let says = "of all your groups together, must have at most 122880 characters and have more";
        assert!(answer.to_string().contains(says), "{path}: {answer}");
    }
    // To make one shorter is allowed, and when enough are, all is as it should be.
    for id in &ids[..6] {
        let path = format!("/v3.0/OS-ROLE/roles/{id}");
        let shorter = body(id, &document(200));
        api.succeed("PATCH", &path, Some(shorter)).await;
    }
    let (status, answer) = api
        .call_as(&token, "GET", "/v1/private-certificate-authorities", None)
        .await;
    assert_eq!(status, 200, "{answer}");
}
