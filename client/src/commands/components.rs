//! `components`.

use clap::{Args, Subcommand, ValueEnum};
use provision_client::api::v1::{Component, ComponentState};

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::table::card;
use crate::text::{time, word};

/// What was put into an account's organisation. Without a command: list it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Components {
    #[command(subcommand)]
    command: Option<Command>,
    /// Full name, or its last part together with --tenant.
    #[arg(required = true)]
    account: Option<String>,
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Get(Get),
}

/// List components.
///
/// Filter fields: kind, state.
#[derive(Debug, Args)]
struct List {
    /// Full name, or its last part together with --tenant.
    account: String,
    #[command(flatten)]
    which: Which,
}

/// Which components.
#[derive(Debug, Args)]
struct Which {
    /// Only those in this state.
    #[arg(long, value_name = "STATE", value_enum, ignore_case = true)]
    state: Option<State>,
    #[command(flatten)]
    list: ListArgs,
}

/// What was last seen of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    /// Sent, not observed yet.
    Applied,
    /// There and as it should be.
    Present,
    /// Not there.
    Missing,
    /// There, but not as it was left.
    Modified,
    /// The application refused it, and said why.
    Refused,
}

/// Show a component.
#[derive(Debug, Args)]
struct Get {
    /// Full name of the account, or its last part together with --tenant.
    account: String,
    /// The component, as KIND.NAME, for example ApexTrigger.CAS_Account.
    component: String,
}

impl Components {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        match (self.command, self.account) {
            (Some(Command::Get(get)), _) => get.run(context).await,
            (Some(Command::List(List { account, which })), _) => which.list(&account, context).await,
            (None, Some(account)) => self.which.list(&account, context).await,
            // The command line demands an account where there is no command.
            (None, None) => Err(CommandError::Usage("which account?".to_owned())),
        }
    }
}

impl Get {
    async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = format!("{}/components/{}", context.account(&self.account)?, self.component);
        let component = context.client().await?.components().get(&name).await?;
        context.ui.show(&component, |component| {
            card(&[
                ("Component", component.name.clone()),
                ("State", state(component)),
                ("Said", component.message.clone()),
                ("Protects", component.object_type.clone()),
                ("Why", component.reason.clone()),
                ("Version", component.version.clone()),
                ("Checksum", component.checksum.clone()),
                ("Remote id", component.remote_id.clone()),
                ("Observed", time(component.observe_time.as_ref())),
                ("Operation", component.operation.clone()),
            ])
        })
    }
}

impl Which {
    async fn list(self, account: &str, context: &Context) -> Result<(), CommandError> {
        let name = context.account(account)?;
        let mut options = self.list.options();
        if let Some(state) = self.state {
            let term = format!("state = \"{}\"", format!("{state:?}").to_uppercase());
            options.filter = match options.filter.as_str() {
                "" => term,
                filter => format!("{filter} AND {term}"),
            };
        }
        let answer = context.client().await?.components().list(&name, options).await?;
        let headers = ["KIND", "NAME", "STATE", "VERSION", "OBSERVED", "REASON"];
        context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
            let row = |component: &Component| {
                // Where it was refused, that matters more than why it should be there.
                let reason = match component.message.as_str() {
                    "" => component.reason.clone(),
                    message => message.to_owned(),
                };
                vec![
                    component.kind.clone(),
                    component.full_name.clone(),
                    state(component),
                    component.version.clone(),
                    time(component.observe_time.as_ref()),
                    reason,
                ]
            };
            answer.components.iter().map(row).collect()
        })
    }
}

fn state(component: &Component) -> String {
    word(component.state, ComponentState::as_str_name, "COMPONENT_STATE_")
}
