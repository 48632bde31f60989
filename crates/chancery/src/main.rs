//! The chancery server and command line.
#![forbid(unsafe_code)]

mod cli;
mod client;
mod client_env;
mod commands;
mod config;
mod data;
mod demo;
mod listener;
mod serve;
mod tls;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, ServeArgs};
use crate::config::Config;

/// Memory is wiped when it is freed: buffers of requests and answers hold keys and passwords.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let command = match Cli::parse().command {
        // Nothing is logged there: what is asked for goes to standard output.
        Command::Client(command) => return commands::run(command),
        Command::Serve(args) => Server::Plain(args),
        Command::Demo(args) => Server::Demo(args),
    };
    let filter = EnvFilter::try_from_env("CHANCERY_SERVER_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The commands that serve.
enum Server {
    Plain(ServeArgs),
    Demo(ServeArgs),
}

fn run(server: Server) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match server {
        Server::Plain(args) => runtime.block_on(serve::serve(
            Config::load(args, "chancery-data")?,
            serve::Mode::Plain,
        )),
        Server::Demo(args) => runtime.block_on(serve::serve(
            Config::load(args, "chancery-demo")?,
            serve::Mode::Demo,
        )),
    }
}
