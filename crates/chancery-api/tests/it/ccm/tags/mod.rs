//! `…/tags` and `…/resource-instances`.

mod permissions;

use serde_json::{Value, json};

use super::{CAS, CERTIFICATES, NO_ID, certificate, pending, root, text};
use crate::support::Api;

/// The actions on tags, by the type of the resource.
const ACTIONS: [&str; 5] = [
    "listTags",
    "createTag",
    "deleteTag",
    "listDomainTags",
    "listByTag",
];

fn tag(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": value })
}

fn tags(pairs: &[(&str, &str)]) -> Value {
    let tags: Vec<_> = pairs.iter().map(|(key, value)| tag(key, value)).collect();
    json!({ "tags": tags })
}

impl Api {
    async fn tag(&self, one: &str, pairs: &[(&str, &str)]) {
        let path = format!("{one}/tags/create");
        let answer = self.succeed("POST", &path, Some(tags(pairs))).await;
        assert_eq!(answer, Value::Null);
    }

    async fn tags(&self, one: &str) -> Value {
        self.succeed("GET", &format!("{one}/tags"), None).await
    }

    /// The names of what a search finds, and how many there are.
    async fn found(&self, token: &str, all: &str, search: Value) -> (Vec<String>, u64) {
        let path = format!("{all}/resource-instances/filter");
        let (status, answer) = self
            .call_as(token, "POST", &path, Some(search.clone()))
            .await;
        assert_eq!(status, 200, "{answer}");
        let path = format!("{all}/resource-instances/count");
        let (status, counted) = self.call_as(token, "POST", &path, Some(search)).await;
        assert_eq!(status, 200, "{counted}");
        assert_eq!(counted["total_count"], answer["total_count"]);
        let rows = answer["resources"].as_array().unwrap().iter();
        let names = rows.map(|row| text(&row["resource_name"])).collect();
        (names, answer["total_count"].as_u64().unwrap())
    }

    /// A CA and a certificate, as paths.
    async fn two(&self) -> [String; 2] {
        let ca = self.new_ca(root("root")).await;
        let cert = self.new_certificate(certificate("www", &ca)).await;
        [format!("{CAS}/{ca}"), format!("{CERTIFICATES}/{cert}")]
    }
}

#[tokio::test]
async fn tags_are_added_replaced_and_deleted() {
    let api = Api::start().await;
    for one in api.two().await {
        assert_eq!(api.tags(&one).await, json!({ "tags": [] }));
        api.tag(&one, &[("team", "a"), ("成本 中心", "1/2"), ("empty", "")])
            .await;
        let path = format!("{one}/tags");
        let body = json!({ "tag": tag("team", "b") });
        assert_eq!(api.succeed("POST", &path, Some(body)).await, Value::Null);
        let expected = tags(&[("empty", ""), ("team", "b"), ("成本 中心", "1/2")]);
        assert_eq!(api.tags(&one).await, expected);

        let path = format!("{one}/tags/delete");
        for (sent, left) in [
            // Another value than the tag has, and a key that is not there.
            (
                tags(&[("team", "a"), ("nothing", "")]),
                &["empty", "team", "成本 中心"][..],
            ),
            (tags(&[("team", "b")]), &["empty", "成本 中心"][..]),
            (
                json!({ "tags": [{ "key": "成本 中心" }, { "key": "empty", "value": null }] }),
                &[][..],
            ),
        ] {
            let answer = api.succeed("DELETE", &path, Some(sent)).await;
            assert_eq!(answer, Value::Null);
            let shown = api.tags(&one).await;
            let keys = shown["tags"].as_array().unwrap().iter();
            let keys: Vec<_> = keys.map(|tag| tag["key"].as_str().unwrap()).collect();
            assert_eq!(keys, left);
        }
    }
}

