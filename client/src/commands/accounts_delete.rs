//! `accounts delete`.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::escape;
use crate::views;

/// Delete an account that has nothing in its organisation, and revoke its grant.
///
/// Shows the account and asks, unless --yes is given. Refused while components of ours are there.
#[derive(Debug, Args)]
pub struct Delete {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// Refuse when the account has changed since; `accounts get --output json` shows the etag.
    #[arg(long, value_name = "ETAG")]
    etag: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Check everything, delete nothing.
    #[arg(long)]
    validate_only: bool,
}

impl Delete {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let accounts = context.client().await?.accounts();
        let mut etag = self.etag.unwrap_or_default();
        if !self.yes && !self.validate_only {
            let account = accounts.get(&name).await?;
            context.ui.note(views::account(&account).trim_end());
            match context.ui.confirm(&format!("Delete {}?", escape(&name))).await? {
                Some(true) => {}
                Some(false) => {
                    context.ui.note("Nothing was deleted.");
                    return Ok(());
                }
                None => {
                    let why = "there is no terminal to ask on: give --yes".to_owned();
                    return Err(CommandError::Usage(why));
                }
            }
            // What was shown is what is deleted.
            if etag.is_empty() {
                etag = account.etag;
            }
        }
        accounts.delete(&name, &etag, self.validate_only).await?;
        context.ui.done(match self.validate_only {
            true => "It could be deleted; nothing was.",
            false => "The account is deleted, and its grant revoked.",
        })
    }
}
