//! Records: create, read, change, delete; several at once.

mod door;

use reqwest::{Method, StatusCode};
use salesforce_simulator::ledger::Kind;
use serde_json::{Value, json};

use crate::client::{World, error};

#[tokio::test]
async fn a_record_lives_and_goes() {
    let world = World::new().await;
    let api = world.admin();
    let id = api.create("Case", json!({"Subject": "Help", "Priority": "High"})).await;
    assert!(id.starts_with("500") && id.len() == 18);
    let path = format!("/sobjects/Case/{id}");
    let case = api.get(&path).await;
    assert_eq!(
        (&case["CaseNumber"], &case["IsClosed"], &case["OwnerId"]),
        (&json!("00000001"), &json!(false), &json!(world.org().admin))
    );
    assert_eq!(case["CreatedDate"], "2026-11-24T12:00:00.000+0000");
    let (status, _) = api.call(Method::PATCH, &path, Some(json!({"Subject": null}))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(api.get(&format!("{path}?fields=Subject")).await["Subject"], Value::Null);
    assert_eq!(api.call(Method::DELETE, &path, None).await.0, StatusCode::NO_CONTENT);
    let (status, body) = api.call(Method::GET, &path, None).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::NOT_FOUND, "ENTITY_IS_DELETED"));
    assert_eq!(api.query("SELECT COUNT() FROM Case").await["totalSize"], json!(0));
    assert_eq!(api.get("/queryAll?q=SELECT+COUNT()+FROM+Case").await["totalSize"], json!(1));
    let kinds: Vec<Kind> = world
        .simulator
        .ledger()
        .entries()
        .into_iter()
        .map(|entry| entry.kind)
        .filter(|kind| *kind != Kind::Request)
        .collect();
    assert_eq!(kinds, [Kind::RecordCreated, Kind::RecordUpdated, Kind::RecordDeleted]);
}

