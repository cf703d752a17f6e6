//! The Salesforce app as it looks once it has been rendered for an org: the SFDX project with the constants of the org
//! and a trigger and a test for each object.

use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

const API_VERSION: &str = "67.0";

/// Objects that a security product meets, standard and custom.
pub const OBJECTS: &[&str] = &[
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "Case",
    "CaseComment",
    "Campaign",
    "Contract",
    "Asset",
    "Order",
    "Product2",
    "Task",
    "Event",
    "User",
    "ContentVersion",
    "ContentDocument",
    "ContentDocumentLink",
    "Attachment",
    "Note",
    "FeedItem",
    "FeedComment",
    "EmailMessage",
    "Idea",
    "Solution",
    "Topic",
    "TopicAssignment",
    "OpportunityLineItem",
    "Pricebook2",
    "Quote",
    "Entitlement",
    "CAS_Quarantined_Item__c",
];

/// The one whose test creates no record.
const UNCREATABLE: &str = "Quote";

/// The project's folder in this repository.
pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors/salesforce/app")
}

/// The version of the app.
pub fn version() -> String {
    read(&source().join("VERSION")).trim().to_owned()
}

/// Every Apex class and trigger of a project.
pub fn apex_files(project: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["classes", "triggers"]
        .iter()
        .filter_map(|kind| std::fs::read_dir(project.join("force-app/main/default").join(kind)).ok())
        .flatten()
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "cls" || ending == "trigger"))
        .collect();
    files.sort();
    files
}

/// Copies the project into `target`, provisioned for the org and with a trigger on each of the objects.
pub fn render(target: &Path, org_id: &str, objects: &[&str]) {
    copy(&source(), target);
    let components = target.join("force-app/main/default");
    std::fs::create_dir_all(components.join("triggers")).expect("a folder for triggers");
    let version = version();
    let marker = format!("CAS-COMPONENT {version}");
    let install = context! { marker => &marker, org_id, version };
    write(&components.join("classes/CAS_Install.cls"), &fill("CAS_Install.cls.j2", install));
    for &object_name in objects {
        let stem = stem(object_name);
        let (trigger_name, test_class_name) = (format!("CAS_{stem}"), format!("CAS_{stem}_Test"));
        assert!(test_class_name.len() <= 40, "{test_class_name} is too long");
        let trigger = format!("triggers/{trigger_name}.trigger");
        let test = format!("classes/{test_class_name}.cls");
        let events = events(object_name);
        // As delivered from source: nothing is called in a namespace. One object stands for those of which no test can
        // create a record.
        let creatable = object_name != UNCREATABLE;
        let names = context! {
            marker => &marker, object_name, trigger_name, test_class_name, events, creatable, prefix => "", home => "",
        };
        write(&components.join(&trigger), &fill("trigger.trigger.j2", names.clone()));
        write(&components.join(format!("{trigger}-meta.xml")), &meta("ApexTrigger"));
        write(&components.join(&test), &fill("trigger_test.cls.j2", names));
        write(&components.join(format!("{test}-meta.xml")), &meta("ApexClass"));
    }
}

/// The text of a template with its holes filled; a hole without a value is an error.
pub fn fill(template: &str, values: Value) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let text = read(&source().join("templates").join(template));
    let filled = environment.render_str(&text, values).unwrap_or_else(|error| panic!("{template}: {error}"));
    filled + "\n"
}

/// What distinguishes the components of one object in their names.
pub fn stem(object_name: &str) -> String {
    if object_name.len() <= 24 && !object_name.contains("__") {
        return object_name.to_owned();
    }
    let mut short = object_name.replace("__", "_");
    short.truncate(24);
    format!("{}_{}", short.trim_end_matches('_'), &hex::encode(Sha256::digest(object_name))[..6])
}

fn events(object_name: &str) -> Vec<&'static str> {
    match object_name {
        // Versions are never deleted alone: Salesforce has no such events.
        "ContentVersion" => vec!["before insert", "after insert", "after update"],
        _ => vec!["before insert", "after insert", "after update", "after delete"],
    }
}

fn meta(kind: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
         <apiVersion>{API_VERSION}</apiVersion>\n    <status>Active</status>\n</{kind}>\n"
    )
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("a folder entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target)
                .unwrap_or_else(|error| panic!("{}: {error}", target.display()));
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
