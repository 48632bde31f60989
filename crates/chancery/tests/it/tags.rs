//! `chancery tag`: tags of CAs and certificates.

use crate::certificates::hierarchy;
use crate::commands::{fails, json, nobody, run, says};
use crate::support::Server;

#[test]
fn tags_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    json(
        env,
        &["cert", "issue", "www.example.com", "--ca", "Issuing"],
    );
    for (kind, thing) in [("ca", "Issuing"), ("cert", "www.example.com")] {
        let tags = |line: &[&str]| {
            let rows = json(env, &[&["tag", line[0], kind, thing], &line[1..]].concat());
            let rows = rows.as_array().unwrap().iter();
            let pair = |row: &serde_json::Value| format!("{}={}", row["key"], row["value"]);
            rows.map(pair).collect::<Vec<_>>()
        };
        assert_eq!(tags(&["list"]), [""; 0]);
        let set = ["tag", "set", kind, thing, "team=a", "url=x=y", "empty="];
        says(env, &set, "team=a, url=x=y, empty=");
        says(env, &["tag", "set", kind, thing, "team=b"], "has team=b");
        assert_eq!(
            tags(&["list"]),
            [r#""empty"="""#, r#""team"="b""#, r#""url"="x=y""#]
        );
        let printed = run(env, &["tag", "list", kind, thing]);
        assert!(printed.out.starts_with("KEY    VALUE\n"), "{}", printed.out);
        // Whatever their values are.
        says(
            env,
            &["tag", "delete", kind, thing, "team", "url"],
            "has no team, url",
        );
        assert_eq!(tags(&["list"]), [r#""empty"="""#]);

        for line in [
            &["tag", "set", kind, thing, "team"][..],
            &["tag", "set", kind, thing, "=b"],
        ] {
            fails(env, line, 2, &["must be KEY=VALUE"]);
        }
        fails(env, &["tag", "set", kind, thing], 2, &["KEY=VALUE"]);
        fails(env, &["tag", "set", kind, thing, "a/b=c"], 1, &["key"]);
        fails(env, &["tag", "list", kind, "nothing"], 1, &["there is no"]);
        assert_eq!(tags(&["list"]).len(), 1);
    }
    let id = json(env, &["ca", "show", "Issuing"])["id"].clone();
    let line = ["tag", "set", "ca", id.as_str().unwrap(), "a=b"];
    fails(&nobody(env), &line, 1, &["pca:ca:", "(status 403"]);
}
