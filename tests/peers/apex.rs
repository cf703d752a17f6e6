//! The app before judges who know Apex: Salesforce's own parser, and the semantic check apexlink.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use provision_tests::{app, tools};
use serde_json::Value;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(120);
const ORG_ID: &str = "00D000000000001AAA";

#[tokio::test]
async fn salesforces_parser_accepts_all_apex() {
    let Some(parser) = tools::or_skip("salesforces_parser_accepts_all_apex", tools::apex_parser().await)
    else {
        return;
    };
    let project = rendered();
    let files = app::apex_files(project.path());
    assert!(files.len() > 2 * app::OBJECTS.len(), "only {} files", files.len());
    for file in files {
        assert_eq!(syntax_errors(&parser, &file).await, Vec::<String>::new(), "{}", file.display());
    }

    let broken = project.path().join("Broken.cls");
    std::fs::write(&broken, "public class Broken { void a( { } }").unwrap();
    assert_eq!(
        syntax_errors(&parser, &broken).await,
        ["Missing ')' at '{'"],
        "the parser tells right from wrong"
    );
}

#[tokio::test]
async fn apexlink_finds_nothing_amiss() {
    let Some(check) = tools::or_skip("apexlink_finds_nothing_amiss", tools::apexlink().await) else { return };
    let project = rendered();
    let (clean, said) = link(check, project.path()).await;
    assert!(clean, "{said}");

    // The same check must see a field that the custom setting does not have, and a trigger on nothing.
    let classes = project.path().join("force-app/main/default/classes");
    let handler = classes.join("CAS_RecordChangeHandler.cls");
    let text = std::fs::read_to_string(&handler).unwrap();
    std::fs::write(&handler, text.replace("Reports_Off__c == true", "Reports_Of__c == true")).unwrap();
    let (clean, said) = link(tools::apexlink().await.unwrap(), project.path()).await;
    assert!(!clean, "a planted error was not found");
    assert!(said.contains("Unknown field 'Reports_Of__c'"), "{said}");
}

#[test]
fn the_checked_in_install_class_is_its_template_without_an_org() {
    let version = app::version();
    let values = minijinja::context! { marker => format!("CAS-COMPONENT {version}"), org_id => "", version };
    let checked_in =
        std::fs::read_to_string(app::source().join("force-app/main/default/classes/CAS_Install.cls"))
            .unwrap();
    assert_eq!(checked_in, app::fill("CAS_Install.cls.j2", values));
}

#[test]
fn every_component_carries_marker_and_version() {
    let marker = format!("CAS-COMPONENT {}", app::version());
    let project = rendered();
    for file in app::apex_files(project.path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.lines().next() == Some(&format!("// {marker}")), "{}", file.display());
    }
    let mut described = 0;
    for folder in ["objects", "permissionsets", "customPermissions"] {
        for file in xml_files(&app::source().join("force-app/main/default").join(folder)) {
            if !file.to_string_lossy().ends_with(".field-meta.xml") {
                let text = std::fs::read_to_string(&file).unwrap();
                assert!(text.contains(&format!("<description>{marker}. ")), "{}", file.display());
                described += 1;
            }
        }
    }
    assert!(described >= 6, "only {described} components with a description");
}

#[test]
fn names_are_apex_identifiers_and_keep_objects_apart() {
    let long = format!("ns__{}__c", "A".repeat(40));
    let objects = ["Order", "Order__c", "ns__Order__c", "ns1__Order__c", "ContentFolderDistribution", &long];
    let stems: Vec<String> = objects.iter().map(|object| app::stem(object)).collect();
    for stem in &stems {
        assert!(stem.len() <= 31 && !stem.contains("__") && !stem.ends_with('_'), "{stem}");
    }
    let distinct: std::collections::BTreeSet<_> = stems.iter().map(|stem| stem.to_lowercase()).collect();
    assert_eq!(distinct.len(), objects.len(), "{stems:?}");
}

fn rendered() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    app::render(folder.path(), ORG_ID, app::OBJECTS);
    folder
}

fn xml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a folder entry").path());
    paths.flat_map(|path| if path.is_dir() { xml_files(&path) } else { vec![path] }).collect()
}

async fn syntax_errors(parser: &Path, file: &Path) -> Vec<String> {
    let mut command = Command::new(parser);
    command.stdin(Stdio::from(std::fs::File::open(file).unwrap()));
    let output = tools::run(command, LIMIT).await.unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{}: {error}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    });
    let parsed = &answer["apex.jorje.semantic.compiler.parser.ParserOutput"];
    let errors =
        ["parseErrors", "internalErrors"].map(|kind| parsed[kind].as_array().expect("a list of errors"));
    errors
        .into_iter()
        .flatten()
        .map(|error| error["message"].as_str().unwrap_or_default().to_owned())
        .collect()
}

async fn link(mut check: Command, project: &Path) -> (bool, String) {
    check.args(["-n", "-d", "warnings", "-w"]).arg(project);
    let output = tools::run(check, LIMIT).await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}
