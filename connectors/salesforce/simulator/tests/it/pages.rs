//! Pages of queries, several at once, compressed answers.

use std::io::Read;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use reqwest::{Method, StatusCode};
use salesforce_simulator::Config;
use serde_json::{Value, json};

use crate::client::{Api, World, encoded, error};

const ROOT: &str = "/services/data/v67.0";
/// Eleven sets of a new org hold rights on each object with object permissions.
const SOQL: &str = "SELECT Id, ParentId, SobjectType FROM ObjectPermissions";

async fn first(api: &Api<'_>, batch: usize) -> Value {
    let url = api.world.url(&format!("{ROOT}/query?q={}", encoded(SOQL)));
    let options = format!("batchSize={batch}");
    let request = api.world.http.get(url).bearer_auth(&api.token).header("Sforce-Query-Options", options);
    request.send().await.expect("answers").json().await.expect("json")
}

fn ids(page: &Value) -> Vec<String> {
    let records = page["records"].as_array().expect("records");
    records.iter().filter_map(|row| row["Id"].as_str()).map(str::to_owned).collect()
}

fn get(url: &str, reference: &str) -> Value {
    json!({"method": "GET", "url": url, "referenceId": reference})
}

#[tokio::test]
async fn five_further_pages_come_in_one_call_in_any_order() {
    let world = World::with(Config { objects: 240, ..Config::default() }).await;
    let api = world.admin();
    let page = first(&api, 200).await;
    let total = page["totalSize"].as_u64().expect("a size") as usize;
    assert!(total > 1_200, "{total}");
    let next = page["nextRecordsUrl"].as_str().expect("more").to_owned();
    let (locator, at) = next.rsplit_once('-').expect("a position");
    assert_eq!(at, "200");
    let spent = |world: &World| world.org().read().api_calls.values().sum::<u64>();
    let before = spent(&world);
    let series = [1_000, 400, 200, 800, 600].map(|at| get(&format!("{locator}-{at}"), &format!("p{at}")));
    let (status, answer) =
        api.call(Method::POST, "/composite", Some(json!({"compositeRequest": series}))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(spent(&world) - before, 1, "the whole series is one call");
    let mut seen = ids(&page);
    let mut parts: Vec<&Value> = answer["compositeResponse"].as_array().expect("parts").iter().collect();
    assert_eq!(parts[0]["referenceId"], "p1000");
    parts.sort_by_key(|part| part["referenceId"].as_str().and_then(|name| name[1..].parse::<u32>().ok()));
    for part in &parts {
        assert_eq!(part["httpStatusCode"], json!(200));
        seen.extend(ids(&part["body"]));
    }
    assert_eq!(seen.len(), 1_200);
    let (_, again) = api.call(Method::GET, &format!("{}-400", &locator[ROOT.len()..]), None).await;
    assert_eq!(ids(&again), seen[400..600], "a page may be fetched again");
    let mut rest = parts[4]["body"].clone();
    while let Some(next) = rest["nextRecordsUrl"].as_str().map(str::to_owned) {
        rest = api.get(&next[ROOT.len()..]).await;
        seen.extend(ids(&rest));
    }
    let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (total, total));
}

#[tokio::test]
async fn a_series_holds_five_costly_calls_and_no_more() {
    let world = World::new().await;
    let api = world.admin();
    let query = format!("{ROOT}/query?q={}", encoded("SELECT Id FROM Organization"));
    let describe = format!("{ROOT}/sobjects/Account/describe");
    let series = async |costly: usize, cheap: usize, path: &str| {
        let costly = (0..costly).map(|at| get(&query, &format!("q{at}")));
        let cheap = (0..cheap).map(|at| get(&describe, &format!("d{at}")));
        let body = json!({"compositeRequest": costly.chain(cheap).collect::<Vec<_>>()});
        api.call(Method::POST, path, Some(body)).await
    };
    for path in ["/composite", "/tooling/composite"] {
        let (status, answer) = series(5, 20, path).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["compositeResponse"][24]["body"]["name"], "Account");
        for (costly, cheap) in [(6, 0), (5, 21)] {
            let (status, answer) = series(costly, cheap, path).await;
            assert_eq!((status, error(&answer).0.as_str()), (StatusCode::BAD_REQUEST, "LIMIT_EXCEEDED"));
        }
    }
    let before = world.org().read().api_calls.values().sum::<u64>();
    let requests: Vec<Value> =
        (0..4).map(|_| json!({"method": "GET", "url": "v67.0/sobjects/Account/describe"})).collect();
    let (_, answer) =
        api.call(Method::POST, "/composite/batch", Some(json!({"batchRequests": requests}))).await;
    assert_eq!(answer["results"][3]["result"]["name"], "Account");
    assert_eq!(world.org().read().api_calls.values().sum::<u64>() - before, 4, "each part of a batch counts");
}

#[tokio::test]
async fn parts_of_a_series_may_be_conditional() {
    let world = World::new().await;
    let api = world.admin();
    let plain = api.send(Method::GET, "/sobjects", None).await;
    let etag = plain.headers()["etag"].to_str().expect("text").to_owned();
    let part = json!({"method": "GET", "url": format!("{ROOT}/sobjects"), "referenceId": "g", "httpHeaders": {"If-None-Match": etag}});
    let (_, answer) = api.call(Method::POST, "/composite", Some(json!({"compositeRequest": [part]}))).await;
    let part = &answer["compositeResponse"][0];
    assert_eq!((&part["httpStatusCode"], &part["body"]), (&json!(304), &Value::Null));
    assert_eq!(part["httpHeaders"]["ETag"], json!(etag));
}

#[tokio::test]
async fn pages_may_be_smaller_than_asked_for() {
    let world = World::with(Config { page_rows_max: Some(150), ..Config::default() }).await;
    let api = world.admin();
    let page = first(&api, 2_000).await;
    assert_eq!((ids(&page).len(), &page["done"]), (150, &json!(false)));
    assert!(page["nextRecordsUrl"].as_str().is_some_and(|url| url.ends_with("-150")));
    // The size may be chosen anew for each page, within the same bounds.
    let world = World::new().await;
    let api = world.admin();
    let next = first(&api, 1).await["nextRecordsUrl"].as_str().expect("more").to_owned();
    assert!(next.ends_with("-200"), "{next}");
    let request = world.http.get(world.url(&next)).bearer_auth(&api.token);
    let second: Value = request
        .header("Sforce-Query-Options", "batchSize=300")
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("json");
    assert_eq!(ids(&second).len(), 300);
    for locator in ["01gnope-200", "x", "01g000000000000AAA-0", &format!("{}0000", &next[ROOT.len() + 7..])] {
        let (status, answer) = api.call(Method::GET, &format!("/query/{locator}"), None).await;
        assert_eq!((status, error(&answer).0.as_str()), (StatusCode::BAD_REQUEST, "INVALID_QUERY_LOCATOR"));
    }
}

#[tokio::test]
async fn answers_are_compressed_for_whoever_asks() {
    let world = World::new().await;
    let api = world.admin();
    // As the bytes are on the wire.
    let plain = reqwest::Client::builder().no_gzip().build().expect("builds");
    let request = plain.get(world.url(&format!("{ROOT}/sobjects"))).bearer_auth(&api.token);
    let response = request.header(ACCEPT_ENCODING, "gzip").send().await.expect("answers");
    assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
    let bytes = response.bytes().await.expect("a body");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
    assert_eq!(serde_json::from_str::<Value>(&text).expect("json"), api.get("/sobjects").await);
    assert!(bytes.len() * 5 < text.len());
}
