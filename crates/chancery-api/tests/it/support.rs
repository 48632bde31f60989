//! A desk in this process, with a clock that stands, and what is needed to call it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use chancery_core::custody::Custody;
use chancery_core::policy::FULL_ACCESS;
use chancery_core::{Clock, Desk, HighWater, ManualClock, Parts, Settings, Workers};
use chancery_crypto::random::{Random, SystemRandom};
use chancery_objects::FolderStore;
use chancery_store::{DomainRow, EnterpriseProjectRow, ProjectRow, Store, StoreError, Transaction};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::contract;
use crate::faults::{Faults, ObjectFaults};

/// 2026-06-01T12:00:00Z, where the clock stands at the start.
pub(crate) const NOW: i64 = 1_780_315_200_000;
/// Milliseconds of a day.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;
/// By how much a validity begins before now when nothing is said about it.
pub(crate) const MINUTE: i64 = 60 * 1000;
/// The password of every user that [`Api`] makes.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A desk and a caller: at first its administrator.
pub(crate) struct Api {
    pub(crate) router: Router,
    pub(crate) desk: Arc<Desk>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    /// Makes the storage fail.
    pub(crate) faults: Arc<Faults>,
    /// Makes the objects fail.
    pub(crate) objects: Arc<ObjectFaults>,
    /// The administrator's token, scoped to their project.
    pub(crate) token: String,
    pub(crate) domain_id: String,
    pub(crate) domain_name: String,
    pub(crate) project_id: String,
    pub(crate) user_name: String,
    pub(crate) password: String,
    pub(crate) folder: TempDir,
}

/// A user who is not the administrator, and how they call.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) domain_id: String,
    pub(crate) domain_name: String,
    pub(crate) project_id: String,
}

