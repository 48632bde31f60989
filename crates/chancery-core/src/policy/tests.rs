#![allow(clippy::unwrap_used)]
mod grammar;
mod judging;
mod making;
mod properties;

use super::*;

fn policies(statements: &str) -> Policies {
    let document = format!(r#"{{"Version":"5.0","Statement":[{statements}]}}"#);
    Policies::parse([document.as_str()]).unwrap()
}

fn request(action: &str) -> Request<'_> {
    Request {
        action,
        domain_id: "d1",
        domain_name: "acme",
        user_id: "u1",
        user_name: "alice",
        project_id: None,
    }
}

fn target<'a>(kind: &'static str, id: &'a str, project: &'a str) -> Target<'a> {
    Target {
        kind,
        id,
        enterprise_project_id: Some(project),
        tags: &[],
    }
}

fn may(policies: &Policies, action: &str) -> bool {
    policies.may_allow(&request(action))
}

/// Whether something in the default enterprise project is allowed.
fn allows(policies: &Policies, action: &str, kind: &'static str, id: &str) -> bool {
    policies.allow(&request(action), &target(kind, id, "0"))
}

#[test]
fn nothing_allows_nothing() {
    assert!(!may(&Policies::default(), "pca:cert:export"));
    assert!(!allows(
        &Policies::default(),
        "pca:cert:export",
        "cert",
        "c"
    ));
}

#[test]
fn full_access_allows_all() {
    let full = Policies::parse([FULL_ACCESS]).unwrap();
    assert!(may(&full, "sms:server:getCert"));
    assert!(allows(&full, "sms:server:getCert", "server", "s"));
    assert!(!full.depends_on_target(&request("pca:ca:list")));
}

#[test]
fn deny_wins() {
    let policies = policies(
        r#"{"Effect":"Allow","Action":["pca:*:*"]},{"Effect":"Deny","Action":["pca:cert:export"]}"#,
    );
    assert!(may(&policies, "pca:cert:create"));
    assert!(!may(&policies, "pca:cert:export"));
    assert!(!may(&policies, "scm:cert:export"));
}

