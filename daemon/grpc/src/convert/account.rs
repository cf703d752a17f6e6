//! Service accounts.

use provision_api::v1;
use provision_core::account::{
    Actor, ApiBudget, Condition, DriftPolicy, EventChannel, Failure, GrantOutlook, GrantState, Identity,
    NextAction, Phase, ServiceAccount, State, Status,
};
use provision_core::fault::{Fault, Result};
use provision_core::ports::{AccountView, CreateAccount, UpdateAccount};

use super::checks::{Checks, about, display_name, present, required};
use super::precondition::acceptance;
use super::{count, mask, time, value};
use crate::name;

/// Fields that filters of accounts can ask for.
pub(crate) const FILTER_FIELDS: &[&str] = &["connector", "environment", "phase", "state"];

/// The value of a field that a filter asks for.
pub(crate) fn filter_field(account: &ServiceAccount, field: &str) -> Option<String> {
    match field {
        "connector" => Some(format!("connectors/{}", account.connector)),
        "environment" => Some(account.environment.clone()),
        "phase" => Some(account.phase.as_str().to_owned()),
        "state" => Some(account.state().as_str().to_owned()),
        _ => None,
    }
}

/// An account as callers see it.
pub(crate) fn to_proto(view: AccountView) -> v1::ServiceAccount {
    let etag = view.etag;
    let (account, beside) = view.value;
    let state = state(account.state()) as i32;
    let ServiceAccount {
        name, uid, display_name, connector, environment, settings, phase, conditions, ..
    } = account;
    v1::ServiceAccount {
        name: name.to_string(),
        uid,
        display_name,
        connector: format!("connectors/{connector}"),
        environment,
        settings: Some(value::to_struct(&settings)),
        state,
        phase: self::phase(phase) as i32,
        conditions: conditions.into_iter().map(condition).collect(),
        authorized_identity: account.identity.map(identity),
        next_action: account.next_action.map(next_action),
        failure: account.failure.map(failure),
        reconciling: account.current_operation.is_some(),
        current_operation: account.current_operation.map(|o| o.to_string()).unwrap_or_default(),
        generation: count(account.generation),
        observed_generation: count(account.observed_generation),
        event_channel: beside.channel.map(event_channel),
        create_time: Some(time::to_proto(account.create_time)),
        update_time: Some(time::to_proto(account.update_time)),
        etag,
        acceptances: account.acceptances.into_iter().map(acceptance).collect(),
        drift_policy: drift_policy(account.drift_policy) as i32,
        grant: beside.grant.map(grant),
        api_budget: beside.budget.map(api_budget),
    }
}

fn phase(phase: Phase) -> v1::ServiceAccountPhase {
    match phase {
        Phase::Draft => v1::ServiceAccountPhase::Draft,
        Phase::AwaitingAuthorization => v1::ServiceAccountPhase::AwaitingAuthorization,
        Phase::Ready => v1::ServiceAccountPhase::Ready,
        Phase::Provisioning => v1::ServiceAccountPhase::Provisioning,
        Phase::Active => v1::ServiceAccountPhase::Active,
        Phase::Deprovisioning => v1::ServiceAccountPhase::Deprovisioning,
        Phase::Deprovisioned => v1::ServiceAccountPhase::Deprovisioned,
        Phase::Failed => v1::ServiceAccountPhase::Failed,
    }
}

fn state(state: State) -> v1::ServiceAccountState {
    match state {
        State::ActionRequired => v1::ServiceAccountState::ActionRequired,
        State::Ready => v1::ServiceAccountState::Ready,
        State::InProgress => v1::ServiceAccountState::InProgress,
        State::Protected => v1::ServiceAccountState::Protected,
        State::Degraded => v1::ServiceAccountState::Degraded,
        State::Failed => v1::ServiceAccountState::Failed,
        State::Suspended => v1::ServiceAccountState::Suspended,
        State::Deprovisioned => v1::ServiceAccountState::Deprovisioned,
    }
}

fn condition(condition: Condition) -> v1::Condition {
    let status = match condition.status {
        Status::True => v1::ConditionStatus::True,
        Status::False => v1::ConditionStatus::False,
        Status::Unknown => v1::ConditionStatus::Unknown,
    };
    v1::Condition {
        r#type: condition.kind.as_str().to_owned(),
        status: status as i32,
        reason: condition.reason,
        message: condition.message,
        last_transition_time: Some(time::to_proto(condition.last_transition_time)),
        observed_generation: count(condition.observed_generation),
    }
}

fn identity(identity: Identity) -> v1::AuthorizedIdentity {
    v1::AuthorizedIdentity {
        organization_id: identity.organization_id,
        organization_name: identity.organization_name,
        environment: identity.environment,
        edition: identity.edition,
        user_id: identity.user_id,
        username: identity.username,
        user_display_name: identity.user_display_name,
        instance_url: identity.instance_url,
        authorize_time: Some(time::to_proto(identity.authorize_time)),
        organization_kind: identity.organization_kind,
    }
}

