//! Every step × every crash: a daemon dies at each commit (before it, and after it with the answer lost) and at each
//! outside call (before it leaves, and after its effect with the answer lost). The next one ends in the same place, with
//! each effect once. A new step is covered unasked.

use provision_core::account::State;
use provision_core::operation::{OperationKind, OperationState};
use provision_core::ports::{ListQuery, Operations as _};

use crate::world::{Crash, World, account_name};

/// More than any run has; the test fails if a run never gets through.
const POINTS_MAX: i64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn provisioning_ends_in_the_same_place_wherever_the_daemon_dies() {
    at_every_point(&[]).await;
}

/// The organisation refuses one component: what is refused is stored before the step goes on without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_component_stays_refused_wherever_the_daemon_dies() {
    at_every_point(&["trigger-B"]).await;
}

async fn at_every_point(refused: &[&str]) {
    let mut points = 0;
    loop {
        assert!(points < POINTS_MAX, "a run has more crash points than expected");
        if !dies_once(points, refused).await {
            break;
        }
        points += 1;
    }
    assert!(points > 40, "only {points} crash points were passed");
}

/// True when the daemon died; false when it got through before the chosen point.
async fn dies_once(points: i64, refused: &[&str]) -> bool {
    let world = World::new().await;
    world.application.state().refuses = refused.iter().map(|name| (*name).to_owned()).collect();
    let first = world.live(Crash::never()).await;
    first.until_read(&world).await;
    first.end().await;

    let crash = Crash::after(points);
    let dying = world.live(crash.clone()).await;
    let run = async {
        let operation = dying.provision().await.expect("started");
        dying.done(&operation.name).await.expect("done")
    };
    let died = tokio::select! {
        _ = run => false,
        () = crash.dead.cancelled() => true,
    };
    dying.end().await;

    let next = world.live(Crash::never()).await;
    next.runtime.recover().await.expect("recovered");
    let all = next
        .plane
        .list(&account_name().tenant, ListQuery { page_size: 100, after: None, filter: Default::default() })
        .await
        .expect("list");
    let started = all.items.iter().find(|o| o.kind == OperationKind::Provision);
    let operation = match started {
        Some(operation) => operation.name.clone(),
        // It died before anything was started: the caller, who got no answer, asks again.
        None => next.provision().await.expect("started").name,
    };
    let ended = next.done(&operation).await.unwrap_or_else(|f| panic!("point {points}: {f:?}"));
    assert_eq!(ended.state, OperationState::Succeeded, "point {points}: {:?}", ended.failure);
    assert_eq!(next.account().await.state(), State::Protected, "point {points}");
    let told = next.told().await;
    assert_eq!(told, ["ACCOUNT_AUTHORIZED", "Fake SANDBOX protected."], "point {points}");
    for (name, count) in &world.application.state().created {
        assert_eq!(*count, 1, "point {points}: {name}");
    }
    assert_eq!(world.application.state().reuses, 0);
    let kept: Vec<_> = next.components("REFUSED").await.into_iter().map(|c| c.full_name).collect();
    assert_eq!(kept, refused, "point {points}");
    assert_eq!(next.components("PRESENT").await.len(), 4 - refused.len(), "point {points}");
    next.end().await;
    died
}
