//! `inventory objects`.

use clap::Args;
use provision_client::api::v1::ObjectType;

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::mark;

/// List object types.
///
/// Filter fields: api_name (a trailing * matches any rest), custom, accepts_triggers, holds_files, holds_feed.
#[derive(Debug, Args)]
pub struct Objects {
    /// Full name, or its last part together with --tenant.
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

impl Objects {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let answer = context.client().await?.inventory().object_types(&name, self.list.options()).await?;
        let headers = ["API NAME", "CUSTOM", "TRIGGERS", "FILES", "FEED", "FIELDS", "LABEL"];
        context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
            let row = |object: &ObjectType| {
                vec![
                    object.api_name.clone(),
                    mark(object.custom),
                    mark(object.accepts_triggers),
                    mark(object.holds_files),
                    mark(object.holds_feed),
                    object.field_count.to_string(),
                    object.label.clone(),
                ]
            };
            answer.object_types.iter().map(row).collect()
        })
    }
}
