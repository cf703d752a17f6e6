//! An org with the corpus' schema, in which a program is deployed and run.

use std::io::{Cursor, Write};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use salesforce_simulator::Config;
use salesforce_simulator::apex::run::run_anonymous;
use salesforce_simulator::org::Org;
use salesforce_simulator::transaction::Transaction;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use super::judge::{self, End};
use super::program::{self, Program};
use crate::client::World;

const NS: &str = "http://soap.sforce.com/2006/04/metadata";

pub struct Stage {
    world: World,
}

/// Runs a program that needs nothing but the schema; it leaves no trace.
pub async fn alone(stage: &Stage, program: &Program) -> Vec<String> {
    let block = program.block.clone().unwrap_or_default();
    let (end, lines) = stage.run(block, program.version, false).await;
    judge::block(program, &end, &lines)
}

/// Deploys a program and does all that its words ask for.
pub async fn in_its_own_org(program: &Program) -> Vec<String> {
    let stage = match (Stage::set(&program.files, program.version).await, &program.refused) {
        (Err(result), Some(refusal)) if refusal.file.is_some() => return judge::deployment(refusal, &result),
        (Err(result), _) => return vec![format!("not deployed: {}", result["details"]["componentFailures"])],
        (Ok(_), Some(refusal)) if refusal.file.is_some() => {
            return vec![format!("expected {refusal:?}, but deployed")];
        }
        (Ok(stage), _) => stage,
    };
    let mut complaints = Vec::new();
    if let Some(block) = program.block.clone() {
        let (end, lines) = stage.run(block, program.version, true).await;
        complaints.extend(judge::block(program, &end, &lines));
    }
    if !program.tests.is_empty() {
        complaints.extend(judge::tests(program, &stage.test(program).await));
    }
    for request in &program.requests {
        let method = Method::from_bytes(request.method.as_bytes()).expect("a method");
        let url = stage.world.url(&format!("/services/apexrest{}", request.path));
        let mut call = stage.world.http.request(method, url).bearer_auth(&stage.world.ready().access_token);
        if let Some(body) = &request.body {
            call = call.header("content-type", "application/json").body(body.clone());
        }
        let response = call.send().await.expect("answers");
        let status = response.status().as_u16();
        let body = response.text().await.expect("a body");
        complaints.extend(judge::answer(request, status, &body));
    }
    complaints
}

impl Stage {
    /// An org with the schema and these files, or the result of the deployment that failed.
    pub async fn set(files: &[(String, String)], version: u32) -> Result<Self, Value> {
        let world = World::with(Config { deploy_component_time: Duration::ZERO, ..Config::default() }).await;
        let stage = Self { world };
        let schema = program::files(&program::root().join("schema"));
        let all: Vec<(String, String)> = schema.iter().chain(files).cloned().collect();
        let result =
            stage.deploy(&all, version, json!({"rollbackOnError": true, "singlePackage": true})).await;
        if result["success"] == true { Ok(stage) } else { Err(result) }
    }

    async fn run(&self, block: String, version: u32, keep: bool) -> (End, Vec<String>) {
        let org: Arc<Org> = self.world.simulator.org().clone();
        tokio::task::spawn_blocking(move || {
            let rights = org.read().rights(org.admin);
            let mut tx = Transaction::begin(&org, rights);
            let result = run_anonymous(&mut tx, &block, version);
            let lines = std::mem::take(&mut tx.machine.log);
            let end = match (result.problem, result.exception_message) {
                (Some(problem), _) => {
                    End::Refused(problem.line.into(), problem.column.into(), problem.message)
                }
                (None, Some(message)) => End::Uncaught(message),
                (None, None) => End::Well,
            };
            if keep && matches!(end, End::Well) {
                tx.commit();
            }
            (end, lines)
        })
        .await
        .unwrap_or_else(|error| (End::Uncaught(format!("the simulator itself: {error}")), Vec::new()))
    }

    /// Runs the program's test classes, which are there already.
    async fn test(&self, program: &Program) -> Value {
        let mut classes: Vec<&str> =
            program.tests.iter().filter_map(|test| test.name.split('.').next()).collect();
        classes.dedup();
        let options = json!({
            "rollbackOnError": true, "singlePackage": true, "checkOnly": true,
            "testLevel": "RunSpecifiedTests", "runTests": classes,
        });
        self.deploy(&program.files, program.version, options).await
    }

    async fn deploy(&self, files: &[(String, String)], version: u32, options: Value) -> Value {
        let options = json!({ "deployOptions": options });
        let form = Form::new()
            .part("json", Part::text(options.to_string()).mime_str("application/json").expect("a type"))
            .part(
                "file",
                Part::bytes(package(files, version))
                    .file_name("p.zip")
                    .mime_str("application/zip")
                    .expect("a type"),
            );
        let url = self.world.url("/services/data/v67.0/metadata/deployRequest");
        let token = &self.world.ready().access_token;
        let request = self.world.http.post(url).bearer_auth(token).multipart(form);
        let started: Value = request.send().await.expect("answers").json().await.expect("json");
        let id = started["id"].as_str().unwrap_or_else(|| panic!("{started}"));
        loop {
            let path = format!("/metadata/deployRequest/{id}?includeDetails=true");
            let mut body = self.world.admin().get(&path).await;
            if body["deployResult"]["done"] == true {
                return body["deployResult"].take();
            }
        }
    }
}

/// The files as a deployment has them.
fn package(files: &[(String, String)], version: u32) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: String, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).expect("a file");
        zip.write_all(text.as_bytes()).expect("written");
    };
    let mut types = String::new();
    for (name, text) in files {
        let (stem, suffix) = name.rsplit_once('.').expect("a suffix");
        let (folder, kind) = match suffix {
            "cls" => ("classes", "ApexClass"),
            "trigger" => ("triggers", "ApexTrigger"),
            "object" => ("objects", "CustomObject"),
            "permissionset" => ("permissionsets", "PermissionSet"),
            other => panic!("{name}: what is .{other}?"),
        };
        types += &format!("<types><members>{stem}</members><name>{kind}</name></types>");
        add(format!("{folder}/{name}"), text);
        if matches!(suffix, "cls" | "trigger") {
            let meta = format!(
                "<{kind} xmlns=\"{NS}\"><apiVersion>{version}.0</apiVersion><status>Active</status></{kind}>"
            );
            add(format!("{folder}/{name}-meta.xml"), &meta);
        }
    }
    add(
        "package.xml".to_owned(),
        &format!("<Package xmlns=\"{NS}\">{types}<version>67.0</version></Package>"),
    );
    zip.finish().expect("a zip").into_inner()
}
