//! `connectors`.

use clap::Args;
use provision_client::api::v1::Connector;
use provision_client::names;

use crate::command_error::CommandError;
use crate::context::Context;

/// List what the daemon can provision.
#[derive(Debug, Args)]
pub struct Connectors {}

impl Connectors {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let answer = context.client().await?.connectors().list().await?;
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
