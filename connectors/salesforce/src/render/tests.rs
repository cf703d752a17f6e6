use super::*;
use crate::delivery::{Delivery, PackageConfig, PackageInstall};
use crate::steps::{self, Protected, Target};

fn app() -> App {
    App::load().expect("the embedded app")
}

fn xml(component: &Rendered) -> &str {
    match &component.content {
        Content::Xml(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trigger_as_it_goes_into_an_organisation() {
    let events = names::trigger_events("ContentVersion", true, false);
    let of = TriggerOf { object: "ContentVersion", events: &events, creatable: true, packaged: None };
    let [trigger, test] = app().trigger(&of).expect("rendered");
    for component in [trigger, test] {
        let Content::Apex { body, meta } = component.content else { panic!("no Apex") };
        insta::assert_snapshot!(component.full_name, format!("{body}---\n{meta}"));
    }
}

#[test]
fn a_trigger_beside_a_package_calls_into_its_namespace_and_says_where_it_is() {
    let events = names::trigger_events("Idea", false, true);
    let packaged = Some(Home { namespace: "casec", organization_id: "00D000000000001EAA" });
    let [trigger, test] = app()
        .trigger(&TriggerOf { object: "Idea", events: &events, creatable: false, packaged })
        .expect("rendered");
    let bodies = [trigger, test].map(|component| match component.content {
        Content::Apex { body, .. } => body,
        other => panic!("{other:?}"),
    });
    insta::assert_snapshot!("a_packaged_trigger", bodies.join("---\n"));
    let [trigger, _] = app().canary(packaged).expect("the canary's trigger");
    let Content::Apex { body, .. } = trigger.content else { panic!("no Apex") };
    assert!(
        body.contains("trigger CAS_Canary on casec__CAS_Quarantined_Item__c (before insert, after insert)"),
        "{body}"
    );
    assert!(body.contains("handle('00D000000000001EAA', 'casec__CAS_Quarantined_Item__c'"), "{body}");
    let records = app().test_records(Namespace(Some("casec"))).expect("the class that builds records");
    let Content::Apex { body, .. } = records.content else { panic!("no Apex") };
    assert!(body.contains("new casec__CAS_Quarantined_Item__c("), "{body}");
    assert!(body.contains("casec__Action_Id__c = ") && body.contains("casec__Reason__c = "), "{body}");
}

#[test]
fn what_comes_in_a_package_is_not_deployed() {
    let app = app();
    let delivery = Delivery::Package(PackageConfig {
        version_id: "04t000000000001AAA".to_owned(),
        namespace: "casec".to_owned(),
        install: PackageInstall::Administrator,
        minimum_version: None,
    });
    let target = Target { delivery: &delivery, ..target(&app) };
    let named = |step: &str| -> Vec<String> {
        let components = steps::components(&target, step, &[]).expect(step);
        assert!(step == steps::TRIGGERS || components.iter().all(|component| !component.is_deployed()));
        components.iter().map(|component| format!("{} {}", component.kind, component.full_name)).collect()
    };
    let all = [steps::PACKAGE, steps::EVENT_CHANNEL, steps::QUARANTINE, steps::CLASSES, steps::TRIGGERS];
    insta::assert_snapshot!("packaged_components", all.map(|step| named(step).join("\n")).join("\n---\n"));
}

fn target(app: &App) -> Target<'_> {
    Target { app, delivery: &Delivery::Source, organization_id: "00D000000000001EAA", user_id: "005" }
}

fn case() -> [Protected; 1] {
    [Protected { api_name: "Case".to_owned(), updateable: true, deletable: true, creatable: true }]
}

#[test]
fn an_object_with_its_fields() {
    let objects = app().quarantine_objects();
    insta::assert_snapshot!(objects[0].full_name.clone(), xml(&objects[0]));
}

#[test]
fn the_manifest_of_a_deployment() {
    let app = app();
    let objects = case();
    let mut components = Vec::new();
    for step in [steps::EVENT_CHANNEL, steps::QUARANTINE, steps::CLASSES, steps::TRIGGERS] {
        components.extend(steps::components(&target(&app), step, &objects).expect(step));
    }
    let components: Vec<(&str, &str)> = components
        .iter()
        .filter(|component| component.content != Content::Record)
        .map(|component| (component.kind, component.full_name.as_str()))
        .collect();
    insta::assert_snapshot!(archive::manifest(&components, "67.0"));
}

#[test]
fn the_permission_set_names_only_what_is_there() {
    let app = app();
    insta::assert_snapshot!(xml(&app.permission_set(Scope::Event)));
    let quarantine = app.permission_set(Scope::Quarantine);
    assert!(xml(&quarantine).contains("CAS_Quarantined_Item__c.State__c"));
    assert!(!xml(&quarantine).contains("classAccesses"));
    let whole = app.permission_set(Scope::App);
    assert!(xml(&whole).contains("<apexClass>CAS_RestService</apexClass>"));
    assert!(app.grants(Scope::Event).missing_from(&app.grants(Scope::App)).is_empty());
    let lacking = app.grants(Scope::App).missing_from(&app.grants(Scope::Event));
    assert!(lacking.iter().any(|right| right.contains("CAS_RestService")), "{lacking:?}");
}

#[test]
fn the_same_components_make_the_same_bytes() {
    let app = app();
    let classes = app.classes("00D000000000001EAA").expect("classes");
    let components: Vec<&Rendered> = classes.iter().collect();
    let reversed: Vec<&Rendered> = classes.iter().rev().collect();
    let archive = Archive::of(&components, "67.0").expect("packed");
    assert_eq!(archive, Archive::of(&reversed, "67.0").expect("packed"));
    assert!(archive.has_apex);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive.bytes)).expect("a zip");
    assert!(zip.by_name("package.xml").is_ok() && zip.by_name("classes/CAS_Install.cls").is_ok());
    assert!(zip.by_name("objects/CAS_Switch__c.object").is_ok());
}

#[test]
fn every_component_carries_the_mark() {
    let app = app();
    let objects = case();
    for step in [steps::EVENT_CHANNEL, steps::QUARANTINE, steps::CLASSES, steps::TRIGGERS] {
        for component in steps::components(&target(&app), step, &objects).expect(step) {
            match &component.content {
                Content::Apex { body, .. } => {
                    assert!(body.lines().next().is_some_and(|line| line.contains(MARKER)), "{component:?}");
                }
                Content::Xml(text) => {
                    assert!(text.contains(&format!("{MARKER} {}.", app.version)), "{component:?}");
                }
                Content::Record | Content::Managed(_) => {}
            }
        }
    }
}

#[test]
fn the_organisation_is_a_part_of_the_checksum() {
    let checksum = |org: &str| {
        let classes = app().classes(org).expect("classes");
        classes.iter().find(|class| class.full_name == "CAS_Install").expect("the constants").checksum()
    };
    assert_ne!(checksum("00D000000000001EAA"), checksum("00D000000000002EAA"));
    assert_eq!(checksum("00D000000000001EAA"), checksum("00D000000000001EAA"));
}
