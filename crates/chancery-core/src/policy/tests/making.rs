//! Calls that are about several things, and lists that are judged row by row.

use super::*;

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
