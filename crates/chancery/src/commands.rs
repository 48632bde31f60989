//! The client commands: what people do with CAs, certificates, instances and tasks, and an operator with
//! users, groups, policies, keys, projects and accounts, over the public API. One file per resource.

mod account;
mod ca;
mod cert;
mod context;
mod enterprise_project;
pub(crate) mod files;
mod find;
mod group;
mod input;
mod instance;
mod key;
mod login;
mod manual;
mod place;
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

use crate::client::settings::Target;
use crate::client::{Client, Failure, Manners};
use show::{Format, Shown};

/// Options that may stand anywhere on the line of a client command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of all client commands")]
pub(crate) struct Common {
    /// The form of the answer
    #[arg(long, short, global = true, value_enum, value_name = "FORM")]
    output: Option<Format>,

    /// The same as --output json
    #[arg(long, global = true, conflicts_with = "output")]
    json: bool,

    /// Destroy what is asked for without a question
    #[arg(long, global = true)]
    yes: bool,

    /// Print the request that would change something, and send nothing
    #[arg(long, global = true)]
    dry_run: bool,

    #[command(flatten)]
    target: Target,
}

impl Common {
    /// The first of these options that was given, for commands that take none of them.
    pub(crate) fn given(&self) -> Option<&'static str> {
        [
            ("--output", self.output.is_some()),
            ("--json", self.json),
            ("--yes", self.yes),
            ("--dry-run", self.dry_run),
            ("--endpoint", self.target.endpoint.is_some()),
            ("--ca-file", self.target.ca_file.is_some()),
            ("--context", self.target.context.is_some()),
        ]
        .into_iter()
        .find_map(|(name, is_given)| is_given.then_some(name))
    }

    fn format(&self) -> Format {
        match self.json {
            true => Format::Json,
            false => self.output.unwrap_or_default(),
        }
    }
}

/// What the client commands are about.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    #[command(flatten)]
    Here(HereCommand),
    #[command(flatten)]
    Desk(DeskCommand),
}

/// What needs no desk, or makes its own way to it.
#[derive(Debug, Subcommand)]
pub(crate) enum HereCommand {
    /// Log in to a desk, for the commands that follow
    Login(login::LoginArgs),
    /// Forget a login, and have its token hold no more
    Logout,
    /// The logins there are
    #[command(subcommand)]
    Context(context::ContextCommand),
    /// Print what a shell needs to complete these commands
    Completions(manual::CompletionsArgs),
    /// Write the manual pages
    Man(manual::ManArgs),
}

/// What is asked of a desk.
#[derive(Debug, Subcommand)]
pub(crate) enum DeskCommand {
    /// Print a token, for curl: the header X-Auth-Token
    Token,
    /// Private CAs
    #[command(subcommand)]
    Ca(ca::CaCommand),
    /// Certificates of private CAs
    #[command(subcommand)]
    Cert(cert::CertCommand),
    /// Certificates from elsewhere, kept with their keys
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Redis and MongoDB instances, and what their servers load
    #[command(subcommand)]
    Instance(instance::InstanceCommand),
    /// Servers that are to be migrated
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Migrations, and what both of their ends load
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// Tags of CAs and certificates
    #[command(subcommand)]
    Tag(tag::TagCommand),
    /// What clients trust, in the form that they read
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// Users of the account
    #[command(subcommand)]
    User(user::UserCommand),
    /// Groups of users
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Policies, and which group has which
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Access keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Projects: one per region, and those below
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Enterprise projects, which resources are filed under
    #[command(subcommand)]
    EnterpriseProject(enterprise_project::EnterpriseProjectCommand),
    /// Accounts of the desk, for operators of its first one
    #[command(subcommand)]
    Account(account::AccountCommand),
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs a client command.
pub(crate) fn run(command: ClientCommand, common: &Common) -> ExitCode {
    let format = common.format();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(command.run_and_show(common)),
        Err(error) => Err(Failure::Unreachable(error.to_string())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => show::complain(&failure, format),
    }
}

impl ClientCommand {
    async fn run_and_show(self, common: &Common) -> Result<(), Failure> {
        let format = common.format();
        match self {
            Self::Here(command) => {
                let shown = command.run(&common.target).await?;
                show::print(shown, None, format).await
            }
            Self::Desk(command) => {
                let manners = Manners {
                    dry_run: common.dry_run,
                    yes: common.yes,
                };
                let client = Client::new(common.target.settings(&variable)?, manners)?;
                let shown = command.run(&client).await?;
                show::print(shown, Some(&client), format).await
            }
        }
    }
}

impl HereCommand {
    async fn run(self, target: &Target) -> Result<Shown, Failure> {
        match self {
            Self::Login(login) => login.run(target).await,
            Self::Logout => login::log_out(target).await,
            Self::Context(command) => command.run(),
            Self::Completions(args) => Ok(args.run()),
            Self::Man(args) => args.run(),
        }
    }
}

impl DeskCommand {
    async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::Token => login::token(client).await,
            Self::Ca(command) => command.run(client).await,
            Self::Cert(command) => command.run(client).await,
            Self::Store(command) => command.run(client).await,
            Self::Instance(command) => command.run(client).await,
            Self::Source(command) => command.run(client).await,
            Self::Task(command) => command.run(client).await,
            Self::Tag(command) => command.run(client).await,
            Self::Trust(command) => command.run(client).await,
            Self::User(command) => command.run(client).await,
            Self::Group(command) => command.run(client).await,
            Self::Policy(command) => command.run(client).await,
            Self::Key(command) => command.run(client).await,
            Self::Project(command) => command.run(client).await,
            Self::EnterpriseProject(command) => command.run(client).await,
            Self::Account(command) => command.run(client).await,
        }
    }
}
