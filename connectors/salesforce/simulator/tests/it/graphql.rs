//! GraphQL over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Api, World};

async fn ask(api: &Api<'_>, query: &str, variables: Value) -> Value {
    let body = json!({"query": query, "variables": variables});
    let (status, answer) = api.call(Method::POST, "/graphql", Some(body)).await;
    assert_eq!((status, &answer["errors"]), (StatusCode::OK, &json!([])), "{query}: {answer}");
    answer["data"]["uiapi"].clone()
}

async fn world() -> World {
    let world = World::new().await;
    let api = world.admin();
    for (name, city, revenue) in [("Fjord", "Oslo", 1_500), ("Fjell", "Oslo", 500), ("Andes", "Lima", 9_000)]
    {
        let account =
            json!({"Name": name, "BillingCity": city, "AnnualRevenue": revenue, "Industry": "Energy"});
        let id = api.create("Account", account).await;
        for last in ["Berg", "Dal"] {
            api.create("Contact", json!({"LastName": format!("{last} {name}"), "AccountId": id})).await;
        }
    }
    world
}

#[tokio::test]
async fn records_come_with_parents_children_and_forms() {
    let world = world().await;
    let api = world.admin();
    let query = r#"
        query Rich($least: Currency = 1000, $children: Boolean!) {
          uiapi {
            query {
              rich: Account(
                where: { AnnualRevenue: { gte: $least }, or: [{ Name: { like: "Fj%" } }, { Name: { eq: "Andes" } }] }
                orderBy: { Name: { order: DESC } }
              ) {
                totalCount
                edges {
                  node {
                    ...Named
                    ApiName
                    AnnualRevenue { value displayValue }
                    Owner { Username { value } }
                    Contacts(orderBy: { LastName: { order: ASC } }, first: 1) @include(if: $children) {
                      totalCount
                      edges { node { LastName { value } } }
                      pageInfo { hasNextPage }
                    }
                  }
                }
              }
            }
          }
        }
        fragment Named on Account { Id Name { value } }"#;
    let told = ask(&api, query, json!({"children": true})).await;
    let rich = &told["query"]["rich"];
    assert_eq!(rich["totalCount"], 2);
    let node = &rich["edges"][0]["node"];
    assert_eq!((&node["Name"]["value"], &node["ApiName"]), (&json!("Fjord"), &json!("Account")));
    assert!(node["Id"].as_str().is_some_and(|id| id.starts_with("001")), "{node}");
    assert_eq!(node["AnnualRevenue"], json!({"value": 1_500.0, "displayValue": "$1,500.00"}));
    assert_eq!(node["Owner"]["Username"]["value"], world.ready().admin.username);
    let contacts = json!({
        "totalCount": 2,
        "edges": [{"node": {"LastName": {"value": "Berg Fjord"}}}],
        "pageInfo": {"hasNextPage": true},
    });
    assert_eq!(node["Contacts"], contacts);
    let told = ask(&api, query, json!({"children": false, "least": 9_000})).await;
    let edges = told["query"]["rich"]["edges"].as_array().expect("edges").clone();
    assert_eq!(edges.len(), 1);
    assert!(edges[0]["node"].get("Contacts").is_none());
}

#[tokio::test]
async fn pages_follow_each_other() {
    let world = world().await;
    let api = world.admin();
    let query = r#"query Page($after: String) { uiapi { query { Account(first: 2, after: $after, orderBy: {Name: {order: ASC}}) {
        edges { cursor node { Name { value } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } pageResultCount totalCount } } } }"#;
    let told = ask(&api, query, json!({})).await;
    let first = &told["query"]["Account"];
    let info = &first["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
    assert_eq!(info["endCursor"], first["edges"][1]["cursor"]);
    assert_eq!((&first["pageResultCount"], &first["totalCount"]), (&json!(2), &json!(3)));
    let told = ask(&api, query, json!({"after": info["endCursor"]})).await;
    let second = &told["query"]["Account"];
    assert_eq!(second["edges"][0]["node"]["Name"]["value"], "Fjord");
    assert_eq!((&second["pageInfo"]["hasNextPage"], &second["pageResultCount"]), (&json!(false), &json!(1)));
}

#[tokio::test]
async fn groups_are_counted() {
    let world = world().await;
    let query = r#"{ uiapi { aggregate { Account(groupBy: {BillingCity: {group: true}}, where: {Name: {ne: "Nobody"}}, orderBy: {BillingCity: {order: ASC}}) {
        totalCount edges { node { aggregate { BillingCity { value } Id { count { value } } AnnualRevenue { sum { value } max { value } } } } } } } } }"#;
    let told = ask(&world.admin(), query, json!({})).await;
    let groups = &told["aggregate"]["Account"];
    assert_eq!(groups["totalCount"], 2, "{groups}");
    let group = |at: usize| groups["edges"][at]["node"]["aggregate"].clone();
    assert_eq!(
        group(1),
        json!({
            "BillingCity": {"value": "Oslo"},
            "Id": {"count": {"value": 2}},
            "AnnualRevenue": {"sum": {"value": 2_000.0}, "max": {"value": 1_500.0}},
        })
    );
    assert_eq!(group(0)["BillingCity"]["value"], "Lima");
}

#[tokio::test]
async fn rights_hold_and_requests_are_checked() {
    let world = world().await;
    let query = json!({"query": "{ uiapi { query { ApexClass { totalCount } } } }"});
    let user = world.user();
    let (status, _) = user.call(Method::GET, "/graphql", None).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let (status, answer) = user.call(Method::POST, "/graphql", Some(json!([]))).await;
    assert_eq!((status, &answer[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("JSON_PARSER_ERROR")));
    let (status, answer) = user.call(Method::POST, "/graphql", Some(query)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["errors"][0]["extensions"]["ErrorType"], "ValidationError", "{answer}");
    let old =
        world.http.post(world.url("/services/data/v50.0/graphql")).bearer_auth(&world.ready().access_token);
    let response = old.json(&json!({"query": "{ uiapi { __typename } }"})).send().await.expect("answers");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}
