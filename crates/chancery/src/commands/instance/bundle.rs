//! What the server of an instance loads.

use std::path::Path;

use serde_json::Value;

use crate::client::{Client, Failure, encoded};
use crate::commands::files::{self, Owner, Wanted};
use crate::commands::find::{rows, text};
use crate::commands::show::Shown;

/// The files that a bundle may have.
const FILES: [&str; 9] = [
    "ca.crt",
    "server.crt",
    "server.key",
    "server.pem",
    "ca-national.crt",
    "signCert.pem",
    "signCert.key",
    "encCert.pem",
    "encCert.key",
];

/// That a bundle may be written into a folder, for the user of this name, whom it gives.
pub(super) fn check(folder: &Path, owner: Option<&str>) -> Result<Option<Owner>, Failure> {
    files::check(folder, FILES)?;
    owner.map(Owner::of).transpose()
}

/// Has the desk issue a certificate that names these hosts too, writes what the server loads, and shows the
/// lines of its configuration.
pub(super) async fn write(
    client: &Client,
    id: &str,
    hosts: &[String],
    folder: &Path,
    owner: Option<Owner>,
) -> Result<Shown, Failure> {
    let hosts: Vec<_> = hosts
        .iter()
        .map(|host| format!("host={}", encoded(host)))
        .collect();
    let path = format!(
        "/chancery/v1/instances/{}/server-bundle?{}",
        encoded(id),
        hosts.join("&")
    );
    let answer = client.get(&path).await?;
    let configuration = text(&answer, "configuration").to_owned();
    let wanted = rows(answer, "files");
    let wanted: Result<Vec<_>, _> = wanted.iter().map(file).collect();
    files::write_shown(
        folder,
        &wanted?,
        owner,
        |folder| {
            let lines = configuration.lines();
            lines.map(|line| placed(line, folder)).collect()
        },
        None,
    )
}

/// A file of the answer. No other names are taken from it: they say where something is written.
fn file(file: &Value) -> Result<Wanted, Failure> {
    let (name, content) = (text(file, "name"), text(file, "content"));
    let known = FILES.into_iter().find(|known| *known == name);
    let name = known.ok_or_else(|| {
        Failure::unreadable(format!("it has a file {name:?}, which no server takes"))
    })?;
    Ok(Wanted {
        name,
        content: content.into(),
        secret: content.contains("PRIVATE KEY"),
    })
}

/// A line of the configuration, with the folder before the file that it names.
fn placed(line: &str, folder: &str) -> String {
    match line.rsplit_once(' ') {
        Some((option, name)) if FILES.contains(&name) => format!("{option} \"{folder}/{name}\""),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn only_known_names_are_written_and_keys_are_secret() {
        for name in [
            "../server.key",
            "/etc/passwd",
            "",
            "server.KEY",
            "server.key\0",
        ] {
            let refused = file(&json!({ "name": name, "content": "x" })).err();
            assert!(
                refused.is_some_and(|refused| refused.exit_status() == 1),
                "{name}"
            );
        }
        for (content, secret) in [
            ("-----BEGIN CERTIFICATE-----\n", false),
            (
                "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n",
                true,
            ),
            ("-----BEGIN RSA PRIVATE KEY-----\n", true),
        ] {
            let read = file(&json!({ "name": "server.pem", "content": content })).unwrap();
            assert_eq!((read.name, read.secret), ("server.pem", secret));
        }
    }

    #[test]
    fn lines_name_files_with_their_folder() {
        for (line, expected) in [
            ("tls-port 6379", "tls-port 6379"),
            (
                "tls-key-file server.key",
                "tls-key-file \"/a b/server.key\"",
            ),
            ("    CAFile: ca.crt", "    CAFile: \"/a b/ca.crt\""),
            ("net:", "net:"),
        ] {
            assert_eq!(placed(line, "/a b"), expected);
        }
    }
}
