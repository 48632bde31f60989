//! Tables and records, aligned.

use std::fmt::Write as _;

use serde_json::Value;

use super::Column;
use super::cell::{Zone, at, cell, cut, width};

/// Between two columns.
const GAP: usize = 2;
/// What a column that has to be narrower has at least.
const NARROWEST: usize = 8;

/// A table, whose columns are as wide as its first rows need and the terminal has room for. Without a
/// terminal nothing is cut.
pub(super) struct Table {
    columns: &'static [Column],
    widths: Vec<usize>,
    cuts: bool,
    has_titles: bool,
    zone: Zone,
}

impl Table {
    pub(super) fn new(
        columns: &'static [Column],
        first: &[Value],
        terminal: Option<usize>,
        zone: Zone,
    ) -> Self {
        let mut widths: Vec<usize> = columns.iter().map(|(title, _)| width(title)).collect();
        for row in first {
            for ((_, field), widest) in columns.iter().zip(&mut widths) {
                *widest = (*widest).max(width(&cell(field, at(row, field), &zone)));
            }
        }
        if let Some(room) = terminal {
            narrow(&mut widths, columns, room);
        }
        Self {
            columns,
            widths,
            cuts: terminal.is_some(),
            has_titles: false,
            zone,
        }
    }

    /// The lines of these rows, before the first ones the titles.
    pub(super) fn lines(&mut self, rows: &[Value]) -> String {
        let mut text = String::new();
        if !self.has_titles {
            self.has_titles = true;
            let titles = self.columns.iter().map(|(title, _)| (*title).to_owned());
            self.line(&mut text, titles);
        }
        for row in rows {
            let cells = self.columns.iter();
            let cells = cells.map(|(_, field)| cell(field, at(row, field), &self.zone));
            self.line(&mut text, cells);
        }
        text
    }

    fn line(&self, text: &mut String, cells: impl Iterator<Item = String>) {
        let last = self.widths.len().saturating_sub(1);
        for (at, (cell, most)) in cells.zip(&self.widths).enumerate() {
            let cell = if self.cuts { cut(&cell, *most) } else { cell };
            let gap = match at == last {
                true => 0,
                false => most.saturating_sub(width(&cell)) + GAP,
            };
            // Writing to a string does not fail.
            let _ = write!(text, "{cell}{:gap$}", "");
        }
        text.push('\n');
    }
}

/// Takes from the widest columns until all fit. An id stays whole, since it is what the next command
/// takes.
fn narrow(widths: &mut [usize], columns: &[Column], room: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    let is_id = |at: usize| matches!(columns[at].1, "id" | "access");
    while widths.iter().sum::<usize>() + gaps > room {
        let widest = (0..widths.len())
            .filter(|at| !is_id(*at) && widths[*at] > NARROWEST)
            .max_by_key(|at| widths[*at]);
        match widest {
            Some(at) => widths[at] -= 1,
            None => return,
        }
    }
}

/// One line per field, what it is called first and ids last; without these fields. Objects are taken
/// apart.
pub(super) fn record(value: &Value, without: &[Column], zone: Zone) -> String {
    let mut lines = Vec::new();
    fields("", value, &mut lines, &zone);
    lines.retain(|(field, _)| !without.iter().any(|(_, left_out)| left_out == field));
    lines.sort_by_key(|(field, _)| place(field));
    let titles: Vec<_> = lines
        .iter()
        .map(|(field, _)| field.replace(['_', '.'], " "))
        .collect();
    let widest = titles.iter().map(|title| width(title)).max().unwrap_or(0);
    let mut text = String::new();
    for (title, (_, cell)) in titles.iter().zip(&lines) {
        let gap = widest - width(title) + GAP;
        let _ = writeln!(text, "{title}{:gap$}{cell}", "");
    }
    text
}

/// Where a field stands; those of one place are in the order of their names.
fn place(field: &str) -> usize {
    const FIRST: [&str; 10] = [
        "name",
        "display_name",
        "access",
        "type",
        "status",
        "enabled",
        "key_algorithm",
        "issuer",
        "not_before",
        "not_after",
    ];
    let known = FIRST.iter().position(|name| *name == field);
    let is_id = field == "id" || field.ends_with("_id");
    known.unwrap_or(FIRST.len() + usize::from(is_id) + usize::from(field == "id"))
}

fn fields(prefix: &str, value: &Value, lines: &mut Vec<(String, String)>, zone: &Zone) {
    let Some(object) = value.as_object() else {
        lines.push((prefix.to_owned(), cell(prefix, value, zone)));
        return;
    };
    for (name, value) in object {
        let name = match prefix {
            "" => name.clone(),
            prefix => format!("{prefix}.{name}"),
        };
        match value {
            Value::Object(inner) if !inner.is_empty() => fields(&name, value, lines, zone),
            _ => lines.push((name.clone(), cell(&name, value, zone))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const COLUMNS: &[Column] = &[
        ("NAME", "name"),
        ("CITY", "at.city"),
        ("ON", "on"),
        ("ID", "id"),
    ];

    fn utc() -> Zone {
        Zone::named("UTC")
    }

    #[test]
    fn tables_are_aligned() {
        let rows = [
            json!({ "id": "1", "name": "团队", "at": { "city": "x" }, "on": true }),
            json!({ "id": "1000", "name": "a\u{1b}[2Jb\n", "on": false }),
            json!({ "id": 7, "name": "" }),
        ];
        let mut table = Table::new(COLUMNS, &rows, None, utc());
        assert_eq!(
            table.lines(&rows),
            "NAME           CITY  ON   ID\n\
             团队           x     yes  1\n\
             a\\u{1b}[2Jb\\n  -     no   1000\n\
             -              -     -    7\n"
        );
        // A later page has no titles, and its long names are whole.
        let later = [json!({ "id": "2", "name": "a name of more letters" })];
        assert_eq!(
            table.lines(&later),
            "a name of more letters  -     -    2\n"
        );
    }

    #[test]
    fn tables_fit_the_terminal() {
        let long = "a-very-long-name.".repeat(5);
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        let rows = [json!({ "id": id, "name": long, "at": { "city": "somewhere else" } })];
        let mut table = Table::new(COLUMNS, &rows, Some(70), utc());
        let text = table.lines(&rows);
        for line in text.lines() {
            assert!(width(line) <= 70, "{line}");
        }
        assert!(text.ends_with(&format!("{id}\n")), "{text}");
        assert!(text.contains("a-very-long") && text.contains('…'), "{text}");
        // Where there is no room for anything, ids are whole and the rest is short.
        let mut table = Table::new(COLUMNS, &rows, Some(10), utc());
        assert!(table.lines(&rows).contains(id));
    }

    #[test]
    fn records_show_every_field() {
        let value = json!({ "a": 1, "id": "x", "owner_id": "o", "name": "n",
            "long": { "b": null, "c": ["x", "y"] }, "d": {}, "secret": "s" });
        assert_eq!(
            record(&value, &[("Secret", "secret")], utc()),
            "name      n\na         1\nd         {}\nlong b    -\nlong c    x, y\nowner id  o\nid        x\n"
        );
    }
}
