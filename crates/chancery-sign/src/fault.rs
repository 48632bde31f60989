/// Why a request signature is refused.
///
/// The texts are those an API gateway answers with, where it has one. They name parts of the
/// request, never a secret and never the signature that would have been right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// The `Authorization` header does not have the form of any SDK algorithm.
    #[error(
        "header authorization must read <algorithm> Access=<access key> (V11-HMAC-SHA256: \
         Credential=<access key>/<day>/<region>/<service>), SignedHeaders=<names>, \
         Signature=<hex>: {0}"
    )]
    MalformedAuthorization(&'static str),
    /// The first word of the `Authorization` header names no algorithm of the SDKs.
    #[error("header authorization does not start with an algorithm of the SDKs")]
    UnknownAlgorithm,
    /// `SignedHeaders` is empty, too long, not lower-case, not sorted, or names a header twice.
    #[error("SignedHeaders must hold 1 to 64 header names in lower case, sorted, each once")]
    MalformedSignedHeaders,
    /// A header named in `SignedHeaders` is not in the request.
    #[error("signed header {0} not found in the request")]
    MissingHeader(String),
    /// A header that the signature depends on was sent more than once, so it has no one value.
    #[error("signed header {0} is sent more than once")]
    RepeatedHeader(String),
    /// `x-sdk-date` is not one of the signed headers, so the request could be replayed for ever.
    #[error("header x-sdk-date must be one of the signed headers")]
    DateNotSigned,
    /// `x-sdk-date` is not a date of the form `YYYYMMDDTHHMMSSZ`.
    #[error("header x-sdk-date must be a UTC time of the form YYYYMMDDTHHMMSSZ")]
    MalformedDate,
    /// `x-sdk-date` is more than 15 minutes before or after the server's time.
    #[error("x-sdk-date expired")]
    DateOutOfWindow,
    /// The day in the scope of a V11 signature is not that of `x-sdk-date`.
    #[error("the day in Credential must be that of header x-sdk-date")]
    OtherDay,
    /// The content header is neither a digest in hex nor `UNSIGNED-PAYLOAD`.
    #[error("header {0} must be the digest of the body in 64 hex digits, or UNSIGNED-PAYLOAD")]
    MalformedContentDigest(&'static str),
    /// The content header is not the digest of the body that arrived.
    #[error("header {0} is not the digest of the body")]
    BodyMismatch(&'static str),
    /// The signature is not the one that the secret gives for this request.
    #[error("verify aksk signature fail")]
    SignatureMismatch,
    /// A client's request could not be signed: the library failed, or no key follows from the
    /// secret.
    #[error("the request could not be signed with this access key")]
    SigningFailed,
}
