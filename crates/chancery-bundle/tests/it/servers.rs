//! nginx and Apache httpd, started with nothing but the files of their archive.

use std::fs::Permissions;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chancery_bundle::{Bundle, ServerType};

use crate::archives::{extract, pack};
use crate::fixture::{ALGORITHMS, Fixture};
use crate::tools::{installed, run};

const MODULES: &str = "/usr/lib/apache2/modules";

/// A server that is stopped when the test is over.
struct Server(Child);

impl Server {
    fn start(fixture: &Fixture, program: &str, arguments: &[&str]) -> Self {
        let log = std::fs::File::create(fixture.folder().join("log")).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .current_dir(fixture.folder())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Connects as soon as the server is up: it must prove the key and send the chain up to the root,
/// the only certificate that the client has.
fn assert_verified(fixture: &Fixture, port: u16) {
    let address = format!("127.0.0.1:{port}");
    let arguments = [
        &["s_client", "-connect", &address, "-CAfile", "root.pem"][..],
        &[
            "-verify_return_error",
            "-verify_hostname",
            "www.example.com",
        ],
    ]
    .concat();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let outcome = run(fixture.folder(), "openssl", &arguments);
        if outcome.success {
            let said = outcome.output;
            assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
            return;
        }
        let log = std::fs::read_to_string(fixture.folder().join("log")).unwrap();
        assert!(Instant::now() < deadline, "{}{log}", outcome.errors);
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Every key with and without password, in the folder of a fresh fixture.
fn for_each_bundle(server: ServerType, test: impl Fn(&Fixture, bool)) {
    for algorithm in ALGORITHMS {
        for password in [None, Some("test")] {
            let fixture = Fixture::new(algorithm);
            let bundle = Bundle {
                password,
                ..fixture.bundle()
            };
            extract(&fixture, &pack(server, &bundle));
            test(&fixture, password.is_some());
        }
    }
}

#[test]
fn nginx_serves_with_its_bundle() {
    if !installed("serving with nginx", &["openssl", "python3", "nginx"]) {
        return;
    }
    for_each_bundle(ServerType::Nginx, |fixture, encrypted| {
        let port = free_port();
        let folder = fixture.folder().display().to_string();
        let password = match encrypted {
            true => format!("ssl_password_file {folder}/password;"),
            false => String::new(),
        };
        fixture.write("password", "test\n");
        let configuration = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
            events {{}}
            http {{
                access_log off;
                client_body_temp_path {folder}/1; proxy_temp_path {folder}/2;
                fastcgi_temp_path {folder}/3; uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
                server {{
                    listen 127.0.0.1:{port} ssl;
                    ssl_certificate {folder}/server.crt;
                    ssl_certificate_key {folder}/server.key;
                    {password}
                }}
            }}"
        );
        let file = fixture.write("nginx.conf", configuration);
        let arguments = ["-p", &folder, "-c", file.to_str().unwrap()];
        let _server = Server::start(fixture, "nginx", &arguments);
        assert_verified(fixture, port);
    });
}

#[test]
fn apache_serves_with_its_bundle() {
    if !installed(
        "serving with Apache httpd",
        &["openssl", "python3", "apache2"],
    ) {
        return;
    }
    for_each_bundle(ServerType::Apache, |fixture, encrypted| {
        let port = free_port();
        let folder = fixture.folder().display().to_string();
        // The program gets the server's name as an argument and prints the password.
        let program = fixture.write("password", "#!/bin/sh\necho test\n");
        std::fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
        let password = match encrypted {
            true => format!("SSLPassPhraseDialog exec:{folder}/password"),
            false => String::new(),
        };
        let configuration = format!(
            "LoadModule mpm_event_module {MODULES}/mod_mpm_event.so
            LoadModule authz_core_module {MODULES}/mod_authz_core.so
            LoadModule ssl_module {MODULES}/mod_ssl.so
            ServerName www.example.com
            User www-data
            Group www-data
            DefaultRuntimeDir {folder}
            PidFile {folder}/pid
            ErrorLog {folder}/log
            Mutex file:{folder}
            Listen 127.0.0.1:{port}
            SSLEngine on
            SSLCertificateFile {folder}/server.crt
            SSLCertificateKeyFile {folder}/server.key
            SSLCertificateChainFile {folder}/chain.crt
            {password}"
        );
        let file = fixture.write("httpd.conf", configuration);
        let arguments = ["-X", "-d", &folder, "-f", file.to_str().unwrap()];
        let _server = Server::start(fixture, "apache2", &arguments);
        assert_verified(fixture, port);
    });
}
