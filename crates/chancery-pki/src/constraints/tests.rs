#![allow(clippy::unwrap_used)]
use const_oid::ObjectIdentifier;
use der::Encode;
use der::asn1::{Any, Ia5String, OctetString};
use proptest::prelude::*;

use super::*;

fn ia5(text: &str) -> Ia5String {
    Ia5String::new(text).unwrap()
}

/// A name in the form of RFC 4514, the narrowest attribute first; also the empty one.
fn name(text: &str) -> Name {
    match text {
        "" => Name::default(),
        text => text.parse().unwrap(),
    }
}

fn base(kind: &str, value: &str) -> GeneralName {
    match kind {
        "DNS" => GeneralName::DnsName(ia5(value)),
        "EMAIL" => GeneralName::Rfc822Name(ia5(value)),
        "URI" => GeneralName::UniformResourceIdentifier(ia5(value)),
        "DIR" => GeneralName::DirectoryName(name(value)),
        "IP" => {
            let (address, mask) = value.split_once('/').unwrap();
            let octets = |text: &str| match text.parse().unwrap() {
                IpAddr::V4(v4) => v4.octets().to_vec(),
                IpAddr::V6(v6) => v6.octets().to_vec(),
            };
            let both = [octets(address), octets(mask)].concat();
            GeneralName::IpAddress(OctetString::new(both).unwrap())
        }
        other => panic!("{other}"),
    }
}

fn subtree(base: GeneralName) -> GeneralSubtree {
    GeneralSubtree {
        base,
        minimum: 0,
        maximum: None,
    }
}

fn list(bases: &[(&str, &str)]) -> Option<Vec<GeneralSubtree>> {
    let subtrees = bases.iter().map(|(kind, value)| subtree(base(kind, value)));
    (!bases.is_empty()).then(|| subtrees.collect())
}

fn constraints(permitted: &[(&str, &str)], excluded: &[(&str, &str)]) -> NameConstraints {
    let value = Value {
        permitted_subtrees: list(permitted),
        excluded_subtrees: list(excluded),
    };
    NameConstraints::from_der(&value.to_der().unwrap()).unwrap()
}

/// Whether an end entity of this subject with one alternative name (or none) is let through.
fn allows(constraints: &NameConstraints, subject: &str, san: Option<(&str, &str)>) -> bool {
    let subject = name(subject);
    let sans: Vec<_> = san
        .map(|(kind, value)| SubjectAltName::parse(kind, value).unwrap())
        .into_iter()
        .collect();
    let above = [constraints.clone()];
    check(&above, &subject.to_der().unwrap(), &sans, false).is_ok()
}

/// For a kind of name and a base: names that are inside, names that are outside, and names that
/// are neither permitted nor let through where the base is excluded.
fn table(kind: &str, base: &str, inside: &[&str], outside: &[&str], neither: &[&str]) {
    let permitted = constraints(&[(kind, base)], &[]);
    let excluded = constraints(&[], &[(kind, base)]);
    for (names, by_permitted, by_excluded) in [
        (inside, true, false),
        (outside, false, true),
        (neither, false, false),
    ] {
        for name in names {
            let (subject, san) = match kind {
                "DIR" => (*name, None),
                _ => ("", Some((kind, *name))),
            };
            let judged = |constraints| allows(constraints, subject, san);
            assert_eq!(judged(&permitted), by_permitted, "permitted {base}: {name}");
            assert_eq!(judged(&excluded), by_excluded, "excluded {base}: {name}");
        }
    }
}