#[test]
fn an_older_name_grants_the_action() {
    let older = policies(r#"{"Effect":"Allow","Action":["scm:cert:download"]}"#);
    assert!(may(&older, "scm:cert:export"));
    assert!(!may(&older, "scm:cert:list"));
    let older = policies(
        r#"{"Effect":"Allow","Action":["*"]},{"Effect":"Deny","Action":["sms:server:queryServer"]}"#,
    );
    assert!(!may(&older, "sms:server:getCert"));
}

#[test]
fn all_actions_but_some() {
    let policies = policies(r#"{"Effect":"Allow","NotAction":["iam:*:*","pca:ca:*"]}"#);
    assert!(may(&policies, "pca:cert:export"));
    assert!(!may(&policies, "pca:ca:create"));
    assert!(!may(&policies, "iam:users:createUser"));
}

#[test]
fn resources_are_compared_part_by_part() {
    let one = policies(r#"{"Effect":"Allow","Action":["pca:*:*"],"Resource":["pca:*:d1:ca:c-1"]}"#);
    assert!(may(&one, "pca:ca:get"), "for some CA");
    assert!(allows(&one, "pca:ca:get", "ca", "c-1"));
    assert!(!allows(&one, "pca:ca:get", "ca", "c-2"));
    assert!(!allows(&one, "pca:ca:get", "cert", "c-1"));
    assert!(one.depends_on_target(&request("pca:ca:get")));
    for (resource, expected) in [
        ("*", true),
        ("pca:*:*:ca:*", true),
        ("pca::: ca:*", false),
        ("pca:::ca:c-?", true),
        ("scm:*:*:ca:*", false),
        ("*:*:other:ca:*", false),
    ] {
        let statement = format!(r#"{{"Effect":"Allow","Action":["*"],"Resource":["{resource}"]}}"#);
        let found = allows(&policies(&statement), "pca:ca:get", "ca", "c-1");
        assert_eq!(found, expected, "{resource}");
    }
    let others =
        policies(r#"{"Effect":"Allow","Action":["*"],"NotResource":["pca:*:*:ca:secret"]}"#);
    assert!(allows(&others, "pca:ca:get", "ca", "c-1"));
    assert!(!allows(&others, "pca:ca:get", "ca", "secret"));
}

#[test]
fn a_deny_of_one_resource_leaves_the_others() {
    let policies = policies(
        r#"{"Effect":"Allow","Action":["*"]},
           {"Effect":"Deny","Action":["pca:ca:delete"],"Resource":["pca:*:*:ca:root"]}"#,
    );
    assert!(may(&policies, "pca:ca:delete"));
    assert!(allows(&policies, "pca:ca:delete", "ca", "sub"));
    assert!(!allows(&policies, "pca:ca:delete", "ca", "root"));
}

#[test]
fn conditions_look_at_the_project_and_the_user() {
    let with = |condition: &str| {
        policies(&format!(
            r#"{{"Effect":"Allow","Action":["pca:*:*"],"Condition":{{{condition}}}}}"#
        ))
    };
    let team = with(r#""StringEquals":{"g:EnterpriseProjectId":["team-a","team-b"]}"#);
    assert!(may(&team, "pca:cert:export"));
    let export = request("pca:cert:export");
    for (project, expected) in [("team-a", true), ("team-b", true), ("0", false)] {
        assert_eq!(team.allow(&export, &target("cert", "c", project)), expected);
    }
    let without = Target {
        kind: "cert",
        id: "c",
        enterprise_project_id: None,
        tags: &[],
    };
    assert!(!team.allow(&export, &without));
    let if_exists = with(r#""StringEqualsIfExists":{"g:EnterpriseProjectId":["team-a"]}"#);
    assert!(if_exists.allow(&export, &without));

    for (condition, expected) in [
        (r#""StringEquals":{"g:UserName":["alice"]}"#, true),
        (r#""StringEquals":{"g:UserName":["Alice"]}"#, false),
        (r#""StringEqualsIgnoreCase":{"g:UserName":["Alice"]}"#, true),
        (r#""StringNotEquals":{"g:UserName":["alice","bob"]}"#, false),
        (r#""StringNotEquals":{"g:UserName":["bob"]}"#, true),
        (r#""StringLike":{"g:UserName":["a*e"]}"#, true),
        (r#""StringNotLike":{"g:UserName":["a*e"]}"#, false),
        (r#""StringStartWith":{"g:UserName":["al"]}"#, true),
        (r#""StringEndWithIfExists":{"g:UserName":["ce"]}"#, true),
        (r#""StringNotEndWith":{"g:UserName":["ce"]}"#, false),
        (r#""Bool":{"g:MFAPresent":["true"]}"#, false),
        (r#""Bool":{"g:MFAPresent":["false"]}"#, true),
        (
            r#""StringEquals":{"g:DomainId":["d1"],"g:UserId":["u1"]}"#,
            true,
        ),
        (
            r#""StringEquals":{"g:DomainId":["d1"],"g:UserId":["u2"]}"#,
            false,
        ),
    ] {
        let policies = with(condition);
        assert_eq!(may(&policies, "pca:ca:get"), expected, "{condition}");
        assert_eq!(
            allows(&policies, "pca:ca:get", "ca", "c"),
            expected,
            "{condition}"
        );
    }
}

#[test]
fn a_deny_with_a_condition_on_the_target_is_no_deny_of_all() {
    let policies = policies(
        r#"{"Effect":"Allow","Action":["*"]},{"Effect":"Deny","Action":["*"],
            "Condition":{"StringNotEquals":{"g:EnterpriseProjectId":["team-a"]}}}"#,
    );
    assert!(may(&policies, "pca:ca:get"));
    assert!(!allows(&policies, "pca:ca:get", "ca", "c"));
    let own = target("ca", "c", "team-a");
    assert!(policies.allow(&request("pca:ca:get"), &own));
}

#[test]
fn conditions_look_at_tags() {
    let tag = |key: &str, value: &str| Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let tagged = [tag("other", "b"), tag("Team", "alpha"), tag("team", "a")];
    let with_tags = |tags| Target {
        tags,
        ..target("instance", "i", "0")
    };
    let list = request("dcs:instance:list");
    for (condition, with, without) in [
        (
            r#""StringEquals":{"g:ResourceTag/team":["a"]}"#,
            true,
            false,
        ),
        (
            r#""StringEquals":{"G:RESOURCETAG/team":["a"]}"#,
            true,
            false,
        ),
        (
            r#""StringEquals":{"g:ResourceTag/team":["b"]}"#,
            false,
            false,
        ),
        (
            r#""StringEquals":{"g:ResourceTag/team":["b","a"]}"#,
            true,
            false,
        ),
        (
            r#""StringEquals":{"g:ResourceTag/Team":["a"]}"#,
            false,
            false,
        ),
        (
            r#""StringLike":{"g:ResourceTag/Team":["al*"]}"#,
            true,
            false,
        ),
        (
            r#""StringEquals":{"g:ResourceTag/none":["a"]}"#,
            false,
            false,
        ),
        (
            r#""StringEqualsIfExists":{"g:ResourceTag/team":["b"]}"#,
            false,
            true,
        ),
        (
            r#""StringNotEquals":{"g:ResourceTag/team":["a"]}"#,
            false,
            true,
        ),
        (
            r#""StringNotEquals":{"g:ResourceTag/team":["b"]}"#,
            true,
            true,
        ),
        (
            r#""StringEquals":{"g:ResourceTag/team":["a"],"g:ResourceTag/other":["b"]}"#,
            true,
            false,
        ),
        (
            r#""StringEquals":{"g:ResourceTag/team":["a"],"g:ResourceTag/other":["c"]}"#,
            false,
            false,
        ),
    ] {
        let policies = policies(&format!(
            r#"{{"Effect":"Allow","Action":["dcs:*:*"],"Condition":{{{condition}}}}}"#
        ));
        assert!(policies.may_allow(&list), "{condition}: it depends");
        assert!(policies.depends_on_target(&list), "{condition}");
        assert_eq!(
            policies.allow(&list, &with_tags(&tagged)),
            with,
            "{condition}"
        );
        assert_eq!(
            policies.allow(&list, &with_tags(&[])),
            without,
            "{condition}"
        );
    }
    let deny = policies(
        r#"{"Effect":"Allow","Action":["*"]},{"Effect":"Deny","Action":["*"],
            "Condition":{"StringEquals":{"g:ResourceTag/team":["a"]}}}"#,
    );
    assert!(deny.may_allow(&list), "not for all");
    assert!(!deny.allow(&list, &with_tags(&tagged)));
    assert!(deny.allow(&list, &with_tags(&tagged[..2])));
}

/// What names resources of other services or accounts only allows no call to begin.
#[test]
fn resources_of_others_are_no_reason_to_look() {
    for (resource, expected) in [
        ("pca:*:*:ca:*", false),
        ("dcs:*:*:instance:i", true),
        ("*:*:*:instance:i", true),
        ("dcs:*:other:instance:i", false),
        ("dcs:*:d1:instance:i", true),
        ("dcs::::", true),
    ] {
        let policies = policies(&format!(
            r#"{{"Effect":"Allow","Action":["*"],"Resource":["{resource}"]}}"#
        ));
        assert_eq!(may(&policies, "dcs:instance:list"), expected, "{resource}");
    }
}

#[test]
fn what_is_granted_in_a_project_holds_there() {
    let mut policies = Policies::default();
    policies
        .add(FULL_ACCESS, &Within::Projects(vec!["p1".to_owned()]))
        .unwrap();
    for (project_id, expected) in [(Some("p1"), true), (Some("p2"), false), (None, false)] {
        let request = Request {
            project_id,
            ..request("dcs:instance:list")
        };
        assert_eq!(policies.may_allow(&request), expected, "{project_id:?}");
        assert_eq!(policies.allow(&request, &Target::NOTHING), expected);
        assert!(!policies.depends_on_target(&request));
    }
}

#[test]
fn what_is_granted_in_an_enterprise_project_holds_for_what_is_filed_there() {
    let mut policies = Policies::default();
    let there = Within::EnterpriseProjects(vec!["e1".to_owned()]);
    policies.add(FULL_ACCESS, &there).unwrap();
    let deny = r#"{"Version":"5.0","Statement":[{"Effect":"Deny","Action":["pca:cert:export"]}]}"#;
    policies.add(deny, &there).unwrap();
    let request = request("pca:cert:get");
    assert!(policies.may_allow(&request) && policies.depends_on_target(&request));
    assert!(policies.allow(&request, &target("cert", "c", "e1")));
    assert!(!policies.allow(&request, &target("cert", "c", "0")));
    assert!(!policies.allow(&request, &Target::NOTHING));
    assert!(!allows(&policies, "pca:cert:export", "cert", "c"));

    // What another policy allows elsewhere, this one does not take away there.
    policies.add(FULL_ACCESS, &Within::Account).unwrap();
    assert!(allows(&policies, "pca:cert:export", "cert", "c"));
    assert!(!policies.allow(
        &self::request("pca:cert:export"),
        &target("cert", "c", "e1")
    ));
}

#[test]
fn tags_matter_where_a_statement_that_could_apply_looks_at_them() {
    let tagged = policies(
        r#"{"Effect":"Allow","Action":["pca:*:*"]},
        {"Effect":"Deny","Action":["pca:ca:*"],
        "Condition":{"StringEquals":{"g:ResourceTag/team":["a"]}}}"#,
    );
    assert!(tagged.depends_on_tags(&request("pca:ca:list")));
    assert!(!tagged.depends_on_tags(&request("pca:cert:list")));
    // Not for this user.
    let others = policies(
        r#"{"Effect":"Allow","Action":["pca:*:*"],"Condition":{"StringEquals":{
        "g:UserName":["bob"],"g:ResourceTag/team":["a"]}}}"#,
    );
    assert!(!others.depends_on_tags(&request("pca:ca:list")));
    let filed = policies(
        r#"{"Effect":"Allow","Action":["pca:*:*"],"Condition":{"StringEquals":{
        "g:EnterpriseProjectId":["p"]}}}"#,
    );
    assert!(filed.depends_on_target(&request("pca:ca:list")));
    assert!(!filed.depends_on_tags(&request("pca:ca:list")));
}
