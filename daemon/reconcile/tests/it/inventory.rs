use provision_core::account::{ConditionType, Status};
use provision_core::operation::OperationState;
use provision_core::ports::{InventoryReader as _, ListQuery, Operations as _};

use crate::world::{Crash, Life, World, account_name};

fn names(from: u32, to: u32) -> Vec<String> {
    (from..to).map(|n| format!("Object{n:03}")).collect()
}

async fn objects_of(life: &Life) -> usize {
    let query = ListQuery { page_size: 1_000, after: None, filter: Default::default() };
    life.plane.object_types(&account_name(), query).await.expect("listed").0.items.len()
}

fn asked(world: &World) -> u32 {
    world.application.state().parts_asked.values().sum()
}

#[tokio::test]
async fn an_unchanged_organisation_costs_one_call_and_moves_the_time_alone() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let before = asked(&world);
    let first = life.read().await;
    let outcome = first.reading.expect("compared");
    assert!(outcome.unchanged && !outcome.held);
    let (summary, first_time) = (first.inventory.expect("read"), asked(&world));
    assert_eq!((summary.object_types, summary.api_calls, first_time), (2, 1, before));
    let again = life.read().await.inventory.expect("read");
    assert!(again.read_time > summary.read_time);
    assert_eq!((again.artifact, again.full_read_time), (summary.artifact, summary.full_read_time));
    life.end().await;
}

#[tokio::test]
async fn everything_is_asked_for_anew_once_a_day() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let before = asked(&world);
    world.clock.advance(23 * 3_600);
    assert!(life.read().await.reading.expect("compared").unchanged);
    world.clock.advance(2 * 3_600);
    let read = life.read().await;
    let outcome = read.reading.expect("compared");
    assert!(!outcome.unchanged && outcome.changes.expect("compared").is_empty());
    assert_eq!(asked(&world), before + 1);
    assert!(life.read().await.reading.expect("compared").unchanged, "a full reading counts for a day");
    life.end().await;
}

#[tokio::test]
async fn what_came_went_and_changed_is_named_and_told() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    {
        let mut state = world.application.state();
        state.objects = vec!["B".into(), "C".into()];
        state.grown.insert("B".into());
    }
    let changes = life.read().await.reading.expect("compared").changes.expect("a second reading");
    let objects = changes.object_types;
    assert_eq!((objects.added, objects.removed), (vec!["C".to_owned()], vec!["A".to_owned()]));
    assert_eq!(objects.changed, ["B: 1 field added (More)"]);
    assert_eq!(life.told().await, ["ACCOUNT_AUTHORIZED", "INVENTORY_CHANGED"]);
    life.end().await;
}

#[tokio::test]
async fn a_sudden_fall_is_held_until_somebody_accepts_it() {
    let world = World::new().await;
    world.application.state().objects = names(0, 40);
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    world.application.state().objects = names(0, 20);
    for _ in 0..2 {
        let held = life.read().await;
        assert_eq!(held.state, OperationState::Succeeded);
        assert!(held.reading.expect("compared").held);
        assert_eq!(held.inventory.expect("counts").object_types, 20);
        assert_eq!(objects_of(&life).await, 40, "the old inventory stays");
    }
    let risks = life.plan().await.risks;
    assert!(risks[0].starts_with("The inventory may not be current: much less was found"), "{risks:?}");
    let condition = Life::condition(&life.account().await, ConditionType::InventoryCurrent);
    assert_eq!((condition.status, condition.reason.as_str()), (Status::False, "INVENTORY_FALL_HELD"));
    assert_eq!(life.told().await, ["ACCOUNT_AUTHORIZED", "INVENTORY_HELD"]);

    let started = life.refresh(true).await.expect("started");
    let accepted = life.done(&started.name).await.expect("done").reading.expect("compared");
    assert!(!accepted.held);
    assert_eq!(accepted.changes.expect("compared").object_types.removed_count, 20);
    assert_eq!(objects_of(&life).await, 20);
    assert_eq!(Life::condition(&life.account().await, ConditionType::InventoryCurrent).status, Status::True);
    life.end().await;
}

#[tokio::test]
async fn an_organisation_that_comes_back_after_a_held_fall_is_current_again() {
    let world = World::new().await;
    world.application.state().objects = names(0, 40);
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    world.application.state().objects = names(0, 20);
    assert!(life.read().await.reading.expect("compared").held);
    world.application.state().objects = names(0, 40);
    assert!(life.read().await.reading.expect("compared").unchanged);
    assert_eq!(Life::condition(&life.account().await, ConditionType::InventoryCurrent).status, Status::True);
    life.end().await;
}

/// Wherever the daemon dies, the next one asks only for what is missing: at most one part a second time, whose answer
/// had not been stored.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_reading_goes_on_where_it_was() {
    for points in 0.. {
        assert!(points < 200, "a reading has more crash points than expected");
        let world = World::new().await;
        world.application.state().objects = names(0, 11);
        let first = world.live(Crash::never()).await;
        first.until_authorized(&world).await;
        first.end().await;

        let crash = Crash::after(points);
        let dying = world.live(crash.clone()).await;
        let run = async {
            let started = dying.refresh(false).await.expect("started");
            dying.done(&started.name).await.expect("done")
        };
        let died = tokio::select! {
            _ = run => false,
            () = crash.dead.cancelled() => true,
        };
        dying.end().await;

        let next = world.live(Crash::never()).await;
        next.runtime.recover().await.expect("recovered");
        let query = ListQuery { page_size: 10, after: None, filter: Default::default() };
        let all = next.plane.list(&account_name().tenant, query).await.expect("listed").items;
        let name = match all.first() {
            Some(operation) => operation.name.clone(),
            // It died before anything was started: the caller, who got no answer, asks again.
            None => next.refresh(false).await.expect("started").name,
        };
        let ended = next.done(&name).await.expect("done");
        assert_eq!(ended.state, OperationState::Succeeded, "point {points}: {:?}", ended.failure);
        assert_eq!(objects_of(&next).await, 11, "point {points}");
        let parts = world.application.state().parts_asked.clone();
        assert_eq!(parts.len(), 6, "point {points}");
        assert!(parts.values().sum::<u32>() <= 7, "point {points}: {parts:?}");
        next.end().await;
        if !died {
            assert!(points > 30, "only {points} crash points were passed");
            break;
        }
    }
}
