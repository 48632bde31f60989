//! The command line.

mod examples;
mod help;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{ClientCommand, Common};

/// A self-hosted certificate desk over the Huawei Cloud certificate APIs.
#[derive(Debug, Parser)]
#[command(name = "chancery", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

impl Cli {
    /// The command line of this process; what cannot be one ends it, with status 2.
    pub(crate) fn read() -> Self {
        let mut command = command();
        let matches = command.get_matches_mut();
        let cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let is_client = matches!(cli.command, Command::Client(_));
        let below = matches.subcommand().and_then(|(_, below)| given_to(below));
        let given = cli.common.given().map(str::to_owned).or(below);
        if let Some(option) = given.filter(|_| !is_client) {
            let why = format!("{option} is an option of client commands");
            command.error(ErrorKind::ArgumentConflict, why).exit();
        }
        cli
    }
}

/// The commands, as they are read, completed and described.
pub(crate) fn command() -> clap::Command {
    let command = refined(Cli::command(), "").override_help(help::TEXT);
    // A server has none of the options that stand anywhere on the line of a client command, and says so.
    ["serve", "demo", "backup"]
        .into_iter()
        .fold(command, |command, server| {
            command.mut_subcommand(server, |server| {
                let hidden = common().map(|argument| argument.global(false).hide(true));
                server.args(hidden)
            })
        })
}

/// The options of all client commands.
fn common() -> impl Iterator<Item = clap::Arg> {
    let common = Common::augment_args(clap::Command::new("common"));
    let arguments: Vec<_> = common.get_arguments().cloned().collect();
    arguments.into_iter()
}

/// The first of them on the line of a server.
fn given_to(server: &ArgMatches) -> Option<String> {
    let given = |id: &str| {
        let known = server.try_contains_id(id).unwrap_or(false);
        known && server.value_source(id) == Some(ValueSource::CommandLine)
    };
    let found = common().find(|argument| given(argument.get_id().as_str()))?;
    Some(format!("--{}", found.get_long()?))
}

