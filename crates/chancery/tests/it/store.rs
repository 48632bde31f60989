//! `chancery store`: certificates from elsewhere, in and out.

use std::fs;
use std::path::Path;

use crate::certificates::{hierarchy, openssl, text};
use crate::commands::{fails, json, nobody, run, run_with, says};
use crate::support::{Server, mode};

/// A root of somebody's own and two certificates below it, one for a wildcard, as OpenSSL makes them.
fn elsewhere(folder: &Path) {
    let request = |name: &str, subject: &str, more: &[&str]| {
        let (key, out) = (format!("{name}.key"), format!("{name}.pem"));
        let line = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
        ];
        let files = ["-keyout", &key, "-out", &out, "-subj", subject];
        openssl(folder, &[&line[..], &files, more].concat());
    };
    request("root", "/CN=Their Root", &[]);
    let below = ["-CA", "root.pem", "-CAkey", "root.key"];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
    let below = [&below[..], &leaf].concat();
    let named = ["-addext", "subjectAltName=DNS:*.example.com"];
    request("leaf", "/CN=*.example.com", &[&below[..], &named].concat());
    let named = ["-addext", "subjectAltName=DNS:nameless.example.com"];
    request("nameless", "/O=Nobody", &[&below[..], &named].concat());
    let whole = ["leaf.pem", "root.pem"].map(|name| fs::read_to_string(folder.join(name)).unwrap());
    fs::write(folder.join("fullchain.pem"), whole.concat()).unwrap();
}

#[test]
fn what_is_brought_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    elsewhere(folder);
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();

    // One file with the chain in it, as most programs write it; its name is the common name's.
    let import = [
        "store",
        "import",
        "--cert",
        &at("fullchain.pem"),
        "--key",
        &at("leaf.key"),
    ];
    let made = json(env, &import);
    assert_eq!(text(&made["name"]), "_.example.com");
    assert_eq!(text(&made["domain"]), "*.example.com");
    assert_eq!(text(&made["status"]), "UPLOAD");
    assert!(text(&made["not_after"]).ends_with('Z'), "{made}");
    // The chain in a file of its own, the key from standard input, a name of one's own.
    let key = fs::read_to_string(folder.join("leaf.key")).unwrap();
    let apart = [
        "store",
        "import",
        "--cert",
        &at("leaf.pem"),
        "--chain",
        &at("root.pem"),
        "--key",
        "-",
        "--name",
        "apart",
    ];
    let ran = run_with(env, &apart, &key);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    // No common name, no chain.
    let alone = [
        "store",
        "import",
        "--cert",
        &at("nameless.pem"),
        "--key",
        &at("nameless.key"),
    ];
    assert_eq!(text(&json(env, &alone)["name"]), "nameless.example.com");

    let names = |line: &[&str]| {
        let rows = json(env, line);
        let names = rows.as_array().unwrap().iter();
        let mut names: Vec<_> = names.map(|row| text(&row["name"]).to_owned()).collect();
        names.sort();
        names
    };
    let all = ["_.example.com", "apart", "nameless.example.com"];
    assert_eq!(names(&["store", "list"]), all);
    assert_eq!(names(&["store", "list", "--name", "nameless"]), all[2..]);
    let printed = run(env, &["store", "list"]);
    assert!(printed.out.starts_with("NAME "), "{}", printed.out);
    let id = text(&made["id"]);
    let shown = json(env, &["store", "show", id]);
    let fingerprint = text(&shown["certificate"]["fingerprint_sha1"]).to_uppercase();
    assert_eq!(fingerprint, text(&made["fingerprint"]));

    let out = folder.join("out");
    let export = ["store", "export", "apart", "--out", out.to_str().unwrap()];
    let written = json(env, &export);
    assert_eq!(written["files"].as_array().unwrap().len(), 4);
    assert_eq!(mode(&out), 0o700);
    assert_eq!(mode(&out.join("privkey.pem")), 0o600);
    let verify = ["verify", "-CAfile", "chain.pem", "cert.pem"];
    openssl(&out, &verify);
    assert_eq!(
        openssl(&out, &["pkey", "-in", "privkey.pem", "-pubout"]),
        openssl(folder, &["pkey", "-in", "leaf.key", "-pubout"])
    );
    let nginx = [
        "store",
        "export",
        id,
        "--out",
        &at("nginx"),
        "--for",
        "nginx",
    ];
    let line = format!("ssl_certificate_key \"{}/privkey.pem\";", at("nginx"));
    says(env, &nginx, &line);
    // Without a chain no file is empty, and no line names one that is not there.
    let redis = [
        "store",
        "export",
        "nameless.example.com",
        "--out",
        &at("redis"),
        "--for",
        "redis",
    ];
    let written = json(env, &redis);
    assert_eq!(written["files"].as_array().unwrap().len(), 2);
    assert_eq!(text(&written["settings"][2]), "tls-auth-clients no");

    says(
        env,
        &["store", "delete", "apart", "--yes"],
        "apart is deleted",
    );
    fails(
        env,
        &["store", "show", "apart"],
        1,
        &["no stored certificate"],
    );
    let log = server.stop();
    assert!(!log.contains("PRIVATE KEY"));
}