#[tokio::test]
async fn bad_values_are_refused_with_their_code_and_field() {
    let world = World::new().await;
    let api = world.admin();
    for (object, body, code) in [
        ("Account", json!({"Industry": "x"}), "REQUIRED_FIELD_MISSING"),
        ("Account", json!({"Name": ""}), "REQUIRED_FIELD_MISSING"),
        ("Account", json!({"Name": "x", "Nope": 1}), "INVALID_FIELD"),
        ("Account", json!({"Name": "x", "NumberOfEmployees": "many"}), "JSON_PARSER_ERROR"),
        ("Account", json!({"Name": "x".repeat(256)}), "STRING_TOO_LONG"),
        ("Account", json!({"Name": "x", "ParentId": "nonsense"}), "MALFORMED_ID"),
        ("Account", json!({"Name": "x", "ParentId": "001000000000000AAA"}), "INVALID_CROSS_REFERENCE_KEY"),
        ("Account", json!({"Name": "x", "ParentId": world.ready().org_id}), "FIELD_INTEGRITY_EXCEPTION"),
        (
            "Account",
            json!({"Name": "x", "CreatedDate": "2026-01-01T00:00:00Z"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
        ),
        ("Contact", json!({"LastName": "x", "Email": "nobody"}), "INVALID_EMAIL_ADDRESS"),
        ("EntityDefinition", json!({"Label": "x"}), "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
    ] {
        let (status, answer) =
            api.call(Method::POST, &format!("/sobjects/{object}"), Some(body.clone())).await;
        assert_eq!((status, error(&answer).0.as_str()), (StatusCode::BAD_REQUEST, code), "{body}: {answer}");
    }
    let url = world.url("/services/data/v67.0/sobjects/Account");
    let request = world.http.post(url).bearer_auth(&api.token).header("content-type", "application/json");
    let response = request.body("{\"Name\": ").send().await.expect("answers");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(error(&response.json().await.expect("json")).0, "JSON_PARSER_ERROR");
    assert_eq!(world.simulator.ledger().count(Kind::RecordCreated), 0);
}

#[tokio::test]
async fn a_composite_call_counts_once_and_refers_to_its_own_results() {
    let world = World::new().await;
    let api = world.admin();
    let body = json!({"compositeRequest": [
        {"method": "POST", "url": "/services/data/v67.0/sobjects/Account", "referenceId": "a", "body": {"Name": "Ref"}},
        {"method": "POST", "url": "/services/data/v67.0/sobjects/Contact", "referenceId": "c", "body": {"LastName": "X", "AccountId": "@{a.id}"}},
        {"method": "GET", "url": "/services/data/v67.0/sobjects/Contact/@{c.id}?fields=AccountId", "referenceId": "g"},
        {"method": "GET", "url": "/services/data/v67.0/sobjects/Nope/describe", "referenceId": "n"},
    ]});
    let (status, answer) = api.call(Method::POST, "/composite", Some(body)).await;
    assert_eq!(status, StatusCode::OK);
    let parts = answer["compositeResponse"].as_array().expect("parts");
    let statuses: Vec<_> = parts.iter().map(|part| part["httpStatusCode"].as_u64().unwrap_or(0)).collect();
    assert_eq!(statuses, [201, 201, 200, 404]);
    assert_eq!(parts[2]["body"]["AccountId"], parts[0]["body"]["id"]);
    assert_eq!(parts[3]["body"][0]["errorCode"], "NOT_FOUND");
    let response = api.send(Method::GET, "/sobjects/Account", None).await;
    assert_eq!(response.headers()["sforce-limit-info"], "api-usage=2/5000000");
    let batch = json!({"batchRequests": [{"method": "GET", "url": "v67.0/limits"}, {"method": "GET", "url": "v67.0/limits"}]});
    let (_, answer) = api.call(Method::POST, "/composite/batch", Some(batch)).await;
    assert_eq!(answer["hasErrors"], json!(false));
    let response = api.send(Method::GET, "/sobjects/Account", None).await;
    assert_eq!(response.headers()["sforce-limit-info"], "api-usage=5/5000000", "each part of a batch counts");
}

#[tokio::test]
async fn conditional_describes_work_inside_a_composite_call() {
    let world = World::new().await;
    let api = world.admin();
    let part = |since: &str| json!({"method": "GET", "url": "/services/data/v67.0/sobjects/Account/describe", "referenceId": "d", "httpHeaders": {"If-Modified-Since": since}});
    for (since, expected) in [("Tue, 24 Nov 2026 00:00:00 GMT", 304), ("Mon, 01 Jan 2018 00:00:00 GMT", 200)]
    {
        let body = json!({"compositeRequest": [part(since)]});
        let (_, answer) = api.call(Method::POST, "/composite", Some(body)).await;
        assert_eq!(answer["compositeResponse"][0]["httpStatusCode"], json!(expected));
        assert!(answer["compositeResponse"][0]["httpHeaders"]["ETag"].is_string());
    }
}

#[tokio::test]
async fn a_collection_reports_row_by_row() {
    let world = World::new().await;
    let api = world.admin();
    let record = |body: Value| {
        let mut record = json!({"attributes": {"type": "Account"}});
        record.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        record
    };
    let body = json!({"allOrNone": false, "records": [record(json!({"Name": "a"})), record(json!({}))]});
    let (status, rows) = api.call(Method::POST, "/composite/sobjects", Some(body)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(rows[0]["success"], json!(true));
    assert_eq!(rows[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    let id = rows[0]["id"].as_str().expect("an id");
    let (_, rows) =
        api.call(Method::DELETE, &format!("/composite/sobjects?ids={id},001000000000000AAA"), None).await;
    assert_eq!((&rows[0]["success"], &rows[1]["success"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_permission_set_is_assigned_by_a_record_once() {
    let world = World::new().await;
    let api = world.admin();
    let set = api.rows("SELECT Id FROM PermissionSet WHERE Name = 'Setup_Viewer'").await[0]["Id"].clone();
    let body = json!({"AssigneeId": world.org().user, "PermissionSetId": set});
    let (status, answer) =
        world.user().call(Method::POST, "/sobjects/PermissionSetAssignment", Some(body.clone())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    let id = api.create("PermissionSetAssignment", body.clone()).await;
    assert!(id.starts_with("0Pa"));
    world.user().rows("SELECT QualifiedApiName FROM EntityDefinition LIMIT 1").await;
    let (_, answer) = api.call(Method::POST, "/sobjects/PermissionSetAssignment", Some(body)).await;
    assert_eq!(error(&answer).0, "DUPLICATE_VALUE");
    assert_eq!(
        world
            .simulator
            .ledger()
            .of(Kind::PermissionAssigned)
            .last()
            .map(|entry| entry.subject.clone())
            .as_deref(),
        Some("Setup_Viewer")
    );
    assert_eq!(
        api.call(Method::DELETE, &format!("/sobjects/PermissionSetAssignment/{id}"), None).await.0,
        StatusCode::NO_CONTENT
    );
    world.user().query_error("SELECT QualifiedApiName FROM EntityDefinition LIMIT 1").await;
}
