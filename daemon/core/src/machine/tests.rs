use super::*;
use crate::account::{State, Status};
use crate::ids::{AccountName, ConnectorId, OperationId};

mod removal;

fn at(seconds: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(seconds, 0).expect("in range")
}

fn account() -> ServiceAccount {
    let name: AccountName = "tenants/acme/serviceAccounts/main".parse().expect("valid");
    ServiceAccount::new(name, "uid".into(), ConnectorId::new("x").expect("valid"), "sandbox".into(), at(0))
}

fn identity(org: &str) -> Identity {
    Identity {
        organization_id: org.into(),
        organization_name: "Acme".into(),
        environment: "sandbox".into(),
        edition: "E".into(),
        organization_kind: "sandbox".into(),
        user_id: "u".into(),
        username: "admin@acme".into(),
        user_display_name: "Admin".into(),
        instance_url: "https://x".into(),
        authorize_time: at(0),
    }
}

fn operation() -> OperationName {
    let name: AccountName = "tenants/acme/serviceAccounts/main".parse().expect("valid");
    OperationName { tenant: name.tenant, operation: OperationId::new("op-1").expect("valid") }
}

fn run(events: Vec<Event>) -> Outcome {
    let mut outcome = Outcome { account: account(), actions: Vec::new() };
    for event in events {
        let text = format!("{event:?}");
        let next = transition(&outcome.account, event, at(1)).unwrap_or_else(|f| panic!("{text}: {f}"));
        outcome.actions.extend(next.actions);
        outcome.account = next.account;
    }
    outcome
}

fn to_ready() -> Vec<Event> {
    vec![Event::AuthorizationBegun { deadline: at(600) }, Event::Authorized { identity: identity("00D1") }]
}

fn to_active() -> Vec<Event> {
    let mut events = to_ready();
    events.push(Event::OperationStarted { operation: operation(), kind: OperationKind::Provision });
    events.push(Event::StepDone {
        establishes: vec![ConditionType::QuarantineReady, ConditionType::TriggersInstalled],
        coverage: Coverage { planned: 3, refused: 1 },
    });
    events.push(Event::Provisioned { coverage: Coverage { planned: 3, refused: 1 } });
    events
}

#[test]
fn the_whole_way_ends_protected_with_one_notification_each() {
    let outcome = run(to_active());
    assert_eq!(outcome.account.phase, Phase::Active);
    assert_eq!(outcome.account.state(), State::Protected);
    let told: Vec<_> = outcome
        .actions
        .iter()
        .filter_map(|a| if let Action::Notify { code, .. } = a { Some(*code) } else { None })
        .collect();
    assert_eq!(told, [NotificationCode::AccountAuthorized, NotificationCode::AccountProtected]);
    assert_eq!(outcome.account.current_operation, None);
}

#[test]
fn a_second_operation_is_refused_and_names_the_first() {
    let mut events = to_ready();
    events.push(Event::OperationStarted { operation: operation(), kind: OperationKind::RefreshInventory });
    let account = run(events).account;
    let again = Event::OperationStarted { operation: operation(), kind: OperationKind::Provision };
    let fault = transition(&account, again, at(2)).expect_err("one at a time");
    assert_eq!(fault.reason(), Reason::OperationInProgress);
    assert_eq!(fault.metadata()["operation"], "tenants/acme/operations/op-1");
}

#[test]
fn nothing_provisions_before_it_is_authorised() {
    for account in [account(), run(vec![Event::AuthorizationBegun { deadline: at(9) }]).account] {
        let start = Event::OperationStarted { operation: operation(), kind: OperationKind::Provision };
        assert_eq!(transition(&account, start, at(2)).expect_err("refused").reason(), Reason::WrongPhase);
    }
}

#[test]
fn a_denied_authorisation_goes_back_to_draft_and_says_why() {
    let failure = Failure { reason: Reason::AuthorizationDenied, message: "denied".into() };
    let outcome =
        run(vec![Event::AuthorizationBegun { deadline: at(600) }, Event::AuthorizationEnded { failure }]);
    assert_eq!(outcome.account.phase, Phase::Draft);
    assert_eq!(outcome.account.condition(ConditionType::Authorized), Status::False);
    assert!(outcome.account.next_action.is_some());
}

#[test]
fn an_active_account_never_changes_its_organisation() {
    let account = run(to_active()).account;
    let fault =
        transition(&account, Event::Authorized { identity: identity("00D2") }, at(2)).expect_err("refused");
    assert_eq!(fault.reason(), Reason::OrgMismatch);
}