#[test]
fn host_names() {
    table(
        "DNS",
        "example.com",
        &[
            "example.com",
            "www.EXAMPLE.com",
            "a.b.example.com",
            "*.example.com",
        ],
        &[
            "example.org",
            "badexample.com",
            "com",
            "example.com.evil.org",
            "*.org",
        ],
        &["*.com"],
    );
    table(
        "DNS",
        "www.Example.com",
        &["www.example.com", "a.www.example.com"],
        &["example.com", "mail.example.com", "*.a.example.com"],
        &["*.example.com"],
    );
    table("DNS", "", &["example.com", "localhost", "*.a.b"], &[], &[]);
    // Not of the RFC, but in use: with a dot in front, one label more.
    table(
        "DNS",
        ".example.com",
        &["www.example.com", "a.b.example.com"],
        &["badexample.com", "com"],
        &["example.com"],
    );
}

#[test]
fn addresses() {
    table(
        "IP",
        "192.0.2.0/255.255.255.0",
        &["192.0.2.0", "192.0.2.255"],
        &["192.0.3.0", "10.0.0.1", "::ffff:192.0.3.0", "2001:db8::1"],
        // Programs that are given one of these go to the address that is in it.
        &[
            "::ffff:192.0.2.1",
            "::192.0.2.1",
            "::ffff:0:192.0.2.1",
            "64:ff9b::192.0.2.1",
            "2002:c000:201::1",
        ],
    );
    table(
        "IP",
        "::ffff:192.0.2.0/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00",
        &[],
        &["192.0.3.1", "::ffff:192.0.3.1"],
        &["192.0.2.1", "::ffff:192.0.2.1"],
    );
    table(
        "IP",
        "2001:db8::/ffff:ffff::",
        &["2001:db8::1", "2001:db8:ffff::"],
        &["2001:db9::1", "::1", "192.0.2.1"],
        &[],
    );
    table("IP", "0.0.0.0/0.0.0.0", &["192.0.2.1"], &["::1"], &[]);
}

#[test]
fn mailboxes() {
    table(
        "EMAIL",
        "ops@example.com",
        &["ops@example.com", "ops@EXAMPLE.com"],
        &["dev@example.com", "ops@www.example.com", "ops@example.org"],
        &["OPS@example.com"],
    );
    table(
        "EMAIL",
        "example.com",
        &["a@example.com"],
        &["a@example.org", "a@badexample.com"],
        &["a@www.example.com"],
    );
    table(
        "EMAIL",
        ".example.com",
        &["a@www.example.com", "a@b.c.example.com"],
        &["a@example.com", "a@badexample.com"],
        &[],
    );
    table("EMAIL", "", &[], &[], &["a@example.com"]);
}

#[test]
fn uris() {
    table(
        "URI",
        "example.com",
        &[
            "https://example.com/a",
            "spiffe://EXAMPLE.com",
            "https://example.com:8443",
        ],
        &[
            "https://example.org/example.com",
            "https://example.com.evil.org",
        ],
        // Without a host name there is nothing to judge, and RFC 5280 wants a no.
        &[
            "urn:uuid:1",
            "https://192.0.2.1/",
            "https://[::1]/",
            "https:example.com",
            // Only of some programs a host is all below it too.
            "https://www.example.com",
            // What programs take for the host differs.
            "https://user@example.com?q",
            "https://example.com@evil.org/",
        ],
    );
    // Go asks for a host name whatever the constraints are on.
    for (kind, base) in [("DNS", "example.com"), ("IP", "10.0.0.0/255.0.0.0")] {
        let excluded = constraints(&[], &[(kind, base)]);
        for (uri, expected) in [
            ("https://example.org/", true),
            ("urn:uuid:1", false),
            ("https://192.0.2.1/", false),
        ] {
            assert_eq!(
                allows(&excluded, "", Some(("URI", uri))),
                expected,
                "{kind} {uri}"
            );
        }
    }
    table(
        "URI",
        ".example.com",
        &["https://www.example.com"],
        &["https://example.com", "https://badexample.com"],
        &[],
    );
}

