use std::time::Duration;

use provision_core::{OperationId, OperationName};

use super::*;

fn at(minutes: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(minutes * 60, 0).expect("in range")
}

fn repair(minutes: i64, state: OperationState) -> Operation {
    let account: AccountName = "tenants/acme/serviceAccounts/main".parse().expect("valid");
    Operation {
        name: OperationName {
            tenant: account.tenant.clone(),
            operation: OperationId::new(format!("op-{minutes}")).expect("valid"),
        },
        account,
        account_uid: "uid".into(),
        kind: OperationKind::Repair,
        state,
        principal: Principal::system(),
        steps: Vec::new(),
        api_calls: 0,
        throttled_until: None,
        next_action: None,
        cancel_requested: false,
        failure: None,
        failure_metadata: Default::default(),
        failure_violations: Vec::new(),
        plan: None,
        inventory: None,
        reading: None,
        accept_fall: false,
        removal: None,
        leftovers: Vec::new(),
        export: None,
        create_time: at(minutes),
        end_time: Some(at(minutes + 1)),
        deadline: at(minutes + 60),
    }
}

fn settings() -> DriftSettings {
    DriftSettings { repairs_per_day_max: 3, repair_delay: Duration::from_secs(600), ..Default::default() }
}

#[test]
fn a_failed_repair_makes_the_next_wait_twice_as_long_as_before() {
    use OperationState::{Failed, Succeeded};
    assert_eq!(held_until(&[], &settings(), at(0)), None);
    let good = [repair(5, Succeeded)];
    assert_eq!(held_until(&good, &settings(), at(6)), None);
    let once = [repair(5, Failed), repair(1, Succeeded)];
    assert_eq!(held_until(&once, &settings(), at(6)), Some(at(16)));
    assert_eq!(held_until(&once, &settings(), at(16)), None);
    let twice = [repair(20, Failed), repair(5, Failed)];
    assert_eq!(held_until(&twice, &settings(), at(21)), Some(at(41)));
}

#[test]
fn no_more_begin_in_a_day_than_are_allowed() {
    let three = [30, 20, 10].map(|minutes| repair(minutes, OperationState::Succeeded));
    assert_eq!(held_until(&three, &settings(), at(40)), Some(at(10 + 24 * 60)));
    assert_eq!(held_until(&three, &settings(), at(10 + 24 * 60)), None);
    let none = DriftSettings { repairs_per_day_max: 0, ..settings() };
    assert!(held_until(&[], &none, at(40)).is_some());
}
