//! `plan`.

use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::views;

/// Show what provisioning would change, and why.
///
/// Changes nothing in the application. `provision --plan-etag` carries out exactly this plan, or refuses.
#[derive(Debug, Args)]
pub struct Plan {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// Protect this object type (API name); may be given again. Without one: the connector's default set.
    #[arg(long = "object", value_name = "OBJECT")]
    objects: Vec<String>,
}

impl Plan {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let plan = context.client().await?.accounts().plan(&name, self.objects).await?;
        context.ui.show(&plan, views::plan)
    }
}
