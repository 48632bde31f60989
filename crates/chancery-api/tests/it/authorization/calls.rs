//! One call for each route: the row that a new route needs.

mod iam;

use chancery_api::Operation;
use serde_json::{Value, json};

use crate::bss;
use crate::ccm::{self, CAS, CERTIFICATES, certificate, pending, root};
use crate::scm::material::{Chain, Wanted};
use crate::sms::{SOURCES, TASKS, source, task};
use crate::support::Api;
use crate::{dcs, dds};

const ACCOUNTS: &str = "/chancery/v1/accounts";
/// Where our own calls read a thing, and where its service does.
const OURS: [(&str, &str); 3] = [
    ("/chancery/v1/certificates", CERTIFICATES),
    ("/chancery/v1/authorities", CAS),
    ("/chancery/v1/store-certificates", "/v3/scm/certificates"),
];
const ENTERPRISE_PROJECTS: &str = "/v1.0/enterprise-projects";

/// A call that the administrator may make and that succeeds.
#[derive(Default)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) subject_token: Option<String>,
    /// Ids of the account that nobody else may see.
    pub(crate) ids: Vec<String>,
}

/// What another account's administrator gets from a call that is prepared in this one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Foreign {
    /// The answer for a thing that does not exist.
    Missing,
    /// The answer for a project that is not the caller's.
    WrongProject,
    /// Success that shows nothing of this account.
    ShowsNothing,
    /// Success in their own account: the call names nothing of this one.
    Hers,
    /// No permission, whatever their policies say.
    Forbidden,
    /// The answer for a value that is not allowed: it is sealed for this account.
    Invalid,
}

pub(super) fn foreign(operation: &Operation) -> Foreign {
    let names_a_thing = operation
        .path
        .split('/')
        .any(|part| part.starts_with('{') && part != "{project_id}");
    match (operation.method.as_str(), operation.path) {
        (_, path) if path.starts_with(ACCOUNTS) => Foreign::Forbidden,
        (_, "/v3/users/{user_id}/password") => Foreign::Forbidden,
        ("POST", "/v5/decode-authorization-message") => Foreign::Invalid,
        // These name a project that is looked for among theirs.
        (_, path) if path.starts_with("/v3/projects/{project_id}") => Foreign::Missing,
        ("POST", "/v3/projects") => Foreign::Missing,
        _ if names_a_thing => Foreign::Missing,
        (_, path) if path.contains("{project_id}") => Foreign::WrongProject,
        // These name something in the body or a header.
        ("POST", CERTIFICATES | "/v1/private-certificates/csr")
        | ("POST", TASKS | "/v3/tasks/delete")
        | ("POST", "/v3.0/OS-CREDENTIAL/credentials")
        | ("GET" | "DELETE", "/v3/auth/tokens") => Foreign::Missing,
        ("POST", bss::UNSUBSCRIBE) => Foreign::Missing,
        ("GET", _) | ("POST", bss::QUERY) => Foreign::ShowsNothing,
        _ => Foreign::Hers,
    }
}

fn call(path: impl Into<String>, body: Option<Value>) -> Call {
    Call {
        path: path.into(),
        body,
        ..Call::default()
    }
}

fn list(path: &str, ids: Vec<String>) -> Call {
    Call {
        ids,
        ..call(path, None)
    }
}

/// Makes what the call of a route needs.
pub(crate) async fn prepare(api: &Api, operation: &Operation) -> Call {
    let rest = operation.path.rsplit('/').next().unwrap_or_default();
    match (operation.method.as_str(), operation.path) {
        (_, "/v1/pca/config/console") => call(operation.path, None),
        (method, path) if path.starts_with(CAS) => authority(api, method, path, rest).await,
        (method, path) if path.starts_with(CERTIFICATES) => private(api, method, path, rest).await,
        (method, path) if path.starts_with("/v3/scm") => stored(api, method, path).await,
        (method, path) if path.starts_with("/v2/orders/") => billing(api, method, path).await,
        (method, path) if path.starts_with("/v2/") => redis(api, method, path, rest).await,
        (method, path) if path.starts_with("/v3/{project_id}/") => {
            mongodb(api, method, path, rest).await
        }
        (method, path) if path.starts_with(SOURCES) => sources(api, method, path).await,
        (method, path) if path.starts_with(TASKS) => tasks(api, method, path, rest).await,
        ("GET", "/chancery/v1/instances/{instance_id}/server-bundle") => {
            let id = dcs::create(api, json!({})).await;
            call(format!("/chancery/v1/instances/{id}/server-bundle"), None)
        }
        (method, path) if OURS.iter().any(|(ours, _)| path.starts_with(ours)) => {
            ours(api, method, path, rest).await
        }
        (method, path) if path.starts_with(ACCOUNTS) => account(api, method, path, rest).await,
        (method, path) if path.starts_with(ENTERPRISE_PROJECTS) => {
            enterprise_project(api, method, path, rest).await
        }
        (method, path) => iam::identity(api, method, path).await,
    }
}

