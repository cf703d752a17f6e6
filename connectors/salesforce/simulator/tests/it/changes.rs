//! How a change of the setup shows: validators, the audit trail, dates of rows.

use std::time::Duration;

use reqwest::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Api, World, encoded};

async fn validators(api: &Api<'_>, path: &str) -> (String, String) {
    let response = api.send(Method::GET, path, None).await;
    assert_eq!(response.status(), StatusCode::OK);
    let text = |headers: &HeaderMap, name| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let headers = response.headers();
    (text(headers, ETAG).expect("an ETag"), text(headers, LAST_MODIFIED).expect("a date"))
}

async fn asked(
    api: &Api<'_>,
    path: &str,
    header: reqwest::header::HeaderName,
    value: &str,
) -> (StatusCode, usize) {
    let url = api.world.url(&format!("/services/data/v67.0{path}"));
    let request = api.world.http.get(url).bearer_auth(&api.token).header(header, value);
    let response = request.send().await.expect("answers");
    (response.status(), response.bytes().await.expect("a body").len())
}

#[tokio::test]
async fn validators_change_with_the_schema_and_only_then() {
    let world = World::new().await;
    let (org, api) = (world.org(), world.admin());
    assert!(org.add_object("Herd__c", "Herd").is_some());
    type Change = fn(&World);
    let changes: [(Change, &str); 4] = [
        (|world| assert!(world.org().add_object("Farm__c", "Farm").is_some()), "/sobjects/User/describe"),
        (
            |world| assert!(world.org().relabel_field("Account", "Industry", "Branch")),
            "/sobjects/Account/describe",
        ),
        (
            |world| assert_eq!(world.org().remove_objects(&["Herd__c", "Nope__c"]), 1),
            "/sobjects/User/describe",
        ),
        (
            |world| assert!(world.org().relabel_field("Account", "industry", "Line")),
            "/sobjects/Account/describe",
        ),
    ];
    for (change, also) in changes {
        let before = [validators(&api, "/sobjects").await, validators(&api, also).await];
        let lead = validators(&api, "/sobjects/EntityDefinition/describe").await;
        for (path, (etag, date)) in ["/sobjects", also].into_iter().zip(&before) {
            assert_eq!(asked(&api, path, IF_NONE_MATCH, etag).await, (StatusCode::NOT_MODIFIED, 0));
            assert_eq!(asked(&api, path, IF_MODIFIED_SINCE, date).await, (StatusCode::NOT_MODIFIED, 0));
        }
        // The clock stands still: even so the later change has a later date.
        change(&world);
        for (path, (etag, date)) in ["/sobjects", also].into_iter().zip(&before) {
            assert_eq!(asked(&api, path, IF_NONE_MATCH, etag).await.0, StatusCode::OK, "{path}");
            assert_eq!(asked(&api, path, IF_MODIFIED_SINCE, date).await.0, StatusCode::OK, "{path}");
        }
        assert_eq!(validators(&api, "/sobjects/EntityDefinition/describe").await, lead, "untouched");
    }
    assert!(!org.relabel_field("Account", "Nope", "x") && org.add_object("Account", "x").is_none());
}

#[tokio::test]
async fn what_is_not_modified_still_counts_as_a_call() {
    let world = World::new().await;
    let api = world.admin();
    let (etag, _) = validators(&api, "/sobjects").await;
    let spent = || world.org().read().api_calls.values().sum::<u64>();
    let before = spent();
    assert_eq!(asked(&api, "/sobjects", IF_NONE_MATCH, &etag).await.0, StatusCode::NOT_MODIFIED);
    assert_eq!(spent() - before, 1);
    // Another user sees other objects.
    assert_ne!(validators(&world.user(), "/sobjects").await.0, etag);
}

