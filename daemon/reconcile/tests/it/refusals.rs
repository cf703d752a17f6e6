use provision_core::Reason;
use provision_core::account::{ConditionType, State};
use provision_core::operation::OperationState;
use provision_core::ports::{Notifications as _, Preconditions as _};

use crate::world::{Crash, Life, World, account_name};

#[tokio::test]
async fn one_refused_object_type_does_not_sink_the_rest() {
    let world = World::new().await;
    world.application.state().refuses = ["trigger-B".to_owned()].into();
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let operation = life.provision().await.expect("started");
    let ended = life.done(&operation.name).await.expect("done");
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    let account = life.account().await;
    assert_eq!(account.state(), State::Protected);
    let message = Life::condition(&account, ConditionType::TriggersInstalled).message;
    assert_eq!(message, "1 of 2 object types; 1 refused: see the components in state REFUSED");
    let refused = life.components("REFUSED").await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].message, "trigger-B is not allowed here");
    assert_eq!(refused[0].object_type, "B");
    let explained = life.plane.explain(&account_name()).await.expect("explained");
    assert_eq!((explained.protected, explained.causes.len()), (true, 1), "{explained:?}");
    let cause = &explained.causes[0];
    assert_eq!((cause.reason.as_str(), cause.evidence.len()), ("COMPONENT_REJECTED", 1));
    assert_eq!(cause.message, "not protected, since the organisation refuses it: B");
    assert!(cause.evidence[0].starts_with("Thing trigger-B is REFUSED: trigger-B is not allowed here"));
    let (told, _) = life.plane.snapshot(&account_name().tenant, 10).await.expect("read");
    let last = &told.last().expect("told").0;
    assert_eq!(last.parameters["protected_object_types"], "1");
    assert_eq!(last.parameters["refused_object_types"], "1");

    // Later the organisation allows it, and the next run brings it in.
    world.application.state().refuses.clear();
    let operation = life.provision().await.expect("started");
    assert_eq!(life.done(&operation.name).await.expect("done").state, OperationState::Succeeded);
    assert_eq!(life.components("REFUSED").await, []);
    let present = life.components("PRESENT").await;
    let there = present.iter().find(|c| c.full_name == "trigger-B").expect("present");
    assert_eq!(there.message, "");
    assert_eq!(Life::condition(&life.account().await, ConditionType::TriggersInstalled).message, "");
    assert_eq!(life.plane.explain(&account_name()).await.expect("explained").causes, []);
    life.end().await;
}

#[tokio::test]
async fn where_everything_is_refused_nothing_counts_as_protected() {
    let world = World::new().await;
    world.application.state().refuses = ["trigger-A".to_owned(), "trigger-B".to_owned()].into();
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let operation = life.provision().await.expect("started");
    let ended = life.done(&operation.name).await.expect("done");
    assert_eq!(ended.failure.expect("failed").reason, Reason::ComponentRejected);
    let told: Vec<_> = ended.failure_violations.iter().map(|v| v.description.as_str()).collect();
    assert_eq!(told, ["trigger-A is not allowed here", "trigger-B is not allowed here"]);
    assert_eq!(life.account().await.state(), State::Failed);
    life.end().await;
}
