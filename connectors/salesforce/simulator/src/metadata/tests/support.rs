//! An org, its router, and packages to send to it.

use std::io::{Cursor, Write};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use axum::{Extension, Router};
use serde_json::{Value, json};
use tower::ServiceExt;
use zip::write::SimpleFileOptions;

use crate::config::{Config, Environment};
use crate::ledger::Kind;
use crate::org::{Id, Org};

pub(super) const NS: &str = "http://soap.sforce.com/2006/04/metadata";

pub(super) struct World {
    pub(super) org: Arc<Org>,
    router: Router,
}

/// A package in the making.
#[derive(Default, Clone)]
pub(super) struct Zip {
    members: Vec<(String, String)>,
    files: Vec<(String, String)>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { deploy_component_time: Duration::ZERO, ..Config::default() };
        change(&mut config);
        let org = Org::new(config).unwrap();
        let router = crate::metadata::router(crate::metadata::Deployments::new(Arc::clone(&org)));
        Self { org, router }
    }

    pub(super) fn production() -> Self {
        Self::with(|config| config.environment = Environment::Production)
    }

    async fn call(&self, user: Id, request: Request<Body>) -> (StatusCode, Value) {
        let rights = self.org.read().rights(user);
        let response = self.router.clone().layer(Extension(rights)).oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub(super) async fn post(
        &self,
        user: Id,
        json_part: &str,
        options: &Value,
        zip: &[u8],
    ) -> (StatusCode, Value) {
        let mut body = Vec::new();
        let part = |body: &mut Vec<u8>, head: &str, content: &[u8]| {
            write!(body, "--b\r\n{head}\r\n\r\n").unwrap();
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        let file = "Content-Disposition: form-data; name=\"file\"; filename=\"d.zip\"\r\nContent-Type: application/zip";
        let json_head =
            format!("Content-Disposition: form-data; name=\"{json_part}\"\r\nContent-Type: application/json");
        let options = json!({"deployOptions": options}).to_string();
        // Salesforce's clients send the file first, its guide the JSON: both orders are used by these tests.
        if json_part == "json" {
            part(&mut body, &json_head, options.as_bytes());
            part(&mut body, file, zip);
        } else {
            part(&mut body, file, zip);
            part(&mut body, &json_head, options.as_bytes());
        }
        body.extend_from_slice(b"--b--\r\n");
        let request = Request::post("/services/data/v67.0/metadata/deployRequest")
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::from(body))
            .unwrap();
        self.call(user, request).await
    }

    pub(super) async fn start(&self, options: Value, zip: &Zip) -> String {
        let (status, body) = self.post(self.org.admin, "json", &options, &zip.bytes()).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn poll(&self, id: &str) -> (StatusCode, Value) {
        let uri = format!("/services/data/v67.0/metadata/deployRequest/{id}?includeDetails=true");
        self.call(self.org.admin, Request::get(uri).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn cancel(&self, id: &str) -> StatusCode {
        let uri = format!("/services/data/v67.0/metadata/deployRequest/{id}");
        let body = Body::from(json!({"deployResult": {"status": "Canceling"}}).to_string());
        self.call(self.org.admin, Request::builder().method(Method::PATCH).uri(uri).body(body).unwrap())
            .await
            .0
    }

    /// `ApexOrgWideCoverage.PercentCovered`
    pub(super) fn covered(&self) -> Value {
        let measured = &self.org.metadata().coverage;
        if measured.is_empty() {
            return Value::Null;
        }
        crate::apex::test_run::average(measured.values().map(|unit| &**unit)).into()
    }

    /// A quick deploy; `validation` stands in the body, `path` goes on behind the resource.
    pub(super) async fn quick(&self, validation: &str, path: &str) -> (StatusCode, Value) {
        let body = match validation {
            "" => Body::empty(),
            id => Body::from(json!({"validatedDeployRequestId": id}).to_string()),
        };
        let uri = format!("/services/data/v67.0/metadata/deployRequest{path}");
        let request = Request::post(uri).header("content-type", "application/json").body(body).unwrap();
        self.call(self.org.admin, request).await
    }

    pub(super) async fn finished(&self, id: &str) -> Value {
        self.org
            .ledger
            .until(|ledger| ledger.of(Kind::DeployFinished).iter().any(|entry| entry.subject == id))
            .await;
        self.poll(id).await.1["deployResult"].clone()
    }

    /// Deploys with rollback and a single package; returns `deployResult`.
    pub(super) async fn deploy(&self, zip: &Zip) -> Value {
        self.deploy_with(json!({}), zip).await
    }

    pub(super) async fn deploy_with(&self, more: Value, zip: &Zip) -> Value {
        let mut options = json!({"rollbackOnError": true, "singlePackage": true});
        for (name, value) in more.as_object().unwrap() {
            options[name] = value.clone();
        }
        let id = self.start(options, zip).await;
        self.finished(&id).await
    }

    pub(super) async fn succeeds(&self, zip: &Zip) -> Value {
        let result = self.deploy(zip).await;
        assert_eq!(result["status"], "Succeeded", "{result:#}");
        result
    }

    /// The problem of the only failing component.
    pub(super) async fn refusal(&self, zip: &Zip) -> String {
        let result = self.deploy(zip).await;
        assert_eq!(result["status"], "Failed", "{result:#}");
        let failures = result["details"]["componentFailures"].as_array().unwrap();
        assert_eq!(failures.len(), 1, "{failures:#?}");
        failures[0]["problem"].as_str().unwrap().to_owned()
    }
}

/// The row of a component in a list.
pub(super) fn row<'a>(result: &'a Value, list: &str, full_name: &str) -> &'a Value {
    let rows = result["details"][list].as_array().unwrap();
    rows.iter()
        .find(|row| row["fullName"] == full_name)
        .unwrap_or_else(|| panic!("{full_name} is not in {rows:#?}"))
}

impl Zip {
    pub(super) fn file(mut self, name: &str, content: impl Into<String>) -> Self {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    pub(super) fn member(mut self, kind: &str, name: &str) -> Self {
        self.members.push((kind.to_owned(), name.to_owned()));
        self
    }

    pub(super) fn class(self, name: &str, body: &str) -> Self {
        let meta = format!(
            "<ApexClass xmlns=\"{NS}\"><apiVersion>67.0</apiVersion><status>Active</status></ApexClass>"
        );
        self.member("ApexClass", name)
            .file(&format!("classes/{name}.cls"), body)
            .file(&format!("classes/{name}.cls-meta.xml"), meta)
    }

    pub(super) fn trigger(self, name: &str, body: &str) -> Self {
        let meta = format!(
            "<ApexTrigger xmlns=\"{NS}\"><apiVersion>67.0</apiVersion><status>Active</status></ApexTrigger>"
        );
        self.member("ApexTrigger", name)
            .file(&format!("triggers/{name}.trigger"), body)
            .file(&format!("triggers/{name}.trigger-meta.xml"), meta)
    }

    pub(super) fn object(self, name: &str, inner: &str) -> Self {
        let content = format!("<CustomObject xmlns=\"{NS}\">{inner}</CustomObject>");
        self.member("CustomObject", name).file(&format!("objects/{name}.object"), content)
    }

    pub(super) fn permission_set(self, name: &str, inner: &str) -> Self {
        let content = format!("<PermissionSet xmlns=\"{NS}\"><label>{name}</label>{inner}</PermissionSet>");
        self.member("PermissionSet", name).file(&format!("permissionsets/{name}.permissionset"), content)
    }

    /// A delete-only package's manifest of deletions.
    pub(super) fn deletes(self, members: &[(&str, &str)]) -> Self {
        let content = manifest(
            &members.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect::<Vec<_>>(),
        );
        self.file("destructiveChanges.xml", content)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let mut put = |name: &str, content: &str| {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        };
        put("package.xml", &manifest(&self.members));
        for (name, content) in &self.files {
            put(name, content);
        }
        zip.finish().unwrap().into_inner()
    }
}

fn manifest(members: &[(String, String)]) -> String {
    let types: String = members
        .iter()
        .map(|(kind, name)| format!("<types><members>{name}</members><name>{kind}</name></types>"))
        .collect();
    format!("<?xml version=\"1.0\"?><Package xmlns=\"{NS}\">{types}<version>67.0</version></Package>")
}

/// Inner XML of a small custom object with a text, a required and, if asked for, a master-detail field.
pub(super) fn item(more: &str) -> String {
    format!(
        "<deploymentStatus>Deployed</deploymentStatus><enableBulkApi>true</enableBulkApi><enableSharing>true</enableSharing>\
         <enableStreamingApi>true</enableStreamingApi>\
         <fields><fullName>Note__c</fullName><label>Note</label><length>255</length><required>false</required><type>Text</type></fields>\
         <fields><fullName>Key__c</fullName><externalId>true</externalId><label>Key</label><length>80</length><required>true</required><type>Text</type><unique>true</unique></fields>\
         {more}<label>Item</label><nameField><displayFormat>I-{{0000}}</displayFormat><label>Number</label><type>AutoNumber</type></nameField>\
         <pluralLabel>Items</pluralLabel><sharingModel>Private</sharingModel>"
    )
}

/// Inner XML of a platform event with one text field.
pub(super) fn event() -> String {
    "<deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>\
     <fields><fullName>Object_Name__c</fullName><label>Object</label><length>80</length><required>false</required><type>Text</type></fields>\
     <label>Change</label><pluralLabel>Changes</pluralLabel><publishBehavior>PublishAfterCommit</publishBehavior>"
        .to_owned()
}
