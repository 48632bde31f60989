//! The same server on PostgreSQL, and on several nodes of it.

use crate::support::Server;
use crate::test_pg::TestPg;

#[test]
fn two_nodes_on_one_postgresql() {
    let Some(postgres) = TestPg::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = postgres.url("public");
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let first = Server::start("serve", &one, &["--database", &url]);
    // Both nodes seal with one master key.
    std::fs::create_dir(&two).unwrap();
    std::fs::copy(one.join("master.key"), two.join("master.key")).unwrap();
    let second = Server::start("serve", &two, &["--database", &url]);
    for name in ["CLOUD_SDK_AK", "CLOUD_SDK_SK", "HUAWEICLOUD_SDK_PROJECT_ID"] {
        assert_eq!(first.env[name], second.env[name], "{name}");
    }

    let token = format!("X-Auth-Token: {}", first.token());
    let ca = r#"{"type":"ROOT","key_algorithm":"EC256","signature_algorithm":"SHA256",
        "validity":{"type":"YEAR","value":1},"distinguished_name":{"common_name":"Root",
        "country":"CN","state":"s","locality":"l","organization":"o","organizational_unit":"u"}}"#;
    let path = "/v1/private-certificate-authorities";
    let (status, _, body) = first.curl(&["-H", &token, "-d", ca], path);
    assert_eq!(status, 200, "{body}");
    let created: serde_json::Value = serde_json::from_str(&body).unwrap();
    // The token of one node is good at the other, and so is its key.
    let shown = format!("{path}/{}/export", created["ca_id"].as_str().unwrap());
    let (status, _, body) = second.curl(&["-H", &token, "-X", "POST"], &shown);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("BEGIN CERTIFICATE"));

    // A node with another master key must not come up and write what nobody can open.
    let three = folder.path().join("three");
    let refused = crate::support::command("serve", &three)
        .args(["--database", &url])
        .output()
        .unwrap();
    assert!(!refused.status.success());
}
