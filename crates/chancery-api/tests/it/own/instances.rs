//! `/chancery/v1/instances/{instance_id}/server-bundle`.

use axum::body::Body;
use chancery_pki::{Certificate, SubjectAltName};
use chancery_store::AuditFilter;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Api, DAY, fields, read};
use crate::{dcs, dds, tools};

fn path(id: &str) -> String {
    format!("/chancery/v1/instances/{id}/server-bundle")
}

fn file<'a>(bundle: &'a Value, name: &str) -> &'a str {
    let files = bundle["files"].as_array().unwrap();
    let found = files.iter().find(|file| file["name"] == name);
    found.unwrap_or_else(|| panic!("{name}"))["content"]
        .as_str()
        .unwrap()
}

fn names(bundle: &Value) -> Vec<&str> {
    let files = bundle["files"].as_array().unwrap();
    files
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect()
}

fn leaf(bundle: &Value) -> Certificate {
    Certificate::chain_from_pem(file(bundle, "server.crt"))
        .unwrap()
        .remove(0)
}

/// The audit entries of an instance's bundle, newest first.
async fn disclosures(api: &Api, id: &str) -> Vec<Value> {
    let filter = AuditFilter {
        resource: Some(id.to_owned()),
        action: Some("chancery:instance:getServerBundle".to_owned()),
        ..AuditFilter::default()
    };
    let found = api.store.audit_entries(&filter, 100, 0).await.unwrap();
    let details = found.rows.iter().map(|row| row.detail.as_str());
    details
        .map(|detail| serde_json::from_str(detail).unwrap())
        .collect()
}

#[tokio::test]
async fn redis_gets_what_it_loads() {
    let api = Api::start().await;
    let id = dcs::create(&api, json!({ "port": 6390, "private_ip": "192.168.0.5" })).await;
    let request = Request::get(path(&id)).header("x-auth-token", &api.token);
    let response = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let (status, bundle) = read(response).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        fields(&bundle),
        ["configuration", "files", "instance_id", "service"]
    );
    assert_eq!(
        (&bundle["instance_id"], &bundle["service"]),
        (&json!(id), &json!("dcs"))
    );
    assert_eq!(names(&bundle), ["ca.crt", "server.crt", "server.key"]);
    assert_eq!(
        bundle["configuration"],
        "port 0\ntls-port 6390\ntls-cert-file server.crt\ntls-key-file server.key\n\
         tls-ca-cert-file ca.crt\ntls-auth-clients no\n"
    );
    let key = file(&bundle, "server.key");
    assert!(
        key.starts_with("-----BEGIN PRIVATE KEY-----\n"),
        "not as Redis reads it"
    );
    assert_eq!(
        leaf(&bundle).sans(),
        [
            SubjectAltName::Dns(format!(
                "redis-{}.dcs.cn-north-4.chancery.internal",
                &id[..8]
            )),
            SubjectAltName::Ip([192, 168, 0, 5].into()),
        ]
    );
    assert_eq!(api.succeed("GET", &path(&id), None).await, bundle);
    let details = disclosures(&api, &id).await;
    assert_eq!(details.len(), 2);
    let serial = leaf(&bundle).serial_hex();
    assert_eq!(
        details[0],
        json!({ "serial_number": serial, "hosts": [], "private_key": true })
    );
}

#[tokio::test]
async fn mongodb_gets_what_it_loads() {
    let api = Api::start().await;
    let id = dds::create(&api, json!({})).await;
    let bundle = api.succeed("GET", &path(&id), None).await;
    assert_eq!(bundle["service"], "dds");
    assert_eq!(
        names(&bundle),
        ["ca.crt", "server.crt", "server.pem", "server.key"]
    );
    assert_eq!(
        bundle["configuration"],
        "net:\n  port: 8635\n  tls:\n    mode: requireTLS\n    certificateKeyFile: server.pem\n    \
         CAFile: ca.crt\n    allowConnectionsWithoutCertificates: true\n"
    );
    let both = [file(&bundle, "server.crt"), file(&bundle, "server.key")].concat();
    assert_eq!(file(&bundle, "server.pem"), both);
    let listing = api.succeed("GET", &dds::path(&api, ""), None).await;
    let certificate = leaf(&bundle);
    for node in listing["instances"][0]["groups"][0]["nodes"]
        .as_array()
        .unwrap()
    {
        let address = node["private_ip"].as_str().unwrap().parse().unwrap();
        assert!(certificate.sans().contains(&SubjectAltName::Ip(address)));
    }

    let old = json!({ "name": "old-one", "datastore": {
        "type": "DDS-Community", "version": "4.0", "storage_engine": "wiredTiger",
    } });
    let id = dds::create(&api, old).await;
    let bundle = api.succeed("GET", &path(&id), None).await;
    let configuration = bundle["configuration"].as_str().unwrap();
    assert!(configuration.contains("  ssl:\n    mode: requireSSL\n    PEMKeyFile: server.pem\n"));
}

