//! `chancery demo`: stopped and started again on the same folder.

use crate::support::Server;

#[test]
fn samples_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let export = |server: &Server| {
        let token = format!("X-Auth-Token: {}", server.token());
        let id = &server.env["CHANCERY_DEMO_CERTIFICATE_ID"];
        let body = r#"{"type":"other","is_compressed":"false"}"#;
        let path = format!("/v1/private-certificates/{id}/export");
        let (status, head, body) = server.curl(&["-H", &token, "-d", body], &path);
        assert_eq!(status, 200, "{body}");
        assert!(head.contains("cache-control: no-store"), "{head}");
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(
            answer["private_key"]
                .as_str()
                .unwrap()
                .starts_with("-----BEGIN RSA PRIVATE KEY")
        );
        answer
    };
    let first = Server::start("demo", folder.path(), &[]);
    let exported = export(&first);
    let env = first.env.clone();
    let log = first.stop();
    assert!(!log.contains("PRIVATE KEY"), "a key is in the log");

    let second = Server::start("demo", folder.path(), &[]);
    assert_eq!(export(&second), exported);
    let lasting = |name: &String| {
        name.starts_with("CHANCERY_DEMO_") || name.ends_with("_SK") || name.ends_with("PASSWORD")
    };
    for (name, value) in env.iter().filter(|(name, _)| lasting(name)) {
        assert_eq!(&second.env[name], value, "{name}");
    }
    assert!(
        env.keys()
            .filter(|name| name.starts_with("CHANCERY_DEMO_"))
            .count()
            >= 7
    );
}
