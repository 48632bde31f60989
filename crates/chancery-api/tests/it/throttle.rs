//! What one client, and one user, may take: requests a second, guesses, the size of a head.

mod exchanges;
mod own_passwords;

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use chancery_core::Settings;
use chancery_core::policy::FULL_ACCESS;
use http::Request;
use http_body_util::{BodyExt, Empty};
use serde_json::{Value, json};

use crate::support::{Api, PASSWORD, User, read};

const CAS: &str = "/v1/private-certificate-authorities";
const HERE: &str = "192.0.2.1:4000";
const THERE: &str = "198.51.100.1:4000";
const LOCKED: &str = "Incorrect IAM authentication information: \
                      AK access failed to reach the limit,forbidden";

async fn desk(change: impl FnOnce(&mut Settings)) -> Api {
    Api::start_with(change).await
}

/// A request as it comes over a connection from `peer`.
fn from(peer: &str, mut request: Request<Body>) -> Request<Body> {
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

fn get(path: &str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("x-auth-token", token);
    }
    request.body(Body::empty()).unwrap()
}

fn retry_after(response: &Response) -> Option<u32> {
    let value = response.headers().get("retry-after")?;
    Some(value.to_str().unwrap().parse().unwrap())
}

/// A login with a password, over a connection from `peer`.
fn login(peer: &str, user: &User, password: &str) -> Request<Body> {
    let body = json!({ "auth": { "identity": { "methods": ["password"], "password": { "user": {
        "domain": { "name": user.domain_name }, "name": user.name, "password": password,
    } } } } });
    let request = Request::post("/v3/auth/tokens").body(Body::from(body.to_string()));
    from(peer, request.unwrap())
}

/// A login with an access key and its secret.
fn key_login(peer: &str, access_key: &str, secret: &str) -> Request<Body> {
    let body = json!({ "auth": { "identity": { "methods": ["hw_ak_sk"], "hw_ak_sk": {
        "access": { "key": access_key }, "secret": { "key": secret },
    } } } });
    let request = Request::post("/v3/auth/tokens").body(Body::from(body.to_string()));
    from(peer, request.unwrap())
}

impl Api {
    async fn status(&self, request: Request<Body>) -> u16 {
        self.send(request).await.status().as_u16()
    }
}

#[tokio::test]
async fn an_address_has_its_requests_in_every_services_shape() {
    // What the administrator needs to log in is not counted.
    let api = Api::start()
        .await
        .restart_with(|settings| settings.requests_per_address = 2)
        .await;
    // Four seconds' worth at once; what is wrong counts as what is right.
    for path in ["/nothing", CAS, "/v3/auth/domains", "/objects/a/b"].repeat(2) {
        let status = api.status(from(HERE, get(path, None))).await;
        assert!([401, 403, 404].contains(&status), "{path}: {status}");
    }
    let text = "The throttling threshold has been reached: policy ip over \
                ratelimit,limit:2,time:1 second";
    for path in [
        CAS,
        "/v3/scm/certificates",
        "/v2/0123456789abcdef0123456789abcdef/instances",
        "/v3/0123456789abcdef0123456789abcdef/instances",
        "/v3/tasks",
        "/chancery/v1/nothing",
        "/nothing",
    ] {
        let response = api.send(from(HERE, get(path, Some(&api.token)))).await;
        assert_eq!(retry_after(&response), Some(1), "{path}");
        let id = response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let (status, answer) = read(response).await;
        let expected = json!({ "error_code": "APIGW.0308", "error_msg": text, "request_id": id });
        assert_eq!((status.as_u16(), answer), (429, expected), "{path}");
    }
    let response = api.send(from(HERE, get("/v3/auth/domains", None))).await;
    assert_eq!(retry_after(&response), Some(1));
    let (status, answer) = read(response).await;
    let expected = json!({ "error": {
        "code": "IAM.0012", "message": text, "title": "Too Many Requests",
    } });
    assert_eq!((status.as_u16(), answer), (429, expected));
    let flat = from(HERE, get("/v3.0/OS-CREDENTIAL/credentials", None));
    let (status, answer) = read(api.send(flat).await).await;
    let expected = json!({ "error_code": "IAM.0012", "error_msg": text });
    assert_eq!((status.as_u16(), answer), (429, expected));
    let response = api.send(from(HERE, get("/objects/a/b", None))).await;
    assert_eq!(
        (response.status().as_u16(), retry_after(&response)),
        (503, Some(1))
    );
    assert_eq!(response.headers()["content-type"], "application/xml");
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.contains("<Code>SlowDown</Code>"), "{body}");

    // Other addresses have theirs, loopback as well; and time gives new ones.
    for peer in [THERE, "127.0.0.1:1", "[::1]:1"] {
        for _ in 0..8 {
            assert_eq!(
                api.status(from(peer, get(CAS, Some(&api.token)))).await,
                200
            );
        }
        assert_eq!(
            api.status(from(peer, get(CAS, Some(&api.token)))).await,
            429
        );
    }
    api.clock.advance_ms(500);
    assert_eq!(
        api.status(from(HERE, get(CAS, Some(&api.token)))).await,
        200
    );
    assert_eq!(
        api.status(from(HERE, get(CAS, Some(&api.token)))).await,
        429
    );
}