#[test]
fn pairs_and_enterprise_projects_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    json(env, &["ca", "create", "SM Root", "--key-algorithm", "sm2"]);
    let (pair, back) = (folder.join("pair"), folder.join("back"));
    let pair_text = pair.to_str().unwrap();
    let issue = [
        "cert",
        "issue",
        "sm.example.com",
        "--ca",
        "SM Root",
        "--out",
        pair_text,
    ];
    json(env, &issue);
    let project = json(env, &["enterprise-project", "create", "team-a"]);
    let at = |name: &str| pair.join(name).to_str().unwrap().to_owned();
    let import = [
        "store",
        "import",
        "--cert",
        &at("fullchain.pem"),
        "--key",
        &at("privkey.pem"),
        "--enc-cert",
        &at("enc-cert.pem"),
        "--enc-key",
        &at("enc-privkey.pem"),
        "--enterprise-project",
        "team-a",
    ];
    let made = json(env, &import);
    assert_eq!(made["enterprise_project_id"], project["id"]);
    let id = text(&made["id"]);
    json(
        env,
        &["store", "export", id, "--out", back.to_str().unwrap()],
    );
    for name in [
        "cert.pem",
        "chain.pem",
        "privkey.pem",
        "enc-cert.pem",
        "enc-privkey.pem",
    ] {
        let read = |folder: &Path| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read(&pair), read(&back), "{name}");
    }
    assert_eq!(mode(&back.join("enc-privkey.pem")), 0o600);
    let half = [
        "store",
        "import",
        "--cert",
        &at("cert.pem"),
        "--key",
        &at("privkey.pem"),
        "--enc-cert",
        "x",
    ];
    fails(env, &half, 2, &["--enc-key"]);
}

#[test]
fn what_is_refused_is_stored_and_written_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    elsewhere(folder);
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (leaf, key) = (at("leaf.pem"), at("leaf.key"));
    let other = at("root.key");
    for (more, status, says) in [
        (
            &["--cert", &leaf, "--key", &other][..],
            1,
            "private_key does not belong to",
        ),
        (
            &["--cert", &leaf, "--key", "nowhere.key"],
            2,
            "nowhere.key cannot be read",
        ),
        (
            &["--cert", "nowhere.pem", "--key", &key],
            2,
            "nowhere.pem cannot be read",
        ),
        (&["--cert", &key, "--key", &key], 2, "holds no CERTIFICATE"),
        (&["--cert", "-", "--key", "-"], 2, "only one file can be -"),
        (
            &["--cert", &leaf, "--key", &key, "--name", "a b"],
            1,
            "name must have 3 to 63",
        ),
        (
            &["--cert", &leaf, "--key", &key, "--enterprise-project", "x"],
            1,
            "there is no enterprise project",
        ),
    ] {
        fails(env, &[&["store", "import"], more].concat(), status, &[says]);
    }
    assert_eq!(json(env, &["store", "list"]).as_array().unwrap().len(), 0);

    let import = [
        "store", "import", "--cert", &leaf, "--key", &key, "--name", "twin",
    ];
    let id = json(env, &import)["id"].clone();
    let theirs = folder.join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("privkey.pem"), "theirs").unwrap();
    let export = ["store", "export", "twin", "--out", theirs.to_str().unwrap()];
    fails(env, &export, 2, &["privkey.pem is there already"]);
    assert_eq!(fs::read_dir(&theirs).unwrap().count(), 1);
    fails(
        env,
        &["store", "export", "nobody", "--out", "x"],
        1,
        &["no stored certificate"],
    );
    let gone = ["store", "show", "scs0000000000000"];
    fails(env, &gone, 1, &["does not exist", "(status 404"]);
    json(env, &import);
    fails(env, &["store", "delete", "twin"], 1, &["more than one"]);

    hierarchy(env);
    let nobody = nobody(env);
    for line in [
        &["store", "list"][..],
        &["store", "export", text(&id), "--out", "x"],
        &import,
    ] {
        fails(&nobody, line, 1, &["scm:cert:", "(status 403"]);
    }
    assert!(!Path::new("x").exists());
}
