use async_trait::async_trait;
use bytes::Bytes;

use crate::{BucketName, ObjectKey};

/// Where objects are kept. What was put is durable when `put` returns, and a reader sees either
/// the old object or the new one, never a part.
///
/// The content type is a fact of the key ([`ObjectKey::content_type`]), so no store keeps it.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Stores an object, in place of the one that may be there. Buckets come into being with
    /// their first object.
    async fn put(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        bytes: Bytes,
    ) -> Result<(), ObjectError>;

    /// The bytes of an object, or none when there is no such object.
    async fn get(&self, bucket: &BucketName, key: &ObjectKey)
    -> Result<Option<Bytes>, ObjectError>;

    /// Removes an object. It is no error when there is none.
    async fn delete(&self, bucket: &BucketName, key: &ObjectKey) -> Result<(), ObjectError>;

    /// The objects of all buckets whose keys end so, in no order.
    async fn ending_with(&self, suffix: &str) -> Result<Vec<(BucketName, ObjectKey)>, ObjectError>;

    /// Whether there is such an object.
    async fn exists(&self, bucket: &BucketName, key: &ObjectKey) -> Result<bool, ObjectError>;
}

/// The storage below failed. The text is for the log, not for a caller of the API.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}: {source}")]
pub struct ObjectError {
    /// What failed: "put object", "open the object folder".
    pub doing: &'static str,
    /// Why.
    pub source: std::io::Error,
}
