//! Values in a file that a shell sources: written so that sourcing runs nothing, and read again.

use std::iter::Peekable;
use std::str::Chars;

use zeroize::Zeroizing;

/// A value as a shell reads it back unchanged, whatever it holds (but for NUL, which no value can).
pub(crate) fn quote(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// The value of a name in the text of such a file. It may also stand in double quotes, as people write.
pub(crate) fn value(text: &str, name: &str) -> Option<Zeroizing<String>> {
    let mut found = None;
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        let mut word = String::new();
        while let Some(c) = rest.next_if(|c| !matches!(c, '=' | '\n')) {
            word.push(c);
        }
        match rest.next() {
            Some('=') if !word.starts_with('#') => {
                let value = read_value(&mut rest);
                // As in a shell the last one holds.
                if word == name {
                    found = Some(value);
                }
            }
            Some('=') => while rest.next_if(|c| *c != '\n').is_some() {},
            _ => {}
        }
    }
    found
}

/// Reads up to the end of a line that is not within quotes.
fn read_value(rest: &mut Peekable<Chars<'_>>) -> Zeroizing<String> {
    let mut value = Zeroizing::new(String::new());
    let mut within = None;
    while let Some(c) = rest.next() {
        match (within, c) {
            (None, '\n') => break,
            (None, '\'' | '"') => within = Some(c),
            (Some(quote), c) if c == quote => within = None,
            (None | Some('"'), '\\') => value.extend(rest.next()),
            (_, c) => value.push(c),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::process::Command;

    use chancery_crypto::random::{Random, SystemRandom};

    use super::*;

    /// What shells take for more than itself, and what ends lines.
    const ODD: [&str; 28] = [
        "'",
        "\"",
        "\\",
        "`",
        "$",
        "$(",
        ")",
        "${",
        "}",
        ";",
        "&",
        "|",
        "<",
        ">",
        "\n",
        "\r",
        "\t",
        " ",
        "#",
        "!",
        "*",
        "?",
        "~",
        "=",
        "\u{1b}[2J",
        "\u{202e}",
        "名",
        "x",
    ];

    /// Values made of odd pieces, in an order that each run chooses anew.
    fn odd_values(number: usize) -> Vec<String> {
        let mut bytes = vec![0; number * 12];
        SystemRandom.fill(&mut bytes);
        let pieces = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|b| ODD[usize::from(*b) % ODD.len()])
                .collect()
        };
        bytes.chunks(12).map(pieces).collect()
    }

    #[test]
    fn sourcing_runs_nothing_and_reads_every_value_back() {
        let folder = tempfile::tempdir().unwrap();
        let trap = folder.path().join("trap");
        let touch = format!("touch {}", trap.display());
        let mut values = vec![
            String::new(),
            "plain-1./:".to_owned(),
            "two words".to_owned(),
            format!("$({touch})"),
            format!("`{touch}`"),
            format!("'; {touch}; '"),
            format!("\n{touch}\n"),
            format!("'\n{touch}\nV0='"),
            format!("\"; {touch} #"),
            format!("~ & {touch} &"),
        ];
        values.extend(odd_values(400));
        let mut text = String::new();
        for (at, value) in values.iter().enumerate() {
            text.push_str(&format!("# a comment\nV{at}={}\n", quote(value)));
        }
        for (at, expected) in values.iter().enumerate() {
            assert_eq!(*value(&text, &format!("V{at}")).unwrap(), *expected);
        }
        let file = folder.path().join("client.env");
        std::fs::write(&file, &text).unwrap();
        let output = Command::new("sh")
            .args(["-eu", "-c", "set -a; . \"$0\"; exec env -0"])
            .arg(&file)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap())
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let mut found = 0;
        for (name, value) in said.split('\0').filter_map(|entry| entry.split_once('=')) {
            let at = name
                .strip_prefix('V')
                .and_then(|at| at.parse::<usize>().ok());
            if let Some(at) = at {
                assert_eq!(value, values[at], "{name}");
                found += 1;
            }
        }
        assert_eq!(found, values.len());
        assert!(!trap.exists(), "something ran");
        // Nothing but the file itself: no redirection has made one.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn values_are_found_as_people_write_them_too() {
        let text = "# A=0\nA=1\nB=\"two \\\"words\\\"\"\nCHANCERY_PASSWORD='ab'\\''cd'\nA=3\nC=\nD";
        for (name, expected) in [
            ("A", Some("3")),
            ("B", Some("two \"words\"")),
            ("CHANCERY_PASSWORD", Some("ab'cd")),
            ("C", Some("")),
            ("D", None),
            ("CHANCERY", None),
            ("# A", None),
        ] {
            let found = value(text, name);
            assert_eq!(found.as_ref().map(|v| v.as_str()), expected, "{name}");
        }
    }
}
