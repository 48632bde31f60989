//! What a certificate of each purpose has, and what it has not.
//!
//! The rules beside this say what no certificate may break, whatever it is. A profile says what
//! one is: whoever issues for an end entity cannot, by any mistake in a template, sign a CA.

use super::{Certificates, Facts, Finding};
use crate::template::Profile;
use crate::usage::KeyUsage::{
    self, CrlSign, DataEncipherment, DecipherOnly, DigitalSignature, EncipherOnly, KeyAgreement,
    KeyCertSign, KeyEncipherment, NonRepudiation,
};

use super::rule::Subject;

/// What a profile asks for.
struct Demands {
    /// Where it is written.
    source: &'static str,
    /// Whether it is a CA.
    ca: bool,
    /// Whether it has its subject as its issuer; none if that does not matter.
    self_issued: Option<bool>,
    /// Whether the key is an SM2 key; none if that does not matter.
    sm2: Option<bool>,
    /// The usages that the key has at least.
    needs: &'static [KeyUsage],
    /// The usages that it may have; it has one.
    allows: &'static [KeyUsage],
    /// Extensions that it may have beside those of every certificate: keyUsage, the key
    /// identifiers, basicConstraints, and private ones.
    may_have: &'static [&'static str],
}

const ALTERNATIVE_NAMES: &str = "2.5.29.17";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const DISTRIBUTION_POINTS: &str = "2.5.29.31";
const PURPOSES: &str = "2.5.29.37";
const AUTHORITY_INFO: &str = "1.3.6.1.5.5.7.1.1";
const NOCHECK: &str = "1.3.6.1.5.5.7.48.1.5";
/// What [`Demands::may_have`] is about, with the name that a message has for it.
const LIMITED: [(&str, &str); 6] = [
    (ALTERNATIVE_NAMES, "subjectAltName"),
    (NAME_CONSTRAINTS, "nameConstraints"),
    (DISTRIBUTION_POINTS, "cRLDistributionPoints"),
    (PURPOSES, "extKeyUsage"),
    (AUTHORITY_INFO, "authorityInfoAccess"),
    (NOCHECK, "ocsp-nocheck"),
];

/// Usages of a CA's key.
const OF_A_CA: &[KeyUsage] = KeyUsage::ALL;
/// Usages of a key that is no CA's.
const OF_AN_ENTITY: &[KeyUsage] = &[
    DigitalSignature,
    NonRepudiation,
    KeyEncipherment,
    DataEncipherment,
    KeyAgreement,
    EncipherOnly,
    DecipherOnly,
];
const POINTERS_AND: [&str; 4] = [
    DISTRIBUTION_POINTS,
    AUTHORITY_INFO,
    ALTERNATIVE_NAMES,
    PURPOSES,
];

const fn demands(profile: Profile) -> Demands {
    let ca = Demands {
        source: "RFC 5280 sections 4.2.1.3 and 4.2.1.9",
        ca: true,
        self_issued: Some(false),
        sm2: None,
        needs: &[KeyCertSign],
        allows: OF_A_CA,
        may_have: &[DISTRIBUTION_POINTS, AUTHORITY_INFO],
    };
    let entity = Demands {
        source: "RFC 5280 section 4.2.1.3",
        ca: false,
        self_issued: None,
        sm2: Some(false),
        needs: &[],
        allows: OF_AN_ENTITY,
        may_have: &POINTERS_AND,
    };
    match profile {
        Profile::RootCa => Demands {
            self_issued: Some(true),
            needs: &[KeyCertSign, CrlSign],
            may_have: &[], // nobody revokes a root
            ..ca
        },
        // One may sign revocation lists alone.
        Profile::SubordinateCa => Demands { needs: &[], ..ca },
        Profile::IntermediateCa => Demands {
            may_have: &[
                DISTRIBUTION_POINTS,
                AUTHORITY_INFO,
                NAME_CONSTRAINTS,
                PURPOSES,
            ],
            ..ca
        },
        Profile::Entity => entity,
        Profile::Sm2Signing => Demands {
            source: "GM/T 0015",
            sm2: Some(true),
            allows: &[DigitalSignature, NonRepudiation],
            ..entity
        },
        Profile::Sm2Encryption => Demands {
            source: "GM/T 0015",
            sm2: Some(true),
            allows: &[KeyEncipherment, DataEncipherment, KeyAgreement],
            ..entity
        },
        Profile::OcspResponder => Demands {
            source: "RFC 6960 section 4.2.2.2",
            sm2: None,
            needs: &[DigitalSignature],
            allows: &[DigitalSignature],
            may_have: &[PURPOSES, NOCHECK],
            ..entity
        },
    }
}

/// What the certificate lacks of its profile, and has beside it.
pub(super) fn findings(
    profile: Profile,
    facts: &<Certificates as Subject>::Facts<'_>,
) -> Vec<Finding> {
    let demands = demands(profile);
    let wrong = [
        role(&demands, facts),
        usages(&demands, facts),
        extensions(&demands, facts),
        match profile == Profile::OcspResponder {
            wanted if wanted == facts.known.is_ocsp_responder() => None,
            true => Some("must have the purpose OCSPSigning".to_owned()),
            false => Some("must not have the purpose OCSPSigning".to_owned()),
        },
    ];
    let found = wrong.into_iter().flatten().map(|message| Finding {
        rule: profile.name(),
        source: demands.source,
        message: format!("{} {message}", profile.phrase()),
    });
    found.collect()
}

fn role(demands: &Demands, facts: &Facts<'_>) -> Option<String> {
    if demands.ca != facts.is_ca() {
        let not = if demands.ca { "" } else { "not " };
        return Some(format!("must {not}be a CA"));
    }
    let self_issued = facts.is_self_issued();
    if demands
        .self_issued
        .is_some_and(|wanted| wanted != self_issued)
    {
        let not = if self_issued { "not " } else { "" };
        return Some(format!("must {not}be its own issuer"));
    }
    let is_sm2 = facts.is_sm2();
    if demands.sm2.is_some_and(|wanted| wanted != is_sm2) {
        let not = if is_sm2 { "not " } else { "" };
        return Some(format!("must {not}have an SM2 key"));
    }
    None
}

fn usages(demands: &Demands, facts: &Facts<'_>) -> Option<String> {
    let usages = facts.known.key_usages.as_deref().unwrap_or_default();
    if let Some(missing) = demands.needs.iter().find(|usage| !usages.contains(usage)) {
        return Some(format!("must have the key usage {}", missing.name()));
    }
    if usages.is_empty() {
        return Some("must have a key usage".to_owned());
    }
    let foreign = usages
        .iter()
        .find(|usage| !demands.allows.contains(usage))?;
    Some(format!("must not have the key usage {}", foreign.name()))
}

fn extensions(demands: &Demands, facts: &Facts<'_>) -> Option<String> {
    let mut limited = LIMITED
        .iter()
        .filter(|(oid, _)| !demands.may_have.contains(oid));
    let (_, name) = limited.find(|(oid, _)| facts.extension(oid).is_some())?;
    Some(format!("must not have the extension {name}"))
}
