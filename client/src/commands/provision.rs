//! `provision`.

use clap::Args;
use provision_client::api::v1::ServiceAccount;
use provision_client::{Client, response};

use crate::command_error::CommandError;
use crate::commands::plan::ObjectArgs;
use crate::context::Context;
use crate::text::escape;
use crate::views::Unprotected;
use crate::{steps, views};

/// Carry out a plan.
///
/// Without --plan-etag it makes the plan, shows it and asks. The operation runs in the daemon: it goes on when this
/// command ends, and `operations wait` finds it again.
#[derive(Debug, Args)]
pub struct Provision {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// Etag of the plan that you have seen; when it is no longer the right one, the daemon refuses.
    #[arg(long, value_name = "ETAG", conflicts_with_all = ["objects", "all"])]
    plan_etag: Option<String>,
    #[command(flatten)]
    objects: ObjectArgs,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Wait until it is done, and show the account.
    #[arg(long, short)]
    wait: bool,
}

impl Provision {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let client = context.client().await?;
        let etag = match &self.plan_etag {
            Some(etag) => etag.clone(),
            None => match self.agree(context, &client, &name).await? {
                Some(etag) => etag,
                None => return Ok(()),
            },
        };
        let operation = client.accounts().provision(&name, &etag).await?;
        if !self.wait {
            return context.ui.show(&operation, views::operation);
        }
        context.ui.note(&escape(&operation.name));
        let operation = steps::wait_done(context, &client, &operation.name).await?;
        let account: ServiceAccount = response(&operation, "ServiceAccount")?;
        context.ui.show(&account, views::account)
    }

    /// Makes the plan, shows it and asks; answers its etag, or nothing when it shall not be.
    async fn agree(
        &self,
        context: &Context,
        client: &Client,
        name: &str,
    ) -> Result<Option<String>, CommandError> {
        let account = client.accounts().get(name).await?;
        let plan = self.objects.plan(&client.accounts(), name).await?;
        context.ui.note(&views::plan(&plan, Unprotected::Some));
        if self.yes {
            return Ok(Some(plan.etag));
        }
        let place = account.authorized_identity.as_ref().map_or_else(|| name.to_owned(), views::organisation);
        match context.ui.confirm(&format!("Provision {}?", escape(&place))).await? {
            Some(true) => Ok(Some(plan.etag)),
            Some(false) => {
                context.ui.note("Nothing was changed.");
                Ok(None)
            }
            None => Err(CommandError::Usage(format!(
                "there is no terminal to ask on: give --yes, or --plan-etag {}",
                plan.etag
            ))),
        }
    }
}
