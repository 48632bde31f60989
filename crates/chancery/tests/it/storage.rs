//! The same server on PostgreSQL, and on several nodes of it.

use chancery_testing::postgres::TestPg;

use crate::support::Server;

#[test]
fn two_nodes_on_one_postgresql() {
    let Some(postgres) = TestPg::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = postgres.url("public");
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    // The first node makes the samples of all five services.
    let first = Server::start("demo", &one, &["--database", &url]);
    // Both nodes seal with one master key.
    std::fs::create_dir(&two).unwrap();
    std::fs::copy(one.join("master.key"), two.join("master.key")).unwrap();
    let second = Server::start("demo", &two, &["--database", &url]);
    let shared = |name: &String| {
        name.starts_with("CHANCERY_DEMO_") || name.ends_with("_SK") || name.ends_with("_ID")
    };
    for (name, value) in first.env.iter().filter(|(name, _)| shared(name)) {
        assert_eq!(&second.env[name], value, "{name}");
    }

    // The token of one node is good at the other, and so are its keys.
    let token = format!("X-Auth-Token: {}", first.token());
    let id = |name: &str| &first.env[name];
    let export = r#"{"type":"other","is_compressed":"false"}"#;
    for (arguments, path, secret) in [
        (
            &["-d", export][..],
            format!(
                "/v1/private-certificates/{}/export",
                id("CHANCERY_DEMO_CERTIFICATE_ID")
            ),
            "BEGIN RSA PRIVATE KEY",
        ),
        (
            &["-X", "POST"],
            format!(
                "/v3/scm/certificates/{}/export",
                id("CHANCERY_DEMO_SCM_CERTIFICATE_ID")
            ),
            "BEGIN RSA PRIVATE KEY",
        ),
        (
            &[],
            format!("/v3/tasks/{}/certkey", id("CHANCERY_DEMO_SMS_TASK_ID")),
            "BEGIN RSA PRIVATE KEY",
        ),
        (
            &[],
            format!(
                "/chancery/v1/instances/{}/server-bundle",
                id("CHANCERY_DEMO_DCS_INSTANCE_ID")
            ),
            "BEGIN PRIVATE KEY",
        ),
    ] {
        let arguments = [&["-H", &token], arguments].concat();
        let (status, _, there) = second.curl(&arguments, &path);
        assert_eq!(status, 200, "{path}: {there}");
        assert!(there.contains(secret), "{path}");
        let (_, _, here) = first.curl(&arguments, &path);
        assert_eq!(here, there, "{path}");
    }

    // A node with another master key must not come up and write what nobody can open.
    let three = folder.path().join("three");
    let refused = crate::support::command("serve", &three)
        .args(["--database", &url])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(
        !three.join("master.key").exists(),
        "a key that opens nothing"
    );
}
