//! CRLs: OpenSSL's judgement, and what is refused.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::crl::{Crl, CrlTemplate, RevocationReason, RevokedCertificate};
use chancery_pki::pem::LineEnding;
use chancery_pki::{Certificate, KeyUsage, PkiError, SerialNumber};
use proptest::prelude::*;

use crate::openssl::OpenSsl;
use crate::support::{NOW_MS, NOW_S, ca_template, issue, key, self_sign, server_template};

const DAY_MS: i64 = 24 * 3_600_000;
const URI: &str = "http://pki.example.com/crl/1";

pub(crate) fn ca(algorithm: KeyAlgorithm) -> (Certificate, &'static PrivateKey) {
    let key = key(algorithm, 0);
    let root = ca_template("Root", key, None);
    (self_sign(&root, key, algorithm.default_hash()), key)
}

fn template(revoked: Vec<RevokedCertificate>) -> CrlTemplate {
    CrlTemplate {
        this_update_ms: NOW_MS,
        next_update_ms: NOW_MS + 7 * DAY_MS,
        number: 1,
        distribution_point: None,
        revoked,
    }
}

fn revoked(serial: &[u8], reason: RevocationReason) -> RevokedCertificate {
    RevokedCertificate {
        serial: SerialNumber::from_bytes(serial),
        revoked_at_ms: NOW_MS - DAY_MS,
        reason,
    }
}

fn sign(template: &CrlTemplate, ca: &Certificate, key: &PrivateKey) -> Crl {
    let hash = key.algorithm().default_hash();
    let unsigned = template.prepare(ca, hash).unwrap();
    Crl::from_der(&unsigned.lint().unwrap().sign(key).unwrap()).unwrap()
}

fn serial_of(certificate: &Certificate) -> SerialNumber {
    SerialNumber::from_bytes(&hex::decode(certificate.serial_hex()).unwrap())
}

#[test]
fn openssl_verifies_crls_and_refuses_what_they_revoke() {
    let Some(openssl) = OpenSsl::new("CRLs") else {
        return;
    };
    for algorithm in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
    ] {
        for uri in [None, Some(URI.to_owned())] {
            let (root, root_key) = ca(algorithm);
            let leaf = || {
                let mut server = server_template(key(KeyAlgorithm::EcP256, 1));
                server
                    .extensions
                    .crl_distribution_points
                    .extend(uri.clone());
                issue(&server, &root, root_key, algorithm.default_hash())
            };
            let (good, bad) = (leaf(), leaf());
            assert_eq!(good.crl_distribution_points(), Vec::from_iter(uri.clone()));
            let mut list = template(vec![RevokedCertificate {
                serial: serial_of(&bad),
                ..revoked(&[1], RevocationReason::KeyCompromise)
            }]);
            list.distribution_point = uri;
            let crl = sign(&list, &root, root_key);
            assert_eq!(crl.verify_signed_by(&root), Ok(()));
            for (name, text) in [
                ("root.pem", root.pem(LineEnding::Lf)),
                ("good.pem", good.pem(LineEnding::Lf)),
                ("bad.pem", bad.pem(LineEnding::Lf)),
                ("crl.pem", crl.pem(LineEnding::Lf)),
            ] {
                openssl.write(name, text);
            }
            let verified = openssl.try_run("crl -in crl.pem -noout -CAfile root.pem -verify");
            assert!(String::from_utf8_lossy(&verified.stderr).contains("verify OK"));
            // The root, which names no distribution point, is out of the scope of a CRL with one.
            let which = match &list.distribution_point {
                None => "-crl_check_all",
                Some(_) => "-crl_check",
            };
            let verify = format!("verify -x509_strict {which} -CRLfile crl.pem -CAfile root.pem");
            let at = |days: i64| NOW_S + days * DAY_MS / 1000;
            openssl.run(&format!("{verify} -attime {} good.pem", at(1)));
            let refused = openssl.try_run(&format!("{verify} -attime {} bad.pem", at(1)));
            assert!(String::from_utf8_lossy(&refused.stderr).contains("certificate revoked"));
            let root_too = format!("{verify} -crl_check_all -attime {} good.pem", at(1));
            let root_too = openssl.try_run(&root_too);
            assert_eq!(root_too.status.success(), list.distribution_point.is_none());
            let late = openssl.try_run(&format!("{verify} -attime {} good.pem", at(8)));
            assert!(String::from_utf8_lossy(&late.stderr).contains("CRL has expired"));
        }
    }
}

