//! Answers beside those of real orgs, recorded by other people: the same keys, and values of the same types.

mod shape;

use reqwest::{Method, StatusCode};
use salesforce_simulator::org::Conditions;
use salesforce_simulator::{Config, Simulator};
use serde_json::{Value, json};

use crate::client::{World, encoded};
use shape::Shape;

#[tokio::test]
async fn what_needs_no_object() {
    let world = World::new().await;
    let api = world.admin();
    let versions = world.http.get(world.url("/services/data")).send().await.expect("answers");
    Shape::named("versions").fits(&versions.json().await.expect("json"));
    Shape::named("limits").fits(&api.get("/limits").await);
    let (_, error) = api.call(Method::GET, "/sobjects/Nothing__c/describe", None).await;
    Shape::named("error").fits(&error);
    let (_, error) = api.call(Method::POST, "/sobjects/Account", Some(json!({"Nope": 1}))).await;
    Shape::named("error").fits(&error);
}

#[tokio::test]
async fn describes() {
    let world = World::with(Config { objects: 90, ..Config::default() }).await;
    let api = world.admin();
    let global = api.get("/sobjects").await;
    Shape::named("describe global").fits(&global);
    for object in global["sobjects"].as_array().expect("objects") {
        let name = object["name"].as_str().expect("a name");
        Shape::named("describe").fits(&api.get(&format!("/sobjects/{name}/describe")).await);
    }
}

#[tokio::test]
async fn rows() {
    let world = World::new().await;
    let api = world.admin();
    let created =
        api.call(Method::POST, "/sobjects/Account", Some(json!({"Name": "A", "Industry": "Energy"}))).await.1;
    Shape::named("create").fits(&created);
    api.create("Contact", json!({"LastName": "B", "AccountId": created["id"]})).await;
    for soql in [
        "SELECT Id, Name, (SELECT Id FROM Contacts) FROM Account",
        "SELECT Id, Account.Name FROM Contact",
        "SELECT COUNT(Id) FROM Account",
        "SELECT Industry, COUNT(Id) n FROM Account GROUP BY Industry",
        "SELECT COUNT() FROM Account",
    ] {
        Shape::named("query").fits(&api.query(soql).await);
    }
    let tooling = |soql: &str| format!("/tooling/query?q={}", encoded(soql));
    for soql in ["SELECT Id, Name FROM ApexClass", "SELECT Id, DeveloperName FROM CustomField"] {
        Shape::named("tooling query").fits(&api.get(&tooling(soql)).await);
    }
    let organization = api.get(&format!("/sobjects/Organization/{}", world.ready().org_id)).await;
    Shape::named("organization").fits(&organization);
}

#[tokio::test]
async fn many_things_in_one_call() {
    let world = World::new().await;
    let api = world.admin();
    let body = json!({"allOrNone": false, "records": [
        {"attributes": {"type": "Account"}, "Name": "A"},
        {"attributes": {"type": "Account"}, "Nope": "B"},
        {"attributes": {"type": "Contact"}, "FirstName": "C"},
    ]});
    Shape::named("collection").fits(&api.call(Method::POST, "/composite/sobjects", Some(body)).await.1);
    let root = "/services/data/v67.0";
    let body = json!({"compositeRequest": [
        {"method": "GET", "url": format!("{root}/query?q=SELECT+Id+FROM+Account"), "referenceId": "a"},
        {"method": "GET", "url": format!("{root}/sobjects/Account/describe"), "referenceId": "b"},
        {"method": "GET", "url": format!("{root}/sobjects/Nope/describe"), "referenceId": "c"},
        {"method": "DELETE", "url": format!("{root}/sobjects/Account/001000000000001AAA"), "referenceId": "d"},
    ]});
    Shape::named("composite").fits(&api.call(Method::POST, "/composite", Some(body)).await.1);
}

#[tokio::test]
async fn who_is_asking() {
    let world = World::new().await;
    let ready = world.ready();
    let get = async |url: String| {
        let request = world.http.get(url).bearer_auth(&ready.access_token);
        request.send().await.expect("answers").json::<Value>().await.expect("json")
    };
    let userinfo = get(world.url("/services/oauth2/userinfo")).await;
    Shape::named("userinfo").fits(&userinfo);
    let answer = crate::browser::grant(&world).await;
    Shape::named("token").fits(&answer);
    let (status, error) = crate::browser::exchange(&world, "invalid").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    Shape::named("token error").fits(&error);
    Shape::named("identity").fits(&get(userinfo["sub"].as_str().expect("the identity URL").to_owned()).await);
}

#[tokio::test]
async fn what_changed_and_how_much_there_is() {
    let world = World::new().await;
    let api = world.admin();
    api.create("Account", json!({"Name": "A"})).await;
    let gone = api.create("Account", json!({"Name": "B"})).await;
    api.call(Method::DELETE, &format!("/sobjects/Account/{gone}"), None).await;
    world.clock.advance(std::time::Duration::from_secs(600));
    Shape::named("record counts").fits(&api.get("/limits/recordCount?sObjects=Account,Contact").await);
    let span = "start=2026-11-24T11:00:00Z&end=2026-11-24T12:05:00Z";
    Shape::named("updated").fits(&api.get(&format!("/sobjects/Account/updated/?{span}")).await);
    Shape::named("deleted").fits(&api.get(&format!("/sobjects/Account/deleted/?{span}")).await);
}

