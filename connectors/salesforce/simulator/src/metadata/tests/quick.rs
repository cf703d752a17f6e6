//! Quick deploys, cancelling and the way to the end of a deploy.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::support::{World, Zip, row};
use crate::ledger::Kind;
use crate::org::ManualClock;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn good() -> Zip {
    Zip::default()
        .class("Good", "public class Good { public static void run() {} }")
        .class("Good_Test", "@IsTest private class Good_Test { @IsTest static void runs() { Good.run(); } }")
}

fn validation() -> Value {
    let mut options = json!({"rollbackOnError": true, "singlePackage": true});
    options["checkOnly"] = true.into();
    options["testLevel"] = "RunLocalTests".into();
    options
}

/// A validation that has succeeded.
async fn validated(world: &World) -> String {
    let id = world.start(validation(), &good()).await;
    let result = world.finished(&id).await;
    assert_eq!(
        (&result["status"], &result["runTestsEnabled"]),
        (&json!("Succeeded"), &json!(true)),
        "{result:#}"
    );
    assert!(world.org.metadata().class("Good").is_none());
    id
}

fn manual() -> (Arc<ManualClock>, World) {
    let clock = Arc::new(ManualClock::new(1_800_000_000_000));
    let own = clock.clone();
    (clock, World::with(|config| config.clock = own))
}

#[tokio::test]
async fn what_was_validated_comes_in_without_its_tests() {
    let world = World::production();
    let validation = validated(&world).await;
    let (status, body) = world.quick(&validation, "").await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let id = body["id"].as_str().unwrap();
    assert_ne!(id, validation);
    assert_eq!(body["validatedDeployRequestId"], validation.as_str());
    assert_eq!(
        (&body["deployOptions"]["checkOnly"], &body["deployResult"]["status"]),
        (&json!(false), &json!("Pending"))
    );
    let result = world.finished(id).await;
    assert_eq!((&result["status"], &result["checkOnly"]), (&json!("Succeeded"), &json!(false)), "{result:#}");
    assert_eq!((&result["runTestsEnabled"], &result["numberTestsTotal"]), (&json!(false), &json!(0)));
    assert_eq!(row(&result, "componentSuccesses", "Good")["created"], true);
    assert!(world.org.metadata().class("Good").is_some());
    assert_eq!(world.poll(id).await.1["validatedDeployRequestId"], validation.as_str());
    let (status, _) = world.quick(&validation, "").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "a deploy has taken effect since");
}

#[tokio::test]
async fn the_validation_may_stand_in_the_path() {
    let world = World::new();
    let validation = validated(&world).await;
    assert_eq!(
        world.quick("", &format!("/validatedDeployRequestId/{validation}")).await.0,
        StatusCode::CREATED
    );
    let world = World::new();
    let validation = validated(&world).await;
    assert_eq!(world.quick(&validation, "/validatedDeployRequestId").await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn only_recent_validations_with_tests_are_good() {
    let (clock, world) = manual();
    let untested = json!({"rollbackOnError": true, "singlePackage": true, "checkOnly": true});
    let untested = world.start(untested, &good()).await;
    world.finished(&untested).await;
    let failed = world.start(validation(), &good().class("Bad", "public class Bad {")).await;
    world.finished(&failed).await;
    for id in [untested.as_str(), failed.as_str(), "0Af000000000001AAA"] {
        let (status, body) = world.quick(id, "").await;
        assert_eq!((status, &body[0]["errorCode"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")), "{id}");
    }
    assert_eq!(world.quick("nonsense", "").await.0, StatusCode::BAD_REQUEST);
    let validation = validated(&world).await;
    clock.advance(10 * DAY);
    let (status, body) = world.quick(&validation, "").await;
    assert_eq!(status, StatusCode::CREATED);
    world.finished(body["id"].as_str().unwrap()).await;
    let validation = world.start(self::validation(), &good()).await;
    world.finished(&validation).await;
    clock.advance(10 * DAY + Duration::from_millis(1));
    assert_eq!(world.quick(&validation, "").await.0, StatusCode::NOT_FOUND, "ten days are over");
}

#[tokio::test]
async fn another_deploy_ends_all_validations_and_a_failed_one_does_not() {
    let world = World::new();
    let validation = validated(&world).await;
    world.deploy(&Zip::default().class("Bad", "public class Bad {")).await;
    let other = validated(&world).await;
    world.succeeds(&Zip::default().class("Other", "public class Other {}")).await;
    for id in [validation, other] {
        assert_eq!(world.quick(&id, "").await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn what_is_being_finalized_cannot_be_cancelled() {
    let clock = Arc::new(ManualClock::new(1_800_000_000_000));
    let world = World::with(|config| {
        config.clock = clock.clone();
        config.deploy_component_time = Duration::from_secs(1);
    });
    let options = json!({"rollbackOnError": true, "singlePackage": true});
    let id = world.start(options, &good()).await;
    let status =
        async || world.poll(&id).await.1["deployResult"]["status"].as_str().unwrap_or_default().to_owned();
    while status().await != "FinalizingDeploy" {
        clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    let before = world.poll(&id).await.1["deployResult"].clone();
    assert_eq!((&before["done"], &before["numberComponentsDeployed"]), (&json!(false), &json!(2)));
    assert_eq!(world.cancel(&id).await, StatusCode::BAD_REQUEST);
    assert!(world.org.metadata().class("Good").is_none());
    while world.org.ledger.count(Kind::DeployFinished) == 0 {
        clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    assert_eq!(status().await, "Succeeded");
    assert!(world.org.metadata().class("Good").is_some());
}
