//! Whole orgs: thousands of objects from a file, hundreds of profiles, tens of thousands of object permissions.

use std::io::Write;
use std::path::{Path, PathBuf};

use reqwest::Method;
use salesforce_simulator::{Config, Simulator};
use serde_json::{Value, json};

use crate::client::World;

/// Objects of the whole org where no file of one is at hand.
const OBJECTS: usize = 3_196;
const PROFILES: usize = 400;
const ROWS: usize = 20_000;

/// A whole org: from the file that `PROVISION_TEST_SCHEMA` names, else generated at the same size.
fn whole() -> Config {
    Config {
        schema: std::env::var_os("PROVISION_TEST_SCHEMA").map(PathBuf::from),
        objects: OBJECTS,
        profiles: Some(PROFILES),
        object_permission_rows: Some(ROWS),
        ..Config::default()
    }
}

fn file(directory: &Path, lines: &[Value]) -> PathBuf {
    let path = directory.join("schema.jsonl.gz");
    let target = std::fs::File::create(&path).expect("creates");
    let mut packed = flate2::write::GzEncoder::new(target, flate2::Compression::fast());
    for line in lines {
        writeln!(packed, "{line}").expect("writes");
    }
    packed.finish().expect("writes");
    path
}

fn object(name: &str, prefix: Option<&str>, triggerable: bool, fields: Value) -> Value {
    json!({"name": name, "label": name, "keyPrefix": prefix, "cloud": "x", "createable": true, "updateable": true, "deletable": true, "queryable": true, "searchable": true, "triggerable": triggerable, "flagsFromOrg": true, "fields": fields})
}

async fn started(lines: &[Value]) -> World {
    let directory = tempfile::tempdir().expect("a directory");
    World::with(Config { schema: Some(file(directory.path(), lines)), ..Config::default() }).await
}

#[tokio::test]
async fn a_whole_org_is_described_in_a_few_calls() {
    let world = World::with(whole()).await;
    let api = world.admin();
    let global = api.get("/sobjects").await;
    let objects = global["sobjects"].as_array().expect("objects");
    assert!(objects.len() >= OBJECTS - 10, "{}", objects.len());
    let names: Vec<&str> = objects.iter().filter_map(|one| one["name"].as_str()).collect();
    let mut described = 0;
    for names in names.chunks(100).take(4) {
        let types: String = names.iter().map(|name| format!("<sObjectType>{name}</sObjectType>")).collect();
        let body = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header><SessionHeader xmlns=\"urn:partner.soap.sforce.com\"><sessionId>{}</sessionId></SessionHeader></e:Header><e:Body><describeSObjects xmlns=\"urn:partner.soap.sforce.com\">{types}</describeSObjects></e:Body></e:Envelope>",
            api.token
        );
        let request = world.http.post(world.url("/services/Soap/u/67.0")).header("SOAPAction", "\"\"");
        let text = request.body(body).send().await.expect("answers").text().await.expect("text");
        described += text.matches("<result>").count();
    }
    assert_eq!(described, 400);
    let sets = api.query("SELECT COUNT() FROM PermissionSet").await;
    assert_eq!(sets["totalSize"], json!(PROFILES));
    let profiles = api.query("SELECT COUNT() FROM PermissionSet WHERE IsOwnedByProfile = true").await;
    assert!(profiles["totalSize"].as_u64().is_some_and(|number| (150..=250).contains(&number)));
    let rows = api.query("SELECT COUNT() FROM ObjectPermissions").await;
    assert_eq!(rows["totalSize"], json!(ROWS));
    assert!(
        api.query_error("SELECT QualifiedApiName FROM EntityDefinition")
            .await
            .1
            .contains("does not support queryMore()")
    );
}

#[tokio::test]
async fn everybody_still_has_the_usual_rights_on_the_usual_objects() {
    let world = World::with(whole()).await;
    assert_eq!(world.user().get("/sobjects/Account/describe").await["createable"], json!(true));
    // An administrator sees all fields of objects without a row of their own, through "Modify All Data".
    let admin = world.admin();
    let bare = admin
        .rows("SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName LIKE 'S%' AND IsQueryable = true ORDER BY QualifiedApiName LIMIT 40")
        .await;
    for row in bare {
        let name = row["QualifiedApiName"].as_str().expect("a name");
        let describe = admin.get(&format!("/sobjects/{name}/describe")).await;
        let soql = format!(
            "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = '{name}'"
        );
        let defined = admin.rows(&soql).await;
        assert_eq!(describe["fields"].as_array().map(Vec::len), Some(defined.len()), "{name}");
    }
}

#[tokio::test]
async fn the_same_seed_spreads_the_same_permissions() {
    let config = || Config { profiles: Some(31), object_permission_rows: Some(700), ..Config::default() };
    let (a, b) = (World::with(config()).await, World::with(config()).await);
    let soql = "SELECT Id, ParentId, SobjectType, PermissionsEdit FROM ObjectPermissions";
    let rows = a.admin().rows(soql).await;
    assert_eq!(rows.len(), 700);
    assert_eq!(rows, b.admin().rows(soql).await);
}

