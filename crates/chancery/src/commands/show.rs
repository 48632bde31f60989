//! How answers are shown: tables for people, JSON for programs, failures on standard error.

use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::client::Failure;

/// A column of a table: its title and the field it shows, with dots between levels.
pub(crate) type Column = (&'static str, &'static str);

/// What a command shows.
#[derive(Debug, PartialEq)]
pub(crate) enum Shown {
    /// Several things.
    Rows {
        columns: &'static [Column],
        rows: Vec<Value>,
    },
    /// One thing with all its fields.
    Record(Value),
    /// That it was done.
    Done(String),
    /// A text as it is: PEM.
    Text(String),
    /// What is no text.
    Bytes(Vec<u8>),
    /// Files that were written, and how a server is told of them.
    Written {
        files: Vec<String>,
        settings: Vec<String>,
    },
}

/// A time in milliseconds since 1970 as people and programs read it (RFC 3339, UTC); null for none.
pub(crate) fn time(ms: &Value) -> Value {
    let time = ms.as_i64().map(jiff::Timestamp::from_millisecond);
    match time {
        Some(Ok(time)) => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
        _ => Value::Null,
    }
}

/// Prints to standard output. A reader that goes away, such as `head`, is no failure.
pub(crate) fn print(shown: &Shown, json: bool) -> ExitCode {
    let bytes = match (json, shown) {
        (true, _) => as_json(shown).into_bytes(),
        (false, Shown::Bytes(bytes)) => bytes.clone(),
        (false, _) => as_text(shown).into_bytes(),
    };
    let mut out = std::io::stdout().lock();
    match out.write_all(&bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&Failure::Output(error.to_string()));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Says on standard error what went wrong.
pub(crate) fn complain(failure: &Failure) {
    say(&failure.to_string());
}

/// Says on standard error what was done and is perhaps not what was meant.
pub(crate) fn warn(text: &str) {
    say(&format!("warning: {text}"));
}

fn say(text: &str) {
    // There is nowhere left to say that this did not work.
    drop(writeln!(std::io::stderr(), "chancery: {}", plain(text)));
}

fn as_json(shown: &Shown) -> String {
    let value = match shown {
        Shown::Rows { rows, .. } => Value::Array(rows.clone()),
        Shown::Record(value) => value.clone(),
        Shown::Done(_) => json!({}),
        Shown::Text(text) => json!({ "pem": text }),
        Shown::Bytes(bytes) => json!({ "hex": hex::encode(bytes) }),
        Shown::Written { files, settings } => json!({ "files": files, "settings": settings }),
    };
    format!("{value:#}\n")
}

fn as_text(shown: &Shown) -> String {
    match shown {
        Shown::Rows { columns, rows } => {
            let mut lines = vec![
                columns
                    .iter()
                    .map(|(title, _)| (*title).to_owned())
                    .collect(),
            ];
            lines.extend(rows.iter().map(|row| {
                let cells = columns.iter().map(|(_, field)| cell(at(row, field)));
                cells.collect::<Vec<_>>()
            }));
            aligned(&lines)
        }
        Shown::Record(value) => {
            let mut lines = Vec::new();
            fields("", value, &mut lines);
            aligned(&lines)
        }
        Shown::Done(text) => format!("{}\n", plain(text)),
        Shown::Text(text) => text.lines().map(|line| plain(line) + "\n").collect(),
        Shown::Bytes(bytes) => hex::encode(bytes) + "\n",
        Shown::Written { files, settings } => {
            let mut lines: Vec<String> = files.iter().map(|file| plain(file)).collect();
            if !settings.is_empty() {
                lines.push(String::new());
            }
            lines.extend(settings.iter().map(|line| plain(line)));
            lines.join("\n") + "\n"
        }
    }
}

/// The value of a field, with dots between levels.
fn at<'a>(value: &'a Value, field: &str) -> &'a Value {
    field.split('.').fold(value, |value, name| &value[name])
}

/// One line per field; objects are taken apart.
fn fields(prefix: &str, value: &Value, lines: &mut Vec<Vec<String>>) {
    let Some(object) = value.as_object() else {
        lines.push(vec![prefix.to_owned(), cell(value)]);
        return;
    };
    for (name, value) in object {
        let name = match prefix {
            "" => name.clone(),
            prefix => format!("{prefix}.{name}"),
        };
        match value {
            Value::Object(inner) if !inner.is_empty() => fields(&name, value, lines),
            _ => lines.push(vec![name, cell(value)]),
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    }
}

/// What a name holds must not steer the terminal: no control characters, nothing that turns the
/// direction of writing.
fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match steers(c) {
            true => plain.extend(c.escape_default()),
            false => plain.push(c),
        }
    }
    plain
}

fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns)
        .map(|at| {
            let cells = lines.iter().filter_map(|line| line.get(at));
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for line in lines {
        for (at, cell) in line.iter().enumerate() {
            let last = at + 1 == line.len();
            let gap = if last {
                0
            } else {
                widths[at] - width(cell) + 2
            };
            // Writing to a string does not fail.
            let _ = write!(text, "{cell}{:gap$}", "");
        }
        text.push('\n');
    }
    text
}

/// How many columns of a terminal a text takes: Han and its neighbours take two each.
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
            | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned() {
        let shown = Shown::Rows {
            columns: &[
                ("ID", "id"),
                ("NAME", "name"),
                ("CITY", "at.city"),
                ("ON", "on"),
            ],
            rows: vec![
                json!({ "id": "1", "name": "团队", "at": { "city": "x" }, "on": true }),
                json!({ "id": "1000", "name": "a\u{1b}[2Jb\n", "on": false }),
                json!({ "id": 7, "name": "" }),
            ],
        };
        assert_eq!(
            as_text(&shown),
            "ID    NAME           CITY  ON\n\
             1     团队           x     yes\n\
             1000  a\\u{1b}[2Jb\\n  -     no\n\
             7     -              -     -\n"
        );
        let parsed: Value = serde_json::from_str(&as_json(&shown)).unwrap_or_default();
        assert_eq!(parsed[1]["name"], "a\u{1b}[2Jb\n");
    }

    #[test]
    fn records_show_every_field() {
        let shown = Shown::Record(json!({ "a": 1, "long": { "b": null, "c": ["x"] }, "d": {} }));
        assert_eq!(
            as_text(&shown),
            "a       1\nd       {}\nlong.b  -\nlong.c  [\"x\"]\n"
        );
        assert_eq!(as_json(&Shown::Done("made".to_owned())), "{}\n");
    }
}
