use chancery_objects::{BucketName, ObjectKey, object_url, signed_url};

#[test]
fn urls() {
    let bucket = BucketName::parse("chancery-objects").unwrap();
    let key = ObjectKey::parse("ssl-5560df16/redis_ca.crt").unwrap();
    let plain = "https://desk.example:8443/objects/chancery-objects/ssl-5560df16/redis_ca.crt";
    assert_eq!(
        object_url("https://desk.example:8443", &bucket, &key),
        plain
    );
    // printf 'GET\n\n\n1798761600\n/chancery-objects/ssl-5560df16/redis_ca.crt' |
    //   openssl dgst -sha1 -hmac link-secret-1 -binary | base64
    assert_eq!(
        signed_url(
            "https://desk.example:8443",
            "LINK",
            b"link-secret-1",
            &bucket,
            &key,
            1_798_761_600
        ),
        format!(
            "{plain}?AWSAccessKeyId=LINK&Expires=1798761600&\
             Signature=yu7O%2FsNqr%2BeT0%2BcKVY%2BlkSm03KY%3D"
        )
    );
}
