//! The private keys in an answer.

use super::*;

/// The private keys in an answer: SHA-256 of each text, by its JSON pointer (RFC 6901). The script
/// that writes fixtures has the same rule.
pub(super) fn private_keys(answer: &Value) -> BTreeMap<String, String> {
    fn walk(value: &Value, pointer: &str, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(fields) => {
                for (name, child) in fields {
                    walk(child, &format!("{pointer}/{name}"), found);
                }
            }
            Value::Array(items) => {
                for (at, child) in items.iter().enumerate() {
                    walk(child, &format!("{pointer}/{at}"), found);
                }
            }
            Value::String(text) => {
                let mut keys = pem_keys(text);
                let enveloped = ["/enc_sm2_enveloped_key", "/signed_and_enveloped_data"];
                if keys.is_empty() && enveloped.iter().any(|name| pointer.ends_with(name)) {
                    keys.clone_from(text);
                }
                if !keys.is_empty() {
                    let digest = hex::encode(sha256(keys.as_bytes()));
                    found.insert(pointer.to_owned(), digest);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    walk(answer, "", &mut found);
    found
}

/// The PEM blocks of a text that are private keys, one after the other.
fn pem_keys(text: &str) -> String {
    const END: &str = "PRIVATE KEY-----";
    let mut keys = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        rest = &rest[start..];
        let Some(end) = rest.find("-----END ") else {
            break;
        };
        let length = end + rest[end + 9..].find("-----").map_or(9, |at| 9 + at + 5);
        let (block, after) = rest.split_at(length);
        if block.ends_with(END) {
            keys += block;
        }
        rest = after;
    }
    keys
}

#[test]
fn private_keys_are_found_where_they_are() {
    let key = "-----BEGIN EC PRIVATE KEY-----\r\nAA==\r\n-----END EC PRIVATE KEY-----";
    let certificate = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    let answer = json!({
        "certificate": certificate, "files": [{ "content": format!("{certificate}{key}\n") }],
        "signed_and_enveloped_data": "AA==", "enc_private_key": null,
    });
    let found = private_keys(&answer);
    let digest = |text: &str| hex::encode(sha256(text.as_bytes()));
    assert_eq!(found["/files/0/content"], digest(key));
    assert_eq!(found["/signed_and_enveloped_data"], digest("AA=="));
    assert_eq!(found.len(), 2);
    assert_eq!(pem_keys("-----BEGIN PRIVATE KEY-----\nAA=="), "");
}
