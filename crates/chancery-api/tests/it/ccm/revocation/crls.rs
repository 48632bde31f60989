//! Certificate revocation lists.

use std::time::Instant;

use chancery_pki::crl::RevocationReason;
use chancery_store::{BucketRow, PrivateCertificateRow, Transaction};
use serde_json::{Value, json};

use super::*;
use crate::ccm::{NO_ID, pending};
use crate::support::{DAY, MINUTE, NOW};
use crate::tools::openssl;

async fn refused(api: &Api, id: &str, body: Value, code: (u16, &str), text: &str) {
    let path = format!("{CAS}/{id}/crl/enable");
    let before = api.store.buckets(&api.domain_id).await.unwrap().len();
    api.refused(("POST", &path), Some(body), code, text).await;
    let after = api.store.buckets(&api.domain_id).await.unwrap().len();
    assert_eq!(before, after, "a refused call made a bucket");
}

#[tokio::test]
async fn a_list_is_there_at_once_and_after_revocations() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let id = api.new_ca(subordinate("issuing", &root, 0)).await;
    let off = json!({
        "enabled": false, "crl_name": null, "obs_bucket_name": null, "valid_days": null,
        "crl_dis_point": null,
    });
    assert_eq!(api.ca(&id).await["crl_configuration"], off);
    let one = api
        .new_certificate(certificate("one.example.com", &id))
        .await;
    let two = api
        .new_certificate(certificate("two.example.com", &id))
        .await;
    api.revoke_certificate(&one, "KEY_COMPROMISE").await;

    api.enable_crl(&id, lists("acme-lists")).await;
    let crl = api.crl(&id).await;
    assert_eq!(crl.number(), Some(1));
    assert_eq!(crl.this_update_ms(), NOW - MINUTE);
    assert_eq!(crl.next_update_ms(), Some(NOW + 8 * DAY));
    let serial = async |certificate: &str| api.certificate_of(certificate).await.serial_hex();
    assert_eq!(serials(&crl), [serial(&one).await]);
    assert_eq!(crl.revoked()[0].reason, RevocationReason::KeyCompromise);
    // No list tells of what comes after the time it gives.
    assert_eq!(crl.revoked()[0].revoked_at_ms, NOW - MINUTE);

    api.clock.advance_ms(1_000);
    api.revoke_certificate(&two, "CERTIFICATE_HOLD").await;
    let crl = api.newest_crl(&id).await;
    assert_eq!(crl.number(), Some(2));
    let mut expected = [serial(&one).await, serial(&two).await];
    expected.sort();
    assert_eq!(serials(&crl), expected);

    // The copy in the bucket is the same, and everyone may read it.
    let shown = api.ca(&id).await["crl_configuration"].clone();
    let address = format!("https://desk.example:8443/objects/acme-lists/{id}.crl");
    assert_eq!(
        shown,
        json!({
            "enabled": true, "crl_name": id, "obs_bucket_name": "acme-lists", "valid_days": 8,
            "crl_dis_point": address,
        })
    );
    let request = Request::get(format!("/objects/acme-lists/{id}.crl")).body(Body::empty());
    let response = api.send(request.unwrap()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/pkix-crl");
    let copy = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(copy.as_ref(), crl.der());

    // What was revoked stays on the list when it is deleted.
    api.succeed("DELETE", &format!("{CERTIFICATES}/{one}"), None)
        .await;
    let three = api
        .new_certificate(certificate("three.example.com", &id))
        .await;
    api.revoke_certificate(&three, "SUPERSEDED").await;
    assert_eq!(api.newest_crl(&id).await.revoked().len(), 3);

    // Another name: the copy moves. Off: no copy, and the last list until it runs out.
    let object = |name: &str| {
        let path = api.folder.path().join("objects/acme-lists");
        path.join(format!("{name}.crl")).exists()
    };
    assert!(object(&id));
    api.enable_crl(
        &id,
        with(&lists("acme-lists"), &json!({ "crl_name": "issuing" })),
    )
    .await;
    assert!(object("issuing") && !object(&id));
    assert_eq!(api.crl(&id).await.number(), Some(4));
    for _ in 0..2 {
        api.move_ca(&id, "/crl/disable").await;
        assert_eq!(api.ca(&id).await["crl_configuration"], off);
    }
    assert!(!object("issuing"));
    assert_eq!(api.crl(&id).await.number(), Some(4));
    api.enable_crl(&id, lists("acme-lists")).await;
    assert_eq!(api.crl(&id).await.number(), Some(5), "numbers go on");
    api.move_ca(&id, "/crl/disable").await;
    api.clock.advance_ms(8 * DAY);
    let request = Request::get(format!("/crl/{id}.crl")).body(Body::empty());
    assert_eq!(api.fetch(request.unwrap()).await.0, 404);
}

