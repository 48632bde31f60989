//! Certificates that others have made, decoded: what OpenSSL was told to write is what is read.

use chancery_pki::described::{Described, Value};
use chancery_pki::pem;

use crate::openssl::OpenSsl;

const SETTINGS: &str = "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n\
[dn]\nC=DE\nO=Ex\\, Ample\nCN=\u{56e2}\u{961f}\n\
[ext]\nbasicConstraints=critical,CA:TRUE,pathlen:3\n\
keyUsage=critical,keyCertSign,cRLSign\n\
extendedKeyUsage=serverAuth,1.2.3.4,OCSPSigning\n\
subjectAltName=DNS:a.example,IP:192.0.2.1,IP:2001:db8::1,email:a@example.com,URI:https://example.com/x,RID:1.2.3,dirName:dir\n\
nameConstraints=critical,permitted;DNS:example.com,excluded;IP:10.0.0.0/255.0.0.0\n\
policyConstraints=requireExplicitPolicy:1\ninhibitAnyPolicy=2\n\
certificatePolicies=2.23.140.1.2.1,@policy\n\
authorityInfoAccess=OCSP;URI:http://example.com/ocsp,caIssuers;URI:http://example.com/ca\n\
crlDistributionPoints=URI:http://example.com/crl\n\
tlsfeature=status_request\nnoCheck=ignored\n\
1.3.6.1.4.1.2011.4.99=ASN1:UTF8String:a\n\
1.2.3.4.5=DER:ff\n\
[dir]\nCN=elsewhere\n[policy]\npolicyIdentifier=1.2.3.4.6\nCPS=https://example.com/cps\n";

fn certificate() -> Option<Vec<u8>> {
    let openssl = OpenSsl::new("certificates of others")?;
    openssl.write("settings", SETTINGS);
    openssl.run(
        "req -x509 -utf8 -newkey rsa:1024 -nodes -days 9 -config settings -keyout key.pem -out made.pem",
    );
    let text = String::from_utf8(openssl.read("made.pem")).unwrap();
    Some(pem::parse(&text).unwrap().remove(0).der)
}

#[test]
fn all_that_is_in_a_certificate_is_read() {
    let Some(der) = certificate() else { return };
    let read = Described::from_der(&der).unwrap();
    assert_eq!(read.version, 3);
    assert_eq!(
        read.signature_algorithm.name.as_deref(),
        Some("SHA256withRSA")
    );
    assert_eq!(
        (read.public_key.algorithm.as_str(), read.public_key.bits),
        ("RSA", Some(1024))
    );
    let names: Vec<_> = read
        .subject
        .attributes
        .iter()
        .map(|one| one.value.as_str())
        .collect();
    assert_eq!(names, ["DE", "Ex, Ample", "\u{56e2}\u{961f}"]);
    assert_eq!(read.subject.text, "CN=\u{56e2}\u{961f},O=Ex\\, Ample,C=DE");
    assert_eq!(read.subject.short(), "\u{56e2}\u{961f}");
    let of = |name: &str| {
        let mut all = read.extensions.iter();
        let found = all.find(|one| one.kind.name.as_deref().unwrap_or(&one.kind.oid) == name);
        found.unwrap_or_else(|| panic!("{name}: {:?}", read.extensions))
    };
    assert!(of("basicConstraints").critical && !of("subjectAltName").critical);
    assert_eq!(
        of("basicConstraints").value,
        Value::BasicConstraints {
            ca: true,
            path_length: Some(3)
        }
    );
    let Value::Names(names) = &of("subjectAltName").value else {
        panic!()
    };
    let names: Vec<_> = names
        .iter()
        .map(|name| (name.kind, name.value.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("DNS", "a.example"),
            ("IP", "192.0.2.1"),
            ("IP", "2001:db8::1"),
            ("EMAIL", "a@example.com"),
            ("URI", "https://example.com/x"),
            ("registeredID", "1.2.3"),
            ("directoryName", "CN=elsewhere"),
        ]
    );
    let Value::Purposes(purposes) = &of("extKeyUsage").value else {
        panic!()
    };
    let purposes: Vec<_> = purposes
        .iter()
        .map(|one| one.name.clone().unwrap_or_else(|| one.oid.clone()))
        .collect();
    assert_eq!(purposes, ["serverAuth", "1.2.3.4", "OCSPSigning"]);
    let Value::NameConstraints {
        permitted,
        excluded,
    } = &of("nameConstraints").value
    else {
        panic!()
    };
    assert_eq!(
        (permitted[0].kind, permitted[0].value.as_str()),
        ("DNS", "example.com")
    );
    assert_eq!(
        (excluded[0].kind, excluded[0].value.as_str()),
        ("IP", "10.0.0.0/8")
    );
    let Value::Policies(policies) = &of("certificatePolicies").value else {
        panic!()
    };
    assert_eq!(policies[0].policy.name.as_deref(), Some("domain-validated"));
    assert_eq!(policies[1].cps, ["https://example.com/cps"]);
    let Value::Access(places) = &of("authorityInfoAccess").value else {
        panic!()
    };
    assert_eq!(
        (places[0].0.as_str(), places[1].0.as_str()),
        ("ocsp", "caIssuers")
    );
    let Value::DistributionPoints(points) = &of("cRLDistributionPoints").value else {
        panic!()
    };
    assert_eq!(points[0].names[0].value, "http://example.com/crl");
    assert_eq!(of("inhibitAnyPolicy").value, Value::Number(2));
    assert_eq!(of("tlsfeature").value, Value::Features(vec![5]));
    // What is known to nobody, and what is no DER.
    assert_eq!(
        of("1.3.6.1.4.1.2011.4.99").value,
        Value::Bytes("0C0161".into())
    );
    assert_eq!(of("1.2.3.4.5").value, Value::Bytes("FF".into()));
}

/// Whatever is stored is shown: a damaged certificate is refused as a whole or read, and never ends the
/// program.
#[test]
fn damage_ends_nothing() {
    let Some(der) = certificate() else { return };
    let mut read = 0;
    for at in 0..der.len() {
        for bit in [0x01, 0x80] {
            let mut damaged = der.clone();
            damaged[at] ^= bit;
            read += usize::from(Described::from_der(&damaged).is_ok());
        }
    }
    assert!(read > 0);
    assert!(Described::from_der(&der[..der.len() - 1]).is_err());
    assert!(Described::from_der(&[]).is_err());
}
