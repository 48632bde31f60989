use crate::{Algorithm, SignatureFault};

/// Longest access key that is read, in bytes (the SDKs use 20 characters).
const MAX_ACCESS_KEY: usize = 128;
/// Longest day, region or service in the scope of a V11 signature, in bytes.
const MAX_SCOPE_PART: usize = 64;
/// Most headers that a request may sign.
const MAX_SIGNED_HEADERS: usize = 64;

/// A parsed `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    pub(crate) algorithm: Algorithm,
    pub(crate) access_key: String,
    /// `yyyymmdd/region/service` of a V11 signature; empty for the other algorithms.
    pub(crate) scope: String,
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: Vec<u8>,
}

impl Authorization {
    /// Reads the value of an `Authorization` header,
    /// `<algorithm> Access=<access key>, SignedHeaders=<a;b;c>, Signature=<lower-case hex>`; with
    /// [`Algorithm::V11HmacSha256`] the first part is
    /// `Credential=<access key>/<yyyymmdd>/<region>/<service>`.
    ///
    /// # Errors
    /// [`SignatureFault::UnknownAlgorithm`] by the first word;
    /// [`SignatureFault::MalformedAuthorization`] and
    /// [`SignatureFault::MalformedSignedHeaders`] for the rest.
    pub fn parse(value: &str) -> Result<Self, SignatureFault> {
        let (name, fields) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
        let algorithm = Algorithm::from_name(name).ok_or(SignatureFault::UnknownAlgorithm)?;
        let who = match algorithm {
            Algorithm::V11HmacSha256 => "Credential",
            _ => "Access",
        };

        let (mut access, mut signed_headers, mut signature) = (None, None, None);
        for field in fields.split(',') {
            let (key, value) = field
                .trim()
                .split_once('=')
                .ok_or(malformed("a part has no ="))?;
            let slot = match key {
                _ if key == who => &mut access,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(malformed("a part is unknown")),
            };
            if slot.replace(value).is_some() {
                return Err(malformed("a part is there twice"));
            }
        }
        let access = access.ok_or(malformed("Access or Credential is missing"))?;
        let (access, scope) = match algorithm {
            Algorithm::V11HmacSha256 => scoped(access)?,
            _ => (access, ""),
        };
        Ok(Self {
            algorithm,
            access_key: access_key(access)?,
            scope: scope.to_owned(),
            signed_headers: split_names(
                signed_headers.ok_or(malformed("SignedHeaders is missing"))?,
            )?,
            signature: hex_bytes(signature.ok_or(malformed("Signature is missing"))?)?,
        })
    }

    /// The algorithm that the request claims to be signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The access key whose secret must verify the request.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The names of the signed headers: lower case, sorted, each once.
    pub fn signed_headers(&self) -> &[String] {
        &self.signed_headers
    }
}

/// Checks that header names can be signed: 1 to 64, tokens in lower case, sorted, each once.
///
/// All SDKs sort them; a list in another order has no agreed canonical form.
pub(crate) fn check_names<S: AsRef<str>>(names: &[S]) -> Result<(), SignatureFault> {
    let tokens = names.iter().all(|name| is_lower_token(name.as_ref()));
    let sorted = names
        .windows(2)
        .all(|pair| pair[0].as_ref() < pair[1].as_ref());
    if tokens && sorted && (1..=MAX_SIGNED_HEADERS).contains(&names.len()) {
        Ok(())
    } else {
        Err(SignatureFault::MalformedSignedHeaders)
    }
}

fn malformed(reason: &'static str) -> SignatureFault {
    SignatureFault::MalformedAuthorization(reason)
}

/// The access key and the scope of a V11 credential.
fn scoped(credential: &str) -> Result<(&str, &str), SignatureFault> {
    let (access, scope) = credential.split_once('/').unwrap_or((credential, ""));
    let parts: Vec<&str> = scope.splitn(4, '/').collect();
    let plain = |part: &str| {
        (1..=MAX_SCOPE_PART).contains(&part.len())
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    match parts[..] {
        [_, _, _] if parts.iter().all(|part| plain(part)) => Ok((access, scope)),
        _ => Err(malformed(
            "Credential must be access key, day, region and service, with / between them",
        )),
    }
}

fn access_key(text: &str) -> Result<String, SignatureFault> {
    let plain = text.bytes().all(|b| b.is_ascii_graphic());
    if plain && (1..=MAX_ACCESS_KEY).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(malformed("Access must be 1 to 128 printable characters"))
    }
}

fn split_names(text: &str) -> Result<Vec<String>, SignatureFault> {
    let names: Vec<String> = text
        .split(';')
        .take(MAX_SIGNED_HEADERS + 1)
        .map(str::to_owned)
        .collect();
    check_names(&names)?;
    Ok(names)
}

/// A header name (RFC 9110, section 5.6.2, "token") without upper-case letters.
fn is_lower_token(name: &str) -> bool {
    let token =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(token)
}

/// Lower-case hex only, which every SDK writes: so one request has one valid text.
fn hex_bytes(text: &str) -> Result<Vec<u8>, SignatureFault> {
    let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match hex::decode(text) {
        Ok(bytes) if lower && !bytes.is_empty() => Ok(bytes),
        _ => Err(malformed("Signature must be hex digits in lower case")),
    }
}
