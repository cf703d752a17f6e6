//! How resources read on a terminal.

use provision_client::api::google::longrunning::Operation;
use provision_client::api::google::longrunning::operation::Result as Outcome;
use provision_client::api::v1;
use provision_client::{Error, metadata};

use crate::json::struct_text;
use crate::table::card;
use crate::text::{escape, time, word};

mod check;
mod connector;
mod explanation;
mod inventory;
mod plan;
mod removal;

pub use check::checks;
pub use connector::connector;
pub use explanation::explanation;
pub use inventory::inventory;
pub use plan::{Unprotected, plan};

/// An account as a card, with the conditions that do not hold.
pub fn account(account: &v1::ServiceAccount) -> String {
    let identity = account.authorized_identity.as_ref();
    let mut fields = vec![
        ("Account", account.name.clone()),
        ("Display name", account.display_name.clone()),
        ("Connector", account.connector.clone()),
        ("Environment", account.environment.clone()),
        ("State", state(account)),
        ("Phase", phase(account)),
        ("Settings", account.settings.as_ref().map(struct_text).unwrap_or_default()),
        ("Organisation", identity.map(organisation).unwrap_or_default()),
        ("User", identity.map(user).unwrap_or_default()),
        ("Operation", account.current_operation.clone()),
        ("Events received", account.event_channel.as_ref().map(events).unwrap_or_default()),
        ("API calls", account.api_budget.as_ref().map(api_budget).unwrap_or_default()),
        ("Drift", drift(account)),
        (
            "Failure",
            account.failure.as_ref().map(|f| format!("{}: {}", f.reason, f.message)).unwrap_or_default(),
        ),
        ("Next", account.next_action.as_ref().map(next_action).unwrap_or_default()),
    ];
    for acceptance in &account.acceptances {
        fields.push(("Accepted", format!("{} ({})", acceptance.check, accepted(acceptance))));
    }
    for condition in &account.conditions {
        if condition.status == v1::ConditionStatus::False as i32 {
            let text = match condition.message.as_str() {
                "" => condition.reason.clone(),
                message => format!("{}: {message}", condition.reason),
            };
            fields.push(("Not", format!("{} ({text})", condition.r#type)));
        }
    }
    card(&fields)
}

/// So much of the organisation's allowance, and whether the daemon holds calls back.
fn api_budget(budget: &v1::ApiBudget) -> String {
    let held = match budget.throttled_until {
        Some(_) => "; what can wait is held back",
        None => "",
    };
    format!("{} of {} in 24 hours{held}", budget.used, budget.limit)
}

/// What is not the rule.
fn drift(account: &v1::ServiceAccount) -> String {
    match account.drift_policy() {
        v1::DriftPolicy::Repair => "repaired by the daemon".to_owned(),
        _ => String::new(),
    }
}

/// The summary word of an account.
pub fn state(account: &v1::ServiceAccount) -> String {
    word(account.state, v1::ServiceAccountState::as_str_name, "SERVICE_ACCOUNT_STATE_")
}

/// The phase of an account.
pub fn phase(account: &v1::ServiceAccount) -> String {
    word(account.phase, v1::ServiceAccountPhase::as_str_name, "SERVICE_ACCOUNT_PHASE_")
}

/// The organisation that stands behind a grant.
pub fn organisation(identity: &v1::AuthorizedIdentity) -> String {
    let mut facts = Vec::<&str>::new();
    for fact in
        [&identity.organization_id, &identity.environment, &identity.organization_kind, &identity.edition]
    {
        // The kind of an ordinary organisation is its environment.
        if !fact.is_empty() && !facts.contains(&fact.as_str()) {
            facts.push(fact);
        }
    }
    format!("{} ({})", identity.organization_name, facts.join(", "))
}

/// The user that stands behind a grant.
pub fn user(identity: &v1::AuthorizedIdentity) -> String {
    format!("{} ({})", identity.user_display_name, identity.username)
}

/// Who must do what.
pub fn next_action(next: &v1::NextAction) -> String {
    let actor = word(next.actor, v1::Actor::as_str_name, "ACTOR_");
    let mut text = format!("{actor}: {}", next.hint);
    if !next.link.is_empty() {
        text.push_str(&format!(" ({})", next.link));
    }
    if next.deadline.is_some() {
        text.push_str(&format!(", until {}", time(next.deadline.as_ref())));
    }
    text
}

/// Who accepted something, when and why.
pub fn accepted(acceptance: &v1::PreconditionAcceptance) -> String {
    let at = time(acceptance.accept_time.as_ref());
    format!("{}, {at}: {}", acceptance.principal, acceptance.reason)
}

/// A change of an account as one line.
pub fn account_change(event: &v1::ServiceAccountEvent) -> String {
    use v1::service_account_event::Change;
    let account = match &event.change {
        Some(Change::Upsert(account)) => account,
        Some(Change::Removed(name)) => return format!("{:<20}  {}  removed\n", "", escape(name)),
        None => return String::new(),
    };
    let detail = match (&account.failure, &account.next_action) {
        (Some(failure), _) => format!("{}: {}", failure.reason, failure.message),
        (None, Some(next)) => next_action(next),
        (None, None) => account.current_operation.clone(),
    };
    let line = format!(
        "{:<20}  {}  {:<15}  {:<22}  {}",
        time(account.update_time.as_ref()),
        escape(&account.name),
        state(account),
        phase(account),
        escape(&detail)
    );
    format!("{}\n", line.trim_end())
}

fn events(channel: &v1::EventChannel) -> String {
    match channel.received_count {
        0 if !channel.connected => String::new(),
        received if channel.connected => format!("{received}, connected"),
        received => format!("{received}, not connected"),
    }
}

/// An operation as a card with its steps.
pub fn operation(operation: &Operation) -> String {
    // What is not ours has no metadata of ours; the name and the end show anyway.
    let metadata = metadata(operation).unwrap_or_default();
    let error = match &operation.result {
        Some(Outcome::Error(status)) => Error::from_operation(status).to_string(),
        Some(Outcome::Response(_)) | None => String::new(),
    };
    let mut text = card(&[
        ("Operation", operation.name.clone()),
        ("Kind", kind(&metadata)),
        ("State", operation_state(&metadata)),
        ("Account", metadata.service_account.clone()),
        ("Started by", metadata.principal.clone()),
        ("Started", time(metadata.create_time.as_ref())),
        ("Ended", time(metadata.end_time.as_ref())),
        ("API calls", metadata.api_calls.to_string()),
        ("Throttled until", time(metadata.throttled_until.as_ref())),
        ("Next", metadata.next_action.as_ref().map(next_action).unwrap_or_default()),
        ("Error", error),
    ]);
    for step in &metadata.steps {
        let state = word(step.state, v1::StepState::as_str_name, "STEP_STATE_").to_lowercase();
        text.push_str(&format!("  {state:<8} {}{}\n", escape(&step.title), units(step)));
    }
    text.push_str(&removal::outcome(operation, &metadata));
    text
}

/// What an operation does.
pub fn kind(metadata: &v1::OperationMetadata) -> String {
    word(metadata.kind, v1::OperationKind::as_str_name, "OPERATION_KIND_")
}

/// Where an operation stands.
pub fn operation_state(metadata: &v1::OperationMetadata) -> String {
    word(metadata.state, v1::OperationState::as_str_name, "OPERATION_STATE_")
}

/// ` 3/7`, or nothing while the total is not known.
pub fn units(step: &v1::StepProgress) -> String {
    if step.total > 0 { format!(" {}/{}", step.done, step.total) } else { String::new() }
}

/// A notification as one line.
pub fn notification(notification: &v1::Notification) -> String {
    let severity = word(notification.severity, v1::Severity::as_str_name, "SEVERITY_");
    format!(
        "{}  {severity:<7}  {}  {}\n",
        time(notification.create_time.as_ref()),
        escape(&notification.code),
        escape(&notification.text)
    )
}
