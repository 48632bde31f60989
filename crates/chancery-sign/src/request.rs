use crate::canonical::{canonical_head, canonical_request};
use crate::scheme::{Credential, Scheme};
use crate::{Algorithm, Authorization, SignatureFault, date};

/// The header that carries the time of signing, in lower case.
pub const DATE_HEADER: &str = "x-sdk-date";
/// How far `X-Sdk-Date` may lie before or after the server's time, in milliseconds: 15 minutes.
pub const DATE_WINDOW_MS: u64 = 15 * 60 * 1000;
/// How many characters of a date are its day.
const DAY: usize = 8;
/// What a content header says when the body is not part of the signature.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// What a request has under one header name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// The header was not sent.
    Absent,
    /// The header was sent once, with this value (raw bytes of the wire).
    Once(&'a [u8]),
    /// The header was sent more than once: no single value can be signed.
    Repeated,
}

impl<'a> Field<'a> {
    /// The field for all values that were sent under one name.
    pub fn of(mut values: impl Iterator<Item = &'a [u8]>) -> Self {
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::Once(value),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }
}

/// The parts of a request that a signature covers, as they are on the wire.
#[derive(Clone, Copy)]
pub struct RequestParts<'a> {
    /// The method, in any case.
    pub method: &'a str,
    /// The path, still percent-encoded, without the query.
    pub path: &'a str,
    /// The query, still percent-encoded, without the question mark; empty when there is none.
    pub query: &'a str,
    /// Looks a header up by its name in lower case.
    pub headers: &'a dyn Fn(&str) -> Field<'a>,
}

/// Checks all of a signature that can be checked before the body: that the signed headers are
/// there once each, that `x-sdk-date` is one of them and within 15 minutes of `now_ms`
/// (milliseconds since the Unix epoch), and that the content header, if sent, has a valid form.
///
/// Exactly the headers that the client named are signed: the SDKs differ in which, and add
/// scope headers (`X-Project-Id`, `X-Domain-Id`) after signing.
///
/// # Errors
/// The [`SignatureFault`] of the first check that fails.
pub fn prepare(
    parts: &RequestParts<'_>,
    authorization: &Authorization,
    now_ms: i64,
) -> Result<Prepared, SignatureFault> {
    let head = canonical_head(parts, &authorization.signed_headers)?;
    let (date, signed_ms) = signed_date(parts, &authorization.signed_headers)?;
    if signed_ms.abs_diff(now_ms) > DATE_WINDOW_MS {
        return Err(SignatureFault::DateOutOfWindow);
    }
    let scope = authorization.scope.clone();
    if !scope.is_empty() && scope.split('/').next() != date.get(..DAY) {
        return Err(SignatureFault::OtherDay);
    }
    Ok(Prepared {
        algorithm: authorization.algorithm,
        scheme: authorization.algorithm.scheme(),
        access_key: authorization.access_key.clone(),
        scope,
        date,
        head,
        payload: Payload::of(parts, authorization.algorithm)?,
        signature: authorization.signature.clone(),
    })
}

/// A signed request whose body is still to come. It owns what it needs, so it can be kept while
/// the body is read.
pub struct Prepared {
    algorithm: Algorithm,
    scheme: &'static dyn Scheme,
    access_key: String,
    scope: String,
    date: String,
    head: Vec<u8>,
    payload: Payload,
    signature: Vec<u8>,
}

impl Prepared {
    /// Verifies the signature with the secret of the access key that the request names, and the
    /// raw body bytes, as they arrived.
    ///
    /// With [`Algorithm::SdkSm2Sm3`] this takes some 0.5 ms, with
    /// [`Algorithm::SdkEcdsaP256Sha256`] 0.1 ms, else microseconds.
    ///
    /// # Errors
    /// [`SignatureFault::BodyMismatch`] when the client announced another body;
    /// [`SignatureFault::SignatureMismatch`] when the signature is not right, compared in
    /// constant time.
    pub fn verify(&self, secret: &[u8], body: &[u8]) -> Result<(), SignatureFault> {
        let payload = self.payload.text(self.scheme, body)?;
        if self.signs(secret, &payload) {
            return Ok(());
        }
        // The Python SDK announces UNSIGNED-PAYLOAD and signs the empty digest when the body is
        // empty; the others sign what they announce.
        if matches!(self.payload, Payload::Unsigned)
            && body.is_empty()
            && self.signs(secret, &hex::encode(self.scheme.digest(body)))
        {
            return Ok(());
        }
        Err(SignatureFault::SignatureMismatch)
    }

    fn signs(&self, secret: &[u8], payload: &str) -> bool {
        let request = [self.head.as_slice(), payload.as_bytes()].concat();
        let credential = Credential {
            access_key: &self.access_key,
            secret,
            scope: &self.scope,
        };
        let message = string_to_sign(self.algorithm, credential, &self.date, &request);
        self.scheme
            .verify(credential, message.as_bytes(), &self.signature)
    }
}