#[tokio::test]
async fn what_lists_cannot_be_made_with_is_refused() {
    let api = Api::start().await;
    let id = api.new_ca(root("root")).await;
    let with = |more: Value| with(&lists("lists"), &more);
    let invalid = (400, "PCA.10010105");
    for (body, text) in [
        (
            with(json!({ "valid_days": 6 })),
            "valid_days must be a number from 7 to 30",
        ),
        (
            with(json!({ "valid_days": 31 })),
            "valid_days must be a number from 7 to 30",
        ),
        (with(json!({ "valid_days": null })), "valid_days"),
        (json!({ "obs_bucket_name": "lists" }), "valid_days"),
        (json!({ "valid_days": 7 }), "obs_bucket_name"),
        (
            with(json!({ "obs_bucket_name": "Lists" })),
            "obs_bucket_name must be 3 to 63",
        ),
        (
            with(json!({ "obs_bucket_name": "" })),
            "obs_bucket_name must be 3 to 63",
        ),
        (with(json!({ "crl_name": "a/b" })), "crl_name"),
        (with(json!({ "crl_name": "x".repeat(65) })), "crl_name"),
    ] {
        refused(&api, &id, body, invalid, text).await;
    }
    let missing = (404, "PCA.10010002");
    refused(&api, NO_ID, lists("lists"), missing, "does not exist").await;
    let waiting = api.new_ca(pending("waiting")).await;
    let state = (400, "PCA.10010201");
    refused(&api, &waiting, lists("lists"), state, "PENDING").await;
    let path = format!("{CAS}/{waiting}/crl/disable");
    api.refused(("POST", &path), None, state, "PENDING").await;

    let no_lists = crate::ccm::with(
        &subordinate("no lists", &id, 0),
        &json!({ "key_usages": ["keyCertSign"] }),
    );
    let no_lists = api.new_ca(no_lists).await;
    let issuer = (400, "PCA.10010202");
    refused(&api, &no_lists, lists("lists"), issuer, "cRLSign").await;
    let csr = crate::ccm::request_of(&api, &waiting).await;
    let outside = api.issue_intermediate(&id, &csr).await;
    refused(&api, &outside, lists("lists"), issuer, "elsewhere").await;

    // Buckets: another account's, one that is not public, a name in one that is taken.
    let bucket = |name: &str, domain_id: &str, public| BucketRow {
        name: name.to_owned(),
        domain_id: domain_id.to_owned(),
        public,
        created_at: NOW,
    };
    let mut tx = Transaction::new("test.buckets");
    tx.insert_bucket(&bucket("theirs", "another", true))
        .insert_bucket(&bucket("secret", &api.domain_id, false));
    api.store.commit(tx).await.unwrap();
    refused(&api, &id, lists("theirs"), invalid, "of the account").await;
    refused(&api, &id, lists("secret"), invalid, "everyone may read").await;
    api.enable_crl(&id, with(json!({ "crl_name": "shared" })))
        .await;
    let other = api.new_ca(root("other")).await;
    let body = with(json!({ "crl_name": "shared" }));
    let taken = (400, "PCA.10010211");
    refused(&api, &other, body, taken, "crl_name is that of another CA").await;
    assert_eq!(api.ca(&other).await["crl_configuration"]["enabled"], false);

    // Who may switch lists on may not make buckets for that.
    let allow = |actions: &str| {
        format!(r#"{{"Version":"5.0","Statement":[{{"Effect":"Allow","Action":[{actions}]}}]}}"#)
    };
    let path = format!("{CAS}/{other}/crl/enable");
    let only = allow(r#""pca:ca:enableCrl""#);
    let user = api.user_with("lister", &[&only]).await;
    let body = Some(lists("new-lists"));
    let (status, answer) = api.call_as(&user.token, "POST", &path, body.clone()).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (403, &json!("PCA.10010403"))
    );
    assert!(text(&answer["error_msg"]).contains("obs:bucket:CreateBucket"));
    let both = allow(r#""pca:ca:enableCrl","obs:bucket:CreateBucket""#);
    let user = api.user_with("maker", &[&both]).await;
    let (status, answer) = api.call_as(&user.token, "POST", &path, body).await;
    assert_eq!(status, 204, "{answer}");
}

#[tokio::test]
async fn certificates_name_the_list_while_there_is_one() {
    let api = named_desk().await;
    let root = api.new_ca(root("root")).await;
    let points = async |id: &str| api.certificate_of(id).await.crl_distribution_points();
    let before = api
        .new_certificate(certificate("a.example.com", &root))
        .await;
    assert_eq!(points(&before).await, [""; 0]);
    api.enable_crl(&root, lists("lists")).await;
    let address = format!("{PKI_URL}/crl/{root}.crl");
    let shown = api.ca(&root).await["crl_configuration"]["crl_dis_point"].clone();
    assert_eq!(shown, address);
    let during = api
        .new_certificate(certificate("b.example.com", &root))
        .await;
    assert_eq!(points(&during).await, [address.as_str()]);
    let below = api.new_ca(subordinate("below", &root, 0)).await;
    let below = api.certificate_of_ca(&below).await;
    assert_eq!(below.crl_distribution_points(), [address]);
    let itself = api.certificate_of_ca(&root).await;
    assert_eq!(itself.crl_distribution_points(), [""; 0]);
    api.move_ca(&root, "/crl/disable").await;
    let after = api
        .new_certificate(certificate("c.example.com", &root))
        .await;
    assert_eq!(points(&after).await, [""; 0]);

    // Without an address none is named.
    let api = api.restart().await;
    api.enable_crl(&root, lists("lists")).await;
    let unnamed = api
        .new_certificate(certificate("d.example.com", &root))
        .await;
    assert_eq!(
        api.certificate_of(&unnamed).await.crl_distribution_points(),
        [""; 0]
    );
}

#[tokio::test]
async fn both_halves_of_a_pair_are_on_the_list() {
    let api = Api::start().await;
    let sm2 = json!({ "key_algorithm": "SM2", "signature_algorithm": "SM3" });
    let root = api.new_ca(with(&root("root"), &sm2)).await;
    let pair = with(&certificate("www.example.com", &root), &sm2);
    let id = api.new_certificate(pair).await;
    api.enable_crl(&root, lists("lists")).await;
    api.revoke_certificate(&id, "SUPERSEDED").await;
    let shown = api
        .succeed("GET", &format!("{CERTIFICATES}/{id}"), None)
        .await;
    let mut expected = [
        text(&shown["serial_number"]),
        text(&shown["enc_cert_info"]["enc_serial_number"]),
    ];
    expected.sort();
    let crl = api.newest_crl(&root).await;
    assert_eq!(serials(&crl), expected);

    if crate::tools::installed("the list of an SM2 CA", "openssl") {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("list.crl"), crl.der()).unwrap();
        let said = openssl(
            folder.path(),
            &[
                "crl", "-inform", "DER", "-in", "list.crl", "-noout", "-text",
            ],
        );
        assert!(said.contains("Signature Algorithm: SM2-with-SM3"), "{said}");
        for serial in expected {
            assert!(said.contains(&serial), "{said}");
        }
    }
}

#[tokio::test]
async fn caches_ask_whether_there_is_a_newer_one() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.enable_crl(&root, lists("lists")).await;
    let ask = |tag: &str| {
        let request = Request::get(format!("/crl/{root}.crl")).header("if-none-match", tag);
        api.fetch(request.body(Body::empty()).unwrap())
    };
    let (status, headers, body) = ask("\"1\"").await;
    assert_eq!((status.as_u16(), body.len()), (304, 0));
    assert_eq!(headers["etag"], "\"1\"");
    assert_eq!(headers["cache-control"], "public, max-age=3600");
    let (status, _, body) = ask("\"0\"").await;
    assert_eq!(status, 200);
    let request = Request::head(format!("/crl/{root}.crl")).body(Body::empty());
    let (status, headers, none) = api.fetch(request.unwrap()).await;
    assert_eq!((status.as_u16(), none.len()), (200, 0));
    assert_eq!(headers["content-length"], body.len().to_string());
    assert_eq!(headers["content-type"], "application/pkix-crl");
    assert_eq!(headers["etag"], "\"1\"");
    for path in ["/crl/x.crl".to_owned(), format!("/crl/{NO_ID}.crl")] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(api.fetch(request).await.0, 404);
    }
    let request = Request::post(format!("/crl/{root}.crl")).body(Body::empty());
    let (status, headers, _) = api.fetch(request.unwrap()).await;
    assert_eq!(status, 405);
    assert_eq!(headers["allow"], "GET, HEAD");
}