#[tokio::test]
async fn openssl_trusts_the_servers_by_the_downloaded_ca() {
    if !tools::installed("verifying server bundles", "openssl") {
        return;
    }
    let api = Api::start().await;
    let id = dcs::create(&api, json!({ "private_ip": "192.168.0.5" })).await;
    let download = dcs::path(&api, &format!("/{id}/ssl-certs/download"));
    let link = api.succeed("POST", &download, None).await;
    let link = link["link"].as_str().unwrap();
    let link = link.strip_prefix("https://desk.example:8443").unwrap();
    let response = api
        .send(Request::get(link).body(Body::empty()).unwrap())
        .await;
    let ca = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .unwrap();
    let bundle = api.succeed("GET", &path(&id), None).await;

    let folder = tempfile::tempdir().unwrap();
    let certificate = file(&bundle, "server.crt");
    let ca = std::str::from_utf8(&ca).unwrap();
    assert_eq!(file(&bundle, "ca.crt"), ca);
    tools::write(
        folder.path(),
        &[("ca.crt", ca), ("server.crt", certificate)],
    );
    tools::write(
        folder.path(),
        &[("server.key", file(&bundle, "server.key"))],
    );
    // The test's clock is not the machine's.
    let at = (api.desk.now_ms() / 1000).to_string();
    let verify = |extra: &[&str]| {
        let mut arguments = vec![
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-attime",
            &at,
        ];
        arguments.extend(["-CAfile", "ca.crt"]);
        arguments.extend(extra);
        arguments.push("server.crt");
        tools::run(folder.path(), "openssl", &arguments)
    };
    let host = format!("redis-{}.dcs.cn-north-4.chancery.internal", &id[..8]);
    let (good, said) = verify(&["-verify_hostname", &host]);
    assert!(good, "{said}");
    let (good, said) = verify(&["-verify_ip", "192.168.0.5"]);
    assert!(good, "{said}");
    assert!(!verify(&["-verify_hostname", "elsewhere.example"]).0);
    let public = |arguments: &[&str]| tools::openssl(folder.path(), arguments);
    assert_eq!(
        public(&["pkey", "-in", "server.key", "-pubout"]),
        public(&["x509", "-in", "server.crt", "-noout", "-pubkey"])
    );
}

#[tokio::test]
async fn hosts_are_added_to_a_certificate_of_their_own() {
    let api = Api::start().await;
    let id = dcs::create(&api, json!({})).await;
    let kept = api.succeed("GET", &path(&id), None).await;
    let query = format!(
        "{}?host=localhost&host=127.0.0.1&host=cache.example.com",
        path(&id)
    );
    let fresh = api.succeed("GET", &query, None).await;
    let added = [
        SubjectAltName::Dns("localhost".to_owned()),
        SubjectAltName::Ip([127, 0, 0, 1].into()),
        SubjectAltName::Dns("cache.example.com".to_owned()),
    ];
    assert_eq!(
        leaf(&fresh).sans(),
        [leaf(&kept).sans(), added.as_slice()].concat()
    );
    assert_ne!(file(&fresh, "server.key"), file(&kept, "server.key"));
    assert_eq!(file(&fresh, "ca.crt"), file(&kept, "ca.crt"));
    let ca = Certificate::from_pem(file(&kept, "ca.crt")).unwrap();
    leaf(&fresh).verify_signed_by(&ca).unwrap();
    assert_eq!(api.succeed("GET", &path(&id), None).await, kept);
    let details = disclosures(&api, &id).await;
    let hosts = json!(["localhost", "127.0.0.1", "cache.example.com"]);
    assert_eq!((details.len(), &details[1]["hosts"]), (3, &hosts));

    let says = "host must be a host name or an IP address";
    for bad in ["host=", "host=a_b", "host=http%3A%2F%2Fx"] {
        let target = format!("{}?{bad}", path(&id));
        api.refused(("GET", &target), None, (400, "CHANCERY.0400"), says)
            .await;
    }
    let many = vec!["host=x"; 21].join("&");
    let target = format!("{}?{many}", path(&id));
    api.refused(("GET", &target), None, (400, "CHANCERY.0400"), "at most 20")
        .await;
    assert_eq!(disclosures(&api, &id).await.len(), 3);
}

#[tokio::test]
async fn a_certificate_that_is_about_to_end_is_replaced() {
    let mut api = Api::start().await;
    let id = dcs::create(&api, json!({})).await;
    let first = api.succeed("GET", &path(&id), None).await;
    api.clock.advance_ms((824 - 30) * DAY);
    api.log_in_again().await;
    assert_eq!(api.succeed("GET", &path(&id), None).await, first);
    api.clock.advance_ms(1);
    let second = api.succeed("GET", &path(&id), None).await;
    assert_ne!(leaf(&second).serial_hex(), leaf(&first).serial_hex());
    assert_eq!(leaf(&second).sans(), leaf(&first).sans());
    // It is kept, and what shows it knows it.
    assert_eq!(api.succeed("GET", &path(&id), None).await, second);
    let ssl = dcs::path(&api, &format!("/{id}/ssl"));
    let shown = api.succeed("GET", &ssl, None).await;
    assert_eq!(shown["ssl_expired_at"], "2030-11-05T12:00:00.000Z");
}

#[tokio::test]
async fn nothing_is_disclosed_that_was_not_written_down() {
    let api = Api::start().await;
    let id = dcs::create(&api, json!({})).await;
    api.faults.refuse(Some("instance.server_bundle"));
    for query in ["", "?host=localhost"] {
        let target = format!("{}{query}", path(&id));
        let (status, answer) = api.call("GET", &target, None).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!answer.to_string().contains("BEGIN"), "{answer}");
    }
}

#[tokio::test]
async fn others_get_nothing() {
    let api = Api::start().await;
    let id = dcs::create(&api, json!({})).await;
    let says = "does not exist";
    for unknown in ["6434f74f-2d13-4e6a-89eb-93ee313f1a43", "x"] {
        let target = path(unknown);
        api.refused(("GET", &target), None, (404, "CHANCERY.0404"), says)
            .await;
    }
    let other = api.other_account().await;
    let (status, answer) = api.call_as(&other.token, "GET", &path(&id), None).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (404, &json!("CHANCERY.0404"))
    );
    let nobody = api.user_without_policy().await;
    let (status, answer) = api.call_as(&nobody.token, "GET", &path(&id), None).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (403, &json!("CHANCERY.0403"))
    );
    assert!(disclosures(&api, &id).await.is_empty());
}
