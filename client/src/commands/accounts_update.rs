//! `accounts update`.

use clap::{ArgGroup, Args, ValueEnum};
use provision_client::api::v1::{self, ServiceAccount};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::{json, views};

/// Change an account's display name, settings or drift policy.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("change").args(["display_name", "settings", "drift_policy"]).required(true).multiple(true)))]
pub struct Update {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// Name for people.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// All of its settings, as a JSON object; what is not in it is taken away.
    #[arg(long, value_name = "JSON")]
    settings: Option<String>,
    /// What the daemon does about a difference between what was provisioned and the organisation.
    #[arg(long, value_enum, value_name = "POLICY")]
    drift_policy: Option<DriftPolicy>,
    /// Refuse when the account has changed since; `accounts get --output json` shows the etag.
    #[arg(long, value_name = "ETAG", default_value = "", hide_default_value = true)]
    etag: String,
}

/// What the daemon does about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DriftPolicy {
    /// People are told; `accounts repair` restores.
    Notify,
    /// People are told, and the daemon begins the repair.
    Repair,
}

impl From<DriftPolicy> for v1::DriftPolicy {
    fn from(policy: DriftPolicy) -> Self {
        match policy {
            DriftPolicy::Notify => v1::DriftPolicy::Notify,
            DriftPolicy::Repair => v1::DriftPolicy::Repair,
        }
    }
}

impl Update {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let settings = self.settings.as_deref().map(json::settings).transpose()?;
        let paths: Vec<&str> = [
            ("display_name", self.display_name.is_some()),
            ("settings", settings.is_some()),
            ("drift_policy", self.drift_policy.is_some()),
        ]
        .into_iter()
        .filter_map(|(path, given)| given.then_some(path))
        .collect();
        let change = ServiceAccount {
            name: context.account(&self.account)?,
            display_name: self.display_name.unwrap_or_default(),
            settings,
            drift_policy: self.drift_policy.map_or(0, |policy| v1::DriftPolicy::from(policy).into()),
            etag: self.etag,
            ..ServiceAccount::default()
        };
        let account = context.client().await?.accounts().update(change, &paths).await?;
        context.ui.show(&account, views::account)
    }
}
