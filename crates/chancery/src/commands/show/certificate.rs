//! All that a certificate holds, for people: what it is for first, then who signed it, then the rest.

use serde_json::Value;

use super::cell::{Zone, cell, width};
use crate::terminal::plain;

/// A title and the lines beside it.
type Row = (String, Vec<String>);

/// The sheet of a private certificate, one of the store, or a CA, as `/chancery/v1/` decodes them.
pub(super) fn sheet(thing: &Value, zone: &Zone) -> String {
    let mut rows = Vec::new();
    put(&mut rows, "name", &thing["name"]);
    put(&mut rows, "status", &thing["status"]);
    if !thing["revoked_at"].is_null() {
        let reason = thing["revocation_reason"].as_str().unwrap_or("no reason");
        let revoked = format!(
            "{}, {}",
            shown_time(&thing["revoked_at"], zone),
            plain(reason)
        );
        rows.push(("revoked".to_owned(), vec![revoked]));
    }
    put(&mut rows, "issued by", &thing["issuer_name"]);
    if let Some(has_key) = thing["has_private_key"].as_bool() {
        let place = match has_key {
            true => "kept by the desk",
            false => "where its CSR was made",
        };
        rows.push(("private key".to_owned(), vec![place.to_owned()]));
    }
    let tags = thing["tags"].as_array().into_iter().flatten();
    let tags: Vec<_> = tags
        .map(|tag| format!("{}={}", text(&tag["key"]), text(&tag["value"])))
        .collect();
    if !tags.is_empty() {
        rows.push(("tags".to_owned(), tags));
    }
    put(
        &mut rows,
        "enterprise project id",
        &thing["enterprise_project_id"],
    );
    put(&mut rows, "id", &thing["id"]);
    let mut whole = aligned(&rows);
    for (title, field) in [
        ("Certificate", "certificate"),
        ("Encryption certificate", "encryption_certificate"),
    ] {
        let certificate = &thing[field];
        if certificate.is_object() {
            whole += &format!(
                "\n{title}\n{}",
                indented(&aligned(&described(certificate, zone)))
            );
        }
    }
    whole
}

/// The rows of one certificate.
fn described(certificate: &Value, zone: &Zone) -> Vec<Row> {
    let mut rows = Vec::new();
    let key = &certificate["public_key"];
    put(&mut rows, "subject", &certificate["subject"]["text"]);
    put(&mut rows, "issuer", &certificate["issuer"]["text"]);
    for (title, field) in [("not before", "not_before"), ("not after", "not_after")] {
        rows.push((
            title.to_owned(),
            vec![shown_time(&certificate[field], zone)],
        ));
    }
    put(&mut rows, "serial number", &certificate["serial_number"]);
    let algorithm = &certificate["signature_algorithm"];
    let signed = named(algorithm);
    rows.push(("signed with".to_owned(), vec![signed]));
    let detail = match (key["curve"].as_str(), key["bits"].as_u64()) {
        (Some(curve), _) => format!(" {}", plain(curve)),
        (None, Some(bits)) => format!(" {bits}"),
        (None, None) => String::new(),
    };
    rows.push((
        "public key".to_owned(),
        vec![format!("{}{detail}", text(&key["algorithm"]))],
    ));
    for extension in certificate["extensions"].as_array().into_iter().flatten() {
        let mut title = match extension["name"].as_str() {
            Some(name) => spaced(&plain(name)),
            None => text(&extension["oid"]),
        };
        if extension["critical"] == true {
            title.push_str(" (critical)");
        }
        let lines = match &extension["hex"] {
            Value::String(hex) => vec![plain(hex)],
            _ => lines_of(&extension["value"]),
        };
        rows.push((title, lines));
    }
    for (title, value) in [
        ("SHA-256", &certificate["fingerprint_sha256"]),
        ("SHA-1", &certificate["fingerprint_sha1"]),
        ("SHA-256 of the key", &key["spki_sha256"]),
    ] {
        put(&mut rows, title, value);
    }
    rows
}

/// The value of an extension, one thing a line.
fn lines_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => match list.iter().all(Value::is_string) {
            true => {
                let words: Vec<_> = list.iter().map(text).collect();
                vec![words.join(", ")]
            }
            false => list.iter().flat_map(lines_of).collect(),
        },
        Value::Object(fields) if fields.contains_key("oid") => {
            let mut line = named(value);
            for cps in value["cps"].as_array().into_iter().flatten() {
                line += &format!(" {}", text(cps));
            }
            vec![line]
        }
        Value::Object(fields) if fields.contains_key("type") => {
            let method = value["method"]
                .as_str()
                .map(|method| format!("{} ", plain(method)));
            vec![format!(
                "{}{} {}",
                method.unwrap_or_default(),
                text(&value["type"]),
                text(&value["value"])
            )]
        }
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| {
                !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
            })
            .flat_map(|(name, value)| {
                let lines = lines_of(value);
                let name = name.replace('_', " ");
                lines.into_iter().map(move |line| match name.as_str() {
                    "names" => line,
                    name => format!("{name}: {line}"),
                })
            })
            .collect(),
        Value::Bool(true) => vec!["yes".to_owned()],
        Value::Bool(false) => vec!["no".to_owned()],
        Value::Null => Vec::new(),
        other => vec![text(other)],
    }
}

