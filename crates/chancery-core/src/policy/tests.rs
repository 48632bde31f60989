#![allow(clippy::unwrap_used)]
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
fn what_is_not_evaluated_is_refused() {
    let full = |statement: &str| format!(r#"{{"Version":"5.0","Statement":[{statement}]}}"#);
    let nine = [r#"{"Effect":"Allow","Action":["*"]}"#; 9].join(",");
    let many: Vec<String> = (0..101).map(|n| format!("\"pca:ca:{n}\"")).collect();
    let many = format!(r#"{{"Effect":"Allow","Action":[{}]}}"#, many.join(","));
    let eleven = ["\"pca:*:*:ca:1\""; 11].join(",");
    let eleven = format!(r#"{{"Effect":"Allow","Action":["*"],"Resource":[{eleven}]}}"#);
    for (document, says) in [
        ("{}".to_owned(), "missing field"),
        (
            r#"{"Version":"2.0","Statement":[]}"#.to_owned(),
            "Version must be 1.1 or 5.0",
        ),
        (full(""), "Statement must have 1 to 8 entries"),
        (full(&nine), "Statement must have 1 to 8 entries"),
        (full(&many), "Action of all statements must have 1 to 100"),
        (full(&eleven), "Resource must have 1 to 10 entries"),
        (
            full(r#"{"Effect":"Allow"}"#),
            "Action or NotAction is required",
        ),
        (
            full(r#"{"Effect":"Allow","Action":["*"],"NotAction":["a:b:c"]}"#),
            "Action and NotAction exclude each other",
        ),
        (
            full(r#"{"Effect":"Allow","Action":[]}"#),
            "at least one pattern",
        ),
        (
            full(r#"{"Effect":"Allow","Action":["all"]}"#),
            "service:type:operation",
        ),
        (
            full(r#"{"Effect":"Allow","Action":["*"],"Resource":["ca:1"]}"#),
            "service:region:account:type:id",
        ),
        (
            full(r#"{"Effect":"Maybe","Action":["*"]}"#),
            "Effect must be Allow or Deny",
        ),
        (
            full(r#"{"Effect":"Allow","Action":["*"],"Principal":"x"}"#),
            "unknown field",
        ),
        (
            full(
                r#"{"Effect":"Allow","Action":["*"],"Condition":{"DateLessThan":{"g:UserName":["x"]}}}"#,
            ),
            "a condition's operator must be",
        ),
        (
            full(
                r#"{"Effect":"Allow","Action":["*"],"Condition":{"StringEquals":{"g:SourceIp":["x"]}}}"#,
            ),
            "a condition's key must be",
        ),
        (
            full(
                r#"{"Effect":"Allow","Action":["*"],"Condition":{"StringEquals":{"g:UserName":[]}}}"#,
            ),
            "at least one value",
        ),
        (
            r#"{"Version":"1.1","Statement":[{"Sid":"x","Effect":"Allow","Action":["*"]}]}"#
                .to_owned(),
            "of Version 5.0",
        ),
        (
            format!("{}{}", full(""), " ".repeat(6_144)),
            "the document must have 1 to 6144 characters",
        ),
    ] {
        let error = Policies::parse([document.as_str()])
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{document}: {error}");
    }
}

fn refusal(statement: &str) -> String {
    let document = format!(r#"{{"Version":"5.0","Statement":[{statement}]}}"#);
    let error = Policies::parse([document.as_str()]).unwrap_err();
    error.to_string()
}

#[test]
fn no_key_is_there_twice() {
    let allow = r#"{"Effect":"Allow","Action":["*"]}"#;
    for (document, says) in [
        (
            format!(r#"{{"Version":"1.1","Version":"5.0","Statement":[{allow}]}}"#),
            "Version is there twice",
        ),
        (
            format!(r#"{{"Version":"5.0","Statement":[{allow}],"Statement":[{allow}]}}"#),
            "Statement is there twice",
        ),
    ] {
        let error = Policies::parse([document.as_str()]).unwrap_err();
        assert_eq!(error.to_string(), says, "{document}");
    }
    for (statement, says) in [
        (
            r#"{"Effect":"Deny","Effect":"Allow","Action":["*"]}"#,
            "Statement[0].Effect is there twice",
        ),
        (
            r#"{"Effect":"Allow","\u0041ction":["pca:ca:get"],"Action":["*"]}"#,
            "Statement[0].Action is there twice",
        ),
        (
            r#"{"Effect":"Allow","Action":["*"],"Condition":{"StringEquals":{"g:UserName":["a"]}},
                "Condition":{"StringEquals":{"g:UserId":["b"]}}}"#,
            "Statement[0].Condition is there twice",
        ),
        (
            r#"{"Effect":"Allow","Action":["*"],"Condition":{"StringEquals":{"g:UserName":["a"]},
                "StringEquals":{"g:UserId":["b"]}}}"#,
            "Statement[0].Condition.StringEquals is there twice",
        ),
        (
            r#"{"Effect":"Allow","Action":["*"],
                "Condition":{"StringEquals":{"g:UserName":["a"],"g:UserName":["b"]}}}"#,
            "Statement[0].Condition.StringEquals.g:UserName is there twice",
        ),
        // Case does not count in keys, but for those of tags.
        (
            r#"{"Effect":"Allow","Action":["*"],
                "Condition":{"StringEquals":{"g:UserName":["a"],"G:USERNAME":["b"]}}}"#,
            "g:UserName is there twice in StringEquals: case does not count",
        ),
        (
            r#"{"Effect":"Allow","Action":["*"],"Condition":{"StringLike":{
                "g:ResourceTag/a":["a"],"g:resourcetag/a":["b"]}}}"#,
            "g:resourcetag/a is there twice in StringLike: case does not count",
        ),
    ] {
        assert_eq!(refusal(statement), says, "{statement}");
    }
    // Neighbours: other tags, another operator, another statement.
    policies(
        r#"{"Effect":"Allow","Action":["*"],"Condition":{"StringLike":{
            "g:ResourceTag/a":["a"],"g:ResourceTag/A":["b"],"g:UserName":["c"]},
            "StringLikeIfExists":{"g:username":["a"]}}},
        {"Effect":"Allow","Action":["*"],"Condition":{"StringLike":{"g:UserName":["a"]}}}"#,
    );
}

#[test]
fn a_condition_that_names_nothing_is_refused() {
    for (condition, says) in [
        ("{}", "Condition must hold at least one operator"),
        ("null", "Condition must hold at least one operator"),
        (
            r#"{"StringEquals":{}}"#,
            "StringEquals in Condition must hold at least one key",
        ),
        (
            r#"{"Bool":{"g:MFAPresent":["false"]},"StringNotEquals":{}}"#,
            "StringNotEquals in Condition must hold at least one key",
        ),
        (
            r#"{"StringEquals":{"g:UserName":[]}}"#,
            "a condition must hold at least one value",
        ),
        ("[]", "invalid type"),
        (r#"{"StringEquals":null}"#, "invalid type"),
        (r#"{"StringEquals":{"g:UserName":null}}"#, "invalid type"),
    ] {
        for effect in ["Allow", "Deny"] {
            let statement =
                format!(r#"{{"Effect":"{effect}","Action":["*"],"Condition":{condition}}}"#);
            let error = refusal(&statement);
            assert!(error.contains(says), "{statement}: {error}");
        }
    }
}

/// What an earlier version took goes on to mean what it meant: a user whose policy cannot be read any
/// more could do nothing at all.
#[test]
fn what_was_taken_before_is_read_as_it_was() {
    for condition in ["{}", "null", r#"{"StringEquals":{}}"#] {
        let document = format!(
            r#"{{"Version":"1.1","Statement":[
                {{"Effect":"Allow","Action":["pca:ca:get"],"Condition":{condition}}}]}}"#
        );
        assert!(Policies::parse([document.as_str()]).is_err());
        let mut kept = Policies::default();
        kept.add(&document, &Within::Account).unwrap();
        assert!(allows(&kept, "pca:ca:get", "ca", "c"), "{condition}");
    }
    let mut kept = Policies::default();
    assert!(kept.add("{}", &Within::Account).is_err());
}

#[test]
fn patterns_are_listed_with_their_fields() {
    let policies = policies(
        r#"{"Effect":"Allow","Action":["*"],"NotResource":["pca:*:*:ca:1"]},
           {"Effect":"Deny","NotAction":["pca:ca:get"],"Resource":["*"]}"#,
    );
    let fields = |named: named::Named<'_>| (named.field, named.pattern.to_owned());
    let actions: Vec<_> = policies.actions().map(fields).collect();
    let resources: Vec<_> = policies.resources().map(fields).collect();
    assert_eq!(
        actions,
        [
            ("Action", "*".to_owned()),
            ("NotAction", "pca:ca:get".to_owned())
        ]
    );
    assert_eq!(
        resources,
        [
            ("NotResource", "pca:*:*:ca:1".to_owned()),
            ("Resource", "*".to_owned())
        ]
    );
    for (pattern, action, expected) in [
        ("scm:cert:download", "scm:cert:export", true),
        ("SCM:*:down*", "scm:cert:export", true),
        ("scm:cert:export", "scm:cert:export", true),
        ("scm:cert:downloads", "scm:cert:export", false),
    ] {
        assert_eq!(names_action(pattern, action), expected, "{pattern}");
    }
    let parts = ResourceParts::of("pca:cn-north-4:d1:C?:A:b*").unwrap();
    assert!(parts.names_account("d1") && !parts.names_account("d2"));
    assert!(parts.names_kind("pca", "ca") && !parts.names_kind("pca", "cert"));
    assert_eq!(parts.id(), None);
    assert!(ResourceParts::of("*").is_none());
    let parts = ResourceParts::of("pca:::ca:A:b").unwrap();
    assert_eq!(parts.id().as_deref(), Some("a:b"));
    assert!(parts.names_account("any"));
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

#[test]
fn a_tag_condition_needs_a_key() {
    let document = r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["*"],
        "Condition":{"StringEquals":{"g:ResourceTag/":["a"]}}}]}"#;
    let error = Policies::parse([document]).unwrap_err().to_string();
    assert!(error.contains("g:ResourceTag/<key>"), "{error}");
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
        .add(FULL_ACCESS, &Within::Project("p1".to_owned()))
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
    let there = Within::EnterpriseProject("e1".to_owned());
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

/// A call that makes a certificate: by a policy of these statements, in project `0`, with a CA of
/// project `p` that has the tag `team=a`.
fn makes(statements: &str) -> bool {
    let tags = [Tag {
        key: "team".to_owned(),
        value: "a".to_owned(),
    }];
    let used = Target {
        tags: &tags,
        ..target("ca", "c-1", "p")
    };
    let made = target("cert", "", "0");
    policies(statements).allow_making(&request("pca:cert:create"), &made, &used)
}

#[test]
fn making_a_certificate_is_about_its_ca_too() {
    let allow = |rest: &str| format!(r#"{{"Effect":"Allow","Action":["pca:*:*"]{rest}}}"#);
    for (rest, expected) in [
        ("", true),
        (r#","Resource":["pca:*:*:ca:c-1"]"#, true),
        (r#","Resource":["pca:*:*:ca:c-2"]"#, false),
        (r#","Resource":["pca:*:*:cert:*"]"#, true),
        (r#","NotResource":["pca:*:*:ca:c-1"]"#, false),
        (r#","NotResource":["pca:*:*:cert:*"]"#, false),
        (r#","NotResource":["pca:*:*:ca:c-2"]"#, true),
        (
            r#","Condition":{"StringEquals":{"g:ResourceTag/team":["a"]}}"#,
            true,
        ),
        (
            r#","Condition":{"StringEquals":{"g:ResourceTag/team":["b"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringNotEquals":{"g:ResourceTag/team":["a"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringNotEquals":{"g:ResourceTag/team":["b"]}}"#,
            true,
        ),
        (
            r#","Condition":{"StringEqualsIfExists":{"g:ResourceTag/team":["b"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringNotLike":{"g:ResourceTag/team":["a*"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringEquals":{"g:EnterpriseProjectId":["0","p"]}}"#,
            true,
        ),
        (
            r#","Condition":{"StringEquals":{"g:EnterpriseProjectId":["p"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringEquals":{"g:EnterpriseProjectId":["0"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringNotEquals":{"g:EnterpriseProjectId":["p"]}}"#,
            false,
        ),
    ] {
        assert_eq!(makes(&allow(rest)), expected, "{rest}");
    }
    // One statement for each project, as roles that are granted in enterprise projects are.
    let each = ["0", "p"].map(|project| {
        allow(&format!(
            r#","Condition":{{"StringEquals":{{"g:EnterpriseProjectId":["{project}"]}}}}"#
        ))
    });
    assert!(makes(&each.join(",")));

    let denied = |rest: &str| {
        let deny = format!(r#"{{"Effect":"Deny","Action":["pca:*:*"]{rest}}}"#);
        format!("{},{deny}", allow(""))
    };
    for (rest, expected) in [
        ("", false),
        (r#","Resource":["pca:*:*:ca:c-1"]"#, false),
        (r#","Resource":["pca:*:*:ca:c-2"]"#, true),
        (r#","Resource":["pca:*:*:cert:*"]"#, false),
        (r#","NotResource":["pca:*:*:ca:c-1"]"#, false),
        (r#","NotResource":["pca:*:*:ca:*","pca:*:*:cert:*"]"#, true),
        (
            r#","Condition":{"StringEquals":{"g:ResourceTag/team":["a"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringEquals":{"g:ResourceTag/team":["b"]}}"#,
            true,
        ),
        (
            r#","Condition":{"StringNotEquals":{"g:ResourceTag/team":["b"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringEquals":{"g:EnterpriseProjectId":["p"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringEquals":{"g:EnterpriseProjectId":["0"]}}"#,
            false,
        ),
        (
            r#","Condition":{"StringEquals":{"g:EnterpriseProjectId":["q"]}}"#,
            true,
        ),
    ] {
        assert_eq!(makes(&denied(rest)), expected, "{rest}");
    }
}

#[test]
fn rows_matter_where_a_statement_names_ids() {
    for (statement, expected) in [
        (r#"{"Effect":"Allow","Action":["*"]}"#, false),
        (
            r#"{"Effect":"Allow","Action":["*"],"Resource":["pca:*:*:ca:*"]}"#,
            false,
        ),
        (
            r#"{"Effect":"Allow","Action":["*"],"Resource":["pca:*:*:ca:c-1"]}"#,
            true,
        ),
        (
            r#"{"Effect":"Allow","Action":["*"],"Resource":["pca:*:*:ca:c*"]}"#,
            true,
        ),
        (
            r#"{"Effect":"Deny","Action":["*"],"Resource":["pca:*:*:ca:c-1"]}"#,
            true,
        ),
        (
            r#"{"Effect":"Allow","Action":["*"],"NotResource":["pca:*:*:ca:c-1"]}"#,
            true,
        ),
        (
            r#"{"Effect":"Deny","Action":["*"],"Resource":["scm:*:*:cert:c-1"]}"#,
            false,
        ),
        (
            r#"{"Effect":"Deny","Action":["pca:cert:*"],"Resource":["pca:*:*:ca:c-1"]}"#,
            false,
        ),
    ] {
        let policies = policies(statement);
        let found = policies.depends_on_row(&request("pca:ca:list"));
        assert_eq!(found, expected, "{statement}");
    }
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
