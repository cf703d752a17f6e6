use std::time::Duration;

use provision_core::Reason;
use provision_core::access::Role;
use provision_core::ports::{
    AcceptPrecondition, Admin as _, CreateBinding, Preconditions as _, UpdateLicense,
};
use provision_core::precondition::{CheckStatus, PreconditionReport};

use crate::world::{Crash, Life, World, account_name, by};

async fn check(life: &Life, who: &str) -> PreconditionReport {
    life.plane.check(by(who), &account_name()).await.expect("checked")
}

fn seen(report: &PreconditionReport) -> Vec<String> {
    report.checks.iter().map(|c| format!("{} {}", c.id, c.status.as_str())).collect()
}

fn evidence(report: &PreconditionReport, id: &str) -> String {
    report.checks.iter().find(|c| c.id == id).map(|c| c.evidence.clone()).expect("checked")
}

fn accept(id: &str, reason: &str) -> AcceptPrecondition {
    AcceptPrecondition { name: account_name(), check_id: id.into(), reason: reason.into() }
}

#[tokio::test]
async fn everything_is_answered_at_once_before_and_after_an_authorisation() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let before = check(&life, "admin").await;
    assert_eq!(
        seen(&before),
        [
            "license PASSED",
            "caller.role PASSED",
            "authorization FAILED",
            "right.read UNKNOWN",
            "right.write UNKNOWN",
            "storage UNKNOWN",
            "network UNKNOWN",
            "policy UNKNOWN",
        ]
    );
    world.application.state().failing = ["storage", "network"].into();
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("neither refuses a grant");
    let after = check(&life, "admin").await;
    assert_eq!(
        seen(&after)[2..],
        [
            "authorization PASSED",
            "right.read PASSED",
            "right.write PASSED",
            "storage FAILED",
            "network FAILED",
            "policy UNKNOWN",
        ]
    );
    let policy = after.checks.last().expect("the last");
    assert_eq!(
        policy.fix, "look at the policy page",
        "a person can look where the application cannot be asked"
    );
    life.end().await;
}

#[tokio::test]
async fn what_was_seen_last_stands_while_the_organisation_cannot_be_asked() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let earlier = check(&life, "admin").await;
    {
        let mut state = world.application.state();
        state.access_token = "gone".into();
        state.grant_dead = true;
    }
    let lost = check(&life, "admin").await;
    assert_eq!(seen(&lost)[2..4], ["authorization FAILED", "right.read PASSED"]);
    assert_eq!(lost.checks[3].check_time, earlier.checks[3].check_time);
    life.end().await;
}

#[tokio::test]
async fn licences_are_told_apart() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let tenant = account_name().tenant;
    let now = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("in range");
    let update = |days: i64| UpdateLicense {
        tenant: tenant.clone(),
        connector: "fake".parse().expect("valid"),
        start_time: Some(now - chrono::Duration::days(400)),
        expire_time: Some(now + chrono::Duration::days(days)),
        grace_period: Duration::from_secs(14 * 86_400),
        etag: None,
    };
    for (days, word, status) in [
        (10, "active until", CheckStatus::Passed),
        (-10, "grace period", CheckStatus::Passed),
        (-20, "expired at", CheckStatus::Failed),
    ] {
        life.plane.update_license(by("platform"), update(days)).await.expect("updated");
        let report = check(&life, "admin").await;
        assert!(evidence(&report, "license").contains(word), "{}", evidence(&report, "license"));
        assert_eq!(report.checks[0].status, status, "{days}");
    }
    life.plane.update_license(by("platform"), update(-10)).await.expect("updated");
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised in the grace period");
    world.application.state().failing = ["storage"].into();
    life.plane.update_license(by("platform"), update(-20)).await.expect("updated");
    let report = check(&life, "admin").await;
    assert_eq!(
        seen(&report)[5],
        "storage PASSED",
        "without a licence nobody asks: it is as it was seen last"
    );
    let endless = UpdateLicense { grace_period: Duration::from_secs(400 * 86_400), ..update(1) };
    let fault = life.plane.update_license(by("platform"), endless).await.expect_err("too long");
    assert_eq!(fault.violations()[0].subject, "license.grace_period");
    life.end().await;
}

#[tokio::test]
async fn the_role_is_the_callers_own() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let binding = CreateBinding {
        tenant: account_name().tenant,
        principal: provision_core::Principal::new("operator").expect("valid"),
        role: Role::Operator,
    };
    life.plane.create_binding(by("platform"), binding).await.expect("bound");
    let report = check(&life, "operator").await;
    assert_eq!(seen(&report)[1], "caller.role FAILED");
    assert_eq!(evidence(&report, "caller.role"), "operator is only operator");
    assert_eq!(
        evidence(&check(&life, "stranger").await, "caller.role"),
        "stranger has no role in the tenant"
    );
    life.end().await;
}