/// What all commands have alike: -1 is a number that is too small, and no option that nobody knows; what a
/// command is about goes by the same names everywhere.
fn refined(command: clap::Command, path: &str) -> clap::Command {
    let names: Vec<_> = command
        .get_subcommands()
        .map(|below| below.get_name().to_owned())
        .collect();
    let command = command.mut_args(|argument| {
        let argument = match argument.get_action().takes_values() {
            true => argument.allow_negative_numbers(true),
            false => argument,
        };
        match argument.is_positional() && argument.get_help().is_none() {
            true => argument.help("Its id or name, or how one of them begins"),
            false => argument,
        }
    });
    let examples = examples::EXAMPLES.iter().filter(|(of, _)| *of == path);
    let examples: String = examples.map(|(_, line)| format!("\n  {line}")).collect();
    let command = match examples.is_empty() {
        true => command,
        false => command.after_help(format!("Examples:{examples}")),
    };
    names.into_iter().fold(command, |command, name| {
        let path = match path {
            "" => name.clone(),
            path => format!("{path} {name}"),
        };
        command.mut_subcommand(name, |below| refined(below, &path))
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API; an empty data folder is set up first
    Serve(ServeArgs),
    /// Serve with sample resources of five services, and print how to log in and to fetch each
    Demo(DemoArgs),
    /// Write a backup of the database in the data folder, also while a server uses it; a PostgreSQL
    /// database is backed up with pg_dump
    Backup(BackupArgs),
    #[command(flatten)]
    Client(ClientCommand),
}

/// What a demo takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct DemoArgs {
    /// Show again what the demo of this folder printed, and serve nothing
    #[arg(long)]
    pub(crate) print: bool,

    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

/// What a backup takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct BackupArgs {
    /// The file to write, which must not be there yet
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Folder with the database [default: chancery-data]
    #[arg(long, env = "CHANCERY_SERVER_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// What the server takes. Flags win over the environment, the environment over `chancery.toml`,
/// the file over defaults.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ServeArgs {
    /// Folder for the database, the objects, the master key and client.env [default: chancery-data;
    /// demo: chancery-demo]
    #[arg(long, env = "CHANCERY_SERVER_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Configuration file [default: chancery.toml in the data folder, if there is one]
    #[arg(long, env = "CHANCERY_SERVER_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// IP address and port of the HTTPS listener; port 0 picks a free one [default: 127.0.0.1:8443]
    #[arg(long, env = "CHANCERY_SERVER_LISTEN", value_name = "ADDR:PORT", value_parser = crate::config::address)]
    pub(crate) listen: Option<SocketAddr>,

    /// Address of a plain HTTP listener, only on loopback [default: none]
    #[arg(long, env = "CHANCERY_SERVER_LISTEN_HTTP", value_name = "ADDR:PORT", value_parser = crate::config::address)]
    pub(crate) listen_http: Option<SocketAddr>,

    /// Address of a plain HTTP listener for revocation lists, OCSP and issuers' certificates, which
    /// anyone may fetch [default: none]
    #[arg(long, env = "CHANCERY_SERVER_LISTEN_PKI", value_name = "ADDR:PORT", value_parser = crate::config::address)]
    pub(crate) listen_pki: Option<SocketAddr>,

    /// Base URL of --listen-pki as clients reach it, for certificates to name; without it they name
    /// none [default: none]
    #[arg(long, env = "CHANCERY_SERVER_PKI_URL", value_name = "URL")]
    pub(crate) pki_url: Option<String>,

    /// Base URL that links and client.env name [default: from --listen]
    #[arg(long, env = "CHANCERY_SERVER_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,

    /// Certificate chain of the HTTPS listener, PEM [default: one the server issues]
    #[arg(
        long,
        env = "CHANCERY_SERVER_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of --tls-cert, PEM
    #[arg(
        long,
        env = "CHANCERY_SERVER_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    pub(crate) tls_key: Option<PathBuf>,

    /// postgres://… for PostgreSQL [default: SQLite in the data folder]
    #[arg(
        long,
        env = "CHANCERY_SERVER_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,

    /// Start with a database that was copied while it was in use, without its write-ahead log: what was
    /// done last is missing in it
    #[arg(long)]
    pub(crate) accept_incomplete: bool,

    /// How the log on standard error is written; CHANCERY_SERVER_LOG says what it holds: a level, or
    /// TARGET=LEVEL, with commas between [default: text]
    #[arg(long, env = "CHANCERY_SERVER_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<crate::log::Format>,

    /// Regions, the default one first [default: cn-north-4]
    #[arg(
        long,
        env = "CHANCERY_SERVER_REGIONS",
        value_name = "REGION",
        value_delimiter = ','
    )]
    pub(crate) regions: Option<Vec<String>>,

    /// Categories of certificates that MongoDB instances (DDS) have: international, or
    /// international,national for SM2 beside it [default: international]
    #[arg(
        long,
        env = "CHANCERY_SERVER_DDS_CATEGORIES",
        value_name = "CATEGORY",
        value_delimiter = ','
    )]
    pub(crate) dds_categories: Option<Vec<String>>,

    /// Projects whose migration tasks (SMS) get SM2 certificates in place of RSA: a task's
    /// project_id, or one of --regions for every project with that region_id [default: none]
    #[arg(
        long,
        env = "CHANCERY_SERVER_SMS_SM2_PROJECTS",
        value_name = "PROJECT",
        value_delimiter = ','
    )]
    pub(crate) sms_sm2_projects: Option<Vec<String>>,

    /// PBKDF2 iterations of exported keys that get a password [default: 100000]
    #[arg(long, env = "CHANCERY_SERVER_EXPORT_ITERATIONS", value_name = "N")]
    pub(crate) export_iterations: Option<u32>,

    /// Requests a second that one client address may make, four times as many at once; 0 is no
    /// limit [default: 500]
    #[arg(long, env = "CHANCERY_SERVER_REQUESTS_PER_ADDRESS", value_name = "N")]
    pub(crate) requests_per_address: Option<u32>,

    /// The same for one user, whichever credentials they use; 0 is no limit [default: 500]
    #[arg(long, env = "CHANCERY_SERVER_REQUESTS_PER_USER", value_name = "N")]
    pub(crate) requests_per_user: Option<u32>,

    /// Wrong passwords or signatures in a row that an address has for one name before it must wait,
    /// ten times as many for all names together; 0 is no limit [default: 5]
    #[arg(long, env = "CHANCERY_SERVER_WRONG_TRIES", value_name = "N")]
    pub(crate) wrong_tries: Option<u32>,

    /// Connections of one client address at a time; 0 is no limit [default: 128]
    #[arg(
        long,
        env = "CHANCERY_SERVER_CONNECTIONS_PER_ADDRESS",
        value_name = "N"
    )]
    pub(crate) connections_per_address: Option<usize>,

    /// How long calls that are under way may take when the server stops; less than what stops it waits
    /// before it kills (Docker 10 s, Kubernetes 30 s) [default: 8]
    #[arg(long, env = "CHANCERY_SERVER_DRAIN_SECONDS", value_name = "SECONDS")]
    pub(crate) drain_seconds: Option<u32>,

    /// Proxies in front of the server, as addresses or ADDRESS/BITS: these, and only these, are
    /// believed when they name a client in X-Forwarded-For [default: none]
    #[arg(
        long,
        env = "CHANCERY_SERVER_TRUSTED_PROXIES",
        value_name = "NETWORK",
        value_delimiter = ','
    )]
    pub(crate) trusted_proxies: Option<Vec<String>>,
}

