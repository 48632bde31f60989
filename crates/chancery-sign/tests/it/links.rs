//! Signed links against signatures that other programs computed.

use chancery_sign::link::{Link, LinkFault, sign};

/// Expiry, bucket, key, secret, signature. The first is the documented example of S3; the others
/// were made with
/// `printf 'GET\n\n\n<expires>\n/<bucket>/<encoded key>' | openssl dgst -sha1 -hmac '<secret>' -binary | base64`.
const VECTORS: [(u64, &str, &str, &str, &str); 4] = [
    (
        1_175_139_620,
        "johnsmith",
        "photos/puppy.jpg",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "NpgCjnDzrM+WFzoENXmpNDUsSn8=",
    ),
    (
        1_798_761_600,
        "chancery-objects",
        "ssl-5560df16/redis_ca.crt",
        "link-secret-1",
        "yu7O/sNqr+eT0+cKVY+lkSm03KY=",
    ),
    (
        4_102_444_799,
        "b.1",
        "a b/中~*.crt",
        "s+/=é",
        "z1gqUHta6aYsGePNx8NrT3D7Kgc=",
    ),
    (1, "bkt", "k", "k", "qCel/5Ly10bWMW0QYkBEnv8wx6I="),
];

fn escape(signature: &str) -> String {
    signature
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D")
}

#[test]
fn links_are_signed_as_other_programs_do() {
    for (expires_s, bucket, key, secret, signature) in VECTORS {
        let query = sign(
            "AKIAIOSFODNN7EXAMPLE",
            secret.as_bytes(),
            bucket,
            key,
            expires_s,
        );
        let expected = format!(
            "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires={expires_s}&Signature={}",
            escape(signature)
        );
        assert_eq!(query, expected);
    }
}

#[test]
fn links_made_by_other_programs_are_accepted_until_they_expire() {
    for (expires_s, bucket, key, secret, signature) in VECTORS {
        for query in [
            format!(
                "Signature={}&Expires={expires_s}&AWSAccessKeyId=AK",
                escape(signature)
            ),
            format!("x=1&AccessKeyId=AK&Expires={expires_s}&Signature={signature}&y"),
        ] {
            let link = Link::parse(&query).unwrap();
            assert_eq!(link.access_key(), "AK");
            let verify = |now_s| link.verify(secret.as_bytes(), "GET", (bucket, key), now_s);
            assert_eq!(verify(expires_s - 1), Ok(()));
            assert_eq!(verify(expires_s), Err(LinkFault::Expired));
            assert_eq!(verify(u64::MAX), Err(LinkFault::Expired));
        }
    }
}

#[test]
fn changed_links_are_refused() {
    let (expires_s, bucket, key, secret, signature) = VECTORS[1];
    let signature = escape(signature);
    let check = |expires: &str, signature: &str, secret: &str, bucket: &str, key: &str| {
        let query = format!("AWSAccessKeyId=AK&Expires={expires}&Signature={signature}");
        Link::parse(&query)
            .and_then(|link| link.verify(secret.as_bytes(), "GET", (bucket, key), 1_000))
    };
    let expires = expires_s.to_string();
    assert_eq!(check(&expires, &signature, secret, bucket, key), Ok(()));
    let later = (expires_s + 1).to_string();
    for (name, verdict) in [
        ("expires", check(&later, &signature, secret, bucket, key)),
        (
            "expires text",
            check(&format!("0{expires}"), &signature, secret, bucket, key),
        ),
        (
            "secret",
            check(&expires, &signature, "link-secret-2", bucket, key),
        ),
        (
            "bucket",
            check(&expires, &signature, secret, "chancery-object", key),
        ),
        (
            "key",
            check(
                &expires,
                &signature,
                secret,
                bucket,
                "ssl-5560df16/redis_ca.crs",
            ),
        ),
        (
            "slash",
            check(
                &expires,
                &signature,
                secret,
                bucket,
                "ssl-5560df16//redis_ca.crt",
            ),
        ),
        (
            "signature",
            check(
                &expires,
                &signature.replace("yu7O", "yu7P"),
                secret,
                bucket,
                key,
            ),
        ),
        (
            "cut",
            check(&expires, &signature.replace("%3D", ""), secret, bucket, key),
        ),
        (
            "last bits",
            check(
                &expires,
                &signature.replace("KY%3D", "KZ%3D"),
                secret,
                bucket,
                key,
            ),
        ),
        ("empty", check(&expires, "", secret, bucket, key)),
        ("not base64", check(&expires, "%00%FF", secret, bucket, key)),
    ] {
        assert_eq!(verdict, Err(LinkFault::SignatureDoesNotMatch), "{name}");
    }
}

