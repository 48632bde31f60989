//! Policies that do not allow all: every call about a resource is refused, and every list shows
//! nothing, under a policy that is for something else or denies what the call is about.

use chancery_api::{Access, Operation, Service, operations};
use serde_json::{Value, json};

use super::calls::{Call, prepare};
use super::send;
use crate::ccm::text;
use crate::support::{Api, PASSWORD, User};

const NOBODY: &str = "00000000-0000-4000-8000-00000000000f";

/// A user in a group with one custom policy, which is changed from case to case.
struct Subject {
    user: User,
    account_token: String,
    /// Whose owner may do everything.
    administrator: String,
    role: String,
}

impl Subject {
    async fn new(api: &Api) -> Self {
        let user = api.user_with("subject", &[]).await;
        let login = async |name: &str, password: &str| {
            api.account_token(&api.domain_name, name, password).await
        };
        let mut subject = Self {
            account_token: login(&user.name, PASSWORD).await,
            administrator: login(&api.user_name, &api.password).await,
            role: String::new(),
            user,
        };
        let group = json!({ "group": { "name": "subjects" } });
        let group = subject.manage(api, "POST", "/v3/groups", Some(group)).await;
        let group = text(&group["group"]["id"]);
        let role = role(&json!([allow()]));
        let role = subject.manage(api, "POST", "/v3.0/OS-ROLE/roles", Some(role));
        subject.role = text(&role.await["role"]["id"]);
        let member = format!("/v3/groups/{group}/users/{}", subject.user.id);
        subject.manage(api, "PUT", &member, None).await;
        let grant = format!(
            "/v3/domains/{}/groups/{group}/roles/{}",
            api.domain_id, subject.role
        );
        subject.manage(api, "PUT", &grant, None).await;
        subject
    }

    async fn manage(&self, api: &Api, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = api.call_as(&self.administrator, method, path, body).await;
        assert!(status.is_success(), "{method} {path}: {answer}");
        answer
    }

    /// The call, by the user with these statements.
    async fn send(
        &self,
        api: &Api,
        statements: &Value,
        operation: &Operation,
        call: &Call,
    ) -> (u16, Value) {
        let path = format!("/v3.0/OS-ROLE/roles/{}", self.role);
        self.manage(api, "PATCH", &path, Some(role(statements)))
            .await;
        let token = match managed(operation) {
            true => &self.account_token,
            false => &self.user.token,
        };
        send(api, token, operation, call).await
    }
}

/// Credentials that are limited to a project do none of these.
fn managed(operation: &Operation) -> bool {
    matches!(
        operation.service,
        Service::Iam | Service::IamV30 | Service::Own
    )
}

fn role(statements: &Value) -> Value {
    let policy = json!({ "Version": "5.0", "Statement": statements });
    json!({ "role": { "display_name": "narrowed", "type": "AX", "description": "", "policy": policy } })
}

/// The ids of what a call is about: in its path, and what its body uses.
fn named(operation: &Operation, call: &Call) -> Vec<String> {
    let iam = matches!(operation.service, Service::Iam | Service::IamV30);
    let path = call.path.split('?').next().unwrap_or_default();
    let parts = operation.path.split('/').zip(path.split('/'));
    let in_path = parts
        .filter(|(name, _)| name.starts_with('{') && *name != "{domain_id}")
        .filter(|(name, _)| iam || *name != "{project_id}")
        .filter(|(name, _)| *name != "{enterprise_project_id}" || !iam)
        .map(|(_, id)| id.to_owned());
    let body = call.body.iter();
    let used = body.flat_map(|body| [&body["issuer_id"], &body["project"]["parent_id"]]);
    in_path
        .chain(used.filter_map(|id| id.as_str().map(str::to_owned)))
        .collect()
}

fn is_filed(operation: &Operation) -> bool {
    use Service::{Ccm, Dcs, Dds, Own, Scm};
    matches!(operation.service, Ccm | Dcs | Dds | Own | Scm)
}

fn is_list(operation: &Operation, call: &Call) -> bool {
    !call.ids.is_empty() || operation.path.ends_with("/count")
}

fn allow() -> Value {
    json!({ "Effect": "Allow", "Action": ["*"] })
}

