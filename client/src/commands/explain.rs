//! `explain`.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::views;

/// Say why an account is not protected, and what to do.
///
/// From what the daemon knows: asks nothing of the application. `check` looks afresh.
#[derive(Debug, Args)]
pub struct Explain {
    /// Full name, or its last part together with --tenant.
    account: String,
}

impl Explain {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let answer = context.client().await?.accounts().explain(&name).await?;
        context.ui.show(&answer, views::explanation)
    }
}
