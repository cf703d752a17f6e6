//! `notifications`.

use clap::{Args, Subcommand, ValueEnum};
use provision_client::api::v1::{Notification, Severity, StreamStart};
use provision_client::names;

use crate::args::ListArgs;
use crate::command_error::CommandError;
use crate::commands::notifications_ack::Ack;
use crate::context::Context;
use crate::text::{time, word};
use crate::views;

/// List notifications, newest first; follow them as they come; or mark them as seen.
///
/// Filter fields: code, service_account, severity.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Notifications {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: ListArgs,
    /// Print notifications as they come, each on a line, until Ctrl-C.
    #[arg(long, short)]
    follow: bool,
    /// Where to begin to follow.
    #[arg(long, value_enum, default_value_t = From::Now, requires = "follow")]
    from: From,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ack(Ack),
}

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// With what comes from now on.
    Now,
    /// With the oldest that is kept.
    Oldest,
}

impl Notifications {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        if let Some(Command::Ack(ack)) = self.command {
            return ack.run(context).await;
        }
        let tenant = context.tenant()?;
        let client = context.client().await?;
        if self.follow {
            let start = match self.from {
                From::Now => StreamStart::Now,
                From::Oldest => StreamStart::Oldest,
            };
            let mut stream = client.notifications().follow(&tenant, &self.list.filter, start).await?;
            context.ui.note("following; Ctrl-C ends it");
            loop {
                let followed = stream.next().await?;
                if followed.missed_before {
                    context.ui.note("note: something before the next one was not delivered");
                }
                context.ui.show_line(&followed.notification, views::notification)?;
            }
        }
        let answer = client.notifications().list(&tenant, self.list.options()).await?;
        context.ui.list(&answer, &answer.next_page_token, &HEADERS, |answer| {
            answer.notifications.iter().map(row).collect()
        })
    }
}

/// Columns of a list of notifications. The id stands last but one: only `ack` needs it.
pub const HEADERS: [&str; 5] = ["TIME", "SEVERITY", "CODE", "NOTIFICATION", "TEXT"];

/// A notification in those columns.
pub fn row(notification: &Notification) -> Vec<String> {
    vec![
        time(notification.create_time.as_ref()),
        word(notification.severity, Severity::as_str_name, "SEVERITY_"),
        notification.code.clone(),
        names::last(&notification.name).to_owned(),
        notification.text.clone(),
    ]
}
