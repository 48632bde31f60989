//! The listener with TLS, against curl and `openssl s_client`, with certificates of a CA that the
//! openssl program made.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;

use super::*;

/// A CA, a certificate of it for `localhost`, and a CA that has nothing to do with them.
struct Certificates {
    folder: TempDir,
}

impl Certificates {
    async fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
        for command in [
            &format!("{authority} -subj /CN=Test-CA -keyout ca.key -out ca.pem"),
            &format!("{authority} -subj /CN=Other-CA -keyout other.key -out other.pem"),
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
             -addext subjectAltName=DNS:localhost -keyout leaf.key -out leaf.csr",
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -copy_extensions copyall -out leaf.pem",
        ] {
            let arguments: Vec<&str> = command.split_whitespace().collect();
            let made = run("openssl", &arguments, folder.path()).await;
            assert!(
                made.status.success(),
                "{}",
                String::from_utf8_lossy(&made.stderr)
            );
        }
        Self { folder }
    }

    fn path(&self, file: &str) -> String {
        self.folder.path().join(file).to_str().unwrap().to_owned()
    }

    fn server_config(&self) -> Arc<ServerConfig> {
        let leaf = CertificateDer::from_pem_file(self.path("leaf.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.path("leaf.key")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf], key)
            .unwrap();
        Arc::new(config)
    }
}

/// Runs a program that ends by itself.
async fn run(program: &str, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

/// Whether the programs of a test are there; without them it is skipped, except in CI.
#[allow(clippy::print_stderr)]
fn have(programs: &[&str]) -> bool {
    for program in programs {
        if Command::new(program).arg("--help").output().is_err() {
            eprintln!("SKIPPED: TLS of the listener needs {program}");
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "{program} is missing"
            );
            return false;
        }
    }
    true
}

impl Running {
    async fn curl(&self, certificates: &Certificates, authority: &str, path: &str) -> Output {
        let url = format!("https://localhost:{}{path}", self.address.port());
        let resolve = format!("localhost:{}:127.0.0.1", self.address.port());
        let authority = certificates.path(authority);
        let arguments = [
            "-sS",
            "-m",
            "20",
            "--noproxy",
            "*",
            "--cacert",
            &authority,
            "--resolve",
            &resolve,
            &url,
        ];
        run("curl", &arguments, certificates.folder.path()).await
    }

    async fn s_client(&self, certificates: &Certificates, more: &[&str]) -> (bool, String) {
        let (address, authority) = (self.address.to_string(), certificates.path("ca.pem"));
        let mut arguments = vec!["s_client", "-connect", &address, "-CAfile", &authority];
        arguments.extend(["-verify_return_error", "-verify_hostname", "localhost"]);
        arguments.extend(["-servername", "localhost"]);
        arguments.extend(more);
        let output = run("openssl", &arguments, certificates.folder.path()).await;
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }
}

#[tokio::test]
async fn verifying_clients_are_served() {
    if !have(&["openssl", "curl"]) {
        return;
    }
    let certificates = Certificates::make().await;
    let server = Running::start(Some(certificates.server_config()), limits()).await;

    let served = server.curl(&certificates, "ca.pem", "/hello").await;
    assert_eq!(
        String::from_utf8_lossy(&served.stdout),
        "hello",
        "{served:?}"
    );
    let refused = server.curl(&certificates, "other.pem", "/hello").await;
    assert!(
        !refused.status.success() && refused.stdout.is_empty(),
        "{refused:?}"
    );

    for version in ["-tls1_2", "-tls1_3"] {
        let (done, text) = server
            .s_client(&certificates, &[version, "-alpn", "h2,http/1.1"])
            .await;
        assert!(
            done && text.contains("Verify return code: 0 (ok)"),
            "{version}: {text}"
        );
        assert!(
            text.contains("ALPN protocol: http/1.1"),
            "{version}: {text}"
        );
    }
    for refused in [
        &["-alpn", "h2"][..],
        &["-tls1_1", "-cipher", "ALL@SECLEVEL=0"],
    ] {
        let (done, text) = server.s_client(&certificates, refused).await;
        assert!(!done, "{refused:?}: {text}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn clients_that_never_finish_a_handshake_disturb_nobody() {
    if !have(&["openssl", "curl"]) {
        return;
    }
    let certificates = Certificates::make().await;
    let limits = Limits {
        handshake: SHORT,
        ..limits()
    };
    let server = Running::start(Some(certificates.server_config()), limits).await;
    let begun = Instant::now();
    let mut silent = server.connect().await;
    let mut plain = server.connect().await;
    plain.write_all(&request("/hello")).await.unwrap();
    let served = server.curl(&certificates, "ca.pem", "/hello").await;
    assert_eq!(
        String::from_utf8_lossy(&served.stdout),
        "hello",
        "{served:?}"
    );

    let answer = read_to_end(&mut plain).await;
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    assert!(read_to_end(&mut silent).await.is_empty());
    assert!(begun.elapsed() >= SHORT);
    server.stopped().await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_handshakes() {
    if !have(&["openssl"]) {
        return;
    }
    let certificates = Certificates::make().await;
    let server = Running::start(Some(certificates.server_config()), limits()).await;
    let _silent = server.connect().await;
    sleep(SHORT).await;
    let begun = Instant::now();
    server.stopped().await;
    assert!(begun.elapsed() < LONG / 2);
}