#[tokio::test]
async fn addresses_of_one_64_count_as_one() {
    let api = desk(|settings| settings.requests_per_address = 1).await;
    for host in 1..=4 {
        let peer = format!("[2001:db8::{host}]:1");
        assert_eq!(api.status(from(&peer, get(CAS, None))).await, 401);
    }
    assert_eq!(
        api.status(from("[2001:db8::5]:1", get(CAS, None))).await,
        429
    );
    assert_eq!(
        api.status(from("[2001:db8:0:1::5]:1", get(CAS, None)))
            .await,
        401
    );
}

#[tokio::test]
async fn only_named_proxies_say_who_the_client_is() {
    let proxies = |settings: &mut Settings| {
        settings.requests_per_address = 1;
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    };
    let api = desk(proxies).await;
    let through = |peer: &str, forwarded: &str| {
        let mut request = get(CAS, None);
        let value = forwarded.parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", value);
        from(peer, request)
    };
    for _ in 0..4 {
        assert_eq!(api.status(through("10.0.0.1:1", "203.0.113.1")).await, 401);
    }
    // The client is the same behind another proxy, and whatever it invents.
    for request in [
        through("10.9.9.9:1", "203.0.113.1"),
        through("10.0.0.1:1", "203.0.113.77, 203.0.113.1"),
        from("203.0.113.1:5", get(CAS, None)),
    ] {
        assert_eq!(api.status(request).await, 429);
    }
    assert_eq!(api.status(through("10.0.0.1:1", "203.0.113.2")).await, 401);
    // Who is no proxy is counted by their own address.
    for n in 0..4 {
        assert_eq!(
            api.status(through(THERE, &format!("203.0.113.{n}"))).await,
            401
        );
    }
    assert_eq!(api.status(through(THERE, "203.0.113.9")).await, 429);
}

#[tokio::test]
async fn a_user_has_her_requests_wherever_she_is() {
    let api = Api::start().await;
    let (user, ak, sk) = api.user_with_key("busy").await;
    let pair = (ak.as_str(), sk.as_str());
    let other = api.user_with("other", &[FULL_ACCESS]).await;
    let api = api
        .restart_with(|settings| settings.requests_per_user = 1)
        .await;
    let list = ("GET", CAS);

    // Wrong signatures in their name take nothing from them.
    for _ in 0..4 {
        let wrong = (pair.0, "another secret");
        let (status, _) = crate::signatures::call_with_key(&api, wrong, &[], list, None).await;
        assert_eq!(status, 401);
    }
    assert_eq!(
        api.status(from(HERE, get(CAS, Some(&user.token)))).await,
        200
    );
    assert_eq!(
        api.status(from(THERE, get(CAS, Some(&user.token)))).await,
        200
    );
    for _ in 0..2 {
        let (status, _) = crate::signatures::call_with_key(&api, pair, &[], list, None).await;
        assert_eq!(status, 200);
    }
    let (status, answer) = crate::signatures::call_with_key(&api, pair, &[], list, None).await;
    assert_eq!((status, &answer["error_code"]), (429, &json!("APIGW.0308")));
    let text = answer["error_msg"].as_str().unwrap();
    assert!(
        text.contains("policy user over ratelimit,limit:1"),
        "{text}"
    );
    let response = api.send(from(HERE, get(CAS, Some(&user.token)))).await;
    assert_eq!(
        (response.status().as_u16(), retry_after(&response)),
        (429, Some(1))
    );

    assert_eq!(
        api.status(from(HERE, get(CAS, Some(&other.token)))).await,
        200
    );
    api.clock.advance_ms(1_000);
    assert_eq!(
        api.status(from(HERE, get(CAS, Some(&user.token)))).await,
        200
    );
}

#[tokio::test]
async fn a_user_over_her_limit_is_refused_before_the_body_is_read() {
    let api = desk(|settings| settings.requests_per_user = 1).await;
    for _ in 0..4 {
        assert_eq!(api.status(get(CAS, Some(&api.token))).await, 200);
    }
    let request = Request::post(CAS).header("x-auth-token", &api.token);
    let request = request.body(never()).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(5), api.send(request));
    assert_eq!(answer.await.unwrap().status(), 429);
}

