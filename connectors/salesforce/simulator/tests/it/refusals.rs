//! Bad input gets what Salesforce gives.

use std::io::Write;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{World, error};

#[tokio::test]
async fn a_wrong_verb_is_405_and_names_those_that_are_right() {
    let world = World::new().await;
    let api = world.admin();
    for (method, path, allowed) in [
        (Method::DELETE, "/limits", "GET,HEAD"),
        (Method::PUT, "/sobjects/Account", "GET,HEAD,POST"),
        (Method::POST, "/sobjects/Account/001000000000000AAA", "DELETE,GET,HEAD,PATCH"),
        (Method::POST, "/query", "GET,HEAD"),
        (Method::GET, "/composite/tree/Account", "POST"),
    ] {
        let (status, answer) = api.call(method.clone(), path, None).await;
        let words = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        assert_eq!(
            (status, error(&answer)),
            (StatusCode::METHOD_NOT_ALLOWED, ("METHOD_NOT_ALLOWED".to_owned(), words)),
            "{path}"
        );
    }
    let id = api.create("Account", json!({"Name": "a"})).await;
    let path = format!("/sobjects/Account/{id}?_HttpMethod=PATCH");
    assert_eq!(api.call(Method::POST, &path, Some(json!({"Name": "b"}))).await.0, StatusCode::NO_CONTENT);
    assert_eq!(api.get(&format!("/sobjects/Account/{id}")).await["Name"], "b");
}

#[tokio::test]
async fn versions_are_served_retired_or_unknown() {
    let world = World::new().await;
    for (version, status, code) in [
        ("v31.0", StatusCode::OK, ""),
        ("v50.0", StatusCode::OK, ""),
        ("v30.0", StatusCode::GONE, "UNSUPPORTED_API_VERSION"),
        ("v99.0", StatusCode::NOT_FOUND, "NOT_FOUND"),
        ("nonsense", StatusCode::NOT_FOUND, "NOT_FOUND"),
    ] {
        let url = world.url(&format!("/services/data/{version}/limits"));
        let response =
            world.http.get(url).bearer_auth(&world.ready().access_token).send().await.expect("answers");
        assert_eq!(response.status(), status, "{version}");
        let answer: Value = response.json().await.expect("JSON");
        assert_eq!(error(&answer).0, code, "{version}");
    }
}

#[tokio::test]
async fn a_body_of_another_kind_is_415_and_a_packed_one_is_read() {
    let world = World::new().await;
    let send = async |kind: Option<&str>, coding: Option<&str>, body: Vec<u8>| {
        let mut request = world
            .http
            .post(world.url("/services/data/v67.0/sobjects/Account"))
            .bearer_auth(&world.ready().access_token);
        for (name, value) in [("content-type", kind), ("content-encoding", coding)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let response = request.body(body).send().await.expect("answers");
        (response.status(), response.json::<Value>().await.expect("JSON"))
    };
    let json = b"{\"Name\": \"Acme\"}".to_vec();
    for kind in [Some("text/plain"), Some("application/x-www-form-urlencoded"), None] {
        let (status, answer) = send(kind, None, json.clone()).await;
        assert_eq!(
            (status, error(&answer).0.as_str()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE")
        );
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&json).expect("memory");
    let packed = packed.finish().expect("memory");
    let kind = Some("application/json; charset=utf-8");
    assert_eq!(send(kind, Some("gzip"), packed).await.0, StatusCode::CREATED);
    let (status, answer) = send(kind, Some("gzip"), json).await;
    assert_eq!((status, error(&answer).0.as_str()), (StatusCode::BAD_REQUEST, "INVALID_CONTENT_ENCODING"));
    let (status, answer) = send(kind, None, b"{Name: 1}".to_vec()).await;
    let words = "Unexpected character ('N' (code 78)): was expecting double-quote to start field name at [line:1, column:2]";
    assert_eq!(
        (status, error(&answer)),
        (StatusCode::BAD_REQUEST, ("JSON_PARSER_ERROR".to_owned(), words.to_owned()))
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    let api = world.admin();
    for (method, path) in [
        (Method::GET, "/nope"),
        (Method::GET, "/sobjects/Nope"),
        (Method::GET, "/sobjects/Nope/describe"),
        (Method::GET, "/sobjects/Account/001000000000000AAA"),
        (Method::GET, "/sobjects/Account/malformed"),
        (Method::GET, "/sobjects/Account/Nope__c/1"),
        (Method::DELETE, "/sobjects/Account/001000000000000AAA"),
        (Method::GET, "/sobjects/SourceMember/describe"),
    ] {
        let (status, answer) = api.call(method, path, None).await;
        assert_eq!(
            (status, error(&answer).0.as_str()),
            (StatusCode::NOT_FOUND, "NOT_FOUND"),
            "{path}: {answer}"
        );
    }
    let long = format!("/query?q={}", "x".repeat(17_000));
    assert_eq!(api.send(Method::GET, &long, None).await.status(), StatusCode::URI_TOO_LONG);
    let nobody = world.api("00D!nothing").call(Method::GET, "/limits", None).await;
    assert_eq!(
        (nobody.0, error(&nobody.1).1.as_str()),
        (StatusCode::UNAUTHORIZED, "Session expired or invalid")
    );
}

#[tokio::test]
async fn headers_that_are_too_long_are_431_and_lists_that_are_empty_are_there() {
    let world = World::new().await;
    let url = world.url("/services/data/v67.0/limits");
    let request =
        world.http.get(url).bearer_auth(&world.ready().access_token).header("x-long", "x".repeat(16_400));
    assert_eq!(request.send().await.expect("answers").status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let api = world.admin();
    assert_eq!(api.get("/process/rules").await["rules"], json!({}));
    assert_eq!(api.get("/process/approvals").await["approvals"], json!({}));
    assert_eq!(api.get("/actions/custom/flow").await["actions"], json!([]));
    let standard = api.get("/actions/standard").await;
    assert!(
        standard["actions"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "chatterPost"))
    );
    for path in ["/process/nonsense", "/actions/nonsense", "/appMenu/nonsense", "/nonsense"] {
        let (status, refusal) = api.call(Method::GET, path, None).await;
        assert_eq!((status, error(&refusal).0.as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"), "{path}");
    }
}
