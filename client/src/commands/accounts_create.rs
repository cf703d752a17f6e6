//! `accounts create`.

use clap::Args;
use provision_client::{NewAccount, names};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::{json, views};

/// Create an account.
///
/// Needs a valid licence of the tenant for the connector.
#[derive(Debug, Args)]
pub struct Create {
    /// Last part of the new account's name; the daemon chooses one if it is not given.
    account: Option<String>,
    /// What to provision: a name that `provisionctl connectors` lists.
    #[arg(long, value_name = "CONNECTOR", default_value = "salesforce")]
    connector: String,
    /// Which kind of environment, for example sandbox or production.
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: String,
    /// Name for people.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    display_name: String,
    /// What only this connector knows, as a JSON object.
    #[arg(long, value_name = "JSON")]
    settings: Option<String>,
    /// Check everything, create nothing.
    #[arg(long)]
    validate_only: bool,
}

impl Create {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let settings = self.settings.as_deref().map(json::settings).transpose()?;
        let id = self.account.unwrap_or_default();
        let parent = match (id.contains('/'), names::tenant_of(&id)) {
            (true, Some(tenant)) => tenant,
            _ => context.tenant()?,
        };
        let new = NewAccount {
            parent,
            id: names::last(&id).to_owned(),
            display_name: self.display_name,
            connector: names::connector(&self.connector),
            environment: self.environment,
            settings,
            validate_only: self.validate_only,
        };
        let account = context.client().await?.accounts().create(new).await?;
        context.ui.show(&account, views::account)
    }
}
