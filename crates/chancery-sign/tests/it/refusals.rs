//! Requests that must not pass, each with its reason.

use chancery_sign::{Authorization, SignatureFault as Fault};

use crate::request::{EXAMPLE_SECRET, EXAMPLE_TIME_MS, example};

const SIGNATURE: &str = "3ef243079be18a91122b3f3a7c3fad23385a19ed0533b5334411c2651dbb3da9";

#[test]
fn any_part_changed() {
    type Change = fn(&mut crate::request::Request);
    let changes: [(&str, Change); 9] = [
        ("method", |r| r.method = "PUT".to_owned()),
        ("path", |r| r.path = r.path.replace("6434", "6435")),
        ("path case", |r| r.path = r.path.replace("/v1/", "/V1/")),
        ("query value", |r| r.query = r.query.replace("10", "11")),
        ("query added", |r| r.query.push_str("&x=")),
        ("body", |r| r.body[2] = b'T'),
        ("host", |r| r.set("host", "127.0.0.1:8081")),
        ("date", |r| r.set("x-sdk-date", "20260101T000001Z")),
        ("domain", |r| {
            r.set("x-domain-id", "d78cbac186b744899480f25bd022f469")
        }),
    ];
    for (name, change) in changes {
        let mut request = example();
        change(&mut request);
        let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
        assert_eq!(verdict, Err(Fault::SignatureMismatch), "{name}");
    }
}

#[test]
fn what_is_not_signed_may_change() {
    let mut request = example();
    request.set("x-project-id", "added by a client after signing");
    request.set("accept-encoding", "gzip");
    request.query = "name=a+b%2f%e4%b8%ad&limit=10".to_owned();
    request.method = "post".to_owned();
    assert_eq!(request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS), Ok(()));
}

#[test]
fn dates_out_of_the_window() {
    let request = example();
    let minutes = 60_000;
    for offset_ms in [-15 * minutes, 0, 15 * minutes] {
        assert_eq!(
            request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS + offset_ms),
            Ok(())
        );
    }
    for now_ms in [
        EXAMPLE_TIME_MS - 15 * minutes - 1,
        EXAMPLE_TIME_MS + 15 * minutes + 1,
        i64::MIN,
        i64::MAX,
    ] {
        assert_eq!(
            request.verify(EXAMPLE_SECRET, now_ms),
            Err(Fault::DateOutOfWindow)
        );
    }
}

#[test]
fn dates_that_are_missing_unsigned_or_malformed() {
    let mut request = example();
    request.set("x-sdk-date", "2026-01-01T00:00:00Z");
    assert_eq!(
        request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS),
        Err(Fault::MalformedDate)
    );

    request.headers.retain(|(name, _)| name != "x-sdk-date");
    let missing = Fault::MissingHeader("x-sdk-date".to_owned());
    assert_eq!(
        request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS),
        Err(missing)
    );

    let mut request = example();
    let value = request
        .header("authorization")
        .unwrap()
        .replace(";x-sdk-date", "");
    request.set("authorization", &value);
    assert_eq!(
        request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS),
        Err(Fault::DateNotSigned)
    );
}

#[test]
fn signed_headers_that_are_missing_or_repeated() {
    let mut request = example();
    request.headers.retain(|(name, _)| name != "user-agent");
    let missing = Fault::MissingHeader("user-agent".to_owned());
    assert_eq!(
        request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS),
        Err(missing)
    );

    let mut request = example();
    request
        .headers
        .push(("host".to_owned(), "elsewhere".to_owned()));
    let repeated = Fault::RepeatedHeader("host".to_owned());
    assert_eq!(
        request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS),
        Err(repeated)
    );
}

#[test]
fn content_headers_that_are_wrong() {
    let header = "x-sdk-content-sha256";
    for (value, fault) in [
        ("unsigned-payload", Fault::MalformedContentDigest(header)),
        ("", Fault::MalformedContentDigest(header)),
        (&"0".repeat(63), Fault::MalformedContentDigest(header)),
        (&"0".repeat(64), Fault::BodyMismatch(header)),
        // A captured request cannot be turned into one whose body is not signed.
        ("UNSIGNED-PAYLOAD", Fault::SignatureMismatch),
    ] {
        let mut request = example();
        request.set(header, value);
        assert_eq!(
            request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS),
            Err(fault),
            "{value}"
        );
    }
    let mut request = example();
    request.headers.extend([
        (header.to_owned(), String::new()),
        (header.to_owned(), String::new()),
    ]);
    let repeated = Fault::RepeatedHeader(header.to_owned());
    assert_eq!(
        request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS),
        Err(repeated)
    );
}

#[test]
fn authorization_headers_that_are_malformed() {
    let hex = SIGNATURE;
    for value in [
        "SDK-HMAC-SHA256".to_owned(),
        "SDK-HMAC-SHA256 ".to_owned(),
        "SDK-HMAC-SHA256 Access=a".to_owned(),
        format!("SDK-HMAC-SHA256 Access=a, Signature={hex}"),
        format!("SDK-HMAC-SHA256 SignedHeaders=x-sdk-date, Signature={hex}"),
        format!("SDK-HMAC-SHA256 Access=, SignedHeaders=x-sdk-date, Signature={hex}"),
        format!("SDK-HMAC-SHA256 Access=a b, SignedHeaders=x-sdk-date, Signature={hex}"),
        format!("SDK-HMAC-SHA256 Access=a, Access=b, SignedHeaders=x-sdk-date, Signature={hex}"),
        format!("SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature={hex}, Extra=1"),
        format!(
            "SDK-HMAC-SHA256 Access={}, SignedHeaders=a, Signature={hex}",
            "a".repeat(129)
        ),
        "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=".to_owned(),
        "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=abc".to_owned(),
        "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=xy".to_owned(),
        format!(
            "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature={}",
            hex.to_uppercase()
        ),
    ] {
        let fault = Authorization::parse(&value).unwrap_err();
        assert!(
            matches!(fault, Fault::MalformedAuthorization(_)),
            "{value}: {fault}"
        );
        assert!(!fault.to_string().contains(hex));
    }
    for value in [
        "",
        "Bearer abc",
        "Basic YTpi",
        "sdk-hmac-sha256 Access=a",
        "SDK-HMAC-SHA2567 ",
    ] {
        assert_eq!(
            Authorization::parse(value),
            Err(Fault::UnknownAlgorithm),
            "{value}"
        );
    }
    let many = (0..65)
        .map(|i| format!("x-{i:02}"))
        .collect::<Vec<_>>()
        .join(";");
    for names in [
        "", ";", "b;a", "a;a", "a;;b", "Host", "a b", "a;", "ü", &many,
    ] {
        let value = format!("SDK-HMAC-SHA256 Access=a, SignedHeaders={names}, Signature={hex}");
        assert_eq!(
            Authorization::parse(&value),
            Err(Fault::MalformedSignedHeaders),
            "{names}"
        );
    }
}

#[test]
fn a_signature_of_another_length() {
    for signature in ["3ef2", &format!("{SIGNATURE}00")] {
        let mut request = example();
        let value = request
            .header("authorization")
            .unwrap()
            .replace(SIGNATURE, signature);
        request.set("authorization", &value);
        let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
        assert_eq!(verdict, Err(Fault::SignatureMismatch));
    }
}
