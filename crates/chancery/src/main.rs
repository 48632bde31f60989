//! The chancery server and command line.
#![forbid(unsafe_code)]

mod cli;
mod client_env;
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

use crate::cli::{Cli, Command};
use crate::config::Config;

/// Memory is wiped when it is freed: buffers of requests and answers hold keys and passwords.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("CHANCERY_SERVER_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match cli.command {
        Command::Serve(args) => runtime.block_on(serve::serve(
            Config::load(args, "chancery-data")?,
            serve::Mode::Plain,
        )),
        Command::Demo(args) => runtime.block_on(serve::serve(
            Config::load(args, "chancery-demo")?,
            serve::Mode::Demo,
        )),
    }
}
