//! `docs/checks.md`: of several faults the first one in its tables is answered.

mod authorities;
mod certificates;

use axum::body::Body;
use chancery_pki::DistinguishedName;
use http::Request;
use serde_json::{Value, json};

use super::outside::{DIRECTORY, DNS, Outside, Said, constraints};
use super::{CAS, NO_ID, name, pending, request_of, root, subordinate, with, without};
use crate::support::{Api, DAY, NOW, read};

const CHECKS: &str = include_str!("../../../../../../docs/checks.md");
const TEAM: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// A row of a table: what is checked, and what the answer is.
struct Row {
    check: &'static str,
    status: u16,
    codes: &'static str,
}

/// The rows below a heading.
fn table(heading: &str) -> Vec<Row> {
    let mut lines = CHECKS.lines();
    let is_heading =
        |line: &str| line.starts_with('#') && line.trim_start_matches(['#', ' ']) == heading;
    assert!(lines.any(is_heading), "no heading {heading}");
    let section = lines.take_while(|line| !line.starts_with('#'));
    let rows = section.filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let [check, status, codes] = cells.split(" | ").collect::<Vec<_>>().try_into().ok()?;
        let status = status.parse().ok()?; // not the head of the table
        Some(Row {
            check,
            status,
            codes,
        })
    });
    rows.collect()
}

/// A way through tables, one row after the other.
struct Walk<'a> {
    api: &'a Api,
    path: String,
    token: Option<String>,
    rows: std::vec::IntoIter<Row>,
}

impl<'a> Walk<'a> {
    /// Begins with the rows of every call; `body` has all faults, and lacks `field` for the last
    /// of these rows.
    async fn begin(
        cast: &Cast<'a>,
        path: &str,
        headings: &[&str],
        body: &Value,
        field: &str,
    ) -> Self {
        let mut rows = table("Every call");
        for heading in headings {
            let more = table(heading);
            assert!(!more.is_empty(), "{heading}");
            rows.extend(more);
        }
        let mut walk = Self {
            api: cast.api,
            path: path.to_owned(),
            token: None,
            rows: rows.into_iter(),
        };
        walk.sent("{", "Authorization or x-auth-token not found")
            .await;
        walk.token = Some("nobody's".to_owned());
        walk.sent("{", "token").await;
        walk.token = Some(cast.nobody.clone());
        walk.sent("{", "").await;
        walk.token = Some(cast.team.clone());
        walk.sent("{", "JSON").await;
        let short = without(body, field);
        walk.refused(&short, &format!("{field} is required")).await;
        walk
    }

    async fn refused(&mut self, body: &Value, text: &str) {
        self.sent(&body.to_string(), text).await;
    }

    /// Sends a body, which the next row refuses with a text that has this part.
    async fn sent(&mut self, body: &str, text: &str) {
        let row = self.rows.next().expect("more faults than rows");
        let mut request = Request::post(&self.path).header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("x-auth-token", token);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let (status, answer) = read(self.api.send(request).await).await;
        let (check, code) = (row.check, answer["error_code"].as_str().unwrap_or_default());
        assert_eq!(status.as_u16(), row.status, "{check}: {answer}");
        let listed = row.codes.split(", ").any(|one| one == format!("`{code}`"));
        assert!(listed, "{check}: {}, not {answer}", row.codes);
        let message = answer["error_msg"].as_str().unwrap();
        assert!(message.contains(text), "{check}: {message}");
    }

    /// The last row was reached.
    fn end(mut self) {
        let rest = self.rows.next().map(|row| row.check);
        assert_eq!(rest, None, "not walked to the end");
    }
}

/// Who calls, and which CAs there are.
struct Cast<'a> {
    api: &'a Api,
    /// Tokens of a user who may do nothing, of one who may do all in their team's enterprise
    /// project, and of the administrator.
    nobody: String,
    team: String,
    administrator: String,
    disabled: String,
    below_revoked: String,
    elsewhere: String,
    for_lists: String,
    /// Of EC keys; room for two CAs below it; constraints on names.
    issuer: String,
}

/// The name of [`Cast::issuer`].
const ISSUER: &str = "issuer";

