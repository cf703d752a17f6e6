//! `operations`.

use clap::{Args, Subcommand};
use provision_client::api::google::longrunning::Operation;
use provision_client::{metadata, names};

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::time;
use crate::{steps, views};

/// Long-running operations.
#[derive(Debug, Subcommand)]
pub enum Operations {
    /// Show an operation.
    Get(Which),
    /// List a tenant's operations, newest first.
    ///
    /// Filter fields: kind, state, service_account.
    List(ListArgs),
    /// Wait until an operation is done, showing its progress.
    ///
    /// Ends with the operation's own error when it failed.
    Wait(Which),
    /// Ask for cancellation; the operation ends with CANCELLED where the cancellation wins.
    Cancel(Which),
    /// Delete the record of an operation that is done.
    Delete(Which),
}

/// Which operation.
#[derive(Debug, Args)]
pub struct Which {
    /// Full name, or its last part together with --tenant.
    operation: String,
}

impl Which {
    fn name(&self, context: &Context) -> Result<String, CommandError> {
        context.in_tenant("operations", &self.operation)
    }
}

impl Operations {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Operations::Get(which) => {
                let name = which.name(context)?;
                let operation = context.client().await?.operations().get(&name).await?;
                context.ui.show(&operation, views::operation)
            }
            Operations::Wait(which) => {
                let name = which.name(context)?;
                let client = context.client().await?;
                let operation = steps::wait_done(context, &client, &name).await?;
                context.ui.show(&operation, views::operation)
            }
            Operations::Cancel(which) => {
                let name = which.name(context)?;
                context.client().await?.operations().cancel(&name).await?;
                context.ui.done("Asked for; the operation ends when it can.")
            }
            Operations::Delete(which) => {
                let name = which.name(context)?;
                context.client().await?.operations().delete(&name).await?;
                context.ui.done("The record is deleted.")
            }
            Operations::List(list) => list_all(list, context).await,
        }
    }
}

async fn list_all(list: ListArgs, context: &Context) -> Result<(), CommandError> {
    let tenant = context.tenant()?;
    let answer = context.client().await?.operations().list(&tenant, list.options()).await?;
    let headers = ["OPERATION", "KIND", "STATE", "ACCOUNT", "STARTED", "ENDED", "STARTED BY"];
    context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
        let row = |operation: &Operation| {
            let metadata = metadata(operation).unwrap_or_default();
            vec![
                names::last(&operation.name).to_owned(),
                views::kind(&metadata),
                views::operation_state(&metadata),
                names::last(&metadata.service_account).to_owned(),
                time(metadata.create_time.as_ref()),
                time(metadata.end_time.as_ref()),
                metadata.principal,
            ]
        };
        answer.operations.iter().map(row).collect()
    })
}
