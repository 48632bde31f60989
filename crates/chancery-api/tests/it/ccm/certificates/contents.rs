//! What was asked for, judged from the bytes of the certificates that were issued.

use chancery_pki::{Certificate, DistinguishedName};
use serde_json::{Value, json};

use super::{CERTIFICATES, certificate, desk, exported, name, root, subordinate, text, with};
use crate::support::Api;
use crate::tools::{installed, printed};

/// A certificate for this body, as PEM.
async fn pem(api: &Api, body: Value) -> String {
    let id = api.new_certificate(body).await;
    text(&exported(api, &id).await["certificate"])
}

pub(super) async fn issued(api: &Api, body: Value) -> Certificate {
    Certificate::from_pem(&pem(api, body).await).unwrap()
}

pub(super) async fn refuse(api: &Api, body: Value, code: &str, text: &str) {
    let refusal = (400, code);
    api.refused(("POST", CERTIFICATES), Some(body), refusal, text)
        .await;
}

/// The line after a heading of what OpenSSL prints.
fn after<'a>(said: &'a str, heading: &str) -> Option<&'a str> {
    let mut lines = said.lines().map(str::trim);
    lines.find(|line| line.trim_end() == heading)?;
    lines.next()
}

#[tokio::test]
async fn every_key_usage_is_the_bit_it_names() {
    if !installed("reading key usages", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let all = [
        ("digitalSignature", "Digital Signature"),
        ("nonRepudiation", "Non Repudiation"),
        ("keyEncipherment", "Key Encipherment"),
        ("dataEncipherment", "Data Encipherment"),
        ("keyAgreement", "Key Agreement"),
        ("encipherOnly", "Encipher Only"),
        ("decipherOnly", "Decipher Only"),
    ];
    let asked = |usages: Value| {
        with(
            &certificate("www.example.com", &issuer),
            &json!({ "key_usages": usages }),
        )
    };
    let found = async |usages: Value| {
        let said = printed(&pem(&api, asked(usages)).await);
        after(&said, "X509v3 Key Usage: critical")
            .unwrap()
            .to_owned()
    };
    for (usage, shown) in all {
        match usage {
            // They say something about an agreement, and nothing without one.
            "encipherOnly" | "decipherOnly" => {
                let text = format!("key_usages must contain keyAgreement beside {usage}");
                refuse(&api, asked(json!([usage])), "PCA.10010105", &text).await;
                let both = found(json!([usage, "keyAgreement"])).await;
                assert_eq!(both, format!("Key Agreement, {shown}"));
            }
            _ => assert_eq!(found(json!([usage])).await, shown),
        }
    }
    let (names, shown): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    // Whatever the order, and named twice or once.
    let doubled: Vec<_> = names.iter().rev().chain(&names).collect();
    assert_eq!(found(json!(doubled)).await, shown.join(", "));

    for usage in ["keyCertSign", "cRLSign"] {
        let text = format!("key_usages must not contain {usage} for an end entity");
        for usages in [json!([usage]), json!(["digitalSignature", usage])] {
            refuse(&api, asked(usages), "PCA.10010105", &text).await;
        }
    }
    for usage in ["", "DigitalSignature", "crlSign", "serverAuth"] {
        let text = "key_usages must be one of digitalSignature, nonRepudiation";
        refuse(&api, asked(json!([usage])), "PCA.10010105", text).await;
    }
}

#[tokio::test]
async fn every_purpose_is_the_one_it_names() {
    if !installed("reading purposes", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let all = [
        ("server_auth", "TLS Web Server Authentication"),
        ("client_auth", "TLS Web Client Authentication"),
        ("code_signing", "Code Signing"),
        ("email_protection", "E-mail Protection"),
        ("time_stamping", "Time Stamping"),
        ("smart_card_logon", "Microsoft Smartcard Login"),
    ];
    let found = async |purposes: Value| {
        let body = with(
            &certificate("www.example.com", &issuer),
            &json!({ "extended_key_usage": purposes }),
        );
        printed(&pem(&api, body).await)
    };
    for (purpose, shown) in all {
        let said = found(json!({ purpose: true })).await;
        // OpenSSL takes time stamps of no other key.
        let stamps = said.contains("Time Stamp signing : Yes");
        assert_eq!(stamps, purpose == "time_stamping", "{said}");
        // RFC 3161 section 2.3: a time stamper's purpose is critical, and alone.
        let critical = match purpose {
            "time_stamping" => " critical",
            _ => "",
        };
        let heading = format!("X509v3 Extended Key Usage:{critical}");
        assert_eq!(after(&said, &heading), Some(shown), "{said}");
    }
    let every: Value = all
        .iter()
        .map(|(purpose, _)| ((*purpose).to_owned(), json!(true)))
        .collect();
    let shown: Vec<_> = all.iter().map(|(_, shown)| *shown).collect();
    let said = found(every).await;
    let line = after(&said, "X509v3 Extended Key Usage:").unwrap();
    assert_eq!(line, shown.join(", "));
    for nothing in [
        json!(null),
        json!({}),
        json!({ "server_auth": false, "code_signing": null }),
    ] {
        let said = found(nothing).await;
        assert!(!said.contains("Extended Key Usage"), "{said}");
    }
}

#[tokio::test]
async fn alternative_names_of_four_kinds() {
    let (api, issuer) = desk().await;
    let asked = |names: Value| {
        with(
            &certificate("Jane Doe", &issuer),
            &json!({ "subject_alternative_names": names }),
        )
    };
    let label = "a".repeat(63);
    let longest_host = [label.as_str(); 4].join(".")[..253].to_owned();
    let longest_mail = format!("{}@{}", "m".repeat(59), &longest_host[..196]);
    let longest_uri = format!("https://example.com/{}", "u".repeat(233));
    let mut names = vec![
        ("DNS", "localhost", "localhost"),
        ("DNS", "*.xn--fiqs8s.cn", "*.xn--fiqs8s.cn"),
        ("DNS", &longest_host, &longest_host),
        ("IP", "192.0.2.1", "192.0.2.1"),
        ("IP", "::1", "::1"),
        ("IP", "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        (
            "IP",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ),
        ("EMAIL", "root@localhost", "root@localhost"),
        ("EMAIL", &longest_mail, &longest_mail),
        (
            "URI",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        ),
        ("URI", &longest_uri, &longest_uri),
        (
            "URI",
            "spiffe://cluster.local/ns/x",
            "spiffe://cluster.local/ns/x",
        ),
    ];
    assert_eq!(
        [longest_host.len(), longest_mail.len(), longest_uri.len()],
        [253, 256, 253]
    );
    let more: Vec<_> = (0..8).map(|i| format!("h{i}.example.com")).collect();
    names.extend(
        more.iter()
            .map(|host| ("DNS", host.as_str(), host.as_str())),
    );
    assert_eq!(names.len(), 20, "as many as there may be");
    let wire: Vec<_> = names
        .iter()
        .map(|(kind, value, _)| json!({ "type": kind, "value": value }))
        .collect();
    let read = issued(&api, asked(json!(wire))).await;
    let found: Vec<_> = read
        .sans()
        .iter()
        .map(|san| (san.kind(), san.value()))
        .collect();
    let expected: Vec<_> = names
        .iter()
        .map(|(kind, _, shown)| (*kind, (*shown).to_owned()))
        .collect();
    assert_eq!(found, expected);
    // The octets of addresses, as RFC 5280 tags them.
    let contains = |bytes: &[u8]| read.der().windows(bytes.len()).any(|w| w == bytes);
    assert!(contains(b"\x87\x04\xc0\x00\x02\x01"));
    assert!(contains(
        b"\x87\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
    ));

    for (kind, value, code) in [
        ("DNS", "", "PCA.00020110"),
        ("DNS", "a_b.example.com", "PCA.00020110"),
        ("DNS", "192.0.2.1", "PCA.00020110"),
        ("DNS", "例子.cn", "PCA.00020110"),
        ("DNS", "*", "PCA.00020110"),
        ("DNS", "www.*.com", "PCA.00020110"),
        ("DNS", &"a".repeat(64), "PCA.00020110"),
        ("DNS", &format!("{longest_host}a"), "PCA.00020110"),
        ("EMAIL", "", "PCA.00020110"),
        ("EMAIL", "@example.com", "PCA.00020110"),
        ("EMAIL", "a b@example.com", "PCA.00020110"),
        ("EMAIL", &format!("m{longest_mail}"), "PCA.00020110"),
        ("URI", "", "PCA.00020110"),
        ("URI", "/path", "PCA.00020110"),
        ("URI", "https://", "PCA.00020110"),
        ("URI", &format!("{longest_uri}u"), "PCA.00020110"),
        ("IP", "", "PCA.00020111"),
        ("IP", "192.0.2", "PCA.00020111"),
        ("IP", "192.0.2.0/24", "PCA.00020111"),
        ("IP", "fe80::1%eth0", "PCA.00020111"),
        ("IP", &"1".repeat(40), "PCA.00020111"),
        ("dns", "www.example.com", "PCA.00020112"),
        ("", "www.example.com", "PCA.00020112"),
        ("OTHER", "www.example.com", "PCA.00020112"),
    ] {
        let names = json!([{ "type": "DNS", "value": "good.example.com" }, { "type": kind, "value": value }]);
        refuse(&api, asked(names), code, "subject_alternative_names").await;
    }
}

#[tokio::test]
async fn a_customized_extension_is_what_it_was() {
    let (api, issuer) = desk().await;
    let asked = |extension: Value| {
        with(
            &certificate("www.example.com", &issuer),
            &json!({ "customized_extension": extension }),
        )
    };
    // 1.3.6.1.4.1.2011.4.99, not critical, a UTF8String inside.
    let plain = issued(
        &api,
        asked(json!({ "object_identifier": "1.3.6.1.4.1.2011.4.99", "value": "值 ours" })),
    )
    .await;
    let value = "值 ours".as_bytes();
    let length = u8::try_from(value.len()).unwrap();
    // SEQUENCE { OBJECT IDENTIFIER, OCTET STRING { UTF8String } }: no BOOLEAN between them.
    let expected = [
        &[0x30, 15 + length, 0x06, 0x09][..],
        b"\x2b\x06\x01\x04\x01\x8f\x5b\x04\x63",
        &[0x04, 2 + length, 0x0c, length],
        value,
    ]
    .concat();
    let holds = |certificate: &Certificate, bytes: &[u8]| {
        certificate.der().windows(bytes.len()).any(|w| w == bytes)
    };
    assert!(holds(&plain, &expected), "{:02x?}", plain.der());

    let most = "v".repeat(1024);
    let long = issued(
        &api,
        asked(json!({ "object_identifier": "1.2.3.4", "value": most })),
    )
    .await;
    assert!(holds(&long, most.as_bytes()));
    let text = "customized_extension.value must have at most 1024 bytes";
    let body = asked(json!({ "object_identifier": "1.2.3.4", "value": format!("{most}v") }));
    refuse(&api, body, "PCA.10010105", text).await;

    // Empty texts, as Terraform sends them, are no extension.
    let without = issued(&api, certificate("www.example.com", &issuer)).await;
    for empty in [
        json!(null),
        json!({}),
        json!({ "object_identifier": "", "value": "" }),
        json!({ "object_identifier": null, "value": "" }),
    ] {
        let read = issued(&api, asked(empty)).await;
        let difference = read.der().len().abs_diff(without.der().len());
        assert!(
            difference < 8,
            "more than the signature varies: {difference}"
        );
    }
    for (extension, text) in [
        (
            json!({ "object_identifier": "1.2.3.4", "value": "" }),
            "needs both",
        ),
        (
            json!({ "object_identifier": "", "value": "v" }),
            "needs both",
        ),
        (
            json!({ "object_identifier": "1.2.", "value": "v" }),
            "dotted decimal",
        ),
        (
            json!({ "object_identifier": "3.1.1", "value": "v" }),
            "dotted decimal",
        ),
        (
            json!({ "object_identifier": "2.5.29.19", "value": "v" }),
            "must not be below 2.5.29: extensions of X.509",
        ),
        (
            json!({ "object_identifier": "1.3.6.1.5.5.7.1.1", "value": "v" }),
            "must not be below 1.3.6.1.5.5.7: ",
        ),
        (
            json!({ "object_identifier": "1.3.6.1.5.5.7.48.1.5", "value": "v" }),
            "must not be below 1.3.6.1.5.5.7: ",
        ),
        // Signed certificate timestamps, Microsoft's template and Netscape's type.
        (
            json!({ "object_identifier": "1.3.6.1.4.1.11129.2.4.2", "value": "v" }),
            "extensions of certificate transparency have a syntax of their own",
        ),
        (
            json!({ "object_identifier": "1.3.6.1.4.1.311.21.7", "value": "v" }),
            "extensions of Microsoft have",
        ),
        (
            json!({ "object_identifier": "2.16.840.1.113730.1.1", "value": "v" }),
            "extensions of Netscape have",
        ),
    ] {
        refuse(&api, asked(extension), "PCA.10010105", text).await;
    }
}

#[tokio::test]
async fn what_a_name_leaves_out_is_its_issuers() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    let above = Certificate::from_pem(&api.exported_ca(&issuer).await.0).unwrap();
    let own = json!({
        "country": "DE", "state": "Bayern", "locality": "Ulm",
        "organization": "Other", "organizational_unit": "web",
    });
    let expected = |given: &Value| {
        let all = with(&name("leaf"), given);
        let get = |field: &str| all[field].as_str().map(str::to_owned);
        DistinguishedName {
            common_name: get("common_name"),
            country: get("country"),
            state: get("state"),
            locality: get("locality"),
            organization: get("organization"),
            organizational_unit: get("organizational_unit"),
        }
    };
    let fields: Vec<_> = own.as_object().unwrap().keys().cloned().collect();
    let mut given: Vec<_> = fields
        .iter()
        .map(|field| json!({ field: own[field] }))
        .collect();
    given.extend([json!({}), own.clone()]);
    for given in given {
        let asked = with(&json!({ "common_name": "leaf" }), &given);
        let body = with(
            &certificate("leaf", &issuer),
            &json!({ "distinguished_name": asked }),
        );
        let read = issued(&api, body).await;
        assert_eq!(read.subject(), expected(&given), "{given}");
        // In one order, and once each: the bytes are those of that name.
        assert_eq!(read.subject_der(), expected(&given).to_der().unwrap());
        assert_eq!(read.issuer_der(), above.subject_der());
        assert_eq!(read.aki(), above.ski());
    }
    // What a CA leaves out is refused, not inherited.
    let short = json!({ "distinguished_name": { "common_name": "sub" } });
    let body = with(&subordinate("sub", &issuer, 0), &short);
    let refusal = (400, "PCA.00020101");
    let text = "distinguished_name.country is required";
    api.refused(("POST", super::CAS), Some(body), refusal, text)
        .await;
}
