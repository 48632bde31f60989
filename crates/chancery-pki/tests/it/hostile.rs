//! No input makes a parser panic.

use std::sync::LazyLock;

use chancery_crypto::{HashAlgorithm, KeyAlgorithm};
use chancery_pki::crl::{Crl, CrlTemplate, RevocationReason, RevokedCertificate};
use chancery_pki::described::Described;
use chancery_pki::pem::LineEnding;
use chancery_pki::{
    Certificate, DistinguishedName, Issuer, Profile, SerialNumber, SigningRequest, Subject,
    SubjectAltName, chain,
};
use proptest::prelude::*;

use crate::support::{NOW_MS, key, server_template, small_chain};

static CHAIN: LazyLock<[Certificate; 3]> = LazyLock::new(small_chain);
static REQUEST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    SigningRequest::create(
        key(KeyAlgorithm::EcP256, 0),
        HashAlgorithm::Sha256,
        &DistinguishedName::common("x"),
        &[SubjectAltName::Dns("x.cn".into())],
    )
    .unwrap()
});

static CRL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let template = CrlTemplate {
        this_update_ms: NOW_MS,
        next_update_ms: NOW_MS + 1000,
        number: 300,
        distribution_point: Some("http://a/b".into()),
        revoked: vec![RevokedCertificate {
            serial: SerialNumber::from_bytes(&[0x80, 1]),
            revoked_at_ms: NOW_MS,
            reason: RevocationReason::Superseded,
        }],
    };
    let unsigned = template.prepare(&CHAIN[0], HashAlgorithm::Sha256).unwrap();
    let key = key(KeyAlgorithm::EcP256, 0);
    unsigned.lint().unwrap().sign(key).unwrap()
});

/// Overwrites bytes and cuts.
fn damage(der: &[u8], edits: &[(prop::sample::Index, u8)], keep: prop::sample::Index) -> Vec<u8> {
    let mut der = der.to_vec();
    for (index, value) in edits {
        let at = index.index(der.len());
        der[at] = *value;
    }
    // Mostly whole, sometimes cut.
    let keep = keep.index(der.len() * 4);
    der.truncate(keep.max(1));
    der
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_certificates(which in 0..3usize, edits in edits(), keep: prop::sample::Index) {
        let original = &CHAIN[which];
        let der = damage(original.der(), &edits, keep);
        let described = Described::from_der(&der);
        let Ok(read) = Certificate::from_der(&der) else {
            prop_assert_ne!(der.as_slice(), original.der());
            return Ok(());
        };
        // Whatever can be stored can be shown.
        prop_assert!(described.is_ok());
        // What is read is written again as it was, and accessors do not panic.
        prop_assert_eq!(read.der(), &der);
        prop_assert_eq!(&Certificate::from_pem(&read.pem(LineEnding::CrLf)).unwrap(), &read);
        let _ = format!("{read:?} {} {:?}", read.issuer_text(), read.weakness());
        let _ = (read.subject(), read.issuer(), read.key_algorithm(), read.is_self_signed());
        let _ = Issuer::of(&read);
        let _ = chain::order(&read, CHAIN.to_vec());
        let _ = chain::check_names(&[CHAIN[2].clone(), read.clone()]);
        let _ = chain::order(&CHAIN[2], vec![read]);
    }

    #[test]
    fn damaged_requests(edits in edits(), keep: prop::sample::Index) {
        let der = damage(&REQUEST, &edits, keep);
        if let Ok(request) = SigningRequest::parse_der(&der) {
            prop_assert_eq!(request.der(), &**REQUEST, "every changed byte breaks the signature");
        }
    }

    #[test]
    fn arbitrary_bytes(der in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Certificate::from_der(&der).is_err());
        prop_assert!(SigningRequest::parse_der(&der).is_err());
        prop_assert!(Crl::from_der(&der).is_err());
    }

    #[test]
    fn damaged_crls(edits in edits(), keep: prop::sample::Index) {
        let der = damage(&CRL, &edits, keep);
        if let Ok(crl) = Crl::from_der(&der) {
            prop_assert_eq!(crl.der(), der.as_slice());
            let _ = (crl.number(), crl.aki(), crl.distribution_point(), format!("{crl:?}"));
            let verified = crl.verify_signed_by(&CHAIN[0]).is_ok();
            prop_assert!(!verified || der == *CRL, "every changed byte breaks the signature");
        }
    }

    #[test]
    fn arbitrary_subjects_and_keys(
        subject in prop::collection::vec(any::<u8>(), 0..60),
        public_key in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let issuer = Issuer::of(&CHAIN[0]).unwrap();
        let mut template = server_template(key(KeyAlgorithm::EcP256, 0));
        template.subject = Subject::Der(subject);
        if let Ok(unsigned) = template.prepare(&issuer, HashAlgorithm::Sha256) {
            let _ = unsigned.lint(Profile::Entity);
        }
        template.public_key_der = public_key;
        let _ = template.prepare(&issuer, HashAlgorithm::Sha256);
        let _ = Issuer::self_signed(&template);
    }
}
