//! `accounts repair`.

use clap::Args;
use provision_client::api::v1::ServiceAccount;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::escape;
use crate::{steps, views};

/// Bring an organisation back to what was provisioned.
///
/// What is there as it should be is kept, what is missing, changed or switched off is brought in again, and what is not ours
/// is never touched. `explain` names the differences. The operation runs in the daemon: it goes on when this command ends,
/// and `operations wait` finds it again.
#[derive(Debug, Args)]
pub struct Repair {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// Wait until it is done, and show the account.
    #[arg(long, short)]
    wait: bool,
    /// Check everything, start nothing.
    #[arg(long, conflicts_with = "wait")]
    validate_only: bool,
}

impl Repair {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let client = context.client().await?;
        let operation = client.accounts().repair(&name, self.validate_only).await?;
        if self.validate_only {
            context.ui.note("It could begin.");
            return Ok(());
        }
        if !self.wait {
            return context.ui.show(&operation, views::operation);
        }
        context.ui.note(&escape(&operation.name));
        let operation = steps::wait_done(context, &client, &operation.name).await?;
        let account: ServiceAccount = provision_client::response(&operation, "ServiceAccount")?;
        context.ui.show(&account, views::account)
    }
}
