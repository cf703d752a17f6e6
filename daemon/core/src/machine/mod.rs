//! The account state machine: (account, event) → (account, actions). No clock, no await, no store: what must happen
//! outside comes back as values, and happens after they are committed.

mod authorization;
mod budget;
mod channel;
mod drift;
mod grant;
mod inventory;
mod operation;
mod owner;
mod removal;
mod suspension;

use std::collections::BTreeMap;

pub use authorization::{AUTHORIZE, BEGIN_AUTHORIZATION, authorize_action};
pub use drift::{Comparison, DRIFT_DETECTED, REPLACE_ACCOUNT};
pub use inventory::INVENTORY_FALL_HELD;
pub use owner::{EXPLAIN, RECONNECT, REPAIR};
pub use removal::REAUTHORIZE_OR_DEPROVISION_LOCALLY;
pub use suspension::LICENSE_GRACE;

use crate::account::{Failure, Identity, Phase, ServiceAccount};
use crate::component::Coverage;
use crate::fault::{Fault, Result};
use crate::ids::OperationName;
use crate::inventory::ReadingOutcome;
use crate::notification::NotificationCode;
use crate::operation::OperationKind;
use crate::reason::Reason;
use crate::{Timestamp, account::ConditionType};

/// Something that happened to an account.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A caller began an authorisation; the administrator has until `deadline`.
    AuthorizationBegun { deadline: Timestamp },
    /// It came back without a grant, or never came back.
    AuthorizationEnded { failure: Failure },
    /// It came back with a grant, and the organisation said who it is.
    Authorized { identity: Identity },
    /// The operation that reads the inventory has reached its end.
    InventoryRead { outcome: ReadingOutcome },
    /// An operation takes the account.
    OperationStarted { operation: OperationName, kind: OperationKind },
    /// A step of it was done, and these conditions hold now.
    StepDone { establishes: Vec<ConditionType>, coverage: Coverage },
    /// Provisioning reached its end.
    Provisioned { coverage: Coverage },
    /// The operation failed.
    OperationFailed { operation: OperationName, kind: OperationKind, failure: Failure },
    /// The operation was cancelled by a caller.
    OperationCancelled { operation: OperationName, kind: OperationKind },
    /// The event channel is open.
    EventsConnected,
    /// The event channel is lost; it is being reopened.
    EventsInterrupted { message: String },
    /// The grant is gone, or whether it lives cannot be told.
    GrantLost { failure: Failure },
    /// Whether the grant lives cannot be told. The access token can be used, until `until` where that is known, or it
    /// is refused too; then `until` is when the grant is given up.
    GrantInDoubt { failure: Failure, until: Option<Timestamp>, usable: bool },
    /// A grant that was in doubt lives.
    GrantConfirmed,
    /// The grant will end then, unless somebody authorises again.
    GrantExpiring { expire_time: Timestamp },
    /// The stream does not know our position any more: what happened since then is lost to it.
    EventsMissed { since: Option<Timestamp> },
    /// Plan and organisation were compared.
    DriftObserved { comparison: Comparison },
    /// The organisation behind the grant is another one than the one that was provisioned.
    OrganizationReplaced { actual: String },
    /// The organisation could not be looked at; `definite` where it refuses, and will until somebody mends it.
    LookFailed { failure: Failure, definite: bool },
    /// A repair reached its end.
    Repaired { coverage: Coverage },
    /// The licence has ended and counts until then.
    LicenseGrace { until: Timestamp },
    /// The licence does not count any more; the account is deprovisioned at `removal`, where that is set.
    LicenseLapsed { failure: Failure, removal: Option<Timestamp> },
    /// The licence counts again.
    LicenseRestored,
    /// Whoever must act has not, and the time is over.
    ActionOverdue,
    /// Whether the organisation's allowance leaves room.
    BudgetObserved { within: bool, message: String },
    /// A deprovisioning reached its end.
    Deprovisioned { leftovers: u64 },
}

/// Something to do once the transition is committed.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Tell the tenant's people; written in the same commit.
    Notify { code: NotificationCode, parameters: BTreeMap<String, String> },
    /// Drive the operation.
    Drive { operation: OperationName },
    /// Keep the event channel open.
    OpenEvents,
    /// Close the event channel; its position stays.
    CloseEvents,
    /// Another operation takes the account: this one must stop.
    Halt { operation: OperationName },
}

/// What a transition leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub account: ServiceAccount,
    pub actions: Vec<Action>,
}

