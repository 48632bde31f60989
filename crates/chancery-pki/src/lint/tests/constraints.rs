//! Rules about name constraints, kept and broken.

use super::*;
use crate::NameConstraints;

/// Permitted: DNS `example.com`.
const EXAMPLE_COM: &[u8] = b"\x30\x11\xa0\x0f\x30\x0d\x82\x0bexample.com";

fn constrained() -> Template {
    let mut template = ca();
    template.extensions.name_constraints = Some(NameConstraints::from_der(EXAMPLE_COM).unwrap());
    template
}

#[test]
fn constraints_of_a_ca() {
    const RULE: &str = "name_constraints_are_critical_and_for_cas";
    const OID: &str = "2.5.29.30";
    assert_eq!(broken(prepare(&constrained())), [""; 0]);
    assert_eq!(
        broken_bytes(constrained(), |tbs| extension(tbs, OID).critical = false),
        [RULE]
    );
    assert_eq!(
        broken_by(leaf(), |t| {
            t.extensions.name_constraints = constrained().extensions.name_constraints;
        }),
        [RULE]
    );
    assert_eq!(
        broken_bytes(constrained(), |tbs| {
            extension(tbs, OID).extn_value = OctetString::new(*b"\x30\x00").unwrap();
        }),
        ["name_constraints_are_readable"]
    );
}

#[test]
fn names_below_constraints() {
    let below = |template: Template| {
        let mut issuer = Issuer::self_signed(&ca()).unwrap();
        issuer.path_len = None;
        issuer.name_constraints = vec![NameConstraints::from_der(EXAMPLE_COM).unwrap()];
        broken(template.prepare(&issuer, HashAlgorithm::Sha256).unwrap())
    };
    let named = |name: &str| {
        let mut template = leaf();
        template.extensions.sans = vec![SubjectAltName::Dns(name.into())];
        template
    };
    assert_eq!(below(named("www.example.com")), [""; 0]);
    assert_eq!(
        below(named("www.example.org")),
        ["names_keep_the_constraints_above"]
    );
    // Subjects of CAs are bound by directory names alone.
    let mut template = ca();
    template.subject = DistinguishedName::common("www.example.org").into();
    template.extensions.sans.clear();
    assert_eq!(below(template), [""; 0]);
}
