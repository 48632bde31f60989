//! Quirks of the wire: values that arrive as strings, numbers or booleans, and JSON that does not
//! fit.

use chancery_core::json::repeated_key;
use chancery_core::limits::ENTERPRISE_PROJECT;
use chancery_core::{Error, Kind};
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a JSON body. The error names the field and what is allowed, and repeats no value: it may
/// be a secret.
///
/// A key that an object has twice is refused wherever it stands, also where nobody looks: another
/// reader would have taken the other one.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let body = without_mark(body);
    if let [0xfe, 0xff, ..] | [0xff, 0xfe, ..] = body {
        return Err(Error::new(
            Kind::Malformed,
            "the body must be in UTF-8, and is in UTF-16",
        ));
    }
    // An object would be read from an array by the places of its fields, whose names nobody has written.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Error::new(Kind::Malformed, "the body must be an object"));
    }
    if let Some(key) = repeated_key(body) {
        let text = format!("{key} is there twice");
        return Err(Error::new(Kind::Malformed, text));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            serde_json::error::Category::Data => describe(&path, &error.to_string()),
            _ => not_json(&error),
        }
    })?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

/// A text without the byte order mark that some editors put before it (RFC 8259 section 8.1).
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// A flag that is documented as text, in an answer. Terraform's library (`golangsdk`) reads a JSON boolean
/// there and nothing else, the SDKs a text and nothing else: who asks is told by their `User-Agent`.
pub(crate) fn flag_as_text(flag: bool, headers: &HeaderMap) -> Value {
    let agents = headers.get_all(USER_AGENT).iter();
    let is_library = |agent: &HeaderValue| {
        agent
            .to_str()
            .is_ok_and(|agent| agent.contains("golangsdk"))
    };
    match agents.into_iter().any(is_library) {
        true => flag.into(),
        false => flag.to_string().into(),
    }
}

fn not_json(error: &serde_json::Error) -> Error {
    let text = format!(
        "the body is not valid JSON at line {}, column {}",
        error.line(),
        error.column()
    );
    Error::new(Kind::Malformed, text)
}

fn describe(path: &str, error: &str) -> Error {
    let inside = if path == "." {
        String::new()
    } else {
        format!("{path}.")
    };
    let text = if let Some(rest) = error.strip_prefix("missing field `") {
        format!(
            "{inside}{} is required",
            rest.split('`').next().unwrap_or_default()
        )
    } else if let Some((_, expected)) = error.rsplit_once(", expected ") {
        let expected = expected.split(" at line").next().unwrap_or_default();
        let expected = match expected.split_once("struct ") {
            Some(_) => "an object",
            None if expected == "a boolean" => "true or false",
            None if expected.starts_with("i64") || expected.starts_with('u') => "a whole number",
            None => expected,
        };
        match path {
            "." => format!("the body must be {expected}"),
            _ => format!("{path} must be {expected}"),
        }
    } else {
        format!("{path} is not allowed here")
    };
    Error::new(Kind::Malformed, text)
}

/// An optional text for which an empty one counts as absent (Terraform sends unset fields so).
pub(crate) fn text_or_empty<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(d)?.filter(|text| !text.is_empty()))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Flag(bool),
    Number(i64),
    Text(String),
    Null,
    // Taken so that the refusal is ours, with the field's name, not a report on variants.
    Other(serde::de::IgnoredAny),
}

/// A boolean that may arrive as `true`, `"true"`, `"True"`, or empty or null for absent.
pub(crate) fn loose_flag<'de, D: Deserializer<'de>>(d: D) -> Result<Option<bool>, D::Error> {
    match Loose::deserialize(d)? {
        Loose::Null => Ok(None),
        Loose::Flag(flag) => Ok(Some(flag)),
        Loose::Text(text) if text.is_empty() => Ok(None),
        Loose::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Loose::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        _ => Err(D::Error::custom("wrong value, expected true or false")),
    }
}

/// A whole number that may arrive as a number or as text; empty or null for absent.
pub(crate) fn loose_number<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    let wrong = || D::Error::custom("wrong value, expected a whole number");
    match Loose::deserialize(d)? {
        Loose::Null => Ok(None),
        Loose::Number(number) => Ok(Some(number)),
        Loose::Text(text) if text.is_empty() => Ok(None),
        Loose::Text(text) => text.parse().map(Some).map_err(|_| wrong()),
        Loose::Flag(_) | Loose::Other(_) => Err(wrong()),
    }
}

