//! A deployed app at work, seen over the wire alone: deploy, field access, Tooling rows, events by REST and gRPC.

use std::io::{Cursor, Write};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use salesforce_simulator::fault::{Fault, Operation, Rule};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::pubsub::wire::pub_sub_client::PubSubClient;
use salesforce_simulator::pubsub::wire::{FetchRequest, ReplayPreset, TopicRequest};
use salesforce_simulator::{Config, Ready, Simulator};
use serde_json::{Value, json};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use zip::write::SimpleFileOptions;

const NS: &str = "http://soap.sforce.com/2006/04/metadata";
const TOPIC: &str = "/event/App_Change__e";

/// An object, an event, a class, a trigger and a permission set, as a small app has them.
fn app() -> Vec<u8> {
    let meta = |kind: &str| {
        format!("<{kind} xmlns=\"{NS}\"><apiVersion>67.0</apiVersion><status>Active</status></{kind}>")
    };
    let types: String = [
        ("CustomObject", "App_Item__c"),
        ("CustomObject", "App_Change__e"),
        ("ApexClass", "AppHandler"),
        ("ApexTrigger", "App_Account"),
        ("PermissionSet", "App_Service"),
    ]
    .map(|(kind, name)| format!("<types><members>{name}</members><name>{kind}</name></types>"))
    .concat();
    let files = [
        ("package.xml", format!("<Package xmlns=\"{NS}\">{types}<version>67.0</version></Package>")),
        (
            "objects/App_Item__c.object",
            format!(
                "<CustomObject xmlns=\"{NS}\"><deploymentStatus>Deployed</deploymentStatus>\
                 <fields><fullName>Note__c</fullName><label>Note</label><length>255</length><type>Text</type></fields>\
                 <label>Item</label><nameField><label>Name</label><type>Text</type></nameField>\
                 <pluralLabel>Items</pluralLabel><sharingModel>Private</sharingModel></CustomObject>"
            ),
        ),
        (
            "objects/App_Change__e.object",
            format!(
                "<CustomObject xmlns=\"{NS}\"><deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>\
                 <fields><fullName>Marker__c</fullName><label>Marker</label><length>255</length><type>Text</type></fields>\
                 <label>Change</label><pluralLabel>Changes</pluralLabel><publishBehavior>PublishAfterCommit</publishBehavior></CustomObject>"
            ),
        ),
        (
            "classes/AppHandler.cls",
            "public class AppHandler { public static void handle(List<SObject> rows) {} }".to_owned(),
        ),
        ("classes/AppHandler.cls-meta.xml", meta("ApexClass")),
        (
            "triggers/App_Account.trigger",
            "trigger App_Account on Account (after insert) { AppHandler.handle(Trigger.new); }".to_owned(),
        ),
        ("triggers/App_Account.trigger-meta.xml", meta("ApexTrigger")),
        (
            "permissionsets/App_Service.permissionset",
            format!(
                "<PermissionSet xmlns=\"{NS}\">\
                 <fieldPermissions><editable>true</editable><field>App_Item__c.Note__c</field><readable>true</readable></fieldPermissions>\
                 <label>App Service</label></PermissionSet>"
            ),
        ),
    ];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

struct Client {
    http: reqwest::Client,
    ready: Ready,
}

impl Client {
    async fn new(config: Config) -> (Simulator, Self) {
        let simulator = Simulator::start(config).await.unwrap();
        let ready = simulator.ready().clone();
        let mut http = reqwest::Client::builder();
        if let Some(ca) = &ready.ca_file {
            http = http
                .add_root_certificate(reqwest::Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap());
        }
        (simulator, Self { http: http.build().unwrap(), ready })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/services/data/v67.0/{path}", self.ready.base_url)
    }

    async fn start_deploy(&self) -> Result<Value, reqwest::Error> {
        let options = json!({"deployOptions": {"rollbackOnError": true, "singlePackage": true}});
        let form = Form::new()
            .part("json", Part::text(options.to_string()).mime_str("application/json").unwrap())
            .part("file", Part::bytes(app()).file_name("app.zip").mime_str("application/zip").unwrap());
        let request =
            self.http.post(self.url("metadata/deployRequest")).bearer_auth(&self.ready.access_token);
        let response = request.multipart(form).send().await?;
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json().await
    }

    /// Polls until the job itself says that it is done.
    async fn finish(&self, id: &str) -> Value {
        loop {
            let (_, body) = self.get(&format!("metadata/deployRequest/{id}?includeDetails=true")).await;
            if body["deployResult"]["done"] == true {
                return body["deployResult"].clone();
            }
        }
    }

    async fn deploy(&self) -> Value {
        let started = self.start_deploy().await.unwrap();
        self.finish(started["id"].as_str().unwrap()).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let response =
            self.http.get(self.url(path)).bearer_auth(&self.ready.access_token).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn query(&self, tooling: bool, soql: &str) -> (StatusCode, Value) {
        let path = format!("{}query", if tooling { "tooling/" } else { "" });
        let request =
            self.http.get(self.url(&path)).query(&[("q", soql)]).bearer_auth(&self.ready.access_token);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn create(&self, object: &str, record: Value) -> (StatusCode, Value) {
        let request =
            self.http.post(self.url(&format!("sobjects/{object}"))).bearer_auth(&self.ready.access_token);
        let response = request.json(&record).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn events(&self) -> PubSubClient<Channel> {
        let mut endpoint = Endpoint::from_shared(self.ready.pubsub_url.clone()).unwrap();
        if let Some(ca) = &self.ready.ca_file {
            let ca = Certificate::from_pem(std::fs::read(ca).unwrap());
            endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(ca)).unwrap();
        }
        PubSubClient::new(endpoint.connect().await.unwrap())
    }

    fn signed<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in [
            ("accesstoken", &self.ready.access_token),
            ("instanceurl", &self.ready.base_url),
            ("tenantid", &self.ready.org_id),
        ] {
            request.metadata_mut().insert(name, MetadataValue::try_from(value).unwrap());
        }
        request
    }
}

#[tokio::test]
async fn a_deployed_app_is_there_for_every_surface() {
    let (simulator, client) = Client::new(Config::default()).await;
    let result = client.deploy().await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
    assert_eq!(result["numberComponentsTotal"], 7);

    let soql =
        "SELECT Name, TableEnumOrId, Status, IsValid, UsageAfterInsert, UsageBeforeInsert FROM ApexTrigger";
    let (_, triggers) = client.query(true, soql).await;
    let trigger = &triggers["records"][0];
    assert_eq!((&trigger["Name"], &trigger["TableEnumOrId"]), (&json!("App_Account"), &json!("Account")));
    assert_eq!((&trigger["UsageAfterInsert"], &trigger["UsageBeforeInsert"]), (&json!(true), &json!(false)));
    let (_, deploys) = client.query(true, "SELECT Status FROM DeployRequest").await;
    assert_eq!(deploys["records"][0]["Status"], "Succeeded");

    // Nobody reads a deployed field before a permission set grants it: not the administrator either.
    let (status, refusal) = client.query(false, "SELECT Note__c FROM App_Item__c").await;
    assert_eq!((status, &refusal[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_FIELD")));
    let (_, sets) = client.query(false, "SELECT Id FROM PermissionSet WHERE Name = 'App_Service'").await;
    let (_, users) = client
        .query(false, &format!("SELECT Id FROM User WHERE Username = '{}'", client.ready.admin.username))
        .await;
    let assignment =
        json!({"PermissionSetId": sets["records"][0]["Id"], "AssigneeId": users["records"][0]["Id"]});
    assert_eq!(client.create("PermissionSetAssignment", assignment).await.0, StatusCode::CREATED);
    assert_eq!(
        client.create("App_Item__c", json!({"Name": "a", "Note__c": "kept"})).await.0,
        StatusCode::CREATED
    );
    let (_, rows) = client.query(false, "SELECT Note__c FROM App_Item__c").await;
    assert_eq!(rows["records"][0]["Note__c"], "kept");
    simulator.stop().await;
}

#[tokio::test]
async fn an_event_published_by_rest_comes_back_over_grpc() {
    published_by_rest(Config::default()).await;
}

#[tokio::test]
async fn the_same_over_tls() {
    let dir = tempfile::tempdir().unwrap();
    published_by_rest(Config { tls_dir: Some(dir.path().to_owned()), ..Config::default() }).await;
}

async fn published_by_rest(config: Config) {
    let (simulator, client) = Client::new(config).await;
    assert_eq!(client.deploy().await["status"], "Succeeded");
    let mut grpc = client.events().await;
    let topic = grpc
        .get_topic(client.signed(TopicRequest { topic_name: TOPIC.to_owned() }))
        .await
        .unwrap()
        .into_inner();
    assert!(topic.can_subscribe);
    let (requests, stream) = tokio::sync::mpsc::channel(1);
    let first = FetchRequest {
        topic_name: TOPIC.to_owned(),
        replay_preset: ReplayPreset::Earliest.into(),
        num_requested: 1,
        ..FetchRequest::default()
    };
    requests.send(first).await.unwrap();
    let mut events = grpc.subscribe(client.signed(ReceiverStream::new(stream))).await.unwrap().into_inner();
    let (status, created) = client.create("App_Change__e", json!({"Marker__c": "canary"})).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    assert_eq!(created["errors"][0]["statusCode"], "OPERATION_ENQUEUED");
    assert!(created["id"].as_str().unwrap().starts_with('e'));
    let response = events.message().await.unwrap().unwrap();
    let event = response.events[0].event.as_ref().unwrap();
    assert_eq!(event.schema_id, topic.schema_id);
    assert!(event.payload.windows(6).any(|window| window == b"canary"));
    assert_eq!(simulator.ledger().count(Kind::EventPublished), 1);
    assert_eq!(simulator.ledger().count(Kind::EventDelivered), 1);
    let (status, refusal) = client.create("App_Change__e", json!({"Nope__c": 1})).await;
    assert_eq!((status, &refusal[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("INVALID_FIELD")));
    // An open stream must not hold up the end.
    simulator.stop().await;
    assert!(events.message().await.is_err());
}

#[tokio::test]
async fn a_deploy_whose_answer_is_lost_runs_all_the_same() {
    let (simulator, client) =
        Client::new(Config { deploy_component_time: Duration::ZERO, ..Config::default() }).await;
    simulator.faults().add(Rule::once(Operation::DeployStart, Fault::AnswerLost));
    assert!(client.start_deploy().await.is_err());
    simulator.ledger().until(|ledger| ledger.count(Kind::DeployFinished) == 1).await;
    let (_, deploys) = client.query(true, "SELECT Id, Status FROM DeployRequest").await;
    assert_eq!(deploys["records"][0]["Status"], "Succeeded");
    let id = deploys["records"][0]["Id"].as_str().unwrap();
    assert_eq!(client.finish(id).await["status"], "Succeeded");
    assert_eq!(simulator.faults().verify(), Ok(()));
    simulator.stop().await;
}

#[tokio::test]
async fn the_resource_is_guarded() {
    let (simulator, client) = Client::new(Config::default()).await;
    let response = client.http.post(client.url("metadata/deployRequest")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let request =
        client.http.put(client.url("metadata/deployRequest")).bearer_auth(&client.ready.access_token);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    let (status, body) = client.get("metadata/deployRequest/0Af000000000001AAA").await;
    assert_eq!(
        (status, &body[0]["errorCode"]),
        (StatusCode::NOT_FOUND, &json!("INVALID_CROSS_REFERENCE_KEY"))
    );
    simulator.stop().await;
}