/// Reading a thing in our own way, which is made and named as for its service.
async fn ours(api: &Api, method: &str, path: &str, rest: &str) -> Call {
    let (ours, theirs) = OURS
        .iter()
        .find(|(ours, _)| path.starts_with(ours))
        .unwrap();
    let there = path.replacen(ours, theirs, 1);
    let rest = if path == *ours {
        "private-certificates"
    } else {
        rest
    };
    let call = match *theirs {
        CAS => authority(api, method, &there, rest).await,
        CERTIFICATES => private(api, method, &there, rest).await,
        _ => stored(api, method, &there).await,
    };
    let path = call.path.replacen(theirs, ours, 1);
    Call { path, ..call }
}

async fn billing(api: &Api, method: &str, path: &str) -> Call {
    let (order, ids) = bss::ordered(api, 1, json!({})).await;
    match path {
        bss::QUERY => Call {
            body: Some(json!({})),
            ..list(path, ids)
        },
        bss::UNSUBSCRIBE => call(path, Some(bss::given_up(&[&ids[0]]))),
        _ if path.starts_with(bss::DETAILS) => call(format!("{}/{order}", bss::DETAILS), None),
        _ => no_row(method, path),
    }
}

async fn account(api: &Api, method: &str, path: &str, rest: &str) -> Call {
    let name = format!("account-{}", api.desk.new_request_id());
    let body = json!({ "name": name });
    if (method, rest) == ("POST", "accounts") {
        return call(ACCOUNTS, Some(body));
    }
    let (domain, user) = (&api.domain_name, &api.user_name);
    let token = api.account_token(domain, user, &api.password).await;
    let (_, made) = api.call_as(&token, "POST", ACCOUNTS, Some(body)).await;
    let id = ccm::text(&made["account"]["id"]);
    match (method, rest) {
        ("GET", "accounts") => list(ACCOUNTS, vec![id]),
        ("POST", "disable" | "enable") => call(format!("{ACCOUNTS}/{id}/{rest}"), None),
        _ => no_row(method, path),
    }
}

async fn enterprise_project(api: &Api, method: &str, path: &str, rest: &str) -> Call {
    let name = format!("team-{}", api.desk.new_request_id());
    let body = json!({ "name": name });
    if (method, rest) == ("POST", "enterprise-projects") {
        return call(ENTERPRISE_PROJECTS, Some(body));
    }
    let made = api.succeed("POST", ENTERPRISE_PROJECTS, Some(body)).await;
    let id = ccm::text(&made["enterprise_project"]["id"]);
    let one = format!("{ENTERPRISE_PROJECTS}/{id}");
    match (method, rest) {
        ("GET", "enterprise-projects") => list(ENTERPRISE_PROJECTS, vec![id]),
        ("GET", "{enterprise_project_id}") => call(one, None),
        ("PUT", "{enterprise_project_id}") => call(one, Some(json!({ "description": "ours" }))),
        ("POST", "action") => call(
            format!("{one}/action"),
            Some(json!({ "action": "disable" })),
        ),
        _ => no_row(method, path),
    }
}

fn some_name(api: &Api) -> String {
    format!("n{}", api.desk.new_request_id())
}

fn no_row(method: &str, path: &str) -> ! {
    panic!("{method} {path} has no row in authorization/calls.rs")
}

