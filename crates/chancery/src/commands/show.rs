//! How answers are shown: tables for people, JSON and YAML for programs, names for other commands;
//! failures on standard error.

mod cell;
mod certificate;
mod pages;
mod table;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::{Value, json};
use zeroize::Zeroizing;

pub(crate) use cell::time;
pub(crate) use pages::Pages;

use crate::client::{Client, Failure, Unsent};
use crate::terminal::{plain, say, steers};
use cell::{Zone, at};
use table::Table;

/// A column of a table: its title and the field it shows, with dots between levels.
pub(crate) type Column = (&'static str, &'static str);

/// What a command shows.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Several things. The first column is what they are called.
    Rows {
        columns: &'static [Column],
        rows: Vec<Value>,
    },
    /// Several things, of which each page is shown when it is there.
    Pages {
        columns: &'static [Column],
        pages: Pages,
    },
    /// One thing with all its fields.
    Record(Value),
    /// One thing, of which some fields (with dots between levels) are shown this once: what they are,
    /// and where.
    Once {
        record: Value,
        secrets: &'static [Column],
    },
    /// All that a certificate holds.
    Described(Value),
    /// That it was done.
    Done(String),
    /// A text as it is: PEM.
    Text(String),
    /// What is no text.
    Bytes(Vec<u8>),
    /// A text for a program: nothing in it is anybody's name.
    Script(String),
    /// A secret that was asked for, and nothing else.
    Secret(Zeroizing<String>),
    /// Files that were written, and how a server is told of them.
    Written {
        files: Vec<String>,
        settings: Vec<String>,
        /// The command that people need after it.
        next: Option<String>,
    },
}

/// The form in which answers are shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// Times in UTC
    Json,
    /// The same as YAML
    Yaml,
    /// Names alone, one a line
    Name,
}

/// Prints to standard output, page by page where there are pages. A reader that goes away, such as `head`,
/// is no failure.
///
/// # Errors
/// [`Failure::Output`], and what asking for a further page meets.
pub(crate) async fn print(
    shown: Shown,
    client: Option<&Client>,
    format: Format,
) -> Result<(), Failure> {
    let mut out = Out::default();
    let list = match &shown {
        Shown::Rows { columns, .. } | Shown::Pages { columns, .. } => Some(*columns),
        _ => None,
    };
    if let (Shown::Bytes(bytes), Format::Table | Format::Name) = (&shown, format) {
        out.write(bytes);
        return out.end();
    }
    let Some(columns) = list else {
        out.write(&whole(&shown, format)?);
        return out.end();
    };
    let mut list = List::new(columns, format);
    match shown {
        Shown::Rows { rows, .. } => out.write(&list.page(&rows)?),
        Shown::Pages { mut pages, .. } => {
            let client = client.ok_or_else(|| Failure::Missing("there is no desk".into()))?;
            while let Some(rows) = pages.next(client).await? {
                out.write(&list.page(&rows)?);
                if out.is_done() {
                    return out.end();
                }
            }
        }
        _ => {}
    }
    out.write(list.end());
    out.end()
}

/// Standard output, until nobody reads it.
#[derive(Default)]
struct Out {
    failed: Option<std::io::Error>,
}

impl Out {
    fn write(&mut self, text: impl AsRef<[u8]>) {
        let mut out = std::io::stdout().lock();
        if self.failed.is_none() {
            self.failed = out
                .write_all(text.as_ref())
                .and_then(|()| out.flush())
                .err();
        }
    }

    fn is_done(&self) -> bool {
        self.failed.is_some()
    }

    fn end(self) -> Result<(), Failure> {
        match self.failed {
            Some(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::Output(error.to_string()))
            }
            _ => Ok(()),
        }
    }
}

/// Says on standard error what went wrong, or on standard output what was not sent.
pub(crate) fn complain(failure: &Failure, format: Format) -> ExitCode {
    if let Failure::NotSent(unsent) = failure {
        let mut out = Out::default();
        out.write(request(unsent, format));
        return match out.end() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => complain(&failure, format),
        };
    }
    say(&failure.to_string());
    ExitCode::from(failure.exit_status())
}

/// A request as it would be sent.
fn request(unsent: &Unsent, format: Format) -> String {
    let Unsent { method, url, body } = unsent;
    match format {
        Format::Table | Format::Name if body.is_null() => format!("{method} {url}\n"),
        Format::Table | Format::Name => format!("{method} {url}\n\n{}\n", json_text(body)),
        Format::Json => {
            let request = json!({ "method": method, "url": url, "body": body });
            json_text(&request) + "\n"
        }
        Format::Yaml => yaml(&json!({ "method": method, "url": url, "body": body })),
    }
}

