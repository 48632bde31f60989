use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use crate::SignatureFault;
use crate::authorization::check_names;
use crate::request::{Field, RequestParts};

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// The same, for a whole path whose slashes stay.
pub(crate) const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The canonical request: six parts, one below the other, that client and server must build byte
/// for byte alike.
///
/// `payload` is the last part: the digest of the body in hex, or whatever the content header
/// says instead of it.
///
/// # Errors
/// [`SignatureFault::MalformedSignedHeaders`], [`SignatureFault::MissingHeader`] and
/// [`SignatureFault::RepeatedHeader`].
pub fn canonical_request<S: AsRef<str>>(
    parts: &RequestParts<'_>,
    signed_headers: &[S],
    payload: &str,
) -> Result<Vec<u8>, SignatureFault> {
    let mut request = canonical_head(parts, signed_headers)?;
    request.extend_from_slice(payload.as_bytes());
    Ok(request)
}

/// The canonical request up to its payload line, which is all that is known before the body.
pub(crate) fn canonical_head<S: AsRef<str>>(
    parts: &RequestParts<'_>,
    signed_headers: &[S],
) -> Result<Vec<u8>, SignatureFault> {
    check_names(signed_headers)?;
    let mut head = Vec::with_capacity(512);
    for line in [
        parts.method.to_ascii_uppercase(),
        canonical_path(parts.path),
        canonical_query(parts.query),
    ] {
        head.extend_from_slice(line.as_bytes());
        head.push(b'\n');
    }
    for name in signed_headers.iter().map(AsRef::as_ref) {
        let value = match (parts.headers)(name) {
            Field::Once(value) => value,
            Field::Absent => return Err(SignatureFault::MissingHeader(name.to_owned())),
            Field::Repeated => return Err(SignatureFault::RepeatedHeader(name.to_owned())),
        };
        head.extend_from_slice(name.as_bytes());
        head.push(b':');
        head.extend_from_slice(value.trim_ascii());
        head.push(b'\n');
    }
    head.push(b'\n');
    for (i, name) in signed_headers.iter().enumerate() {
        if i > 0 {
            head.push(b';');
        }
        head.extend_from_slice(name.as_ref().as_bytes());
    }
    head.push(b'\n');
    Ok(head)
}

/// The path, decoded once, every segment encoded again, and always ended by a slash.
fn canonical_path(raw: &str) -> String {
    let decoded: Vec<u8> = percent_decode(raw.as_bytes()).collect();
    let mut path = percent_encode(&decoded, RESERVED_IN_PATH).to_string();
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

/// The query, decoded, sorted by name and then by value, and encoded again.
///
/// A `+` is a space, as in the handlers that read the same query: the SDKs write a plus sign as
/// `%2B`, and clients that use a form encoder write a space as `+`.
fn canonical_query(raw: &str) -> String {
    let decode =
        |text: &str| -> Vec<u8> { percent_decode(text.replace('+', " ").as_bytes()).collect() };
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    pairs.sort();
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            format!(
                "{}={}",
                percent_encode(name, RESERVED),
                percent_encode(value, RESERVED)
            )
        })
        .collect();
    encoded.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (raw, canonical) in [
            ("/", "/"),
            ("", "/"),
            ("/path", "/path/"),
            ("/path/", "/path/"),
            ("/a%20b/%E4%B8%AD", "/a%20b/%E4%B8%AD/"),
            ("/%7e~%61", "/~~a/"),
            ("/a:b*c", "/a%3Ab%2Ac/"),
            ("/a//b", "/a//b/"),
            ("/100%", "/100%25/"),
            ("/a%2Fb", "/a/b/"),
        ] {
            assert_eq!(canonical_path(raw), canonical, "{raw}");
        }
    }

    #[test]
    fn queries() {
        for (raw, canonical) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a-b=1&a=2", "a=2&a-b=1"),
            ("a=2&a=1&a=10", "a=1&a=10&a=2"),
            ("empty=&none", "empty=&none="),
            ("&&a=1&", "a=1"),
            ("a=x=y", "a=x%3Dy"),
            ("a=1+2&b=1%2B2", "a=1%202&b=1%2B2"),
            ("z=%e4%b8%ad~*", "z=%E4%B8%AD~%2A"),
        ] {
            assert_eq!(canonical_query(raw), canonical, "{raw}");
        }
    }
}
