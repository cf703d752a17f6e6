//! One look at one organisation.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use provision_connector_sdk::{
    CallClass, CallCounter, Connector, ConnectorFault, Deviation, FaultClass, Observation, Session,
};
use provision_core::account::{ConditionType, Failure, ServiceAccount};
use provision_core::component::{Component, ComponentState, Difference, DifferenceKind};
use provision_core::machine::{Comparison, Event};
use provision_core::plan::{Plan, PlanRef, PlannedComponent};
use provision_core::{Fault, Reason, Result};
use provision_store::Revision;
use provision_store::record::RecordKey;

use super::baseline::{Baseline, baseline};
use super::{Drift, can_be_looked_at};
use crate::commit::{Built, Draft};
use crate::drive::as_in_the_end;

/// Components that one look asks for at a time.
const COMPONENTS_A_LOOK: usize = 10_000;
/// More components than any account has.
const COMPONENTS_MAX: usize = 100_000;
/// Component records that one look changes; what is left is changed by the next.
const COMPONENTS_A_COMMIT: usize = 100;
/// Looks in a row that get no answer before the account says so.
const FAILURES_MAX: u32 = 3;

/// What came of a look.
pub(super) struct Looked {
    pub outlook: Outlook,
    /// It is worth to look again soon.
    pub amiss: bool,
    /// How often it could not be looked at in a row.
    pub failures: u32,
    /// No earlier than that.
    pub wait: Option<Duration>,
}

/// How organisation and plan compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    Agrees,
    Differs,
    /// It is another organisation.
    Replaced,
    /// The organisation refuses.
    Refused,
    Unseen,
    /// Nothing was promised, or somebody works on it.
    Skipped,
}

impl Outlook {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Outlook::Agrees => "agrees",
            Outlook::Differs => "differs",
            Outlook::Replaced => "replaced",
            Outlook::Refused => "refused",
            Outlook::Unseen => "unseen",
            Outlook::Skipped => "skipped",
        }
    }
}

/// What was seen.
enum Sight {
    Replaced { actual: String },
    Compared { comparison: Comparison, seen: Vec<Component> },
}

impl Drift {
    /// Compares one organisation with its plan, and stores what came of it.
    pub(super) async fn look(&self, account: &ServiceAccount, failures: u32) -> Result<Looked> {
        let looked = |outlook| Looked {
            outlook,
            amiss: !matches!(outlook, Outlook::Agrees | Outlook::Skipped),
            failures: 0,
            wait: None,
        };
        let Some(Baseline { plan, revision }) = baseline(&self.context, account).await? else {
            tracing::debug!(account = %account.name, "no plan is known that was carried out; nothing to compare with");
            return Ok(looked(Outlook::Skipped));
        };
        let known = self.components(account).await?;
        match self.see(account, &plan, &known).await {
            Ok(Sight::Replaced { actual }) => {
                tracing::warn!(account = %account.name, actual, "the organisation was replaced");
                let event = Event::OrganizationReplaced { actual };
                let kept = self.tell((account, revision), event, &[]).await?;
                Ok(looked(if kept { Outlook::Replaced } else { Outlook::Skipped }))
            }
            Ok(Sight::Compared { comparison, seen }) => {
                let outlook = match comparison.differences.is_empty() {
                    true => Outlook::Agrees,
                    false => Outlook::Differs,
                };
                let event = Event::DriftObserved { comparison };
                let kept = self.tell((account, revision), event, &seen).await?;
                Ok(looked(if kept { outlook } else { Outlook::Skipped }))
            }
            Err(fault) => self.unseen((account, revision), fault, failures).await,
        }
    }

    async fn components(&self, account: &ServiceAccount) -> Result<Vec<Component>> {
        let prefix = RecordKey::components(&account.name);
        let (all, _) = self.context.repository().all::<Component>(&prefix, COMPONENTS_MAX).await?;
        Ok(all.into_iter().map(|component| component.value).collect())
    }