/// What fails when something is revoked is made up for by a job.
#[tokio::test]
async fn a_revocation_is_not_undone_by_a_list_that_fails() {
    let api = Api::start().await;
    let (root, id) = api.listing_root().await;
    api.faults.refuse(Some("crl.publish"));
    api.revoke_certificate(&id, "SUPERSEDED").await;
    assert_eq!(api.newest_crl(&root).await.number(), Some(1));
    let round = api.desk.run_due(api.desk.now_ms()).await;
    assert_eq!((round.crls, round.failures.len()), (0, 1));
    api.faults.refuse(None);
    let round = api.desk.run_due(api.desk.now_ms()).await;
    assert_eq!((round.crls, round.failures.len()), (1, 0));
    let crl = api.crl(&root).await;
    assert_eq!((crl.number(), crl.revoked().len()), (Some(2), 1));
}

/// Revocations at the same time are all on one list.
#[tokio::test]
async fn revocations_at_once() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    api.enable_crl(&root, lists("lists")).await;
    let mut ids = Vec::new();
    for at in 0..8 {
        let body = certificate(&format!("n{at}.example.com"), &root);
        ids.push(api.new_certificate(body).await);
    }
    let [a, b, c, d, e, f, g, h] = &ids[..] else {
        panic!("{ids:?}")
    };
    let revoke = |id| api.revoke_certificate(id, "SUPERSEDED");
    tokio::join!(
        revoke(a),
        revoke(b),
        revoke(c),
        revoke(d),
        revoke(e),
        revoke(f),
        revoke(g),
        revoke(h)
    );
    let crl = api.newest_crl(&root).await;
    assert_eq!((crl.number(), crl.revoked().len()), (Some(2), 8));
}

