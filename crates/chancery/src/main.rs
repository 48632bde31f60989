//! The chancery server and command line.
#![forbid(unsafe_code)]

mod backup;
mod cli;
mod client;
mod client_env;
mod commands;
mod config;
mod cores;
mod data;
mod demo;
mod descriptors;
mod identity;
mod listener;
mod log;
mod serve;
mod signals;
mod terminal;
mod tls;

use std::process::ExitCode;

use anyhow::anyhow;

use crate::cli::{Cli, Command, ServeArgs};
use crate::config::Config;

/// Memory is wiped when it is freed: buffers of requests and answers hold keys and passwords.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    if let Err(error) = cores::forbid() {
        return fail(&anyhow!(
            "cannot forbid core dumps, which would hold keys: {error}"
        ));
    }
    let cli = Cli::read();
    let command = match cli.command {
        // Nothing is logged there: what is asked for goes to standard output.
        Command::Client(command) => return commands::run(command, &cli.common),
        Command::Backup(args) => {
            return match backup::run(&args) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error),
            };
        }
        Command::Serve(args) => Server::Plain(args),
        Command::Demo(args) => Server::Demo(args),
    };
    let (Server::Plain(args) | Server::Demo(args)) = &command;
    if let Err(error) = log::start(args.log_format) {
        return fail(&error);
    }
    for name in cli::unknown_variables(std::env::vars_os().map(|(name, _)| name)) {
        tracing::warn!("the environment variable {name} is of no option");
    }
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// What ends the server is said whatever the log is to hold.
#[allow(clippy::print_stderr)]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
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
    let served = match server {
        Server::Plain(args) => runtime.block_on(serve::serve(
            Config::load(args, data::DEFAULT)?,
            serve::Mode::Plain,
        )),
        Server::Demo(args) => runtime.block_on(serve::serve(
            Config::load(args, "chancery-demo")?,
            serve::Mode::Demo,
        )),
    };
    // What is computed and was said to be cut off is not waited for.
    runtime.shutdown_background();
    served
}
