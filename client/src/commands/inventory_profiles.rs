//! `inventory profiles`.

use clap::Args;
use provision_client::api::v1::{Profile, ProfileKind};

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::{mark, word};

/// List profiles and permission sets.
///
/// Filter fields: display_name (a trailing * matches any rest), kind (PROFILE or PERMISSION_SET), custom.
#[derive(Debug, Args)]
pub struct Profiles {
    /// Full name, or its last part together with --tenant.
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

impl Profiles {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let answer = context.client().await?.inventory().profiles(&name, self.list.options()).await?;
        let headers = ["ID", "KIND", "CUSTOM", "OBJECT TYPES", "NAME"];
        context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
            let row = |profile: &Profile| {
                vec![
                    profile.remote_id.clone(),
                    word(profile.kind, ProfileKind::as_str_name, "PROFILE_KIND_"),
                    mark(profile.custom),
                    profile.object_permission_count.to_string(),
                    profile.display_name.clone(),
                ]
            };
            answer.profiles.iter().map(row).collect()
        })
    }
}
