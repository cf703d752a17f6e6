//! Faults do what they say, where they are meant, and tell when they were not needed.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use salesforce_simulator::Config;
use salesforce_simulator::fault::{Fault, Occurrence, Operation, Rule};
use salesforce_simulator::ledger::Kind;
use serde_json::{Value, json};

use crate::browser::{grant, refresh};
use crate::client::{World, error};

fn create() -> Operation {
    Operation::RecordCreate { object: Some("Account".to_owned()) }
}

#[tokio::test]
async fn a_lost_answer_has_its_effect() {
    let world = World::new().await;
    world.simulator.faults().add(Rule::once(create(), Fault::AnswerLost));
    let api = world.admin();
    api.try_send(Method::POST, "/sobjects/Account", Some(json!({"Name": "x"})))
        .await
        .expect_err("the connection breaks");
    assert_eq!(world.simulator.ledger().count(Kind::RecordCreated), 1);
    assert_eq!(api.rows("SELECT Id FROM Account").await.len(), 1);
    world.simulator.faults().verify().expect("it fired");
}

#[tokio::test]
async fn a_reset_connection_has_none() {
    let world = World::new().await;
    world.simulator.faults().add(Rule::once(create(), Fault::ConnectionReset));
    let api = world.admin();
    api.try_send(Method::POST, "/sobjects/Account", Some(json!({"Name": "x"})))
        .await
        .expect_err("the connection breaks");
    assert_eq!(world.simulator.ledger().count(Kind::RecordCreated), 0);
    api.create("Account", json!({"Name": "x"})).await;
}

#[tokio::test]
async fn refusals_come_in_salesforces_form() {
    let world = World::new().await;
    let faults = world.simulator.faults();
    let on = |table: &str| Operation::Query { table: Some(table.to_owned()) };
    let refused = Fault::Refused {
        status: 400,
        error_code: "UNABLE_TO_LOCK_ROW".into(),
        message: "unable to obtain exclusive access to this record".into(),
    };
    faults.add(Rule { on: on("Account"), when: Occurrence::Nth(2), fault: refused, must_fire: 1 });
    faults.add(Rule::once(on("Contact"), Fault::SessionInvalid));
    faults.add(Rule::once(on("Lead"), Fault::UnavailableHtml));
    faults.add(Rule::once(on("Case"), Fault::TruncatedJson));
    let api = world.admin();
    api.rows("SELECT Id FROM Account").await;
    assert_eq!(api.query_error("SELECT Id FROM Account").await.0, "UNABLE_TO_LOCK_ROW");
    let (status, body) = api.call(Method::GET, "/query?q=SELECT+Id+FROM+Contact", None).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID"));
    let response = api.send(Method::GET, "/query?q=SELECT+Id+FROM+Lead", None).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/html")));
    let response = api.send(Method::GET, "/query?q=SELECT+Id+FROM+Case", None).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(serde_json::from_slice::<Value>(&response.bytes().await.expect("bytes")).is_err());
    faults.verify().expect("all fired");
    assert_eq!(world.simulator.ledger().count(Kind::FaultFired), 4);
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_has_rotated_the_token() {
    let world = World::new().await;
    let answer = grant(&world).await;
    let token = answer["refresh_token"].as_str().expect("a token").to_owned();
    world.simulator.faults().add(Rule::once(Operation::TokenRefresh, Fault::AnswerLost));
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &token),
        ("client_id", &world.ready().client_id),
        ("client_secret", &world.ready().client_secret),
    ];
    let lost = world.http.post(world.url("/services/oauth2/token")).form(&form).send().await;
    lost.expect_err("the connection breaks");
    assert_eq!(world.simulator.ledger().count(Kind::TokenRefreshed), 1);
    assert_eq!(refresh(&world, &token).await.1["error_description"], "expired access/refresh token");
}

#[tokio::test]
async fn oauth_faults_speak_oauth() {
    let world = World::new().await;
    let answer = grant(&world).await;
    let fault =
        Fault::Refused { status: 400, error_code: "invalid_grant".into(), message: "ip restricted".into() };
    world.simulator.faults().add(Rule::once(Operation::TokenRefresh, fault));
    let (status, body) = refresh(&world, answer["refresh_token"].as_str().expect("a token")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body, json!({"error": "invalid_grant", "error_description": "ip restricted"}));
}

#[tokio::test]
async fn a_delay_waits_on_the_orgs_clock_and_a_hang_for_ever() {
    let world = World::new().await;
    let faults = world.simulator.faults();
    faults.add(Rule::once(Operation::Limits, Fault::Delayed(Duration::from_secs(60))));
    let (api, ledger) = (world.admin(), world.simulator.ledger());
    let call = api.call(Method::GET, "/limits", None);
    tokio::pin!(call);
    tokio::select! {
        _ = &mut call => panic!("answered before its time"),
        () = ledger.until(|ledger| ledger.count(Kind::FaultFired) == 1) => {}
    }
    assert_eq!(ledger.count(Kind::Request), 0);
    // The fault is noted just before the wait begins: keep the clock going until the answer is there.
    let answer = loop {
        world.clock.advance(Duration::from_secs(60));
        tokio::select! {
            answer = &mut call => break answer,
            () = tokio::task::yield_now() => {}
        }
    };
    assert_eq!(answer.0, StatusCode::OK);

    faults.add(Rule {
        on: Operation::DescribeGlobal,
        when: Occurrence::From(1),
        fault: Fault::Hang,
        must_fire: 1,
    });
    let request =
        world.http.get(world.url("/services/data/v67.0/sobjects")).timeout(Duration::from_millis(200));
    let gave_up = request.send().await.expect_err("no answer comes");
    assert!(gave_up.is_timeout());
    faults.verify().expect("both fired");
}

#[tokio::test]
async fn a_rule_that_never_fired_fails_the_test_that_set_it() {
    let world = World::new().await;
    world.simulator.faults().add(Rule::once(Operation::Revoke, Fault::AnswerLost));
    world.admin().get("/limits").await;
    let unfired = world.simulator.faults().verify().expect_err("nobody revoked");
    assert!(unfired.to_string().contains("Revoke"), "{unfired}");
}

#[tokio::test]
async fn latency_is_added_to_each_answer() {
    let world = World::with(Config { latency: Duration::from_millis(60), ..Config::default() }).await;
    let started = std::time::Instant::now();
    world.admin().get("/limits").await;
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn the_ledger_keeps_order_and_no_secret() {
    let world = World::new().await;
    let answer = grant(&world).await;
    world.admin().create("Account", json!({"Name": "x"})).await;
    let entries = world.simulator.ledger().entries();
    assert!(entries.windows(2).all(|pair| pair[0].number + 1 == pair[1].number));
    assert_eq!(world.simulator.ledger().requests("POST", "/services/data/*/sobjects/Account"), 1);
    assert_eq!(world.simulator.ledger().requests("POST", "/services/oauth2/token"), 1);
    let text = serde_json::to_string(&entries).expect("serialises");
    let ready = world.ready();
    let secrets = [&ready.client_secret, &ready.admin.password, &ready.access_token];
    let issued =
        ["access_token", "refresh_token"].map(|name| answer[name].as_str().expect("a token").to_owned());
    for secret in secrets.into_iter().chain(&issued) {
        assert!(!text.contains(secret.as_str()));
    }
}
