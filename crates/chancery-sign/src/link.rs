//! Links to stored objects, signed in their query (S3 and OBS signature version 2).
//!
//! A link lets whoever holds it `GET` one object until it expires, and do nothing else with it: `HEAD` is
//! another method, and has another signature. It carries three parameters: `AWSAccessKeyId` (OBS also knows
//! it as `AccessKeyId`), `Expires` in Unix seconds, and `Signature`, the base64 of the HMAC-SHA1 over
//!
//! ```text
//! <method>\n\n\n<Expires>\n/<bucket>/<key><sub-resources>
//! ```
//!
//! Sub-resources are parameters that ask for something else than the object, or for another answer (`acl`,
//! `versionId`, `response-content-type`): in the order of their names, behind a question mark.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chancery_crypto::{constant_time_eq, mac};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};

use crate::canonical::RESERVED_IN_PATH;

/// The parameters that are sub-resources, in the order of their names: those of S3's signature version 2
/// and those that OBS has beside them.
const SUB_RESOURCES: &[&str] = &[
    "CDNNotifyConfiguration",
    "acl",
    "append",
    "attname",
    "backtosource",
    "cors",
    "customdomain",
    "delete",
    "deletebucket",
    "directcoldaccess",
    "encryption",
    "inventory",
    "length",
    "lifecycle",
    "location",
    "logging",
    "metadata",
    "modify",
    "name",
    "notification",
    "object-lock",
    "orchestration",
    "partNumber",
    "policy",
    "position",
    "quota",
    "rename",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "storageClass",
    "storageinfo",
    "storagePolicy",
    "tagging",
    "torrent",
    "truncate",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
    "x-image-process",
    "x-image-save-bucket",
    "x-image-save-object",
    "x-obs-security-token",
];

/// Why a signed link is refused. Object stores answer all of these with status 403.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// One of the three parameters is not in the query.
    #[error(
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId \
         parameters"
    )]
    MissingParameter,
    /// One of the three parameters is in the query twice.
    #[error("Query parameter {0} is given more than once")]
    RepeatedParameter(&'static str),
    /// `Expires` is not a number of seconds.
    #[error("Invalid date (should be seconds since epoch)")]
    MalformedExpires,
    /// The access key of the link does not exist.
    #[error("The access key Id you provided does not exist in our records")]
    InvalidAccessKeyId,
    /// The link has expired.
    #[error("Request has expired")]
    Expired,
    /// The signature is not the one of this object, expiry and access key.
    #[error("The request signature we calculated does not match the signature you provided")]
    SignatureDoesNotMatch,
}

impl LinkFault {
    /// The code of the fault in the XML answer of an object store.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidAccessKeyId => "InvalidAccessKeyId",
            Self::SignatureDoesNotMatch => "SignatureDoesNotMatch",
            _ => "AccessDenied",
        }
    }
}

/// The query of a link to `/{bucket}/{key}`, without a question mark, that expires at
/// `expires_s` (Unix seconds). `key` is the plain name of the object, not percent-encoded.
pub fn sign(access_key: &str, secret: &[u8], bucket: &str, key: &str, expires_s: u64) -> String {
    let signed = Signed {
        method: "GET",
        bucket,
        key,
        expires: &expires_s.to_string(),
        sub_resources: "",
    };
    let signature = BASE64.encode(signed.signature(secret));
    format!(
        "AWSAccessKeyId={}&Expires={expires_s}&Signature={}",
        utf8_percent_encode(access_key, NON_ALPHANUMERIC),
        utf8_percent_encode(&signature, NON_ALPHANUMERIC),
    )
}

/// The signature parameters of a link, read from its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    access_key: String,
    expires: String,
    expires_s: u64,
    signature: String,
    /// The sub-resources that are asked for, as they are signed.
    sub_resources: String,
}

impl Link {
    /// Reads the raw query of a request. Parameters that are no sub-resources are left alone.
    ///
    /// # Errors
    /// [`LinkFault::MissingParameter`], [`LinkFault::RepeatedParameter`] or
    /// [`LinkFault::MalformedExpires`].
    pub fn parse(query: &str) -> Result<Self, LinkFault> {
        let (mut access_key, mut expires, mut signature) = (None, None, None);
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let (name, slot) = match name {
                "AWSAccessKeyId" | "AccessKeyId" => ("AWSAccessKeyId", &mut access_key),
                "Expires" => ("Expires", &mut expires),
                "Signature" => ("Signature", &mut signature),
                _ => continue,
            };
            // A plus sign stays one: it is a digit of base64, and not every client escapes it.
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            if slot.replace(value).is_some() {
                return Err(LinkFault::RepeatedParameter(name));
            }
        }
        let (Some(access_key), Some(expires), Some(signature)) = (access_key, expires, signature)
        else {
            return Err(LinkFault::MissingParameter);
        };
        let expires_s = expires.parse().map_err(|_| LinkFault::MalformedExpires)?;
        Ok(Self {
            access_key,
            expires,
            expires_s,
            signature,
            sub_resources: sub_resources(query),
        })
    }

    /// The access key whose secret must verify the link.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// Verifies the link for this method of `/{bucket}/{key}` at `now_s` (Unix seconds). `key` is the plain
    /// name of the object, not percent-encoded.
    ///
    /// # Errors
    /// [`LinkFault::Expired`] from the second of `Expires` on;
    /// [`LinkFault::SignatureDoesNotMatch`], compared in constant time.
    pub fn verify(
        &self,
        secret: &[u8],
        method: &str,
        (bucket, key): (&str, &str),
        now_s: u64,
    ) -> Result<(), LinkFault> {
        if now_s >= self.expires_s {
            return Err(LinkFault::Expired);
        }
        let given = BASE64.decode(&self.signature).unwrap_or_default();
        let signed = Signed {
            method,
            bucket,
            key,
            expires: &self.expires,
            sub_resources: &self.sub_resources,
        };
        if constant_time_eq(&signed.signature(secret), &given) {
            Ok(())
        } else {
            Err(LinkFault::SignatureDoesNotMatch)
        }
    }
}

/// What a signature is over.
struct Signed<'a> {
    method: &'a str,
    bucket: &'a str,
    key: &'a str,
    /// The text of the query, so that every text of it but the signed one is refused.
    expires: &'a str,
    sub_resources: &'a str,
}

impl Signed<'_> {
    fn signature(&self, secret: &[u8]) -> [u8; 20] {
        let Self {
            method,
            bucket,
            key,
            expires,
            sub_resources,
        } = self;
        let key = percent_encode(key.as_bytes(), RESERVED_IN_PATH);
        let text = format!("{method}\n\n\n{expires}\n/{bucket}/{key}{sub_resources}");
        mac::hmac_sha1(secret, text.as_bytes())
    }
}

/// The sub-resources of a raw query in the order of their names, decoded, behind a question mark; nothing
/// where there is none.
fn sub_resources(query: &str) -> String {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut found: Vec<(String, Option<String>)> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => (decode(name), Some(decode(value))),
            None => (decode(pair), None),
        })
        .filter(|(name, _)| SUB_RESOURCES.contains(&name.as_str()))
        .collect();
    found.sort();
    let mut text = String::new();
    for (name, value) in found {
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(&name);
        if let Some(value) = value {
            text.extend(["=", &value]);
        }
    }
    text
}