#[test]
fn subjects() {
    table(
        "DIR",
        "O=Acme,C=CN",
        &[
            "CN=a,O=Acme,C=CN",
            "O=Acme,C=CN",
            "CN=a,O=  aCme ,C=cn",
            "CN=a,OU=b,O=Acme,C=CN",
        ],
        &["CN=a,O=Other,C=CN", "C=CN", "CN=a,C=CN,O=Acme", "O=Acme"],
        &[],
    );
    table("DIR", "O=Ä", &["O=Ä"], &["O=A"], &["O=ä"]);
    table("DIR", "OU=a+O=b", &["CN=c,O=b+OU=a"], &["CN=c,O=b"], &[]);
    // An empty subject is no name to judge, and an empty base is every name.
    let permitted = constraints(&[("DIR", "O=Acme")], &[]);
    assert!(allows(&permitted, "", Some(("DNS", "a.b"))));
    table("DIR", "", &["CN=a"], &[], &[]);
}

#[test]
fn kinds_do_not_bind_each_other() {
    let both = constraints(&[("DNS", "example.com")], &[("IP", "10.0.0.0/255.0.0.0")]);
    for (san, expected) in [
        (("DNS", "www.example.com"), true),
        (("DNS", "www.example.org"), false),
        (("IP", "192.0.2.1"), true),
        (("IP", "10.1.2.3"), false),
        (("EMAIL", "a@example.org"), true),
        (("URI", "https://example.org"), true),
    ] {
        assert_eq!(allows(&both, "CN=somebody", Some(san)), expected, "{san:?}");
    }
    // Excluded wins, and any of several permitted ones is enough.
    let more = constraints(
        &[("DNS", "example.com"), ("DNS", "example.org")],
        &[("DNS", "secret.example.com")],
    );
    for (host, expected) in [
        ("a.example.com", true),
        ("a.example.org", true),
        ("a.secret.example.com", false),
        ("example.net", false),
    ] {
        assert_eq!(allows(&more, "", Some(("DNS", host))), expected, "{host}");
    }
}

#[test]
fn names_inside_the_subject() {
    let hosts = constraints(&[("DNS", "example.com")], &[]);
    for (subject, san, expected) in [
        ("CN=www.example.com", None, true),
        ("CN=www.example.org", None, false),
        ("CN=*.example.org", None, false),
        ("CN=www.example.org", Some(("EMAIL", "a@b.c")), false),
        // Beside a DNS name the common name is a label and no host.
        ("CN=www.example.org", Some(("DNS", "a.example.com")), true),
        ("CN=Jane Doe", None, true),
        ("CN=jane", None, true),
        ("CN=a..b", None, true),
        ("CN=-a.example.org", None, true),
        ("CN=ok.example.com,CN=www.example.org", None, false),
        ("OU=www.example.org,CN=jane", None, true),
    ] {
        assert_eq!(allows(&hosts, subject, san), expected, "{subject} {san:?}");
    }
    let ca = |subject: &str| {
        let subject = name(subject);
        check(
            std::slice::from_ref(&hosts),
            &subject.to_der().unwrap(),
            &[],
            true,
        )
    };
    assert_eq!(ca("CN=www.example.org"), Ok(()), "no host is a CA");

    let mail = constraints(&[("EMAIL", "example.com")], &[]);
    let with = |tag, address: &str| {
        let value = Any::new(tag, address.as_bytes()).unwrap();
        let attribute = x509_cert::attr::AttributeTypeAndValue {
            oid: EMAIL_ADDRESS,
            value,
        };
        let rdn = x509_cert::name::RelativeDistinguishedName::try_from(vec![attribute]).unwrap();
        let mut name = x509_cert::name::RdnSequence::default();
        name.push(rdn);
        check(
            std::slice::from_ref(&mail),
            &name.to_der().unwrap(),
            &[],
            false,
        )
    };
    assert_eq!(with(Tag::Ia5String, "a@example.com"), Ok(()));
    assert_eq!(
        with(Tag::Ia5String, "a@example.org")
            .unwrap_err()
            .to_string(),
        "emailAddress a@example.org is not permitted by the name constraints of the issuer or of a \
         CA above it"
    );
    assert!(with(Tag::Utf8String, "a@example.com").is_err());
}

