//! Policies and tags that are made to be judged for long.

use std::net::Ipv4Addr;
use std::sync::Arc;

use chancery_core::Settings;
use chancery_store::{PolicyRow, PrivateCertificateRow, ResourceTagRow, Tagged, Transaction};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::ccm::{CAS, CERTIFICATES, certificate, root};
use crate::served::{Answer, HOME, Served};
use crate::support::{Api, NOW, User};

const CERTIFICATES_OF_ATTACK: usize = 250;

/// A policy as long as may be, of patterns that go back and forth over a long text of `a` without end.
fn hard(number: usize) -> String {
    let conditions: Vec<_> = (0..8)
        .map(|statement| {
            let keys: serde_json::Map<_, _> = (0..5)
                .map(|key| {
                    let pattern = format!("*{}b{number}{statement}", "*a?".repeat(28));
                    (format!("g:ResourceTag/k{key}"), json!([pattern]))
                })
                .collect();
            json!({ "Effect": "Allow", "Action": ["pca:cert:list"], "Condition": { "StringLike": keys } })
        })
        .collect();
    let document = json!({ "Version": "5.0", "Statement": conditions }).to_string();
    assert!(document.len() <= 6_144, "{}", document.len());
    document
}

impl Api {
    /// Certificates that differ in long tags.
    async fn tagged_certificates(&self) {
        let issuer = self.new_ca(root("root")).await;
        let id = self
            .new_certificate(certificate("a.example.com", &issuer))
            .await;
        let row = self.store.private_certificate(&self.domain_id, &id).await;
        let row = row.unwrap().unwrap();
        let mut tx = Transaction::new("test.certificates");
        for at in 0..CERTIFICATES_OF_ATTACK {
            let id = format!("c{at}");
            tx.insert_private_certificate(&PrivateCertificateRow {
                id: id.clone(),
                serial_number: format!("40{at:030X}"),
                ..row.clone()
            });
            for key in 0..5 {
                tx.set_tag(&ResourceTagRow {
                    domain_id: self.domain_id.clone(),
                    kind: Tagged::PrivateCertificate.kind().to_owned(),
                    resource_id: id.clone(),
                    key: format!("k{key}"),
                    value: format!("{}{at}", "a".repeat(250)),
                });
            }
        }
        self.store.commit(tx).await.unwrap();
    }

    /// A user with so many of these policies, given by nobody who asks how many there are.
    async fn heavy_user(&self, name: &str, policies: usize) -> User {
        let user = self.user_with(name, &[]).await;
        let mut tx = Transaction::new("test.policies");
        for number in 0..policies {
            let id = format!("{name}{number:028x}");
            tx.insert_policy(&PolicyRow {
                id: id.clone(),
                domain_id: self.domain_id.clone(),
                name: id.clone(),
                document: hard(number),
                created_at: NOW,
                kind: String::new(),
                description: String::new(),
                description_cn: String::new(),
                updated_at: 0,
            });
            tx.attach_policy(&user.id, &id);
        }
        self.store.commit(tx).await.unwrap();
        // The token was read with what they had at the login.
        self.clock.advance_ms(61_000);
        user
    }
}

/// However often somebody asks.
fn unlimited(settings: &mut Settings) {
    settings.requests_per_address = 0;
    settings.requests_per_user = 0;
}

/// Four lists of a user with so many policies at once, from four addresses; meanwhile somebody of another
/// account calls from a fifth until they are done. What the lists answer, and how often the other one was
/// answered before.
async fn four_lists(
    change: impl FnOnce(&mut Settings),
    policies: usize,
) -> (Vec<(u16, Value)>, usize) {
    let served = Arc::new(Served::start(change).await);
    let api = &served.api;
    api.tagged_certificates().await;
    let other = api.other_account().await;
    let attacker = api.heavy_user("most", policies).await;
    let mut lists = JoinSet::new();
    for from in 1..=4 {
        let (served, token) = (Arc::clone(&served), attacker.token.clone());
        lists.spawn(async move {
            let from = Ipv4Addr::new(127, 0, 1, from);
            let list = served.send_with(from, ("GET", CERTIFICATES), &token, "");
            list.await.answer().await
        });
    }
    let (mut answers, mut meanwhile) = (Vec::new(), 0);
    while answers.len() < 4 {
        let call = served.send_with(HOME, ("GET", CAS), &other.token, "");
        let answer = call.await.answer().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        // This test has one thread: where a list is judged on it, nothing else is answered meanwhile.
        meanwhile += usize::from(answers.is_empty());
        while let Some(list) = lists.try_join_next() {
            let Answer { status, body, .. } = list.unwrap();
            answers.push((status, body));
        }
    }
    (answers, meanwhile)
}

#[tokio::test]
async fn lists_that_are_judged_for_long_keep_nobody_waiting() {
    let (answers, meanwhile) = four_lists(unlimited, 20).await;
    assert!(
        meanwhile >= 5,
        "{meanwhile} answers while lists were judged"
    );
    for (status, answer) in answers {
        assert_eq!((status, &answer["total"]), (200, &json!(0)), "{answer}");
    }
}

#[tokio::test]
async fn a_list_has_its_steps() {
    let few = |settings: &mut Settings| {
        unlimited(settings);
        settings.judging_steps = 10_000_000;
    };
    let (answers, _) = four_lists(few, 20).await;
    for (status, answer) in answers {
        assert_eq!(status, 504, "{answer}");
        let says = "it takes too long to judge each row by your policies";
        assert!(
            answer["error_msg"].as_str().unwrap().contains(says),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn two_hundred_of_the_longest_policies_are_not_looked_at() {
    let api = Api::start().await;
    api.tagged_certificates().await;
    let attacker = api.heavy_user("more", 200).await;
    let (status, answer) = api
        .call_as(&attacker.token, "GET", CERTIFICATES, None)
        .await;
    assert_eq!(status, 403, "{answer}");
    assert!(
        answer["error_msg"].as_str().unwrap().contains("have more"),
        "{answer}"
    );
    // One of them is judged as it should be: no tag ends as its patterns do.
    let one = api.heavy_user("one", 1).await;
    let (status, answer) = api.call_as(&one.token, "GET", CERTIFICATES, None).await;
    assert_eq!(
        (status.as_u16(), &answer["total"]),
        (200, &json!(0)),
        "{answer}"
    );
}
