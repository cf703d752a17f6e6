//! The Salesforce CLI reads our project as its own source format.

use provision_tests::app;
use provision_tests::sf::Desk;

#[tokio::test]
async fn sf_reads_the_project_as_source_format() {
    let desk = Desk::new("00D000000000001AAA", &["Account", "ContentVersion"]);
    if !desk.has_sf("sf_reads_the_project_as_source_format").await {
        return;
    }
    let folder = desk.folder().join("converted");
    let answer = desk.sf(&["project", "convert", "source", "--output-dir", folder.to_str().unwrap()]).await;
    assert_eq!(answer["status"], 0, "{answer:#}");

    let manifest = std::fs::read_to_string(folder.join("package.xml")).unwrap();
    let apex = app::apex_files(desk.project().as_path());
    for file in &apex {
        let member = format!("<members>{}</members>", file.file_stem().unwrap().to_str().unwrap());
        assert!(manifest.contains(&member), "{member} is not in\n{manifest}");
    }
    for kind in ["ApexClass", "ApexTrigger", "CustomObject", "CustomPermission", "PermissionSet"] {
        assert!(manifest.contains(&format!("<name>{kind}</name>")), "{kind} is not in\n{manifest}");
    }
    let objects =
        ["CAS_Quarantined_Chunk__c", "CAS_Quarantined_Item__c", "CAS_Record_Change__e", "CAS_Switch__c"];
    for object in objects {
        let merged = std::fs::read_to_string(folder.join(format!("objects/{object}.object"))).unwrap();
        let fields = desk.project().join(format!("force-app/main/default/objects/{object}/fields"));
        assert_eq!(
            merged.matches("<fields>").count(),
            std::fs::read_dir(fields).unwrap().count(),
            "{object}"
        );
    }
}