#[tokio::test]
async fn objects_of_a_file_join_the_built_in_ones() {
    let lines = [
        object(
            "Zebra",
            Some("9zz"),
            true,
            json!([{"name": "Stripes", "type": "int", "nillable": false}, {"name": "Id", "type": "string"}, {"name": "CreatedDate", "type": "string"}, {"name": "HerdId", "type": "reference", "referenceTo": ["Herd__c"]}]),
        ),
        object(
            "Herd__c",
            None,
            true,
            json!([{"name": "Name", "type": "string", "nillable": false}, {"name": "Kind__c", "type": "picklist", "picklistValues": ["Big", "Small"]}]),
        ),
        object("ZebraHistory", None, true, json!([])),
        object("UserRole", Some("00E"), true, json!([])),
        object(
            "ACCOUNT",
            Some("001"),
            true,
            json!([{"name": "Colour", "type": "string", "nillable": false}, {"name": "name", "type": "int"}]),
        ),
        object("ZebraChangeEvent", None, true, json!([{"name": "ReplayId", "type": "string"}])),
    ];
    let world = started(&lines).await;
    let api = world.admin();
    let zebra = api.get("/sobjects/Zebra/describe").await;
    let fields: Vec<(&str, &str)> = zebra["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .filter_map(|field| field["name"].as_str().zip(field["type"].as_str()))
        .collect();
    assert_eq!(
        fields,
        [("Id", "id"), ("Stripes", "int"), ("CreatedDate", "datetime"), ("HerdId", "reference")]
    );
    assert_eq!((&zebra["triggerable"], &zebra["keyPrefix"]), (&json!(true), &json!("9zz")));
    let herd = api.get("/sobjects/Herd__c/describe").await;
    assert_eq!(herd["custom"], json!(true));
    assert_eq!(herd["keyPrefix"].as_str().map(str::len), Some(3));
    assert_eq!(herd["fields"][2]["picklistValues"][1]["value"], "Small");
    assert!(
        herd["childRelationships"]
            .as_array()
            .is_some_and(|all| all.iter().any(|child| child["childSObject"] == "Zebra"))
    );
    for never in ["ZebraHistory", "UserRole"] {
        assert_eq!(api.get(&format!("/sobjects/{never}/describe")).await["triggerable"], json!(false));
    }
    // What is built in stays as it is, and gains what the file adds.
    let account = api.get("/sobjects/Account/describe").await;
    let named = |name: &str| {
        account["fields"].as_array().expect("fields").iter().filter(|field| field["name"] == name).count()
    };
    assert_eq!((named("Name"), named("name"), named("Colour")), (1, 0, 1));
    let id = api.create("Account", json!({"Name": "A"})).await;
    assert_eq!(api.rows("SELECT Id, Colour FROM Account").await[0]["Id"], json!(id));
    let id = api.create("Zebra", json!({"Stripes": 3})).await;
    assert!(id.starts_with("9zz"), "{id}");
    let tooling = api.get("/tooling/query?q=SELECT+DeveloperName,TableEnumOrId+FROM+CustomField").await;
    assert!(
        tooling["records"].as_array().is_some_and(|all| all.iter().any(|row| row["DeveloperName"] == "Kind"))
    );
}

#[tokio::test]
async fn a_bad_file_is_refused_by_its_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let good = object("A", None, false, json!([]));
    let refusal = async |schema: PathBuf| {
        let refused = Simulator::start(Config { schema: Some(schema), ..Config::default() }).await;
        refused.expect_err("does not start").to_string()
    };
    let bad = file(directory.path(), &[good.clone(), json!({"name": "B"})]);
    let text = refusal(bad.clone()).await;
    assert!(text.contains("line 2 of the schema") && text.contains("missing field `label`"), "{text}");
    std::fs::write(&bad, [0x1f, 0x8b, 1, 2, 3]).expect("writes");
    assert!(refusal(bad.clone()).await.contains("cannot read line 1"));
    std::fs::write(&bad, "").expect("writes");
    assert!(refusal(bad).await.contains("holds no object"));
    assert!(refusal(directory.path().join("nowhere")).await.contains("cannot open the schema"));
    let few = Simulator::start(Config { profiles: Some(2), ..Config::default() }).await;
    assert!(few.expect_err("too few").to_string().contains("too few: every org has 23"));
    let many =
        Simulator::start(Config { object_permission_rows: Some(1_000_000), ..Config::default() }).await;
    assert!(many.expect_err("too many").to_string().contains("too many"));
}

#[tokio::test]
async fn a_name_of_the_wrong_case_finds_its_object() {
    let world = World::with(Config { objects: 76, ..Config::default() }).await;
    let (status, body) = world.admin().call(Method::GET, "/sobjects/aCCOUNT/describe", None).await;
    assert_eq!((status.as_u16(), &body["name"]), (200, &json!("Account")));
}
