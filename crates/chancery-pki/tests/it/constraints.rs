//! Name constraints, judged by OpenSSL: what is let through here verifies there, and where the
//! two disagree it is in the direction that is written beside the case.

use std::fmt::Write;

use chancery_crypto::{HashAlgorithm, KeyAlgorithm};
use chancery_pki::chain::{ChainError, check_names, room_below};
use chancery_pki::pem::LineEnding;
use chancery_pki::{Certificate, PkiError, SigningRequest, Subject};

use crate::openssl::OpenSsl;
use crate::support::{NOW_MS, ca_template, issue, key, self_sign, server_template};

/// A name constraint of OpenSSL's configuration.
const CONSTRAINTS: &[&str] = &[
    "permitted;DNS:example.com",
    "permitted;DNS:www.example.com",
    "permitted;DNS:.example.com",
    "excluded;DNS:example.com",
    "excluded;DNS:www.example.com",
    "permitted;IP:192.0.2.0/255.255.255.0",
    "excluded;IP:192.0.2.0/255.255.255.0",
    "permitted;IP:2001:db8::/ffff:ffff::",
    "permitted;email:example.com",
    "permitted;email:.example.com",
    "permitted;email:ops@example.com",
    "excluded;email:example.com",
    "permitted;URI:example.com",
    "permitted;URI:.example.com",
    "excluded;URI:example.com",
    "permitted;dirName:in_acme",
    "excluded;dirName:in_acme",
];

/// A subject and alternative names.
const NAMES: &[(&str, &str)] = &[
    ("/C=CN/O=Acme/CN=somebody", "DNS:example.com"),
    ("/C=CN/O=Acme/CN=somebody", "DNS:www.EXAMPLE.com"),
    ("/C=CN/O=Acme/CN=somebody", "DNS:*.example.com"),
    ("/C=CN/O=Acme/CN=somebody", "DNS:badexample.com"),
    ("/C=CN/O=Acme/CN=somebody", "DNS:www.example.org"),
    ("/C=CN/O=Acme/CN=www.example.org", "DNS:www.example.com"),
    ("/C=CN/O=Acme/CN=www.example.org", "IP:192.0.2.7"),
    ("/C=CN/O=Acme/CN=www.example.com", "IP:192.0.3.7"),
    ("/C=CN/O=Acme/CN=somebody", "IP:2001:db8::1"),
    ("/C=CN/O=Acme/CN=somebody", "email:a@example.com"),
    ("/C=CN/O=Acme/CN=somebody", "email:ops@Example.com"),
    ("/C=CN/O=Acme/CN=somebody", "email:a@www.example.com"),
    (
        "/C=CN/O=acme/CN=a/emailAddress=a@example.com",
        "DNS:example.com",
    ),
    (
        "/C=CN/O=ACME/CN=a/emailAddress=a@example.org",
        "DNS:example.com",
    ),
    ("/C=CN/O=Other/CN=somebody", "URI:https://example.com/a"),
    ("/C=CN/CN=somebody", "URI:https://www.example.com:8443/a"),
    (
        "/C=DE/O=Acme/CN=somebody",
        "URI:https://example.org/example.com",
    ),
    (
        "/C=CN/O=Acme/OU=ops/CN=somebody",
        "URI:https://www.example.com/",
    ),
];

/// Stricter here: a wildcard that may match an excluded host.
fn is_stricter(constraint: &str, names: &str) -> bool {
    match constraint {
        "excluded;DNS:www.example.com" => names == "DNS:*.example.com",
        // For Go a host is all below it too.
        "excluded;email:example.com" => names == "email:a@www.example.com",
        "excluded;URI:example.com" => names.starts_with("URI:https://www.example.com"),
        _ => false,
    }
}

