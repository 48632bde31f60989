//! `/chancery/v1/accounts`.

use axum::body::Body;
use chancery_store::AuditFilter;
use http::Request;
use serde_json::{Value, json};

use crate::signatures::call_with_key;
use crate::support::{Api, NOW, fields, read};

const PATH: &str = "/chancery/v1/accounts";
const CAS: &str = "/v1/private-certificate-authorities";

/// A token of the administrator's that is not limited to a project.
async fn operator(api: &Api) -> String {
    api.account_token(&api.domain_name, &api.user_name, &api.password)
        .await
}

async fn create(api: &Api, name: &str) -> Value {
    let token = operator(api).await;
    let body = json!({ "name": name });
    let (status, answer) = api.call_as(&token, "POST", PATH, Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

async fn log_in(api: &Api, made: &Value) -> (u16, String) {
    let body = json!({ "auth": { "identity": { "methods": ["password"], "password": { "user": {
        "domain": { "name": made["account"]["name"] },
        "name": made["administrator"]["name"], "password": made["administrator"]["password"],
    } } } } });
    let request = Request::post("/v3/auth/tokens").body(Body::from(body.to_string()));
    let response = api.send(request.unwrap()).await;
    let token = response.headers().get("x-subject-token");
    let token = token.map_or_else(String::new, |token| token.to_str().unwrap().to_owned());
    (response.status().as_u16(), token)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn an_account_comes_with_all_it_needs() {
    let api = Api::start().await;
    let token = operator(&api).await;
    let body = json!({ "name": "team-a" }).to_string();
    let request = Request::post(PATH).header("x-auth-token", &token);
    let response = api.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let (status, made) = read(response).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(
        fields(&made),
        ["account", "administrator", "credential", "projects"]
    );
    let account = &made["account"];
    assert_eq!(fields(account), ["created_at", "enabled", "id", "name"]);
    assert_eq!(
        (
            &account["name"],
            &account["enabled"],
            &account["created_at"]
        ),
        (
            &json!("team-a"),
            &json!(true),
            &json!("2026-06-01T12:00:00.000000Z")
        )
    );
    let projects = made["projects"].as_array().unwrap();
    assert_eq!(
        (projects.len(), &projects[0]["name"]),
        (1, &json!("cn-north-4"))
    );

    // Password and key open the new account, and nothing of the first.
    let ours = api
        .succeed("POST", CAS, Some(crate::ccm::root("first")))
        .await;
    let (status, theirs) = log_in(&api, &made).await;
    assert_eq!(status, 201);
    let path = format!("{CAS}/{}", text(&ours["ca_id"]));
    let (status, _) = api.call_as(&theirs, "GET", &path, None).await;
    assert_eq!(status, 404);
    let key = (
        text(&made["credential"]["access"]),
        text(&made["credential"]["secret"]),
    );
    let root = crate::ccm::root("second");
    let (status, answer) = call_with_key(&api, key, &[], ("POST", CAS), Some(root)).await;
    assert_eq!(status, 200, "{answer}");
    let (_, listing) = call_with_key(&api, key, &[], ("GET", CAS), None).await;
    assert_eq!(listing["total"], 1);
    let (_, listing) = call_with_key(&api, key, &[], ("GET", "/v3/auth/projects"), None).await;
    assert_eq!(listing["projects"][0]["id"], projects[0]["id"]);

    // Accounts are listed without secrets, and the audit trail has none.
    let (_, listing) = api.call_as(&token, "GET", PATH, None).await;
    let rows = listing["accounts"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| text(&row["name"])).collect();
    assert_eq!(names, ["chancery", "team-a"]);
    assert_eq!(&rows[1], account);
    let trail = AuditFilter {
        resource: Some(text(&account["id"]).to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&trail, 10, 0).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].action, "chancery:accounts:create");
    assert!(!rows[0].detail.contains(key.1));
    assert!(
        !rows[0]
            .detail
            .contains(text(&made["administrator"]["password"]))
    );
}

#[tokio::test]
async fn a_disabled_account_is_refused_at_once() {
    let api = Api::start().await;
    let made = create(&api, "team-a").await;
    let id = text(&made["account"]["id"]);
    let key = (
        text(&made["credential"]["access"]),
        text(&made["credential"]["secret"]),
    );
    let (_, token) = log_in(&api, &made).await;
    let (status, _) = call_with_key(&api, key, &[], ("GET", CAS), None).await;
    assert_eq!(status, 200);
    let temporary = json!({ "auth": { "identity": { "methods": ["token"] } } });
    let path = "/v3.0/OS-CREDENTIAL/securitytokens";
    let (status, temporary) = api.call_as(&token, "POST", path, Some(temporary)).await;
    assert_eq!(status, 201, "{temporary}");
    let temporary = &temporary["credential"];
    let security_token = [("x-security-token", text(&temporary["securitytoken"]))];
    let temporary = (text(&temporary["access"]), text(&temporary["secret"]));

    let operator = operator(&api).await;
    for (step, enabled) in [("disable", false), ("disable", false), ("enable", true)] {
        let path = format!("{PATH}/{id}/{step}");
        let (status, answer) = api.call_as(&operator, "POST", &path, None).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["account"]["enabled"], enabled);
        let (ok, created) = if enabled { (200, 201) } else { (401, 401) };
        assert_eq!(log_in(&api, &made).await.0, created, "{step}: password");
        let (status, _) = api.call_as(&token, "GET", CAS, None).await;
        assert_eq!(status, ok, "{step}: token");
        let (status, _) = call_with_key(&api, key, &[], ("GET", CAS), None).await;
        assert_eq!(status, ok, "{step}: key");
        let (status, _) = call_with_key(&api, temporary, &security_token, ("GET", CAS), None).await;
        assert_eq!(status, ok, "{step}: temporary key");
    }
    let trail = AuditFilter {
        resource: Some(id.to_owned()),
        action: Some("chancery:accounts:disable".to_owned()),
        ..AuditFilter::default()
    };
    let found = api.store.audit_entries(&trail, 10, 0).await.unwrap();
    assert_eq!(found.rows.len(), 2);
}

#[tokio::test]
async fn the_first_account_stays() {
    let api = Api::start().await;
    let token = operator(&api).await;
    for step in ["disable", "enable"] {
        let path = format!("{PATH}/{}/{step}", api.domain_id);
        let (status, answer) = api.call_as(&token, "POST", &path, None).await;
        assert_eq!(
            (status.as_u16(), &answer["error_code"]),
            (409, &json!("CHANCERY.0409"))
        );
        let path = format!("{PATH}/0123456789abcdef0123456789abcdef/{step}");
        let (status, answer) = api.call_as(&token, "POST", &path, None).await;
        assert_eq!(
            (status.as_u16(), &answer["error_code"]),
            (404, &json!("CHANCERY.0404"))
        );
    }
    assert_eq!(api.call("GET", CAS, None).await.0, 200);
}

#[tokio::test]
async fn names_are_checked() {
    let api = Api::start().await;
    create(&api, "team-a").await;
    let token = operator(&api).await;
    let long = "x".repeat(65);
    for (body, status, text) in [
        (
            json!({ "name": "team-a" }),
            409,
            "name is that of another account",
        ),
        (
            json!({ "name": "chancery" }),
            409,
            "name is that of another account",
        ),
        (
            json!({ "name": "" }),
            400,
            "name must have 1 to 64 characters",
        ),
        (
            json!({ "name": "a b" }),
            400,
            "name must have 1 to 64 characters",
        ),
        (
            json!({ "name": long }),
            400,
            "name must have 1 to 64 characters",
        ),
        (json!({}), 400, "name is required"),
    ] {
        let (found, answer) = api.call_as(&token, "POST", PATH, Some(body)).await;
        assert_eq!(found.as_u16(), status, "{answer}");
        let message = answer["error_msg"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
    assert_eq!(api.store.domains().await.unwrap().len(), 2);
}

/// The administrator of another account may do everything in it, and this is not in it.
#[tokio::test]
async fn only_operators_of_the_first_account() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let nobody = api.user_without_policy().await;
    let calls = [
        ("POST", PATH.to_owned(), Some(json!({ "name": "mine" }))),
        ("GET", PATH.to_owned(), None),
        ("POST", format!("{PATH}/{}/disable", api.domain_id), None),
        ("POST", format!("{PATH}/{}/disable", other.domain_id), None),
        ("POST", format!("{PATH}/{}/enable", other.domain_id), None),
    ];
    for token in [&other.token, &nobody.token] {
        for (method, path, body) in &calls {
            let (status, answer) = api.call_as(token, method, path, body.clone()).await;
            assert_eq!(
                (status.as_u16(), &answer["error_code"]),
                (403, &json!("CHANCERY.0403")),
                "{method} {path}"
            );
        }
    }
    // A token that is limited to a project makes no credentials that are not.
    let body = Some(json!({ "name": "mine" }));
    let (status, _) = api.call("POST", PATH, body).await;
    assert_eq!(status, 403);
    assert_eq!(api.store.domains().await.unwrap().len(), 2);
    let (status, _) = api.call("GET", PATH, None).await;
    assert_eq!(status, 200);
}

/// Regions that the operator adds are there for every account.
#[tokio::test]
async fn new_regions_are_for_all_accounts() {
    let api = Api::start().await;
    let made = create(&api, "team-a").await;
    let id = text(&made["account"]["id"]).to_owned();
    let api = api
        .restart_with(|settings| settings.regions.push("eu-west-101".to_owned()))
        .await;
    for domain in [&id, &api.domain_id] {
        let projects = api.store.projects(domain).await.unwrap();
        let names: Vec<_> = projects.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["cn-north-4", "eu-west-101"]);
    }
    assert_eq!(
        api.store.domain(&id).await.unwrap().unwrap().created_at,
        NOW
    );
}
