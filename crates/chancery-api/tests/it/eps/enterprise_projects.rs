//! `/v1.0/enterprise-projects`.

use chancery_store::AuditFilter;
use serde_json::{Value, json};

use super::{PATH, create, refused, switch};
use crate::support::{Api, DAY, fields};

const NO_ID: &str = "00000000-0000-4000-8000-000000000000";
const LIST_ONLY: &str = r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["eps:enterpriseProjects:list"]}]}"#;

/// The names in a list, and the total.
async fn names(api: &Api, query: &str) -> (Vec<String>, u64) {
    let answer = api.succeed("GET", &format!("{PATH}?{query}"), None).await;
    let rows = answer["enterprise_projects"].as_array().unwrap().iter();
    let names = rows.map(|row| row["name"].as_str().unwrap().to_owned());
    (names.collect(), answer["total_count"].as_u64().unwrap())
}

#[tokio::test]
async fn every_account_has_the_default_one() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let expected = json!({
        "id": "0", "name": "default", "description": "", "status": 1, "type": "prod",
        "created_at": "2026-06-01T12:00:00Z", "updated_at": "2026-06-01T12:00:00Z",
        "delete_flag": false,
    });
    for token in [&api.token, &other.token] {
        let (_, listing) = api.call_as(token, "GET", PATH, None).await;
        assert_eq!(
            listing,
            json!({ "enterprise_projects": [expected], "total_count": 1 })
        );
        let (_, shown) = api.call_as(token, "GET", &format!("{PATH}/0"), None).await;
        assert_eq!(shown, json!({ "enterprise_project": expected }));
    }
    let path = format!("{PATH}/0");
    let rename = Some(json!({ "name": "mine" }));
    refused(
        &api,
        &api.token,
        ("PUT", &path),
        rename,
        (400, "EPS.0012"),
        "default",
    )
    .await;
    let path = format!("{path}/action");
    for action in ["disable", "enable"] {
        let body = Some(json!({ "action": action }));
        refused(
            &api,
            &api.token,
            ("POST", &path),
            body,
            (400, "EPS.0015"),
            "default",
        )
        .await;
    }
    assert_eq!(names(&api, "status=1").await.1, 1);
}