#[tokio::test]
async fn bulk_jobs() {
    let world = World::new().await;
    let api = world.admin();
    let job = json!({"object": "Account", "operation": "insert"});
    let job = api.call(Method::POST, "/jobs/ingest", Some(job)).await.1;
    let path = format!("/jobs/ingest/{}", job["id"].as_str().expect("an id"));
    Shape::named("bulk 2 ingest job").fits(&api.get(&path).await);
    let query = json!({"query": "SELECT Id FROM Account", "operation": "query"});
    let job = api.call(Method::POST, "/jobs/query", Some(query)).await.1;
    Shape::named("bulk 2 query job")
        .fits(&api.get(&format!("/jobs/query/{}", job["id"].as_str().expect("an id"))).await);

    let post = async |path: &str, kind: &str, body: &str| {
        let url = world.url(&format!("/services/async/62.0/job{path}"));
        let request = world.http.post(url).header("x-sfdc-session", &api.token).header("content-type", kind);
        request.body(body.to_owned()).send().await.expect("answers").text().await.expect("text")
    };
    let xml = "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><operation>insert</operation><object>Account</object><contentType>CSV</contentType></jobInfo>";
    let answer = post("", "application/xml", xml).await;
    let info = answer.split("<jobInfo").nth(1).and_then(|rest| rest.split_once('>')).expect("a job").1;
    Shape::named("bulk job xml").fits(&Value::Object(elements(info)));
    let json = r#"{"operation": "insert", "object": "Account", "contentType": "JSON"}"#;
    let job: Value = serde_json::from_str(&post("", "application/json", json).await).expect("json");
    let path = format!("/{}/batch", job["id"].as_str().expect("an id"));
    let batch = post(&path, "application/json", r#"[{"Name": "A"}]"#).await;
    Shape::named("bulk batch").fits(&serde_json::from_str(&batch).expect("json"));
}

#[tokio::test]
async fn a_login_over_soap() {
    let world = World::new().await;
    let admin = &world.ready().admin;
    let (status, text) =
        crate::passwords::soap_login(&world, "u/59.0", &admin.username, &admin.password).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let result = text.split_once("<result>").and_then(|(_, rest)| rest.split_once("</result>"));
    let (result, user) = result.and_then(|(result, _)| result.split_once("<userInfo>")).expect("a result");
    let mut login = elements(result);
    let user = elements(user.split_once("</userInfo>").expect("closes").0);
    login.insert("userInfo".to_owned(), Value::Object(user));
    Shape::named("soap login").fits(&Value::Object(login));
}

/// Flat elements, as texts by their names.
fn elements(xml: &str) -> serde_json::Map<String, Value> {
    let tags = xml.split('<').filter_map(|tag| tag.split_once('>'));
    let opening = tags.filter(|(name, _)| !name.starts_with('/'));
    opening
        .map(|(name, text)| match name.split_once(' ') {
            Some((name, _nil)) => (name.to_owned(), Value::Null),
            None => (name.to_owned(), Value::from(text)),
        })
        .collect()
}

#[tokio::test]
async fn tests_and_their_results() {
    let conditions = Conditions { failing_tests: vec!["Legacy_Test".to_owned()], ..Conditions::default() };
    // On the machine's own clock: saving a class takes time.
    let simulator = Simulator::start(Config { conditions, ..Config::default() }).await.expect("starts");
    let world = World { simulator, ..World::new().await };
    let api = world.admin();
    let class = json!({"Name": "Fine_Test", "Body": "@IsTest private class Fine_Test { @IsTest static void holds() { System.assert(true); } }"});
    let (status, made) = api.call(Method::POST, "/tooling/sobjects/ApexClass", Some(class)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let run = api.get("/tooling/runTestsSynchronous?classnames=Legacy_Test").await;
    Shape::named("tests at once").fits(&run);
    Shape::named("tests at once").fits(&api.get("/tooling/runTestsSynchronous?classnames=Fine_Test").await);

    let body = json!({"classNames": "Legacy_Test,Fine_Test"});
    api.call(Method::POST, "/tooling/runTestsAsynchronous", Some(body)).await;
    let soql = "SELECT Id, ApexClassId, TestTimestamp, Message, MethodName, Outcome, RunTime, StackTrace FROM ApexTestResult";
    let rows = loop {
        let rows = api.get(&format!("/tooling/query?q={}", encoded(soql))).await;
        let rows = rows["records"].as_array().cloned().expect("rows");
        if rows.len() == 2 {
            break rows;
        }
        tokio::task::yield_now().await;
    };
    for row in &rows {
        Shape::named("test result row").fits(row);
    }
}

/// The answer to a status poll of a deployment has the recorded shape.
pub fn deploy(answer: &Value) {
    Shape::named("deploy").fits(answer);
}