async fn authority(api: &Api, method: &str, path: &str, rest: &str) -> Call {
    let one = |id: String, rest: &str| call(format!("{CAS}/{id}{rest}"), None);
    match (method, rest) {
        ("POST", _) if path == CAS => call(CAS, Some(root("new"))),
        ("GET", _) if path == CAS => list(CAS, vec![api.new_ca(root("mine")).await]),
        (_, "quotas" | "agency" | "agencies") => call(path, None),
        ("GET", "buckets") => list(path, vec![dcs_bucket(api).await]),
        ("GET", _) if path.ends_with("authorities/tags") => {
            let id = tagged(api, format!("{CAS}/{}", api.new_ca(root("mine")).await)).await;
            list(path, vec![id])
        }
        ("POST", "filter") => Call {
            body: Some(json!({})),
            ..list(path, vec![api.new_ca(root("found")).await])
        },
        ("POST", "count") => call(path, Some(json!({}))),
        (_, "tags" | "create" | "delete") => {
            let one = format!("{CAS}/{}", api.new_ca(root("tagged")).await);
            tags(one, method, path)
        }
        ("GET", "{ca_id}") => one(api.new_ca(root("shown")).await, ""),
        ("DELETE", "{ca_id}") => {
            let id = api.new_ca(root("deleted")).await;
            api.move_ca(&id, "/disable").await;
            one(id, "?pending_days=7")
        }
        ("GET", "csr") => one(api.new_ca(pending("waiting")).await, "/csr"),
        ("POST", "activate") => {
            let issuer = api.new_ca(root("above")).await;
            let id = api.new_ca(pending("activated")).await;
            let body = ccm::activation(&issuer);
            call(format!("{CAS}/{id}/activate"), Some(body))
        }
        ("POST", "import") => {
            let issuer = api.new_ca(root("elsewhere")).await;
            let id = api.new_ca(pending("imported")).await;
            let body = ccm::certified(api, &id, &issuer).await;
            call(format!("{CAS}/{id}/import"), Some(body))
        }
        ("POST", "export") => one(api.new_ca(root("exported")).await, "/export"),
        ("POST", "disable") if !path.ends_with("/crl/disable") => {
            one(api.new_ca(root("stopped")).await, "/disable")
        }
        ("POST", "enable") if !path.ends_with("/crl/enable") => {
            let id = api.new_ca(root("started")).await;
            api.move_ca(&id, "/disable").await;
            one(id, "/enable")
        }
        ("POST", "order") => call(path, Some(ccm::order(1))),
        ("POST", "restore") => {
            let id = api.new_ca(root("restored")).await;
            api.move_ca(&id, "/disable").await;
            let path = format!("{CAS}/{id}?pending_days=7");
            api.succeed("DELETE", &path, None).await;
            one(id, "/restore")
        }
        ("POST", "revoke") => {
            let issuer = api.new_ca(root("above")).await;
            let id = api.new_ca(ccm::subordinate("revoked", &issuer, 0)).await;
            call(format!("{CAS}/{id}/revoke"), Some(json!({})))
        }
        ("POST", "enable" | "disable" | "switch") => revocation(api, path, rest).await,
        _ => no_row(method, path),
    }
}

/// Has a bucket made, that of the downloads of Redis instances, and gives its name.
async fn dcs_bucket(api: &Api) -> String {
    let id = dcs::create(api, json!({})).await;
    let path = format!("/v2/{}/instances/{id}/ssl-certs/download", api.project_id);
    api.succeed("POST", &path, None).await;
    format!("dcs-{}", api.project_id)
}

/// Gives a resource a tag that nobody else has, and gives its key.
async fn tagged(api: &Api, one: String) -> String {
    let key = some_name(api);
    let body = json!({ "tag": { "key": key, "value": "" } });
    let path = format!("{one}/tags");
    api.succeed("POST", &path, Some(body)).await;
    key
}

/// The calls about the tags of one resource.
fn tags(one: String, method: &str, path: &str) -> Call {
    let step = path.split_once("}/").map_or("", |(_, step)| step);
    let tag = json!({ "key": "k", "value": "v" });
    let body = match (method, step) {
        ("GET", _) => None,
        (_, "tags") => Some(json!({ "tag": tag })),
        _ => Some(json!({ "tags": [tag] })),
    };
    call(format!("{one}/{step}"), body)
}

/// The bucket is there: making one needs a permission of its own.
async fn revocation(api: &Api, path: &str, rest: &str) -> Call {
    let id = api.new_ca(root("told")).await;
    let path = path.replace("{ca_id}", &id);
    if rest == "switch" {
        return call(path, Some(json!({ "ocsp_switch": true })));
    }
    let body = json!({ "obs_bucket_name": "lists", "valid_days": 7 });
    let enable = format!("{CAS}/{id}/crl/enable");
    api.succeed("POST", &enable, Some(body.clone())).await;
    call(path, (rest == "enable").then_some(body))
}

async fn csr(api: &Api) -> String {
    let waiting = api.new_ca(pending("waiting")).await;
    ccm::request_of(api, &waiting).await
}

async fn private(api: &Api, method: &str, path: &str, rest: &str) -> Call {
    let issuer = api.new_ca(root("issuer")).await;
    if path == CERTIFICATES && method == "POST" {
        return call(CERTIFICATES, Some(certificate("new.example.com", &issuer)));
    }
    if rest == "parse" {
        return call(path, Some(json!({ "csr": csr(api).await })));
    }
    if rest == "csr" {
        let body = json!({
            "issuer_id": issuer, "csr": csr(api).await,
            "validity": { "type": "DAY", "value": 30 },
        });
        return call(path, Some(body));
    }
    let id = api
        .new_certificate(certificate("mine.example.com", &issuer))
        .await;
    let one = format!("{CERTIFICATES}/{id}");
    match (method, rest) {
        ("GET", "quotas") => call(path, None),
        ("GET", "tags") if !path.contains('{') => list(path, vec![tagged(api, one).await]),
        ("POST", "filter") => Call {
            body: Some(json!({})),
            ..list(path, vec![id])
        },
        ("POST", "count") => call(path, Some(json!({}))),
        (_, "tags" | "create" | "delete") => tags(one, method, path),
        ("GET", "private-certificates") => list(CERTIFICATES, vec![id]),
        ("GET" | "DELETE", "{certificate_id}") => call(one, None),
        ("POST", "export") => {
            let body = json!({ "type": "OTHER", "is_compressed": false });
            call(format!("{one}/export"), Some(body))
        }
        ("POST", "revoke") => call(format!("{one}/revoke"), Some(json!({}))),
        _ => no_row(method, path),
    }
}

