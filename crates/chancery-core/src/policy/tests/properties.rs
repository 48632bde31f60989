//! What holds for any policies.

use super::*;

/// Values of any kind in the places of a document, right ones and others.
fn documents() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let action = prop::sample::select(vec![
        "*",
        "pca:*",
        "pca:cert:export",
        "*:export",
        "pca:c?rt:*",
        "x",
        "",
    ]);
    let resource = prop::sample::select(vec![
        "*",
        "pca:*:*:cert:*",
        "pca:::cert:1",
        "scm:*:*:cert:*",
        "a:b",
        "",
    ]);
    let condition = prop::sample::select(vec![
        "{}",
        r#"{"StringEquals":{"g:EnterpriseProjectId":["0"]}}"#,
        r#"{"StringNotEquals":{"g:EnterpriseProjectId":["0"]}}"#,
        r#"{"StringLikeIfExists":{"g:ResourceTag/a":["*"]}}"#,
        r#"{"StringLike":{"g:ResourceTag/a":["*x*", "y?"]}}"#,
        r#"{"StringNotEquals":{"g:ResourceTag/b":["x"]}}"#,
        r#"{"Bool":{"g:MFAPresent":["true"]}}"#,
        r#"{"Nothing":{"g:UserName":["anne"]}}"#,
        r#"{"StringStartWith":{"g:UserName":["an"]}}"#,
    ]);
    let names = |not: bool, of: &str, names: &[&str]| {
        let not = if not { "Not" } else { "" };
        format!("\"{not}{of}\":{}", serde_json::json!(names))
    };
    let statement = (
        prop::sample::select(vec!["Allow", "Deny", "allow"]),
        (any::<bool>(), prop::collection::vec(action, 0..3)),
        (any::<bool>(), prop::collection::vec(resource, 0..3)),
        condition,
    )
        .prop_map(move |(effect, (na, actions), (nr, resources), condition)| {
            format!(
                "{{\"Effect\":\"{effect}\",{},{},\"Condition\":{condition}}}",
                names(na, "Action", &actions),
                names(nr, "Resource", &resources),
            )
        });
    let version = prop::sample::select(vec!["1.1", "5.0", "5.0", "2"]);
    (version, prop::collection::vec(statement, 0..4)).prop_map(|(version, statements)| {
        let statements = statements.join(",");
        format!("{{\"Version\":\"{version}\",\"Statement\":[{statements}]}}")
    })
}

proptest::proptest! {
    /// Whatever policies there are, another Deny turns no refusal into an answer.
    #[test]
    fn a_deny_more_allows_nothing_more(text in documents(), deny in documents()) {
        let documents = [text.as_str(), deny.as_str()];
        let (Ok(before), Ok(mut after)) = (
            Policies::parse([documents[0]]),
            Policies::parse(documents),
        ) else {
            return Ok(());
        };
        let own = before.statements.len();
        for statement in &mut after.statements[own..] {
            statement.effect = Effect::Deny;
        }
        for action in ["pca:cert:export", "scm:cert:list"] {
            let request = request(action);
            let targets = [
                target("cert", "1", "0"),
                target("cert", "2", "1"),
                target("ca", "1", "0"),
                Target::NOTHING,
            ];
            proptest::prop_assert!(!after.may_allow(&request) || before.may_allow(&request));
            for one in &targets {
                let (was, is) = (before.allow(&request, one), after.allow(&request, one));
                proptest::prop_assert!(was || !is, "{text} {deny}");
                for other in &targets {
                    let was = before.allow_making(&request, one, other);
                    let is = after.allow_making(&request, one, other);
                    proptest::prop_assert!(was || !is, "{text} {deny}");
                    // What is made is refused wherever one of the two is denied.
                    let denied = after.deny(&request, Some(one)) || after.deny(&request, Some(other));
                    proptest::prop_assert!(!(is && denied), "{text} {deny}");
                }
            }
        }
    }

    /// A list that is not judged row by row shows the same for every id.
    #[test]
    fn rows_are_alike_where_policies_name_none(text in documents(), id in "[a-z0-9]{1,4}") {
        let Ok(policies) = Policies::parse([text.as_str()]) else {
            return Ok(());
        };
        let request = request("pca:cert:list");
        if !policies.depends_on_row(&request) {
            let any = policies.allow(&request, &target("cert", "", "0"));
            proptest::prop_assert_eq!(policies.allow(&request, &target("cert", &id, "0")), any, "{}", text);
        }
    }

    /// Who judges many rows says of each what is said of it alone.
    #[test]
    fn judges_say_what_is_said_of_one(
        user in documents(),
        session in documents(),
        rows in proptest::collection::vec(("[12]", "[01]", "[ab]", "[xy]{0,2}"), 0..9),
    ) {
        let (Ok(user), Ok(session)) = (Policies::parse([&*user]), Policies::parse([&*session])) else {
            return Ok(());
        };
        let tag = |(_, _, key, value): &(String, String, String, String)| Tag {
            key: key.clone(),
            value: value.clone(),
        };
        let tags: Vec<_> = rows.iter().map(|row| [tag(row)]).collect();
        let request = request("pca:cert:list");
        let mut judge = Judge::new(request, [&user, &session], u64::MAX);
        for (row, tags) in rows.iter().zip(&tags) {
            let row = Target { tags, ..target("cert", &row.0, &row.1) };
            let alone = user.allow(&request, &row) && session.allow(&request, &row);
            proptest::prop_assert_eq!(judge.may(&row), Ok(alone));
        }
    }

    #[test]
    fn any_text_is_taken_or_refused(text in "\\PC{0,200}") {
        let _ = Policies::parse([text.as_str()]);
    }

    /// The first judgement is never stricter than the second, and one that does not depend on the
    /// target is the same for all.
    #[test]
    fn what_is_allowed_in_the_end_may_be_from_the_start(text in documents()) {
        let Ok(policies) = Policies::parse([text.as_str()]) else {
            return Ok(());
        };
        for action in ["pca:cert:export", "scm:cert:list"] {
            let request = Request {
                action,
                domain_id: "d",
                domain_name: "acme",
                user_id: "u",
                user_name: "anne",
                project_id: None,
            };
            let target = |id, project| Target {
                kind: "cert",
                id,
                enterprise_project_id: project,
                tags: &[],
            };
            let verdicts: Vec<bool> = [
                target("1", Some("0")),
                target("2", Some("1")),
                target("1", None),
            ]
            .iter()
            .map(|target| policies.allow(&request, target))
            .collect();
            let may = policies.may_allow(&request);
            proptest::prop_assert!(may || verdicts.iter().all(|allowed| !allowed), "{text}");
            if !policies.depends_on_target(&request) {
                let same = verdicts.iter().all(|allowed| *allowed == may);
                proptest::prop_assert!(same, "{text}: {may} {verdicts:?}");
            }
        }
    }
}
