//! Why an account is not protected: from what is stored, what must be dealt with first comes first.

mod organization;

use provision_core::account::{
    Actor, Condition, ConditionType, EventChannel, NextAction, Phase, ServiceAccount, State, Status,
};
use provision_core::license::{License, LicenseState, demand};
use provision_core::machine::DRIFT_DETECTED;
use provision_core::ports::{Cause, Explanation};
use provision_core::precondition::{DAEMON_PRECONDITIONS, Precondition, PreconditionReport};
use provision_core::{AccountName, Reason, Result, Timestamp};
use provision_store::record::RecordKey;

use self::organization::budget_cause;
use super::{ControlPlane, written};

/// Conditions that have a cause of their own, sum others up, or are well where they do not hold.
const TOLD_ELSEWHERE: [ConditionType; 8] = [
    ConditionType::LicenseValid,
    ConditionType::Authorized,
    ConditionType::EventsFlowing,
    ConditionType::InventoryCurrent,
    ConditionType::InSync,
    ConditionType::WithinApiBudget,
    ConditionType::Suspended,
    ConditionType::Protected,
];

impl ControlPlane {
    pub(super) async fn explain_account(&self, name: &AccountName) -> Result<Explanation> {
        let view = self.view(self.context.account(name).await?).await?;
        let (account, beside) = view.value;
        let (channel, budget) = (beside.channel, beside.budget);
        if account.phase == Phase::Deprovisioned {
            // The conditions tell what is over; none of them is a cause any more.
            let causes = vec![ended_cause(&account)];
            return Ok(Explanation { protected: false, summary: summary(&account, false, &causes), causes });
        }
        let key = RecordKey::license(&name.tenant, &account.connector);
        let license = self.context.repository().find::<License>(&key).await?.map(|l| l.value);
        let report = self.last_report(&account).await?;
        let mut causes = Vec::new();
        causes.extend(license_cause(&account, license.as_ref(), self.context.now()));
        causes.extend(grant_cause(&account));
        causes.extend(self.operation_cause(&account).await?);
        causes.extend(phase_cause(&account));
        causes.extend(self.sync_cause(&account).await?);
        causes.extend(report.iter().flat_map(precondition_causes));
        causes.extend(condition_causes(&account));
        causes.extend(channel_cause(&account, channel.as_ref()));
        causes.extend(inventory_cause(&account));
        causes.extend(budget_cause(&account, budget.as_ref()));
        causes.extend(self.refused_cause(&account).await?);
        causes.extend(license.as_ref().and_then(|license| grace_cause(license, self.context.now())));
        let protected = account.state() == State::Protected;
        if causes.is_empty() && !protected {
            causes.extend(condition(&account, ConditionType::Protected).map(|c| of_condition(&account, c)));
        }
        Ok(Explanation { protected, summary: summary(&account, protected, &causes), causes })
    }
}

fn ended_cause(account: &ServiceAccount) -> Cause {
    Cause {
        reason: account.phase.as_str().to_owned(),
        message: "it was deprovisioned; delete it, and create another one to protect the organisation again"
            .to_owned(),
        evidence: vec![format!(
            "phase {}, changed at {}",
            account.phase.as_str(),
            written(account.update_time)
        )],
        next_action: None,
    }
}

fn summary(account: &ServiceAccount, protected: bool, causes: &[Cause]) -> String {
    let name = match account.display_name.is_empty() {
        true => account.name.account.to_string(),
        false => account.display_name.clone(),
    };
    match (protected, causes.first()) {
        (true, None) => format!("'{name}' is protected."),
        (true, Some(first)) => format!("'{name}' is protected; to be looked at: {}", first.message),
        (false, Some(first)) => format!("'{name}' is not protected: {}", first.message),
        (false, None) => format!("'{name}' is not protected."),
    }
}

fn license_cause(account: &ServiceAccount, license: Option<&License>, now: Timestamp) -> Option<Cause> {
    let fault = demand(license, &account.connector, now).err()?;
    let evidence = match license {
        None => format!("no licence for connector '{}'", account.connector),
        Some(license) => format!(
            "licence from {} to {}",
            written(license.start_time),
            license.grace_end().map_or_else(|| "no end".to_owned(), written)
        ),
    };
    Some(Cause {
        reason: fault.reason().as_str().to_owned(),
        message: fault.message().to_owned(),
        evidence: vec![evidence],
        next_action: Some(renew_license(None)),
    })
}

/// Nothing is amiss yet; it will be.
fn grace_cause(license: &License, now: Timestamp) -> Option<Cause> {
    let end = license.grace_end().filter(|_| license.state(now) == LicenseState::Grace)?;
    Some(Cause {
        reason: "LICENSE_GRACE".to_owned(),
        message: format!("the licence has expired and counts until {}", written(end)),
        evidence: license.expire_time.iter().map(|end| format!("expired at {}", written(*end))).collect(),
        next_action: Some(renew_license(Some(end))),
    })
}

fn renew_license(deadline: Option<Timestamp>) -> NextAction {
    NextAction {
        actor: Actor::Operator,
        action: "RENEW_LICENSE".to_owned(),
        hint: DAEMON_PRECONDITIONS[0].fix.to_owned(),
        link: None,
        deadline,
    }
}