/// RFC 5280 section 3.3: what has ended was on a list that was made after its end.
#[tokio::test]
async fn what_has_ended_leaves_the_list() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let short = json!({ "validity": { "type": "DAY", "value": 7 } });
    let short = with(&certificate("short.example.com", &root), &short);
    let short = api.new_certificate(short).await;
    let long = certificate("long.example.com", &root);
    let long = api.new_certificate(long).await;
    api.enable_crl(&root, lists("lists")).await;
    for id in [&short, &long] {
        api.revoke_certificate(id, "SUPERSEDED").await;
    }
    for entries in [2, 2, 1, 1] {
        api.clock.advance_ms(7 * DAY);
        api.desk.run_due(api.desk.now_ms()).await;
        let crl = api.crl(&root).await;
        assert_eq!(crl.this_update_ms(), api.desk.now_ms() - MINUTE);
        assert_eq!(crl.revoked().len(), entries);
    }
}

#[tokio::test]
async fn a_hundred_thousand_entries() {
    const ENTRIES: usize = 100_000;
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let id = api
        .new_certificate(certificate("a.example.com", &root))
        .await;
    api.revoke_certificate(&id, "SUPERSEDED").await;
    let row = api.store.private_certificate(&api.domain_id, &id).await;
    let row = row.unwrap().unwrap();
    for from in (1..ENTRIES).step_by(10_000) {
        let mut tx = Transaction::new("test.certificates");
        for at in from..(from + 10_000).min(ENTRIES) {
            tx.insert_private_certificate(&PrivateCertificateRow {
                id: format!("c{at}"),
                serial_number: format!("40{at:030X}"),
                ..row.clone()
            });
        }
        api.store.commit(tx).await.unwrap();
    }
    let started = Instant::now();
    api.enable_crl(&root, lists("lists")).await;
    eprintln!("a list of {ENTRIES} entries in {:?}", started.elapsed());
    let crl = api.crl(&root).await;
    assert_eq!(crl.revoked().len(), ENTRIES);
    assert!(serials(&crl).contains(&format!("40{:030X}", ENTRIES - 1)));
}