#[tokio::test]
async fn every_change_is_audited() {
    let api = Api::start().await;
    let [one, _] = api.two().await;
    api.tag(&one, &[("team", "a")]).await;
    let path = format!("{one}/tags/delete");
    let body = tags(&[("team", "a")]);
    api.succeed("DELETE", &path, Some(body.clone())).await;
    let filter = chancery_store::AuditFilter {
        resource: Some(one.rsplit('/').next().unwrap().to_owned()),
        ..chancery_store::AuditFilter::default()
    };
    let rows = api.store.audit_entries(&filter, 10, 0).await;
    let rows = rows.unwrap().rows;
    for action in ["pca:ca:createTag", "pca:ca:deleteTag"] {
        let row = rows.iter().find(|row| row.action == action).unwrap();
        let detail: Value = serde_json::from_str(&row.detail).unwrap();
        assert_eq!(detail, body, "{action}");
    }
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let api = Api::start().await;
    let many: Vec<_> = (0..21).map(|at| tag(&format!("k{at}"), "")).collect();
    for one in api.two().await {
        api.tag(&one, &[("kept", "v")]).await;
        let long = "x".repeat(256);
        for (body, message) in [
            (json!({}), "tags is required"),
            (json!({ "tags": [] }), "tags must have 1 to 20 entries"),
            (json!({ "tags": many }), "tags must have 1 to 20 entries"),
            (
                tags(&[("", "v")]),
                "tags.key must have 1 to 128 characters: letters, digits, spaces and _ . : = + - @",
            ),
            (
                tags(&[(&long[..129], "v")]),
                "tags.key must have 1 to 128 characters: letters, digits, spaces and _ . : = + - @",
            ),
            (
                tags(&[("a/b", "v")]),
                "tags.key must have 1 to 128 characters: letters, digits, spaces and _ . : = + - @",
            ),
            (
                tags(&[("new", "*")]),
                "tags.value must have at most 255 characters: letters, digits, spaces and \
                 _ . : = + - @ /",
            ),
            (
                tags(&[("new", &long)]),
                "tags.value must have at most 255 characters: letters, digits, spaces and \
                 _ . : = + - @ /",
            ),
            (
                tags(&[("new", "v"), ("new", "w")]),
                "tags.key must not be there twice",
            ),
        ] {
            for (method, step) in [("POST", "create"), ("DELETE", "delete")] {
                let path = format!("{one}/tags/{step}");
                let (status, answer) = api.call(method, &path, Some(body.clone())).await;
                let found = (status.as_u16(), &answer["error_code"], &answer["error_msg"]);
                let expected = (400, &json!("PCA.10010105"), &json!(message));
                assert_eq!(found, expected, "{step} {body}");
            }
        }
        // A new tag has a value, if an empty one.
        let body = json!({ "tags": [{ "key": "new" }] });
        let path = format!("{one}/tags/create");
        let (status, answer) = api.call("POST", &path, Some(body)).await;
        assert_eq!(status, 400, "{answer}");
        let body = json!({ "tag": tag("a*", "") });
        let (status, answer) = api.call("POST", &format!("{one}/tags"), Some(body)).await;
        assert_eq!(status, 400, "{answer}");
        assert_eq!(api.tags(&one).await, tags(&[("kept", "v")]));
    }
}

#[tokio::test]
async fn a_resource_has_at_most_twenty() {
    let api = Api::start().await;
    for one in api.two().await {
        let nineteen: Vec<_> = (0..19).map(|at| tag(&format!("k{at:02}"), "")).collect();
        let path = format!("{one}/tags/create");
        let body = json!({ "tags": nineteen });
        api.succeed("POST", &path, Some(body)).await;
        let two = tags(&[("new", ""), ("newer", "")]);
        let (status, answer) = api.call("POST", &path, Some(two)).await;
        assert_eq!(
            (status.as_u16(), &answer["error_code"]),
            (400, &json!("PCA.10010203")),
            "{answer}"
        );
        assert_eq!(answer["error_msg"], "a resource can have at most 20 tags");
        api.tag(&one, &[("new", ""), ("k00", "replaced")]).await;
        assert_eq!(api.tags(&one).await["tags"].as_array().unwrap().len(), 20);
        let path = format!("{one}/tags");
        let body = json!({ "tag": tag("newer", "") });
        let (status, answer) = api.call("POST", &path, Some(body)).await;
        assert_eq!(status, 400, "{answer}");
    }
}