    /// The organisation is asked who it is before it is asked for anything else.
    async fn see(
        &self,
        account: &ServiceAccount,
        plan: &Plan,
        known: &[Component],
    ) -> Result<Sight, ConnectorFault> {
        let connector = self.context.connectors.get(&account.connector).map_err(ConnectorFault::rejected)?;
        let calls = Arc::new(CallCounter::at_most(self.context.settings.drift.calls_max));
        self.runtime.budgets().pace(&calls, account, CallClass::Drift);
        let session = self.broker.session(account, calls);
        if let Some(actual) = other_organization(connector.as_ref(), &session, account).await? {
            return Ok(Sight::Replaced { actual });
        }
        let refused: HashSet<_> = known
            .iter()
            .filter(|c| c.state == ComponentState::Refused)
            .map(|c| (c.kind.as_str(), c.full_name.as_str()))
            .collect();
        let mut promised = as_in_the_end(plan);
        promised.retain(|c| !refused.contains(&(c.kind.as_str(), c.full_name.as_str())));
        let mut observations = Vec::with_capacity(promised.len());
        for chunk in promised.chunks(COMPONENTS_A_LOOK) {
            observations.extend(connector.observe(&session, plan, chunk).await?);
        }
        Ok(self.compare(plan, &promised, &observations, known))
    }

    fn compare(
        &self,
        plan: &Plan,
        promised: &[PlannedComponent],
        observations: &[Observation],
        known: &[Component],
    ) -> Sight {
        let now = self.context.now();
        let found: HashMap<_, _> =
            observations.iter().map(|o| ((o.kind.as_str(), o.full_name.as_str()), o)).collect();
        let known: HashMap<_, _> =
            known.iter().map(|c| ((c.kind.as_str(), c.full_name.as_str()), c)).collect();
        let mut comparison = Comparison::default();
        let mut broken = BTreeSet::new();
        let mut seen = Vec::new();
        for component in promised {
            let key = (component.kind.as_str(), component.full_name.as_str());
            let observation = found.get(&key).copied();
            if observation.is_some_and(|o| o.deviation == Some(Deviation::OtherVersion)) {
                comparison.outdated += 1;
                continue;
            }
            if let Some(difference) = difference(component, observation) {
                broken.extend(broken_by(plan, component));
                comparison.differences.push(difference);
            }
            let state = observation.map_or(ComponentState::Missing, |o| o.state);
            let message = observation.map_or("", |o| o.message.as_str());
            let before = known.get(&key).copied();
            if let Some(before) = before.filter(|c| c.state != state || c.message != message) {
                let remote_id = observation.map(|o| o.remote_id.clone()).filter(|id| !id.is_empty());
                seen.push(Component {
                    state,
                    message: message.to_owned(),
                    remote_id: remote_id.unwrap_or_else(|| before.remote_id.clone()),
                    observe_time: Some(now),
                    ..before.clone()
                });
            }
        }
        comparison.breaks = broken.into_iter().collect();
        Sight::Compared { comparison, seen }
    }

    async fn unseen(
        &self,
        looked_at: (&ServiceAccount, Option<Revision>),
        fault: ConnectorFault,
        failures: u32,
    ) -> Result<Looked> {
        tracing::info!(account = %looked_at.0.name, ?fault, "the organisation could not be compared with its plan");
        let failures = failures.saturating_add(1);
        let wait = match fault.class {
            FaultClass::Throttled { wait } => Some(wait),
            _ => None,
        };
        let reason = fault.fault.reason();
        let definite = matches!(fault.class, FaultClass::Denied | FaultClass::Rejected);
        // The broker tells of a grant that is gone, and the budget of calls that are used up.
        let told_elsewhere = matches!(
            reason,
            Reason::ReauthorizationRequired | Reason::GrantInDoubt | Reason::ApiBudgetExhausted
        );
        if !told_elsewhere && (definite || failures >= FAILURES_MAX) {
            let failure = Failure { reason, message: fault.fault.message().to_owned() };
            self.tell(looked_at, Event::LookFailed { failure, definite }, &[]).await?;
        }
        let outlook = if definite { Outlook::Refused } else { Outlook::Unseen };
        Ok(Looked { outlook, amiss: definite && !told_elsewhere, failures, wait })
    }

