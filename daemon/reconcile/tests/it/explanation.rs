use std::sync::atomic::Ordering;
use std::time::Duration;

use provision_connector_sdk::ConnectorFault;
use provision_core::ports::{Admin as _, Explanation, Operations as _, Preconditions as _, UpdateLicense};
use provision_core::{Fault, Reason};

use crate::application::{Amiss, Inner};
use crate::reaching;
use crate::world::{Crash, Life, World, account_name, by};

async fn explain(life: &Life) -> Explanation {
    life.plane.explain(&account_name()).await.expect("explained")
}

/// The licence has ended a day ago.
async fn expire(life: &Life, grace_period: Duration) {
    let now = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("in range");
    let update = UpdateLicense {
        tenant: account_name().tenant,
        connector: "fake".parse().expect("valid"),
        start_time: Some(now - chrono::Duration::days(400)),
        expire_time: Some(now - chrono::Duration::days(1)),
        grace_period,
        etag: None,
    };
    life.plane.update_license(by("platform"), update).await.expect("updated");
}

fn reasons(explanation: &Explanation) -> Vec<&str> {
    explanation.causes.iter().map(|c| c.reason.as_str()).collect()
}

#[tokio::test]
async fn each_stage_of_a_life_says_what_is_missing_and_who_acts() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let draft = explain(&life).await;
    assert_eq!(reasons(&draft), ["NOT_AUTHORIZED"]);
    assert_eq!(draft.summary, "'Main' is not protected: nobody has authorised the account yet");
    assert_eq!(draft.causes[0].next_action.as_ref().expect("named").action, "BEGIN_AUTHORIZATION");

    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    assert_eq!(reasons(&explain(&life).await), ["NOT_PROVISIONED"]);

    life.read().await;
    let plan = life.plan().await;
    world.application.state().failing = ["storage"].into();
    life.apply(&plan, false).await.expect_err("blocked");
    let blocked = explain(&life).await;
    assert_eq!(reasons(&blocked), ["NOT_PROVISIONED", "PRECONDITION_CHECKS_FAILED"]);
    let next = blocked.causes[1].next_action.as_ref().expect("named");
    assert_eq!(
        (next.hint.as_str(), next.link.as_deref()),
        ("mend storage", Some("https://docs.example/storage"))
    );

    world.application.state().failing.clear();
    let operation = life.apply(&plan, false).await.expect("started");
    life.done(&operation.name).await.expect("done");
    let protected = explain(&life).await;
    assert!(protected.protected);
    assert_eq!((reasons(&protected), protected.summary.as_str()), (vec![], "'Main' is protected."));
    expire(&life, Duration::from_secs(30 * 86_400)).await;
    let graced = explain(&life).await;
    assert_eq!((graced.protected, reasons(&graced)), (true, vec!["LICENSE_GRACE"]));
    life.end().await;
}

#[tokio::test]
async fn what_must_be_dealt_with_first_comes_first() {
    let world = World::new().await;
    world.application.state().objects = (0..40).map(|n| format!("O{n}")).collect();
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    world.application.state().objects.truncate(5);
    life.read().await;
    {
        let mut state = world.application.state();
        state.grant_dead = true;
        state.access_token = "gone".into();
    }
    life.plane.check(by("admin"), &account_name()).await.expect("checked");
    expire(&life, Duration::ZERO).await;
    let all = explain(&life).await;
    assert_eq!(
        reasons(&all),
        ["LICENSE_EXPIRED", "REAUTHORIZATION_REQUIRED", "NOT_PROVISIONED", "INVENTORY_FALL_HELD"]
    );
    assert!(all.causes.iter().all(|c| !c.evidence.is_empty() && c.next_action.is_some()));
    life.end().await;
}

/// Something that is wrong with a protected account, and what is told of it.
struct Defect {
    comes: fn(&mut Inner),
    reason: &'static str,
    message: &'static str,
    evidence: &'static str,
    action: &'static str,
}

fn refusal(reason: Reason, message: &str) -> Option<ConnectorFault> {
    Some(ConnectorFault::denied(Fault::new(reason, message)))
}

