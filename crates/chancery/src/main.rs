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
mod first_steps;
mod identity;
mod listener;
mod log;
mod serve;
mod signals;
mod tls;

use std::process::ExitCode;

use anyhow::anyhow;
use clap::Parser;

use crate::cli::{Cli, Command, ServeArgs};
use crate::config::Config;

/// Memory is wiped when it is freed: buffers of requests and answers hold keys and passwords.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    if let Err(error) = cores::forbid() {
        return fail(
            None,
            &anyhow!("cannot forbid core dumps, which would hold keys: {error}"),
        );
    }
    let command = match Cli::parse().command {
        // Nothing is logged there: what is asked for goes to standard output.
        Command::Client(command) => return commands::run(command),
        Command::Backup(args) => return done(None, backup::run(&args)),
        Command::Demo(args) if args.print => {
            return done(None, demo::print_again(args.serve.data.as_deref()));
        }
        Command::Serve(args) => Server::Plain(args),
        Command::Demo(args) => Server::Demo(args.serve),
    };
    let (Server::Plain(args) | Server::Demo(args)) = &command;
    let format = args.log_format;
    if let Err(error) = log::start(format) {
        return fail(format, &error);
    }
    for name in cli::unknown_variables(std::env::vars_os().map(|(name, _)| name)) {
        tracing::warn!("the environment variable {name} is of no option");
    }
    done(format, run(command))
}

fn done(format: Option<log::Format>, result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(format, &error),
    }
}

fn fail(format: Option<log::Format>, error: &anyhow::Error) -> ExitCode {
    log::last_words(format, error);
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
            Config::load(args, data::DEFAULT_DEMO)?,
            serve::Mode::Demo,
        )),
    };
    // What is computed and was said to be cut off is not waited for.
    runtime.shutdown_background();
    served
}
