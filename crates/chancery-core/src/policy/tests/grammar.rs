//! What a document may say, and how it is refused.

use super::*;

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
fn a_tag_condition_needs_a_key() {
    let document = r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["*"],
        "Condition":{"StringEquals":{"g:ResourceTag/":["a"]}}}]}"#;
    let error = Policies::parse([document]).unwrap_err().to_string();
    assert!(error.contains("g:ResourceTag/<key>"), "{error}");
}