#[test]
fn openssl_shows_every_reason_and_extension() {
    let Some(openssl) = OpenSsl::new("text of CRLs") else {
        return;
    };
    for algorithm in [KeyAlgorithm::EcP256, KeyAlgorithm::Sm2] {
        let (root, root_key) = ca(algorithm);
        let entry = |reason: &RevocationReason| revoked(&[0x80, reason.code()], *reason);
        let mut list = template(RevocationReason::ALL.iter().map(entry).collect());
        list.number = u64::MAX;
        list.distribution_point = Some(URI.to_owned());
        list.next_update_ms = 2_524_608_000_000;
        let crl = sign(&list, &root, root_key);
        assert_eq!(crl.issuer_der(), root.subject_der());
        assert_eq!(crl.aki(), root.ski());
        assert_eq!(crl.verify_signed_by(&root), Ok(()));
        openssl.write("crl.pem", crl.pem(LineEnding::Lf));
        let text = openssl.run("crl -in crl.pem -noout -text -nameopt RFC2253");
        for expected in [
            "Version 2 (0x1)",
            "Issuer: CN=Root,O=Acme,C=CN",
            "Last Update: May 28 20:26:40 2026 GMT",
            "Next Update: Jan  1 00:00:00 2050 GMT",
            "18446744073709551615",
            "X509v3 Issuing Distribution Point: critical",
            "URI:http://pki.example.com/crl/1",
            "Serial Number: 8000",
            "Serial Number: 800A",
            "Revocation Date: May 27 20:26:40 2026 GMT",
        ] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
        let reasons: Vec<&str> = text
            .lines()
            .zip(text.lines().skip(1))
            .filter(|(heading, _)| heading.trim() == "X509v3 CRL Reason Code:")
            .map(|(_, reason)| reason.trim())
            .collect();
        assert_eq!(
            reasons,
            [
                "Key Compromise",
                "CA Compromise",
                "Affiliation Changed",
                "Superseded",
                "Cessation Of Operation",
                "Certificate Hold",
                "Privilege Withdrawn",
                "AA Compromise",
            ]
        );
        let times = openssl.run("asn1parse -in crl.pem");
        assert!(
            times.contains("UTCTIME           :260528202640Z"),
            "{times}"
        );
        assert!(
            times.contains("GENERALIZEDTIME   :20500101000000Z"),
            "{times}"
        );
    }
}

#[test]
fn a_hundred_thousand_entries() {
    let (root, root_key) = ca(KeyAlgorithm::EcP256);
    let count = 100_000u32;
    let entry = |i: u32| {
        let serial = [&[0x40; 12][..], &i.to_be_bytes()].concat();
        revoked(&serial, RevocationReason::ALL[i as usize % 9])
    };
    let list = template((0..count).map(entry).collect());
    let crl = sign(&list, &root, root_key);
    assert_eq!(crl.revoked(), list.revoked);
    let Some(openssl) = OpenSsl::new("a large CRL") else {
        return;
    };
    openssl.write("root.pem", root.pem(LineEnding::Lf));
    openssl.write("crl.pem", crl.pem(LineEnding::Lf));
    openssl.run("crl -in crl.pem -noout -CAfile root.pem -verify");
    let text = openssl.run("crl -in crl.pem -noout -text");
    assert_eq!(text.matches("Serial Number:").count(), count as usize);
}

#[test]
fn an_empty_list_is_left_out() {
    let (root, root_key) = ca(KeyAlgorithm::Rsa2048);
    let crl = sign(&template(Vec::new()), &root, root_key);
    assert!(crl.revoked().is_empty());
    assert_eq!((crl.number(), crl.distribution_point()), (Some(1), None));
    let Some(openssl) = OpenSsl::new("an empty CRL") else {
        return;
    };
    openssl.write("crl.pem", crl.pem(LineEnding::CrLf));
    let text = openssl.run("crl -in crl.pem -noout -text");
    assert!(text.contains("No Revoked Certificates"));
}

#[test]
fn crls_of_openssl_are_read() {
    let Some(openssl) = OpenSsl::new("CRLs of openssl") else {
        return;
    };
    let (root, root_key) = ca(KeyAlgorithm::Rsa2048);
    openssl.write("root.pem", root.pem(LineEnding::Lf));
    openssl.write("key.der", root_key.pkcs8_der());
    openssl.run("pkey -inform DER -in key.der -out key.pem");
    openssl.write(
        "index.txt",
        "R\t300101000000Z\t260101000000Z,superseded\t0ABC\tunknown\t/CN=x\n\
         R\t300101000000Z\t260102000000Z\t0ABD\tunknown\t/CN=y\n",
    );
    openssl.write("number", "1A");
    openssl.write(
        "ca.cnf",
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\n\
         default_crl_days=7\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n",
    );
    openssl.run("ca -gencrl -config ca.cnf -keyfile key.pem -cert root.pem -out crl.pem");
    openssl.run("crl -in crl.pem -outform DER -out crl.der");
    let crl = Crl::from_der(&openssl.read("crl.der")).unwrap();
    assert_eq!(crl.verify_signed_by(&root), Ok(()));
    assert_eq!(crl.number(), Some(0x1a));
    let expected = [
        (0xbc, 1_767_225_600_000, RevocationReason::Superseded),
        (0xbd, 1_767_312_000_000, RevocationReason::Unspecified),
    ];
    let expected = expected.map(|(last, revoked_at_ms, reason)| RevokedCertificate {
        serial: SerialNumber::from_bytes(&[0x0a, last]),
        revoked_at_ms,
        reason,
    });
    assert_eq!(crl.revoked(), expected);
}

