use crate::{BucketName, ObjectKey};

/// The URL of an object that the server itself hands out: `{public_url}/objects/{bucket}/{key}`.
/// `public_url` has no trailing slash.
pub fn object_url(public_url: &str, bucket: &BucketName, key: &ObjectKey) -> String {
    // Neither name holds a character that a path would have to escape.
    format!("{public_url}/objects/{bucket}/{key}")
}

/// The same URL, signed so that it opens the object to whoever holds it until `expires_s` (Unix
/// seconds). `access_key` and `secret` are a pair that can do nothing else.
pub fn signed_url(
    public_url: &str,
    access_key: &str,
    secret: &[u8],
    bucket: &BucketName,
    key: &ObjectKey,
    expires_s: u64,
) -> String {
    let query =
        chancery_sign::link::sign(access_key, secret, bucket.as_str(), key.as_str(), expires_s);
    format!("{}?{query}", object_url(public_url, bucket, key))
}
