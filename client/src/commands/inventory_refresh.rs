//! `inventory refresh`.

use clap::Args;
use provision_client::api::v1::RefreshInventoryResponse;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::{steps, views};

/// Read the organisation again, wait until it is done, and show what has changed.
///
/// Where much less is found than before, the reading is held: look at the organisation, then accept it.
#[derive(Debug, Args)]
pub struct Refresh {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// Take the reading over even where much less is found than before.
    #[arg(long)]
    accept_fall: bool,
    /// Start it and do not wait.
    #[arg(long)]
    no_wait: bool,
}

impl Refresh {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let client = context.client().await?;
        let operation = match self.accept_fall {
            true => client.inventory().refresh_accepting_fall(&name).await?,
            false => client.inventory().refresh(&name).await?,
        };
        if self.no_wait {
            return context.ui.show(&operation, views::operation);
        }
        let operation = steps::wait_done(context, &client, &operation.name).await?;
        let read: RefreshInventoryResponse =
            provision_client::response(&operation, "RefreshInventoryResponse")?;
        context.ui.show(&read, views::inventory)?;
        if read.held {
            context.ui.note(
                "note: much less was found than before, so this reading is held and the one before stays; look at the \
                 organisation, then give --accept-fall",
            );
        }
        Ok(())
    }
}
