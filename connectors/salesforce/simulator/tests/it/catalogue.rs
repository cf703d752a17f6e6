//! The metadata catalogue and the permission tables, with the restrictions that Salesforce puts on them.

use reqwest::{Method, StatusCode};
use salesforce_simulator::Config;
use serde_json::{Value, json};

use crate::client::{World, encoded, error};

#[tokio::test]
async fn objects_page_by_name_and_never_by_cursor() {
    let world = World::with(Config { objects: 2_500, ..Config::default() }).await;
    let admin = world.admin();
    let (code, message) = admin.query_error("SELECT QualifiedApiName FROM EntityDefinition").await;
    assert_eq!(code, "EXCEEDED_ID_LIMIT");
    assert!(message.contains("does not support queryMore()"), "{message}");
    let (mut names, mut last) = (std::collections::BTreeSet::new(), String::new());
    loop {
        let soql = format!(
            "SELECT QualifiedApiName, IsApexTriggerable FROM EntityDefinition WHERE QualifiedApiName > '{last}' ORDER BY QualifiedApiName LIMIT 2000"
        );
        let rows = admin.rows(&soql).await;
        names.extend(rows.iter().filter_map(|row| row["QualifiedApiName"].as_str().map(str::to_owned)));
        if rows.len() < 2_000 {
            break;
        }
        last = rows[1_999]["QualifiedApiName"].as_str().expect("a name").to_owned();
    }
    assert_eq!(names.len(), 2_500);
}

#[tokio::test]
async fn the_catalogues_odd_soql() {
    let world = World::new().await;
    let admin = world.admin();
    let select = |rest: &str| format!("SELECT QualifiedApiName FROM EntityDefinition {rest}");
    let (code, message) = admin.query_error(&select("WHERE KeyPrefix = '001' OR KeyPrefix = '003'")).await;
    assert_eq!(code, "MALFORMED_QUERY");
    assert!(message.ends_with("Disjunctions not supported"), "{message}");
    let (_, message) = admin.query_error(&select("WHERE KeyPrefix != '001'")).await;
    assert!(message.ends_with("Only equals comparisons permitted"), "{message}");
    admin.query_error("SELECT IsCustomizable, COUNT(Id) FROM EntityDefinition GROUP BY IsCustomizable").await;
    let rows = admin
        .rows(&select(
            "WHERE KeyPrefix LIKE '00%' AND (NOT QualifiedApiName LIKE 'A%') AND IsQueryable = true",
        ))
        .await;
    assert!(rows.iter().any(|row| row["QualifiedApiName"] == "Contact"));
    assert!(rows.iter().all(|row| row["QualifiedApiName"] != "Account"));
}

#[tokio::test]
async fn fields_need_a_reified_column_and_are_not_cut_by_field_level_security() {
    let world = World::new().await;
    let admin = world.admin();
    let (code, message) = admin.query_error("SELECT QualifiedApiName FROM FieldDefinition").await;
    assert_eq!(code, "MALFORMED_QUERY");
    assert!(
        message.ends_with(
            "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]"
        ),
        "{message}"
    );
    let (_, message) =
        admin.query_error("SELECT QualifiedApiName FROM EntityParticle WHERE DataType = 'id'").await;
    assert!(message.ends_with("[EntityDefinitionId,FieldDefinitionId,DurableId]"), "{message}");
    let by_name = "SELECT QualifiedApiName, DataType FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Account'";
    let rows = admin.rows(by_name).await;
    assert!(rows.iter().any(|row| row["QualifiedApiName"] == "Phone" && row["DataType"] == "Phone"));
    let below = "SELECT QualifiedApiName, (SELECT QualifiedApiName FROM Fields) FROM EntityDefinition WHERE QualifiedApiName = 'Account'";
    let below = admin.rows(below).await;
    let fields = below[0]["Fields"]["records"].as_array().expect("rows");
    assert!(fields.len() > 20 && fields.iter().any(|row| row["QualifiedApiName"] == "Name"), "{below:?}");
    let both = admin.rows("SELECT EntityDefinitionId FROM FieldDefinition WHERE EntityDefinitionId IN ('Account', 'Contact')").await;
    assert!(both.len() > rows.len());
}