/// What is no list, in one text.
fn whole(shown: &Shown, format: Format) -> Result<String, Failure> {
    let value = match shown {
        Shown::Record(value) | Shown::Described(value) | Shown::Once { record: value, .. } => {
            value.clone()
        }
        Shown::Text(text) => json!({ "pem": text }),
        Shown::Script(text) => json!({ "text": text }),
        Shown::Bytes(bytes) => json!({ "hex": hex::encode(bytes) }),
        Shown::Secret(secret) => json!({ "token": secret.as_str() }),
        Shown::Written {
            files,
            settings,
            next,
        } => json!({ "files": files, "settings": settings, "next": next }),
        Shown::Done(_) | Shown::Rows { .. } | Shown::Pages { .. } => json!({}),
    };
    Ok(match format {
        Format::Json => json_text(&value) + "\n",
        Format::Yaml => yaml(&value),
        Format::Name => names(shown),
        Format::Table => text(shown),
    })
}

/// What a thing is called, or the files that were written; a text as it is.
fn names(shown: &Shown) -> String {
    match shown {
        Shown::Record(value) | Shown::Described(value) | Shown::Once { record: value, .. } => {
            let called = ["name", "access", "id"].iter().map(|field| &value[field]);
            let called = called.filter_map(Value::as_str).next();
            format!("{}\n", plain(called.unwrap_or_default()))
        }
        Shown::Written { files, .. } => files.iter().map(|file| plain(file) + "\n").collect(),
        other => text(other),
    }
}

/// The field of a record that is the command people need after it.
const NEXT: &[Column] = &[("Next", "next")];

/// The command that people need next, apart from what was done.
fn after(next: &str) -> String {
    format!("\nNext:\n  {}\n", plain(next))
}

fn text(shown: &Shown) -> String {
    match shown {
        Shown::Record(value) => {
            let text = table::record(value, NEXT, Zone::local());
            let next = value["next"].as_str().map(str::to_owned);
            text + &next.map(|next| after(&next)).unwrap_or_default()
        }
        Shown::Described(value) => certificate::sheet(value, &Zone::local()),
        Shown::Once { record, secrets } => {
            let mut text = table::record(record, secrets, Zone::local());
            text.push('\n');
            for (what, field) in *secrets {
                let secret = at(record, field).as_str().unwrap_or_default();
                if !secret.is_empty() {
                    text += &format!("{what} (shown this once): {}\n", plain(secret));
                }
            }
            text
        }
        Shown::Done(text) => format!("{}\n", plain(text)),
        Shown::Script(text) => text.clone(),
        Shown::Bytes(bytes) => hex::encode(bytes) + "\n",
        Shown::Secret(secret) => format!("{}\n", plain(secret)),
        Shown::Text(text) => text.lines().map(|line| plain(line) + "\n").collect(),
        Shown::Written {
            files,
            settings,
            next,
        } => {
            let mut lines: Vec<String> = files.iter().map(|file| plain(file)).collect();
            if !settings.is_empty() {
                lines.push(String::new());
            }
            lines.extend(settings.iter().map(|line| plain(line)));
            let next = next.as_deref().map(after).unwrap_or_default();
            lines.join("\n") + "\n" + &next
        }
        Shown::Rows { .. } | Shown::Pages { .. } => String::new(),
    }
}

/// A list, of which the pages come one after the other.
struct List {
    columns: &'static [Column],
    format: Format,
    table: Option<Table>,
    any: bool,
}

impl List {
    fn new(columns: &'static [Column], format: Format) -> Self {
        Self {
            columns,
            format,
            table: None,
            any: false,
        }
    }

    fn page(&mut self, rows: &[Value]) -> Result<String, Failure> {
        match self.format {
            Format::Table => {
                let table = self.table.get_or_insert_with(|| {
                    Table::new(self.columns, rows, terminal_width(), Zone::local())
                });
                Ok(table.lines(rows))
            }
            Format::Json => {
                let mut text = String::new();
                for row in rows {
                    text += if self.any { ",\n" } else { "[\n" };
                    text += &indented(&json_text(row));
                    self.any = true;
                }
                Ok(text)
            }
            Format::Yaml => {
                self.any |= !rows.is_empty();
                let items = rows.iter().map(|row| yaml(&json!([row])));
                Ok(items.collect())
            }
            Format::Name => {
                let field = self.columns.first().map_or("name", |(_, field)| field);
                let names = rows.iter().filter_map(|row| at(row, field).as_str());
                Ok(names.map(|name| plain(name) + "\n").collect())
            }
        }
    }