/// A body that never comes.
fn never() -> Body {
    Body::new(Empty::<Bytes>::new().with_trailers(std::future::pending()))
}

#[tokio::test]
async fn who_guesses_passwords_waits_and_nobody_else() {
    let api = Api::start().await;
    let user = api.user_with("anne", &[]).await;
    let nobody = User {
        name: "no-such-user".to_owned(),
        ..api.user_with("template", &[]).await
    };
    for victim in [&user, &nobody] {
        for _ in 0..5 {
            assert_eq!(api.status(login(HERE, victim, "wrong password")).await, 401);
        }
        // Right or wrong, it is not looked at.
        for password in ["wrong password", PASSWORD] {
            let response = api.send(login(HERE, victim, password)).await;
            assert_eq!(retry_after(&response), Some(2), "{}", victim.name);
            let (status, answer) = read(response).await;
            assert_eq!(status.as_u16(), 429);
            assert_eq!(answer["error"]["code"], "IAM.0012");
        }
    }
    assert_eq!(
        api.status(login(THERE, &user, PASSWORD)).await,
        201,
        "locked out by a stranger"
    );
    let administrator = User {
        name: api.user_name.clone(),
        ..user
    };
    assert_eq!(
        api.status(login(HERE, &administrator, &api.password)).await,
        201
    );
    // What was logged in before goes on.
    assert_eq!(
        api.status(from(
            HERE,
            get("/v3/auth/domains", Some(&administrator.token))
        ))
        .await,
        200
    );

    let user = User {
        name: "anne".to_owned(),
        ..administrator
    };
    api.clock.advance_ms(1_999);
    assert_eq!(api.status(login(HERE, &user, PASSWORD)).await, 429);
    api.clock.advance_ms(1);
    assert_eq!(api.status(login(HERE, &user, "wrong password")).await, 401);
    let response = api.send(login(HERE, &user, PASSWORD)).await;
    assert_eq!(retry_after(&response), Some(4), "later and later");
    api.clock.advance_ms(4_000);
    assert_eq!(api.status(login(HERE, &user, PASSWORD)).await, 201);
    // Forgotten: five more are free.
    for _ in 0..4 {
        assert_eq!(api.status(login(HERE, &user, "wrong password")).await, 401);
    }
    assert_eq!(api.status(login(HERE, &user, PASSWORD)).await, 201);
}

#[tokio::test]
async fn wrong_passwords_that_come_at_once_are_counted_one_by_one() {
    let api = Api::start().await;
    let user = api.user_with("anne", &[]).await;
    five_of_twelve_are_looked_at(&api, 401, || login(HERE, &user, "wrong password")).await;
}