#[track_caller]
fn shows_nothing(call: &Call, (status, answer): &(u16, Value), case: &str) {
    assert_eq!(*status, 200, "{case}: {answer}");
    let said = answer.to_string();
    for id in &call.ids {
        assert!(!said.contains(&format!("{id:?}")), "{case}: {said}");
    }
    for count in ["total", "total_count", "instance_num"] {
        let count = &answer[count];
        assert!(count.is_null() || count == 0, "{case}: {said}");
    }
}

#[tokio::test]
async fn what_is_not_allowed_or_is_denied_is_refused_everywhere() {
    let api = Api::start_with(|settings| {
        settings.quotas.users = 1_000;
        settings.quotas.groups = 1_000;
        settings.quotas.private_authorities = 1_000;
    })
    .await;
    let subject = Subject::new(&api).await;
    let mut walked = 0;
    for operation in operations() {
        let Access::Resource(action) = operation.access else {
            continue;
        };
        walked += 1;
        let call = prepare(&api, operation).await;
        let named = named(operation, &call);
        let urns = |ids: &[String]| -> Vec<String> {
            ids.iter().map(|id| format!("*:*:*:*:{id}")).collect()
        };
        let only = |key: &str, value: Value| {
            let mut statement = allow();
            statement[key] = value;
            json!([statement])
        };
        let denying = |rest: Value| {
            let mut deny = json!({ "Effect": "Deny", "Action": ["*"] });
            for (key, value) in rest.as_object().unwrap() {
                deny[key] = value.clone();
            }
            json!([allow(), deny])
        };
        let untagged = json!({ "StringNotEquals": { "g:ResourceTag/nobody": ["has"] } });
        let tagged = json!({ "StringEquals": { "g:ResourceTag/nobody": ["has"] } });
        let elsewhere = json!({ "StringEquals": { "g:EnterpriseProjectId": [NOBODY] } });
        let here = json!({ "StringEquals": { "g:EnterpriseProjectId": ["0"] } });

        // Whatever the call is about.
        let action_denied = denying(json!({ "Action": [action] }));
        let answer = subject.send(&api, &action_denied, operation, &call).await;
        let name = format!("{} {}", operation.method, call.path);
        assert_eq!(answer.0, 403, "{name}, action denied: {}", answer.1);

        let mut cases = vec![
            (
                "another id",
                only("Resource", json!([format!("*:*:*:*:{NOBODY}")])),
            ),
            ("another project", only("Condition", elsewhere)),
            ("a tag it has not", only("Condition", tagged)),
            (
                "denied without a tag",
                denying(json!({ "Condition": untagged })),
            ),
        ];
        if is_filed(operation) {
            cases.push((
                "denied in the project",
                denying(json!({ "Condition": here })),
            ));
        }
        if !named.is_empty() {
            let resources = json!({ "Resource": urns(&named) });
            cases.push(("denied by id", denying(resources)));
            cases.push(("excepted by id", only("NotResource", json!(urns(&named)))));
        }
        if !call.ids.is_empty() && named.is_empty() {
            let rows: Vec<_> = call.ids.iter().take(10).cloned().collect();
            let denied = denying(json!({ "Resource": urns(&rows) }));
            let (status, answer) = subject.send(&api, &denied, operation, &call).await;
            assert_eq!(status, 200, "{name}, rows denied: {answer}");
            // Keys of tags are no resources.
            if !operation.path.ends_with("/tags") {
                let said = answer.to_string();
                for id in &rows {
                    assert!(
                        !said.contains(&format!("{id:?}")),
                        "{name}, rows denied: {said}"
                    );
                }
            }
        }
        for (case, statements) in cases {
            let answer = subject.send(&api, &statements, operation, &call).await;
            let case = format!("{name}, {case}");
            match is_list(operation, &call) && named.is_empty() {
                true => shows_nothing(&call, &answer, &case),
                false => assert_eq!(answer.0, 403, "{case}: {}", answer.1),
            }
        }
        // What was refused has changed nothing: the administrator still may.
        let token = match managed(operation) {
            true => &subject.administrator,
            false => &api.token,
        };
        let (status, answer) = send(&api, token, operation, &call).await;
        assert!((200..300).contains(&status), "{name}: {status} {answer}");
    }
    assert!(walked > 90, "{walked}");
}
