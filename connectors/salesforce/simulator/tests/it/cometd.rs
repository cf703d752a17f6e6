//! The Streaming API over HTTP: sessions, versions, PushTopics, changes, debug logs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Api, World, encoded};

async fn post(world: &World, path: &str, token: Option<&str>, body: Value) -> (StatusCode, Value) {
    let mut request = world.http.post(world.url(path)).json(&body);
    if let Some(token) = token {
        request = request.header("Authorization", format!("OAuth {token}"));
    }
    let response = request.send().await.expect("answers");
    let status = response.status();
    let text = response.text().await.expect("has a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A client of the administrator that listens on a channel from its oldest event.
struct Listener<'a> {
    world: &'a World,
    id: String,
}

impl<'a> Listener<'a> {
    async fn on(world: &'a World, channel: &str) -> Self {
        let shaken = json!([{"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}]);
        let mut listener = Self { world, id: String::new() };
        let answer = listener.send(shaken).await;
        assert_eq!(answer[0]["ext"]["replay"], true, "{answer}");
        listener.id = answer[0]["clientId"].as_str().expect("an id").to_owned();
        let subscribe = json!({
            "channel": "/meta/subscribe", "clientId": listener.id, "subscription": channel,
            "ext": {"replay": {channel: -2}},
        });
        let answer = listener.send(subscribe).await;
        assert_eq!((&answer[0]["successful"], &answer[0]["subscription"]), (&json!(true), &json!(channel)));
        listener
    }

    async fn send(&self, body: Value) -> Value {
        let token = self.world.ready().access_token.clone();
        let (status, answer) = post(self.world, "/cometd/67.0", Some(&token), body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// What there is, without waiting.
    async fn take(&self) -> Vec<Value> {
        let poll = json!({
            "channel": "/meta/connect", "clientId": self.id, "connectionType": "long-polling",
            "advice": {"timeout": 0},
        });
        let answer = self.send(poll).await;
        let messages = answer.as_array().expect("messages");
        messages.iter().filter(|message| message["data"].is_object()).map(|one| one["data"].clone()).collect()
    }
}

#[tokio::test]
async fn sessions_versions_and_requests_are_checked() {
    let world = World::new().await;
    let token = world.ready().access_token.clone();
    let shaken = json!([{"channel": "/meta/handshake"}]);
    for (token, reason) in
        [(None, "401::Request requires authentication"), (Some("nonsense"), "401::Authentication invalid")]
    {
        let (status, answer) = post(&world, "/cometd/67.0", token, shaken.clone()).await;
        assert_eq!((status, &answer[0]["error"]), (StatusCode::OK, &json!("403::Handshake denied")));
        assert_eq!(answer[0]["ext"]["sfdc"]["failureReason"], reason);
    }
    for (path, error) in [
        ("/cometd", "400::API version in the URI is mandatory. URI format: '/cometd/67.0'"),
        (
            "/cometd/22.0",
            "400::Unsupported API version. Only API versions '23.0' and above are supported. URI format: '/cometd/67.0'",
        ),
    ] {
        let (_, answer) = post(&world, path, Some(&token), shaken.clone()).await;
        assert_eq!(answer[0]["error"], error, "{path}");
    }
    for path in ["/cometd/36.0", "/cometd/67.0/", "/cometd/67.0/handshake"] {
        let (_, answer) = post(&world, path, Some(&token), shaken.clone()).await;
        assert_eq!(answer[0]["successful"], true, "{path}");
    }
    let large = json!([{"channel": "/meta/handshake", "ext": "x".repeat(33_000)}]);
    assert_eq!(post(&world, "/cometd/67.0", Some(&token), large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post(&world, "/cometd/67.0", Some(&token), json!(1)).await.0, StatusCode::BAD_REQUEST);
    let got = world.http.get(world.url("/cometd/67.0")).send().await.expect("answers");
    assert_eq!(got.status(), StatusCode::METHOD_NOT_ALLOWED);
    let request = world.http.post(world.url("/cometd/67.0")).bearer_auth(&token).json(&shaken);
    let answer = request.send().await.expect("answers");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.starts_with("BAYEUX_BROWSER=") && cookie.contains("Path=/cometd/"), "{cookie}");
}

#[tokio::test]
async fn push_topics_tell_what_their_query_finds() {
    let world = World::new().await;
    let api = world.admin();
    let topic = json!({
        "Name": "Norwegians", "Query": "SELECT Id, Name FROM Account WHERE BillingCountry = 'Norway'",
        "ApiVersion": 67.0, "IsActive": true, "NotifyForFields": "Referenced",
        "NotifyForOperationCreate": true, "NotifyForOperationUpdate": true,
        "NotifyForOperationDelete": true, "NotifyForOperationUndelete": false,
    });
    api.create("PushTopic", topic).await;
    let listener = Listener::on(&world, "/topic/Norwegians").await;
    api.create("Account", json!({"Name": "Elsewhere", "BillingCountry": "Chile"})).await;
    let id = api.create("Account", json!({"Name": "Fjord", "BillingCountry": "Norway"})).await;
    let path = format!("/sobjects/Account/{id}");
    let update = async |body: Value| api.call(Method::PATCH, &path, Some(body)).await.0;
    assert_eq!(update(json!({"Phone": "1"})).await, StatusCode::NO_CONTENT);
    assert_eq!(update(json!({"Name": "Fjell"})).await, StatusCode::NO_CONTENT);
    assert_eq!(api.call(Method::DELETE, &path, None).await.0, StatusCode::NO_CONTENT);
    let told: Vec<(Value, Value)> = listener
        .take()
        .await
        .iter()
        .map(|one| (one["event"]["type"].clone(), one["sobject"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("created"), json!({"Id": id, "Name": "Fjord"})),
            (json!("updated"), json!({"Id": id, "Name": "Fjell"})),
            (json!("deleted"), json!({"Id": id})),
        ],
        "a field that is not referenced tells nothing"
    );
    assert!(listener.take().await.is_empty(), "each is told once");
}

#[tokio::test]
async fn changes_name_their_fields() {
    let world = World::new().await;
    let api = world.admin();
    let member = json!({"FullName": "ChangeEvents_AccountChangeEvent", "Metadata": {"eventChannel": "ChangeEvents", "selectedEntity": "AccountChangeEvent"}});
    let (status, made) =
        api.call(Method::POST, "/tooling/sobjects/PlatformEventChannelMember", Some(member)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let listener = Listener::on(&world, "/data/AccountChangeEvent").await;
    let id = api.create("Account", json!({"Name": "Fjord", "Phone": "1"})).await;
    let change = json!({"Phone": null, "BillingCity": "Oslo"});
    api.call(Method::PATCH, &format!("/sobjects/Account/{id}"), Some(change)).await;
    let told = listener.take().await;
    let [made, changed] = &told[..] else { panic!("two changes: {told:?}") };
    assert_eq!((&made["payload"]["Name"], &made["payload"]["Phone"]), (&json!("Fjord"), &json!("1")));
    assert!(made["payload"].get("Site").is_none(), "what is empty is left out");
    let header = &changed["payload"]["ChangeEventHeader"];
    assert_eq!((&header["changeType"], &header["recordIds"]), (&json!("UPDATE"), &json!([id])));
    let names = |what: &str| -> Vec<String> { serde_json::from_value(header[what].clone()).expect("names") };
    assert!(names("changedFields").contains(&"BillingAddress.City".to_owned()), "{header}");
    assert_eq!(names("nulledFields"), ["Phone"]);
    assert!(changed["payload"]["Phone"].is_null() && changed["payload"].get("Phone").is_some());
    assert!(changed["payload"].get("Name").is_none(), "what did not change is left out");
}

async fn rows(api: &Api<'_>, soql: &str) -> Vec<Value> {
    let answer = api.get(&format!("/tooling/query?q={}", encoded(soql))).await;
    answer["records"].as_array().cloned().expect("records")
}

#[tokio::test]
async fn a_trace_flag_leaves_logs_that_listeners_hear_of() {
    let world = World::new().await;
    let api = world.admin();
    let run = async |code: &str| {
        api.get(&format!("/tooling/executeAnonymous?anonymousBody={}", encoded(code))).await
    };
    run("System.debug('unheard');").await;
    assert!(rows(&api, "SELECT Id FROM ApexLog").await.is_empty(), "nobody has asked for any");
    let made = async |table: &str, body: Value| {
        let (status, made) = api.call(Method::POST, &format!("/tooling/sobjects/{table}"), Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{table}: {made}");
        made["id"].as_str().expect("an id").to_owned()
    };
    let level = made(
        "DebugLevel",
        json!({"DeveloperName": "L", "MasterLabel": "L", "ApexCode": "DEBUG", "Database": "INFO"}),
    )
    .await;
    // Both forms of a date that clients send besides the usual one.
    let flag = json!({
        "TracedEntityId": world.org().admin, "DebugLevelId": level, "LogType": "DEVELOPER_LOG",
        "StartDate": 1_795_521_000_000_i64, "ExpirationDate": "Tue, 24 Nov 2026 12:30:00 GMT",
    });
    made("TraceFlag", flag).await;
    let listener = Listener::on(&world, "/systemTopic/Logging").await;
    run("Integer n = [SELECT COUNT() FROM Account];\nSystem.debug('counted ' + n);").await;
    run("Integer zero = 0;\nInteger n = 1 / zero;").await;
    let told: Vec<Value> = listener.take().await.iter().map(|one| one["sobject"]["Id"].clone()).collect();
    let logs =
        rows(&api, "SELECT Id, Status, Operation, LogLength, LogUser.Name FROM ApexLog ORDER BY Id").await;
    assert_eq!(told, logs.iter().map(|log| log["Id"].clone()).collect::<Vec<_>>());
    let [good, bad] = &logs[..] else { panic!("two logs: {logs:?}") };
    assert_eq!(good["Status"], "Success");
    assert_eq!(good["Operation"], "/services/data/v67.0/tooling/executeAnonymous");
    assert_eq!(bad["Status"], "System.MathException: Divide by 0");
    let path = format!("/tooling/sobjects/ApexLog/{}", good["Id"].as_str().expect("an id"));
    let response = api.send(Method::GET, &format!("{path}/Body"), None).await;
    let body = response.text().await.expect("a body");
    assert_eq!(json!(body.len()), good["LogLength"]);
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!(lines[0], "67.0 APEX_CODE,DEBUG;DB,INFO");
    assert_eq!(lines[1], "Execute Anonymous: Integer n = [SELECT COUNT() FROM Account];");
    let entries: Vec<&str> =
        lines[3..].iter().filter_map(|line| line.split_once('|')).map(|(_, entry)| entry).collect();
    assert!(entries[0].starts_with("USER_INFO|[EXTERNAL]|005"), "{entries:?}");
    assert_eq!(
        entries[1..],
        [
            "EXECUTION_STARTED",
            "CODE_UNIT_STARTED|[EXTERNAL]|execute_anonymous_apex",
            "SOQL_EXECUTE_BEGIN|[1]|Aggregations:0|SELECT COUNT() FROM Account",
            "SOQL_EXECUTE_END|[1]|Rows:0",
            "USER_DEBUG|[2]|DEBUG|counted 0",
            "CODE_UNIT_FINISHED|execute_anonymous_apex",
            "EXECUTION_FINISHED",
        ]
    );
    assert_eq!(api.call(Method::DELETE, &path, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(api.call(Method::GET, &format!("{path}/Body"), None).await.0, StatusCode::NOT_FOUND);
    world.clock.advance(std::time::Duration::from_secs(1_800));
    run("System.debug('too late');").await;
    assert_eq!(rows(&api, "SELECT Id FROM ApexLog").await.len(), 1, "the flag has ended");
}
