//! Calls that are signed with an access key, with every algorithm that is verified.

use axum::body::Body;
use bytes::Bytes;
use chancery_core::access_keys::NewAccessKey;
use chancery_core::policy::FULL_ACCESS;
use chancery_crypto::digest;
use chancery_sign::{Algorithm, DATE_HEADER, Field, RequestParts, Signer, sdk_date};
use http::Request;
use http::request::Parts;
use serde_json::{Value, json};

use crate::support::{Api, NOW, fields, read};

const MALFORMED: &str = "header authorization must read <algorithm> Access=<access key> \
    (V11-HMAC-SHA256: Credential=<access key>/<day>/<region>/<service>), SignedHeaders=<names>, \
    Signature=<hex>: a part is unknown";
const CAS: &str = "/v1/private-certificate-authorities";
const ALGORITHMS: &[Algorithm] = Algorithm::ALL;

/// A desk, and the access key of one of its users.
struct Desk {
    api: Api,
    key: NewAccessKey,
}

impl Desk {
    /// Nobody has to wait after wrong signatures: there are many here.
    async fn start(documents: &[&str]) -> Self {
        let api = Api::start_with(|settings| settings.wrong_tries = 0).await;
        let user = api.user_with("signer", documents).await;
        let key = api.desk.create_access_key(&user.domain_id, &user.id).await;
        Self {
            key: key.unwrap(),
            api,
        }
    }

    /// A call, signed now with all its headers.
    fn signed(&self, algorithm: Algorithm, call: &Call<'_>) -> (Parts, Bytes) {
        self.signed_with(algorithm, self.key.secret.as_bytes(), call)
    }

    fn signed_with(&self, algorithm: Algorithm, secret: &[u8], call: &Call<'_>) -> (Parts, Bytes) {
        let (mut parts, body) = call.unsigned(self.api.desk.now_ms());
        let signer = Signer {
            algorithm,
            access_key: &self.key.access_key,
            secret,
            scope: Some("cn-north-4/ccm"),
        };
        let value = sign(&signer, &parts, &body);
        parts
            .headers
            .insert("authorization", value.parse().unwrap());
        (parts, body)
    }

    async fn send(&self, (parts, body): (Parts, Bytes)) -> (u16, Value) {
        let request = Request::from_parts(parts, Body::from(body));
        let (status, answer) = read(self.api.send(request).await).await;
        (status.as_u16(), answer)
    }

    /// Sends what must be refused as the gateway does, for this reason.
    async fn refused(&self, what: &str, request: (Parts, Bytes), reason: &str) {
        let (status, answer) = self.send(request).await;
        assert_eq!(status, 401, "{what}: {answer}");
        assert_eq!(fields(&answer), ["error_code", "error_msg", "request_id"]);
        assert_eq!(answer["error_code"], "APIGW.0301", "{what}");
        let text = format!("Incorrect IAM authentication information: {reason}");
        assert_eq!(answer["error_msg"], text, "{what}");
    }
}

/// A call before it is signed.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: String,
}

impl Call<'_> {
    fn get(path: &str) -> Call<'_> {
        Call {
            method: "GET",
            path,
            headers: &[],
            body: String::new(),
        }
    }

    fn unsigned(&self, now_ms: i64) -> (Parts, Bytes) {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header("host", "desk.example:8443")
            .header("content-type", "application/json")
            .header(DATE_HEADER, sdk_date(now_ms).unwrap());
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        (parts, Bytes::from(self.body.clone()))
    }
}

/// A call signed with an access key, with SDK-HMAC-SHA256.
pub(crate) async fn call_with_key(
    api: &Api,
    (access_key, secret): (&str, &str),
    headers: &[(&str, &str)],
    (method, path): (&str, &str),
    body: Option<Value>,
) -> (u16, Value) {
    let call = Call {
        method,
        path,
        headers,
        body: body.map_or_else(String::new, |body| body.to_string()),
    };
    let (mut parts, body) = call.unsigned(api.desk.now_ms());
    let signer = Signer {
        algorithm: Algorithm::SdkHmacSha256,
        access_key,
        secret: secret.as_bytes(),
        scope: None,
    };
    let value = sign(&signer, &parts, &body);
    set(&mut parts, "authorization", &value);
    let request = Request::from_parts(parts, Body::from(body));
    let (status, answer) = read(api.send(request).await).await;
    (status.as_u16(), answer)
}

