//! `notifications ack`.

use clap::Args;
use provision_client::ListOptions;
use provision_client::api::v1::ListNotificationsResponse;

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::commands::notifications::{HEADERS, row};
use crate::context::Context;

/// Mark notifications as seen by you, and show them.
///
/// Doing it again changes nothing.
#[derive(Debug, Args)]
pub struct Ack {
    /// The notifications: full names, or their last parts together with --tenant.
    #[arg(required_unless_present = "all")]
    notifications: Vec<String>,
    /// All of --tenant, or those that --filter lets pass.
    #[arg(long, conflicts_with = "notifications")]
    all: bool,
    #[command(flatten)]
    list: ListArgs,
}

impl Ack {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let notifications = context.client().await?.notifications();
        let mut answer = ListNotificationsResponse::default();
        let names = match self.all {
            true => {
                let options: ListOptions = self.list.options();
                let list = notifications.list(&context.tenant()?, options).await?;
                answer.next_page_token = list.next_page_token;
                list.notifications.into_iter().map(|n| n.name).collect()
            }
            false => {
                let name = |id: &String| context.in_tenant("notifications", id);
                self.notifications.iter().map(name).collect::<Result<Vec<_>, _>>()?
            }
        };
        for name in names {
            answer.notifications.push(notifications.acknowledge(&name).await?);
        }
        context.ui.list(&answer, &answer.next_page_token, &HEADERS, |answer| {
            answer.notifications.iter().map(row).collect()
        })
    }
}
