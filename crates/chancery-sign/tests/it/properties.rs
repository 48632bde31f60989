//! Whatever a request holds: signed is accepted, changed is refused, and nothing panics.

use chancery_sign::link::Link;
use chancery_sign::{Algorithm, Authorization, DATE_HEADER, SignatureFault, Signer, sdk_date};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::request::{EXAMPLE_TIME_MS, Request};

const ACCESS_KEY: &str = "AKPROPERTIES00000000";
const SECRET: &[u8] = b"a secret of the properties";

/// A request with raw text in every place, percent signs and all, not signed yet.
fn requests() -> impl Strategy<Value = Request> {
    let header = ("x-[a-z][a-z0-9-]{0,8}", "[ -~é中]{0,24}");
    (
        "GET|POST|PUT|DELETE|PATCH",
        "(/([ -~é中]|%[0-9a-fA-F]{2}){0,12}){0,4}",
        "(([ -~é中]|%[0-9a-fA-F]{2}){0,8}=?([ -~é中]|%[0-9a-fA-F]{2}){0,8}&?){0,4}",
        vec(header, 0..5),
        vec(any::<u8>(), 0..64),
    )
        .prop_map(|(method, path, query, headers, body)| {
            let mut request = Request {
                method,
                path,
                query,
                headers: Vec::new(),
                body,
            };
            for (name, value) in headers {
                request.set(&name, &value);
            }
            request.set(DATE_HEADER, &sdk_date(EXAMPLE_TIME_MS).unwrap());
            request
        })
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(Algorithm::ALL)
}

/// Requests that are signed, each with one of the algorithms.
fn signed_requests() -> impl Strategy<Value = Request> {
    (requests(), algorithms()).prop_map(|(request, algorithm)| signed(request, algorithm))
}

fn signed(mut request: Request, algorithm: Algorithm) -> Request {
    let signer = Signer {
        algorithm,
        access_key: ACCESS_KEY,
        secret: SECRET,
        scope: Some("cn-north-4/ccm"),
    };
    let names: Vec<&str> = request
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let value = request
        .with_parts(|parts| signer.sign(parts, &names, &request.body))
        .unwrap();
    request.set("authorization", &value);
    request
}

/// What a server with one access key says.
fn accepted(request: &Request) -> bool {
    let authorization = Authorization::parse(request.header("authorization").unwrap());
    authorization.is_ok_and(|a| a.access_key() == ACCESS_KEY)
        && request.verify(SECRET, EXAMPLE_TIME_MS).is_ok()
}

