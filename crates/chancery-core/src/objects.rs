//! Objects: small files that the desk keeps and gives out by link.
//!
//! A bucket is public, and then its objects open to everyone, or it is not, and then they open
//! to whoever holds a signed link, until the link expires. Buckets are an account's, by their row, or
//! the desk's own, by their name (`OwnBucket`). Links are signed with a key of their
//! own, made once for the installation. It is no access key, so it can do nothing else.

mod own;

use std::sync::Arc;

use bytes::Bytes;
use chancery_objects::{BucketName, ObjectKey, object_url, signed_url};
use chancery_sign::link::{Link, LinkFault};
use chancery_store::{StoreError, Transaction};
use zeroize::Zeroizing;

use crate::crls::crl_name;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Kind, Result, Thing};
use crate::ids;

pub(crate) use own::{OwnBucket, check_bucket_name};

/// The setting that keeps the key of the links.
const LINK_KEY_SETTING: &str = "objects.link_key";
/// Where it is sealed for.
const LINK_KEY_PLACE: Place<'static> = Place {
    table: "settings",
    row: LINK_KEY_SETTING,
    column: "value",
};
/// The length of its name, in characters.
const ACCESS_KEY_LENGTH: usize = 20;

/// An object that was opened.
pub struct OpenedObject {
    /// What it holds.
    pub bytes: Bytes,
    /// Its content type.
    pub content_type: &'static str,
    /// Whether everyone may read it, so that a shared cache may keep it.
    pub public: bool,
}

/// The key that links are signed with.
pub(crate) struct LinkKey {
    access_key: String,
    secret: Zeroizing<Vec<u8>>,
}

impl Desk {
    /// Opens an object for a request with this method, path and raw query, signed or not.
    ///
    /// Without a valid link, a bucket that is not public answers as one that does not exist.
    ///
    /// # Errors
    /// [`Kind::CredentialsMissing`] without a (whole) link, [`Kind::TokenExpired`] for an expired
    /// one, [`Kind::Login`] for one of an unknown key, [`Kind::Signature`] for a changed one;
    /// [`Thing::Object`] not found in a public bucket or with a valid link.
    pub async fn open_object(
        &self,
        method: &str,
        (bucket, key): (&str, &str),
        query: &str,
    ) -> Result<OpenedObject> {
        let public = self.is_public(bucket, key).await?;
        if !public {
            self.verify_link(method, (bucket, key), query).await?;
        }
        let missing = || Error::not_found(Thing::Object, key);
        let (Ok(bucket), Ok(key)) = (BucketName::parse(bucket), ObjectKey::parse(key)) else {
            return Err(missing());
        };
        let found = self.object(&bucket, &key).await?;
        Ok(OpenedObject {
            bytes: found.ok_or_else(missing)?,
            content_type: key.content_type(),
            public,
        })
    }

    /// What is served as an object. A revocation list is what the database holds: the copy on this
    /// node may be older, or of a CA that has its place no longer.
    async fn object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Option<Bytes>> {
        match crl_name(key.as_str()) {
            Some(name) => {
                let list = self.store.crl_at(bucket.as_str(), name).await?;
                Ok(list.map(Bytes::from))
            }
            None => Ok(self.objects.get(bucket, key).await?),
        }
    }

    /// Whether everyone may read an object, if there is one.
    ///
    /// What the desk's own buckets are does not depend on rows: an account that named its bucket so
    /// before such names were the desk's may still have a revocation list there, which stays open.
    async fn is_public(&self, bucket: &str, key: &str) -> Result<bool> {
        match (OwnBucket::of_name(bucket), crl_name(key)) {
            (None, _) => {
                let row = self.store.bucket(bucket).await?;
                Ok(row.is_some_and(|row| row.public))
            }
            (Some(own), _) if own.is_public() => Ok(true),
            (Some(_), Some(list)) => Ok(self.store.is_crl_place(bucket, list).await?),
            (Some(_), None) => Ok(false),
        }
    }

