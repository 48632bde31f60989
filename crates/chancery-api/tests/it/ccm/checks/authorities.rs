//! Creating and activating private CAs.

use serde_json::{Value, json};

use super::{Cast, ISSUER, Named, TEAM, Walk, german, long, no_bucket};
use crate::ccm::{CAS, NO_ID, name, pending, root, with, without};
use crate::support::Api;

/// A request to create a CA with every fault.
fn bad_ca() -> Value {
    json!({
        "issuer_id": "x", "type": "x", "key_algorithm": "x", "signature_algorithm": "x",
        "validity": long(), "key_usages": ["x"], "enterprise_project_id": "mine",
        "distinguished_name": {}, "path_length": 7, "ca_id": "x", "crl_configuration": no_bucket(),
    })
}

/// The rows that all CAs have in common.
async fn create_ca<'a>(cast: &Cast<'a>, kind: &str) -> (Walk<'a>, Value) {
    let mut body = bad_ca();
    let headings = [
        "CreateCertificateAuthority",
        &format!("CreateCertificateAuthority, {kind}"),
    ];
    let mut walk = Walk::begin(cast, CAS, &headings, &body, "key_algorithm").await;
    walk.refused(&body, "issuer_id").await;
    body["issuer_id"] = json!(NO_ID);
    walk.refused(&body, "ca_id").await;
    body["ca_id"] = json!("");
    walk.refused(&body, "type must be").await;
    body["type"] = json!(kind);
    walk.refused(&body, "key_algorithm").await;
    body["key_algorithm"] = json!("SM2");
    walk.refused(&body, "signature_algorithm").await;
    body["signature_algorithm"] = json!("SM3");
    walk.refused(&body, "validity.type").await;
    body["validity"]["type"] = json!("YEAR");
    walk.refused(&body, "key_usages").await;
    body["key_usages"] = json!(["digitalSignature"]);
    walk.refused(&body, "enterprise_project_id must be 0 or")
        .await;
    body["enterprise_project_id"] = json!(NO_ID);
    walk.refused(&body, "obs_bucket_name is required").await;
    body["crl_configuration"]["obs_bucket_name"] = json!("lists");
    walk.refused(&body, "").await;
    walk.token = Some(cast.administrator.clone());
    walk.refused(&body, "enterprise_project_id must be 0 or the id of")
        .await;
    walk.token = Some(cast.team.clone());
    body["enterprise_project_id"] = json!(TEAM);
    walk.refused(&body, "distinguished_name.common_name is required")
        .await;
    body["distinguished_name"] = name(ISSUER);
    walk.refused(&body, "valid_days must be").await;
    body["crl_configuration"]["valid_days"] = json!(7);
    (walk, body)
}

/// Uses the quota of CAs up.
async fn fill(api: &Api) {
    let path = format!("{CAS}/quotas");
    let quotas = api.succeed("GET", &path, None).await;
    let used = quotas["quotas"]["resources"][0]["used"].as_u64().unwrap();
    for _ in used..100 {
        api.new_ca(pending("one of many")).await;
    }
}

#[tokio::test]
async fn creating_a_root() {
    let api = Api::start().await;
    let cast = Cast::of(&api).await;
    let (mut walk, mut body) = create_ca(&cast, "ROOT").await;
    let (hash, validity) = ("signature_algorithm", "validity");
    let bare = without(&without(&body, hash), validity);
    walk.refused(&bare, "signature_algorithm is required").await;
    walk.refused(&without(&body, validity), "validity is required")
        .await;
    body["key_algorithm"] = json!("EC256");
    body["validity"]["value"] = json!(31);
    walk.refused(&body, "SM3 goes with SM2 only").await;
    body["signature_algorithm"] = json!("SHA256");
    walk.refused(&body, "at most 30 years").await;
    body["validity"]["value"] = json!(1);
    walk.refused(&body, "obs:bucket:CreateBucket").await;
    walk.token = Some(cast.administrator.clone());
    fill(&api).await;
    walk.refused(&body, "at most 100 private CAs").await;
    walk.end();
}