impl<'a> Cast<'a> {
    async fn of(api: &'a Api) -> Self {
        api.enterprise_project(TEAM).await;
        let policy = json!({ "Version": "5.0", "Statement": [{
            "Effect": "Allow", "Action": ["pca:*:*"],
            "Condition": { "StringEquals": { "g:EnterpriseProjectId": [TEAM] } },
        }] });
        let team = api.user_with("alice", &[&policy.to_string()]).await.token;
        let root = api.new_ca(root("root")).await;
        let disabled = api.new_ca(subordinate("disabled", &root, 0)).await;
        api.move_ca(&disabled, "/disable").await;
        let revoked = api.new_ca(subordinate("revoked", &root, 1)).await;
        let below_revoked = api.new_ca(with(
            &subordinate("below", &revoked, 0),
            &json!({ "validity": { "type": "DAY", "value": 1 } }),
        ));
        let below_revoked = below_revoked.await;
        let path = format!("{CAS}/{revoked}/revoke");
        api.succeed("POST", &path, Some(json!({}))).await;
        let waiting = api.new_ca(pending("of somebody else")).await;
        let elsewhere = api
            .issue_intermediate(&root, &request_of(api, &waiting).await)
            .await;
        let for_lists = with(
            &subordinate("for lists", &root, 0),
            &json!({ "key_usages": ["cRLSign"] }),
        );
        let for_lists = api.new_ca(for_lists).await;
        let china = DistinguishedName {
            country: Some("CN".into()),
            ..DistinguishedName::default()
        };
        let china = china.to_der().unwrap();
        let said = Said {
            path_len: Some(2),
            name_constraints: Some(constraints(
                &[(DNS, b"example.com"), (DIRECTORY, &china)],
                &[],
            )),
            ..Said::default()
        };
        let issuer = Outside::root(&Said::default())
            .import(api, ISSUER, &said)
            .await;
        Self {
            api,
            nobody: api.user_without_policy().await.token,
            team,
            administrator: api.token.clone(),
            disabled,
            below_revoked,
            elsewhere,
            for_lists,
            issuer,
        }
    }

    /// The rows about an issuer: it does not exist, is not the caller's, is in no state to issue,
    /// stands below a revoked one, has its key elsewhere, signs no certificates. What is made belongs to the team from
    /// here on. Leaves the right issuer in the body.
    async fn issuers(&self, walk: &mut Walk<'_>, body: &mut Value) {
        body["issuer_id"] = json!(NO_ID);
        walk.refused(body, &format!("the private CA {NO_ID} does not exist"))
            .await;
        body["issuer_id"] = json!(self.disabled);
        walk.refused(body, "").await;
        walk.token = Some(self.administrator.clone());
        walk.refused(body, "in state DISABLED cannot issue").await;
        body["issuer_id"] = json!(self.below_revoked);
        walk.refused(body, "below a revoked one").await;
        body["issuer_id"] = json!(self.elsewhere);
        walk.refused(body, "key elsewhere").await;
        body["issuer_id"] = json!(self.for_lists);
        walk.refused(body, "key_usages do not have keyCertSign")
            .await;
        body["issuer_id"] = json!(self.issuer);
    }

    /// The rows from the path length to the name constraints, which creating and activating have
    /// in common. `named` gives the body for a CA of this name.
    async fn below(
        &self,
        walk: &mut Walk<'_>,
        body: &mut Value,
        named: &mut impl FnMut(&mut Walk<'_>, &mut Value, Named),
    ) {
        named(walk, body, Named::LikeTheIssuer);
        walk.refused(body, "path_length must be a number from 0 to 6")
            .await;
        body["path_length"] = json!(2);
        walk.refused(body, "must not be that of the issuing CA")
            .await;
        named(walk, body, Named::Outside);
        walk.refused(body, "key_usages must contain keyCertSign")
            .await;
        body["key_usages"] = json!(["keyCertSign"]);
        walk.refused(
            body,
            "path_length must be below the issuing CA's, which is 2",
        )
        .await;
        body["path_length"] = json!(1);
        walk.refused(body, "signature_algorithm must be one of SHA256")
            .await;
        body["signature_algorithm"] = json!("SHA256");
        walk.refused(
            body,
            "validity.value must be at least 1, and at most 20 years",
        )
        .await;
        body["validity"]["value"] = json!(20);
        walk.refused(body, "within the validity of the issuing CA")
            .await;
        body["validity"] = json!({ "type": "DAY", "value": 1 });
        walk.refused(body, "C=DE is not permitted by the name constraints")
            .await;
        named(walk, body, Named::Right);
        walk.refused(body, "cRLSign").await;
        body["key_usages"] = json!([]);
    }
}

/// What a CA that is to be made is called.
enum Named {
    LikeTheIssuer,
    /// Outside of what the constraints of the issuer permit.
    Outside,
    Right,
}

/// A validity that is too long, and past the end of the issuer when it is not.
fn long() -> Value {
    json!({ "type": "WEEK", "value": 21, "start_from": NOW + 6_000 * DAY })
}

fn german(common_name: &str) -> Value {
    with(&name(common_name), &json!({ "country": "DE" }))
}

/// Revocation lists in no bucket, which are good for too long.
fn no_bucket() -> Value {
    json!({ "enabled": true, "valid_days": 31 })
}

/// What stands in the tables is what the errors' own list knows.
#[test]
fn every_code_of_the_tables_is_documented_or_the_services() {
    let errors = include_str!("../../../../../../docs/errors.md");
    let codes = CHECKS
        .split('`')
        .filter(|part| part.starts_with("PCA.1001"));
    for code in codes.filter(|code| !["PCA.10010105", "PCA.10010002"].contains(code)) {
        assert!(errors.contains(code), "{code}");
    }
}
