//! Turns: what one account, or one address, has to do keeps nobody else waiting for long.
//!
//! Over connections of their own, as clients that go away are noticed by theirs. How long things
//! take is asserted nowhere: who comes before whom is, and how much is done meanwhile.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chancery_api::operations;
use chancery_core::{Settings, Waiting};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::ccm::{CAS, CERTIFICATES, certificate, root, with};
use crate::served::{HOME, Sent, Served};
use crate::storage::{account_token, prepared};
use crate::support::{Api, PASSWORD};

const LOGIN: &str = "/v3/auth/tokens";

impl Served {
    /// A request for a certificate with a fresh RSA key.
    async fn ask_for_key(&self, of: &Tenant, algorithm: &str) -> Sent {
        let body = of.certificate(algorithm);
        self.send(HOME, CERTIFICATES, &of.token, &body).await
    }

    async fn tenant(&self) -> Tenant {
        let user = self.api.other_account().await;
        let made = self.call(CAS, &user.token, root("root")).await;
        Tenant {
            ca: made.body["ca_id"].as_str().unwrap().to_owned(),
            token: user.token,
        }
    }
}

/// The owner of an account with a CA.
struct Tenant {
    ca: String,
    token: String,
}

impl Tenant {
    fn certificate(&self, algorithm: &str) -> Value {
        let key = json!({ "key_algorithm": algorithm });
        with(&certificate("a.example", &self.ca), &key)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn keys(api: &Api) -> usize {
    usize::try_from(api.desk.rsa_keys_made()).unwrap()
}

fn few(of_account: usize, of_all: usize) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.waiting = Waiting {
            of_account,
            of_address: of_account,
            of_all,
        };
    }
}

#[tokio::test]
async fn keys_that_nobody_waits_for_any_more_are_not_made() {
    let served = Served::start(|_| {}).await;
    let (one, other) = (served.tenant().await, served.tenant().await);
    let mut sent = Vec::new();
    for _ in 0..120 {
        sent.push(served.ask_for_key(&one, "RSA4096").await);
    }
    served
        .until("they wait", |api| api.desk.work_waiting() > 30)
        .await;
    drop(sent);
    served
        .until("nobody waits", |api| api.desk.work_waiting() == 0)
        .await;
    let before = keys(&served.api);
    let made = served.ask_for_key(&other, "RSA2048").await.answer().await;
    assert_eq!(made.status, 200, "{}", made.body);
    // What was begun, and the one that is waited for.
    assert!(keys(&served.api) <= before + cores() + 1);
}

#[tokio::test]
async fn an_account_with_many_keys_to_make_lets_others_have_their_turn() {
    let served = Served::start(|_| {}).await;
    let (one, other) = (served.tenant().await, served.tenant().await);
    let (many, most) = ((12 * cores()).min(60), 4 * cores() + 1);
    let mut sent = Vec::new();
    for _ in 0..many {
        sent.push(served.ask_for_key(&one, "RSA4096").await);
    }
    served
        .until("they wait", |api| api.desk.work_waiting() > most)
        .await;
    let before = keys(&served.api);
    let made = served.ask_for_key(&other, "RSA2048").await.answer().await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(keys(&served.api) <= before + most);
    assert!(served.api.desk.work_waiting() > 0, "they wait still");
}