fn grant_cause(account: &ServiceAccount) -> Option<Cause> {
    let found = condition(account, ConditionType::Authorized).filter(|c| c.status != Status::True)?;
    let mut cause = of_condition(account, found);
    if found.status == Status::Unknown {
        cause.reason = "NOT_AUTHORIZED".to_owned();
        cause.message = "nobody has authorised the account yet".to_owned();
    }
    Some(Cause { next_action: account.next_action.clone(), ..cause })
}

fn phase_cause(account: &ServiceAccount) -> Option<Cause> {
    let since = format!("phase {}, changed at {}", account.phase.as_str(), written(account.update_time));
    let cause = |reason: &str, message: String| Cause {
        reason: reason.to_owned(),
        message,
        evidence: vec![since.clone()],
        next_action: account.next_action.clone(),
    };
    match (account.phase, &account.failure) {
        // What it was before the operation that runs.
        _ if account.current_operation.is_some() => None,
        (_, Some(failure)) => Some(cause(failure.reason.as_str(), failure.message.clone())),
        (Phase::Ready, None) => Some(cause(
            "NOT_PROVISIONED",
            "it is authorised and has not been provisioned; make a plan and provision it".to_owned(),
        )),
        _ => None,
    }
}

/// What blocked when the organisation was last looked at. The daemon's own checks are looked at afresh elsewhere.
fn precondition_causes(report: &PreconditionReport) -> impl Iterator<Item = Cause> {
    let own = |check: &Precondition| DAEMON_PRECONDITIONS.iter().any(|known| known.id == check.id);
    report.checks.iter().filter(move |check| check.blocks() && !own(check)).map(|check| Cause {
        reason: Reason::PreconditionChecksFailed.as_str().to_owned(),
        message: format!("{}: {}", check.title, check.evidence),
        evidence: vec![format!("check '{}', looked at {}", check.id, written(check.check_time))],
        next_action: Some(NextAction {
            actor: check.actor,
            action: "MEND_PRECONDITION".to_owned(),
            hint: check.fix.clone(),
            link: check.link.clone().or_else(|| check.help_uri.clone()),
            deadline: None,
        }),
    })
}

fn condition_causes(account: &ServiceAccount) -> impl Iterator<Item = Cause> {
    account
        .conditions
        .iter()
        .filter(|c| {
            c.status == Status::False && c.reason != DRIFT_DETECTED && !TOLD_ELSEWHERE.contains(&c.kind)
        })
        .map(|c| of_condition(account, c))
}

fn channel_cause(account: &ServiceAccount, channel: Option<&EventChannel>) -> Option<Cause> {
    if account.phase != Phase::Active {
        return None;
    }
    let flowing = condition(account, ConditionType::EventsFlowing)?;
    let open = channel.is_some_and(|channel| channel.connected);
    if flowing.status == Status::True && open {
        return None;
    }
    let mut cause = of_condition(account, flowing);
    if flowing.status == Status::True {
        cause.reason = "EVENTS_INTERRUPTED".to_owned();
        cause.message = "the event channel is being opened again".to_owned();
    }
    if let Some(channel) = channel {
        let last = channel.last_event_time.map_or_else(|| "none".to_owned(), written);
        cause.evidence.push(format!("{} events received, the last: {last}", channel.received_count));
    }
    cause.next_action = Some(NextAction {
        actor: Actor::System,
        action: "WAIT".to_owned(),
        hint: "wait: the daemon opens the channel again by itself".to_owned(),
        link: None,
        deadline: None,
    });
    Some(cause)
}

fn inventory_cause(account: &ServiceAccount) -> Option<Cause> {
    let found = condition(account, ConditionType::InventoryCurrent).filter(|c| c.status == Status::False)?;
    let held = found.reason == provision_core::machine::INVENTORY_FALL_HELD;
    let hint = match held {
        true => "look at the organisation, then call RefreshInventory with accept_fall",
        false => "mend what the message says, and call RefreshInventory",
    };
    Some(Cause {
        next_action: Some(NextAction {
            actor: Actor::Operator,
            action: "REFRESH_INVENTORY".to_owned(),
            hint: hint.to_owned(),
            link: None,
            deadline: None,
        }),
        ..of_condition(account, found)
    })
}

fn condition(account: &ServiceAccount, kind: ConditionType) -> Option<&Condition> {
    account.conditions.iter().find(|c| c.kind == kind)
}

fn of_condition(account: &ServiceAccount, found: &Condition) -> Cause {
    let message = match found.message.is_empty() {
        true => format!("{} does not hold", found.kind.as_str()),
        false => found.message.clone(),
    };
    Cause {
        reason: found.reason.clone(),
        message,
        evidence: vec![format!(
            "condition {} is {} since {}",
            found.kind.as_str(),
            match found.status {
                Status::True => "True",
                Status::False => "False",
                Status::Unknown => "Unknown",
            },
            written(found.last_transition_time)
        )],
        next_action: account.next_action.clone(),
    }
}
