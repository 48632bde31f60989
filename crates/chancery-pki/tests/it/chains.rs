//! Putting chains into order.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm};
use chancery_pki::chain::{ChainError, order};
use chancery_pki::pem::LineEnding;
use chancery_pki::{Certificate, PkiError};

use crate::openssl::OpenSsl;
use crate::support::{ca_template, issue, key, self_sign, server_template, small_chain};

const HASH: HashAlgorithm = HashAlgorithm::Sha256;

#[test]
fn any_order_becomes_the_right_one() {
    let [root, sub, server] = small_chain();
    let right = [sub.clone(), root.clone()];
    for pool in [
        vec![sub.clone(), root.clone()],
        vec![root.clone(), sub.clone()],
        vec![server.clone(), root.clone(), sub.clone(), root.clone()],
    ] {
        assert_eq!(order(&server, pool).unwrap(), right);
    }
    assert_eq!(order(&server, vec![sub.clone()]).unwrap(), [sub]);
    assert_eq!(order(&server, vec![]).unwrap(), []);
    assert_eq!(order(&root, vec![root.clone()]).unwrap(), []);
}

#[test]
fn a_missing_link_is_named() {
    let [root, _, server] = small_chain();
    assert_eq!(
        order(&server, vec![root]),
        Err(ChainError::Missing {
            subject: "CN=server.example.com,O=Acme,C=CN".into(),
            issuer: "CN=Sub,O=Acme,C=CN".into(),
        })
    );
}

#[test]
fn an_unrelated_certificate_is_named() {
    let [root, sub, server] = small_chain();
    let stranger_key = key(KeyAlgorithm::EcP384, 1);
    let stranger = self_sign(
        &ca_template("Stranger", stranger_key, None),
        stranger_key,
        HASH,
    );
    let unrelated = Err(ChainError::Unrelated {
        subject: "CN=Stranger,O=Acme,C=CN".into(),
    });
    let pool = vec![stranger.clone(), sub, root.clone()];
    assert_eq!(order(&server, pool), unrelated);
    assert_eq!(order(&root, vec![stranger]), unrelated);
}

#[test]
fn an_impostor_of_the_same_name_is_rejected() {
    let [root, _, server] = small_chain();
    let other_key = key(KeyAlgorithm::EcP384, 1);
    let impostor = issue(
        &ca_template("Sub", other_key, Some(0)),
        &root,
        key(KeyAlgorithm::EcP256, 0),
        HASH,
    );
    assert_eq!(
        order(&server, vec![impostor.clone(), root.clone()]),
        Err(ChainError::Rejected {
            subject: "CN=server.example.com,O=Acme,C=CN".into(),
            issuer: "CN=Sub,O=Acme,C=CN".into(),
            reason: PkiError::BadSignature,
        })
    );
    // Beside the real one it is merely too many.
    let [_, sub, _] = small_chain();
    let sub_is_of_another_run = server.verify_signed_by(&sub).is_ok();
    assert!(sub_is_of_another_run, "the keys are the same in each run");
    assert_eq!(
        order(&server, vec![impostor, sub, root]),
        Err(ChainError::Unrelated {
            subject: "CN=Sub,O=Acme,C=CN".into()
        })
    );
}

#[test]
fn an_end_entity_issues_nothing() {
    // The certificate of the server's name and key is no authority, although its key signed.
    let server_key = key(KeyAlgorithm::EcP256, 0);
    let as_ca = self_sign(&ca_template("Both", server_key, None), server_key, HASH);
    let child = issue(
        &server_template(key(KeyAlgorithm::EcP384, 0)),
        &as_ca,
        server_key,
        HASH,
    );
    let mut no_ca = crate::support::template("Both", server_key);
    no_ca.extensions.key_usages = vec![chancery_pki::KeyUsage::DigitalSignature];
    let no_ca = self_sign(&no_ca, server_key, HASH);
    assert_eq!(
        child.verify_signed_by(&no_ca),
        Err(PkiError::NotAnAuthority("CN=Both,O=Acme,C=CN".into()))
    );
    assert!(matches!(
        order(&child, vec![no_ca]),
        Err(ChainError::Rejected { .. })
    ));
}

#[test]
fn path_lengths_are_kept() {
    let keys = [
        key(KeyAlgorithm::EcP256, 0),
        key(KeyAlgorithm::EcP256, 1),
        key(KeyAlgorithm::EcP384, 0),
        key(KeyAlgorithm::EcP384, 1),
    ];
    let build = |limit: Option<u32>| {
        let root = self_sign(&ca_template("Root", keys[0], limit), keys[0], HASH);
        let upper = issue(&ca_template("Upper", keys[1], None), &root, keys[0], HASH);
        let lower = issue(&ca_template("Lower", keys[2], None), &upper, keys[1], HASH);
        let server = issue(&server_template(keys[3]), &lower, keys[2], HASH);
        order(&server, vec![root, upper, lower])
    };
    assert!(build(None).is_ok());
    assert!(build(Some(2)).is_ok());
    assert_eq!(
        build(Some(1)),
        Err(ChainError::PathTooLong {
            subject: "CN=Root,O=Acme,C=CN".into(),
            limit: 1
        })
    );
}

#[test]
fn chains_of_openssl_are_ordered() {
    let Some(openssl) = OpenSsl::new("chains of openssl") else {
        return;
    };
    openssl.run("req -x509 -newkey rsa:2048 -nodes -sha1 -subj /CN=Root -keyout r.key -out r.pem");
    let ca = "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign";
    openssl.run(&format!(
        "req -x509 -newkey rsa:3072 -nodes -subj /CN=Sub -CA r.pem -CAkey r.key {ca} \
         -keyout s.key -out s.pem"
    ));
    openssl.run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=leaf -CA s.pem \
         -CAkey s.key -addext basicConstraints=CA:FALSE -keyout l.key -out l.pem",
    );
    let read = |file: &str| Certificate::from_pem(&openssl.text(file)).unwrap();
    let (root, sub, leaf) = (read("r.pem"), read("s.pem"), read("l.pem"));
    let chain = order(&leaf, vec![root.clone(), sub.clone()]).unwrap();
    assert_eq!(chain, [sub, root], "a root may be signed with SHA-1");
    let ordered: String = chain.iter().map(|c| c.pem(LineEnding::Lf)).collect();
    openssl.write("chain.pem", ordered);
    openssl.run("verify -CAfile chain.pem l.pem");
}
