//! `chancery serve`.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Server, command};

#[test]
fn an_empty_folder_is_set_up() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a data folder");
    let server = Server::start("serve", &data, &[]);
    let mode = |name: &str| {
        std::fs::metadata(data.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("client.env"), 0o600);
    assert_eq!(mode("master.key"), 0o600);
    assert_eq!(mode("chancery.db"), 0o600);
    assert_eq!(
        std::fs::metadata(&data).unwrap().permissions().mode() & 0o777,
        0o700
    );

    let env = &server.env;
    for (one, other) in [
        ("CLOUD_SDK_AK", "HUAWEICLOUD_SDK_AK"),
        ("CLOUD_SDK_SK", "HW_SECRET_KEY"),
        ("CHANCERY_ENDPOINT", "HUAWEICLOUD_SDK_REGION_CCM_CN_NORTH_4"),
        ("CHANCERY_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"),
    ] {
        assert_eq!(env[one], env[other], "{one} and {other}");
        assert!(!env[one].is_empty());
    }
    // `JAVA_TOOL_OPTIONS` is split at spaces, and this folder has some in its path.
    let store = env["JAVA_TOOL_OPTIONS"]
        .split(' ')
        .next()
        .unwrap()
        .split_once('=')
        .unwrap()
        .1;
    assert!(std::path::Path::new(store).is_file(), "{store}");

    let (status, head, body) = server.curl(&[], "/v3/auth/domains");
    assert_eq!(status, 401);
    assert!(head.contains("x-request-id: "), "{head}");
    assert!(body.contains("IAM.0001"), "{body}");
    let token = format!("X-Auth-Token: {}", server.token());
    let (status, _, body) = server.curl(&["-H", &token], "/v3/auth/domains");
    assert_eq!(status, 200);
    assert!(body.contains(&env["HUAWEICLOUD_SDK_DOMAIN_ID"]), "{body}");

    let secrets: Vec<String> = ["CHANCERY_PASSWORD", "CLOUD_SDK_SK"]
        .iter()
        .map(|name| env[*name].clone())
        .chain([token.split_once(' ').unwrap().1.to_owned()])
        .collect();
    let log = server.stop();
    assert!(log.contains("/v3/auth/domains"), "{log}");
    assert!(
        log.contains("status=401") && log.contains("chancery/administrator"),
        "{log}"
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "a secret is in the log");
    }
}

#[test]
fn plain_http_on_loopback_only() {
    let folder = tempfile::tempdir().unwrap();
    let refused = command("serve", folder.path())
        .args(["--listen-http", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("loopback"), "{text}");

    let server = Server::start("serve", folder.path(), &["--listen-http", "127.0.0.1:0"]);
    let log = server.stop();
    assert!(log.contains("plain HTTP on http://127.0.0.1:"), "{log}");
}

#[test]
fn one_server_on_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start("serve", folder.path(), &[]);
    let second = command("serve", folder.path()).output().unwrap();
    assert!(!second.status.success());
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(text.contains("another chancery is using it"), "{text}");
}

#[test]
fn the_operators_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let made = std::process::Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=desk", "-days", "2",
        ])
        .args(["-addext", "subjectAltName=DNS:desk.example,IP:127.0.0.1"])
        .args(["-keyout", &path("key.pem"), "-out", &path("cert.pem")])
        .output()
        .unwrap();
    assert!(made.status.success());
    let data = folder.path().join("data");
    let options = [
        "--tls-cert",
        &path("cert.pem"),
        "--tls-key",
        &path("key.pem"),
    ];
    let server = Server::start("serve", &data, &options);
    // curl verifies with client.env alone: the operator's certificate is in its bundle.
    assert_eq!(server.curl(&[], "/nowhere").0, 404);
    let named = [&options[..], &["--public-url", "https://desk.example"]].concat();
    drop(server);
    let server = Server::start("serve", &data, &named);
    assert_eq!(server.url, "https://desk.example");
    assert_eq!(server.env["HW_AUTH_URL"], "https://desk.example/v3");
}
