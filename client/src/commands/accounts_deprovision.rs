//! `accounts deprovision`.

use clap::{Args, ValueEnum};
use provision_client::api::v1::{
    DeprovisionServiceAccountRequest, QuarantineDisposition, RemovalMode, ServiceAccount,
};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::escape;
use crate::{steps, views};

/// Undo provisioning, and prove it.
///
/// Closes the event channel, removes everything of ours from the organisation, revokes the grant, and lists what has to
/// stay. Possible at any time, also while the account is being provisioned. Shows the account and asks, unless --yes is
/// given. The operation runs in the daemon: it goes on when this command ends, and `operations wait` finds it again.
#[derive(Debug, Args)]
pub struct Deprovision {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// How far to go.
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Mode::Everything)]
    mode: Mode,
    /// What becomes of quarantined content; needed where there is any.
    #[arg(long, value_enum, value_name = "DISPOSITION")]
    quarantine: Option<Quarantine>,
    /// Refuse when the account has changed since; `accounts get --output json` shows the etag.
    #[arg(long, value_name = "ETAG")]
    etag: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Wait until it is done, and show what has become of it.
    #[arg(long, short)]
    wait: bool,
    /// Check everything, start nothing.
    #[arg(long, conflicts_with = "wait")]
    validate_only: bool,
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Everything of ours leaves the organisation.
    Everything,
    /// What is in the organisation stays; channel and grant end.
    KeepComponents,
    /// For an organisation that is gone or cannot be reached: no call leaves, the tokens are destroyed.
    LocalOnly,
}

/// What becomes of quarantined content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Quarantine {
    /// Back to where it came from.
    RestoreAll,
    /// Kept by the daemon for `accounts export`, then deleted.
    Export,
    /// Deleted for good.
    DeleteAll,
}

impl Deprovision {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let client = context.client().await?;
        let mut etag = self.etag.clone().unwrap_or_default();
        if !self.yes && !self.validate_only {
            let account = client.accounts().get(&name).await?;
            if !self.agreed(context, &name, &account).await? {
                return Ok(());
            }
            // What was shown is what is deprovisioned.
            if etag.is_empty() {
                etag = account.etag;
            }
        }
        let request = DeprovisionServiceAccountRequest {
            name,
            etag,
            mode: self.mode.wire() as i32,
            quarantine_disposition: self.quarantine.map_or(0, |q| q.wire() as i32),
            validate_only: self.validate_only,
            ..DeprovisionServiceAccountRequest::default()
        };
        let operation = client.accounts().deprovision(request).await?;
        if self.validate_only {
            return context.ui.done("It could be deprovisioned; nothing was begun.");
        }
        if !self.wait {
            return context.ui.show(&operation, views::operation);
        }
        context.ui.note(&escape(&operation.name));
        let operation = steps::wait_done(context, &client, &operation.name).await?;
        context.ui.show(&operation, views::operation)
    }

    async fn agreed(
        &self,
        context: &Context,
        name: &str,
        account: &ServiceAccount,
    ) -> Result<bool, CommandError> {
        context.ui.note(views::account(account).trim_end());
        let place = account.authorized_identity.as_ref().map_or_else(|| name.to_owned(), views::organisation);
        let question = match self.mode {
            Mode::Everything => format!("Remove everything of ours from {}?", escape(&place)),
            Mode::KeepComponents => format!("Give up the access to {}?", escape(&place)),
            Mode::LocalOnly => format!("Forget {}, and leave it as it is?", escape(&place)),
        };
        match context.ui.confirm(&question).await? {
            Some(true) => Ok(true),
            Some(false) => {
                context.ui.note("Nothing was begun.");
                Ok(false)
            }
            None => Err(CommandError::Usage("there is no terminal to ask on: give --yes".to_owned())),
        }
    }
}

impl Mode {
    fn wire(self) -> RemovalMode {
        match self {
            Mode::Everything => RemovalMode::Everything,
            Mode::KeepComponents => RemovalMode::KeepComponents,
            Mode::LocalOnly => RemovalMode::LocalOnly,
        }
    }
}

impl Quarantine {
    fn wire(self) -> QuarantineDisposition {
        match self {
            Quarantine::RestoreAll => QuarantineDisposition::RestoreAll,
            Quarantine::Export => QuarantineDisposition::Export,
            Quarantine::DeleteAll => QuarantineDisposition::DeleteAll,
        }
    }
}