    fn end(&mut self) -> String {
        match (self.format, self.any) {
            (Format::Json, true) => "\n]\n".to_owned(),
            (Format::Json | Format::Yaml, false) => "[]\n".to_owned(),
            // A table without rows has its titles all the same.
            (Format::Table, _) if self.table.is_none() => self.page(&[]).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

/// JSON, in which what steers a terminal is escaped; it stands in texts alone.
fn json_text(value: &Value) -> String {
    let mut text = String::new();
    for c in format!("{value:#}").chars() {
        match steers(c) && c != '\n' {
            false => text.push(c),
            true => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    text += &format!("\\u{unit:04x}");
                }
            }
        }
    }
    text
}

/// YAML; where a text steers a terminal in the form of JSON, which is YAML and can escape it.
fn yaml(value: &Value) -> String {
    let text = serde_saphyr::to_string(value).unwrap_or_default();
    let is_safe = !text.is_empty() && !text.chars().any(|c| steers(c) && c != '\n');
    match (is_safe, value) {
        (true, _) => text,
        (false, Value::Array(list)) => {
            let items = list.iter().map(|one| format!("- {}\n", json_text(one)));
            items.collect()
        }
        (false, one) => json_text(one) + "\n",
    }
}

/// How many columns the terminal has; none where there is no terminal.
fn terminal_width() -> Option<usize> {
    let out = std::io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&out).ok();
    let columns = size.map(|size| usize::from(size.ws_col));
    columns.filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn list(format: Format, pages: &[&[Value]]) -> String {
        const COLUMNS: &[Column] = &[("NAME", "name"), ("ID", "id")];
        let mut list = List::new(COLUMNS, format);
        let pages: Vec<_> = pages.iter().map(|rows| list.page(rows).unwrap()).collect();
        pages.concat() + &list.end()
    }

    #[test]
    fn lists_are_whole_in_every_form_however_they_come() {
        let rows = [
            json!({ "id": "1", "name": "团队: \"a\"\n" }),
            json!({ "id": "2", "name": "b", "on": true, "more": [1, { "x": null }] }),
        ];
        for pages in [&[&rows[..]][..], &[&rows[..1], &[], &rows[1..]]] {
            let parsed: Value = serde_json::from_str(&list(Format::Json, pages)).unwrap();
            assert_eq!(parsed, Value::from(rows.to_vec()));
            assert_eq!(
                list(Format::Yaml, pages),
                "- id: \"1\"\n  name: |\n    团队: \"a\"\n- id: \"2\"\n  more:\n  - 1\n  - x: null\n  name: b\n  \"on\": true\n"
            );
            assert_eq!(list(Format::Name, pages), "团队: \"a\"\\n\nb\n");
        }
        assert_eq!(list(Format::Json, &[&[]]), "[]\n");
        assert_eq!(list(Format::Yaml, &[]), "[]\n");
        assert_eq!(list(Format::Name, &[]), "");
        assert_eq!(list(Format::Table, &[]), "NAME  ID\n");
    }

    #[test]
    fn programs_get_names_as_they_are_and_terminals_nothing_that_steers_them() {
        let rows = [json!({ "name": "a\u{1b}[2J\u{9b}\u{202e}\u{e0041}b" })];
        for format in [Format::Json, Format::Yaml] {
            let text = list(format, &[&rows]);
            assert!(!text.chars().any(|c| steers(c) && c != '\n'), "{text}");
            let json = text.trim().trim_start_matches("- ");
            let parsed: Value = serde_json::from_str(json).unwrap();
            let first = if parsed.is_array() {
                &parsed[0]
            } else {
                &parsed
            };
            assert_eq!(*first, rows[0]);
        }
    }

    #[test]
    fn secrets_stand_apart_and_last() {
        let shown = Shown::Once {
            record: json!({ "name": "alice", "id": "1", "key": { "secret": "S" } }),
            secrets: &[("Secret", "key.secret"), ("Password", "password")],
        };
        let said = whole(&shown, Format::Table).unwrap();
        assert_eq!(
            said,
            "name  alice\nid    1\n\nSecret (shown this once): S\n"
        );
        let json: Value = serde_json::from_str(&whole(&shown, Format::Json).unwrap()).unwrap();
        assert_eq!(json["key"]["secret"], "S");
        assert_eq!(whole(&shown, Format::Name).unwrap(), "alice\n");
        assert_eq!(
            whole(&Shown::Done("made".into()), Format::Json).unwrap(),
            "{}\n"
        );
    }
}