#[tokio::test]
async fn changes_leave_a_trail() {
    let world = World::new().await;
    let api = world.admin();
    let trail = "SELECT Id, Action, Section, CreatedDate, CreatedBy.Username FROM SetupAuditTrail ORDER BY CreatedDate DESC, Id DESC LIMIT 1";
    assert_eq!(api.rows(trail).await, Vec::<Value>::new());
    world.org().add_object("Farm__c", "Farm").expect("is new");
    let rows = api.rows(trail).await;
    assert_eq!(
        (&rows[0]["Action"], &rows[0]["Section"], &rows[0]["CreatedBy"]["Username"]),
        (&json!("createdCustomObject"), &json!("Custom Objects"), &json!(world.ready().admin.username))
    );
    let set = api.rows("SELECT Id FROM PermissionSet WHERE Name = 'Setup_Viewer'").await[0]["Id"].clone();
    world.clock.advance(Duration::from_secs(60));
    let body = json!({"PermissionSetId": set, "AssigneeId": world.org().user.to_string()});
    let id = api.create("PermissionSetAssignment", body).await;
    assert_eq!(api.rows(trail).await[0]["Action"], "PermSetAssign");
    api.call(Method::DELETE, &format!("/sobjects/PermissionSetAssignment/{id}"), None).await;
    assert_eq!(api.rows(trail).await[0]["Action"], "PermSetUnassign");
    let newer = format!("SELECT COUNT() FROM SetupAuditTrail WHERE CreatedDate > {}", "2026-11-24T12:00:30Z");
    assert_eq!(api.query(&newer).await["totalSize"], json!(2));
    assert_eq!(world.user().query_error("SELECT Id FROM SetupAuditTrail").await.0, "INVALID_TYPE");
    world.clock.advance(Duration::from_secs(181 * 24 * 3600));
    let token = world.org().open_session(world.org().admin, None, "full");
    assert_eq!(world.api(&token).rows(trail).await, Vec::<Value>::new());
}

#[tokio::test]
async fn sums_and_newest_rows_tell_whether_anything_changed() {
    let world = World::new().await;
    let api = world.admin();
    let sums =
        &api.rows("SELECT COUNT(Id) number, MAX(SystemModstamp) newest FROM ObjectPermissions").await[0];
    assert!(sums["number"].as_u64().is_some_and(|number| number > 500), "{sums}");
    assert_eq!(sums["newest"], "2025-01-06T09:00:00.000+0000");
    let newest = &api.rows("SELECT MAX(LastModifiedDate), COUNT(Id) FROM PermissionSet").await[0];
    assert_eq!(newest["expr0"], "2025-01-06T09:00:00.000+0000");
    let tooling = async |soql: &str| api.get(&format!("/tooling/query?q={}", encoded(soql))).await;
    let fields = "SELECT Id, DeveloperName, TableEnumOrId, LastModifiedDate FROM CustomField ORDER BY LastModifiedDate DESC LIMIT 1";
    let before = tooling(fields).await["records"][0].clone();
    let generated = api.rows("SELECT QualifiedApiName FROM EntityDefinition WHERE KeyPrefix = 'a00'").await;
    let object = generated[0]["QualifiedApiName"].as_str().expect("a custom object");
    let describe = api.get(&format!("/sobjects/{object}/describe")).await;
    let custom =
        describe["fields"].as_array().and_then(|all| all.iter().find(|field| field["custom"] == json!(true)));
    let name = custom.and_then(|field| field["name"].as_str()).expect("a custom field");
    assert!(world.org().relabel_field(object, name, "Renamed"));
    let after = tooling(fields).await["records"][0].clone();
    assert_eq!(after["DeveloperName"], json!(name.trim_end_matches("__c")));
    assert!(after["LastModifiedDate"].as_str() > before["LastModifiedDate"].as_str());
    let objects =
        "SELECT Id, DeveloperName, LastModifiedDate FROM CustomObject ORDER BY LastModifiedDate DESC LIMIT 1";
    assert_eq!(tooling(objects).await["records"][0]["LastModifiedDate"], after["LastModifiedDate"]);
}