#[test]
fn a_failed_run_can_be_tried_again() {
    let failure = Failure { reason: Reason::SaasUnavailable, message: "later".into() };
    let mut events = to_ready();
    events.push(Event::OperationStarted { operation: operation(), kind: OperationKind::Provision });
    events.push(Event::OperationFailed { operation: operation(), kind: OperationKind::Provision, failure });
    let failed = run(events).account;
    assert_eq!(failed.state(), State::Failed);
    let start = Event::OperationStarted { operation: operation(), kind: OperationKind::Provision };
    assert_eq!(transition(&failed, start, at(3)).expect("allowed").account.phase, Phase::Provisioning);
}

#[test]
fn a_run_whose_grant_went_asks_for_another_grant_before_it_is_tried_again() {
    let failure = Failure { reason: Reason::ReauthorizationRequired, message: "revoked".into() };
    let action = |events: &[Event]| run(events.to_vec()).account.next_action.expect("named").action;
    let (started, mut events) =
        (Event::OperationStarted { operation: operation(), kind: OperationKind::Provision }, to_ready());
    events.extend([started, Event::GrantLost { failure: failure.clone() }]);
    events.push(Event::OperationFailed { operation: operation(), kind: OperationKind::Provision, failure });
    assert_eq!(action(&events), BEGIN_AUTHORIZATION);
    events.push(Event::GrantConfirmed);
    assert_eq!(action(&events), "RETRY");
    *events.last_mut().expect("an event") = Event::Authorized { identity: identity("00D1") };
    assert_eq!(action(&events), "PROVISION");
}

#[test]
fn interruptions_and_lost_grants_are_told_once() {
    let mut events = to_active();
    for _ in 0..3 {
        events.push(Event::EventsInterrupted { message: "gone".into() });
    }
    for _ in 0..3 {
        let failure = Failure { reason: Reason::ReauthorizationRequired, message: "revoked".into() };
        events.push(Event::GrantLost { failure });
    }
    let outcome = run(events);
    let count = |code| {
        outcome.actions.iter().filter(|a| matches!(a, Action::Notify { code: c, .. } if *c == code)).count()
    };
    assert_eq!(count(NotificationCode::EventsInterrupted), 1);
    assert_eq!(count(NotificationCode::ReauthorizationRequired), 1);
    assert_eq!(outcome.account.state(), State::Degraded);
}

#[test]
fn a_fresh_grant_protects_again_unless_the_channel_is_lost_too() {
    let failure = Failure { reason: Reason::ReauthorizationRequired, message: "revoked".into() };
    let mut events = to_active();
    events.push(Event::GrantLost { failure });
    events.push(Event::Authorized { identity: identity("00D1") });
    assert_eq!(run(events.clone()).account.state(), State::Protected);
    events.insert(events.len() - 1, Event::EventsInterrupted { message: "gone".into() });
    assert_eq!(run(events.clone()).account.state(), State::Degraded);
    events.push(Event::EventsConnected);
    assert_eq!(run(events).account.state(), State::Protected);
}

#[test]
fn every_phase_answers_every_event_without_panic() {
    let failure = Failure { reason: Reason::Internal, message: String::new() };
    for phase in Phase::ALL {
        let mut start = run(to_ready()).account;
        start.phase = phase;
        for event in [
            Event::AuthorizationBegun { deadline: at(1) },
            Event::AuthorizationEnded { failure: failure.clone() },
            Event::Authorized { identity: identity("00D1") },
            Event::InventoryRead { outcome: ReadingOutcome::default() },
            Event::OperationStarted { operation: operation(), kind: OperationKind::Provision },
            Event::StepDone { establishes: vec![], coverage: Coverage::default() },
            Event::Provisioned { coverage: Coverage { planned: 3, refused: 1 } },
            Event::OperationFailed {
                operation: operation(),
                kind: OperationKind::Provision,
                failure: failure.clone(),
            },
            Event::OperationCancelled { operation: operation(), kind: OperationKind::Provision },
            Event::EventsConnected,
            Event::EventsInterrupted { message: String::new() },
            Event::GrantLost { failure: failure.clone() },
            Event::GrantInDoubt { failure: failure.clone(), until: Some(at(9)), usable: true },
            Event::GrantConfirmed,
            Event::GrantExpiring { expire_time: at(9) },
            Event::EventsMissed { since: None },
            Event::DriftObserved { comparison: Comparison::default() },
            Event::Repaired { coverage: Coverage::default() },
            Event::LicenseLapsed { failure: failure.clone(), removal: None },
            Event::LicenseRestored,
            Event::BudgetObserved { within: false, message: String::new() },
            Event::Deprovisioned { leftovers: 0 },
        ] {
            if let Ok(outcome) = transition(&start, event, at(5)) {
                assert_eq!(outcome.account.update_time, at(5));
            }
        }
    }
}

fn message(account: &ServiceAccount, kind: ConditionType) -> String {
    account.conditions.iter().find(|c| c.kind == kind).map(|c| c.message.clone()).expect("observed")
}