impl Api {
    /// An empty desk after its first start.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with other settings than those of the tests.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW));
        let (store, faults, objects, desk) = open(&folder, &clock, change).await;
        let administrator = desk.bootstrap().await.unwrap();
        let mut api = Self {
            router: chancery_api::router(Arc::clone(&desk)),
            desk,
            store,
            clock,
            faults,
            objects,
            token: String::new(),
            domain_id: administrator.domain_id,
            domain_name: administrator.domain_name,
            project_id: administrator.projects[0].id.clone(),
            user_name: administrator.user_name,
            password: administrator.password.unwrap().to_string(),
            folder,
        };
        api.log_in_again().await;
        api
    }

    /// The desk after the process was stopped and started again on the same folder.
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    /// The same, and the operator has changed the settings. What needs them from the start is
    /// started with them.
    pub(crate) async fn restart_with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let Self {
            router,
            desk,
            store,
            faults,
            folder,
            clock,
            ..
        } = self;
        // The database has one process at a time: everything that holds it goes first, and what
        // is still running in the background lets go of it soon.
        let gone = Arc::downgrade(&faults);
        drop((router, desk, store, faults));
        for _ in 0..1000 {
            if gone.strong_count() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let (store, faults, objects, desk) = open(&folder, &clock, change).await;
        desk.bootstrap().await.unwrap();
        Self {
            router: chancery_api::router(Arc::clone(&desk)),
            desk,
            store,
            clock,
            faults,
            objects,
            folder,
            ..self
        }
    }

    /// A new token for the administrator, after the clock was moved past the end of their last.
    pub(crate) async fn log_in_again(&mut self) {
        self.token = self
            .login(
                &self.domain_name,
                &self.user_name,
                &self.password,
                &self.project_id,
            )
            .await;
    }

    /// Calls as the administrator with an optional JSON body; the JSON of the answer is null when
    /// there is none.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        self.call_as(&self.token, method, path, body).await
    }

    /// Calls with a token of anybody's.
    pub(crate) async fn call_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(path)
            .header("x-auth-token", token);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        read(self.send(request.body(body).unwrap()).await).await
    }

    /// Sends a request as it is; the answer has to be one that the OpenAPI document allows.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let media = parts.headers.get("content-type");
        let media = media.map(|media| media.to_str().unwrap());
        contract::check(&method, &path, parts.status.as_u16(), media, &body);
        Response::from_parts(parts, Body::from(body))
    }

    /// Calls as the administrator, what succeeds, and answers with the notes too.
    pub(crate) async fn noted(&self, method: &str, path: &str, body: Value) -> (Value, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-auth-token", &self.token)
            .body(Body::from(body.to_string()));
        let response = self.send(request.unwrap()).await;
        let notes = response.headers().get("x-chancery-notes");
        let notes = notes.map_or("", |notes| notes.to_str().unwrap()).to_owned();
        let (status, answer) = read(response).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        (answer, notes)
    }

    /// Calls as the administrator; what succeeds as it must.
    pub(crate) async fn succeed(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer
    }

    /// Calls as the administrator; what is refused with this status, code and text (part of it).
    pub(crate) async fn refused(
        &self,
        (method, path): (&str, &str),
        body: Option<Value>,
        (status, code): (u16, &str),
        text: &str,
    ) {
        let (found, answer) = self.call(method, path, body).await;
        assert_eq!(found.as_u16(), status, "{method} {path}: {answer}");
        assert_eq!(answer["error_code"], code, "{method} {path}: {answer}");
        let message = answer["error_msg"].as_str().unwrap();
        assert!(message.contains(text), "{method} {path}: {message}");
    }

    /// A user of the administrator's account who is allowed nothing.
    pub(crate) async fn user_without_policy(&self) -> User {
        self.user_with("nobody", &[]).await
    }

    /// A user of the administrator's account with one policy document for each text.
    pub(crate) async fn user_with(&self, name: &str, documents: &[&str]) -> User {
        let domain = DomainRow {
            id: self.domain_id.clone(),
            name: self.domain_name.clone(),
            created_at: NOW,
            enabled: true,
        };
        self.user(&domain, &self.project_id, name, documents).await
    }

    /// A user of the administrator's account who may do anything, and their access key with its secret.
    pub(crate) async fn user_with_key(&self, name: &str) -> (User, String, String) {
        let user = self.user_with(name, &[FULL_ACCESS]).await;
        let (access, secret) = self.access_key(&user).await;
        (user, access, secret)
    }

    /// A new access key of a user, and its secret.
    pub(crate) async fn access_key(&self, user: &User) -> (String, String) {
        let key = self.desk.create_access_key(&user.domain_id, &user.id).await;
        let key = key.unwrap();
        (key.access_key, key.secret.to_string())
    }

    /// The id of a new user who is allowed nothing and has not logged in.
    pub(crate) async fn user_named(&self, name: &str) -> String {
        let user = self.desk.create_user(&self.domain_id, name, PASSWORD, &[]);
        user.await.unwrap().id
    }

    /// The administrator's id.
    pub(crate) async fn administrator(&self) -> String {
        let user = self.store.user_by_name(&self.domain_id, &self.user_name);
        user.await.unwrap().unwrap().id
    }

    /// The administrator of another account, with a project in the same region.
    pub(crate) async fn other_account(&self) -> User {
        let (domain, project) = (hex32(), hex32());
        let domain = DomainRow {
            name: format!("other-{}", &domain[..8]),
            id: domain,
            created_at: NOW,
            enabled: true,
        };
        let mut tx = Transaction::new("test.account");
        tx.insert_domain(&domain);
        tx.insert_project(&ProjectRow {
            id: project.clone(),
            domain_id: domain.id.clone(),
            name: "cn-north-4".to_owned(),
            created_at: NOW,
            description: String::new(),
        });
        self.store.commit(tx).await.unwrap();
        self.user(&domain, &project, "boss", &[FULL_ACCESS]).await
    }

    async fn user(
        &self,
        domain: &DomainRow,
        project_id: &str,
        name: &str,
        documents: &[&str],
    ) -> User {
        let mut policies = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            let title = format!("{name}-{index}");
            let policy = self.desk.create_policy(&domain.id, &title, document).await;
            policies.push(policy.unwrap().id);
        }
        let user = self
            .desk
            .create_user(&domain.id, name, PASSWORD, &policies)
            .await
            .unwrap();
        User {
            id: user.id,
            token: self.login(&domain.name, name, PASSWORD, project_id).await,
            name: name.to_owned(),
            domain_id: domain.id.clone(),
            domain_name: domain.name.clone(),
            project_id: project_id.to_owned(),
        }
    }

    /// An enterprise project of the administrator's account with an id that is known before.
    pub(crate) async fn enterprise_project(&self, id: &str) {
        let row = EnterpriseProjectRow {
            id: id.to_owned(),
            domain_id: self.domain_id.clone(),
            name: id.to_owned(),
            description: String::new(),
            kind: "prod".to_owned(),
            enabled: true,
            created_at: NOW,
            updated_at: NOW,
        };
        let mut tx = Transaction::new("test.enterprise_project");
        tx.insert_enterprise_project_within(&row, 100);
        self.store.commit(tx).await.unwrap();
    }

    /// A token for a login, scoped to the account.
    pub(crate) async fn account_token(&self, domain: &str, user: &str, password: &str) -> String {
        self.token_for(domain, user, password, json!({})).await
    }

    /// A token for a login, scoped to a project.
    async fn login(&self, domain: &str, user: &str, password: &str, project_id: &str) -> String {
        let scope = json!({ "project": { "id": project_id } });
        self.token_for(domain, user, password, scope).await
    }

    async fn token_for(&self, domain: &str, user: &str, password: &str, scope: Value) -> String {
        let body = json!({ "auth": {
            "identity": { "methods": ["password"], "password": { "user": {
                "domain": { "name": domain }, "name": user, "password": password,
            } } },
            "scope": scope,
        } });
        let request = Request::post("/v3/auth/tokens").body(Body::from(body.to_string()));
        let response = self.send(request.unwrap()).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        let token = &response.headers()["x-subject-token"];
        token.to_str().unwrap().to_owned()
    }
}

