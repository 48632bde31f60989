//! The blocks of `docs/operations.md`, one after the other on a desk of their own.

use std::fs;
use std::path::Path;

use chancery_testing::postgres::TestPg;

use super::tries::{Desk, run};
use crate::support::Server;

/// A block with the folders of this test in place of those of a machine.
fn here(desk: &Desk, block: &str) -> String {
    let mut script = block.to_owned();
    for (there, name) in [
        ("/var/lib/chancery", "operated"),
        ("/var/backups", "backups"),
        ("/media/safe", "safe"),
    ] {
        let path = desk.path(name);
        script = script.replace(there, path.to_str().unwrap());
    }
    assert_ne!(script, block);
    script
}

/// Whether the account has this user group.
fn has_group(server: &Server, name: &str) -> bool {
    let env = server.env.iter();
    let env = env.map(|(name, value)| (name.as_str(), value.as_str()));
    let listed = run(Path::new("/"), "chancery group list", env);
    listed.contains(name)
}

fn add_group(server: &Server, name: &str) {
    let env = server.env.iter();
    let env = env.map(|(name, value)| (name.as_str(), value.as_str()));
    run(
        Path::new("/"),
        &format!("chancery group create {name}"),
        env,
    );
}

/// Taken while the server runs; what comes later is not in it.
pub(crate) fn a_backup(desk: &Desk, block: &str) {
    let data = desk.path("operated");
    fs::create_dir(desk.path("backups")).unwrap();
    fs::create_dir(desk.path("safe")).unwrap();
    let server = Server::start("serve", &data, &[]);
    add_group(&server, "before");
    let said = run(&desk.path("backups"), &here(desk, block), []);
    assert!(said.contains("master.key is not in it"), "{said}");
    add_group(&server, "after");
    server.stop();
}

pub(crate) fn a_key_kept(desk: &Desk, block: &str) {
    run(&desk.path("safe"), &here(desk, block), []);
}

pub(crate) fn a_restore(desk: &Desk, block: &str) {
    let data = desk.path("operated");
    run(&desk.path("safe"), &here(desk, block), []);
    let server = Server::start("serve", &data, &[]);
    assert!(has_group(&server, "before") && !has_group(&server, "after"));
    server.stop();
    assert!(data.join("aside/chancery.db").exists());
}

pub(crate) fn another_machine(desk: &Desk, block: &str) {
    let data = desk.path("operated");
    let id = fs::read_to_string(data.join("desk.id")).unwrap();
    fs::rename(&data, desk.path("lost")).unwrap();
    run(&desk.path("safe"), &here(desk, block), []);
    Server::start("serve", &data, &[]).stop();
    assert_eq!(fs::read_to_string(data.join("desk.id")).unwrap(), id);
}

/// The databases that are dumped and restored, and the folder of the node.
fn database(name: &str) -> Option<String> {
    let postgres = TestPg::get()?;
    let empty = tempfile::NamedTempFile::new().unwrap();
    let name = format!("operations_{name}_{}", std::process::id());
    Some(postgres.load(&name, empty.path()))
}

pub(crate) fn a_postgres_dump(desk: &Desk, block: &str) {
    let Some(database) = database("one") else {
        return;
    };
    let dumps = desk.path("dumps");
    fs::create_dir(&dumps).unwrap();
    let data = desk.path("node");
    Server::start("serve", &data, &["--database", &database]).stop();
    run(&dumps, block, [("DATABASE", database.as_str())]);
}

pub(crate) fn a_postgres_restore(desk: &Desk, block: &str) {
    let Some(database) = database("two") else {
        return;
    };
    run(
        &desk.path("dumps"),
        block,
        [("DATABASE", database.as_str())],
    );
    // The folder of the desk takes it for its own.
    let data = desk.path("node");
    Server::start("serve", &data, &["--database", &database]).stop();
}
