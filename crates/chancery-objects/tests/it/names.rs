use chancery_objects::{BucketName, NameError, ObjectKey};
use proptest::prelude::*;

#[test]
fn bucket_names() {
    let long = "a".repeat(63);
    for name in [
        "abc",
        "a-b",
        "a.b",
        "1.2.3",
        "0ab",
        &long,
        "chancery-cn-north-4",
        "a.b.c.d",
    ] {
        assert_eq!(BucketName::parse(name).unwrap().as_str(), name);
    }
    let too_long = "a".repeat(64);
    for name in [
        "", "a", "ab", &too_long, "Abc", "a_b", "a b", "-ab", "ab-", ".ab", "ab.", "a..b", "a.-b",
        "a-.b", "10.0.0.1", "a/b", "..", "...", "a\0b", "a\nb", "äbc", "a%b", "a+b",
    ] {
        assert_eq!(BucketName::parse(name), Err(NameError::Bucket), "{name:?}");
    }
}

#[test]
fn object_keys() {
    let long = "a".repeat(200);
    for key in [
        "a",
        "a/b",
        "ssl-1/CA_1.crt",
        ".hidden",
        "a/...",
        "..a/b..",
        "-",
        &long,
    ] {
        assert_eq!(ObjectKey::parse(key).unwrap().as_str(), key);
    }
    let too_long = "a".repeat(201);
    for key in [
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", "./a", "..\\a",
        "a\\b", "a b", "a\0", "a\nb", "a\u{7f}", "a+b", "a%2e%2e", "a*b", "中", "C:a", "~",
        &too_long,
    ] {
        assert_eq!(ObjectKey::parse(key), Err(NameError::Key), "{key:?}");
    }
}

#[test]
fn content_types() {
    for (key, content_type) in [
        ("a/ca.crt", "application/x-x509-ca-cert"),
        ("ca.pem", "application/x-pem-file"),
        ("ca.crl", "application/pkix-crl"),
        ("b.zip", "application/zip"),
        ("crt", "application/octet-stream"),
        ("a.crt/b", "application/octet-stream"),
        ("a.html", "application/octet-stream"),
    ] {
        assert_eq!(
            ObjectKey::parse(key).unwrap().content_type(),
            content_type,
            "{key}"
        );
    }
}

proptest! {
    /// What passes cannot leave a folder, split a header or need escaping in a URL.
    #[test]
    fn names_that_pass_are_harmless(text in "[a-z./\\\\%+\\x00-\\x1f-]{0,12}|\\PC{0,12}") {
        if let Ok(bucket) = BucketName::parse(&text) {
            prop_assert!(!bucket.as_str().contains(['/', '\\', '%', '+']));
            prop_assert!(!bucket.as_str().contains(".."));
        }
        if let Ok(key) = ObjectKey::parse(&text) {
            let path = std::path::Path::new(key.as_str());
            let normal = |c| matches!(c, std::path::Component::Normal(_));
            prop_assert!(path.components().all(normal));
            prop_assert_eq!(path.components().count(), key.as_str().split('/').count());
            prop_assert!(key.as_str().bytes().all(|b| b.is_ascii_graphic() && b != b'+'));
        }
    }
}