/// A number that may have a fraction and may arrive as text; empty or null for absent.
pub(crate) fn loose_decimal<'de, D: Deserializer<'de>>(d: D) -> Result<Option<f64>, D::Error> {
    let wrong = || D::Error::custom("wrong value, expected a number");
    match serde_json::Value::deserialize(d)? {
        serde_json::Value::Null => Ok(None),
        serde_json::Value::Number(number) => Ok(number.as_f64()),
        serde_json::Value::String(text) if text.is_empty() => Ok(None),
        serde_json::Value::String(text) => text.parse().map(Some).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// The enterprise project: `0` (the default one) or the form of a UUID. Whether the account has it
/// the core asks, once the call is allowed.
pub(crate) fn enterprise_project(id: Option<String>) -> Result<String, Error> {
    let id = id.unwrap_or_else(|| "0".to_owned());
    if id == "0" || is_uuid(&id) {
        return Ok(id);
    }
    Err(ENTERPRISE_PROJECT.refusal("enterprise_project_id"))
}

/// The form of a UUID in lower case: `8-4-4-4-12` hexadecimal digits.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        })
}

/// A time as IAM writes it: `2020-01-08T02:56:19.587000Z`.
pub(crate) fn iso_micros(ms: i64) -> String {
    stamp(ms, "%Y-%m-%dT%H:%M:%S%.6fZ")
}

/// A time as DCS writes it: `2022-06-15T02:21:18.669Z`.
pub(crate) fn iso_millis(ms: i64) -> String {
    stamp(ms, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// A time in UTC in a `strftime` form; empty for a time outside years 0 to 9999.
pub(crate) fn stamp(ms: i64, form: &str) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|time| time.strftime(form).to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "loose_flag")]
        flag: Option<bool>,
        #[serde(default, deserialize_with = "loose_number")]
        number: Option<i64>,
        #[serde(default, deserialize_with = "loose_decimal")]
        decimal: Option<f64>,
        #[serde(default, deserialize_with = "text_or_empty")]
        text: Option<String>,
        #[allow(dead_code)] // its refusal is what is tested
        strict: Option<bool>,
        #[allow(dead_code)] // its absence is what is tested
        inner: Inner,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[allow(dead_code)]
        name: String,
    }

    fn body(fields: &str) -> Result<Body, String> {
        let json = format!(r#"{{{fields}"inner":{{"name":"n"}}}}"#);
        parse::<Body>(json.as_bytes()).map_err(|error| error.public().to_owned())
    }

    #[test]
    fn ids() {
        assert!(is_uuid("6434f74f-2d13-4e6a-89eb-93ee313f1a43"));
        for bad in [
            "",
            "6434F74F-2d13-4e6a-89eb-93ee313f1a43",
            "6434f74f2d134e6a89eb93ee313f1a43----",
        ] {
            assert!(!is_uuid(bad), "{bad}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(iso_micros(1_578_452_179_587), "2020-01-08T02:56:19.587000Z");
        assert_eq!(iso_millis(1_655_259_678_669), "2022-06-15T02:21:18.669Z");
    }

    #[test]
    fn loose_values() {
        for (json, expected) in [
            ("true", Some(true)),
            ("\"False\"", Some(false)),
            ("\"\"", None),
            ("null", None),
        ] {
            assert_eq!(
                body(&format!(r#""flag":{json},"#)).unwrap().flag,
                expected,
                "{json}"
            );
        }
        for (json, expected) in [("7", Some(7)), ("\"7\"", Some(7)), ("\"\"", None)] {
            assert_eq!(
                body(&format!(r#""number":{json},"#)).unwrap().number,
                expected,
                "{json}"
            );
        }
        for (json, expected) in [("0.125", Some(0.125)), ("\"4\"", Some(4.0)), ("\"\"", None)] {
            let found = body(&format!(r#""decimal":{json},"#)).unwrap().decimal;
            assert_eq!(found, expected, "{json}");
        }
        assert_eq!(body(r#""text":"","#).unwrap().text, None);
    }

    #[test]
    fn refusals_name_the_field_and_repeat_no_value() {
        assert_eq!(
            body(r#""flag":"secret","#).unwrap_err(),
            "flag must be true or false"
        );
        assert_eq!(
            body(r#""number":[1],"#).unwrap_err(),
            "number must be a whole number"
        );
        assert_eq!(
            body(r#""decimal":"much","#).unwrap_err(),
            "decimal must be a number"
        );
        assert_eq!(body(r#""text":5,"#).unwrap_err(), "text must be a string");
        assert_eq!(
            body(r#""strict":"yes","#).unwrap_err(),
            "strict must be true or false"
        );
        let text = |json: &str| {
            parse::<Body>(json.as_bytes())
                .unwrap_err()
                .public()
                .to_owned()
        };
        assert_eq!(text("{}"), "inner is required");
        assert_eq!(text(r#"{"inner":{}}"#), "inner.name is required");
        assert_eq!(text(r#"{"text":"","text":""}"#), "text is there twice");
        // Also where nobody looks.
        assert_eq!(
            text(r#"{"inner":{"name":"n"},"more":[{"x":1,"x":1}]}"#),
            "more[0].x is there twice"
        );
        assert_eq!(text(r#"{"inner":"s3cret"}"#), "inner must be an object");
        assert_eq!(
            text(r#"{"inner":{"name":{}}}"#),
            "inner.name must be a string"
        );
        assert_eq!(text("{"), "the body is not valid JSON at line 1, column 1");
        for array in ["[]", r#"[{"name":"n"}]"#, " [\"n\", \"t\"]"] {
            assert_eq!(text(array), "the body must be an object");
        }
        assert!(text(r#"{"inner":{"name":"n"}} x"#).starts_with("the body is not valid JSON"));
    }
}
