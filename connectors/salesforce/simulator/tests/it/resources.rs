//! REST resources beside single records and queries.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{World, encoded, error};

#[tokio::test]
async fn a_tree_is_made_whole_or_not_at_all() {
    let world = World::new().await;
    let api = world.admin();
    let attributes = |kind: &str, reference: &str| json!({"type": kind, "referenceId": reference});
    let tree = |email: &str| {
        json!({"records": [
            {"attributes": attributes("Account", "a1"), "Name": "Acme", "Contacts": {"records": [
                {"attributes": attributes("Contact", "c1"), "LastName": "Ash", "Email": email},
            ]}},
            {"attributes": attributes("Account", "a2"), "Name": "Bolt"},
        ]})
    };
    let (status, answer) = api.call(Method::POST, "/composite/tree/Account", Some(tree("nonsense"))).await;
    assert_eq!((status, &answer["hasErrors"]), (StatusCode::BAD_REQUEST, &json!(true)), "{answer}");
    assert_eq!(
        (&answer["results"][0]["referenceId"], &answer["results"][0]["errors"][0]["statusCode"]),
        (&json!("c1"), &json!("INVALID_EMAIL_ADDRESS"))
    );
    assert_eq!(api.query("SELECT COUNT() FROM Account").await["totalSize"], json!(0));
    let (status, answer) = api.call(Method::POST, "/composite/tree/Account", Some(tree("a@b.example"))).await;
    assert_eq!((status, &answer["hasErrors"]), (StatusCode::CREATED, &json!(false)), "{answer}");
    let references: Vec<&str> = answer["results"]
        .as_array()
        .expect("results")
        .iter()
        .filter_map(|row| row["referenceId"].as_str())
        .collect();
    assert_eq!(references, ["a1", "a2", "c1"]);
    assert_eq!(api.rows("SELECT Account.Name FROM Contact").await[0]["Account"]["Name"], "Acme");
}