#[test]
fn every_ca_above_binds() {
    let above = [
        constraints(&[("DNS", "example.com")], &[]),
        constraints(&[], &[("DNS", "secret.example.com")]),
    ];
    let judge = |host: &str| {
        let sans = [SubjectAltName::Dns(host.into())];
        check(&above, b"\x30\x00", &sans, false).map_err(|error| error.to_string())
    };
    assert_eq!(judge("www.example.com"), Ok(()));
    let by = "by the name constraints of the issuer or of a CA above it";
    assert_eq!(
        judge("www.example.org"),
        Err(format!("DNS www.example.org is not permitted {by}"))
    );
    assert_eq!(
        judge("a.secret.example.com"),
        Err(format!("DNS a.secret.example.com is excluded {by}"))
    );
    assert_eq!(check(&[], b"not looked at", &[], false), Ok(()));
}

#[test]
fn values_that_are_refused() {
    let refused = |der: &[u8]| match NameConstraints::from_der(der) {
        Err(PkiError::Malformed { what, reason }) => {
            assert_eq!(what, "name constraints");
            reason
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(b"\x30\x00"), "they name no subtree");
    assert_eq!(refused(b"\x30\x02\xa0\x00"), "they name no subtree");
    refused(b"");
    refused(b"\x30\x00\x00");
    let far = |minimum, maximum| {
        let value = Value {
            permitted_subtrees: Some(vec![GeneralSubtree {
                minimum,
                maximum,
                ..subtree(base("DNS", "a"))
            }]),
            excluded_subtrees: None,
        };
        refused(&value.to_der().unwrap())
    };
    assert_eq!(far(1, None), "a subtree has a minimum or a maximum");
    assert_eq!(far(0, Some(0)), "a subtree has a minimum or a maximum");
    for octets in [&b""[..], &[0; 4], &[0; 7], &[0; 16]] {
        let octets = OctetString::new(octets).unwrap();
        let value = Value {
            permitted_subtrees: None,
            excluded_subtrees: Some(vec![subtree(GeneralName::IpAddress(octets))]),
        };
        let reason = refused(&value.to_der().unwrap());
        assert_eq!(reason, "an iPAddress has not 8 or 32 octets");
    }
}

#[test]
fn other_kinds_are_passed_over() {
    let id = ObjectIdentifier::new_unwrap("1.2.3");
    let value = Value {
        permitted_subtrees: Some(vec![subtree(GeneralName::RegisteredId(id))]),
        excluded_subtrees: None,
    };
    let read = NameConstraints::from_der(&value.to_der().unwrap()).unwrap();
    assert!(allows(&read, "CN=a", Some(("DNS", "www.example.com"))));
}

proptest! {
    /// What is excluded is at least what is permitted: nothing is outside of both readings.
    #[test]
    fn the_narrow_reading_is_inside_the_wide_one(
        kind in "DNS|EMAIL|URI",
        base_value in "[a-c.@]{0,8}",
        name in "[a-cA-C.@:/*]{0,12}",
    ) {
        let read = Subtree::read(&subtree(base(&kind, &base_value))).unwrap().unwrap();
        let presented = match kind.as_str() {
            "DNS" => Presented::Dns(name.clone()),
            "EMAIL" => Presented::Email(name.clone()),
            _ => Presented::Uri(&name),
        };
        let narrow = read.covers(&presented, Reading::Narrow);
        prop_assert!(!narrow || read.covers(&presented, Reading::Wide));
    }

    #[test]
    fn no_bytes_panic(der in prop::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(read) = NameConstraints::from_der(&der) {
            let _ = check(&[read], &der, &[], false);
        }
        let _ = check(&[constraints(&[("DNS", "a")], &[])], &der, &[], false);
    }
}