/// Made as above, with another method or sub-resources: a link is good for what it was signed for.
#[test]
fn a_link_is_for_one_method_and_its_sub_resources() {
    const PLAIN: &str = "";
    const ACL: &str = "&acl";
    const OTHERS: &str = "&versionId=7&x=1&response-content-type=text%2Fplain";
    let made = [
        (
            "GET",
            PLAIN,
            sign("AK", b"link-secret-1", "b", "a.crt", 1_893_456_000),
        ),
        ("HEAD", PLAIN, of("TKsc0tM/cvYiMSn38sOn4pEqf4A=")),
        ("GET", ACL, of("dTD3auSA8SQLvCl5Py/p37XUrZk=")),
        ("GET", OTHERS, of("7ixORhiWU12+zGgkg3wcatUdOto=")),
    ];
    fn of(signature: &str) -> String {
        let signature = escape(signature);
        format!("AWSAccessKeyId=AK&Expires=1893456000&Signature={signature}")
    }
    for (method, more, link) in &made {
        for (asked, with) in [
            ("GET", PLAIN),
            ("HEAD", PLAIN),
            ("PUT", PLAIN),
            ("GET", ACL),
            ("GET", OTHERS),
        ] {
            let link = Link::parse(&format!("{link}{with}")).unwrap();
            let verdict = link.verify(b"link-secret-1", asked, ("b", "a.crt"), 1_000);
            let same = (*method, *more) == (asked, with);
            assert_eq!(verdict.is_ok(), same, "{method} {more} as {asked} {with}");
        }
    }
    // Whatever is added, and in whatever writing.
    let link = &made[0].2;
    for added in [
        "acl",
        "acl=",
        "%61cl",
        "response-expires=0",
        "versionId=null",
        "torrent",
    ] {
        let link = Link::parse(&format!("{added}&{link}")).unwrap();
        let verdict = link.verify(b"link-secret-1", "GET", ("b", "a.crt"), 1_000);
        assert_eq!(verdict, Err(LinkFault::SignatureDoesNotMatch), "{added}");
    }
}

#[test]
fn links_without_their_parameters_are_refused() {
    for query in [
        "",
        "AWSAccessKeyId=a&Expires=1",
        "Expires=1&Signature=a",
        "signature=a",
        "&&=",
    ] {
        assert_eq!(
            Link::parse(query),
            Err(LinkFault::MissingParameter),
            "{query}"
        );
    }
    for expires in ["", "-1", "1.5", "soon", "99999999999999999999", "1%00"] {
        let query = format!("AWSAccessKeyId=a&Expires={expires}&Signature=a");
        assert_eq!(
            Link::parse(&query),
            Err(LinkFault::MalformedExpires),
            "{expires}"
        );
    }
    for (query, name) in [
        ("Expires=1&Expires=2", "Expires"),
        ("AWSAccessKeyId=a&AccessKeyId=b", "AWSAccessKeyId"),
        ("Signature=a&Signature=a", "Signature"),
    ] {
        assert_eq!(
            Link::parse(query),
            Err(LinkFault::RepeatedParameter(name)),
            "{query}"
        );
    }
}

#[test]
fn faults_have_the_codes_of_an_object_store() {
    for (fault, code) in [
        (LinkFault::MissingParameter, "AccessDenied"),
        (LinkFault::Expired, "AccessDenied"),
        (LinkFault::InvalidAccessKeyId, "InvalidAccessKeyId"),
        (LinkFault::SignatureDoesNotMatch, "SignatureDoesNotMatch"),
    ] {
        assert_eq!(fault.code(), code);
    }
}
