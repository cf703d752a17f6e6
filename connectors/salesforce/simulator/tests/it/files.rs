//! Files come with their documents and links.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::World;

#[tokio::test]
async fn an_upload_makes_a_document_and_its_links_and_a_second_version_follows() {
    let world = World::new().await;
    let api = world.admin();
    let account = api.create("Account", json!({"Name": "Acme"})).await;
    let data = |text: &str| STANDARD.encode(text);
    let first = api.create("ContentVersion", json!({"PathOnClient": "a/report.PDF", "VersionData": data("one"), "FirstPublishLocationId": account})).await;
    let soql = format!(
        "SELECT Title, FileExtension, ContentSize, IsLatest, VersionNumber, ContentDocumentId FROM ContentVersion WHERE Id = '{first}'"
    );
    let version = api.rows(&soql).await.remove(0);
    assert_eq!(
        (&version["Title"], &version["FileExtension"], &version["ContentSize"]),
        (&json!("report"), &json!("pdf"), &json!(3))
    );
    let document = version["ContentDocumentId"].as_str().expect("an id").to_owned();
    assert!(document.starts_with("069"));
    let links = api
        .rows(&format!(
            "SELECT LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId = '{document}'"
        ))
        .await;
    assert_eq!(links.len(), 2);
    let response =
        api.send(Method::GET, &format!("/sobjects/ContentVersion/{first}/VersionData"), None).await;
    assert_eq!(response.bytes().await.expect("bytes"), "one");
    let second = api
        .create(
            "ContentVersion",
            json!({"PathOnClient": "b.pdf", "VersionData": data("two!"), "ContentDocumentId": document}),
        )
        .await;
    let rows = api.rows(&format!("SELECT Id, IsLatest, VersionNumber FROM ContentVersion WHERE ContentDocumentId = '{document}' ORDER BY VersionNumber")).await;
    let flags: Vec<_> =
        rows.iter().map(|row| (row["IsLatest"].clone(), row["VersionNumber"].clone())).collect();
    assert_eq!(flags, [(json!(false), json!("1")), (json!(true), json!("2"))]);
    let parent = api.rows("SELECT LatestPublishedVersionId, (SELECT LinkedEntityId FROM ContentDocumentLinks) FROM ContentDocument").await.remove(0);
    assert_eq!(parent["LatestPublishedVersionId"], json!(second));
    assert_eq!(parent["ContentDocumentLinks"]["totalSize"], json!(2));
    let (status, body) = api.call(Method::DELETE, &format!("/sobjects/ContentVersion/{second}"), None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "versions are never deleted alone: {body}");
    assert_eq!(
        api.call(Method::DELETE, &format!("/sobjects/ContentDocument/{document}"), None).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(api.rows("SELECT Id FROM ContentVersion").await, Vec::<Value>::new());
}

#[tokio::test]
async fn private_files_are_closed_to_an_administrator_without_query_all_files() {
    let world = World::new().await;
    let (admin, user) = (world.admin(), world.user());
    let body = json!({"PathOnClient": "diary.txt", "VersionData": STANDARD.encode("x")});
    let id = user.create("ContentVersion", body).await;
    assert_eq!(user.rows("SELECT Id FROM ContentVersion").await.len(), 1);
    assert_eq!(admin.rows("SELECT Id FROM ContentVersion").await.len(), 0);
    assert_eq!(
        admin.call(Method::GET, &format!("/sobjects/ContentVersion/{id}/VersionData"), None).await.0,
        StatusCode::NOT_FOUND
    );
    let (code, _) = admin.query_error("SELECT Id FROM ContentDocumentLink").await;
    assert_eq!(code, "MALFORMED_QUERY");
    let set = admin.rows("SELECT Id FROM PermissionSet WHERE Name = 'File_Reviewer'").await[0]["Id"].clone();
    admin
        .create("PermissionSetAssignment", json!({"AssigneeId": world.org().admin, "PermissionSetId": set}))
        .await;
    assert_eq!(admin.rows("SELECT Id FROM ContentVersion").await.len(), 1);
    assert_eq!(admin.rows("SELECT Id FROM ContentDocumentLink").await.len(), 1);
}
