//! The page that lists what the simulator keeps of Salesforce's rules, and rules that no other file is about.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::World;

#[test]
fn every_test_that_the_page_names_is_there() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = crate_root.join("../../../daemon/docs/simulator.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let named: BTreeSet<(&str, &str)> = page
        .split('`')
        .filter(|word| !word.contains(' '))
        .filter_map(|word| word.split_once(".rs::"))
        .collect();
    assert!(named.len() > 60, "{}", named.len());
    for (file, test) in named {
        let source = std::fs::read_to_string(crate_root.join(file).with_extension("rs")).unwrap_or_default();
        assert!(source.contains(&format!("fn {test}(")), "{file}.rs has no test {test}");
    }
}

/// Deploys one trigger and waits for the end.
async fn deploy_trigger(world: &World, name: &str, source: &str) -> Value {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let meta = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ApexTrigger xmlns=\"http://soap.sforce.com/2006/04/metadata\"><apiVersion>67.0</apiVersion><status>Active</status></ApexTrigger>";
    let package = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>{name}</members><name>ApexTrigger</name></types><version>67.0</version></Package>"
    );
    for (path, text) in [
        ("package.xml".to_owned(), package.as_str()),
        (format!("triggers/{name}.trigger"), source),
        (format!("triggers/{name}.trigger-meta.xml"), meta),
    ] {
        zip.start_file(path, zip::write::SimpleFileOptions::default()).expect("starts");
        zip.write_all(text.as_bytes()).expect("writes");
    }
    let zip = zip.finish().expect("ends").into_inner();
    let mut body = b"--b\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{\"deployOptions\":{\"singlePackage\":true}}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\nContent-Type: application/zip\r\n\r\n".to_vec();
    body.extend(zip);
    body.extend(b"\r\n--b--\r\n");
    let url = world.url("/services/data/v67.0/metadata/deployRequest");
    let request = world
        .http
        .post(url)
        .bearer_auth(&world.ready().access_token)
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body);
    let answer = request.send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::CREATED);
    let answer: Value = answer.json().await.expect("json");
    let id = answer["id"].as_str().expect("an id").to_owned();
    let api = world.admin();
    for _ in 0..200 {
        let status = api.get(&format!("/metadata/deployRequest/{id}?includeDetails=true")).await;
        if status["deployResult"]["done"] == true {
            return status;
        }
        world.clock.advance(std::time::Duration::from_millis(200));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the deployment does not end");
}

#[tokio::test]
async fn what_goes_with_its_parent_fires_no_trigger() {
    let world = World::new().await;
    let source = "trigger Keep on Contact (before delete) {\n    for (Contact one : Trigger.old) one.addError('stays');\n}\n";
    let status = deploy_trigger(&world, "Keep", source).await;
    assert_eq!(status["deployResult"]["status"], "Succeeded", "{status:#}");
    crate::recorded::deploy(&status);
    let api = world.admin();
    let account = api.create("Account", json!({"Name": "A"})).await;
    let contact = api.create("Contact", json!({"LastName": "B", "AccountId": account})).await;
    let (status, body) =
        api.call(reqwest::Method::DELETE, &format!("/sobjects/Contact/{contact}"), None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(body[0]["message"], "stays");
    let (status, _) = api.call(reqwest::Method::DELETE, &format!("/sobjects/Account/{account}"), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(api.rows("SELECT Id FROM Contact").await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_instance_url_follows_the_host_that_a_refresh_asks() {
    let world = World::new().await;
    let ready = world.ready();
    let first = crate::browser::grant(&world).await;
    assert_eq!(first["instance_url"], ready.base_url);
    let other = ready.base_url.replace("127.0.0.1", "localhost");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", first["refresh_token"].as_str().expect("a refresh token")),
        ("client_id", &ready.client_id),
        ("client_secret", &ready.client_secret),
    ];
    let request = world.http.post(format!("{other}/services/oauth2/token")).form(&form);
    let second: Value = request.send().await.expect("answers").json().await.expect("json");
    assert_eq!(second["instance_url"], other);
    assert_ne!(first["access_token"], second["access_token"]);
}
