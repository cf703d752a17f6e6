//! The Bulk APIs: rows in and out as files.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Api, World, error};

impl Api<'_> {
    /// Sends a file; answers status, headers and text.
    async fn file(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: &str,
    ) -> (StatusCode, reqwest::header::HeaderMap, String) {
        let url = self.world.url(path);
        let request =
            self.world.http.request(method, url).bearer_auth(&self.token).header("content-type", kind);
        let response = request.body(body.to_owned()).send().await.expect("answers");
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, response.text().await.expect("text"))
    }

    /// Makes an ingest job, uploads a file and waits for its end.
    async fn ingested(&self, job: Value, csv: &str) -> Value {
        let (status, job) = self.call(Method::POST, "/jobs/ingest", Some(job)).await;
        assert_eq!((status, &job["state"]), (StatusCode::OK, &json!("Open")), "{job}");
        let id = job["id"].as_str().expect("an id").to_owned();
        let upload = format!("/{}", job["contentUrl"].as_str().expect("a URL"));
        let (status, _, text) = self.file(Method::PUT, &upload, "text/csv", csv).await;
        assert_eq!(status, StatusCode::CREATED, "{text}");
        let path = format!("/jobs/ingest/{id}");
        let (status, closed) =
            self.call(Method::PATCH, &path, Some(json!({"state": "UploadComplete"}))).await;
        assert_eq!((status, &closed["state"]), (StatusCode::OK, &json!("UploadComplete")));
        self.ended(&path).await
    }

    async fn ended(&self, path: &str) -> Value {
        for _ in 0..200 {
            let job = self.get(path).await;
            if matches!(job["state"].as_str(), Some("JobComplete" | "Failed" | "Aborted")) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} does not end")
    }

    async fn text(&self, path: &str) -> String {
        let (status, _, text) =
            self.file(Method::GET, &format!("/services/data/v67.0{path}"), "text/plain", "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }
}

#[tokio::test]
async fn rows_go_in_and_each_has_its_result() {
    let world = World::new().await;
    let api = world.admin();
    let csv = "Name,NumberOfEmployees,Owner.Username\nAcme,5,\n,1,\n\"Quo, \"\"te\"\"\",,admin\n";
    let csv = csv.replace("admin", &world.ready().admin.username);
    let job = api.ingested(json!({"object": "account", "operation": "insert"}), &csv).await;
    let numbers = (&job["state"], &job["numberRecordsProcessed"], &job["numberRecordsFailed"]);
    assert_eq!(numbers, (&json!("JobComplete"), &json!(3), &json!(1)), "{job}");
    assert_eq!(
        (&job["object"], &job["jobType"], &job["lineEnding"]),
        (&json!("Account"), &json!("V2Ingest"), &json!("LF"))
    );
    let path = format!("/jobs/ingest/{}", job["id"].as_str().expect("an id"));
    let good = api.text(&format!("{path}/successfulResults/")).await;
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(lines[0], "\"sf__Id\",\"sf__Created\",\"Name\",\"NumberOfEmployees\",\"Owner.Username\"");
    assert!(
        lines.len() == 3
            && lines[1].starts_with("\"001")
            && lines[2].contains("\"true\",\"Quo, \"\"te\"\"\""),
        "{good}"
    );
    let bad = api.text(&format!("{path}/failedResults/")).await;
    assert!(bad.contains("\"REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --\""), "{bad}");
    assert_eq!(api.text(&format!("{path}/unprocessedrecords/")).await.lines().count(), 1);
    let rows = api.rows("SELECT Id, Name FROM Account ORDER BY Name").await;
    assert_eq!(rows.len(), 2);
    let ids: Vec<&str> = rows.iter().filter_map(|row| row["Id"].as_str()).collect();
    let update = format!("Id,Name\n{},#N/A\n{},Renamed\nnonsense,x\n", ids[0], ids[1]);
    let job = api.ingested(json!({"object": "Account", "operation": "update"}), &update).await;
    assert_eq!(job["numberRecordsFailed"], json!(2), "{job}");
    let delete = format!("Id\n{}\n{}\n", ids[0], ids[1]);
    let job = api.ingested(json!({"object": "Account", "operation": "delete"}), &delete).await;
    assert_eq!((&job["numberRecordsProcessed"], &job["numberRecordsFailed"]), (&json!(2), &json!(0)));
    assert_eq!(api.query("SELECT COUNT() FROM Account").await["totalSize"], json!(0));
    let (status, _) = api.call(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(api.call(Method::GET, &path, None).await.0, StatusCode::NOT_FOUND);
    assert!(api.get("/jobs/ingest").await["records"].as_array().is_some_and(|jobs| jobs.len() == 2));
}

#[tokio::test]
async fn what_is_wrong_with_a_job_is_told() {
    let world = World::new().await;
    let api = world.admin();
    for (job, code) in [
        (json!({"object": "Nope", "operation": "insert"}), "INVALIDJOB"),
        (json!({"object": "Account", "operation": "nope"}), "INVALIDJOB"),
        (json!({"object": "Account", "operation": "upsert"}), "INVALIDJOB"),
        (
            json!({"object": "Account", "operation": "upsert", "externalIdFieldName": "Industry"}),
            "INVALIDJOB",
        ),
        (json!({"object": "Account", "operation": "insert", "columnDelimiter": "DOT"}), "JSON_PARSER_ERROR"),
    ] {
        let (status, answer) = api.call(Method::POST, "/jobs/ingest", Some(job.clone())).await;
        assert_eq!((status, error(&answer).0.as_str()), (StatusCode::BAD_REQUEST, code), "{job}: {answer}");
    }
    let insert = || json!({"object": "Account", "operation": "insert"});
    let job = api.ingested(insert(), "Name,Nope\nx,y\n").await;
    assert_eq!(
        (&job["state"], &job["errorMessage"]),
        (&json!("Failed"), &json!("InvalidBatch : Field name not found : Nope"))
    );
    let job = api.ingested(insert(), "Name\r\nx\r\n").await;
    assert_eq!(
        job["errorMessage"],
        "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"
    );
    let crlf = json!({"object": "Account", "operation": "insert", "lineEnding": "CRLF", "columnDelimiter": "SEMICOLON"});
    let job = api.ingested(crlf, "Name;Industry\r\nx;Energy\r\n").await;
    assert_eq!((&job["state"], &job["numberRecordsFailed"]), (&json!("JobComplete"), &json!(0)), "{job}");
    let path = format!("/jobs/ingest/{}", job["id"].as_str().expect("an id"));
    let (_, answer) = api.call(Method::PATCH, &path, Some(json!({"state": "Aborted"}))).await;
    assert_eq!(
        error(&answer),
        ("INVALIDJOBSTATE".to_owned(), "Aborting already Completed Job not allowed".to_owned())
    );
    let (_, answer) = api.call(Method::GET, "/jobs/ingest/750000000000000AAA", None).await;
    assert_eq!(error(&answer).0, "NOT_FOUND");
}

#[tokio::test]
async fn a_query_job_comes_in_pages_that_a_locator_leads_through() {
    let world = World::new().await;
    let api = world.admin();
    let rows: String = (0..25).map(|n| format!("A{n:02}\n")).collect();
    api.ingested(json!({"object": "Account", "operation": "insert"}), &format!("Name\n{rows}")).await;
    let soql = "SELECT Name, Owner.Username, CreatedDate FROM Account ORDER BY Name";
    let (status, job) =
        api.call(Method::POST, "/jobs/query", Some(json!({"operation": "query", "query": soql}))).await;
    assert_eq!(
        (status, &job["state"], &job["object"]),
        (StatusCode::OK, &json!("UploadComplete"), &json!("Account")),
        "{job}"
    );
    let path = format!("/jobs/query/{}", job["id"].as_str().expect("an id"));
    let job = api.ended(&path).await;
    assert_eq!((&job["numberRecordsProcessed"], &job["jobType"]), (&json!(25), &json!("V2Query")));
    let (mut locator, mut lines) = (String::new(), 0);
    loop {
        let page = format!("/services/data/v67.0{path}/results?maxRecords=10{locator}");
        let (status, headers, text) = api.file(Method::GET, &page, "text/plain", "").await;
        assert_eq!(
            (status, headers["content-type"].to_str().expect("text")),
            (StatusCode::OK, "text/csv"),
            "{text}"
        );
        assert!(text.starts_with("\"Name\",\"Owner.Username\",\"CreatedDate\"\n\"A"), "{text}");
        assert!(text.contains("2026-11-24T12:00:00.000Z"));
        lines += text.lines().count() - 1;
        assert_eq!(
            headers["sforce-numberofrecords"].to_str().expect("text"),
            (text.lines().count() - 1).to_string()
        );
        match headers["sforce-locator"].to_str().expect("text") {
            "null" => break,
            next => locator = format!("&locator={next}"),
        }
    }
    assert_eq!(lines, 25);
    for (soql, code) in [
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry", "FUNCTIONALITY_NOT_ENABLED"),
    ] {
        let (_, answer) =
            api.call(Method::POST, "/jobs/query", Some(json!({"operation": "query", "query": soql}))).await;
        assert_eq!(error(&answer).0, code, "{soql}: {answer}");
    }
}

/// Version 1 with the session in its own header; the answer as text.
async fn v1(world: &World, method: Method, path: &str, kind: &str, body: &str) -> (StatusCode, String) {
    let request = world.http.request(method, world.url(&format!("/services/async/60.0/{path}")));
    let request = request.header("X-SFDC-Session", &world.ready().access_token).header("content-type", kind);
    let response = request.body(body.to_owned()).send().await.expect("answers");
    (response.status(), response.text().await.expect("text"))
}

fn between<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = text
        .split_once(&format!("<{name}>"))
        .map(|(_, rest)| rest)
        .unwrap_or_else(|| panic!("{name}: {text}"));
    rest.split_once(&format!("</{name}>")).map_or("", |(inside, _)| inside)
}

async fn batch(world: &World, operation: &str, content: &str, kind: &str, body: &str) -> (String, String) {
    let job = format!(
        "<?xml version=\"1.0\"?><jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><operation>{operation}</operation><object>Account</object><contentType>{content}</contentType></jobInfo>"
    );
    let (status, job) = v1(world, Method::POST, "job", "application/xml; charset=UTF-8", &job).await;
    assert_eq!(status, StatusCode::CREATED, "{job}");
    assert_eq!(between(&job, "state"), "Open");
    let path = format!("job/{}", between(&job, "id"));
    let (status, text) = v1(world, Method::POST, &format!("{path}/batch"), kind, body).await;
    assert_eq!(status, StatusCode::CREATED, "{text}");
    let id = match serde_json::from_str::<Value>(&text) {
        Ok(batch) => batch["id"].as_str().expect("an id").to_owned(),
        Err(_) => between(&text, "id").to_owned(),
    };
    let close =
        "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><state>Closed</state></jobInfo>";
    assert_eq!(between(&v1(world, Method::POST, &path, "application/xml", close).await.1, "state"), "Closed");
    let path = format!("{path}/batch/{id}");
    for _ in 0..200 {
        let (_, text) = v1(world, Method::GET, &path, "application/xml", "").await;
        if ["Completed", "Failed"].contains(&between(&text, "state")) {
            return (path, text);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} does not end")
}

#[tokio::test]
async fn version_one_reads_and_writes_csv_xml_and_json() {
    let world = World::new().await;
    let (path, info) = batch(&world, "insert", "CSV", "text/csv", "Name,Industry\nAcme,Energy\n,x\n").await;
    assert_eq!((between(&info, "numberRecordsProcessed"), between(&info, "numberRecordsFailed")), ("2", "1"));
    let (_, results) = v1(&world, Method::GET, &format!("{path}/result"), "text/csv", "").await;
    assert!(results.starts_with("\"Id\",\"Success\",\"Created\",\"Error\"\n\"001"), "{results}");
    let xml = "<sObjects xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><sObject><Name>Bolt &amp; Co</Name></sObject></sObjects>";
    let (path, _) = batch(&world, "insert", "XML", "application/xml", xml).await;
    let (_, results) = v1(&world, Method::GET, &format!("{path}/result"), "application/xml", "").await;
    assert_eq!((between(&results, "success"), between(&results, "created")), ("true", "true"));
    let (path, _) = batch(&world, "insert", "JSON", "application/json", "[{\"Name\": \"Json\"}]").await;
    let (_, results) = v1(&world, Method::GET, &format!("{path}/result"), "application/json", "").await;
    let results: Value = serde_json::from_str(&results).expect("JSON");
    assert_eq!((&results[0]["success"], &results[0]["errors"]), (&json!(true), &json!([])));
    let (path, _) =
        batch(&world, "query", "CSV", "text/csv", "SELECT Id, Name FROM Account ORDER BY Name").await;
    // What is told of a batch goes by its job, not by what the call says of itself.
    let (_, told) = v1(&world, Method::GET, &path, "application/json", "").await;
    assert_eq!(between(&told, "state"), "Completed", "{told}");
    let (_, list) = v1(&world, Method::GET, &format!("{path}/result"), "application/xml", "").await;
    let result = between(&list, "result").to_owned();
    let (_, rows) = v1(&world, Method::GET, &format!("{path}/result/{result}"), "application/xml", "").await;
    assert!(
        rows.starts_with("\"Id\",\"Name\"\n") && rows.contains("\"Bolt & Co\"") && rows.lines().count() == 4,
        "{rows}"
    );
    let (_, info) = batch(&world, "query", "CSV", "text/csv", "SELECT Nope FROM Account").await;
    assert!(
        between(&info, "stateMessage").starts_with("InvalidBatch : Failed to process query: INVALID_FIELD"),
        "{info}"
    );
}

#[tokio::test]
async fn version_one_refuses_in_its_own_words() {
    let world = World::new().await;
    let url = world.url("/services/async/60.0/job");
    let response =
        world.http.post(url).header("X-SFDC-Session", "nonsense").body("x").send().await.expect("answers");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(between(&response.text().await.expect("text"), "exceptionCode"), "InvalidSessionId");
    let (status, text) = v1(
        &world,
        Method::POST,
        "job",
        "application/json",
        "{\"operation\": \"insert\", \"object\": \"Nope\", \"contentType\": \"JSON\"}",
    )
    .await;
    let refusal: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((status, &refusal["exceptionCode"]), (StatusCode::BAD_REQUEST, &json!("InvalidJob")));
    assert_eq!(refusal["exceptionMessage"], "Unable to find object: Nope");
}