#[test]
fn openssl_agrees() {
    let Some(openssl) = OpenSsl::new("name constraints") else {
        return;
    };
    let mut config =
        "[req]\ndistinguished_name = name\n[name]\n[in_acme]\nC = CN\nO = Acme\n".to_owned();
    for (index, constraint) in CONSTRAINTS.iter().enumerate() {
        writeln!(
            config,
            "[ca{index}]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = keyCertSign\n\
             subjectKeyIdentifier = hash\nnameConstraints = critical, {constraint}"
        )
        .unwrap();
    }
    for (index, (_, names)) in NAMES.iter().enumerate() {
        writeln!(
            config,
            "[leaf{index}]\nsubjectAltName = {names}\nbasicConstraints = CA:FALSE"
        )
        .unwrap();
    }
    openssl.write("c.cnf", config);
    openssl.run("ecparam -name prime256v1 -genkey -noout -out key.pem");
    let read = |file: &str| Certificate::from_pem(&openssl.text(file)).unwrap();
    let mut leaves = Vec::new();
    for (index, (subject, _)) in NAMES.iter().enumerate() {
        // The issuer's name and key are the same for all, so each leaf is below each CA.
        openssl.run(
            "req -x509 -new -key key.pem -config c.cnf -subj /CN=CA -extensions ca0 -out any.pem",
        );
        openssl.run(&format!(
            "req -x509 -new -key key.pem -config c.cnf -subj {subject} -CA any.pem -CAkey key.pem \
             -extensions leaf{index} -days 30 -out leaf{index}.pem"
        ));
        leaves.push(read(&format!("leaf{index}.pem")));
    }
    for (index, constraint) in CONSTRAINTS.iter().enumerate() {
        let ca = format!("ca{index}.pem");
        openssl.run(&format!(
            "req -x509 -new -key key.pem -config c.cnf -subj /CN=CA -extensions ca{index} -days 30 \
             -out {ca}"
        ));
        let authority = read(&ca);
        assert!(authority.name_constraints().unwrap().is_some());
        for (leaf, (subject, names)) in leaves.iter().zip(NAMES) {
            openssl.write("leaf.pem", leaf.pem(LineEnding::Lf));
            let judged = openssl.try_run(&format!("verify -CAfile {ca} leaf.pem"));
            let theirs = judged.status.success();
            let said = String::from_utf8_lossy(&judged.stderr);
            assert!(
                theirs || said.contains("subtree violation") || said.contains("unsupported"),
                "{said}"
            );
            let ours = check_names(&[leaf.clone(), authority.clone()]).is_ok();
            let expected = theirs && !is_stricter(constraint, names);
            assert_eq!(ours, expected, "{constraint}: {subject} {names}: {said}");
        }
    }
}

#[test]
fn a_chain_binds_all_below_but_what_is_self_issued() {
    let Some(openssl) = OpenSsl::new("chains with name constraints") else {
        return;
    };
    openssl.write(
        "c.cnf",
        "[req]\ndistinguished_name = name\n[name]\n[acme]\nC = CN\nO = Acme\n[ca]\n\
         basicConstraints = critical, CA:TRUE\nkeyUsage = keyCertSign\n\
         subjectKeyIdentifier = hash\nnameConstraints = critical, permitted;dirName:acme\n",
    );
    openssl.run("ecparam -name prime256v1 -genkey -noout -out key.pem");
    // The root's own name is outside of what it permits: it binds what is below alone.
    openssl
        .run("req -x509 -new -key key.pem -config c.cnf -subj /CN=Root -extensions ca -out r.pem");
    let below = |name: &str, file: &str| {
        openssl.run(&format!(
            "req -x509 -new -key key.pem -config c.cnf -subj {name} -CA r.pem -CAkey key.pem \
             -extensions ca -out {file}"
        ));
        Certificate::from_pem(&openssl.text(file)).unwrap()
    };
    let root = Certificate::from_pem(&openssl.text("r.pem")).unwrap();
    let inside = below("/C=CN/O=Acme/CN=Sub", "inside.pem");
    let outside = below("/C=CN/O=Other/CN=Sub", "outside.pem");
    let renewed = below("/CN=Root", "renewed.pem");
    assert_eq!(check_names(std::slice::from_ref(&root)), Ok(()));
    assert_eq!(check_names(&[inside.clone(), root.clone()]), Ok(()));
    let error = check_names(&[outside.clone(), root.clone()]).unwrap_err();
    let ChainError::Names { subject, reason } = &error else {
        panic!("{error}");
    };
    assert_eq!(subject, &outside.subject_text());
    assert!(matches!(
        reason,
        PkiError::NameNotAllowed {
            verdict: "not permitted",
            ..
        }
    ));
    // In the middle of a chain, and as the last certificate.
    assert_eq!(
        check_names(&[inside, renewed.clone(), root.clone()]),
        Ok(())
    );
    assert!(check_names(&[renewed, root]).is_err());
}