/// Sends a wrong try twelve times at once: five are refused as `wrong` ones, the others have to wait.
async fn five_of_twelve_are_looked_at(api: &Api, wrong: u16, request: impl Fn() -> Request<Body>) {
    let all = (0..12).map(|_| {
        let (router, request) = (api.router.clone(), request());
        tokio::spawn(async move {
            let answer = tower::ServiceExt::oneshot(router, request).await;
            answer.unwrap().status().as_u16()
        })
    });
    let all: Vec<_> = all.collect();
    let mut looked_at = 0;
    for one in all {
        match one.await.unwrap() {
            status if status == wrong => looked_at += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn wrong_signatures_lock_a_key_for_their_address_alone() {
    let api = Api::start().await;
    let (user, ak, sk) = api.user_with_key("anne").await;
    let (ak, sk) = (ak.as_str(), sk.as_str());
    // These calls come from an address that is not known, which is one like any other.
    let call = async |secret: &str| -> (u16, Value) {
        crate::signatures::call_with_key(&api, (ak, secret), &[], ("GET", CAS), None).await
    };
    assert_eq!(call(sk).await.0, 200);
    for _ in 0..5 {
        let (status, answer) = call("another secret").await;
        assert_eq!(status, 401);
        assert!(
            answer["error_msg"]
                .as_str()
                .unwrap()
                .ends_with("verify aksk signature fail")
        );
    }
    for secret in [sk, "another secret"] {
        let (status, answer) = call(secret).await;
        assert_eq!((status, &answer["error_code"]), (401, &json!("APIGW.0301")));
        assert_eq!(answer["error_msg"], LOCKED);
    }
    // With the same key from elsewhere, and with another key from here.
    assert_eq!(api.status(key_login(HERE, ak, sk)).await, 201);
    let (ak_2, sk_2) = api.access_key(&user).await;
    let pair = (ak_2.as_str(), sk_2.as_str());
    let (status, _) = crate::signatures::call_with_key(&api, pair, &[], ("GET", CAS), None).await;
    assert_eq!(status, 200);
    api.clock.advance_ms(5 * 60_000 - 1);
    assert_eq!(call(sk).await.0, 401);
    api.clock.advance_ms(1);
    assert_eq!(call(sk).await.0, 200);

    // Secrets in plain text are guessed at no faster.
    for _ in 0..5 {
        assert_eq!(api.status(key_login(HERE, ak, "another secret")).await, 401);
    }
    let response = api.send(key_login(HERE, ak, sk)).await;
    assert_eq!(
        (response.status().as_u16(), retry_after(&response)),
        (401, Some(300))
    );
    assert_eq!(api.status(key_login(THERE, ak, sk)).await, 201);
}

#[tokio::test]
async fn who_guesses_tokens_waits_and_nobody_else() {
    let api = Api::start().await;
    let user = api.user_with("anne", &[FULL_ACCESS]).await;
    assert_eq!(
        api.status(from(HERE, get(CAS, Some(&api.token)))).await,
        200
    );
    for n in 0..50 {
        let token = format!("guess-{n}");
        assert_eq!(api.status(from(HERE, get(CAS, Some(&token)))).await, 401);
    }
    let response = api.send(from(HERE, get(CAS, Some("guess")))).await;
    assert_eq!(retry_after(&response), Some(2));
    let (status, answer) = read(response).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (429, &json!("APIGW.0308"))
    );
    assert_eq!(api.status(login(HERE, &user, PASSWORD)).await, 429);
    // A right token is no guess, whether it was used here before or not.
    for (peer, token) in [
        (HERE, &api.token),
        (HERE, &user.token),
        (THERE, &user.token),
    ] {
        assert_eq!(api.status(from(peer, get(CAS, Some(token)))).await, 200);
    }
    api.clock.advance_ms(2_000);
    assert_eq!(api.status(from(HERE, get(CAS, Some("guess")))).await, 401);
}

#[tokio::test]
async fn limits_of_zero_are_none() {
    let none = |settings: &mut Settings| {
        settings.requests_per_address = 0;
        settings.requests_per_user = 0;
        settings.wrong_tries = 0;
    };
    let api = desk(none).await;
    for _ in 0..60 {
        assert_eq!(api.status(from(HERE, get(CAS, Some("guess")))).await, 401);
    }
    for _ in 0..2_100 {
        assert_eq!(
            api.status(from(HERE, get("/v3/auth/domains", Some(&api.token))))
                .await,
            200
        );
    }
}

#[tokio::test]
async fn heads_have_their_size() {
    let api = Api::start().await;
    let long = |path: &str, length: usize| {
        let query = "x".repeat(length - path.len() - 1);
        get(&format!("{path}?{query}"), Some(&api.token))
    };
    assert_eq!(api.status(long(CAS, 8_192)).await, 200);
    let (status, answer) = read(api.send(long(CAS, 8_193)).await).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (414, &json!("APIGW.0201"))
    );
    assert_eq!(
        answer["error_msg"],
        "the path and query are longer than 8192 bytes"
    );
    let (status, answer) = read(api.send(long("/v3/auth/domains", 8_193)).await).await;
    assert_eq!(
        (status.as_u16(), &answer["error"]["code"]),
        (414, &json!("IAM.0011"))
    );
    assert_eq!(api.status(long("/objects/a/b", 8_193)).await, 414);

    let many = |path: &str, count: usize| {
        let mut request = get(path, Some(&api.token));
        for number in 1..count {
            let name = http::HeaderName::try_from(format!("x-{number}")).unwrap();
            request.headers_mut().insert(name, "v".parse().unwrap());
        }
        request
    };
    assert_eq!(api.status(many(CAS, 100)).await, 200);
    let (status, answer) = read(api.send(many(CAS, 101)).await).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (431, &json!("APIGW.0201"))
    );
    assert_eq!(answer["error_msg"], "there are more than 100 headers");
    assert_eq!(api.status(many("/v3/auth/domains", 101)).await, 431);
    assert_eq!(api.status(many("/objects/a/b", 101)).await, 431);
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let api = desk(|settings| settings.request_time_ms = 300).await;
    let post = |path: &str| {
        let request = Request::post(path).header("x-auth-token", &api.token);
        request.body(never()).unwrap()
    };
    let (status, answer) = read(api.send(post(CAS)).await).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (504, &json!("APIGW.0201"))
    );
    let (status, answer) = read(api.send(post("/v3/auth/tokens")).await).await;
    assert_eq!(
        (status.as_u16(), &answer["error"]["code"]),
        (504, &json!("IAM.0006"))
    );
}