#[test]
fn what_was_refused_is_told_where_people_look() {
    let outcome = run(to_active());
    let expected = "2 of 3 object types; 1 refused: see the components in state REFUSED";
    assert_eq!(message(&outcome.account, ConditionType::TriggersInstalled), expected);
    let Some(Action::Notify { parameters, .. }) = outcome.actions.last() else { panic!("told last") };
    assert_eq!(parameters["protected_object_types"], "2");
    assert_eq!(parameters["refused_object_types"], "1");
}

#[test]
fn a_refused_second_authorisation_leaves_the_grant_and_shows() {
    let mut events = to_active();
    events.push(Event::AuthorizationBegun { deadline: at(600) });
    let failure = Failure { reason: Reason::AuthorizationDenied, message: "access was not allowed".into() };
    events.push(Event::AuthorizationEnded { failure });
    let account = run(events).account;
    assert_eq!(account.state(), State::Protected);
    assert_eq!(account.condition(ConditionType::Authorized), Status::True);
    assert!(message(&account, ConditionType::Authorized).ends_with("access was not allowed"));
}

#[test]
fn a_held_reading_is_told_once_and_a_good_one_ends_it() {
    let mut changes = crate::inventory::InventoryChanges::default();
    changes.object_types.removed_count = 40;
    let held = ReadingOutcome { changes: Some(changes), unchanged: false, held: true };
    let start = || Event::OperationStarted { operation: operation(), kind: OperationKind::RefreshInventory };
    let mut events = to_ready();
    for _ in 0..2 {
        events.extend([start(), Event::InventoryRead { outcome: held.clone() }]);
    }
    let outcome = run(events.clone());
    let told = |outcome: &Outcome, wanted| {
        outcome.actions.iter().filter(|a| matches!(a, Action::Notify { code, .. } if *code == wanted)).count()
    };
    assert_eq!(told(&outcome, NotificationCode::InventoryHeld), 1);
    assert_eq!(outcome.account.condition(ConditionType::InventoryCurrent), Status::False);
    let accepted = ReadingOutcome { held: false, ..held };
    events.extend([start(), Event::InventoryRead { outcome: accepted }]);
    let outcome = run(events);
    assert_eq!(told(&outcome, NotificationCode::InventoryChanged), 1);
    assert_eq!(outcome.account.condition(ConditionType::InventoryCurrent), Status::True);
}

fn lapsed(removal: i64) -> Event {
    let failure = Failure { reason: Reason::LicenseExpired, message: "it has expired".into() };
    Event::LicenseLapsed { failure, removal: Some(at(removal)) }
}

fn told(outcome: &Outcome, code: NotificationCode) -> usize {
    outcome.actions.iter().filter(|a| matches!(a, Action::Notify { code: c, .. } if *c == code)).count()
}

#[test]
fn a_lapsed_licence_suspends_once_and_a_renewed_one_protects_again() {
    let mut events = to_active();
    events.extend([Event::LicenseGrace { until: at(900) }, Event::LicenseGrace { until: at(900) }]);
    let graced = run(events.clone());
    assert_eq!(graced.account.state(), State::Protected);
    assert_eq!(told(&graced, NotificationCode::LicenseExpiring), 1);

    let month = 30 * 24 * 3600;
    events.extend([lapsed(month), lapsed(month)]);
    let suspended = run(events.clone());
    assert_eq!(suspended.account.state(), State::Suspended);
    assert_eq!(told(&suspended, NotificationCode::AccountSuspended), 1);
    assert_eq!(suspended.actions.iter().filter(|a| matches!(a, Action::CloseEvents)).count(), 1);
    assert_eq!(told(&suspended, NotificationCode::RemovalDue), 0);

    events.extend([lapsed(6 * 24 * 3600), lapsed(6 * 24 * 3600), lapsed(3600), lapsed(3600)]);
    assert_eq!(
        told(&run(events.clone()), NotificationCode::RemovalDue),
        2,
        "a week before, and a day before"
    );

    events.push(Event::LicenseRestored);
    let restored = run(events);
    assert_eq!(restored.account.state(), State::Protected);
    assert_eq!(told(&restored, NotificationCode::AccountResumed), 1);
    assert_eq!(restored.actions.last(), Some(&Action::OpenEvents));
}

#[test]
fn what_is_not_in_an_organisation_is_not_suspended() {
    let draft = transition(&account(), lapsed(60), at(2)).expect("fits").account;
    assert_eq!(draft.condition(ConditionType::LicenseValid), Status::False);
    assert_eq!(draft.condition(ConditionType::Suspended), Status::Unknown);
}

