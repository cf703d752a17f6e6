//! `connectors`.

use clap::{Args, Subcommand};
use provision_client::api::v1::Connector;
use provision_client::names;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::views;

/// What the daemon can provision. Without a command: list it.
#[derive(Debug, Args)]
pub struct Connectors {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List what the daemon can provision.
    List,
    Get(Get),
}

/// Show a connector: environments, settings, the permissions it needs, what is checked beforehand.
#[derive(Debug, Args)]
struct Get {
    /// Its name, as the list shows it.
    #[arg(default_value = "salesforce")]
    connector: String,
}

impl Connectors {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let connectors = context.client().await?.connectors();
        if let Some(Command::Get(get)) = self.command {
            let connector = connectors.get(&names::connector(&get.connector)).await?;
            return context.ui.show(&connector, views::connector);
        }
        let answer = connectors.list().await?;
        let headers = ["CONNECTOR", "VERSION", "ENVIRONMENTS", "CAPABILITIES", "NAME"];
        context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
            let row = |connector: &Connector| {
                let environments: Vec<_> = connector.environments.iter().map(|e| e.id.as_str()).collect();
                vec![
                    names::last(&connector.name).to_owned(),
                    connector.version.clone(),
                    environments.join(", "),
                    connector.capabilities.join(", "),
                    connector.display_name.clone(),
                ]
            };
            answer.connectors.iter().map(row).collect()
        })
    }
}
