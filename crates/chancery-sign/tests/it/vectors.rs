//! Requests that the SDKs of four languages signed: the files say how they were made.

use chancery_crypto::digest::sha256;
use chancery_sign::{Algorithm, Authorization, DATE_HEADER, Signer, canonical_request};
use serde::Deserialize;

use crate::request::{EXAMPLE_SECRET, EXAMPLE_TIME_MS, Request, example};

#[derive(Deserialize)]
struct Vector {
    name: String,
    method: String,
    path: String,
    query: String,
    body: String,
    secret: String,
    headers: std::collections::BTreeMap<String, String>,
}

impl Vector {
    fn request(&self) -> Request {
        Request {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self
                .headers
                .iter()
                .map(|(n, v)| (n.to_lowercase(), v.clone()))
                .collect(),
            body: self.body.clone().into_bytes(),
        }
    }
}

fn read(json: &str) -> Vec<Vector> {
    serde_json::from_str(json).unwrap()
}

fn all() -> Vec<(&'static str, Vector)> {
    let files = [
        ("python", include_str!("../vectors/python.json")),
        ("go", include_str!("../vectors/go.json")),
        ("node", include_str!("../vectors/node.json")),
    ];
    files
        .into_iter()
        .flat_map(|(sdk, json)| read(json).into_iter().map(move |v| (sdk, v)))
        .collect()
}

/// Milliseconds since the epoch of a compact date, by another way than the code under test.
fn time_ms(date: &str) -> i64 {
    jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ%z", format!("{date}+0000"))
        .and_then(|time| time.to_timestamp())
        .unwrap()
        .as_millisecond()
}

#[test]
fn requests_signed_by_the_sdks_are_accepted() {
    let vectors = all();
    assert!(vectors.len() >= 38);
    for (sdk, vector) in vectors {
        let request = vector.request();
        let now_ms = time_ms(request.header(DATE_HEADER).unwrap());
        let verdict = request.verify(vector.secret.as_bytes(), now_ms);
        assert_eq!(verdict, Ok(()), "{sdk}: {}", vector.name);
    }
}

#[test]
fn requests_signed_by_the_sdks_are_refused_with_another_secret_or_body() {
    for (sdk, vector) in all() {
        let mut request = vector.request();
        let now_ms = time_ms(request.header(DATE_HEADER).unwrap());
        let name = format!("{sdk}: {}", vector.name);
        assert!(request.verify(b"another secret", now_ms).is_err(), "{name}");
        request.body.push(b' ');
        let unsigned = request.header("x-sdk-content-sha256") == Some("UNSIGNED-PAYLOAD");
        // The Python SDK signs the empty digest where the body is empty, so it binds that body.
        let binds = !unsigned || name == "python: unsigned payload, empty";
        let verdict = request.verify(vector.secret.as_bytes(), now_ms);
        assert_eq!(verdict.is_err(), binds, "{name}");
    }
}

#[test]
fn our_signer_gives_what_the_sdks_give() {
    for (sdk, vector) in all() {
        let request = vector.request();
        if request.body.is_empty() && request.header("x-sdk-content-sha256").is_some() {
            continue; // The SDKs differ here, see above.
        }
        let value = request.header("authorization").unwrap();
        let authorization = Authorization::parse(value).unwrap();
        let signer = Signer {
            algorithm: authorization.algorithm(),
            access_key: authorization.access_key(),
            secret: vector.secret.as_bytes(),
        };
        // The order of the names does not matter to the caller.
        let names: Vec<&str> = authorization
            .signed_headers()
            .iter()
            .rev()
            .map(String::as_str)
            .collect();
        let signed = request.with_parts(|parts| signer.sign(parts, &names, &request.body));
        assert_eq!(signed.as_deref(), Ok(value), "{sdk}: {}", vector.name);
    }
}

#[test]
fn the_canonical_request_of_the_example() {
    let request = example();
    let names = [
        "content-type",
        "host",
        "user-agent",
        "x-domain-id",
        "x-sdk-date",
    ];
    let payload = hex::encode(sha256(&request.body));
    assert_eq!(
        payload,
        "d9746df1e2a322a1cebd46837d1bdba6cf1dd39d090174bee3fedd236c3fa6ae"
    );
    let canonical = request.with_parts(|parts| canonical_request(parts, &names, &payload));
    assert_eq!(
        hex::encode(sha256(&canonical.unwrap())),
        "38dd26bf88679180349fcf9b4148c836b0e6d36b17cfc81b4503fd664e4e47d6"
    );
    assert_eq!(request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS), Ok(()));
}

#[test]
fn the_authorization_of_every_algorithm_is_told_apart() {
    let example = example();
    let value = example.header("authorization").unwrap();
    for algorithm in Algorithm::ALL.iter().copied() {
        let value = value.replace("SDK-HMAC-SHA256", algorithm.name());
        let parsed = Authorization::parse(&value);
        if algorithm == Algorithm::SdkHmacSha256 {
            assert_eq!(parsed.unwrap().access_key(), "AKEXAMPLE0123456789");
        } else {
            let fault = parsed.unwrap_err();
            assert!(fault.to_string().contains(algorithm.name()), "{fault}");
        }
    }
}
