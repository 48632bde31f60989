//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::commands::ClientCommand;

/// A self-hosted certificate desk over the Huawei Cloud certificate APIs.
#[derive(Debug, Parser)]
#[command(name = "chancery", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
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

    /// The same for one user, whichever credentials she uses; 0 is no limit [default: 500]
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
