//! `accounts list`.

use clap::Args;
use provision_client::api::v1::ServiceAccount;
use provision_client::names;

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::views;

/// List a tenant's accounts.
///
/// Filter fields: connector, environment, phase, state.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    list: ListArgs,
}

impl List {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let tenant = context.tenant()?;
        let answer = context.client().await?.accounts().list(&tenant, self.list.options()).await?;
        let headers = ["ACCOUNT", "CONNECTOR", "ENVIRONMENT", "STATE", "ORGANISATION", "DISPLAY NAME"];
        context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
            let row = |account: &ServiceAccount| {
                let identity = account.authorized_identity.as_ref();
                vec![
                    names::last(&account.name).to_owned(),
                    names::last(&account.connector).to_owned(),
                    account.environment.clone(),
                    views::state(account),
                    identity.map(|i| i.organization_name.clone()).unwrap_or_default(),
                    account.display_name.clone(),
                ]
            };
            answer.service_accounts.iter().map(row).collect()
        })
    }
}