    /// Keeps an object in a bucket of the desk's own. An object that is there already and the same
    /// is left alone.
    pub(crate) async fn keep_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        bytes: Bytes,
    ) -> Result<()> {
        let there = self.objects.get(bucket, key).await;
        if there?.as_ref() != Some(&bytes) {
            self.objects.put(bucket, key, bytes).await?;
        }
        Ok(())
    }

    /// The address of an object in a public bucket.
    pub(crate) fn public_link(&self, bucket: &BucketName, key: &ObjectKey) -> String {
        object_url(&self.settings.public_url, bucket, key)
    }

    /// A link that opens an object to whoever holds it, until it expires.
    pub(crate) async fn signed_link(&self, bucket: &BucketName, key: &ObjectKey) -> Result<String> {
        let link_key = self.link_key().await?;
        let expires_s = self.now_ms() / 1000 + self.settings.link_lifetime_s;
        Ok(signed_url(
            &self.settings.public_url,
            &link_key.access_key,
            &link_key.secret,
            bucket,
            key,
            expires_s.unsigned_abs(),
        ))
    }

    async fn verify_link(&self, method: &str, place: (&str, &str), query: &str) -> Result<()> {
        let link = Link::parse(query).map_err(refused)?;
        let link_key = self.link_key().await?;
        if link.access_key() != link_key.access_key {
            return Err(refused(LinkFault::InvalidAccessKeyId));
        }
        let now_s = (self.now_ms() / 1000).unsigned_abs();
        link.verify(&link_key.secret, method, place, now_s)
            .map_err(refused)
    }

    /// The key of the links; made if there is none yet.
    async fn link_key(&self) -> Result<Arc<LinkKey>> {
        let now = self.now_ms();
        if let Some(key) = self.link_keys.get(LINK_KEY_SETTING, now) {
            return Ok(key);
        }
        let since = self.link_keys.since();
        let sealed = match self.store.setting(LINK_KEY_SETTING).await? {
            Some(sealed) => sealed,
            None => self.new_link_key().await?,
        };
        let pair = self.custody.open(LINK_KEY_PLACE, &sealed)?;
        let (access_key, secret) = pair
            .split_at_checked(ACCESS_KEY_LENGTH)
            .ok_or_else(|| Error::internal("the key of the links is too short"))?;
        let key = Arc::new(LinkKey {
            access_key: String::from_utf8_lossy(access_key).into_owned(),
            secret: Zeroizing::new(secret.to_vec()),
        });
        self.link_keys
            .put(LINK_KEY_SETTING, Arc::clone(&key), now, since);
        Ok(key)
    }

    /// Makes the key of the links and returns it sealed; of several nodes, one wins.
    async fn new_link_key(&self) -> Result<Vec<u8>> {
        let random = self.random.as_ref();
        let access_key = ids::text(random, ids::UPPER_DIGITS, ACCESS_KEY_LENGTH);
        let secret = Zeroizing::new(ids::text(random, ids::ALPHANUMERIC, 40));
        let pair = Zeroizing::new([access_key.as_bytes(), secret.as_bytes()].concat());
        let sealed = self.custody.seal(LINK_KEY_PLACE, &pair);
        let mut tx = Transaction::new("link_key.create");
        tx.insert_setting(LINK_KEY_SETTING, &sealed);
        match self.store.commit(tx).await {
            Ok(()) => Ok(sealed),
            Err(StoreError::Duplicate(_)) => {
                let sealed = self.store.setting(LINK_KEY_SETTING).await?;
                sealed.ok_or_else(|| Error::overtaken("the key of the links vanished"))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn refused(fault: LinkFault) -> Error {
    let kind = match fault {
        LinkFault::InvalidAccessKeyId => Kind::Login,
        LinkFault::Expired => Kind::TokenExpired,
        LinkFault::SignatureDoesNotMatch => Kind::Signature,
        LinkFault::MissingParameter
        | LinkFault::RepeatedParameter(_)
        | LinkFault::MalformedExpires => Kind::CredentialsMissing,
    };
    Error::new(kind, fault.to_string())
}
