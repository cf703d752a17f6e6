//! `accounts get`.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::views;

/// Show an account.
#[derive(Debug, Args)]
pub struct Get {
    /// Full name, or its last part together with --tenant.
    account: String,
}

impl Get {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let account = context.client().await?.accounts().get(&name).await?;
        context.ui.show(&account, views::account)
    }
}