#[test]
fn lists_that_break_rules_are_not_signed() {
    let (root, _) = ca(KeyAlgorithm::EcP256);
    let broken = |change: fn(&mut CrlTemplate)| {
        let mut list = template(vec![revoked(&[1], RevocationReason::Superseded)]);
        change(&mut list);
        let unsigned = list.prepare(&root, HashAlgorithm::Sha256).unwrap();
        let findings = unsigned.lint().map(drop).map_err(|error| error.findings);
        let findings = findings.err().unwrap_or_default();
        findings.iter().map(|f| f.rule).collect::<Vec<_>>()
    };
    assert_eq!(broken(|_| {}), [""; 0]);
    assert_eq!(
        broken(|list| list.next_update_ms = list.this_update_ms + 999 - 640),
        ["crl_next_update_is_after_this_update"]
    );
    let later =
        |list: &mut CrlTemplate| list.revoked[0].revoked_at_ms = list.this_update_ms + 1_000;
    assert_eq!(broken(later), ["crl_nothing_is_revoked_after_this_update"]);
    let then = |list: &mut CrlTemplate| list.revoked[0].revoked_at_ms = list.this_update_ms;
    assert_eq!(broken(then), [""; 0]);
    for twice in [
        |list: &mut CrlTemplate| list.revoked.push(list.revoked[0].clone()),
        |list: &mut CrlTemplate| list.revoked[0].serial = SerialNumber::from_bytes(&[0]),
    ] {
        assert_eq!(broken(twice), ["crl_serials_are_positive_and_named_once"]);
    }
    let field = |change: fn(&mut CrlTemplate)| {
        let mut list = template(vec![revoked(&[1], RevocationReason::Superseded)]);
        change(&mut list);
        match list.prepare(&root, HashAlgorithm::Sha256).map(drop) {
            Err(PkiError::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(field(|list| list.this_update_ms = -1), "this_update");
    assert_eq!(field(|list| list.next_update_ms = i64::MAX), "next_update");
    assert_eq!(
        field(|l| l.revoked[0].revoked_at_ms = -1),
        "revocation_date"
    );
    assert_eq!(field(|l| l.distribution_point = Some("x".into())), "uri");
}

#[test]
fn only_a_ca_with_crl_sign_and_its_key_signs() {
    let (root, root_key) = ca(KeyAlgorithm::EcP256);
    let server = issue(
        &server_template(root_key),
        &root,
        root_key,
        HashAlgorithm::Sha256,
    );
    let mut without = ca_template("Root", root_key, None);
    without.extensions.key_usages = vec![KeyUsage::KeyCertSign];
    let above_key = key(KeyAlgorithm::EcP256, 1);
    let above = ca_template("Above", above_key, None);
    let above = self_sign(&above, above_key, HashAlgorithm::Sha256);
    let without = issue(&without, &above, above_key, HashAlgorithm::Sha256);
    let list = template(Vec::new());
    let prepare = |ca| list.prepare(ca, HashAlgorithm::Sha256);
    let name = "CN=Root,O=Acme,C=CN".to_owned();
    assert!(matches!(prepare(&server), Err(PkiError::NotAnAuthority(_))));
    let refused = PkiError::NotACrlIssuer(name);
    assert_eq!(prepare(&without).unwrap_err(), refused);
    let linted = prepare(&root).unwrap().lint().unwrap();
    let other = key(KeyAlgorithm::EcP256, 1);
    assert_eq!(linted.sign(other).unwrap_err(), PkiError::WrongSigner);
    let error = list.prepare(&root, HashAlgorithm::Sm3).unwrap_err();
    assert_eq!(error, PkiError::UnsupportedSignature("SM3".into()));
    // Nor is it relied upon.
    let crl = sign(&list, &root, root_key);
    assert_eq!(crl.verify_signed_by(&without), Err(refused));
    let (impostor, _) = ca(KeyAlgorithm::Rsa2048);
    assert_eq!(crl.verify_signed_by(&impostor), Err(PkiError::BadSignature));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read(
        serials in prop::collection::hash_set(prop::collection::vec(1..=255u8, 1..20), 0..20),
        this_s in 0..200_000_000_000i64,
        number: u64,
        reason in 0..9usize,
        uri: bool,
    ) {
        let (root, root_key) = ca(KeyAlgorithm::EcP256);
        let entry = |serial: &Vec<u8>| RevokedCertificate {
            serial: SerialNumber::from_bytes(serial),
            revoked_at_ms: this_s * 1000,
            reason: RevocationReason::ALL[reason],
        };
        let list = CrlTemplate {
            this_update_ms: this_s * 1000,
            next_update_ms: this_s * 1000 + DAY_MS,
            number,
            distribution_point: uri.then(|| URI.to_owned()),
            revoked: serials.iter().map(entry).collect(),
        };
        let crl = sign(&list, &root, root_key);
        prop_assert_eq!(crl.this_update_ms(), list.this_update_ms);
        prop_assert_eq!(crl.next_update_ms(), Some(list.next_update_ms));
        prop_assert_eq!(crl.number(), Some(number));
        prop_assert_eq!(crl.distribution_point(), list.distribution_point.as_deref());
        prop_assert_eq!(crl.revoked(), list.revoked);
    }
}