/// Status and JSON of an answer; null for one without a body.
pub(crate) async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    if body.is_empty() {
        return (status, Value::Null);
    }
    let json = serde_json::from_slice(&body);
    let json = json.unwrap_or_else(|_| panic!("{status}: not JSON: {body:?}"));
    (status, json)
}

/// The names of the fields of a JSON object, sorted.
pub(crate) fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// Waits until something has happened, for half a minute at the most.
pub(crate) async fn until(happened: impl AsyncFn() -> bool) {
    for _ in 0..3_000 {
        if happened().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it has not happened");
}

async fn open(
    folder: &TempDir,
    clock: &Arc<ManualClock>,
    change: impl FnOnce(&mut Settings),
) -> (Store, Arc<Faults>, Arc<ObjectFaults>, Arc<Desk>) {
    let store = open_store(&folder.path().join("chancery.db")).await;
    let faults = Faults::before(store.engine());
    let store = Store::from_engine(Arc::<Faults>::clone(&faults));
    let kept = FolderStore::open(folder.path().join("objects")).unwrap();
    let objects = ObjectFaults::before(kept);
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let time: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    let mut settings = Settings::new("https://desk.example:8443");
    settings.export_iterations = 1_000; // enough to see that keys are encrypted
    change(&mut settings);
    let parts = Parts {
        store: store.clone(),
        objects: Arc::<ObjectFaults>::clone(&objects),
        custody: Custody::new(&[7; 32].into(), Arc::clone(&random), Arc::clone(&time)),
        workers: Workers::start(settings.waiting).unwrap(),
        clock: time,
        random,
        high_water: HighWater::nowhere(),
        settings,
    };
    (store, faults, objects, Arc::new(Desk::new(parts)))
}

/// Opens the database. A program that another test starts has a copy of every file that is open here
/// until it is itself, and with it for a moment the lock that was just let go.
async fn open_store(file: &Path) -> Store {
    for _ in 0..1000 {
        match Store::open_sqlite(file).await {
            Err(StoreError::Unavailable(_)) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays locked", file.display());
}

fn hex32() -> String {
    let mut bytes = [0; 16];
    SystemRandom.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
