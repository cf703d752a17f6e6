//! The list of preconditions as data: the manifest and the documentation's page come from it.

use provision_connector_sdk::CheckStatus;
use provision_connector_sdk::core::account::Actor;
use provision_connector_sdk::core::precondition::{CheckSeverity, PreconditionSpec};

use crate::manifest::{PRODUCTION, SANDBOX};

/// A precondition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    pub id: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// What to do when it fails.
    pub fix: &'static str,
    pub actor: Actor,
    pub weight: Weight,
    pub source: Source,
    /// How a person can look. Empty where the organisation always tells.
    pub look: &'static str,
    /// The page of Setup where the administrator acts, as it stands in its address. Empty where there is none.
    pub setup: &'static str,
    pub scope: Scope,
}

/// What becomes of a precondition that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// People are told.
    Advisory,
    /// Provisioning is refused.
    Blocking,
    /// The fresh grant is refused too: it belongs to the user or to the organisation for ever.
    RefusesGrant,
}

/// Where the answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The organisation is asked.
    Organization,
    /// No API tells it: only a person can look.
    Person,
}

/// Which accounts a precondition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    Production,
    /// Where the app comes as the vendor's package.
    Package,
}

/// The most common kind: an administrator of the organisation mends it, and the organisation tells it.
pub(crate) const SPEC: Spec = Spec {
    id: "",
    title: "",
    description: "",
    fix: "",
    actor: Actor::SaasAdmin,
    weight: Weight::Blocking,
    source: Source::Organization,
    look: "",
    setup: "",
    scope: Scope::All,
};

impl Spec {
    /// As it stands in the manifest. `packaged` names the environments whose app is a package.
    pub(super) fn describe(&self, packaged: &[&str]) -> PreconditionSpec {
        let environments: Vec<&str> = match self.scope {
            Scope::All => Vec::new(),
            Scope::Production => vec![PRODUCTION],
            Scope::Package => packaged.to_vec(),
        };
        PreconditionSpec {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            fix: self.fix.to_owned(),
            actor: self.actor,
            severity: match self.weight {
                Weight::Advisory => CheckSeverity::Advisory,
                Weight::Blocking | Weight::RefusesGrant => CheckSeverity::Blocking,
            },
            refuses_grant: self.weight == Weight::RefusesGrant,
            look: (self.source == Source::Person).then(|| self.look.to_owned()),
            help_uri: None,
            environments: environments.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Whether an account of that environment is asked for it.
    pub(super) fn applies(&self, environment: &str, packaged: &[&str]) -> bool {
        match self.scope {
            Scope::All => [SANDBOX, PRODUCTION].contains(&environment),
            Scope::Production => environment == PRODUCTION,
            Scope::Package => packaged.contains(&environment),
        }
    }
}

/// How a precondition came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub status: CheckStatus,
    pub evidence: String,
    /// What to do in this very case, where that is more than the list says.
    pub fix: Option<String>,
}

pub(super) fn passed(evidence: impl Into<String>) -> Verdict {
    Verdict { status: CheckStatus::Passed, evidence: evidence.into(), fix: None }
}

pub(super) fn failed(evidence: impl Into<String>) -> Verdict {
    Verdict { status: CheckStatus::Failed, evidence: evidence.into(), fix: None }
}

pub(super) fn unknown(evidence: impl Into<String>) -> Verdict {
    Verdict { status: CheckStatus::Unknown, evidence: evidence.into(), fix: None }
}

/// Passed where it holds, failed otherwise, with the same evidence.
pub(super) fn holds(it_does: bool, evidence: impl Into<String>) -> Verdict {
    if it_does { passed(evidence) } else { failed(evidence) }
}

impl Verdict {
    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// What was asked for and seen, or why it was not.
pub(crate) type Seen<T> = Result<T, String>;

/// Judges what was seen; what was not seen is unknown.
pub(super) fn judged<T>(seen: &Seen<T>, judge: impl FnOnce(&T) -> Verdict) -> Verdict {
    match seen {
        Ok(seen) => judge(seen),
        Err(why) => unknown(why.as_str()),
    }
}