#[tokio::test]
async fn an_advisory_is_accepted_with_its_reason_and_a_blocking_one_is_not() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    world.application.state().failing = ["network"].into();
    life.until_authorized(&world).await;
    life.plane.accept(by("admin"), accept("network", "our firewall team knows")).await.expect("accepted");
    life.plane.accept(by("other"), accept("network", "looked again")).await.expect("accepted anew");
    let report = check(&life, "admin").await;
    let network = report.checks.iter().find(|c| c.id == "network").expect("checked");
    let acceptance = network.acceptance.as_ref().expect("accepted");
    assert_eq!((acceptance.reason.as_str(), acceptance.principal.as_str()), ("looked again", "other"));
    assert_eq!(life.account().await.acceptances.len(), 1);
    life.plane.accept(by("admin"), accept("network", " ")).await.expect("taken back");
    assert_eq!(life.account().await.acceptances, []);

    for (id, reason, field) in [
        ("storage", "please", "check"),
        ("license", "please", "check"),
        ("tests", "not of this environment", "check"),
        ("unheard-of", "please", "check"),
        ("network", &"x".repeat(501), "reason"),
        ("network", "\u{7}", "reason"),
    ] {
        let fault = life.plane.accept(by("admin"), accept(id, reason)).await.expect_err(id);
        assert_eq!((fault.reason(), fault.violations()[0].subject.as_str()), (Reason::InvalidRequest, field));
    }
    life.end().await;
}

#[tokio::test]
async fn a_user_without_the_rights_is_refused_with_all_that_is_missing_and_it_shows_afterwards() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    world.application.state().failing = ["right.read", "right.write", "storage"].into();
    let state = life.begin().await;
    let fault = life.complete(&state, world.application.issue_code()).await.expect_err("refused");
    assert_eq!(fault.reason(), Reason::PreconditionChecksFailed);
    let named: Vec<_> = fault.violations().iter().map(|v| v.subject.as_str()).collect();
    assert_eq!(named, ["right.read", "right.write"], "storage is no fault of the user");
    assert!(fault.violations()[0].description.ends_with("mend right.read"));
    assert_eq!(world.application.state().revoked, ["refresh-1"]);
    let report = check(&life, "admin").await;
    assert_eq!(seen(&report)[3..6], ["right.read FAILED", "right.write FAILED", "storage FAILED"]);
    life.end().await;
}

#[tokio::test]
async fn what_has_begun_to_block_since_the_plan_is_found_before_anything_is_touched() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let plan = life.plan().await;
    world.application.state().failing = ["storage", "right.write", "network"].into();
    for validate_only in [true, false] {
        let fault = life.apply(&plan, validate_only).await.expect_err("blocked");
        assert_eq!(fault.reason(), Reason::PreconditionChecksFailed);
        let named: Vec<_> = fault.violations().iter().map(|v| v.subject.as_str()).collect();
        assert_eq!(named, ["right.write", "storage"]);
        assert_eq!(fault.help_link(), Some("https://docs.example/right.write"));
    }
    assert_eq!(world.application.state().effects, 0);
    assert_eq!(life.account().await.current_operation, None);
    world.application.state().failing.clear();
    life.apply(&plan, true).await.expect("would be done");
    let operation = life.apply(&plan, false).await.expect("started");
    life.done(&operation.name).await.expect("done");
    life.end().await;
}

#[tokio::test]
async fn a_plan_of_another_state_of_the_organisation_is_stale() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let plan = life.plan().await;
    world.application.state().touched += 1;
    for validate_only in [true, false] {
        let fault = life.apply(&plan, validate_only).await.expect_err("stale");
        assert_eq!(fault.reason(), Reason::PlanStale);
        assert_ne!(fault.metadata()["current_etag"], plan.etag);
    }
    assert_eq!(world.application.state().effects, 0);
    let fresh = life.plan().await;
    let operation = life.apply(&fresh, false).await.expect("started");
    life.done(&operation.name).await.expect("done");
    life.end().await;
}

#[tokio::test]
async fn a_plan_is_stale_after_another_inventory() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let plan = life.plan().await;
    world.application.state().objects.push("C".into());
    life.read().await;
    assert_eq!(life.apply(&plan, false).await.expect_err("stale").reason(), Reason::PlanStale);
    life.end().await;
}
