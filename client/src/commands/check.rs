//! `check`.

use clap::Args;
use provision_client::api::v1::{PreconditionSeverity, PreconditionStatus};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::views;

/// Check everything that must hold before an account is provisioned.
///
/// Shows all checks at once; below each that has not passed, what to do and who does it. Ends with 73 when one that
/// blocks has failed. Changes nothing in the application.
#[derive(Debug, Args)]
pub struct Check {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// First accept this check, an advisory one that has not passed; the reason is kept and shown.
    #[arg(long, value_name = "CHECK", requires = "reason")]
    accept: Option<String>,
    /// Why it is acceptable.
    #[arg(long, value_name = "TEXT", requires = "accept", value_parser = reason)]
    reason: Option<String>,
    /// First take back that this check was accepted.
    #[arg(long, value_name = "CHECK", conflicts_with = "accept")]
    take_back: Option<String>,
}

impl Check {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let accounts = context.client().await?.accounts();
        if let (Some(check), Some(reason)) = (&self.accept, &self.reason) {
            accounts.accept(&name, check, reason).await?;
        }
        if let Some(check) = &self.take_back {
            accounts.accept(&name, check, "").await?;
        }
        let answer = accounts.check(&name).await?;
        context.ui.show(&answer, views::checks)?;
        if answer.passed {
            return Ok(());
        }
        let blocks = |c: &&provision_client::api::v1::PreconditionCheck| {
            c.status() == PreconditionStatus::Failed && c.severity() == PreconditionSeverity::Blocking
        };
        Err(CommandError::ChecksFailed(answer.checks.iter().filter(blocks).map(|c| c.id.clone()).collect()))
    }
}

/// An empty reason would take an acceptance back.
fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it must say why".to_owned()),
        reason => Ok(reason.to_owned()),
    }
}