#[tokio::test]
async fn profiles_rights_live_in_shadow_permission_sets() {
    let world = World::new().await;
    let admin = world.admin();
    let rows = admin
        .rows("SELECT Id, Name, Type, ProfileId, Profile.Name, PermissionsModifyAllData FROM PermissionSet WHERE IsOwnedByProfile = true")
        .await;
    assert!(rows.len() >= 12, "{}", rows.len());
    let shadow = |name: &str| rows.iter().find(|row| row["Profile"]["Name"] == name).expect("a profile");
    let administrator = shadow("System Administrator");
    assert_eq!(administrator["PermissionsModifyAllData"], json!(true));
    assert!(administrator["Name"].as_str().is_some_and(|name| name.starts_with("X00e")));
    let parent = administrator["Id"].as_str().expect("an id");
    let soql = format!(
        "SELECT PermissionsEdit FROM ObjectPermissions WHERE ParentId = '{parent}' AND SobjectType = 'Account'"
    );
    assert_eq!(admin.rows(&soql).await[0]["PermissionsEdit"], json!(true));
    let soql = format!(
        "SELECT PermissionsEdit FROM FieldPermissions WHERE ParentId = '{parent}' AND Field = 'Account.Phone'"
    );
    assert_eq!(admin.rows(&soql).await[0]["PermissionsEdit"], json!(true));
    let nothing = shadow("Minimum Access - Salesforce")["Id"].as_str().expect("an id").to_owned();
    let soql = format!("SELECT COUNT() FROM ObjectPermissions WHERE ParentId = '{nothing}'");
    assert_eq!(admin.query(&soql).await["totalSize"], json!(0), "no row is no access");
    let real = admin
        .rows("SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.IsOwnedByProfile = false")
        .await;
    assert_eq!(real, Vec::<Value>::new());
}

#[tokio::test]
async fn the_running_users_permissions_are_one_row() {
    let world = World::new().await;
    let soql = "SELECT PermissionsApiEnabled, PermissionsModifyAllData, PermissionsQueryAllFiles FROM UserPermissionAccess";
    let of = async |rows: Vec<Value>| {
        assert_eq!(rows.len(), 1);
        let flag = |name: &str| rows[0][name].as_bool().expect("a boolean");
        (flag("PermissionsApiEnabled"), flag("PermissionsModifyAllData"), flag("PermissionsQueryAllFiles"))
    };
    assert_eq!(of(world.admin().rows(soql).await).await, (true, true, false));
    assert_eq!(of(world.user().rows(soql).await).await, (true, false, false));
    let (code, _) =
        world.admin().query_error("SELECT PermissionsNoSuchThing FROM UserPermissionAccess").await;
    assert_eq!(code, "INVALID_FIELD");
}

#[tokio::test]
async fn the_set_up_is_closed_to_those_who_may_not_view_it() {
    let world = World::new().await;
    for table in ["EntityDefinition", "ObjectPermissions", "ApexClass"] {
        let (code, _) = world.user().query_error(&format!("SELECT Id FROM {table} LIMIT 1")).await;
        assert_eq!(code, "INVALID_TYPE", "{table}");
    }
}

#[tokio::test]
async fn the_tooling_api_has_tables_of_its_own() {
    let world = World::new().await;
    let admin = world.admin();
    let tooling = async |soql: &str| {
        admin.call(Method::GET, &format!("/tooling/query?q={}", encoded(soql)), None).await
    };
    for soql in [
        "SELECT Id, Name, NamespacePrefix, TableEnumOrId, EntityDefinitionId, Status, ApiVersion, IsValid, BodyCrc, LengthWithoutComments, UsageBeforeInsert, UsageAfterInsert, UsageBeforeUpdate, UsageAfterUpdate, UsageBeforeDelete, UsageAfterDelete, UsageAfterUndelete, UsageIsBulk, ManageableState, LastModifiedDate, LastModifiedById, Body FROM ApexTrigger",
        "SELECT Id, Status, Type, CheckOnly, StartDate, CreatedDate FROM DeployRequest WHERE Status IN ('Pending','InProgress')",
        "SELECT Id, SubscriberPackageId, SubscriberPackage.NamespacePrefix, SubscriberPackageVersion.MajorVersion FROM InstalledSubscriberPackage",
    ] {
        let (status, body) = tooling(soql).await;
        assert_eq!((status, &body["totalSize"]), (StatusCode::OK, &json!(0)), "{soql}: {body}");
    }
    let (_, body) = tooling("SELECT Id, DeveloperName, TableEnumOrId FROM CustomField LIMIT 1").await;
    assert!(body["records"][0]["TableEnumOrId"].as_str().is_some_and(|id| id.starts_with("01I")), "{body}");
    let (status, body) = tooling("SELECT Id, Metadata FROM CustomField").await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::BAD_REQUEST, "MALFORMED_QUERY"));
    assert!(
        error(&body).1.contains("must specify no more than one row for retrieval. Result size: "),
        "{body}"
    );
    assert_eq!(
        admin.call(Method::GET, "/tooling/sobjects/SourceMember/describe", None).await.0,
        StatusCode::NOT_FOUND
    );
    let (status, body) =
        admin.call(Method::GET, "/query?q=SELECT+Id+FROM+ScratchOrgInfo+limit+1", None).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::BAD_REQUEST, "INVALID_TYPE"));
}
