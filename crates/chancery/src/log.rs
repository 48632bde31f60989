//! The log of the server, on standard error.

use std::io::IsTerminal;

use anyhow::{Result, bail};
use clap::ValueEnum;
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
        Format::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        Format::Json => log.json().init(),
    }
    Ok(())
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