async fn stored(api: &Api, method: &str, path: &str) -> Call {
    let chain = Chain::new();
    if path == "/v3/scm/certificates/import" {
        return call(path, Some(chain.body(&chain.server(&Wanted::default()))));
    }
    let id = chain.bring(api, "mine", &Wanted::default()).await;
    let one = format!("/v3/scm/certificates/{id}");
    match (method, path) {
        ("GET", "/v3/scm/certificates") => list(path, vec![id]),
        ("GET" | "DELETE", "/v3/scm/certificates/{certificate_id}") => call(one, None),
        ("POST", "/v3/scm/certificates/{certificate_id}/export") => {
            call(format!("{one}/export"), None)
        }
        _ => no_row(method, path),
    }
}

async fn redis(api: &Api, method: &str, path: &str, rest: &str) -> Call {
    if (method, rest) == ("POST", "instances") {
        return call(dcs::path(api, ""), Some(dcs::asked(json!({}))));
    }
    let id = dcs::create(api, json!({})).await;
    if (method, rest) == ("GET", "instances") {
        return list(&dcs::path(api, ""), vec![id]);
    }
    let one = dcs::path(api, &format!("/{id}"));
    match (method, rest) {
        ("GET" | "DELETE", "{instance_id}") => call(one, None),
        ("GET", "ssl") => call(format!("{one}/ssl"), None),
        ("PUT", "ssl") => call(format!("{one}/ssl"), Some(json!({ "enabled": true }))),
        ("POST", "download") => call(format!("{one}/ssl-certs/download"), None),
        ("GET", "{job_id}") => {
            let body = Some(json!({ "enabled": true }));
            let answer = api.succeed("PUT", &format!("{one}/ssl"), body).await;
            let job = answer["job_id"].as_str().unwrap();
            call(format!("/v2/{}/jobs/{job}", api.project_id), None)
        }
        _ => no_row(method, path),
    }
}

async fn mongodb(api: &Api, method: &str, path: &str, rest: &str) -> Call {
    if (method, rest) == ("POST", "instances") {
        return call(dds::path(api, ""), Some(dds::asked(json!({}))));
    }
    let id = dds::create(api, json!({})).await;
    if (method, rest) == ("GET", "instances") {
        return list(&dds::path(api, ""), vec![id]);
    }
    let one = dds::path(api, &format!("/{id}"));
    match (method, rest) {
        ("DELETE", "{instance_id}") => call(one, None),
        ("POST", "switch-ssl") => call(
            format!("{one}/switch-ssl"),
            Some(json!({ "ssl_option": "1" })),
        ),
        ("GET", "download-link") => call(format!("{one}/ssl-cert/download-link"), None),
        _ => no_row(method, path),
    }
}

async fn sources(api: &Api, method: &str, path: &str) -> Call {
    if (method, path) == ("POST", SOURCES) {
        return call(SOURCES, Some(source("new")));
    }
    let id = api.new_source(source("mine")).await;
    match (method, path) {
        ("GET", SOURCES) => list(SOURCES, vec![id]),
        ("GET" | "DELETE", "/v3/sources/{source_id}") => call(format!("{SOURCES}/{id}"), None),
        _ => no_row(method, path),
    }
}

async fn tasks(api: &Api, method: &str, path: &str, rest: &str) -> Call {
    if (method, path) == ("POST", TASKS) {
        let source_id = api.new_source(source("moved")).await;
        return call(TASKS, Some(task("new", &source_id)));
    }
    let id = api.some_task().await;
    let one = format!("{TASKS}/{id}");
    match (method, rest) {
        ("GET", "tasks") => list(TASKS, vec![id]),
        ("GET" | "DELETE", "{task_id}") => call(one, None),
        ("POST", "delete") => call("/v3/tasks/delete", Some(json!({ "ids": [id] }))),
        ("POST", "action") => call(
            format!("{one}/action"),
            Some(json!({ "operation": "start" })),
        ),
        ("GET", "certkey") => call(format!("{one}/certkey"), None),
        _ => no_row(method, path),
    }
}
