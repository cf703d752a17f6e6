//! `components`.

use clap::Args;
use provision_client::api::v1::{Component, ComponentState};

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::{time, word};

/// List what was put into an account's organisation.
///
/// Filter fields: kind, state.
#[derive(Debug, Args)]
pub struct Components {
    /// Full name, or its last part together with --tenant.
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

impl Components {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let answer = context.client().await?.components().list(&name, self.list.options()).await?;
        let headers = ["KIND", "NAME", "STATE", "VERSION", "OBSERVED", "REASON"];
        context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
            let row = |component: &Component| {
                vec![
                    component.kind.clone(),
                    component.full_name.clone(),
                    word(component.state, ComponentState::as_str_name, "COMPONENT_STATE_"),
                    component.version.clone(),
                    time(component.observe_time.as_ref()),
                    component.reason.clone(),
                ]
            };
            answer.components.iter().map(row).collect()
        })
    }
}