#[tokio::test]
async fn what_is_not_there_has_no_tags() {
    let api = Api::start().await;
    for all in [CAS, CERTIFICATES] {
        for id in [NO_ID, "x"] {
            let expected = if id == "x" { 400 } else { 404 };
            for (method, step, body) in [
                ("GET", "", json!(null)),
                ("POST", "", json!({ "tag": tag("k", "v") })),
                ("POST", "/create", tags(&[("k", "v")])),
                ("DELETE", "/delete", tags(&[("k", "v")])),
                // What is not there is told before what is not allowed.
                ("POST", "/create", tags(&[("*", "v")])),
            ] {
                let path = format!("{all}/{id}/tags{step}");
                let (status, answer) = api.call(method, &path, Some(body)).await;
                assert_eq!(status, expected, "{method} {path}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn tags_are_gone_with_their_resource() {
    let api = Api::start().await;
    let ca = api.new_ca(pending("waiting")).await;
    let [_, certificate] = api.two().await;
    let ca = format!("{CAS}/{ca}");
    for (one, all) in [(&ca, CAS), (&certificate, CERTIFICATES)] {
        api.tag(one, &[("team", "a")]).await;
        let path = format!("{all}/tags");
        let shown = api.succeed("GET", &path, None).await;
        assert_eq!(
            shown,
            json!({ "tags": [{ "key": "team", "values": ["a"] }] })
        );
        api.succeed("DELETE", one, None).await;
        let shown = api.succeed("GET", &path, None).await;
        assert_eq!(shown, json!({ "tags": [] }));
        let (status, _) = api.call("GET", &format!("{one}/tags"), None).await;
        assert_eq!(status, 404);
    }
    // A CA whose deletion is due is gone, whether or not its row is.
    let due = api.new_ca(root("due")).await;
    let one = format!("{CAS}/{due}");
    api.tag(&one, &[("team", "a")]).await;
    api.move_ca(&due, "/disable").await;
    let path = format!("{one}?pending_days=7");
    api.succeed("DELETE", &path, None).await;
    let path = format!("{CAS}/tags");
    let shown = api.succeed("GET", &path, None).await;
    assert_eq!(shown["tags"][0]["key"], "team");
    api.clock.advance_ms(7 * 24 * 60 * 60 * 1000);
    let mut api = api;
    api.log_in_again().await;
    let shown = api.succeed("GET", &path, None).await;
    assert_eq!(shown, json!({ "tags": [] }));
}

#[tokio::test]
async fn an_account_sees_each_key_with_its_values() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("issuer")).await;
    for all in [CAS, CERTIFICATES] {
        for pairs in [
            &[("team", "b"), ("env", "prod")][..],
            &[("team", "a")],
            &[("team", "b")],
        ] {
            let id = match all {
                CAS => api.new_ca(root("ca")).await,
                _ => api.new_certificate(certificate("www", &issuer)).await,
            };
            api.tag(&format!("{all}/{id}"), pairs).await;
        }
        let shown = api.succeed("GET", &format!("{all}/tags"), None).await;
        let expected = json!({ "tags": [
            { "key": "env", "values": ["prod"] }, { "key": "team", "values": ["a", "b"] },
        ] });
        assert_eq!(shown, expected);
    }
}

#[tokio::test]
async fn searches_look_at_tags_and_names() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("issuer")).await;
    api.clock.advance_ms(1);
    for all in [CAS, CERTIFICATES] {
        for (name, pairs) in [
            ("one", &[("team", "a"), ("env", "prod")][..]),
            ("two", &[("team", "b"), ("env", "prod")]),
            ("three", &[("team", "a"), ("env", "")]),
            ("four", &[]),
        ] {
            let id = match all {
                CAS => api.new_ca(root(name)).await,
                _ => api.new_certificate(certificate(name, &issuer)).await,
            };
            if !pairs.is_empty() {
                api.tag(&format!("{all}/{id}"), pairs).await;
            }
            api.clock.advance_ms(1);
        }
        let mut everything = vec!["four", "three", "two", "one"];
        if all == CAS {
            everything.push("issuer");
        }
        let total = everything.len() as u64;
        let key = |key: &str, values: &[&str]| json!({ "key": key, "values": values });
        for (search, names, count) in [
            (json!({}), everything.clone(), total),
            (json!({ "tags": [] }), everything, total),
            (
                json!({ "tags": [key("team", &["a"])] }),
                vec!["three", "one"],
                2,
            ),
            (
                json!({ "tags": [key("team", &["a", "b"]), key("env", &["prod"])] }),
                vec!["two", "one"],
                2,
            ),
            (
                json!({ "tags": [key("env", &[])] }),
                vec!["three", "two", "one"],
                3,
            ),
            (json!({ "tags": [key("env", &[""])] }), vec!["three"], 1),
            (json!({ "tags": [key("TEAM", &[])] }), vec![], 0),
            (
                json!({ "matches": [tag("resource_name", "T")] }),
                vec!["three", "two"],
                2,
            ),
            (
                json!({
                    "matches": [tag("resource_name", "o")], "tags": [key("team", &["a"])],
                    "limit": "20", "offset": 0,
                }),
                vec!["one"],
                1,
            ),
            (json!({ "limit": 1, "offset": 1 }), vec!["three"], total),
        ] {
            let (found, all_of_them) = api.found(&api.token, all, search.clone()).await;
            assert_eq!(found, names, "{search}");
            assert_eq!(all_of_them, count, "{search}");
        }
    }
    // Each is shown as it is alone, with its tags.
    for all in [CAS, CERTIFICATES] {
        let search = json!({ "matches": [tag("resource_name", "two")], "tags": null });
        let path = format!("{all}/resource-instances/filter");
        let found = api.succeed("POST", &path, Some(search)).await;
        let one = &found["resources"][0];
        let path = format!("{all}/{}", text(&one["resource_id"]));
        let alone = api.succeed("GET", &path, None).await;
        assert_eq!(one["resource_detail"], alone);
        let expected = tags(&[("env", "prod"), ("team", "b")]);
        assert_eq!(one["tags"], expected["tags"]);
    }
}