    /// Applies an event to the account, where it still is what was looked at, and stores what is new of components.
    async fn tell(
        &self,
        (looked_at, revision): (&ServiceAccount, Option<Revision>),
        event: Event,
        seen: &[Component],
    ) -> Result<bool> {
        let name = &looked_at.name;
        let promise = RecordKey::carried_out(name);
        self.context
            .commit(|| async {
                let found = match self.context.account(name).await {
                    Ok(found) => found,
                    Err(fault) if fault.reason() == Reason::ResourceNotFound => {
                        return Ok(Built::Already(false));
                    }
                    Err(fault) => return Err(fault),
                };
                // An operation that has begun, or ended, in the meantime has made the look worthless.
                let promised = self.context.repository().find::<PlanRef>(&promise).await?.map(|p| p.revision);
                let same = found.value.uid == looked_at.uid && promised == revision;
                if !same || !can_be_looked_at(&found.value) {
                    return Ok(Built::Already(false));
                }
                let mut draft = Draft::default();
                let (next, _) = draft.transition(&self.context, &found, event.clone())?;
                if next.conditions == found.value.conditions
                    && next.next_action == found.value.next_action
                    && next.failure == found.value.failure
                    && seen.is_empty()
                {
                    return Ok(Built::Already(true));
                }
                for component in seen.iter().take(COMPONENTS_A_COMMIT) {
                    draft.put(RecordKey::component(name, &component.id()), component)?;
                }
                Ok(Built::Commit(draft, true))
            })
            .await
    }
}

/// Refuses where another organisation stands behind the grant than the one that the account belongs to.
pub(crate) async fn demand_same_organization(
    connector: &dyn Connector,
    session: &Session,
    account: &ServiceAccount,
) -> Result<(), ConnectorFault> {
    match other_organization(connector, session, account).await? {
        None => Ok(()),
        Some(actual) => Err(ConnectorFault::rejected(
            Fault::new(
                Reason::OrgMismatch,
                "the organisation behind the grant is another one than the one that was provisioned, as where a \
                 fresh copy has taken its place: nothing is written to it; deprovision the account with mode LOCAL_ONLY, and \
                 create another one",
            )
            .meta("expected", known_organization(account))
            .meta("actual", actual),
        )),
    }
}

/// The organisation's id, where it is not the account's.
async fn other_organization(
    connector: &dyn Connector,
    session: &Session,
    account: &ServiceAccount,
) -> Result<Option<String>, ConnectorFault> {
    match connector.identify(session).await {
        Ok(identity) => {
            let actual = identity.organization_id;
            Ok((actual != known_organization(account)).then_some(actual))
        }
        // A connector that was told whom to expect refuses by itself.
        Err(fault) if fault.fault.reason() == Reason::OrgMismatch => {
            Ok(Some(fault.fault.metadata().get("actual").cloned().unwrap_or_default()))
        }
        Err(fault) => Err(fault),
    }
}

fn known_organization(account: &ServiceAccount) -> &str {
    account.identity.as_ref().map_or("", |identity| identity.organization_id.as_str())
}

/// What a step with that component has established.
fn broken_by<'p>(
    plan: &'p Plan,
    component: &'p PlannedComponent,
) -> impl Iterator<Item = ConditionType> + 'p {
    let brings = |c: &PlannedComponent| c.kind == component.kind && c.full_name == component.full_name;
    plan.steps
        .iter()
        .filter(move |step| step.components.iter().any(brings))
        .flat_map(|step| step.establishes.iter().copied())
}

fn difference(component: &PlannedComponent, observation: Option<&Observation>) -> Option<Difference> {
    let (change, how) = match observation {
        None => (DifferenceKind::Missing, "it is not there"),
        Some(o) if o.state == ComponentState::Present => return None,
        Some(o) => {
            let change = match (o.deviation, o.state) {
                (Some(Deviation::Inactive), _) => DifferenceKind::Deactivated,
                // What is there under its name is somebody else's; ours is not.
                (Some(Deviation::Foreign), _) | (_, ComponentState::Missing) => DifferenceKind::Missing,
                _ => DifferenceKind::Modified,
            };
            (change, o.message.as_str())
        }
    };
    let word = match change {
        DifferenceKind::Missing => "is missing",
        DifferenceKind::Modified => "was changed",
        DifferenceKind::Deactivated => "was switched off",
    };
    let mut message = format!("{} {} {word}", component.kind, component.full_name);
    if !how.is_empty() {
        message.push_str(&format!(" ({how})"));
    }
    Some(Difference { kind: component.kind.clone(), full_name: component.full_name.clone(), change, message })
}