/// Signs requests as a client does.
pub struct Signer<'a> {
    /// The algorithm to sign with.
    pub algorithm: Algorithm,
    /// The access key, which the `Authorization` header names.
    pub access_key: &'a str,
    /// The secret of the access key.
    pub secret: &'a [u8],
    /// `<region>/<service>`, which [`Algorithm::V11HmacSha256`] is signed for; the others have
    /// none.
    pub scope: Option<&'a str>,
}

impl Signer<'_> {
    /// The value of the `Authorization` header for a request that already carries all its
    /// headers, `X-Sdk-Date` (see [`crate::sdk_date`]) among them.
    ///
    /// `signed_headers` are names in lower case, in any order; `body` holds the raw bytes that
    /// will be sent.
    ///
    /// # Errors
    /// The [`SignatureFault`] for which a server would refuse the request.
    pub fn sign(
        &self,
        parts: &RequestParts<'_>,
        signed_headers: &[&str],
        body: &[u8],
    ) -> Result<String, SignatureFault> {
        let scheme = self.algorithm.scheme();
        let mut names = signed_headers.to_vec();
        names.sort_unstable();
        let payload = Payload::of(parts, self.algorithm)?.text(scheme, body)?;
        let request = canonical_request(parts, &names, &payload)?;
        let (date, _) = signed_date(parts, &names)?;
        let scope = match (self.algorithm, self.scope) {
            (Algorithm::V11HmacSha256, Some(scope)) => format!("{}/{scope}", &date[..DAY]),
            (Algorithm::V11HmacSha256, None) => return Err(SignatureFault::SigningFailed),
            _ => String::new(),
        };
        let credential = Credential {
            access_key: self.access_key,
            secret: self.secret,
            scope: &scope,
        };
        let message = string_to_sign(self.algorithm, credential, &date, &request);
        let signature = scheme.sign(credential, message.as_bytes())?;
        let who = match scope.as_str() {
            "" => format!("Access={}", self.access_key),
            scope => format!("Credential={}/{scope}", self.access_key),
        };
        Ok(format!(
            "{} {who}, SignedHeaders={}, Signature={}",
            self.algorithm.name(),
            names.join(";"),
            hex::encode(signature),
        ))
    }
}

/// What the client says about its body.
enum Payload {
    /// Nothing: the signature holds the digest of the body itself.
    Body,
    /// A digest in hex, which must be that of the body: else a signed request could be sent with
    /// another body.
    Announced {
        header: &'static str,
        digest: String,
    },
    /// That the body is not signed.
    Unsigned,
}

impl Payload {
    fn of(parts: &RequestParts<'_>, algorithm: Algorithm) -> Result<Self, SignatureFault> {
        let name = algorithm.content_header();
        let value = match (parts.headers)(name) {
            Field::Absent => return Ok(Self::Body),
            Field::Once(value) => value.trim_ascii(),
            Field::Repeated => return Err(SignatureFault::RepeatedHeader(name.to_owned())),
        };
        match std::str::from_utf8(value) {
            Ok(UNSIGNED_PAYLOAD) => Ok(Self::Unsigned),
            Ok(text) if text.len() == 64 && hex::decode(text).is_ok() => Ok(Self::Announced {
                header: name,
                digest: text.to_owned(),
            }),
            _ => Err(SignatureFault::MalformedContentDigest(name)),
        }
    }

    /// The last line of the canonical request.
    fn text(&self, scheme: &dyn Scheme, body: &[u8]) -> Result<String, SignatureFault> {
        let actual = || hex::encode(scheme.digest(body));
        match self {
            Self::Body => Ok(actual()),
            Self::Unsigned => Ok(UNSIGNED_PAYLOAD.to_owned()),
            Self::Announced { digest, .. } if digest.eq_ignore_ascii_case(&actual()) => {
                Ok(digest.clone())
            }
            Self::Announced { header, .. } => Err(SignatureFault::BodyMismatch(header)),
        }
    }
}

fn string_to_sign(
    algorithm: Algorithm,
    credential: Credential<'_>,
    date: &str,
    canonical_request: &[u8],
) -> String {
    let (name, digest) = (
        algorithm.name(),
        algorithm.scheme().digest(canonical_request),
    );
    let digest = hex::encode(digest);
    match credential.scope {
        "" => format!("{name}\n{date}\n{digest}"),
        scope => format!("{name}\n{date}\n{scope}\n{digest}"),
    }
}

/// The text and the time of `X-Sdk-Date`, which must be one of the signed headers.
fn signed_date<S: AsRef<str>>(
    parts: &RequestParts<'_>,
    signed_headers: &[S],
) -> Result<(String, i64), SignatureFault> {
    if !signed_headers
        .iter()
        .any(|name| name.as_ref() == DATE_HEADER)
    {
        return Err(SignatureFault::DateNotSigned);
    }
    let Field::Once(value) = (parts.headers)(DATE_HEADER) else {
        return Err(SignatureFault::MalformedDate);
    };
    let text =
        std::str::from_utf8(value.trim_ascii()).map_err(|_| SignatureFault::MalformedDate)?;
    let time_ms = date::parse(text).ok_or(SignatureFault::MalformedDate)?;
    Ok((text.to_owned(), time_ms))
}
