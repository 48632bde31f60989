//! `chancery ca` for CAs below one elsewhere, and for those that are kept after all.

use std::fs;

use crate::certificates::{openssl, text};
use crate::commands::{fails, json, run, says};
use crate::support::Server;

#[test]
fn a_ca_below_one_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    // A root has no CA above it that would say how long a path may be.
    let root = ["ca", "create", "Root", "--path-length", "1"];
    fails(env, &root, 2, &["--issuer <CA>"]);
    let made = json(env, &["ca", "create", "Below", "--external"]);
    assert_eq!(
        (text(&made["status"]), text(&made["type"])),
        ("PENDING", "SUBORDINATE")
    );
    let csr = folder.join("below.csr");
    says(
        env,
        &["ca", "csr", "Below", "--out", csr.to_str().unwrap()],
        "is written",
    );
    assert_eq!(
        fs::read_to_string(&csr).unwrap(),
        run(env, &["ca", "csr", "Below"]).out
    );
    fs::write(
        folder.join("ca.ext"),
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n",
    )
    .unwrap();
    for line in [
        "req -x509 -newkey rsa:2048 -nodes -days 30 -keyout root.key -out root.pem -subj /CN=Elsewhere",
        "x509 -req -in below.csr -CA root.pem -CAkey root.key -CAcreateserial -days 20 -extfile ca.ext -out below.pem",
    ] {
        openssl(folder, &line.split(' ').collect::<Vec<_>>());
    }
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let import = |file: &str| ["ca", "import", "Below", "--cert", file].map(str::to_owned);
    for (file, status, says) in [
        ("root.pem", 1, "is not for the key of this CA's CSR"),
        ("root.key", 2, "holds PRIVATE KEY, not only CERTIFICATE"),
        ("ca.ext", 2, "holds no CERTIFICATE"),
        ("nowhere.pem", 2, "cannot be read"),
    ] {
        let line = import(&at(file));
        fails(env, &line.each_ref().map(String::as_str), status, &[says]);
    }
    // Its chain in a file of its own, or behind it.
    let whole = ["below.pem", "root.pem"].map(|name| fs::read_to_string(at(name)).unwrap());
    fs::write(at("whole.pem"), whole.concat()).unwrap();
    let made = json(
        env,
        &import(&at("whole.pem")).each_ref().map(String::as_str),
    );
    assert_eq!(text(&made["status"]), "ACTIVED");
    json(
        env,
        &[
            "ca",
            "create",
            "Other",
            "--external",
            "--key-algorithm",
            "rsa2048",
        ],
    );
    let csr = run(env, &["ca", "csr", "Other"]).out;
    fs::write(at("below.csr"), csr).unwrap();
    let line = "x509 -req -in below.csr -CA root.pem -CAkey root.key -CAcreateserial -days 20 -extfile ca.ext -out other.pem";
    openssl(folder, &line.split(' ').collect::<Vec<_>>());
    let apart = [
        "ca",
        "import",
        "Other",
        "--cert",
        &at("other.pem"),
        "--chain",
        &at("root.pem"),
    ];
    assert_eq!(text(&json(env, &apart)["status"]), "ACTIVED");
    let out = folder.join("out");
    let issue = [
        "cert",
        "issue",
        "a.example.com",
        "--ca",
        "Below",
        "--days",
        "10",
    ];
    json(
        env,
        &[&issue[..], &["--out", out.to_str().unwrap()]].concat(),
    );
    fs::copy(at("root.pem"), out.join("root.pem")).unwrap();
    let verify = [
        "verify",
        "-CAfile",
        "root.pem",
        "-untrusted",
        "chain.pem",
        "cert.pem",
    ];
    openssl(&out, &verify);
    fails(env, &["ca", "csr", "Below"], 1, &["PCA."]);

    // What was to be deleted is kept.
    says(env, &["ca", "disable", "Other"], "issues nothing now");
    says(
        env,
        &["ca", "delete", "Other", "--yes"],
        "deleted in 7 days",
    );
    says(env, &["ca", "restore", "Other"], "is kept");
    assert_eq!(
        text(&json(env, &["ca", "show", "Other"])["status"]),
        "DISABLED"
    );
    fails(env, &["ca", "restore", "Other"], 1, &["PCA."]);
    fails(
        env,
        &["ca", "create", "x", "--external", "--years", "3"],
        2,
        &["--years"],
    );
}
