//! The client commands: what people do with CAs, certificates, instances and migrations, and an operator
//! with users, groups, policies, keys, projects and accounts, over the public API. One file per resource.

mod account;
mod ca;
mod cert;
mod enterprise_project;
mod files;
mod find;
mod group;
mod input;
mod instance;
mod key;
mod policy;
mod project;
mod secret;
mod server;
mod show;
mod source;
mod store;
mod tag;
mod task;
mod trust;
mod user;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::client::{Client, Failure};
use show::Shown;

/// What the client commands are about.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Private CAs
    Ca(Of<ca::CaCommand>),
    /// Certificates of private CAs
    Cert(Of<cert::CertCommand>),
    /// Certificates from elsewhere, kept with their keys
    Store(Of<store::StoreCommand>),
    /// Redis and MongoDB instances, and what their servers load
    Instance(Of<instance::InstanceCommand>),
    /// Servers that are to be migrated
    Source(Of<source::SourceCommand>),
    /// Migrations, and what both of their ends load
    Task(Of<task::TaskCommand>),
    /// Tags of CAs and certificates
    Tag(Of<tag::TagCommand>),
    /// What clients trust, in the form that they read
    Trust(Of<trust::TrustCommand>),
    /// Users of the account
    User(Of<user::UserCommand>),
    /// Groups of users
    Group(Of<group::GroupCommand>),
    /// Policies, and which group has which
    Policy(Of<policy::PolicyCommand>),
    /// Access keys
    Key(Of<key::KeyCommand>),
    /// Projects: one per region, and those below
    Project(Of<project::ProjectCommand>),
    /// Enterprise projects, which resources are filed under
    EnterpriseProject(Of<enterprise_project::EnterpriseProjectCommand>),
    /// Accounts of the desk, for operators of its first one
    Account(Of<account::AccountCommand>),
}

/// The command about a resource, and how its answer is shown.
#[derive(Args, Debug)]
pub(crate) struct Of<C: Subcommand> {
    /// Show JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: C,
}

/// Runs a client command in the environment of `client.env`.
pub(crate) fn run(command: ClientCommand) -> ExitCode {
    let json = command.json();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(async {
            let client = Client::from_env(|name| std::env::var(name).ok())?;
            command.run(&client).await
        }),
        Err(error) => Err(Failure::Unreachable(error.to_string())),
    };
    match done {
        Ok(shown) => show::print(&shown, json),
        Err(failure) => {
            show::complain(&failure);
            ExitCode::from(failure.exit_status())
        }
    }
}

impl ClientCommand {
    fn json(&self) -> bool {
        match self {
            Self::Ca(of) => of.json,
            Self::Cert(of) => of.json,
            Self::Store(of) => of.json,
            Self::Instance(of) => of.json,
            Self::Source(of) => of.json,
            Self::Task(of) => of.json,
            Self::Tag(of) => of.json,
            Self::Trust(of) => of.json,
            Self::User(of) => of.json,
            Self::Group(of) => of.json,
            Self::Policy(of) => of.json,
            Self::Key(of) => of.json,
            Self::Project(of) => of.json,
            Self::EnterpriseProject(of) => of.json,
            Self::Account(of) => of.json,
        }
    }

    async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::Ca(of) => of.command.run(client).await,
            Self::Cert(of) => of.command.run(client).await,
            Self::Store(of) => of.command.run(client).await,
            Self::Instance(of) => of.command.run(client).await,
            Self::Source(of) => of.command.run(client).await,
            Self::Task(of) => of.command.run(client).await,
            Self::Tag(of) => of.command.run(client).await,
            Self::Trust(of) => of.command.run(client).await,
            Self::User(of) => of.command.run(client).await,
            Self::Group(of) => of.command.run(client).await,
            Self::Policy(of) => of.command.run(client).await,
            Self::Key(of) => of.command.run(client).await,
            Self::Project(of) => of.command.run(client).await,
            Self::EnterpriseProject(of) => of.command.run(client).await,
            Self::Account(of) => of.command.run(client).await,
        }
    }
}
