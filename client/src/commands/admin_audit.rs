//! `admin audit`.

use clap::Args;
use provision_client::api::v1::AuditEvent;

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::json::struct_text;
use crate::text::time;

/// List what was done in a tenant and by whom, newest first.
///
/// Filter fields: principal, action, resource.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(flatten)]
    list: ListArgs,
}

impl Audit {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let tenant = context.tenant()?;
        let answer = context.client().await?.admin().audit_events(&tenant, self.list.options()).await?;
        let headers = ["TIME", "PRINCIPAL", "ACTION", "RESOURCE", "DETAILS"];
        context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
            let row = |event: &AuditEvent| {
                vec![
                    time(event.create_time.as_ref()),
                    event.principal.clone(),
                    event.action.clone(),
                    event.resource.clone(),
                    event.details.as_ref().map(struct_text).unwrap_or_default(),
                ]
            };
            answer.audit_events.iter().map(row).collect()
        })
    }
}
