//! Rules about revocation, kept and broken.

use super::*;

fn responder() -> Template {
    let mut template = leaf();
    template.extensions.extended_key_usages.clear();
    template.extensions.ocsp_responder = true;
    template
}

#[test]
fn pointers_to_revocations() {
    const POINTS: &str = "2.5.29.31";
    const INFO: &str = "1.3.6.1.5.5.7.1.1";
    let with = |uri: &str| {
        let mut template = leaf();
        template.extensions.crl_distribution_points = vec![uri.to_owned()];
        template.extensions.authority_info.ocsp = vec![uri.to_owned()];
        template.extensions.authority_info.ca_issuers = vec![uri.to_owned()];
        template
    };
    for uri in ["http://a/b", "HTTPS://a/b", "ldap://a/b"] {
        assert_eq!(broken(prepare(&with(uri))), [""; 0], "{uri}");
    }
    assert_eq!(
        broken(prepare(&with("ftp://a/b"))),
        [
            "distribution_points_are_uris_that_clients_fetch",
            "authority_info_is_uris_that_clients_fetch"
        ]
    );
    for oid in [POINTS, INFO] {
        assert_eq!(
            broken_bytes(with("http://a/b"), |tbs| extension(tbs, oid).critical =
                true),
            ["distribution_points_and_authority_info_are_not_critical"]
        );
    }
    // A point with reasons alone, and values that are none.
    for value in [
        &b"\x30\x06\x30\x04\x81\x02\x06\x40"[..],
        b"\x30\x00",
        b"\x05\x00",
    ] {
        let broken = broken_bytes(with("http://a/b"), |tbs| {
            extension(tbs, POINTS).extn_value = OctetString::new(value).unwrap();
        });
        assert_eq!(broken, ["distribution_points_are_uris_that_clients_fetch"]);
    }
    let broken = broken_bytes(with("http://a/b"), |tbs| {
        extension(tbs, INFO).extn_value = OctetString::new(&b"\x05\x00"[..]).unwrap();
    });
    assert_eq!(broken, ["authority_info_is_uris_that_clients_fetch"]);
}

#[test]
fn ocsp_responders() {
    const NOCHECK: &str = "1.3.6.1.5.5.7.48.1.5";
    const NOTHING_ELSE: &str = "an_ocsp_responder_does_nothing_else";
    const NOCHECK_RULE: &str = "ocsp_nocheck_is_for_responders_and_not_critical";
    assert_eq!(broken(prepare(&responder())), [""; 0]);
    assert_eq!(
        broken_by(responder(), |t| t.extensions.extended_key_usages =
            vec![ExtendedKeyUsage::ServerAuth.into()]),
        [NOTHING_ELSE]
    );
    assert_eq!(
        broken_by(responder(), |t| t
            .extensions
            .key_usages
            .push(KeyUsage::NonRepudiation)),
        [NOTHING_ELSE]
    );
    assert_eq!(
        broken_by(ca(), |t| t.extensions.ocsp_responder = true),
        [NOTHING_ELSE]
    );
    let days = |days: i64| {
        broken_by(responder(), |t| {
            t.validity.not_after_ms = t.validity.not_before_ms + days * 24 * 3_600_000;
        })
    };
    assert_eq!(days(90), [""; 0]);
    assert_eq!(days(91), ["an_ocsp_responder_lives_shortly"]);
    assert_eq!(
        broken_bytes(responder(), |tbs| extension(tbs, NOCHECK).critical = true),
        [NOCHECK_RULE]
    );
    let without = broken_bytes(responder(), |tbs| {
        let oid = ObjectIdentifier::new_unwrap(NOCHECK);
        let extensions = tbs.extensions.as_mut().unwrap();
        extensions.retain(|e| e.extn_id != oid);
    });
    assert_eq!(without, [NOCHECK_RULE]);
    let elsewhere = broken_bytes(leaf(), |tbs| {
        tbs.extensions.as_mut().unwrap().push(Extension {
            extn_id: ObjectIdentifier::new_unwrap(NOCHECK),
            critical: false,
            extn_value: OctetString::new(&b"\x05\x00"[..]).unwrap(),
        });
    });
    assert_eq!(elsewhere, [NOCHECK_RULE]);
}
