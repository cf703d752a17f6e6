//! What is special about an org: its kind, what its administrators lack, what is used up, what is locked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::customer::Customer;

/// What a write during maintenance is told.
pub const MAINTENANCE: &str =
    "Updates can't be made during maintenance. Try again when maintenance is complete.";

/// The kinds of org that Salesforce hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum OrgKind {
    /// A paid org: Apex comes in with tests only.
    Production,
    /// A copy of production; `IsSandbox` is true.
    Sandbox,
    /// `IsSandbox` is true and it expires.
    Scratch,
    /// It expires.
    Trial,
    /// Developer Edition: neither a sandbox nor paid.
    Developer,
}

impl OrgKind {
    /// `Organization.IsSandbox`.
    pub fn is_sandbox(self) -> bool {
        matches!(self, Self::Sandbox | Self::Scratch)
    }

    /// The login host that orgs of its kind share.
    pub fn login_url(self) -> &'static str {
        if self.is_sandbox() { "https://test.salesforce.com" } else { "https://login.salesforce.com" }
    }

    /// Whether it has a `TrialExpirationDate`.
    pub fn expires(self) -> bool {
        matches!(self, Self::Scratch | Self::Trial)
    }

    /// `Organization.OrganizationType`, unless something else is asked for.
    pub fn usual_edition(self) -> &'static str {
        match self {
            Self::Developer => "Developer Edition",
            Self::Production | Self::Sandbox | Self::Scratch | Self::Trial => "Enterprise Edition",
        }
    }
}

/// Who may use the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum AppPolicy {
    /// Not installed: only users with "Approve Uninstalled Connected Apps" may allow it.
    #[default]
    NotInstalled,
    /// Installed; all users may allow it themselves.
    Installed,
    /// Blocked by the administrator.
    Blocked,
    /// Only users that the administrator has approved, who are none.
    AdminApprovedOnly,
}

/// How long a refresh token works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefreshPolicy {
    /// Until revoked.
    #[default]
    Infinite,
    /// Not at all: it is expired as soon as it is handed out.
    Zero,
    /// Until it has not been used for so long.
    Idle(Duration),
    /// For so long after it was handed out first.
    Lifetime(Duration),
}

/// A trigger that does not compile here, for reasons of the org's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedTrigger {
    /// API name of the object.
    pub object: String,
    /// The compiler's words.
    pub problem: String,
}

/// Everything that makes this org unlike the next one. The default is an ordinary org.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// `None`: what `Config::environment` says.
    pub kind: Option<OrgKind>,
    /// `Organization.OrganizationType`; `None` = what the kind usually has.
    pub edition: Option<String>,
    /// The edition has no API.
    pub api_disabled: bool,
    /// User names whose API access is off.
    pub api_disabled_for: Vec<String>,
    /// API Access Control lets only listed apps in, and this one is not listed.
    pub api_access_control: bool,
    /// User permissions that administrators lack, without their `Permissions` prefix.
    pub without_permissions: Vec<String>,
    /// API calls of others in the last 24 hours.
    pub api_requests_used: u64,
    /// Data and file storage in use, in percent; at 100 nothing can be created.
    pub storage_used_percent: u32,
    /// At the start a deployment by somebody else runs for so long on the org's clock.
    pub deploy_lock: Duration,
    /// A session works only from the address that it was opened from.
    pub lock_sessions_to_ip: bool,
    /// Maintenance: everything can be read and nothing written.
    pub read_only: bool,
    /// Salesforce has locked the org: nobody gets in, and refreshes are refused as `inactive_org`.
    pub locked: bool,
    /// Host, with its port, of the instance that the org has moved to since it began.
    pub moved_to: Option<String>,
    /// Nobody can log in at `login` or `test`.
    pub my_domain_only: bool,
    pub app_policy: AppPolicy,
    /// Consumer secret of the vendor's app since it was rotated; `None` = the one that it began with.
    pub client_secret: Option<String>,
    /// An authorize request without a code challenge is taken.
    pub pkce_optional: bool,
    pub refresh_policy: RefreshPolicy,
    pub refused_triggers: Vec<RefusedTrigger>,
    /// Objects of which no test can make a record that a trigger gets to see: a flow before the save refuses it.
    pub uncovered_triggers: Vec<String>,
    /// Test classes of the org's own that fail.
    pub failing_tests: Vec<String>,
    /// The org has code of its own, of which tests cover so many percent; `None` = it has none.
    pub org_coverage_percent: Option<u32>,
    /// What else the org's own administrators and developers have made.
    pub customer: Customer,
    /// Characters of Apex that the org has already, of the 6 million it may have.
    pub apex_characters_used: usize,
}

impl Conditions {
    /// The problem of a trigger on this object, if it has one.
    pub fn refused_trigger(&self, object: &str) -> Option<&str> {
        let found = self.refused_triggers.iter().find(|one| one.object.eq_ignore_ascii_case(object));
        found.map(|one| one.problem.as_str())
    }
}