#[test]
fn requests_carry_constraints() {
    let Some(openssl) = OpenSsl::new("requests with name constraints") else {
        return;
    };
    let ask = |constraints: &str| {
        openssl.run(&format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -subj /CN=Sub \
             -addext nameConstraints={constraints} -out r.pem"
        ));
        SigningRequest::parse_pem(&openssl.text("r.pem")).unwrap()
    };
    let request = ask("permitted;DNS:example.com,excluded;IP:10.0.0.0/255.0.0.0");
    let asked = request.name_constraints().unwrap().unwrap();
    // What is written is what was asked for, and OpenSSL reads it so.
    let root_key = key(KeyAlgorithm::EcP256, 0);
    let mut template = ca_template("Root", root_key, None);
    template.subject = Subject::Der(request.subject_der().to_vec());
    template.extensions.name_constraints = Some(asked.clone());
    let issuer = chancery_pki::Issuer::self_signed(&template).unwrap();
    let unsigned = template.prepare(&issuer, HashAlgorithm::Sha256).unwrap();
    let error = unsigned.lint(chancery_pki::Profile::RootCa).unwrap_err();
    assert_eq!(error.findings[0].rule, "is_a_root_ca");
    let above = self_sign(
        &ca_template("Above", root_key, None),
        root_key,
        HashAlgorithm::Sha256,
    );
    let issuer = chancery_pki::Issuer::of(&above).unwrap();
    let unsigned = template.prepare(&issuer, HashAlgorithm::Sha256).unwrap();
    let linted = unsigned
        .lint(chancery_pki::Profile::IntermediateCa)
        .unwrap();
    let certificate = linted.sign(root_key).unwrap();
    assert_eq!(certificate.name_constraints(), Ok(Some(asked)));
    openssl.write("ca.pem", certificate.pem(LineEnding::Lf));
    let said = openssl.run("x509 -in ca.pem -noout -ext nameConstraints");
    for line in [
        "Name Constraints: critical",
        "DNS:example.com",
        "IP:10.0.0.0/255.0.0.0",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let below = chancery_pki::Issuer::of(&certificate).unwrap();
    assert_eq!(below.name_constraints.len(), 1);
    let whole = chancery_pki::Issuer::of(&above)
        .unwrap()
        .below(&[certificate])
        .unwrap();
    assert_eq!(whole.name_constraints, below.name_constraints);
}

#[test]
fn the_room_below_a_ca() {
    let keys = [0, 1].map(|i| key(KeyAlgorithm::EcP256, i));
    let hash = HashAlgorithm::Sha256;
    let chain = |limits: [Option<u32>; 3]| {
        let root = self_sign(&ca_template("Root", keys[0], limits[0]), keys[0], hash);
        let upper = issue(
            &ca_template("Upper", keys[1], limits[1]),
            &root,
            keys[0],
            hash,
        );
        let lower = issue(
            &ca_template("Lower", keys[0], limits[2]),
            &upper,
            keys[1],
            hash,
        );
        (lower, [upper, root])
    };
    for (limits, expected) in [
        ([None, None, None], Some(None)),
        ([None, None, Some(0)], Some(Some(0))),
        ([Some(5), Some(4), Some(3)], Some(Some(3))),
        ([Some(2), None, None], Some(Some(0))),
        ([Some(3), None, Some(4)], Some(Some(1))),
        ([None, Some(1), None], Some(Some(0))),
        ([Some(1), None, None], None),
    ] {
        let (lower, above) = chain(limits);
        let found = room_below(&lower, &above);
        match expected {
            Some(room) => assert_eq!(found, Ok(room), "{limits:?}"),
            None => assert_eq!(
                found,
                Err(ChainError::PathTooLong {
                    subject: "CN=Root,O=Acme,C=CN".into(),
                    limit: 1
                })
            ),
        }
    }
    // A server below is no CA and takes no room.
    let (lower, above) = chain([Some(2), Some(1), Some(0)]);
    let mut server = server_template(keys[1]);
    server.validity.not_before_ms = NOW_MS;
    let server = issue(&server, &lower, keys[0], hash);
    let mut pool = above.to_vec();
    pool.push(lower);
    assert_eq!(chancery_pki::chain::order(&server, pool).unwrap().len(), 3);
}