/// The name of something that has an object identifier, or else that.
fn named(value: &Value) -> String {
    match value["name"].as_str() {
        Some(name) => plain(name),
        None => text(&value["oid"]),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Null => "-".to_owned(),
        other => plain(&other.to_string()),
    }
}

fn put(rows: &mut Vec<Row>, title: &str, value: &Value) {
    if value.as_str().is_some_and(|value| !value.is_empty()) {
        rows.push((title.to_owned(), vec![text(value)]));
    }
}

fn shown_time(value: &Value, zone: &Zone) -> String {
    cell("not_after", value, zone)
}

/// `keyUsage` as people write it: key usage.
fn spaced(name: &str) -> String {
    let known = [
        ("subjectAltName", "alternative names"),
        ("cRLDistributionPoints", "revocation lists"),
        ("authorityInfoAccess", "authority info access"),
        ("extKeyUsage", "extended key usage"),
    ];
    if let Some((_, words)) = known.iter().find(|(known, _)| *known == name) {
        return (*words).to_owned();
    }
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

fn aligned(rows: &[Row]) -> String {
    let widest = rows
        .iter()
        .map(|(title, _)| width(title))
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (title, lines) in rows {
        let gap = " ".repeat(widest - width(title) + 2);
        text += &format!("{title}{gap}");
        text += &lines.join(&format!("\n{}", " ".repeat(widest + 2)));
        text.push('\n');
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sheet_says_all_there_is() {
        let thing = json!({
            "name": "www.example.com", "kind": "private", "status": "REVOKED", "issuer_name": "Issuing",
            "revoked_at": "2026-06-01T12:00:00Z", "revocation_reason": "KEY_COMPROMISE", "id": "1",
            "has_private_key": true, "tags": [{ "key": "team", "value": "we\u{202e}b" }],
            "certificate": {
                "subject": { "text": "CN=www.example.com" }, "issuer": { "text": "CN=Issuing" },
                "not_before": "2026-06-01T11:59:00Z", "not_after": "2026-06-30T12:00:00Z",
                "serial_number": "41AB", "signature_algorithm": { "oid": "1.2", "name": "SHA256withECDSA" },
                "public_key": { "algorithm": "EC", "bits": 256, "curve": "P-256", "spki_sha256": "ab" },
                "fingerprint_sha1": "cd", "fingerprint_sha256": "ef",
                "extensions": [
                    { "oid": "2.5.29.15", "name": "keyUsage", "critical": true, "hex": null,
                      "value": ["digitalSignature", "keyAgreement"] },
                    { "oid": "2.5.29.37", "name": "extKeyUsage", "critical": false, "hex": null,
                      "value": [{ "oid": "1.3", "name": "serverAuth" }, { "oid": "1.9", "name": null }] },
                    { "oid": "2.5.29.17", "name": "subjectAltName", "critical": false, "hex": null,
                      "value": [{ "type": "DNS", "value": "www.example.com" }, { "type": "IP", "value": "10.0.0.1" }] },
                    { "oid": "2.5.29.19", "name": "basicConstraints", "critical": true, "hex": null,
                      "value": { "ca": false, "path_length": null } },
                    { "oid": "2.5.29.31", "name": "cRLDistributionPoints", "critical": false, "hex": null,
                      "value": [{ "names": [{ "type": "URI", "value": "http://x/crl" }] }] },
                    { "oid": "1.3.6.1", "name": null, "critical": false, "value": null, "hex": "0C0161" },
                ],
            },
            "encryption_certificate": null,
        });
        let expected = "\
name         www.example.com
status       REVOKED
revoked      2026-06-01 12:00 UTC, KEY_COMPROMISE
issued by    Issuing
private key  kept by the desk
tags         team=we\\u{202e}b
id           1

Certificate
  subject                       CN=www.example.com
  issuer                        CN=Issuing
  not before                    2026-06-01 11:59 UTC
  not after                     2026-06-30 12:00 UTC
  serial number                 41AB
  signed with                   SHA256withECDSA
  public key                    EC P-256
  key usage (critical)          digitalSignature, keyAgreement
  extended key usage            serverAuth
                                1.9
  alternative names             DNS www.example.com
                                IP 10.0.0.1
  basic constraints (critical)  ca: no
  revocation lists              URI http://x/crl
  1.3.6.1                       0C0161
  SHA-256                       ef
  SHA-1                         cd
  SHA-256 of the key            ab
";
        assert_eq!(sheet(&thing, &Zone::named("UTC")), expected);
    }
}