/// Every state that events can lead to within three steps has somebody who must act, and until when, or nothing must
/// happen.
#[test]
fn no_state_is_without_an_owner_and_a_deadline() {
    let failure = Failure { reason: Reason::Internal, message: "why".into() };
    let started = |kind| Event::OperationStarted { operation: operation(), kind };
    let failed = |kind| Event::OperationFailed { operation: operation(), kind, failure: failure.clone() };
    let kinds = [
        OperationKind::Provision,
        OperationKind::RefreshInventory,
        OperationKind::Repair,
        OperationKind::Deprovision,
    ];
    let mut events = vec![
        Event::AuthorizationBegun { deadline: at(600) },
        Event::AuthorizationEnded { failure: failure.clone() },
        Event::Authorized { identity: identity("00D1") },
        Event::InventoryRead { outcome: ReadingOutcome::default() },
        Event::Provisioned { coverage: Coverage { planned: 3, refused: 1 } },
        Event::EventsConnected,
        Event::EventsInterrupted { message: "gone".into() },
        Event::GrantLost { failure: failure.clone() },
        Event::GrantInDoubt { failure: failure.clone(), until: None, usable: true },
        Event::GrantConfirmed,
        Event::Repaired { coverage: Coverage::default() },
        lapsed(60),
        Event::LicenseGrace { until: at(600) },
        Event::LicenseRestored,
        Event::ActionOverdue,
        Event::BudgetObserved { within: false, message: String::new() },
        Event::Deprovisioned { leftovers: 0 },
    ];
    for kind in kinds {
        events.extend([started(kind), failed(kind)]);
        events.push(Event::OperationCancelled { operation: operation(), kind });
    }
    let created = transition(&account(), Event::AuthorizationEnded { failure }, at(1)).expect("fits").account;
    let mut states = vec![created, run(to_ready()).account, run(to_active()).account];
    let mut seen = 0;
    for _ in 0..3 {
        let mut next = Vec::new();
        for state in &states {
            for event in &events {
                let Ok(outcome) = transition(state, event.clone(), at(5)) else { continue };
                let account = outcome.account;
                let steady = account.phase == Phase::Deprovisioned || account.state() == State::Protected;
                let action = account.next_action.as_ref();
                assert!(steady || action.is_some(), "nobody owns {:?} after {event:?}", account.phase);
                assert!(
                    action.is_none_or(|a| a.deadline.is_some()),
                    "no deadline after {event:?}: {action:?}"
                );
                seen += 1;
                if !next.iter().any(|known: &ServiceAccount| {
                    known.phase == account.phase
                        && known.next_action == account.next_action
                        && known.conditions == account.conditions
                        && known.current_operation == account.current_operation
                }) {
                    next.push(account);
                }
            }
        }
        states = next;
    }
    assert!(seen > 1_000, "only {seen} transitions were looked at");
}

#[test]
fn whoever_is_overdue_is_told_again_only_after_as_long_again() {
    let ready = run(to_ready()).account;
    let deadline = ready.next_action.as_ref().and_then(|a| a.deadline).expect("a deadline");
    let early = transition(&ready, Event::ActionOverdue, at(2)).expect("fits");
    assert_eq!(early.actions, []);
    let late = transition(&ready, Event::ActionOverdue, deadline).expect("fits");
    assert_eq!(told(&late, NotificationCode::ActionOverdue), 1);
    let next = late.account.next_action.as_ref().and_then(|a| a.deadline).expect("a deadline");
    assert_eq!(next - deadline, deadline - at(1), "as long again");
}

#[test]
fn a_grant_in_doubt_is_told_once_and_its_end_once_more() {
    let failure = |reason| Failure { reason, message: "why".to_owned() };
    let doubt = |usable| Event::GrantInDoubt { failure: failure(Reason::GrantInDoubt), until: None, usable };
    let before = run(to_active()).account;
    let first = transition(&before, doubt(true), at(20)).expect("applies");
    assert_eq!(first.account.state(), State::Protected, "the access token works");
    assert_eq!(told(&first, NotificationCode::GrantInDoubt), 1);
    let second = transition(&first.account, doubt(false), at(21)).expect("applies");
    assert_eq!(second.account.state(), State::Degraded, "nothing works any more");
    assert_eq!(told(&second, NotificationCode::GrantInDoubt), 0);

    let lost = Event::GrantLost { failure: failure(Reason::ReauthorizationRequired) };
    let lost = transition(&second.account, lost, at(22)).expect("applies");
    assert_eq!(told(&lost, NotificationCode::ReauthorizationRequired), 1);

    let confirmed = transition(&second.account, Event::GrantConfirmed, at(22)).expect("applies");
    assert_eq!(confirmed.account.condition(ConditionType::Authorized), Status::True);
    assert_eq!((confirmed.account.next_action.clone(), confirmed.actions), (None, vec![Action::OpenEvents]));
    assert_eq!(confirmed.account.state(), State::Protected);
}
