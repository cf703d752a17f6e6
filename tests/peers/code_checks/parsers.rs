//! All triggers of a whole schema, as the connector deploys them, before those who can read Apex.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use provision_salesforce::{Delivery, PackageConfig, PackageInstall};
use provision_tests::peer::Peer;
use provision_tests::{app, tools};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::Semaphore;

const LIMIT: Duration = Duration::from_secs(120);
/// Processes of Salesforce's parser at a time.
const AT_ONCE: usize = 2;
/// Classes that are handed to Salesforce's parser as members of one: it reads one file per process.
const TOGETHER: usize = 100;
/// Triggers that are made for the package too.
const PACKAGED: usize = 60;
/// Triggers that are linked.
const SAMPLE: usize = 50;
const SEED: u64 = 20_261_124;

const PLANTED: &str = "trigger Planted on Account (after insert) {
    CAS_RecordChangeHandler.handel('Account', Trigger.operationType, Trigger.new, Trigger.old);
}
";
const CUSTOM_OBJECT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <deploymentStatus>Deployed</deploymentStatus>
    <label>An object of the organisation</label>
    <nameField>
        <label>Name</label>
        <type>Text</type>
    </nameField>
    <pluralLabel>Objects of the organisation</pluralLabel>
    <sharingModel>ReadWrite</sharingModel>
</CustomObject>
"#;

#[tokio::test(flavor = "multi_thread")]
async fn both_parsers_accept_the_triggers_of_a_whole_schema() {
    let test = "both_parsers_accept_the_triggers_of_a_whole_schema";
    let Some(peer) = tools::or_skip(test, Peer::node(tools::apexdevtools_parser().await).await) else {
        return;
    };
    let Some(parser) = tools::or_skip(test, tools::apex_parser().await) else { return };
    let objects = super::triggerable().await;
    let source = super::deployed(&Delivery::Source, &objects);
    // With a namespace, and the organisation named: one shape more, whatever the object.
    let some = &objects[..PACKAGED.min(objects.len())];
    let packaged = super::deployed(&packaged(), some);
    println!("{} objects take triggers", objects.len());

    for (folder, objects) in [(source.path(), objects.as_slice()), (packaged.path(), some)] {
        let broken = folder.join("triggers/Broken.trigger");
        std::fs::write(&broken, "trigger Broken on Account (before insert { }").unwrap();
        let seen = peer.check("apex_parser.mjs", json!({ "folder": folder })).await;
        std::fs::remove_file(broken).unwrap();
        assert!(
            seen["parsed"].as_u64().is_some_and(|parsed| parsed as usize > 2 * objects.len()),
            "{seen:#}"
        );
        let wrong: Vec<&String> = seen["wrong"].as_object().expect("files").keys().collect();
        assert_eq!(wrong, ["triggers/Broken.trigger"], "{seen:#}");
    }

    let mut programs: Vec<String> = texts(&super::ending(&source.path().join("triggers"), ".trigger"));
    assert_eq!(programs.len(), objects.len() + 1, "one each, and the canary");
    programs.extend(texts(&super::ending(&packaged.path().join("triggers"), "y.trigger")));
    for folder in [&source, &packaged] {
        let classes = texts(&super::ending(&folder.path().join("classes"), "_Test.cls"));
        let members = classes.chunks(TOGETHER);
        programs
            .extend(members.map(|members| format!("public class Members {{\n{}\n}}", members.join("\n"))));
    }
    programs.push("trigger Broken on Account (before insert { }".to_owned());
    let wrong = refused(&parser, programs).await;
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    assert!(wrong[0].contains("trigger Broken"), "{wrong:#?}");
}

#[tokio::test]
async fn apexlink_links_a_sample_of_the_triggers_with_the_apps_classes() {
    let test = "apexlink_links_a_sample_of_the_triggers_with_the_apps_classes";
    let Some(mut check) = tools::or_skip(test, tools::apexlink().await) else { return };
    let mut random = StdRng::seed_from_u64(SEED);
    let mut sample = super::triggerable().await;
    sample.shuffle(&mut random);
    sample.truncate(SAMPLE);
    println!("seed {SEED}: {:?}", sample.iter().map(|object| &object.api_name).collect::<Vec<_>>());

    let project = tempfile::tempdir().expect("a temporary folder");
    app::render(project.path(), super::ORG_ID, &[]);
    let components = project.path().join("force-app/main/default");
    let deployed = super::deployed(&Delivery::Source, &sample);
    for folder in ["classes", "triggers"] {
        for file in super::ending(&deployed.path().join(folder), "") {
            std::fs::copy(&file, components.join(folder).join(file.file_name().expect("a name"))).unwrap();
        }
    }
    for object in sample.iter().filter(|object| object.api_name.ends_with("__c")) {
        let folder = components.join("objects").join(&object.api_name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{}.object-meta.xml", object.api_name)), CUSTOM_OBJECT).unwrap();
    }
    std::fs::write(components.join("triggers/Planted.trigger"), PLANTED).unwrap();
    check.args(["-n", "-f", "json", "-d", "warnings", "-w"]).arg(project.path());
    let output = tools::run(check, LIMIT).await.unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");

    let mut unknown = 0;
    let mut planted = Vec::new();
    for file in answer["files"].as_array().expect("files") {
        let path = file["path"].as_str().expect("a path");
        for message in file["messages"].as_array().expect("messages") {
            let said = message["message"].as_str().expect("a text");
            // Its list of objects ends with API version 61; there is nothing else that it may say.
            let object = said
                .strip_prefix("No type declaration found for 'Schema.")
                .and_then(|rest| rest.strip_suffix('\''));
            match object {
                _ if path.ends_with("Planted.trigger") => planted.push(said.to_owned()),
                Some(object) if sample.iter().any(|one| one.api_name == object) => unknown += 1,
                _ => panic!("{path}: {message}"),
            }
        }
    }
    println!("{unknown} of {} objects are not known to apexlink", sample.len());
    assert!(unknown * 2 < sample.len(), "{unknown} objects are not known: nothing was checked");
    assert!(planted.iter().any(|said| said.contains("No matching method found for 'handel'")), "{planted:?}");
}

fn packaged() -> Delivery {
    Delivery::Package(PackageConfig {
        version_id: "04t000000000001AAA".to_owned(),
        namespace: "acme".to_owned(),
        install: PackageInstall::Administrator,
        minimum_version: None,
    })
}

fn texts(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// What Salesforce's parser does not accept, with what it says.
async fn refused(parser: &Path, programs: Vec<String>) -> Vec<String> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = tokio::task::JoinSet::new();
    for program in programs {
        let (turns, parser) = (turns.clone(), parser.to_owned());
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.expect("open");
            let errors = errors(&parser, &program).await;
            (!errors.is_empty()).then(|| format!("{errors:?}\n{program}"))
        });
    }
    running.join_all().await.into_iter().flatten().collect()
}

async fn errors(parser: &Path, program: &str) -> Vec<Value> {
    let mut command = Command::new(parser);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("the parser runs");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(program.as_bytes()).await.expect("read");
    drop(stdin);
    let output =
        tokio::time::timeout(LIMIT, child.wait_with_output()).await.expect("in time").expect("ended");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let parsed = &answer["apex.jorje.semantic.compiler.parser.ParserOutput"];
    let lists =
        ["parseErrors", "internalErrors"].map(|kind| parsed[kind].as_array().cloned().expect("a list"));
    lists.concat()
}
