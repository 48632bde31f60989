//! What each profile asks for, kept and broken.

use super::*;
use crate::NameConstraints;
use crate::lint::check;
use crate::template::Profile;

static SM2: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(KeyAlgorithm::Sm2).unwrap());

fn sm2(usages: &[KeyUsage]) -> Template {
    let mut template = leaf();
    template.public_key_der = SM2.public_key_der().to_vec();
    template.extensions.key_usages = usages.to_vec();
    template
}

/// A template of the profile that breaks no rule.
fn template(profile: Profile) -> Template {
    let mut template = match profile {
        Profile::RootCa | Profile::SubordinateCa | Profile::IntermediateCa => ca(),
        Profile::Entity | Profile::OcspResponder => leaf(),
        Profile::Sm2Signing => sm2(&[KeyUsage::DigitalSignature, KeyUsage::NonRepudiation]),
        Profile::Sm2Encryption => sm2(&[KeyUsage::KeyEncipherment, KeyUsage::KeyAgreement]),
    };
    let extensions = &mut template.extensions;
    if extensions.basic_constraints.ca || profile == Profile::OcspResponder {
        extensions.extended_key_usages.clear();
        extensions.sans.clear();
    }
    extensions.ocsp_responder = profile == Profile::OcspResponder;
    if profile != Profile::RootCa {
        template.subject = DistinguishedName::common("below").into();
    }
    template
}

/// Whether a template, issued by a CA of its family or for a root by itself, is of the profile;
/// else the rule and the message.
fn judged(template: &Template, profile: Profile) -> Result<(), String> {
    let is_sm2 = template.public_key_der == SM2.public_key_der();
    let mut issuer = ca();
    if is_sm2 {
        issuer.public_key_der = SM2.public_key_der().to_vec();
    }
    let mut issuer = Issuer::self_signed(&issuer).unwrap();
    issuer.path_len = None;
    let hash = match is_sm2 {
        true => HashAlgorithm::Sm3,
        false => HashAlgorithm::Sha256,
    };
    let unsigned = template.prepare(&issuer, hash).unwrap();
    check_rules(&unsigned).unwrap();
    check(&unsigned, profile).map_err(|error| {
        let findings = error.findings.iter();
        assert!(findings.clone().all(|f| f.rule == profile.name()));
        findings
            .map(|f| f.message.clone())
            .collect::<Vec<_>>()
            .join("; ")
    })
}

#[test]
fn each_is_of_its_own_profile_and_of_no_other() {
    for made in Profile::ALL {
        for profile in Profile::ALL {
            let found = judged(&template(*made), *profile);
            // A subordinate CA is an intermediate one without constraints.
            let alike = [Profile::SubordinateCa, Profile::IntermediateCa];
            let same = made == profile || alike.contains(made) && alike.contains(profile);
            assert_eq!(found.is_ok(), same, "{made:?} as {profile:?}: {found:?}");
        }
    }
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    type Change = fn(&mut Extensions);
    let cases: [(Profile, Change, &str); 13] = [
        (
            Profile::RootCa,
            |e| e.key_usages = vec![KeyUsage::KeyCertSign],
            "a root CA must have the key usage cRLSign",
        ),
        (
            Profile::RootCa,
            |e| e.crl_distribution_points = vec!["http://a/b".into()],
            "a root CA must not have the extension cRLDistributionPoints",
        ),
        (
            Profile::SubordinateCa,
            |e| e.sans = vec![SubjectAltName::Dns("a.b".into())],
            "a subordinate CA must not have the extension subjectAltName",
        ),
        (
            Profile::SubordinateCa,
            |e| e.extended_key_usages = vec![ExtendedKeyUsage::ServerAuth.into()],
            "a subordinate CA must not have the extension extKeyUsage",
        ),
        (
            Profile::SubordinateCa,
            |e| {
                let der = b"\x30\x11\xa0\x0f\x30\x0d\x82\x0bexample.com";
                e.name_constraints = Some(NameConstraints::from_der(der).unwrap());
            },
            "a subordinate CA must not have the extension nameConstraints",
        ),
        (
            Profile::Entity,
            |e| e.key_usages.clear(),
            "an end entity must have a key usage",
        ),
        (
            Profile::Entity,
            |e| e.key_usages.push(KeyUsage::CrlSign),
            "an end entity must not have the key usage cRLSign",
        ),
        (
            Profile::Entity,
            |e| {
                e.basic_constraints.ca = true;
                e.key_usages.push(KeyUsage::KeyCertSign);
            },
            "an end entity must not be a CA; \
             an end entity must not have the key usage keyCertSign",
        ),
        (
            Profile::Sm2Signing,
            |e| e.key_usages = vec![KeyUsage::KeyAgreement],
            "an SM2 signing certificate must not have the key usage keyAgreement",
        ),
        (
            Profile::Sm2Encryption,
            |e| e.key_usages = vec![KeyUsage::NonRepudiation],
            "an SM2 encryption certificate must not have the key usage nonRepudiation",
        ),
        (
            Profile::Sm2Encryption,
            |e| e.key_usages.push(KeyUsage::DecipherOnly),
            "an SM2 encryption certificate must not have the key usage decipherOnly",
        ),
        (
            Profile::OcspResponder,
            |e| e.sans = vec![SubjectAltName::Dns("a.b".into())],
            "an OCSP responder must not have the extension subjectAltName",
        ),
        (
            Profile::OcspResponder,
            |e| e.ocsp_responder = false,
            "an OCSP responder must have the purpose OCSPSigning",
        ),
    ];
    for (profile, change, message) in cases {
        let mut template = template(profile);
        change(&mut template.extensions);
        assert_eq!(judged(&template, profile), Err(message.to_owned()));
    }
}

#[test]
fn what_a_profile_may_have() {
    type Change = fn(&mut Extensions);
    let pointers: Change = |e| {
        e.crl_distribution_points = vec!["http://a/b".into()];
        e.authority_info.ocsp = vec!["http://a/b".into()];
    };
    let constraints: Change = |e| {
        let der = b"\x30\x11\xa0\x0f\x30\x0d\x82\x0bexample.com";
        e.name_constraints = Some(NameConstraints::from_der(der).unwrap());
    };
    for (profile, change) in [
        (Profile::SubordinateCa, pointers),
        (Profile::IntermediateCa, pointers),
        (Profile::IntermediateCa, constraints),
        (Profile::Entity, pointers),
        (Profile::Sm2Signing, pointers),
        (Profile::Sm2Encryption, pointers),
    ] {
        let mut template = template(profile);
        change(&mut template.extensions);
        assert_eq!(judged(&template, profile), Ok(()), "{profile:?}");
    }
}
