//! The `Authorization` header and the canonical request: lines of text, each `name: value`, after a
//! first line `method path?query`; the body after an empty line.
#![no_main]

use chancery_sign::{Authorization, Field, RequestParts, Signer, prepare};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(2, |byte| *byte == 0);
    let (head, body) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    let Ok(head) = std::str::from_utf8(head) else {
        return;
    };
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let (method, uri) = first.split_once(' ').unwrap_or((first, ""));
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let field = |name: &str| {
        let named = headers.iter().filter(|(known, _)| *known == name);
        Field::of(named.map(|(_, value)| value.as_bytes()))
    };
    let parts = RequestParts {
        method,
        path,
        query,
        headers: &field,
    };
    let Field::Once(value) = field("authorization") else {
        return;
    };
    let Ok(authorization) = Authorization::parse(std::str::from_utf8(value).unwrap_or_default())
    else {
        return;
    };
    // 2026-01-01T00:00:00Z
    let now_ms = 1_767_225_600_000;
    let secret = b"a secret of the fuzzer";
    if let Ok(prepared) = prepare(&parts, &authorization, now_ms) {
        assert!(
            prepared.verify(secret, body).is_err(),
            "a signature without the secret"
        );
    }
    // What can be signed is accepted.
    let names: Vec<&str> = authorization
        .signed_headers()
        .iter()
        .map(String::as_str)
        .collect();
    let signer = Signer {
        algorithm: authorization.algorithm(),
        access_key: authorization.access_key(),
        secret,
        scope: Some("region/service"),
    };
    if let Ok(value) = signer.sign(&parts, &names, body) {
        let signed = Authorization::parse(&value).expect("our own header");
        if let Ok(prepared) = prepare(&parts, &signed, now_ms) {
            assert_eq!(prepared.verify(secret, body), Ok(()));
        }
    }
});
