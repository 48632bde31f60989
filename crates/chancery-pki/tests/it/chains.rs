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

/// A CA that two others have certified, with the certificates that both gave it.
fn crossed() -> [Certificate; 6] {
    let keys = [
        key(KeyAlgorithm::EcP256, 0),
        key(KeyAlgorithm::EcP256, 1),
        key(KeyAlgorithm::EcP384, 0),
        key(KeyAlgorithm::EcP384, 1),
    ];
    let lasts = |mut template: chancery_pki::Template, days: i64| {
        template.validity.not_after_ms = template.validity.not_before_ms + days * 86_400_000;
        template
    };
    let old = self_sign(
        &lasts(ca_template("Old", keys[0], None), 100),
        keys[0],
        HASH,
    );
    let new = self_sign(
        &lasts(ca_template("New", keys[1], None), 200),
        keys[1],
        HASH,
    );
    let cross = || lasts(ca_template("Cross", keys[2], None), 90);
    let by_old = issue(&cross(), &old, keys[0], HASH);
    let by_new = issue(&cross(), &new, keys[1], HASH);
    let of_itself = self_sign(
        &lasts(ca_template("Cross", keys[2], None), 50),
        keys[2],
        HASH,
    );
    let server = issue(&server_template(keys[3]), &by_old, keys[2], HASH);
    [old, new, by_old, by_new, of_itself, server]
}

/// All orders of some certificates.
fn orders(pool: &[Certificate]) -> Vec<Vec<Certificate>> {
    match pool {
        [] => vec![vec![]],
        _ => (0..pool.len())
            .flat_map(|at| {
                let mut rest = pool.to_vec();
                let first = rest.remove(at);
                orders(&rest).into_iter().map(move |mut order| {
                    order.push(first.clone());
                    order
                })
            })
            .collect(),
    }
}

#[test]
fn a_ca_that_two_others_have_certified_may_be_in_a_pool() {
    let [old, new, by_old, by_new, of_itself, server] = crossed();
    for (pool, expected) in [
        // Both roots: the path that lasts longest, which is as long as the CA's own certificate; and then
        // either is right, though always the same.
        (vec![&by_old, &by_new, &new], vec![&by_new, &new]),
        (vec![&by_old, &by_new, &old], vec![&by_old, &old]),
        (vec![&by_new, &new], vec![&by_new, &new]),
        // The root of its own ends sooner than what others say of it.
        (vec![&of_itself, &by_new, &new], vec![&by_new, &new]),
        (vec![&of_itself, &by_new], vec![&of_itself]),
        (vec![&of_itself], vec![&of_itself]),
    ] {
        let pool: Vec<_> = pool.into_iter().cloned().collect();
        let expected: Vec<_> = expected.into_iter().cloned().collect();
        for pool in orders(&pool) {
            assert_eq!(order(&server, pool).unwrap(), expected);
        }
    }
    let all = [old, new, by_old.clone(), by_new.clone(), of_itself];
    let taken: Vec<_> = orders(&all)
        .into_iter()
        .map(|pool| order(&server, pool).unwrap())
        .collect();
    assert!(
        taken
            .iter()
            .all(|path| path.len() == 2 && *path == taken[0])
    );
    // Without any root, one of the two.
    let [one, other] = [vec![by_old.clone(), by_new.clone()], vec![by_new, by_old]];
    let taken = order(&server, one).unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(order(&server, other).unwrap(), taken);
}

#[test]
fn what_is_on_no_path_is_named_beside_two_paths() {
    let [old, new, by_old, by_new, _, server] = crossed();
    let stranger_key = key(KeyAlgorithm::EcP384, 1);
    let stranger = ca_template("Stranger", stranger_key, None);
    let stranger = self_sign(&stranger, stranger_key, HASH);
    for pool in orders(&[old, new, by_old, by_new, stranger]) {
        assert_eq!(
            order(&server, pool),
            Err(ChainError::Unrelated {
                subject: "CN=Stranger,O=Acme,C=CN".into()
            })
        );
    }
}

#[test]
fn a_name_may_be_written_in_two_ways() {
    let keys = [key(KeyAlgorithm::EcP256, 0), key(KeyAlgorithm::EcP384, 0)];
    // PrintableString, other case, more space.
    let other = b"\x30\x15\x31\x13\x30\x11\x06\x03\x55\x04\x03\x13\x0aTHE  root ";
    let utf8 = b"\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\x03\x0c\x08The Root";
    let named = |name: &[u8]| {
        let mut template = ca_template("The Root", keys[0], None);
        template.subject = chancery_pki::Subject::Der(name.to_vec());
        template
    };
    let root = self_sign(&named(utf8), keys[0], HASH);
    // The same root, with its name in another writing: what it signs names that as its issuer.
    let mut issuer = chancery_pki::Issuer::of(&root).unwrap();
    issuer.name = other.to_vec();
    let server = server_template(keys[1]).prepare(&issuer, HASH).unwrap();
    let server = server.lint(chancery_pki::Profile::Entity).unwrap();
    let server = server.sign(keys[0]).unwrap();
    assert_ne!(server.issuer_der(), root.subject_der());
    assert_eq!(order(&server, vec![root.clone()]).unwrap(), [root]);
}

/// Key identifiers are hints: a wrong one rules no path out.
#[test]
fn a_wrong_key_identifier_is_no_obstacle() {
    let [root, sub, _] = small_chain();
    let (sub_key, server_key) = (key(KeyAlgorithm::EcP384, 0), key(KeyAlgorithm::Rsa2048, 0));
    let mut issuer = chancery_pki::Issuer::of(&sub).unwrap();
    issuer.key_id = vec![7; 20];
    let sub_key = [
        sub_key,
        key(KeyAlgorithm::EcP256, 1),
        key(KeyAlgorithm::EcP384, 1),
    ]
    .into_iter()
    .find(|key| key.public_key_der() == sub.public_key_der())
    .unwrap();
    let server = server_template(server_key).prepare(&issuer, HASH).unwrap();
    let server = server.lint(chancery_pki::Profile::Entity).unwrap();
    let server = server.sign(sub_key).unwrap();
    assert_ne!(server.aki(), sub.ski());
    let right = [sub.clone(), root.clone()];
    assert_eq!(order(&server, vec![root, sub]).unwrap(), right);
}

/// Certificates of few names and keys, each by each, form more paths than anybody needs.
#[test]
fn a_hostile_pool_ends_in_a_refusal() {
    let keys: Vec<_> = [KeyAlgorithm::EcP256, KeyAlgorithm::EcP384]
        .into_iter()
        .flat_map(|algorithm| [key(algorithm, 0), key(algorithm, 1)])
        .collect();
    let names = ["A", "B", "C", "D"];
    let roots: Vec<_> = (0..4)
        .map(|at| self_sign(&ca_template(names[at], keys[at], None), keys[at], HASH))
        .collect();
    let mut pool = Vec::new();
    for below in 0..4 {
        for above in (0..4).filter(|above| *above != below) {
            for _ in 0..5 {
                let template = ca_template(names[below], keys[below], None);
                pool.push(issue(&template, &roots[above], keys[above], HASH));
            }
        }
    }
    let server = issue(&server_template(keys[1]), &roots[0], keys[0], HASH);
    let refused = order(&server, pool).unwrap_err().to_string();
    assert!(refused.contains("form too many paths"), "{refused}");
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