/// What the daemon finds out by looking at the organisation.
const DEFECTS: &[Defect] = &[
    Defect {
        comes: |state| _ = state.amiss.insert("trigger-A".into(), Amiss::SwitchedOff),
        reason: "DRIFT_DETECTED",
        message: "Thing trigger-A was switched off",
        evidence: "Thing trigger-A is MODIFIED",
        action: "REPAIR",
    },
    Defect {
        comes: |state| _ = state.created.remove("box"),
        reason: "DRIFT_DETECTED",
        message: "Thing box is missing",
        evidence: "Thing box is MISSING",
        action: "REPAIR",
    },
    Defect {
        comes: |state| state.organization = "org-2".into(),
        reason: "ORG_MISMATCH",
        message: "the organisation is org-2 now and was org-1",
        evidence: "condition InSync is False",
        action: "REPLACE_ACCOUNT",
    },
    Defect {
        comes: |state| state.refusal = refusal(Reason::SaasPermissionMissing, "the right to read is gone"),
        reason: "SAAS_PERMISSION_MISSING",
        message: "the right to read is gone",
        evidence: "condition InSync is False",
        action: "MEND_ORGANIZATION",
    },
    Defect {
        comes: |state| state.refusal = refusal(Reason::SaasApiNotEnabled, "the API is switched off"),
        reason: "SAAS_API_NOT_ENABLED",
        message: "the API is switched off",
        evidence: "condition InSync is False",
        action: "MEND_ORGANIZATION",
    },
    Defect {
        comes: |state| {
            state.grant_dead = true;
            state.access_token = "revoked".into();
        },
        reason: "REAUTHORIZATION_REQUIRED",
        message: "authorise again",
        evidence: "condition Authorized is False",
        action: "BEGIN_AUTHORIZATION",
    },
    Defect {
        comes: |state| state.allowance = Some((995, 1_000)),
        reason: "API_BUDGET_EXHAUSTED",
        message: "of 1000 calls of the last 24 hours are used",
        evidence: "of 1000 calls used",
        action: "FREE_API_CALLS",
    },
];

#[tokio::test]
async fn each_defect_is_explained_with_its_cause_what_was_seen_and_the_next_step() {
    for defect in DEFECTS {
        let world = World::new().await;
        let life = world
            .live_with(Crash::never(), |settings| {
                settings.drift.interval = Duration::from_millis(60);
                settings.budget.store_interval = Duration::from_millis(20);
            })
            .await;
        life.until_read(&world).await;
        life.protect().await;
        (defect.comes)(&mut world.application.state());
        life.runtime.watch(life.plane.clone());
        let told = |explained: &Explanation| reasons(explained).first() == Some(&defect.reason);
        let explained = reaching::explanation(&life, told).await;
        let cause = &explained.causes[0];
        assert!(cause.message.contains(defect.message), "{cause:?}");
        assert!(cause.evidence.iter().any(|e| e.contains(defect.evidence)), "{cause:?}");
        let next = cause.next_action.as_ref().expect("somebody must act");
        assert_eq!(next.action, defect.action, "{cause:?}");
        assert_eq!(explained.protected, defect.reason == "API_BUDGET_EXHAUSTED", "{explained:?}");
        assert!(explained.summary.contains(defect.message), "{}", explained.summary);
        life.end().await;
    }
}

#[tokio::test]
async fn a_lost_channel_and_a_lapsed_licence_are_explained() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    life.end().await;
    world.application.state().refusal = Some(ConnectorFault::transient("no answer"));
    let life = world.live(Crash::never()).await;
    life.runtime.recover().await.expect("recovered");
    let told = |explained: &Explanation| reasons(explained).first() == Some(&"INTERRUPTED");
    let explained = reaching::explanation(&life, told).await;
    assert!(explained.causes[0].evidence.iter().any(|e| e.contains("events received")), "{explained:?}");
    assert_eq!(explained.causes[0].next_action.as_ref().expect("named").action, "WAIT");
    expire(&life, Duration::ZERO).await;
    let explained = explain(&life).await;
    assert_eq!(reasons(&explained), ["LICENSE_EXPIRED", "INTERRUPTED"]);
    assert_eq!(explained.causes[0].next_action.as_ref().expect("named").action, "RENEW_LICENSE");
    life.end().await;
}

#[tokio::test]
async fn an_operation_that_waits_says_what_for_and_until_when() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.connector.throttle.store(u32::MAX / 2, Ordering::SeqCst);
    let started = life.provision().await.expect("started");
    let waits = |explained: &Explanation| {
        explained.causes.first().is_some_and(|cause| cause.message.contains("slow down"))
    };
    let explained = reaching::explanation(&life, waits).await;
    assert_eq!(reasons(&explained), ["PROVISIONING"]);
    let cause = &explained.causes[0];
    assert!(cause.evidence.iter().any(|e| e.starts_with("step 'channel'")), "{cause:?}");
    assert!(cause.next_action.as_ref().is_some_and(|next| next.deadline.is_some()), "{cause:?}");
    life.plane.cancel(by("admin"), &started.name).await.expect("cancelled");
    life.done(&started.name).await.expect("done");
    life.end().await;
}
