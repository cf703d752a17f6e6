//! Answers beside those of real orgs, recorded by other people: the same keys, and values of the same types.

mod shape;

use reqwest::Method;
use salesforce_simulator::Config;
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
    Shape::named("identity").fits(&get(userinfo["sub"].as_str().expect("the identity URL").to_owned()).await);
}