/// The body that creates a root CA.
fn root() -> String {
    json!({
        "type": "ROOT", "key_algorithm": "EC256", "signature_algorithm": "SHA256",
        "validity": { "type": "YEAR", "value": 10 },
        "distinguished_name": {
            "common_name": "signed", "country": "CN", "state": "Guangdong",
            "locality": "Shenzhen", "organization": "Acme, Inc.", "organizational_unit": "研发",
        },
    })
    .to_string()
}

fn create(headers: &'static [(&'static str, &'static str)]) -> Call<'static> {
    Call {
        method: "POST",
        path: CAS,
        headers,
        body: root(),
    }
}

/// The `Authorization` for a request, with all headers that it has.
fn sign(signer: &Signer<'_>, parts: &Parts, body: &[u8]) -> String {
    let field = |name: &str| {
        let values = parts.headers.get_all(name);
        Field::of(values.iter().map(|value| value.as_bytes()))
    };
    let request = RequestParts {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &field,
    };
    let names: Vec<&str> = parts.headers.keys().map(|name| name.as_str()).collect();
    signer.sign(&request, &names, body).unwrap()
}

fn set(parts: &mut Parts, name: &'static str, value: &str) {
    parts.headers.insert(name, value.parse().unwrap());
}

fn authorization(parts: &Parts) -> &str {
    parts.headers["authorization"].to_str().unwrap()
}

#[tokio::test]
async fn a_signed_call_reaches_the_desk() {
    let desk = Desk::start(&[FULL_ACCESS]).await;
    for algorithm in ALGORITHMS.iter().copied() {
        let name = algorithm.name();
        let query = format!("{CAS}?limit=10&sort_key=create_time&name=%E4%B8%AD%20x");
        let list = desk.signed(algorithm, &Call::get(&query));
        let (status, answer) = desk.send(list).await;
        assert_eq!(
            (status, &answer["total"]),
            (200, &json!(0)),
            "{name}: {answer}"
        );

        let (status, answer) = desk.send(desk.signed(algorithm, &create(&[]))).await;
        assert_eq!(status, 200, "{name}: {answer}");
        let path = format!("{CAS}/{}", answer["ca_id"].as_str().unwrap());
        let (status, answer) = desk.send(desk.signed(algorithm, &Call::get(&path))).await;
        let unit = &answer["distinguished_name"]["organizational_unit"];
        assert_eq!((status, unit), (200, &json!("研发")), "{name}: {answer}");

        // The caller is the key's user, in their account.
        let domains = desk.signed(algorithm, &Call::get("/v3/auth/domains"));
        let (status, answer) = desk.send(domains).await;
        let id = &answer["domains"][0]["id"];
        assert_eq!((status, id), (200, &json!(desk.api.domain_id)), "{name}");
    }
}

#[tokio::test]
async fn a_signed_call_may_do_what_its_user_may() {
    let desk = Desk::start(&[]).await;
    for algorithm in ALGORITHMS.iter().copied() {
        let (status, answer) = desk.send(desk.signed(algorithm, &create(&[]))).await;
        assert_eq!(
            (status, &answer["error_code"]),
            (403, &json!("PCA.10010403")),
            "{}: {answer}",
            algorithm.name()
        );
    }
}

#[tokio::test]
async fn a_wrong_signature_is_refused() {
    let desk = Desk::start(&[FULL_ACCESS]).await;
    let user = desk.api.user_with("other", &[FULL_ACCESS]).await;
    let other = desk.api.desk.create_access_key(&user.domain_id, &user.id);
    let other = other.await.unwrap();
    let mismatch = "verify aksk signature fail";
    for algorithm in ALGORITHMS.iter().copied() {
        let name = algorithm.name();
        let call = create(&[("x-domain-id", "d78cbac186b744899480f25bd022f468")]);
        let wrong = desk.signed_with(algorithm, other.secret.as_bytes(), &call);
        desk.refused(name, wrong, mismatch).await;

        let signed = || desk.signed(algorithm, &call);
        let (parts, body) = signed();
        let changed = String::from_utf8(body.to_vec()).unwrap();
        let changed = changed.replace("signed", "forged");
        desk.refused(name, (parts, changed.into()), mismatch).await;

        let (mut parts, body) = signed();
        parts.uri = format!("{CAS}?x=1").parse().unwrap();
        desk.refused(name, (parts, body), mismatch).await;

        let (mut parts, body) = signed();
        set(
            &mut parts,
            "x-domain-id",
            "d78cbac186b744899480f25bd022f469",
        );
        desk.refused(name, (parts, body), mismatch).await;

        let (mut parts, body) = signed();
        let date = sdk_date(NOW - 1000).unwrap();
        set(&mut parts, DATE_HEADER, &date);
        desk.refused(name, (parts, body), mismatch).await;

        let (mut parts, body) = signed();
        let value = authorization(&parts).replace(&desk.key.access_key, &other.access_key);
        set(&mut parts, "authorization", &value);
        desk.refused(name, (parts, body), mismatch).await;

        for claimed in ALGORITHMS.iter().copied().filter(|a| *a != algorithm) {
            let (mut parts, body) = signed();
            let value = authorization(&parts).replace(name, claimed.name());
            set(&mut parts, "authorization", &value);
            // V11 names its caller in another way.
            let v11 = [algorithm, claimed].contains(&Algorithm::V11HmacSha256);
            let reason = match v11 {
                true => MALFORMED,
                false => mismatch,
            };
            desk.refused(name, (parts, body), reason).await;
        }
    }
    let (_, answer) = desk.api.call("GET", CAS, None).await;
    assert_eq!(answer["total"], 0, "a refused call did something");
}

#[tokio::test]
async fn headers_are_refused_before_the_body_is_looked_at() {
    let desk = Desk::start(&[FULL_ACCESS]).await;
    for algorithm in ALGORITHMS.iter().copied() {
        let name = algorithm.name();
        let (mut parts, body) = desk.signed(algorithm, &create(&[]));
        let value = authorization(&parts).replace(&desk.key.access_key, "AKNOBODY000000000000");
        set(&mut parts, "authorization", &value);
        let reason = "ak AKNOBODY000000000000 not exist";
        desk.refused(name, (parts, body), reason).await;

        let (mut parts, body) = desk.signed(algorithm, &create(&[]));
        let date = sdk_date(NOW - 15 * 60_000 - 1000).unwrap();
        set(&mut parts, DATE_HEADER, &date);
        let reason = "x-sdk-date expired";
        desk.refused(name, (parts, body), reason).await;
    }

    let (mut parts, body) = desk.signed(Algorithm::V11HmacSha256, &create(&[]));
    let value = authorization(&parts).replace("/20260601/", "/20260602/");
    set(&mut parts, "authorization", &value);
    let reason = "the day in Credential must be that of header x-sdk-date";
    desk.refused("another day", (parts, body), reason).await;
}

#[tokio::test]
async fn the_content_header_of_the_algorithm_is_held_to() {
    let desk = Desk::start(&[FULL_ACCESS]).await;
    for algorithm in ALGORITHMS.iter().copied() {
        let header = algorithm.content_header();
        let (of_body, of_another) = match header {
            "x-sdk-content-sm3" => (digest::sm3(root().as_bytes()), digest::sm3(b"{}")),
            _ => (digest::sha256(root().as_bytes()), digest::sha256(b"{}")),
        };
        let announced = hex(&of_body);
        let call = Call {
            headers: &[(header, &announced)],
            ..create(&[])
        };
        let (status, answer) = desk.send(desk.signed(algorithm, &call)).await;
        assert_eq!(status, 200, "{header}: {answer}");

        let (mut parts, body) = desk.signed(algorithm, &call);
        set(&mut parts, header, &hex(&of_another));
        let reason = format!("header {header} is not the digest of the body");
        desk.refused(header, (parts, body), &reason).await;

        let (mut parts, body) = desk.signed(algorithm, &call);
        set(&mut parts, header, "UNSIGNED");
        let reason = format!(
            "header {header} must be the digest of the body in 64 hex digits, or UNSIGNED-PAYLOAD"
        );
        desk.refused(header, (parts, body), &reason).await;
    }
}

#[tokio::test]
async fn a_body_may_be_left_out_of_the_signature() {
    let desk = Desk::start(&[FULL_ACCESS]).await;
    for algorithm in ALGORITHMS.iter().copied() {
        let header = algorithm.content_header();
        let call = Call {
            headers: &[(header, "UNSIGNED-PAYLOAD")],
            ..create(&[])
        };
        let (parts, body) = desk.signed(algorithm, &call);
        let other = String::from_utf8(body.to_vec()).unwrap();
        let other = other.replace("signed", "not signed");
        let (status, answer) = desk.send((parts, other.into())).await;
        assert_eq!(status, 200, "{header}: {answer}");

        // Only the client can say so.
        let (mut parts, body) = desk.signed(algorithm, &create(&[]));
        set(&mut parts, header, "UNSIGNED-PAYLOAD");
        let reason = "verify aksk signature fail";
        desk.refused(header, (parts, body), reason).await;
    }
}

/// A signature is good for a quarter of an hour before and after its date, to the millisecond.
#[tokio::test]
async fn the_window_of_a_signature_is_exact() {
    const WINDOW: i64 = 15 * 60_000;
    let desk = Desk::start(&[FULL_ACCESS]).await;
    for algorithm in ALGORITHMS.iter().copied() {
        let signed = desk.signed(algorithm, &Call::get(CAS));
        let again = || (signed.0.clone(), signed.1.clone());
        for (moved, ok) in [
            (WINDOW, true),
            (1, false),
            (-2 * WINDOW - 1, true),
            (-1, false),
        ] {
            desk.api.clock.advance_ms(moved);
            match ok {
                true => assert_eq!(desk.send(again()).await.0, 200, "{moved}"),
                false => desk.refused("", again(), "x-sdk-date expired").await,
            }
        }
        desk.api.clock.advance_ms(WINDOW + 1);
    }
}

#[tokio::test]
async fn credentials_are_there_once_and_of_one_kind() {
    let desk = Desk::start(&[FULL_ACCESS]).await;
    for name in ["authorization", "x-auth-token"] {
        let (mut parts, body) = desk.signed(Algorithm::SdkHmacSha256, &Call::get(CAS));
        if name == "x-auth-token" {
            parts.headers.remove("authorization");
            set(&mut parts, name, &desk.api.token);
        }
        assert_eq!(desk.send((parts.clone(), body.clone())).await.0, 200);
        let value = parts.headers[name].clone();
        parts.headers.append(name, value);
        let reason = format!("header {name} is sent more than once");
        desk.refused(name, (parts, body), &reason).await;
    }
    let (mut parts, body) = desk.signed(Algorithm::SdkHmacSha256, &Call::get(CAS));
    set(&mut parts, "x-auth-token", &desk.api.token);
    let reason = "headers Authorization and x-auth-token exclude each other";
    desk.refused("both", (parts, body), reason).await;

    // What is not text is no credential.
    let latin = http::HeaderValue::from_bytes(b"SDK-HMAC-SHA256 Access=\xe9").unwrap();
    let (mut parts, body) = desk.signed(Algorithm::SdkHmacSha256, &Call::get(CAS));
    parts.headers.insert("authorization", latin.clone());
    let request = Request::from_parts(parts, Body::from(body));
    let (status, answer) = read(desk.api.send(request).await).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (401, &json!("APIGW.0301"))
    );
    let (mut parts, body) = desk.signed(Algorithm::SdkHmacSha256, &Call::get(CAS));
    parts.headers.insert("x-security-token", latin);
    desk.refused("token", (parts, body), "the security token is not valid")
        .await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
