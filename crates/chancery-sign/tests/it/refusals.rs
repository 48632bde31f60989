//! Requests that must not pass, each with its reason.

use chancery_sign::{Algorithm, Authorization, SignatureFault as Fault};

use crate::request::{
    EXAMPLE_SECRET, EXAMPLE_TIME_MS, Request, example, example_of, example_signature,
};

#[test]
fn any_part_changed() {
    type Change = fn(&mut Request);
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
    for algorithm in Algorithm::ALL.iter().copied() {
        for (name, change) in changes {
            let mut request = example_of(algorithm);
            change(&mut request);
            let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
            let algorithm = algorithm.name();
            assert_eq!(
                verdict,
                Err(Fault::SignatureMismatch),
                "{algorithm}: {name}"
            );
        }
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
    for algorithm in Algorithm::ALL.iter().copied() {
        let header = algorithm.content_header();
        for (value, fault) in [
            ("unsigned-payload", Fault::MalformedContentDigest(header)),
            ("", Fault::MalformedContentDigest(header)),
            (&"0".repeat(63), Fault::MalformedContentDigest(header)),
            (&"0".repeat(64), Fault::BodyMismatch(header)),
            // A captured request cannot be turned into one whose body is not signed.
            ("UNSIGNED-PAYLOAD", Fault::SignatureMismatch),
        ] {
            let mut request = example_of(algorithm);
            request.set(header, value);
            let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
            assert_eq!(verdict, Err(fault), "{header}: {value}");
        }
        let mut request = example_of(algorithm);
        request.headers.extend([
            (header.to_owned(), String::new()),
            (header.to_owned(), String::new()),
        ]);
        let repeated = Fault::RepeatedHeader(header.to_owned());
        let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
        assert_eq!(verdict, Err(repeated));
    }
}

/// Each hash has a content header of its own; that of the other hash is a header like any other.
#[test]
fn the_content_header_of_another_hash_says_nothing() {
    for algorithm in Algorithm::ALL.iter().copied() {
        let other = match algorithm.content_header() {
            "x-sdk-content-sha256" => "x-sdk-content-sm3",
            _ => "x-sdk-content-sha256",
        };
        for value in ["UNSIGNED-PAYLOAD", &"0".repeat(64), "anything"] {
            let mut request = example_of(algorithm);
            request.set(other, value);
            let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
            assert_eq!(verdict, Ok(()), "{other}: {value}");
            request.body.push(b' ');
            let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
            assert_eq!(verdict, Err(Fault::SignatureMismatch), "{other}: {value}");
        }
    }
}

/// The digest of the body is that of the algorithm's own hash.
#[test]
fn an_announced_digest_of_another_hash() {
    let (sha256, sm3) = (
        chancery_crypto::digest::sha256,
        chancery_crypto::digest::sm3,
    );
    for algorithm in Algorithm::ALL.iter().copied() {
        let header = algorithm.content_header();
        let mut request = example_of(algorithm);
        let (right, wrong) = match header {
            "x-sdk-content-sha256" => (sha256(&request.body), sm3(&request.body)),
            _ => (sm3(&request.body), sha256(&request.body)),
        };
        request.set(header, &hex::encode(right));
        let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
        assert_eq!(verdict, Ok(()), "{header}");
        request.set(header, &hex::encode(wrong));
        let verdict = request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS);
        assert_eq!(verdict, Err(Fault::BodyMismatch(header)));
    }
}

#[test]
fn authorization_headers_that_are_malformed() {
    let hex = example_signature(Algorithm::SdkHmacSha256);
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
    for algorithm in Algorithm::ALL.iter().copied() {
        let right = example_signature(algorithm);
        for signature in [
            &right[..4],
            &right[..right.len() - 2],
            &format!("{right}00"),
        ] {
            let verdict = with_signature(algorithm, signature);
            assert_eq!(verdict, Err(Fault::SignatureMismatch), "{signature}");
        }
    }
}

/// A right signature of SM2 has one text: SEQUENCE { r, s } in DER.
#[test]
fn an_sm2_signature_in_another_form() {
    let right = example_signature(Algorithm::SdkSm2Sm3);
    let (r, s) = (&right[10..74], &right[80..]);
    assert_eq!(format!("3046022100{r}022100{s}"), right);
    let order = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    for (what, signature) in [
        ("raw", format!("{r}{s}")),
        ("negative integers", format!("30440220{r}0220{s}")),
        ("a zero byte too many", format!("304702220000{r}022100{s}")),
        (
            "length of indefinite form",
            format!("3080022100{r}022100{s}0000"),
        ),
        ("length in two bytes", format!("308146022100{r}022100{s}")),
        ("r and s swapped", format!("3046022100{s}022100{r}")),
        ("a third number", format!("3049022100{r}022100{s}020100")),
        ("zeros", "3006020100020100".to_owned()),
        ("s is zero", format!("3026022100{r}020100")),
        ("s is the order", format!("3046022100{r}022100{order}")),
        (
            "an HMAC",
            example_signature(Algorithm::SdkHmacSm3).to_owned(),
        ),
    ] {
        let verdict = with_signature(Algorithm::SdkSm2Sm3, &signature);
        assert_eq!(verdict, Err(Fault::SignatureMismatch), "{what}");
    }
}

/// What is said to the example with another signature.
fn with_signature(algorithm: Algorithm, signature: &str) -> Result<(), Fault> {
    let mut request = example_of(algorithm);
    let value = request.header("authorization").unwrap();
    let changed = value.replace(example_signature(algorithm), signature);
    request.set("authorization", &changed);
    request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS)
}

/// A V11 signature is for one day, region and service.
#[test]
fn scopes_that_are_malformed_or_of_another_request() {
    let request = example_of(Algorithm::V11HmacSha256);
    let with = |from: &str, to: &str| {
        let mut request = request.clone();
        let value = request.header("authorization").unwrap().replace(from, to);
        request.set("authorization", &value);
        request.verify(EXAMPLE_SECRET, EXAMPLE_TIME_MS)
    };
    assert_eq!(with("/20260101/", "/20260102/"), Err(Fault::OtherDay));
    for (from, to) in [("/cn-north-4/", "/cn-north-1/"), ("/ccm,", "/scm,")] {
        assert_eq!(with(from, to), Err(Fault::SignatureMismatch), "{to}");
    }
    for (from, to) in [
        ("/20260101/cn-north-4/ccm", ""),
        ("/ccm", ""),
        ("/ccm", "/ccm/more"),
        ("/cn-north-4/", "//"),
        ("/ccm", "/c m"),
        ("/ccm", &format!("/{}", "c".repeat(65))),
        ("Credential=", "Access="),
    ] {
        let fault = with(from, to).unwrap_err();
        assert!(
            matches!(fault, Fault::MalformedAuthorization(_)),
            "{to}: {fault}"
        );
    }
}
