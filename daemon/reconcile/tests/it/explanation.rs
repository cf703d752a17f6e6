use std::time::Duration;

use provision_core::ports::{Admin as _, Explanation, Preconditions as _, UpdateLicense};

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
