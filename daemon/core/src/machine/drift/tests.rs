use super::*;
use crate::account::{Identity, State};
use crate::component::DifferenceKind;
use crate::ids::{AccountName, ConnectorId};
use crate::machine::{Event, Outcome, transition};

fn at(seconds: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(seconds, 0).expect("in range")
}

/// Provisioned and protected.
fn protected() -> ServiceAccount {
    let name: AccountName = "tenants/acme/serviceAccounts/main".parse().expect("valid");
    let connector = ConnectorId::new("x").expect("valid");
    let mut account = ServiceAccount::new(name, "uid".into(), connector, "sandbox".into(), at(0));
    account.phase = Phase::Active;
    account.identity = Some(Identity {
        organization_id: "org-1".into(),
        organization_name: "Acme".into(),
        environment: "sandbox".into(),
        edition: "E".into(),
        organization_kind: "sandbox".into(),
        user_id: "u".into(),
        username: "admin@acme".into(),
        user_display_name: "Admin".into(),
        instance_url: "https://x".into(),
        authorize_time: at(0),
    });
    for kind in [
        ConditionType::Authorized,
        ConditionType::QuarantineReady,
        ConditionType::TriggersInstalled,
        ConditionType::EventsFlowing,
        ConditionType::InSync,
        ConditionType::Protected,
    ] {
        account.observe(kind, Status::True, "PROVISIONED", "", at(0));
    }
    account
}

fn difference(name: &str) -> Difference {
    Difference {
        kind: "Trigger".into(),
        full_name: name.into(),
        change: DifferenceKind::Deactivated,
        message: format!("trigger {name} was switched off"),
    }
}

fn compared(names: &[&str], breaks: &[ConditionType]) -> Event {
    Event::DriftObserved {
        comparison: Comparison {
            differences: names.iter().map(|name| difference(name)).collect(),
            breaks: breaks.to_vec(),
            outdated: 0,
        },
    }
}

fn told(outcome: &Outcome) -> Vec<NotificationCode> {
    outcome
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::Notify { code, .. } => Some(*code),
            _ => None,
        })
        .collect()
}

#[test]
fn a_set_of_differences_is_told_once_and_takes_the_protection_with_it() {
    let event = compared(&["a", "b"], &[ConditionType::TriggersInstalled]);
    let first = transition(&protected(), event.clone(), at(1)).expect("fits");
    assert_eq!(told(&first), [NotificationCode::DriftDetected]);
    assert_eq!(first.account.state(), State::Degraded);
    assert_eq!(first.account.condition(ConditionType::TriggersInstalled), Status::False);
    assert_eq!(first.account.condition(ConditionType::QuarantineReady), Status::True);

    let again = transition(&first.account, event, at(2)).expect("fits");
    assert_eq!(told(&again), []);
    let other = compared(&["a", "c"], &[ConditionType::TriggersInstalled]);
    assert_eq!(
        told(&transition(&again.account, other, at(3)).expect("fits")),
        [NotificationCode::DriftDetected]
    );
}

#[test]
fn the_end_of_the_differences_gives_back_what_they_took_and_nothing_else() {
    let mut account = protected();
    account.observe(ConditionType::EventsFlowing, Status::False, "INTERRUPTED", "", at(0));
    let all = [ConditionType::TriggersInstalled, ConditionType::QuarantineReady];
    let drifted = transition(&account, compared(&["a", "box"], &all), at(1)).expect("fits").account;
    let half = transition(&drifted, compared(&["box"], &all[1..]), at(2)).expect("fits").account;
    assert_eq!(half.condition(ConditionType::TriggersInstalled), Status::True);
    assert_eq!(half.condition(ConditionType::QuarantineReady), Status::False);
    let whole = transition(&half, compared(&[], &[]), at(3)).expect("fits").account;
    assert_eq!(whole.condition(ConditionType::QuarantineReady), Status::True);
    assert_eq!(whole.condition(ConditionType::EventsFlowing), Status::False);
    assert_eq!(whole.condition(ConditionType::Protected), Status::False);
}

#[test]
fn a_channel_that_comes_back_does_not_hide_a_difference() {
    let drifted = transition(&protected(), compared(&["a"], &[]), at(1)).expect("fits").account;
    let lost = Event::EventsInterrupted { message: "gone".into() };
    let lost = transition(&drifted, lost, at(2)).expect("fits").account;
    let back = transition(&lost, Event::EventsConnected, at(3)).expect("fits").account;
    assert_eq!(back.condition(ConditionType::EventsFlowing), Status::True);
    assert_eq!(back.state(), State::Degraded);
}

#[test]
fn a_replaced_organisation_names_who_must_act_until_the_right_one_answers() {
    let event = Event::OrganizationReplaced { actual: "org-2".into() };
    let outcome = transition(&protected(), event.clone(), at(1)).expect("fits");
    assert_eq!(told(&outcome), [NotificationCode::DriftDetected]);
    let next = outcome.account.next_action.clone().expect("somebody must act");
    assert_eq!((next.action.as_str(), next.actor), (REPLACE_ACCOUNT, Actor::Operator));
    assert!(next.deadline.is_some());
    let again = transition(&outcome.account, event, at(2)).expect("fits");
    assert_eq!(told(&again), []);
    let right = transition(&again.account, compared(&[], &[]), at(3)).expect("fits").account;
    assert_eq!((right.next_action.as_ref(), right.state()), (None, State::Protected));
}

#[test]
fn a_look_that_fails_for_a_while_says_nothing_of_the_protection_and_a_refusal_does() {
    let failure = |reason| Failure { reason, message: "no answer".into() };
    let event = |reason, definite| Event::LookFailed { failure: failure(reason), definite };
    let unknown = transition(&protected(), event(Reason::SaasUnavailable, false), at(1)).expect("fits");
    assert_eq!((told(&unknown), unknown.account.state()), (vec![], State::Protected));
    assert_eq!(unknown.account.condition(ConditionType::InSync), Status::Unknown);

    let refused = transition(&unknown.account, event(Reason::SaasApiNotEnabled, true), at(2)).expect("fits");
    assert_eq!(told(&refused), [NotificationCode::DriftDetected]);
    assert_eq!(refused.account.state(), State::Degraded);
    // The refusal stays known while nobody answers at all.
    let silent = transition(&refused.account, event(Reason::SaasUnavailable, false), at(3)).expect("fits");
    assert_eq!(silent.account.condition(ConditionType::InSync), Status::False);
}

#[test]
fn many_differences_are_counted_and_components_of_another_version_are_none() {
    let names: Vec<String> = (0..25).map(|n| format!("t{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let account = transition(&protected(), compared(&names, &[]), at(1)).expect("fits").account;
    let found = account.conditions.iter().find(|c| c.kind == ConditionType::InSync).expect("observed");
    assert!(found.message.ends_with("; and 15 more"), "{}", found.message);

    let comparison = Comparison { outdated: 3, ..Comparison::default() };
    let outcome = transition(&protected(), Event::DriftObserved { comparison }, at(1)).expect("fits");
    assert_eq!((told(&outcome), outcome.account.state()), (vec![], State::Protected));
    let found =
        outcome.account.conditions.iter().find(|c| c.kind == ConditionType::InSync).expect("observed");
    assert!(found.message.starts_with("3 components are of another version"), "{}", found.message);
}