#[tokio::test]
async fn creating_a_subordinate_ca() {
    let api = Api::start().await;
    let cast = Cast::of(&api).await;
    let (mut walk, mut body) = create_ca(&cast, "SUBORDINATE").await;
    cast.issuers(&mut walk, &mut body).await;
    walk.refused(&body, "a chain is of one family").await;
    body["key_algorithm"] = json!("EC256");
    let mut named = |_: &mut Walk<'_>, body: &mut Value, wanted| {
        body["distinguished_name"] = match wanted {
            Named::LikeTheIssuer => name(ISSUER),
            Named::Outside => german("sub"),
            Named::Right => name("sub"),
        };
    };
    cast.below(&mut walk, &mut body, &mut named).await;
    fill(&api).await;
    walk.refused(&body, "at most 100 private CAs").await;
    walk.end();
}

#[tokio::test]
async fn activating() {
    let api = Api::start().await;
    let cast = Cast::of(&api).await;
    let at = |id: &str| format!("{CAS}/{id}/activate");
    let of_team = |body: Value| with(&body, &json!({ "enterprise_project_id": TEAM }));
    let sm2 = api
        .new_ca(of_team(with(
            &pending("sm2"),
            &json!({ "key_algorithm": "SM2" }),
        )))
        .await;
    let like_issuer = api.new_ca(pending(ISSUER)).await;
    let outside = json!({ "distinguished_name": german("sub") });
    let outside = api.new_ca(with(&pending("sub"), &outside)).await;
    let right = api.new_ca(pending("sub")).await;
    let active = api.new_ca(of_team(root("active"))).await;

    let mut body = json!({
        "issuer_id": "x", "signature_algorithm": "x", "validity": long(), "key_usages": ["x"],
        "path_length": 7, "type": "x", "key_algorithm": "x", "crl_configuration": no_bucket(),
    });
    let headings = ["ActivateCertificateAuthority"];
    let mut walk = Walk::begin(&cast, &at("x"), &headings, &body, "validity").await;
    walk.refused(&body, "issuer_id").await;
    body["issuer_id"] = json!(NO_ID);
    walk.refused(&body, "type must be").await;
    body["type"] = json!("ROOT");
    walk.refused(&body, "key_algorithm").await;
    body["key_algorithm"] = json!("");
    walk.refused(&body, "signature_algorithm").await;
    body["signature_algorithm"] = json!("SM3");
    walk.refused(&body, "validity.type").await;
    body["validity"]["type"] = json!("YEAR");
    walk.refused(&body, "key_usages").await;
    body["key_usages"] = json!(["digitalSignature"]);
    walk.refused(&body, "obs_bucket_name is required").await;
    body["crl_configuration"]["obs_bucket_name"] = json!("lists");
    walk.refused(&body, "ca_id").await;
    walk.path = at(NO_ID);
    walk.refused(&body, "does not exist").await;
    walk.path = at(&right); // the administrator's
    walk.refused(&body, "").await;
    walk.path = at(&active);
    walk.refused(&body, "in state ACTIVED cannot be activated")
        .await;
    walk.path = at(&sm2);
    walk.refused(&without(&body, "issuer_id"), "issuer_id is required")
        .await;
    walk.refused(&body, "valid_days must be").await;
    body["crl_configuration"]["valid_days"] = json!(7);
    cast.issuers(&mut walk, &mut body).await;
    walk.refused(&body, "a chain is of one family").await;
    let mut named = |walk: &mut Walk<'_>, _: &mut Value, wanted| {
        walk.path = at(match wanted {
            Named::LikeTheIssuer => &like_issuer,
            Named::Outside => &outside,
            Named::Right => &right,
        });
    };
    cast.below(&mut walk, &mut body, &mut named).await;
    api.succeed("POST", &at(&right), Some(body)).await;
    walk.end();
}
