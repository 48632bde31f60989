//! `chancery completions` and `chancery man`: made from the commands themselves.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use super::files;
use super::show::Shown;
use crate::cli;
use crate::client::Failure;

/// A shell.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// Load it in the shell: for bash, source <(chancery completions bash)
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Where manual pages go.
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// A folder for a page of each command, such as /usr/local/share/man/man1 [default: the page of
    /// chancery itself, to standard output]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// What the pages of all commands end with.
const EXIT_STATUS: &str = ".SH \"EXIT STATUS\"\n\
    .TP\n0\nIt was done, or with \\-\\-dry\\-run would have been asked for.\n\
    .TP\n1\nThe desk refused or did not answer, or a server stopped with an error.\n\
    .TP\n2\nThe command line, a file or the environment is not right; nothing was sent.\n";

impl CompletionsArgs {
    pub(super) fn run(&self) -> Shown {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut cli::command(), "chancery", &mut text);
        Shown::Script(String::from_utf8_lossy(&text).into_owned())
    }
}

impl ManArgs {
    pub(super) fn run(&self) -> Result<Shown, Failure> {
        let mut root = cli::command();
        // What may stand anywhere on a line is then among the options of every command.
        root.build();
        let Some(folder) = &self.folder else {
            return Ok(Shown::Script(page(&root, "chancery")?));
        };
        files::make_folder(folder)?;
        let mut written = Vec::new();
        each(&root, "chancery", &mut |command, name| {
            let file = folder.join(format!("{}.1", name.replace(' ', "-")));
            let whole = page(command, name)?;
            files::replace(&file, &whole)?;
            written.push(file.display().to_string());
            Ok(())
        })?;
        Ok(Shown::Written {
            files: written,
            settings: Vec::new(),
            next: None,
        })
    }
}

/// Does something with a command and all below it, each with its whole name.
fn each(
    command: &Command,
    name: &str,
    work: &mut dyn FnMut(&Command, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    work(command, name)?;
    for below in command.get_subcommands() {
        if below.get_name() != "help" {
            each(below, &format!("{name} {}", below.get_name()), work)?;
        }
    }
    Ok(())
}

/// The manual page of a command.
fn page(command: &Command, name: &str) -> Result<String, Failure> {
    let dashed: &'static str = name.replace(' ', "-").leak();
    let whole: &'static str = name.to_owned().leak();
    let command = command
        .clone()
        .name(dashed)
        .bin_name(whole)
        .display_name(dashed);
    let mut text = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut text);
    rendered.map_err(|error| Failure::Output(error.to_string()))?;
    let text = String::from_utf8_lossy(&text);
    // The library has no section for examples, which stand behind the options.
    let text = text.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n");
    Ok(text + EXIT_STATUS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_command_and_option_has_a_text() {
        let mut seen = 0;
        each(&cli::command(), "chancery", &mut |command, name| {
            assert!(
                command.get_about().is_some(),
                "{name} says nothing of itself"
            );
            for argument in command.get_arguments() {
                let id = argument.get_id();
                let text = argument.get_help().or(argument.get_long_help());
                assert!(text.is_some(), "{name}: {id} has no text");
                seen += 1;
            }
            Ok(())
        })
        .unwrap();
        assert!(seen > 100, "{seen}");
    }
}