/// What must happen next, and who must do it.
pub(crate) fn next_action(action: NextAction) -> v1::NextAction {
    v1::NextAction {
        actor: actor(action.actor) as i32,
        action: action.action,
        hint: action.hint,
        link: action.link.unwrap_or_default(),
        deadline: action.deadline.map(time::to_proto),
    }
}

/// Who must act.
pub(crate) fn actor(actor: Actor) -> v1::Actor {
    match actor {
        Actor::System => v1::Actor::System,
        Actor::Operator => v1::Actor::Operator,
        Actor::SaasAdmin => v1::Actor::SaasAdmin,
    }
}

fn failure(failure: Failure) -> v1::Failure {
    v1::Failure { reason: failure.reason.as_str().to_owned(), message: failure.message }
}

fn event_channel(channel: EventChannel) -> v1::EventChannel {
    v1::EventChannel {
        connected: channel.connected,
        received_count: count(channel.received_count),
        last_event_time: channel.last_event_time.map(time::to_proto),
    }
}

fn drift_policy(policy: DriftPolicy) -> v1::DriftPolicy {
    match policy {
        DriftPolicy::Notify => v1::DriftPolicy::Notify,
        DriftPolicy::Repair => v1::DriftPolicy::Repair,
    }
}

fn drift_policy_asked(value: i32) -> Result<DriftPolicy> {
    match v1::DriftPolicy::try_from(value) {
        Ok(v1::DriftPolicy::Unspecified | v1::DriftPolicy::Notify) => Ok(DriftPolicy::Notify),
        Ok(v1::DriftPolicy::Repair) => Ok(DriftPolicy::Repair),
        Err(_) => Err(Fault::invalid("service_account.drift_policy", "must be one of DriftPolicy's values")),
    }
}

fn grant(grant: GrantOutlook) -> v1::Grant {
    let state = match grant.state {
        GrantState::Valid => v1::GrantState::Valid,
        GrantState::InDoubt => v1::GrantState::InDoubt,
        GrantState::Lost => v1::GrantState::Lost,
    };
    v1::Grant {
        state: state as i32,
        refresh_time: Some(time::to_proto(grant.refresh_time)),
        access_expire_time: grant.access_expire_time.map(time::to_proto),
        expire_time: grant.expire_time.map(time::to_proto),
    }
}

fn api_budget(budget: ApiBudget) -> v1::ApiBudget {
    v1::ApiBudget {
        used: count(budget.used),
        limit: count(budget.limit),
        observe_time: Some(time::to_proto(budget.observe_time)),
        throttled_until: budget.throttled_until.map(time::to_proto),
    }
}

/// Longest name of an environment, in characters.
const ENVIRONMENT_MAX: usize = 63;

/// What a CreateServiceAccount asks for. Output-only fields are ignored.
pub(crate) fn create(request: v1::CreateServiceAccountRequest) -> Result<CreateAccount> {
    let mut checks = Checks::default();
    let tenant = checks.take(name::tenant("parent", &request.parent));
    let id = match request.service_account_id.as_str() {
        "" => None,
        id => checks.take(about("service_account_id", id.parse())),
    };
    let account = checks.take(present("service_account", request.service_account)).unwrap_or_default();
    let display_name = checks.take(display_name("service_account.display_name", &account.display_name));
    let connector = checks.take(name::connector("service_account.connector", &account.connector));
    let environment =
        checks.take(required("service_account.environment", &account.environment, ENVIRONMENT_MAX));
    let settings = account.settings.unwrap_or_default();
    let settings = checks.take(value::settings("service_account.settings", settings));
    checks.done()?;
    match (tenant, display_name, connector, environment, settings) {
        (Some(tenant), Some(display_name), Some(connector), Some(environment), Some(settings)) => {
            let validate_only = request.validate_only;
            Ok(CreateAccount { tenant, id, display_name, connector, environment, settings, validate_only })
        }
        _ => Err(provision_core::Fault::internal_error("a check lost its fault")),
    }
}

/// What an UpdateServiceAccount asks for.
pub(crate) fn update(request: v1::UpdateServiceAccountRequest) -> Result<UpdateAccount> {
    let account = present("service_account", request.service_account)?;
    let mut checks = Checks::default();
    let name = name::account("service_account.name", &account.name)?;
    let changes = mask::changes(
        request.update_mask,
        mask::Changes {
            display_name: !account.display_name.is_empty(),
            settings: account.settings.is_some(),
            drift_policy: account.drift_policy != v1::DriftPolicy::Unspecified as i32,
        },
    )?;
    let display_name = changes
        .display_name
        .then(|| checks.take(display_name("service_account.display_name", &account.display_name)))
        .flatten();
    let settings = changes
        .settings
        .then(|| {
            checks.take(value::settings("service_account.settings", account.settings.unwrap_or_default()))
        })
        .flatten();
    let drift_policy =
        changes.drift_policy.then(|| checks.take(drift_policy_asked(account.drift_policy))).flatten();
    checks.done()?;
    let etag = Some(account.etag).filter(|etag| !etag.is_empty());
    let validate_only = request.validate_only;
    Ok(UpdateAccount { name, etag, display_name, settings, drift_policy, validate_only })
}