#[tokio::test]
async fn who_has_too_many_waiting_is_told_when_to_come_again() {
    let served = Served::start(few(2, 100)).await;
    let (one, other) = (served.tenant().await, served.tenant().await);
    let mut sent = Vec::new();
    for _ in 0..10 * cores() + 10 {
        sent.push(served.ask_for_key(&one, "RSA2048").await);
    }
    let made = served.ask_for_key(&other, "RSA2048").await.answer().await;
    assert_eq!(made.status, 200, "others have their own bound");
    let mut refused = 0;
    for sent in sent {
        let answer = sent.answer().await;
        if answer.status == 200 {
            continue;
        }
        refused += 1;
        assert_eq!(answer.status, 429, "{}", answer.body);
        assert!(
            answer.head.contains("\r\nretry-after: 5"),
            "{}",
            answer.head
        );
        assert_eq!(answer.body["error_code"], "APIGW.0308");
        let text = answer.body["error_msg"].as_str().unwrap();
        assert!(text.contains("calls of this account wait"), "{text}");
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn only_when_all_is_full_somebody_with_nothing_waiting_is_refused() {
    let served = Arc::new(Served::start(few(3, 3)).await);
    let (one, other) = (served.tenant().await, served.tenant().await);
    let busy = Arc::new(one);
    // Whoever is answered comes again at once.
    let mut tasks = JoinSet::new();
    for _ in 0..cores() + 6 {
        let (served, busy) = (Arc::clone(&served), Arc::clone(&busy));
        tasks.spawn(async move {
            loop {
                let sent = served.ask_for_key(&busy, "RSA4096").await;
                assert_ne!(sent.answer().await.status, 503);
            }
        });
    }
    for _ in 0..1_000 {
        served
            .until("it is full", |api| api.desk.work_waiting() == 3)
            .await;
        let answer = served.ask_for_key(&other, "RSA2048").await.answer().await;
        if answer.status == 200 {
            continue; // one was done just then
        }
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(
            answer.head.contains("\r\nretry-after: 5"),
            "{}",
            answer.head
        );
        assert_eq!(answer.body["error_code"], "PCA.10010503");
        tasks.abort_all();
        return;
    }
    panic!("it was never full");
}

#[tokio::test]
async fn what_no_quota_has_room_for_costs_no_key() {
    let served = Served::start(|settings| {
        settings.quotas.private_authorities = 1;
        settings.quotas.private_certificates = 1;
    })
    .await;
    let tenant = served.tenant().await;
    let first = served.call(CERTIFICATES, &tenant.token, tenant.certificate("EC256"));
    assert_eq!(first.await.status, 200);
    let rsa = json!({ "key_algorithm": "RSA2048" });
    for (path, body) in [
        (CERTIFICATES, tenant.certificate("RSA2048")),
        (CAS, with(&root("two"), &rsa)),
        (CAS, with(&crate::ccm::pending("two"), &rsa)),
        (
            CAS,
            with(&crate::ccm::subordinate("two", &tenant.ca, 0), &rsa),
        ),
    ] {
        let answer = served.call(path, &tenant.token, body).await;
        let code = &answer.body["error_code"];
        assert_eq!(code, "PCA.10010203", "{path}: {}", answer.body);
    }
    assert_eq!(keys(&served.api), 0);
}

fn login(domain: &str, name: &str, password: &str) -> Value {
    json!({ "auth": { "identity": { "methods": ["password"], "password": { "user": {
        "domain": { "name": domain }, "name": name, "password": password,
    } } } } })
}

impl Served {
    /// Wrong logins that come at once: so many from each of so many addresses, each for another name.
    async fn logins(&self, addresses: u8, of_each: usize) -> Vec<Sent> {
        let mut sent = Vec::new();
        for number in 0..of_each {
            for address in 1..=addresses {
                let from = Ipv4Addr::new(127, 0, 1, address);
                let body = login("nowhere", &format!("{address}-{number}"), "wrong");
                sent.push(self.send(from, LOGIN, "", &body).await);
            }
        }
        sent
    }
}

#[tokio::test]
async fn logins_that_nobody_waits_for_any_more_are_not_looked_at() {
    let served = Served::start(|_| {}).await;
    let user = served.api.other_account().await;
    let before = served.api.desk.remembered_tries();
    let sent = served.logins(40, 5).await;
    served
        .until("they wait", |api| api.desk.work_waiting() > 50)
        .await;
    drop(sent);
    served
        .until("nobody waits", |api| api.desk.work_waiting() == 0)
        .await;
    let answer = served.call(LOGIN, "", login(&user.domain_name, &user.name, PASSWORD));
    assert_eq!(answer.await.status, 201);
    // Each that was looked at is remembered twice: for its address, and with its name.
    let looked_at = (served.api.desk.remembered_tries() - before) / 2;
    assert!(looked_at < 150, "{looked_at} of 200");
}

#[tokio::test]
async fn a_login_waits_for_one_of_each_address() {
    let served = Served::start(|_| {}).await;
    let user = served.api.other_account().await;
    let done = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for sent in served.logins(10, 12).await {
        let done = Arc::clone(&done);
        tasks.spawn(async move {
            assert_eq!(sent.answer().await.status, 401);
            done.fetch_add(1, Ordering::SeqCst);
        });
    }
    served
        .until("they wait", |api| api.desk.work_waiting() > 60)
        .await;
    let before = done.load(Ordering::SeqCst);
    let answer = served.call(LOGIN, "", login(&user.domain_name, &user.name, PASSWORD));
    assert_eq!(answer.await.status, 201);
    let between = done.load(Ordering::SeqCst) - before;
    assert!(between <= 20, "{between} came first");
    assert!(served.api.desk.work_waiting() > 0, "they wait still");
    tasks.abort_all();
}

#[tokio::test]
async fn who_changes_their_password_often_delays_no_login() {
    let served = Served::start(|_| {}).await;
    let (busy, user) = (
        served.api.user_with("anne", &[]).await,
        served.api.other_account().await,
    );
    let token = served
        .api
        .account_token(&busy.domain_name, &busy.name, PASSWORD)
        .await;
    let path = format!("/v3/users/{}/password", busy.id);
    let same = json!({ "user": { "original_password": PASSWORD, "password": PASSWORD } });
    let done = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..60 {
        let sent = served.send(HOME, &path, &token, &same).await;
        let done = Arc::clone(&done);
        tasks.spawn(async move {
            let answer = sent.answer().await;
            match answer.status {
                400 => done.fetch_add(1, Ordering::SeqCst),
                // As many as may are waiting.
                status => {
                    assert_eq!(status, 429, "{}", answer.body);
                    assert!(answer.head.contains("\r\nretry-after: 5"));
                    assert_eq!(answer.body["error"]["code"], "IAM.0012");
                    0
                }
            };
        });
    }
    served
        .until("they wait", |api| api.desk.work_waiting() > 8)
        .await;
    let before = done.load(Ordering::SeqCst);
    let answer = served.call(LOGIN, "", login(&user.domain_name, &user.name, PASSWORD));
    assert_eq!(answer.await.status, 201);
    let between = done.load(Ordering::SeqCst) - before;
    assert!(between <= 4, "{between} came first");
    assert!(served.api.desk.work_waiting() > 0, "they wait still");
    tasks.abort_all();
}

#[tokio::test]
async fn a_list_that_nobody_waits_for_any_more_is_not_read_on() {
    let served = Served::start(|_| {}).await;
    let faults = &served.api.faults;
    let gate = faults.scan_gate.write().await;
    let scanning = || faults.scanning.load(Ordering::SeqCst);
    let mut sent = Vec::new();
    for path in [CAS, CERTIFICATES, "/v3/scm/certificates"] {
        let call = ("GET", path);
        let token = &served.api.token;
        sent.push(served.send_with(HOME, call, token, "").await);
    }
    served.until("they are read", |_| scanning() == 3).await;
    drop(sent);
    served.until("nothing is read", |_| scanning() == 0).await;
    drop(gate);
    served.api.succeed("GET", CAS, None).await;
}

/// Otherwise it would take its turn with the desk's own, which nothing bounds.
#[tokio::test]
async fn whatever_a_caller_has_read_takes_the_turns_of_their_account() {
    let api = Api::start().await;
    let administrator = account_token(&api).await;
    let mut accounts = 0;
    for operation in operations().filter(|one| one.access != chancery_api::Access::Public) {
        let (token, call) = prepared(&api, &administrator, operation).await;
        api.faults.scanned.lock().unwrap().clear();
        crate::storage::send(&api, &token, operation, &call).await;
        for (account, sql) in api.faults.scanned.lock().unwrap().drain(..) {
            // What goes into a revocation list is the desk's to read.
            let own = sql.contains("revocation_reason") && account.is_empty();
            let name = format!("{} {}: {sql}", operation.method, operation.path);
            assert!(own || account == api.domain_id, "{name} for {account:?}");
            accounts += usize::from(!own);
        }
    }
    assert!(accounts > 20, "{accounts}");
}