#[tokio::test]
async fn graphs_stand_or_fall_each_for_itself() {
    let world = World::new().await;
    let api = world.admin();
    let part = |reference: &str, body: Value| json!({"method": "POST", "url": "/services/data/v67.0/sobjects/Account", "referenceId": reference, "body": body});
    let child = json!({"method": "POST", "url": "/services/data/v67.0/sobjects/Contact", "referenceId": "c", "body": {"LastName": "Ash", "AccountId": "@{a.id}"}});
    let body = json!({"graphs": [
        {"graphId": "1", "compositeRequest": [part("a", json!({"Name": "Acme"})), child]},
        {"graphId": "2", "compositeRequest": [part("a", json!({"Name": "Bolt"})), part("b", json!({}))]},
    ]});
    let (status, answer) = api.call(Method::POST, "/composite/graph", Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let graphs = &answer["graphs"];
    assert_eq!((&graphs[0]["isSuccessful"], &graphs[1]["isSuccessful"]), (&json!(true), &json!(false)));
    assert_eq!(graphs[0]["graphResponse"]["compositeResponse"][1]["httpStatusCode"], json!(201));
    assert_eq!(
        graphs[1]["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"],
        "PROCESSING_HALTED"
    );
    assert_eq!(api.query("SELECT COUNT() FROM Account").await["totalSize"], json!(1));
}

#[tokio::test]
async fn a_collection_is_fetched_by_ids_and_fields() {
    let world = World::new().await;
    let api = world.admin();
    let id = api.create("Account", json!({"Name": "Acme", "Industry": "Energy"})).await;
    let missing = "001000000000000AAA";
    let rows = api.get(&format!("/composite/sobjects/Account?ids={id},{missing}&fields=id,name")).await;
    assert_eq!((&rows[0]["Name"], &rows[1]), (&json!("Acme"), &Value::Null));
    assert!(rows[0].get("Industry").is_none());
    let body = json!({"ids": [id], "fields": ["Industry"]});
    let (_, rows) = api.call(Method::POST, "/composite/sobjects/Account", Some(body)).await;
    assert_eq!(rows[0]["Industry"], "Energy");
    let record = |name: &str, body: Value| {
        let mut record = json!({"attributes": {"type": "Account"}, "Name": name});
        record.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        record
    };
    let body = json!({"records": [record("Renamed", json!({"id": id})), record("New", json!({}))]});
    let (status, rows) = api.call(Method::PATCH, "/composite/sobjects/Account/Id", Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{rows}");
    assert_eq!(
        (&rows[0]["created"], &rows[1]["created"], &rows[1]["success"]),
        (&json!(false), &json!(true), &json!(true))
    );
}

#[tokio::test]
async fn relationships_lead_to_parents_and_children() {
    let world = World::new().await;
    let api = world.admin();
    let account = api.create("Account", json!({"Name": "Acme"})).await;
    let contact = api.create("Contact", json!({"LastName": "Ash", "AccountId": account})).await;
    assert_eq!(api.get(&format!("/sobjects/Contact/{contact}/Account")).await["Name"], "Acme");
    let children = api.get(&format!("/sobjects/Account/{account}/Contacts?fields=LastName")).await;
    assert_eq!((&children["totalSize"], &children["records"][0]["LastName"]), (&json!(1), &json!("Ash")));
    let (status, _) = api
        .call(Method::PATCH, &format!("/sobjects/Contact/{contact}/Account"), Some(json!({"Name": "Bolt"})))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(api.get(&format!("/sobjects/Account/{account}")).await["Name"], "Bolt");
    let (status, answer) =
        api.call(Method::GET, &format!("/sobjects/Contact/{contact}/ReportsTo"), None).await;
    assert_eq!((status, error(&answer).0.as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
}

#[tokio::test]
async fn a_parent_is_named_by_its_key() {
    let world = World::new().await;
    let api = world.admin();
    let username = world.ready().user.username.clone();
    let body = json!({"Name": "Acme", "Owner": {"attributes": {"type": "User"}, "Username": username}});
    let id = api.create("Account", body).await;
    assert_eq!(api.get(&format!("/sobjects/Account/{id}")).await["OwnerId"], json!(world.org().user));
    for (owner, words) in [
        (
            json!({"Username": "nobody@x.example"}),
            "Foreign key external ID: nobody@x.example not found for field Username in entity User",
        ),
        (json!({"Title": "x"}), "does not match an External ID"),
    ] {
        let body = json!({"Name": "x", "Owner": owner});
        let (_, answer) = api.call(Method::POST, "/sobjects/Account", Some(body)).await;
        assert!(error(&answer).0 == "INVALID_FIELD" && error(&answer).1.contains(words), "{answer}");
    }
}

#[tokio::test]
async fn changes_and_deletions_of_a_span_are_listed() {
    let world = World::new().await;
    let api = world.admin();
    let (kept, gone) = (
        api.create("Account", json!({"Name": "a"})).await,
        api.create("Account", json!({"Name": "b"})).await,
    );
    world.clock.advance(std::time::Duration::from_secs(600));
    api.call(Method::DELETE, &format!("/sobjects/Account/{gone}"), None).await;
    let span = "start=2026-11-24T11:00:00%2B00:00&end=2026-11-24T12:30:00%2B00:00";
    let updated = api.get(&format!("/sobjects/Account/updated/?{span}")).await;
    assert_eq!(
        (&updated["ids"], &updated["latestDateCovered"]),
        (&json!([kept]), &json!("2026-11-24T12:30:00.000+0000"))
    );
    let deleted = api.get(&format!("/sobjects/Account/deleted/?{span}")).await;
    assert_eq!(
        deleted["deletedRecords"],
        json!([{"deletedDate": "2026-11-24T12:10:00.000+0000", "id": gone}])
    );
    let (_, answer) = api
        .call(
            Method::GET,
            "/sobjects/Account/updated/?start=2026-11-24T11:00:00Z&end=2026-11-24T11:00:00Z",
            None,
        )
        .await;
    assert_eq!(error(&answer).0, "INVALID_REPLICATION_DATE");
}

#[tokio::test]
async fn records_are_searched_for() {
    let world = World::new().await;
    let api = world.admin();
    let account = api.create("Account", json!({"Name": "Acme Rockets", "Phone": "555-1234"})).await;
    api.create("Contact", json!({"LastName": "Acme", "Email": "ann@acme.example"})).await;
    let find = |sosl: &str| format!("/search?q={}", encoded(sosl));
    let found = api
        .get(&find("FIND {acme} IN ALL FIELDS RETURNING Account(Id, Name), Contact(Id, Email LIMIT 1)"))
        .await;
    let rows = found["searchRecords"].as_array().expect("records");
    assert_eq!(
        (rows.len(), &rows[0]["Name"], &rows[1]["attributes"]["type"]),
        (2, &json!("Acme Rockets"), &json!("Contact"))
    );
    let found = api.get(&find("FIND {rock*} IN NAME FIELDS")).await;
    assert_eq!(
        (found["searchRecords"].as_array().map(Vec::len), &found["searchRecords"][0]["Id"]),
        (Some(1), &json!(account))
    );
    let found = api.get("/parameterizedSearch/?q=acme&sobject=Account&Account.fields=id,name&in=ALL").await;
    assert_eq!(found["searchRecords"][0]["Name"], "Acme Rockets");
    let body = json!({"q": "nothing here", "sobjects": [{"name": "Account"}]});
    let (_, found) = api.call(Method::POST, "/parameterizedSearch", Some(body)).await;
    assert_eq!(found["searchRecords"], json!([]));
    let (status, answer) = api.call(Method::GET, &find("FIND acme"), None).await;
    assert_eq!((status, error(&answer).0.as_str()), (StatusCode::BAD_REQUEST, "MALFORMED_SEARCH"));
}

#[tokio::test]
async fn small_resources_answer() {
    let world = World::new().await;
    let api = world.admin();
    let id = api.create("Account", json!({"Name": "Acme"})).await;
    assert_eq!(api.get("/recent?limit=1").await[0]["Id"], json!(id));
    assert_eq!(api.get("/sobjects/Account").await["recentItems"][0]["Name"], "Acme");
    assert_eq!(
        api.get("/limits/recordCount?sObjects=Account").await["sObjects"],
        json!([{"count": 1, "name": "Account"}])
    );
    assert!(
        api.get("/tabs")
            .await
            .as_array()
            .is_some_and(|tabs| tabs.iter().any(|tab| tab["name"] == "standard-Account"))
    );
    assert!(api.get("/theme").await["themeItems"].is_array());
    assert_eq!(api.get("/sobjects/Account/listviews").await["size"], json!(0));
    assert!(
        api.get("/sobjects/Account/describe/layouts").await["layouts"][0]["detailLayoutSections"].is_array()
    );
    let plan = api.get(&format!("/query?explain={}", encoded("SELECT Id FROM Account"))).await;
    assert_eq!(plan["plans"][0]["sobjectType"], "Account");
    let resources = api.get("/").await;
    for name in ["jobs", "search", "parameterizedSearch", "recent", "tabs"] {
        assert_eq!(resources[name], format!("/services/data/v67.0/{name}"));
    }
}

#[tokio::test]
async fn records_come_and_go_in_xml_for_those_who_ask() {
    let world = World::new().await;
    let send = async |method: Method, path: &str, body: Option<&str>| {
        let url = world.url(&format!("/services/data/{path}"));
        let mut request = world.http.request(method, url).bearer_auth(&world.ready().access_token);
        if let Some(body) = body {
            request = request.header("content-type", "application/xml; charset=UTF-8").body(body.to_owned());
        }
        let response = request.send().await.expect("answers");
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().expect("text").to_owned());
        (response.status(), kind.unwrap_or_default(), response.text().await.expect("text"))
    };
    let between = |text: &str, tag: &str| {
        let rest = text.split_once(&format!("<{tag}>")).map(|(_, rest)| rest).unwrap_or_default();
        rest.split_once("</").map(|(text, _)| text.to_owned()).unwrap_or_default()
    };
    let account = "<?xml version=\"1.0\"?><Account><Name>A &amp; B</Name><NumberOfEmployees>7</NumberOfEmployees></Account>";
    let (status, kind, made) = send(Method::POST, "v67.0/sobjects/Account.xml", Some(account)).await;
    assert_eq!((status, kind.as_str()), (StatusCode::CREATED, "application/xml;charset=UTF-8"), "{made}");
    let id = between(&made, "id");
    let (_, _, read) = send(Method::GET, &format!("v67.0/sobjects/Account/{id}.xml"), None).await;
    assert_eq!(
        (between(&read, "Name"), between(&read, "NumberOfEmployees")),
        ("A &amp; B".into(), "7".into()),
        "{read}"
    );
    let path = format!("v67.0/sobjects/Account/{id}");
    let (status, ..) =
        send(Method::PATCH, &path, Some("<Account><Industry>Media</Industry></Account>")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, kind, read) = send(Method::GET, &format!("{path}.json?fields=Industry"), None).await;
    assert!(kind.starts_with("application/json") && read.contains("\"Media\""), "{read}");
    let (_, _, found) = send(Method::GET, "v67.0/query.xml?q=SELECT+Name+FROM+Account", None).await;
    assert!(found.contains("<QueryResult>") && found.contains("<Name>A &amp; B</Name>"), "{found}");
    let (_, _, described) = send(Method::GET, "v67.0/sobjects/Account/describe.xml", None).await;
    assert!(described.contains("<DescribeSObject>"), "{described}");
    // Refusals come in the same form.
    let (status, _, refused) = send(Method::GET, "v67.0/sobjects/Nope.xml", None).await;
    assert_eq!(
        (status, between(&refused, "errorCode")),
        (StatusCode::NOT_FOUND, "NOT_FOUND".into()),
        "{refused}"
    );
    let (status, _, refused) =
        send(Method::POST, "v67.0/sobjects/Account.xml", Some("<Account><Name>")).await;
    assert_eq!(
        (status, between(&refused, "errorCode")),
        (StatusCode::BAD_REQUEST, "XML_PARSER_ERROR".into()),
        "{refused}"
    );
    let (status, ..) = send(Method::POST, "v67.0/composite", Some("<a/>")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