proptest! {
    #[test]
    fn signed_requests_are_accepted(request in signed_requests()) {
        prop_assert!(accepted(&request));
    }

    #[test]
    fn a_changed_body_is_refused(
        mut request in signed_requests(),
        at: prop::sample::Index,
        bit in 0u8..8,
    ) {
        if request.body.is_empty() {
            request.body.push(bit);
        } else {
            let at = at.index(request.body.len());
            request.body[at] ^= 1 << bit;
        }
        prop_assert!(!accepted(&request));
    }

    #[test]
    fn a_changed_header_is_refused(
        mut request in signed_requests(),
        at: prop::sample::Index,
        to in "[!-~]",
    ) {
        let index = at.index(request.headers.len());
        let value = &mut request.headers[index].1;
        if value.trim().starts_with(&to) {
            value.insert(0, '#');
        }
        value.insert_str(0, &to);
        prop_assert!(!accepted(&request));
    }

    /// Another time within the window is refused too: the date is part of what is signed.
    #[test]
    fn another_date_is_refused(mut request in signed_requests(), seconds in 1i64..900) {
        request.set(DATE_HEADER, &sdk_date(EXAMPLE_TIME_MS - seconds * 1000).unwrap());
        prop_assert!(!accepted(&request));
    }

    #[test]
    fn another_path_or_query_is_refused(request in signed_requests(), to in "[a-z]") {
        let mut other = request.clone();
        other.path.push_str(&to);
        prop_assert!(!accepted(&other));
        let mut other = request.clone();
        other.query.push_str(&format!("&{to}={to}"));
        prop_assert!(!accepted(&other));
        let mut other = request;
        other.method.push_str(&to);
        prop_assert!(!accepted(&other));
    }

    #[test]
    fn every_byte_of_the_authorization_matters(
        mut request in signed_requests(),
        at: prop::sample::Index,
        to in "[ -~]",
    ) {
        let value = request.header("authorization").unwrap().to_owned();
        let at = at.index(value.len());
        prop_assume!(value[at..=at] != to);
        let changed = format!("{}{to}{}", &value[..at], &value[at + 1..]);
        request.set("authorization", &changed);
        // A blank may be anything that is trimmed; every other byte is fixed.
        prop_assert!(!accepted(&request) || value[at..=at].trim().is_empty());
    }

    #[test]
    fn the_name_of_another_algorithm_is_refused(
        mut request in signed_requests(),
        other in algorithms(),
    ) {
        let value = request.header("authorization").unwrap();
        let (name, rest) = value.split_once(' ').unwrap();
        prop_assume!(name != other.name());
        let changed = format!("{} {rest}", other.name());
        request.set("authorization", &changed);
        prop_assert!(!accepted(&request));
    }

    /// A derived key belongs to its access key, even where two have the same secret.
    #[test]
    fn a_derived_key_is_that_of_its_access_key(request in requests(), to in "[A-Z0-9]{20}") {
        prop_assume!(to != ACCESS_KEY);
        let mut request = signed(request, Algorithm::SdkSm2Sm3);
        let changed = request.header("authorization").unwrap().replace(ACCESS_KEY, &to);
        request.set("authorization", &changed);
        prop_assert_eq!(
            request.verify(SECRET, EXAMPLE_TIME_MS),
            Err(SignatureFault::SignatureMismatch)
        );
    }

    #[test]
    fn parsers_survive_anything(text in "\\PC{0,200}", now_s: u64) {
        let _ = Authorization::parse(&text);
        for algorithm in Algorithm::ALL {
            let _ = Authorization::parse(&format!("{} {text}", algorithm.name()));
        }
        let link = format!("AWSAccessKeyId={text}&Expires=9&Signature={text}");
        for query in [text, link] {
            if let Ok(link) = Link::parse(&query) {
                let _ = link.verify(SECRET, "GET", ("bucket", &query), now_s);
            }
        }
    }

    /// No bytes that are not made with the secret are a signature, and none panic.
    #[test]
    fn no_other_bytes_are_a_signature(
        mut request in signed_requests(),
        signature in vec(any::<u8>(), 1..100),
    ) {
        let value = request.header("authorization").unwrap();
        let (before, _) = value.split_once("Signature=").unwrap();
        let changed = format!("{before}Signature={}", hex::encode(&signature));
        request.set("authorization", &changed);
        prop_assert_eq!(
            request.verify(SECRET, EXAMPLE_TIME_MS),
            Err(SignatureFault::SignatureMismatch)
        );
    }

    #[test]
    fn a_mutated_authorization_never_panics(bytes in vec(any::<u8>(), 0..120)) {
        let mut value = b"SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=00".to_vec();
        for (i, byte) in bytes.iter().enumerate().filter(|(_, byte)| *byte % 7 == 0) {
            let at = (i * 31 + *byte as usize) % value.len();
            value[at] = *byte;
        }
        let _ = Authorization::parse(&String::from_utf8_lossy(&value));
    }

    /// One canonical request has many forms on the wire: pairs in another order, characters that
    /// are escaped or not, escapes in lower case, a slash at the end, blanks around a value.
    #[test]
    fn other_forms_of_the_same_request_are_accepted(
        request in plain_requests(),
        algorithm in algorithms(),
        seed: u64,
    ) {
        let signed = signed(request, algorithm);
        let mut other = signed.clone();
        let mut pairs: Vec<&str> = signed.query.split('&').collect();
        pairs.reverse();
        other.query = escaped(&pairs.join("&"), "&=", seed);
        other.path = escaped(&signed.path, "/", seed);
        if !other.path.ends_with('/') {
            other.path.push('/');
        }
        other.method = signed.method.to_lowercase();
        for (name, value) in &mut other.headers {
            if name != "authorization" {
                *value = format!(" {value}\t");
            }
        }
        prop_assert!(accepted(&other), "{other:?}");
    }

    /// What separates pairs is not what is escaped in them: no query can pass for another. (A path
    /// is decoded before it is split, as the SDKs do it: an escaped slash is signed like one that
    /// is not, and no id holds any.)
    #[test]
    fn an_escaped_separator_is_another_query(request in plain_requests()) {
        let signed = signed(request, Algorithm::SdkHmacSha256);
        for query in [
            signed.query.replacen('&', "%26", 1),
            signed.query.replacen('=', "%3D", 1),
        ] {
            let mut other = signed.clone();
            other.query = query;
            let same = other.query == signed.query;
            prop_assert_eq!(accepted(&other), same, "{:?}", other);
        }
    }
}

/// Requests whose paths and queries have no escapes, and no blanks at the ends of values.
fn plain_requests() -> impl Strategy<Value = Request> {
    let pair = ("[a-z]{1,4}", "[a-z0-9~*]{1,4}");
    (
        "GET|POST|PUT",
        "(/a[a-zA-Z0-9_.~-]{0,6}){1,3}",
        vec(pair, 1..4),
        "[!-~]{1,9}",
    )
        .prop_map(|(method, path, pairs, value)| {
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let mut request = Request {
                method,
                path,
                query: pairs.join("&"),
                headers: Vec::new(),
                body: Vec::new(),
            };
            request.set("x-value", &value);
            request.set(DATE_HEADER, &sdk_date(EXAMPLE_TIME_MS).unwrap());
            request
        })
}

/// The same text with some of its characters escaped, in either case, but none of `kept`.
fn escaped(text: &str, kept: &str, seed: u64) -> String {
    let escape = |(index, c): (usize, char)| match (seed >> (index % 64)) & 1 {
        1 if !kept.contains(c) && index % 2 == 0 => format!("%{:02x}", u32::from(c)),
        1 if !kept.contains(c) => format!("%{:02X}", u32::from(c)),
        _ => c.to_string(),
    };
    text.chars().enumerate().map(escape).collect()
}
