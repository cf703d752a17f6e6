//! `plan`.

use clap::Args;

use provision_client::api::v1::ProvisioningPlan;
use provision_client::{Accounts, Error};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::views;
use crate::views::Unprotected;

/// Show what provisioning would change, and why.
///
/// Changes nothing in the application. `provision --plan-etag` carries out exactly this plan, or refuses.
#[derive(Debug, Args)]
pub struct Plan {
    /// Full name, or its last part together with --tenant.
    account: String,
    #[command(flatten)]
    objects: ObjectArgs,
    /// Name every object type that will not be protected, not a few for each reason.
    #[arg(long)]
    all_unprotected: bool,
}

/// What to protect.
#[derive(Debug, Args)]
pub struct ObjectArgs {
    /// Protect this object type (API name); may be given again. Without one: the connector's default set.
    #[arg(long = "object", value_name = "OBJECT")]
    objects: Vec<String>,
    /// Protect every object type that can be protected.
    #[arg(long = "all", conflicts_with = "objects")]
    all: bool,
}

impl ObjectArgs {
    /// The plan for them.
    pub async fn plan(&self, accounts: &Accounts, name: &str) -> Result<ProvisioningPlan, Error> {
        match self.all {
            true => accounts.plan_all(name).await,
            false => accounts.plan(name, self.objects.clone()).await,
        }
    }
}

impl Plan {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let plan = self.objects.plan(&context.client().await?.accounts(), &name).await?;
        let unprotected = if self.all_unprotected { Unprotected::All } else { Unprotected::Some };
        context.ui.show(&plan, |plan| views::plan(plan, unprotected))
    }
}