/// Of these variables of the environment, those that look like the server's and are not: a setting that
/// somebody believes in.
pub(crate) fn unknown_variables(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let command = Cli::command();
    let known: Vec<OsString> = command
        .get_subcommands()
        .flat_map(|command| command.get_arguments())
        .filter_map(|argument| argument.get_env().map(OsString::from))
        .chain(["CHANCERY_SERVER_LOG".into()])
        .collect();
    let mut unknown: Vec<String> = names
        .filter(|name| !known.contains(name))
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name.starts_with("CHANCERY_SERVER_"))
        .collect();
    unknown.sort();
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_command_and_fits_a_screen() {
        let command = command();
        let mut words: Vec<&str> = help::TEXT.split([' ', '\n', ',']).collect();
        words.sort_unstable();
        for below in command.get_subcommands() {
            let name = below.get_name();
            assert!(words.binary_search(&name).is_ok(), "the help has no {name}");
        }
        assert!(help::TEXT.lines().count() <= 40);
        assert!(help::TEXT.lines().all(|line| line.len() <= 80));
    }

    #[test]
    fn every_command_has_an_example() {
        fn leaves(command: &clap::Command, path: &str, found: &mut Vec<String>) {
            let below = command
                .get_subcommands()
                .filter(|one| one.get_name() != "help");
            let mut is_leaf = true;
            for one in below {
                is_leaf = false;
                leaves(one, format!("{path} {}", one.get_name()).trim(), found);
            }
            if is_leaf {
                found.push(path.to_owned());
            }
        }
        let mut found = Vec::new();
        leaves(&command(), "", &mut found);
        for leaf in &found {
            let has_one = examples::EXAMPLES.iter().any(|(of, _)| of == leaf);
            assert!(has_one, "{leaf} has no example");
        }
        for (of, _) in examples::EXAMPLES {
            assert!(
                found.iter().any(|leaf| leaf == of),
                "there is no command {of}"
            );
        }
    }

    #[test]
    fn a_number_below_zero_is_one() {
        let line = ["chancery", "ca", "delete", "x", "--days", "-1"];
        let refused = command().try_get_matches_from(line).err();
        let said = refused.map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("-1 is not in 7..=30"), "{said}");
    }

    #[test]
    fn options_of_client_commands_stand_anywhere() {
        for line in [
            ["chancery", "--json", "ca", "list"],
            ["chancery", "ca", "--json", "list"],
            ["chancery", "ca", "list", "--json"],
        ] {
            let matches = command().try_get_matches_from(line);
            let cli = matches
                .ok()
                .and_then(|found| Cli::from_arg_matches(&found).ok());
            assert_eq!(cli.and_then(|cli| cli.common.given()), Some("--json"));
        }
        let mut command = command();
        let serve = command.find_subcommand_mut("serve");
        let help = serve.map(|serve| serve.render_long_help().to_string());
        assert!(help.is_some_and(|help| !help.contains("--json")));
        let line = ["chancery", "serve", "--context", "a"];
        let matches = command.try_get_matches_from(line).ok();
        let given = matches.and_then(|found| given_to(found.subcommand()?.1));
        assert_eq!(given.as_deref(), Some("--context"));
    }

    #[test]
    fn variables_of_no_option_are_found() {
        let names = [
            "CHANCERY_SERVER_DATA",
            "CHANCERY_SERVER_LOG",
            "CHANCERY_SERVER_LOG_FORMAT",
            "CHANCERY_SERVER_LISTN",
            "CHANCERY_SERVER_",
            "CHANCERY_DOMAIN",
            "PATH",
        ];
        let found = unknown_variables(names.into_iter().map(OsString::from));
        assert_eq!(found, ["CHANCERY_SERVER_", "CHANCERY_SERVER_LISTN"]);
    }
}
