//! What every client calls first, and who may do what.

mod access_keys;
pub(crate) mod credentials;
mod domains;
mod grants;
mod groups;
mod limited;
mod overtaken;
mod passwords;
mod policies;
mod projects;
mod roles;
mod security_tokens;
mod taken_back;
mod teams;
mod together;
mod tokens;
mod users;

use serde_json::{Value, json};

use crate::support::Api;

/// A password that follows the rules.
const NEW_PASSWORD: &str = "Another-Pass-2026";

/// A desk whose administrator's credentials are not limited to a project: others manage nothing.
async fn start() -> Api {
    unlimited(Api::start().await).await
}

async fn unlimited(mut api: Api) -> Api {
    let (domain, user) = (&api.domain_name, &api.user_name);
    api.token = api.account_token(domain, user, &api.password).await;
    api
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Api {
    /// The code and the text of a refusal in either shape of IAM, checked to be whole.
    async fn fault(
        &self,
        token: &str,
        (method, path): (&str, &str),
        body: Option<Value>,
    ) -> (u16, String, String) {
        let (status, answer) = self.call_as(token, method, path, body).await;
        assert!(!status.is_success(), "{method} {path}: {status} {answer}");
        let (code, message) = match path.starts_with("/v3.0/") {
            true => (&answer["error_code"], &answer["error_msg"]),
            false => (&answer["error"]["code"], &answer["error"]["message"]),
        };
        assert!(code.is_string(), "{method} {path}: {answer}");
        (status.as_u16(), text(code), text(message))
    }

    /// A call that is refused with this status and text (part of it).
    async fn is_refused(
        &self,
        token: &str,
        (method, path): (&str, &str),
        body: Option<Value>,
        (status, says): (u16, &str),
    ) {
        let (found, code, message) = self.fault(token, (method, path), body).await;
        assert_eq!(found, status, "{method} {path}: {message}");
        assert!(code.starts_with("IAM."), "{code}");
        assert!(message.contains(says), "{method} {path}: {message}");
    }

    async fn new_user(&self, name: &str) -> String {
        let body = json!({ "user": { "name": name, "password": NEW_PASSWORD } });
        let answer = self.succeed("POST", "/v3/users", Some(body)).await;
        text(&answer["user"]["id"])
    }

    async fn new_group(&self, name: &str) -> String {
        let body = json!({ "group": { "name": name } });
        let answer = self.succeed("POST", "/v3/groups", Some(body)).await;
        text(&answer["group"]["id"])
    }

    /// A user in a group of their own; the ids of both.
    async fn new_member(&self, name: &str) -> (String, String) {
        let (user, group) = (self.new_user(name).await, self.new_group(name).await);
        let path = format!("/v3/groups/{group}/users/{user}");
        self.succeed("PUT", &path, None).await;
        (user, group)
    }

    async fn new_policy(&self, name: &str, statement: Value) -> String {
        let body = json!({ "role": {
            "display_name": name, "type": "AX", "description": "of a test",
            "policy": { "Version": "1.1", "Statement": [statement] },
        } });
        let answer = self
            .succeed("POST", "/v3.0/OS-ROLE/roles", Some(body))
            .await;
        text(&answer["role"]["id"])
    }

    /// The id of a role that is built in.
    async fn system_role(&self, display_name: &str) -> String {
        let roles = self.succeed("GET", "/v3/roles", None).await;
        let roles = roles["roles"].as_array().unwrap();
        let role = roles
            .iter()
            .find(|role| role["display_name"] == display_name);
        text(&role.unwrap()["id"])
    }

    /// Grants a role in the account.
    async fn grant(&self, group: &str, role: &str) {
        let path = format!("/v3/domains/{}/groups/{group}/roles/{role}", self.domain_id);
        self.succeed("PUT", &path, None).await;
    }

    /// A token of a user that [`Api::new_user`] made, for the account.
    async fn token_of(&self, name: &str) -> String {
        self.account_token(&self.domain_name, name, NEW_PASSWORD)
            .await
    }

    /// The status of a login.
    async fn login_status(&self, name: &str, password: &str) -> u16 {
        let body = json!({ "auth": { "identity": { "methods": ["password"], "password": { "user": {
            "domain": { "name": self.domain_name }, "name": name, "password": password,
        } } } } });
        let (status, _) = self
            .call_as("", "POST", "/v3/auth/tokens", Some(body))
            .await;
        status.as_u16()
    }

    /// What an audit row with this action says about a resource.
    async fn audited(&self, resource: &str, action: &str) -> String {
        let filter = chancery_store::AuditFilter {
            resource: Some(resource.to_owned()),
            ..chancery_store::AuditFilter::default()
        };
        let rows = self.store.audit_entries(&filter, 50, 0).await.unwrap().rows;
        let row = rows.into_iter().find(|row| row.action == action);
        row.unwrap_or_else(|| panic!("{action} of {resource} is not in the trail"))
            .detail
    }
}
