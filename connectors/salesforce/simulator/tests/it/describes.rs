//! Versions, describes, limits.

use reqwest::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Method, StatusCode};
use salesforce_simulator::{Config, Environment};
use serde_json::{Value, json};

use crate::client::{World, error};

#[tokio::test]
async fn versions_need_no_session_and_everything_else_does() {
    let world = World::new().await;
    let versions: Value = world
        .http
        .get(world.url("/services/data"))
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("json");
    let versions = versions.as_array().expect("an array");
    assert_eq!(
        versions.last(),
        Some(&json!({"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}))
    );
    let anonymous = world.http.get(world.url("/services/data/v67.0/limits")).send().await.expect("answers");
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn versions_that_are_not_there_are_told_apart() {
    let world = World::new().await;
    let get = async |path: &str| {
        let request = world.http.get(world.url(path)).bearer_auth(&world.ready().access_token);
        let response = request.send().await.expect("answers");
        (response.status(), error(&response.json().await.expect("json")).0)
    };
    assert_eq!(get("/services/data/v68.0/limits").await, (StatusCode::NOT_FOUND, "NOT_FOUND".to_owned()));
    assert_eq!(get("/services/data/v30.0/limits").await.0, StatusCode::GONE);
    assert_eq!(get("/services/data/v51.0/nothing").await, (StatusCode::NOT_FOUND, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn the_global_describe_has_as_many_objects_as_asked_for() {
    for objects in [60, 90, 300] {
        let world = World::with(Config { objects, ..Config::default() }).await;
        let describe = world.admin().get("/sobjects").await;
        let all = describe["sobjects"].as_array().expect("objects");
        assert_eq!(all.len(), objects);
        let named = |name: &str| all.iter().find(|object| object["name"] == name);
        let account = named("Account").expect("the app needs it");
        assert_eq!(
            (&account["keyPrefix"], &account["triggerable"], &account["queryable"]),
            (&json!("001"), &json!(true), &json!(true))
        );
        assert!(named("ContentVersion").is_some_and(|object| object["deletable"] == json!(false)));
        assert!(named("FeedAttachment").is_some_and(|object| object["triggerable"] == json!(false)));
        let keys = account.as_object().expect("an object").len();
        assert_eq!(keys, 28, "a describe has these keys and no others");
    }
}

#[tokio::test]
async fn the_same_seed_makes_the_same_org() {
    let config = || Config { objects: 200, seed: 42, ..Config::default() };
    let (a, b) = (World::with(config()).await, World::with(config()).await);
    assert_eq!(a.ready().org_id, b.ready().org_id);
    assert_eq!(a.ready().admin, b.ready().admin);
    assert_eq!(a.admin().get("/sobjects").await, b.admin().get("/sobjects").await);
    let other = World::with(Config { seed: 43, ..config() }).await;
    assert_ne!(a.ready().org_id, other.ready().org_id);
}

#[tokio::test]
async fn a_describe_has_fields_and_answers_conditional_requests() {
    let world = World::new().await;
    let admin = world.admin();
    let response = admin.send(Method::GET, "/sobjects/Contact/describe", None).await;
    let (etag, modified) = (response.headers()[ETAG].clone(), response.headers()[LAST_MODIFIED].clone());
    let describe: Value = response.json().await.expect("json");
    let field = |name: &str| {
        describe["fields"].as_array().expect("fields").iter().find(|field| field["name"] == name).cloned()
    };
    let account = field("AccountId").expect("a lookup");
    assert_eq!(
        (&account["type"], &account["referenceTo"], &account["relationshipName"]),
        (&json!("reference"), &json!(["Account"]), &json!("Account"))
    );
    assert!(field("LastName").is_some_and(|field| field["nillable"] == json!(false)));
    assert!(
        describe["childRelationships"]
            .as_array()
            .is_some_and(|all| all.iter().any(|child| child["childSObject"] == "Attachment"))
    );
    for (header, value) in [(IF_NONE_MATCH, etag), (IF_MODIFIED_SINCE, modified)] {
        let url = world.url("/services/data/v67.0/sobjects/Contact/describe");
        let request = world.http.get(url).bearer_auth(&admin.token).header(header, value);
        let response = request.send().await.expect("answers");
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    }
    let stale = "Mon, 01 Jan 2018 00:00:00 GMT";
    let url = world.url("/services/data/v67.0/sobjects/Contact/describe");
    let response = world
        .http
        .get(url)
        .bearer_auth(&admin.token)
        .header(IF_MODIFIED_SINCE, stale)
        .send()
        .await
        .expect("answers");
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn each_answer_counts_against_the_limit_and_the_limit_holds() {
    let world = World::with(Config { daily_api_requests: Some(3), ..Config::default() }).await;
    let admin = world.admin();
    for used in 1..=3 {
        let response = admin.send(Method::GET, "/sobjects/Account", None).await;
        assert_eq!(response.headers()["sforce-limit-info"], format!("api-usage={used}/3"));
    }
    let (status, body) = admin.call(Method::GET, "/sobjects/Account", None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        error(&body),
        ("REQUEST_LIMIT_EXCEEDED".to_owned(), "TotalRequests Limit exceeded.".to_owned())
    );
    world.clock.advance(std::time::Duration::from_secs(24 * 3600));
    // The session is too old by now; a new one finds the day's count gone.
    let token = world.org().open_session(world.org().admin, None, "full");
    let limits = world.api(&token).get("/limits").await;
    assert_eq!(limits["DailyApiRequests"], json!({"Max": 3, "Remaining": 2}));
}

#[tokio::test]
async fn a_production_org_says_so() {
    let world = World::with(Config { environment: Environment::Production, ..Config::default() }).await;
    let org = &world
        .admin()
        .rows("SELECT IsSandbox, OrganizationType, TrialExpirationDate FROM Organization")
        .await[0];
    assert_eq!(org["IsSandbox"], json!(false));
    assert_eq!(org["OrganizationType"], "Enterprise Edition");
    assert_eq!(org["TrialExpirationDate"], Value::Null);
}

#[tokio::test]
async fn wrong_methods_paths_and_lengths_have_their_statuses() {
    let world = World::new().await;
    let admin = world.admin();
    let (status, body) = admin.call(Method::DELETE, "/sobjects", None).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"));
    assert_eq!(admin.call(Method::GET, "/sobjects/Nothing__c/describe", None).await.0, StatusCode::NOT_FOUND);
    let long = format!("/query?q={}", "x".repeat(16_400));
    assert_eq!(admin.call(Method::GET, &long, None).await.0, StatusCode::URI_TOO_LONG);
    // Clients that end paths, or the base URL, with a slash work too.
    let doubled = world.http.get(world.url("//services/data/v67.0/limits?x=1")).bearer_auth(&admin.token);
    assert_eq!(doubled.send().await.expect("answers").status(), StatusCode::OK);
    admin.get("/sobjects/Account/").await;
}

#[tokio::test]
async fn flags_of_fields_are_those_of_recorded_describes() {
    let world = World::new().await;
    let contact = world.admin().get("/sobjects/Contact/describe").await;
    let field = |name: &str| {
        contact["fields"].as_array().expect("fields").iter().find(|field| field["name"] == name).cloned()
    };
    for (name, flag, value) in [
        ("Id", "byteLength", json!(18)),
        ("LastName", "byteLength", json!(240)),
        ("LastName", "compoundFieldName", json!("Name")),
        ("LastName", "extraTypeInfo", json!("personname")),
        ("MailingCity", "compoundFieldName", json!("MailingAddress")),
        ("MailingLatitude", "scale", json!(15)),
        ("MailingAddress", "queryByDistance", json!(true)),
        ("MailingAddress", "sortable", json!(false)),
        ("AccountId", "searchPrefilterable", json!(true)),
        ("OwnerId", "searchPrefilterable", json!(false)),
        ("IsDeleted", "aggregatable", json!(false)),
        ("Title", "compoundFieldName", Value::Null),
    ] {
        assert_eq!(field(name).expect(name)[flag], value, "{name}.{flag}");
    }
}

#[tokio::test]
async fn links_and_associations_are_those_of_recorded_describes() {
    let world = World::new().await;
    let admin = world.admin();
    let user = admin.get("/sobjects/User/describe").await;
    let root = "/services/data/v67.0/sobjects/User";
    assert_eq!(user["urls"]["passwordUtilities"], format!("{root}/{{ID}}/password"));
    assert_eq!(user["urls"]["listviews"], Value::Null);
    let account = admin.get("/sobjects/Account/describe").await;
    let links = &account["urls"];
    assert_eq!(links["approvalLayouts"], "/services/data/v67.0/sobjects/Account/describe/approvalLayouts");
    assert_eq!(links["uiNewRecord"], format!("{}/001/e", world.ready().base_url));
    let scopes = &account["supportedScopes"];
    assert_eq!(scopes[0], json!({"label": "All accounts", "name": "everything"}));
    assert_eq!(scopes[1], json!({"label": "My accounts", "name": "mine"}));
    // The global describe has no links to pages.
    let global = admin.get("/sobjects").await;
    let all = global["sobjects"].as_array().expect("objects");
    assert!(all.iter().all(|object| object["urls"]["uiNewRecord"].is_null()));
    for object in all.iter().filter(|object| !object["associateEntityType"].is_null()) {
        let name = object["name"].as_str().expect("a name");
        let parent = object["associateParentEntity"].as_str().expect("a parent");
        assert!(name.starts_with(parent.trim_end_matches("__c")), "{name} of {parent}");
    }
}
