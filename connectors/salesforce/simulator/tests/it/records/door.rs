//! All or nothing, uploads in parts, changes through SOAP.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use salesforce_simulator::ledger::Kind;
use serde_json::{Value, json};

use crate::client::{World, error};

fn part(method: &str, path: &str, reference: &str, body: Value) -> Value {
    json!({"method": method, "url": format!("/services/data/v67.0{path}"), "referenceId": reference, "body": body})
}

#[tokio::test]
async fn a_series_is_undone_when_one_part_fails() {
    let world = World::new().await;
    let api = world.admin();
    let mut parts = vec![
        part("POST", "/sobjects/Account", "a", json!({"Name": "A"})),
        part("POST", "/sobjects/Contact", "c", json!({"LastName": "C", "AccountId": "@{a.id}"})),
        part("GET", "/query?q=SELECT+COUNT()+FROM+Account", "q", Value::Null),
        part("POST", "/sobjects/Account", "b", json!({})),
    ];
    let series = |parts: &[Value]| json!({"allOrNone": true, "compositeRequest": parts});
    let (status, answer) = api.call(Method::POST, "/composite", Some(series(&parts))).await;
    assert_eq!(status, StatusCode::OK);
    let statuses = |answer: &Value| {
        let parts = answer["compositeResponse"].as_array().expect("parts");
        parts.iter().map(|part| part["httpStatusCode"].as_u64().unwrap_or(0)).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&answer), [400, 400, 400, 400]);
    let code = |at: usize| answer["compositeResponse"][at]["body"][0]["errorCode"].clone();
    assert_eq!((code(0), code(3)), (json!("PROCESSING_HALTED"), json!("REQUIRED_FIELD_MISSING")));
    assert_eq!(
        answer["compositeResponse"][0]["body"][0]["message"],
        "The transaction was rolled back since another operation in the same transaction failed."
    );
    assert_eq!(api.query("SELECT COUNT() FROM Account").await["totalSize"], json!(0));
    assert_eq!(world.simulator.ledger().count(Kind::RecordCreated), 0);
    parts.pop();
    let (_, answer) = api.call(Method::POST, "/composite", Some(series(&parts))).await;
    assert_eq!(statuses(&answer), [201, 201, 200]);
    assert_eq!(answer["compositeResponse"][2]["body"]["totalSize"], json!(1), "it sees its own changes");
    assert_eq!(
        api.query("SELECT COUNT() FROM Contact WHERE Account.Name = 'A'").await["totalSize"],
        json!(1)
    );
}

#[tokio::test]
async fn a_collection_is_undone_as_a_whole_when_asked_to() {
    let world = World::new().await;
    let api = world.admin();
    let records = json!([
        {"attributes": {"type": "Account"}, "Name": "a"},
        {"attributes": {"type": "Account"}, "Name": "x".repeat(300)},
        {"attributes": {"type": "Contact"}, "LastName": "c"},
    ]);
    let body = json!({"allOrNone": true, "records": records});
    let (status, rows) = api.call(Method::POST, "/composite/sobjects", Some(body)).await;
    assert_eq!(status, StatusCode::OK);
    let codes: Vec<_> =
        rows.as_array().expect("rows").iter().map(|row| row["errors"][0]["statusCode"].clone()).collect();
    let halted = "ALL_OR_NONE_OPERATION_ROLLED_BACK";
    assert_eq!(codes, [halted, "STRING_TOO_LONG", halted]);
    assert_eq!(api.query("SELECT COUNT() FROM Account").await["totalSize"], json!(0));
    let id = api.create("Account", json!({"Name": "kept"})).await;
    let path = format!("/composite/sobjects?allOrNone=true&ids={id},001000000000000AAA");
    let (_, rows) = api.call(Method::DELETE, &path, None).await;
    assert_eq!(rows[1]["errors"][0]["statusCode"], "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(api.query("SELECT COUNT() FROM Account").await["totalSize"], json!(1));
}

#[tokio::test]
async fn a_file_comes_in_parts() {
    let world = World::new().await;
    let api = world.admin();
    let bytes: Vec<u8> = (0..300_000u32).map(|at| (at % 251) as u8).collect();
    let form = |field: &str| {
        let record = Part::text(json!({"PathOnClient": "big.bin"}).to_string());
        let record = record.mime_str("application/json").expect("a type");
        let data = Part::bytes(bytes.clone()).file_name("big.bin");
        Form::new().part("entity_content", record).part(field.to_owned(), data)
    };
    let url = world.url("/services/data/v67.0/sobjects/ContentVersion");
    let send = |form: Form| world.http.post(&url).bearer_auth(&api.token).multipart(form).send();
    let response = send(form("VersionData")).await.expect("answers");
    assert_eq!(response.status(), StatusCode::CREATED);
    let answer: Value = response.json().await.expect("json");
    let id = answer["id"].as_str().expect("an id");
    let response = api.send(Method::GET, &format!("/sobjects/ContentVersion/{id}/VersionData"), None).await;
    assert_eq!(response.bytes().await.expect("bytes"), bytes);
    let response = send(form("Nonsense")).await.expect("answers");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(error(&response.json().await.expect("json")).0, "INVALID_MULTIPART_REQUEST");
}

#[tokio::test]
async fn records_change_through_soap() {
    let world = World::new().await;
    let api = world.admin();
    let soap = async |header: &str, body: String| {
        let session = &world.ready().access_token;
        let envelope = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header xmlns=\"urn:partner.soap.sforce.com\"><SessionHeader><sessionId>{session}</sessionId></SessionHeader>{header}</e:Header><e:Body xmlns=\"urn:partner.soap.sforce.com\">{body}</e:Body></e:Envelope>"
        );
        let request = world.http.post(world.url("/services/Soap/u/67.0")).header("SOAPAction", "\"\"");
        request.body(envelope).send().await.expect("answers").text().await.expect("text")
    };
    let account = |fields: &str| format!("<sObjects><type>Account</type>{fields}</sObjects>");
    let two = format!("<create>{}{}</create>", account("<Name>a</Name>"), account(""));
    let all = "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>";
    let xml = soap(all, two.clone()).await;
    assert!(xml.contains("<statusCode>ALL_OR_NONE_OPERATION_ROLLED_BACK</statusCode>"), "{xml}");
    let xml = soap("", two).await;
    let failed = "<errors><fields>Name</fields><message>Required fields are missing: [Name]</message><statusCode>REQUIRED_FIELD_MISSING</statusCode></errors><id xsi:nil=\"true\"/><success>false</success>";
    assert!(xml.contains(failed), "{xml}");
    let id = api.rows("SELECT Id FROM Account").await[0]["Id"].as_str().expect("an id").to_owned();
    let changed = account(&format!("<fieldsToNull>Industry</fieldsToNull><Id>{id}</Id><Name>b</Name>"));
    let xml = soap("", format!("<update>{changed}</update>")).await;
    assert!(xml.contains(&format!("<updateResponse><result><id>{id}</id><success>true</success>")), "{xml}");
    let done = |verb: &str| format!("<{verb}Response><result><id>{id}</id><success>true</success>");
    for (verb, left) in [("delete", 0), ("undelete", 1)] {
        let xml = soap("", format!("<{verb}><ids>{id}</ids></{verb}>")).await;
        assert!(xml.contains(&done(verb)), "{xml}");
        assert_eq!(api.rows("SELECT Id FROM Account WHERE Name = 'b'").await.len(), left);
    }
}
