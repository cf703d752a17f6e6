//! Deprovisioning: accepted always, once, and nothing comes back after its end.

use super::*;

fn second() -> OperationName {
    OperationName { operation: OperationId::new("op-2").expect("valid"), ..operation() }
}

fn begins(operation: OperationName) -> Event {
    Event::OperationStarted { operation, kind: OperationKind::Deprovision }
}

fn leaving() -> ServiceAccount {
    transition(&run(to_active()).account, begins(second()), at(2)).expect("accepted").account
}

fn failure(reason: Reason) -> Failure {
    Failure { reason, message: "why".to_owned() }
}

fn fails(reason: Reason) -> Event {
    Event::OperationFailed { operation: second(), kind: OperationKind::Deprovision, failure: failure(reason) }
}

#[test]
fn it_is_accepted_in_every_phase_but_the_last_and_takes_the_account_from_whatever_runs() {
    let started = |kind| Event::OperationStarted { operation: operation(), kind };
    let with = |mut events: Vec<Event>, event| {
        events.push(event);
        run(events).account
    };
    let failed = Event::OperationFailed {
        operation: operation(),
        kind: OperationKind::Provision,
        failure: failure(Reason::Internal),
    };
    let mut provisioning_fails = to_ready();
    provisioning_fails.extend([started(OperationKind::Provision), failed]);
    let reached = [
        account(),
        run(vec![Event::AuthorizationBegun { deadline: at(9) }]).account,
        run(to_ready()).account,
        with(to_ready(), started(OperationKind::RefreshInventory)),
        with(to_ready(), started(OperationKind::Provision)),
        run(provisioning_fails).account,
        run(to_active()).account,
        with(to_active(), started(OperationKind::Repair)),
        with(to_active(), Event::GrantLost { failure: failure(Reason::ReauthorizationRequired) }),
    ];
    for before in reached {
        let outcome = transition(&before, begins(second()), at(2)).expect("accepted");
        let (after, phase) = (outcome.account, before.phase);
        assert_eq!(
            (after.phase, &after.current_operation),
            (Phase::Deprovisioning, &Some(second())),
            "{phase:?}"
        );
        assert_eq!(after.condition(ConditionType::Protected), Status::False, "{phase:?}");
        let halted: Vec<_> =
            outcome.actions.iter().filter(|action| matches!(action, Action::Halt { .. })).collect();
        let running = before.current_operation.map(|operation| Action::Halt { operation });
        assert_eq!(halted, running.iter().collect::<Vec<_>>(), "{phase:?}");
        let next = after.next_action.expect("somebody acts");
        assert!(
            next.actor == crate::account::Actor::System && next.deadline.is_some(),
            "{phase:?}: {next:?}"
        );
    }
}

#[test]
fn a_second_one_is_refused_and_names_the_first_and_after_the_end_there_is_none() {
    let third = OperationName { operation: OperationId::new("op-3").expect("valid"), ..operation() };
    let fault = transition(&leaving(), begins(third.clone()), at(3)).expect_err("it runs");
    assert_eq!(fault.reason(), Reason::OperationInProgress);
    assert_eq!(fault.metadata()["operation"], second().to_string());
    for kind in [OperationKind::Provision, OperationKind::RefreshInventory, OperationKind::Repair] {
        let other = Event::OperationStarted { operation: third.clone(), kind };
        assert!(transition(&leaving(), other, at(3)).is_err(), "{kind:?} beside it");
    }
    let gone = transition(&leaving(), Event::Deprovisioned { leftovers: 0 }, at(4)).expect("it ends").account;
    let fault = transition(&gone, begins(third), at(5)).expect_err("it has ended");
    assert_eq!(fault.reason(), Reason::WrongPhase);
}

#[test]
fn one_that_stops_says_who_goes_on_and_can_be_asked_for_again() {
    let without_grant = transition(&leaving(), fails(Reason::ReauthorizationRequired), at(3)).expect("fits");
    let next = without_grant.account.next_action.as_ref().expect("somebody acts");
    assert_eq!(next.action, "REAUTHORIZE_OR_DEPROVISION_LOCALLY");
    assert_eq!(told(&without_grant, NotificationCode::DeprovisioningFailed), 1);

    let authorized = Event::Authorized { identity: identity("00D1") };
    let authorized = transition(&without_grant.account, authorized, at(4)).expect("fits").account;
    assert_eq!(authorized.phase, Phase::Deprovisioning, "a fresh grant does not bring it back");
    assert_eq!(authorized.next_action.as_ref().expect("somebody acts").action, "DEPROVISION");

    let refused = transition(&leaving(), fails(Reason::ComponentsPresent), at(3)).expect("fits").account;
    let cancelled = Event::OperationCancelled { operation: second(), kind: OperationKind::Deprovision };
    let cancelled = transition(&leaving(), cancelled, at(3)).expect("fits").account;
    for stopped in [without_grant.account, authorized, refused, cancelled] {
        assert_eq!((stopped.phase, stopped.current_operation.as_ref()), (Phase::Deprovisioning, None));
        let again = transition(&stopped, begins(second()), at(5)).expect("accepted again").account;
        assert_eq!((again.current_operation, again.failure), (Some(second()), None));
    }
}

#[test]
fn its_end_is_told_once_and_nothing_late_brings_the_account_back() {
    let ended = transition(&leaving(), Event::Deprovisioned { leftovers: 2 }, at(4)).expect("it ends");
    assert_eq!(told(&ended, NotificationCode::AccountDeprovisioned), 1);
    let gone = ended.account;
    assert_eq!((gone.state(), &gone.next_action, &gone.failure), (State::Deprovisioned, &None, &None));
    let kept = [ConditionType::LicenseValid];
    for kind in ConditionType::ALL.into_iter().filter(|kind| !kept.contains(kind)) {
        assert_eq!(gone.condition(kind), Status::False, "{kind:?}");
    }
    let late = [
        Event::EventsConnected,
        Event::EventsInterrupted { message: "closed".into() },
        Event::GrantLost { failure: failure(Reason::ReauthorizationRequired) },
        Event::GrantInDoubt { failure: failure(Reason::GrantInDoubt), until: None, usable: true },
        Event::GrantConfirmed,
        Event::GrantExpiring { expire_time: at(9) },
        Event::Authorized { identity: identity("00D1") },
        Event::AuthorizationBegun { deadline: at(600) },
        Event::LicenseRestored,
        Event::ActionOverdue,
        Event::BudgetObserved { within: false, message: String::new() },
        lapsed(60),
    ];
    for event in late {
        let Ok(outcome) = transition(&gone, event.clone(), at(5)) else { continue };
        let after = outcome.account;
        assert_eq!((after.state(), &after.next_action), (State::Deprovisioned, &None), "{event:?}");
        assert!(after.current_operation.is_none(), "{event:?}");
        assert_eq!(after.condition(ConditionType::Authorized), Status::False, "{event:?}");
        let does =
            outcome.actions.iter().any(|action| matches!(action, Action::OpenEvents | Action::Notify { .. }));
        assert!(!does, "{event:?}: {:?}", outcome.actions);
    }
}