#[tokio::test]
async fn create_show_change_switch() {
    let api = Api::start().await;
    let body = json!({ "name": "团队_a-1", "description": "the first", "type": "poc" });
    let (status, answer) = api.call("POST", PATH, Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    let made = answer["enterprise_project"].clone();
    assert_eq!(
        fields(&made),
        [
            "created_at",
            "delete_flag",
            "description",
            "id",
            "name",
            "status",
            "type",
            "updated_at"
        ]
    );
    assert_eq!(
        (
            &made["name"],
            &made["description"],
            &made["type"],
            &made["status"]
        ),
        (
            &json!("团队_a-1"),
            &json!("the first"),
            &json!("poc"),
            &json!(1)
        )
    );
    let id = made["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    let path = format!("{PATH}/{id}");
    assert_eq!(api.succeed("GET", &path, None).await, answer);

    api.clock.advance_ms(DAY);
    let body = json!({ "name": "team-a", "description": "" });
    let api = {
        let mut api = api;
        api.log_in_again().await;
        api
    };
    let changed = api.succeed("PUT", &path, Some(body)).await;
    let mut expected = made.clone();
    expected["name"] = "team-a".into();
    expected["description"] = "".into();
    expected["updated_at"] = "2026-06-02T12:00:00Z".into();
    assert_eq!(changed, json!({ "enterprise_project": expected }));
    // What is not sent stays.
    let body = json!({ "type": "prod" });
    expected["type"] = "prod".into();
    assert_eq!(
        api.succeed("PUT", &path, Some(body)).await,
        json!({ "enterprise_project": expected })
    );

    for (action, status) in [("disable", 2), ("disable", 2), ("enable", 1), ("enable", 1)] {
        switch(&api, id, action).await;
        let shown = api.succeed("GET", &path, None).await;
        assert_eq!(shown["enterprise_project"]["status"], status, "{action}");
    }
    let trail = AuditFilter {
        resource: Some(id.to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&trail, 10, 0).await.unwrap().rows;
    let mut actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(
        actions,
        [
            "eps:enterpriseProjects:create",
            "eps:enterpriseProjects:disable",
            "eps:enterpriseProjects:disable",
            "eps:enterpriseProjects:enable",
            "eps:enterpriseProjects:enable",
            "eps:enterpriseProjects:update",
            "eps:enterpriseProjects:update",
        ]
    );
}

#[tokio::test]
async fn lists_are_searched_sorted_and_cut() {
    let api = Api::start().await;
    for name in ["beta", "Alpha", "alphabet"] {
        api.clock.advance_ms(1000);
        create(&api, name).await;
    }
    let (_, poc) = api
        .call(
            "POST",
            PATH,
            Some(json!({ "name": "trial", "type": "poc" })),
        )
        .await;
    let trial = poc["enterprise_project"]["id"].as_str().unwrap();
    switch(&api, trial, "disable").await;
    for (query, expected, total) in [
        (
            "sort_key=name&sort_dir=asc",
            &["Alpha", "alphabet", "beta", "default", "trial"][..],
            5,
        ),
        (
            "sort_key=created_at&sort_dir=asc&limit=2",
            &["default", "beta"],
            5,
        ),
        (
            "sort_key=created_at&sort_dir=asc&limit=2&offset=1",
            &["beta", "Alpha"],
            5,
        ),
        ("offset=4", &["default"], 5),
        ("offset=5", &[], 5),
        (
            "name=ALPHA&sort_key=name&sort_dir=desc",
            &["alphabet", "Alpha"],
            2,
        ),
        ("status=2", &["trial"], 1),
        ("type=poc", &["trial"], 1),
        ("status=1&type=poc", &[], 0),
        ("id=0", &["default"], 1),
        (&format!("id={trial}"), &["trial"], 1),
        (&format!("id={NO_ID}"), &[], 0),
    ] {
        let (found, count) = names(&api, query).await;
        assert_eq!(
            (&found[..], count),
            (
                &expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
                total
            ),
            "{query}"
        );
    }
    for (query, code, text) in [
        ("limit=0", "EPS.0017", "limit must be"),
        ("limit=1001", "EPS.0017", "limit must be"),
        ("offset=-1", "EPS.0018", "offset must be"),
        ("status=3", "EPS.0002", "status must be 1 or 2"),
        ("type=x", "EPS.0002", "type must be prod or poc"),
        (
            "sort_key=x",
            "EPS.0002",
            "sort_key must be one of created_at, updated_at, name",
        ),
        ("sort_dir=x", "EPS.0002", "sort_dir must be"),
    ] {
        let path = format!("{PATH}?{query}");
        refused(&api, &api.token, ("GET", &path), None, (400, code), text).await;
    }
}

#[tokio::test]
async fn what_is_refused() {
    let api = Api::start().await;
    let id = create(&api, "team-a").await;
    create(&api, "team-b").await;
    let one = format!("{PATH}/{id}");
    let action = format!("{one}/action");
    let long = "x".repeat(256);
    let words = "x".repeat(513);
    for (target, body, (status, code), text) in [
        (
            ("POST", PATH),
            json!({}),
            (400, "EPS.0002"),
            "name is required",
        ),
        (
            ("POST", PATH),
            json!({ "name": "" }),
            (400, "EPS.0007"),
            "name must have 1 to 255",
        ),
        (
            ("POST", PATH),
            json!({ "name": "a b" }),
            (400, "EPS.0007"),
            "name must have",
        ),
        (
            ("POST", PATH),
            json!({ "name": long }),
            (400, "EPS.0007"),
            "name must have",
        ),
        (
            ("POST", PATH),
            json!({ "name": "Default" }),
            (400, "EPS.0007"),
            "must not be default",
        ),
        (
            ("POST", PATH),
            json!({ "name": "team-a" }),
            (409, "EPS.0010"),
            "name is that of another",
        ),
        (
            ("POST", PATH),
            json!({ "name": "c", "description": words }),
            (400, "EPS.0008"),
            "description must have at most 512",
        ),
        (
            ("POST", PATH),
            json!({ "name": "c", "type": "x" }),
            (400, "EPS.0002"),
            "type must be",
        ),
        (
            ("POST", PATH),
            json!({ "name": 1 }),
            (400, "EPS.0002"),
            "name must be a string",
        ),
        (
            ("PUT", &one),
            json!({ "name": "team-b" }),
            (409, "EPS.0010"),
            "name is that of another",
        ),
        (
            ("PUT", &one),
            json!({ "name": "default" }),
            (400, "EPS.0007"),
            "must not be default",
        ),
        (
            ("PUT", &one),
            json!({ "description": words }),
            (400, "EPS.0008"),
            "description",
        ),
        (
            ("POST", &action),
            json!({}),
            (400, "EPS.0002"),
            "action is required",
        ),
        (
            ("POST", &action),
            json!({ "action": "x" }),
            (400, "EPS.0013"),
            "action must be enable",
        ),
    ] {
        refused(&api, &api.token, target, Some(body), (status, code), text).await;
    }
    assert_eq!(
        names(&api, "").await.1,
        3,
        "a refused call stored something"
    );

    switch(&api, &id, "disable").await;
    let body = Some(json!({ "name": "c" }));
    refused(
        &api,
        &api.token,
        ("PUT", &one),
        body,
        (400, "EPS.0014"),
        "disabled",
    )
    .await;

    // What is not there, and what is another account's.
    let other = api.other_account().await;
    for (token, id) in [(&api.token, NO_ID), (&other.token, id.as_str())] {
        let path = format!("{PATH}/{id}");
        let action = format!("{path}/action");
        for (target, body) in [
            (("GET", path.as_str()), None),
            (("PUT", &path), Some(json!({ "name": "" }))),
            (("POST", &action), Some(json!({ "action": "enable" }))),
            (("POST", &action), Some(json!({ "action": "x" }))),
        ] {
            refused(
                &api,
                token,
                target,
                body,
                (404, "EPS.0005"),
                "does not exist",
            )
            .await;
        }
    }
}

#[tokio::test]
async fn an_account_can_have_a_hundred() {
    let api = Api::start().await;
    for number in 0..100 {
        create(&api, &format!("team-{number}")).await;
    }
    let body = Some(json!({ "name": "one-more" }));
    refused(
        &api,
        &api.token,
        ("POST", PATH),
        body,
        (400, "EPS.0009"),
        "at most 100",
    )
    .await;
    assert_eq!(names(&api, "limit=1").await.1, 101);
}

#[tokio::test]
async fn each_call_takes_its_permission() {
    let api = Api::start().await;
    let id = create(&api, "team-a").await;
    let (one, action) = (format!("{PATH}/{id}"), format!("{PATH}/{id}/action"));
    let user = api.user_with("lister", &[LIST_ONLY]).await;
    for (target, body, permission) in [
        (
            ("POST", PATH),
            Some(json!({ "name": "b" })),
            "eps:enterpriseProjects:create",
        ),
        (("GET", one.as_str()), None, "eps:enterpriseProjects:get"),
        (
            ("PUT", &one),
            Some(json!({ "name": "b" })),
            "eps:enterpriseProjects:update",
        ),
        (
            ("POST", &action),
            Some(json!({ "action": "enable" })),
            "eps:enterpriseProjects:enable",
        ),
        (
            ("POST", &action),
            Some(json!({ "action": "disable" })),
            "eps:enterpriseProjects:disable",
        ),
    ] {
        refused(
            &api,
            &user.token,
            target,
            body,
            (403, "EPS.0004"),
            permission,
        )
        .await;
    }
    let (status, listing) = api.call_as(&user.token, "GET", PATH, None).await;
    assert_eq!((status.as_u16(), &listing["total_count"]), (200, &json!(2)));
    let nobody = api.user_without_policy().await;
    let list = "eps:enterpriseProjects:list";
    refused(
        &api,
        &nobody.token,
        ("GET", PATH),
        None,
        (403, "EPS.0004"),
        list,
    )
    .await;
    let (status, answer) = api.call_as("no-token", "GET", PATH, None).await;
    assert_eq!(
        (status.as_u16(), &answer["error"]["error_code"]),
        (401, &json!("EPS.0003"))
    );
}

/// A team that may do all in its project sees its project, and no other.
#[tokio::test]
async fn a_team_sees_its_project() {
    let api = Api::start().await;
    let (ours, theirs) = (create(&api, "ours").await, create(&api, "theirs").await);
    let policy = json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["*"],
        "Condition": { "StringEquals": { "g:EnterpriseProjectId": [ours] } },
    }] });
    let user = api.user_with("alice", &[&policy.to_string()]).await;
    let (_, listing) = api.call_as(&user.token, "GET", PATH, None).await;
    assert_eq!(listing["total_count"], 1);
    assert_eq!(listing["enterprise_projects"][0]["id"], ours.as_str());
    for (id, expected) in [(&ours, 200), (&theirs, 403)] {
        let path = format!("{PATH}/{id}");
        let (status, _) = api.call_as(&user.token, "GET", &path, None).await;
        assert_eq!(status, expected);
        let expected = if expected == 200 { 204 } else { 403 };
        let body = Some(json!({ "action": "enable" }));
        let (status, _) = api
            .call_as(&user.token, "POST", &format!("{path}/action"), body)
            .await;
        assert_eq!(status, expected);
    }
    let new = Some(json!({ "name": "new" }));
    let (status, _) = api.call_as(&user.token, "POST", PATH, new).await;
    assert_eq!(status, 403);
}

/// Paths below that are no operations of ours.
#[tokio::test]
async fn other_paths_and_methods() {
    let api = Api::start().await;
    for (method, path) in [
        ("DELETE", format!("{PATH}/0")),
        ("GET", format!("{PATH}/0/x")),
    ] {
        let (status, answer): (_, Value) = api.call(method, &path, None).await;
        assert_eq!(
            (status.as_u16(), &answer["error_code"]),
            (404, &json!("APIGW.0101"))
        );
    }
}