/// Applies an event. A fault means that the event does not fit the account as it stands; nothing has changed then.
pub fn transition(account: &ServiceAccount, event: Event, now: Timestamp) -> Result<Outcome> {
    let mut next = account.clone();
    let mut actions = Vec::new();
    match event {
        // A late look at a grant that was revoked with its account.
        Event::GrantInDoubt { .. } | Event::GrantConfirmed | Event::GrantExpiring { .. }
            if next.phase == Phase::Deprovisioned => {}
        Event::AuthorizationBegun { deadline } => authorization::begun(&mut next, deadline, now)?,
        Event::AuthorizationEnded { failure } => authorization::ended(&mut next, &failure, now),
        Event::Authorized { identity } => authorization::authorized(&mut next, identity, now, &mut actions)?,
        Event::GrantLost { failure } => authorization::grant_lost(&mut next, &failure, now, &mut actions),
        Event::InventoryRead { outcome } => inventory::read(&mut next, &outcome, now, &mut actions),
        Event::OperationStarted { operation, kind } => {
            operation::started(&mut next, operation, kind, now, &mut actions)?;
        }
        Event::StepDone { establishes, coverage } => {
            operation::step_done(&mut next, &establishes, coverage, now)
        }
        Event::Provisioned { coverage } => operation::provisioned(&mut next, coverage, now, &mut actions),
        Event::OperationFailed { operation, kind, failure } => {
            if next.current_operation.as_ref() == Some(&operation) {
                operation::failed(&mut next, kind, failure, now, &mut actions);
            }
        }
        Event::OperationCancelled { operation, kind } => {
            if next.current_operation.as_ref() == Some(&operation) {
                operation::cancelled(&mut next, kind, now, &mut actions);
            }
        }
        Event::GrantInDoubt { failure, until, usable } => {
            grant::in_doubt(&mut next, &failure, until, usable, now, &mut actions);
        }
        Event::GrantConfirmed => grant::confirmed(&mut next, now, &mut actions),
        Event::GrantExpiring { expire_time } => grant::expiring(&mut next, expire_time, &mut actions),
        Event::EventsMissed { since } => channel::missed(&mut next, since, &mut actions),
        Event::DriftObserved { comparison } => drift::observed(&mut next, &comparison, now, &mut actions),
        Event::OrganizationReplaced { actual } => drift::replaced(&mut next, &actual, now, &mut actions),
        Event::LookFailed { failure, definite } => {
            drift::unseen(&mut next, &failure, definite, now, &mut actions);
        }
        Event::Repaired { coverage } => drift::repaired(&mut next, coverage, now, &mut actions),
        Event::LicenseLapsed { failure, removal } => {
            suspension::lapsed(&mut next, &failure, removal, now, &mut actions);
        }
        Event::LicenseGrace { until } => suspension::grace(&mut next, until, now, &mut actions),
        Event::ActionOverdue => owner::overdue(&mut next, now, &mut actions),
        Event::LicenseRestored => suspension::restored(&mut next, now, &mut actions),
        Event::BudgetObserved { within, message } => budget::observed(&mut next, within, &message, now),
        Event::Deprovisioned { leftovers } => removal::ended(&mut next, leftovers, now, &mut actions),
        Event::EventsConnected => channel::connected(&mut next, now, &mut actions),
        Event::EventsInterrupted { message } => channel::interrupted(&mut next, &message, now, &mut actions),
    }
    owner::settle(account, &mut next, now);
    next.update_time = now;
    Ok(Outcome { account: next, actions })
}

/// The fault of a call that does not fit the phase.
pub(crate) fn wrong_phase(account: &ServiceAccount, what: &str, fitting: &[Phase]) -> Fault {
    let fitting: Vec<_> = fitting.iter().map(|p| p.as_str()).collect();
    Fault::new(
        Reason::WrongPhase,
        format!(
            "the account is in phase {}; it cannot be {what} before it is in phase {}",
            account.phase.as_str(),
            fitting.join(" or ")
        ),
    )
    .meta("phase", account.phase.as_str())
    .violation("phase", format!("must be {}", fitting.join(" or ")))
}

fn facts(account: &ServiceAccount) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    facts.insert("service_account".to_owned(), account.name.to_string());
    facts.insert("display_name".to_owned(), account.display_name.clone());
    if let Some(identity) = &account.identity {
        facts.insert("organization_id".to_owned(), identity.organization_id.clone());
        facts.insert("organization_name".to_owned(), identity.organization_name.clone());
        facts.insert("username".to_owned(), identity.username.clone());
    }
    facts
}

fn notify(
    account: &ServiceAccount,
    code: NotificationCode,
    more: &[(&str, &str)],
    actions: &mut Vec<Action>,
) {
    let mut parameters = facts(account);
    parameters.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    actions.push(Action::Notify { code, parameters });
}

#[cfg(test)]
mod tests;
