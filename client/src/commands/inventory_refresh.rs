//! `inventory refresh`.

use clap::Args;
use provision_client::api::v1::RefreshInventoryResponse;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::table::card;
use crate::{steps, views};

/// Read the organisation again, and wait until it is done.
#[derive(Debug, Args)]
pub struct Refresh {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// Start it and do not wait.
    #[arg(long)]
    no_wait: bool,
}

impl Refresh {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let client = context.client().await?;
        let operation = client.inventory().refresh(&name).await?;
        if self.no_wait {
            return context.ui.show(&operation, views::operation);
        }
        let operation = steps::wait_done(context, &client, &operation.name).await?;
        let read: RefreshInventoryResponse =
            provision_client::response(&operation, "RefreshInventoryResponse")?;
        context.ui.show(&read, |read| {
            card(&[
                ("Object types", read.object_types.to_string()),
                ("Fields", read.fields.to_string()),
                ("Profiles", read.profiles.to_string()),
                ("Permission sets", read.permission_sets.to_string()),
                ("API calls", read.api_calls.to_string()),
            ])
        })
    }
}
