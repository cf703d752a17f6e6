//! `accounts watch`.

use clap::{Args, ValueEnum};
use provision_client::AccountChange;
use provision_client::api::v1::service_account_event::Change;
use provision_client::api::v1::{ServiceAccountEvent, StreamStart};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::views;

/// Print changes of a tenant's accounts as they come, each on a line, until Ctrl-C.
///
/// A connection that breaks is made anew, and nothing is missed. Filter fields: connector, environment, phase, state; an
/// account that stops passing the filter is printed once more, as removed.
#[derive(Debug, Args)]
pub struct Watch {
    /// Terms `field = "value"` joined by AND.
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
    /// Where to begin.
    #[arg(long, value_enum, default_value_t = From::Snapshot)]
    from: From,
}

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// With all accounts as they are, then what comes.
    Snapshot,
    /// With what comes from now on.
    Now,
}

impl Watch {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let tenant = context.tenant()?;
        let start = match self.from {
            From::Snapshot => StreamStart::Snapshot,
            From::Now => StreamStart::Now,
        };
        let mut stream = context.client().await?.accounts().watch(&tenant, &self.filter, start).await?;
        context.ui.note("watching; Ctrl-C ends it");
        loop {
            let change = match stream.next().await? {
                AccountChange::Upsert(account) => Change::Upsert(*account),
                AccountChange::Removed(name) => Change::Removed(name),
            };
            let event = ServiceAccountEvent { change: Some(change), ..ServiceAccountEvent::default() };
            context.ui.show_line(&event, views::account_change)?;
        }
    }
}