#[tokio::test]
async fn searches_have_limits() {
    let api = Api::start().await;
    let key = |key: &str| json!({ "key": key, "values": [] });
    let many: Vec<_> = (0..21).map(|at| key(&format!("k{at}"))).collect();
    let values: Vec<_> = (0..21).map(|at| format!("v{at}")).collect();
    for (search, message) in [
        (json!({ "tags": many }), "tags must have at most 20 entries"),
        (
            json!({ "tags": [{ "key": "k", "values": values }] }),
            "tags.values must have at most 20 entries",
        ),
        (
            json!({ "tags": [{ "key": "k", "values": ["a", "a"] }] }),
            "tags.values must not hold a value twice",
        ),
        (
            json!({ "tags": [key("k"), key("k")] }),
            "tags.key must not be there twice",
        ),
        (
            json!({ "tags": [key("*")] }),
            "tags.key must have 1 to 128 characters: letters, digits, spaces and _ . : = + - @",
        ),
        (
            json!({ "tags": [{ "key": "k", "values": ["*"] }] }),
            "tags.values must have at most 255 characters: letters, digits, spaces and \
             _ . : = + - @ /",
        ),
        (
            json!({ "tags": [{ "key": "k" }] }),
            "tags[0].values is required",
        ),
        (
            json!({ "matches": [tag("name", "x")] }),
            "matches.key must be resource_name",
        ),
        (
            json!({ "matches": [tag("resource_name", "x"), tag("resource_name", "y")] }),
            "matches must have at most 1 entry",
        ),
        (
            json!({ "limit": 1001 }),
            "limit must be a number from 0 to 1000",
        ),
        (
            json!({ "offset": -1 }),
            "offset must be a number from 0 to 2147483647",
        ),
    ] {
        for all in [CAS, CERTIFICATES] {
            for step in ["filter", "count"] {
                let path = format!("{all}/resource-instances/{step}");
                let (status, answer) = api.call("POST", &path, Some(search.clone())).await;
                let skipped = step == "count"
                    && (search.get("limit").is_some() || search.get("offset").is_some());
                if skipped {
                    // A count has no pages.
                    assert_eq!(status, 200, "{answer}");
                    continue;
                }
                assert_eq!(status, 400, "{search}: {answer}");
                assert_eq!(answer["error_msg"], message, "{search}");
            }
        }
    }
}
