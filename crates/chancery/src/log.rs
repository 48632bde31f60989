//! The log of the server, on standard error.

use std::ffi::OsStr;
use std::io::IsTerminal;

use anyhow::{Result, bail};
use chancery_core::{Clock, SystemClock};
use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// What the log is to hold.
const VARIABLE: &str = "CHANCERY_SERVER_LOG";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log, as `CHANCERY_SERVER_LOG` has it.
///
/// # Errors
/// For a value that would hide everything without having said so.
pub(crate) fn start(format: Option<Format>) -> Result<()> {
    let wanted = match std::env::var(VARIABLE) {
        Ok(text) => filter(&text)?,
        Err(std::env::VarError::NotPresent) => filter("info")?,
        Err(error) => bail!("{VARIABLE}: {error}"),
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(wanted)
        .with_writer(std::io::stderr);
    match format.unwrap_or_default() {
        Format::Text => {
            let asked = std::env::var_os("NO_COLOR");
            let terminal = std::io::stderr().is_terminal();
            log.with_ansi(has_colours(terminal, asked.as_deref()))
                .init();
        }
        Format::Json => log.json().init(),
    }
    Ok(())
}

/// Whether there are colours: on a terminal, unless `NO_COLOR` is there and not empty
/// (<https://no-color.org>).
fn has_colours(terminal: bool, no_color: Option<&OsStr>) -> bool {
    terminal && no_color.is_none_or(OsStr::is_empty)
}

/// What ends the server is said whatever the log is to hold, in the form that its lines have.
#[allow(clippy::print_stderr)]
pub(crate) fn last_words(format: Option<Format>, error: &anyhow::Error) {
    let text = format!("{error:#}");
    match format.unwrap_or_default() {
        Format::Text => eprintln!("error: {text}"),
        Format::Json => match serde_json::to_string(&Line::of(&text)) {
            Ok(line) => eprintln!("{line}"),
            Err(_) => eprintln!("error: {text}"),
        },
    }
}

/// A line as the log itself writes it.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    fields: Message<'a>,
    target: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

impl<'a> Line<'a> {
    fn of(message: &'a str) -> Self {
        let now = Timestamp::from_millisecond(SystemClock.now_ms()).unwrap_or(Timestamp::MAX);
        Self {
            timestamp: format!("{now:.6}"),
            level: "ERROR",
            fields: Message { message },
            target: "chancery",
        }
    }
}

/// `LEVEL`, or `TARGET=LEVEL`, with commas between. A word alone that is no level would be taken for
/// the name of a part of the program, and hide all others.
fn filter(text: &str) -> Result<EnvFilter> {
    let directives: Vec<&str> = text.split(',').map(str::trim).collect();
    for directive in &directives {
        let level = directive
            .rsplit_once('=')
            .map_or(*directive, |(_, level)| level);
        if !LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
            bail!(
                "{VARIABLE}: {directive:?} must be a level ({}) or TARGET=LEVEL",
                LEVELS.join(", ")
            );
        }
    }
    Ok(EnvFilter::try_new(directives.join(","))?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn colours_are_for_terminals_where_nobody_minds() {
        let given = |text| Some(OsStr::new(text));
        assert!(has_colours(true, None));
        // Empty is as good as not there.
        assert!(has_colours(true, given("")));
        for text in ["1", "0", "false", " "] {
            assert!(!has_colours(true, given(text)), "{text:?}");
        }
        for no_color in [None, given(""), given("1")] {
            assert!(!has_colours(false, no_color));
        }
    }

    #[test]
    fn levels_are_checked() {
        for good in [
            "info",
            "DEBUG",
            "off",
            "warn,chancery::request=info",
            " info , a=off",
        ] {
            filter(good).unwrap();
        }
        for bad in [
            "",
            "json",
            "nonsense",
            "info,",
            "info,json",
            "a=loud",
            "chancery",
        ] {
            let said = filter(bad).unwrap_err().to_string();
            assert!(said.contains("must be a level"), "{bad}: {said}");
        }
    }
}
