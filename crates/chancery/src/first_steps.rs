//! What a server says after it is ready: where it is, how a shell gets its environment, and what to begin
//! with. At most a screen, and no line with a secret.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::client_env::shell::quote;
use crate::data::refused;

/// From nothing to a certificate, once the environment is there.
const STEPS: [&str; 3] = [
    "chancery ca create \"Example Root\"",
    "chancery ca create Issuing --issuer \"Example Root\"",
    "chancery cert issue www.example.com --ca Issuing --for nginx --out tls",
];

/// Says that the server answers, in the line that programs wait for, and then the rest, for people. Whoever
/// has read the first line may have closed their end: that ends no server.
///
/// # Errors
/// When the first line cannot be written.
pub(crate) fn say(out: &mut impl Write, public_url: &str, rest: &str) -> Result<()> {
    let ready = writeln!(out, "chancery ready {public_url}").and_then(|()| out.flush());
    ready.map_err(|error| refused("standard output", &error))?;
    if let Err(error) = out.write_all(rest.as_bytes()).and_then(|()| out.flush()) {
        tracing::debug!("what follows the ready line could not be printed: {error}");
    }
    Ok(())
}

/// The lines that put the environment of `client.env` into a shell, and `chancery` where it is not found.
pub(crate) fn shell_lines(env: &Path) -> Vec<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::current_exe().ok();
    let folder = program.and_then(|program| folder_to_add(&program, std::env::split_paths(&path)));
    let add = folder.map(|folder| format!("PATH={}:$PATH", quote(&folder.display().to_string())));
    let load = format!("set -a; . {}; set +a", quote(&env.display().to_string()));
    add.into_iter().chain([load]).collect()
}

/// The folder of this program, unless a shell finds it already.
fn folder_to_add(program: &Path, mut path: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    let name = program.file_name().filter(|name| *name == "chancery")?;
    let found = path.find(|folder| folder.is_absolute() && folder.join(name).is_file());
    let real = |path: &Path| path.canonicalize().ok();
    match found {
        Some(folder) if real(&folder.join(name)) == real(program) => None,
        _ => program.parent().map(Path::to_path_buf),
    }
}

/// What to begin with on a new desk.
pub(crate) fn text(env: &Path) -> String {
    let mut lines = shell_lines(env);
    lines.extend(STEPS.map(str::to_owned));
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!(
        "\nA new desk. In another shell, load its environment (credentials, endpoint and trust), make a root CA\n\
         and one that issues, and a certificate for nginx:\n\n{lines}"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::symlink;

    use super::*;
    use std::{fs, io};

    #[test]
    fn the_steps_fit_and_quote_the_path() {
        let text = text(Path::new("/srv/a desk/it's/client.env"));
        assert!(
            text.contains(r"  set -a; . '/srv/a desk/it'\''s/client.env'; set +a"),
            "{text}"
        );
        // With the ready line.
        assert!(text.lines().count() < 12, "{text}");
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap() <= 100, "{text}");
    }

    /// Takes so many bytes, and then nothing more.
    struct Closing(usize, Vec<u8>);

    impl Write for Closing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1.len() + bytes.len() > self.0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_has_read_the_first_line_may_go() {
        let first = "chancery ready https://desk\n";
        let mut out = Closing(first.len(), Vec::new());
        say(&mut out, "https://desk", "more\n").unwrap();
        assert_eq!(out.1, first.as_bytes());
        let mut out = Closing(first.len() - 1, Vec::new());
        let refused = say(&mut out, "https://desk", "").unwrap_err().to_string();
        assert!(refused.contains("standard output"), "{refused}");
    }

    #[test]
    fn the_folder_of_a_program_that_a_shell_finds_is_not_named() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let place = folder.path().join(name);
            fs::create_dir(&place).unwrap();
            place
        };
        let (ours, other, links, empty) =
            (make("ours"), make("other"), make("links"), make("empty"));
        let program = ours.join("chancery");
        fs::write(&program, "").unwrap();
        fs::write(other.join("chancery"), "").unwrap();
        symlink(&program, links.join("chancery")).unwrap();
        let added = |path: &[&PathBuf]| folder_to_add(&program, path.iter().copied().cloned());
        assert_eq!(added(&[]), Some(ours.clone()));
        assert_eq!(added(&[&empty]), Some(ours.clone()));
        // Another one comes first.
        assert_eq!(added(&[&other, &ours]), Some(ours.clone()));
        assert_eq!(added(&[&empty, &ours, &other]), None);
        assert_eq!(added(&[&links]), None);
        // By another name it would not be found there either.
        assert_eq!(folder_to_add(&ours.join("desk"), [].into_iter()), None);
    }
}
