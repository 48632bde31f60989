//! Judging many rows: what it costs, and where it ends.

use super::*;

/// A statement with patterns that a text of many `a` nearly fits, to the end.
fn hard(patterns: usize, key: &str) -> String {
    let values: Vec<_> = (0..patterns)
        .map(|n| format!("*{}b*{n}", "a".repeat(40)))
        .collect();
    let condition = serde_json::json!({ "StringLike": { format!("g:ResourceTag/{key}"): values } });
    format!(r#"{{"Effect":"Allow","Action":["pca:cert:list"],"Condition":{condition}}}"#)
}

fn tag(key: &str, value: String) -> Tag {
    Tag {
        key: key.to_owned(),
        value,
    }
}

/// How many of these rows are judged with so many steps.
fn judged(policies: &Policies, rows: &[(String, [Tag; 2])], steps: u64) -> usize {
    let mut judge = Judge::new(request("pca:cert:list"), [policies], steps);
    let row = |(id, tags)| Target {
        tags,
        ..target("cert", id, "0")
    };
    rows.iter()
        .take_while(|(id, tags)| judge.may(&row((id, tags))).is_ok())
        .count()
}

#[test]
fn steps_end_a_list_at_the_same_row_every_time() {
    let policies = policies(&hard(50, "a"));
    let rows: Vec<_> = (0..100)
        .map(|n| {
            (
                n.to_string(),
                [
                    tag("a", format!("{}{n}", "a".repeat(200))),
                    tag("b", String::new()),
                ],
            )
        })
        .collect();
    let some = judged(&policies, &rows, 500_000);
    assert!(0 < some && some < 100, "{some}");
    assert_eq!(judged(&policies, &rows, 500_000), some);
    assert_eq!(judged(&policies, &rows, 50_000_000), 100);
    assert_eq!(judged(&policies, &rows, 0), 0);
}

#[test]
fn what_is_alike_is_judged_once() {
    let policies = policies(&hard(50, "a"));
    // They differ in their ids, and in a tag that nothing looks at.
    let rows: Vec<_> = (0..1_000)
        .map(|n| {
            (
                n.to_string(),
                [tag("a", "a".repeat(200)), tag("b", n.to_string())],
            )
        })
        .collect();
    let one = (1..).find(|steps| judged(&policies, &rows[..1], *steps * 1_000) == 1);
    let one = one.unwrap() * 1_000;
    assert_eq!(judged(&policies, &rows, one + 10_000), 1_000);
}

#[test]
fn statements_of_other_actions_cost_nothing() {
    let other = hard(50, "a").replace("pca:cert:list", "pca:cert:export");
    let all = r#"{"Effect":"Allow","Action":["pca:cert:list"]}"#;
    let policies = policies(&format!("{other},{all}"));
    let rows = [(
        "1".to_owned(),
        [tag("a", "a".repeat(200)), tag("b", String::new())],
    )];
    assert_eq!(judged(&policies, &rows, 1_000), 1);
}

#[test]
fn too_many_policies_allow_nothing_and_deny_all() {
    let many = Policies::too_many();
    let one = target("cert", "1", "0");
    for action in ["pca:cert:list", "iam:users:getUser"] {
        let request = request(action);
        assert!(!many.may_allow(&request) && !many.allow(&request, &one));
        assert!(many.deny(&request, None) && many.deny(&request, Some(&one)));
        assert!(
            !many.allow_making(&request, &one, &one) && !many.allow_beside(&request, &one, &one)
        );
        assert_eq!(Judge::new(request, [&many], 1_000).may(&one), Ok(false));
    }
}
