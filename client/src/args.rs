//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use provision_client::SecretString;

use crate::command_error::CommandError;
use crate::commands::*;
use crate::context::Context;
use crate::exit_code;

/// Provisions SaaS service accounts through provisiond.
///
/// ACCOUNT is a full name (tenants/acme/serviceAccounts/sales), or its last part together with --tenant. Data goes to
/// stdout, messages to stderr.
#[derive(Debug, Parser)]
#[command(name = "provisionctl", version, after_help = exit_code::HELP)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection and output")]
pub struct GlobalArgs {
    /// Address of the daemon: http:// on this machine alone, https:// anywhere.
    #[arg(
        long,
        global = true,
        env = "PROVISIOND_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:7400"
    )]
    pub server: String,
    /// Bearer token. Other users of this machine can see it there: prefer the variable or --token-file.
    #[arg(long, global = true, env = "PROVISIOND_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub token: Option<SecretString>,
    /// File that holds the bearer token; wins over --token.
    #[arg(long, global = true, env = "PROVISIOND_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// PEM file of the certificate authority to trust instead of the system's.
    #[arg(long, global = true, env = "PROVISIOND_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Tenant of short names, and of the lists.
    #[arg(long, global = true, env = "PROVISIOND_TENANT", value_name = "TENANT")]
    pub tenant: Option<String>,
    /// How to print: a table for people, or the API's own message as JSON.
    #[arg(long, short, global = true, value_name = "FORMAT", value_enum, default_value_t = OutputFormat::Table)]
    pub output: OutputFormat,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Table,
    Json,
}

/// How much of a list.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Most items to list.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub limit: u32,
}

/// What of a list.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Terms `field = "value"` joined by AND.
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    pub filter: String,
    #[command(flatten)]
    pub limit: LimitArgs,
}

impl ListArgs {
    pub fn options(&self) -> provision_client::ListOptions {
        provision_client::ListOptions { filter: self.filter.clone(), limit: self.limit.limit as usize }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(subcommand)]
    Accounts(Accounts),
    Authorize(authorize::Authorize),
    Check(check::Check),
    #[command(subcommand)]
    Inventory(Inventory),
    Plan(plan::Plan),
    Provision(provision::Provision),
    Explain(explain::Explain),
    Components(components::Components),
    Notifications(notifications::Notifications),
    #[command(subcommand)]
    Operations(operations::Operations),
    #[command(subcommand)]
    Admin(Admin),
    Connectors(connectors::Connectors),
    Completions(completions::Completions),
}

/// Service accounts.
#[derive(Debug, Subcommand)]
pub enum Accounts {
    Create(accounts_create::Create),
    Get(accounts_get::Get),
    List(accounts_list::List),
    Update(accounts_update::Update),
    Repair(accounts_repair::Repair),
    Delete(accounts_delete::Delete),
    Deprovision(accounts_deprovision::Deprovision),
    Export(accounts_export::Export),
    Reauthorize(accounts_reauthorize::Reauthorize),
    Watch(accounts_watch::Watch),
}

/// What was read of an account's organisation.
#[derive(Debug, Subcommand)]
pub enum Inventory {
    Refresh(inventory_refresh::Refresh),
    Objects(inventory_objects::Objects),
    Profiles(inventory_profiles::Profiles),
}

/// Tenants, licences, roles and the audit trail.
#[derive(Debug, Subcommand)]
pub enum Admin {
    #[command(subcommand)]
    Tenants(admin_tenants::Tenants),
    #[command(subcommand)]
    Licenses(admin_licenses::Licenses),
    #[command(subcommand)]
    Roles(admin_roles::Roles),
    Audit(admin_audit::Audit),
}

impl Command {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Command::Accounts(Accounts::Create(command)) => command.run(context).await,
            Command::Accounts(Accounts::Get(command)) => command.run(context).await,
            Command::Accounts(Accounts::List(command)) => command.run(context).await,
            Command::Accounts(Accounts::Update(command)) => command.run(context).await,
            Command::Accounts(Accounts::Repair(command)) => command.run(context).await,
            Command::Accounts(Accounts::Delete(command)) => command.run(context).await,
            Command::Accounts(Accounts::Deprovision(command)) => command.run(context).await,
            Command::Accounts(Accounts::Reauthorize(command)) => command.run(context).await,
            Command::Accounts(Accounts::Export(command)) => command.run(context).await,
            Command::Accounts(Accounts::Watch(command)) => command.run(context).await,
            Command::Check(command) => command.run(context).await,
            Command::Explain(command) => command.run(context).await,
            Command::Authorize(command) => command.run(context).await,
            Command::Inventory(Inventory::Refresh(command)) => command.run(context).await,
            Command::Inventory(Inventory::Objects(command)) => command.run(context).await,
            Command::Inventory(Inventory::Profiles(command)) => command.run(context).await,
            Command::Plan(command) => command.run(context).await,
            Command::Provision(command) => command.run(context).await,
            Command::Components(command) => command.run(context).await,
            Command::Notifications(command) => command.run(context).await,
            Command::Operations(command) => command.run(context).await,
            Command::Admin(Admin::Tenants(command)) => command.run(context).await,
            Command::Admin(Admin::Licenses(command)) => command.run(context).await,
            Command::Admin(Admin::Roles(command)) => command.run(context).await,
            Command::Admin(Admin::Audit(command)) => command.run(context).await,
            Command::Connectors(command) => command.run(context).await,
            Command::Completions(command) => command.run(context),
        }
    }
}
