//! Object permissions, field-level security and sharing are enforced.

use reqwest::{Method, StatusCode};
use salesforce_simulator::Config;
use salesforce_simulator::org::{
    Field, FieldAccess, FieldType, Id, ObjectAccess, ObjectType, PermissionSet, SharingModel,
};
use serde_json::{Value, json};

use crate::client::{World, error};

/// Adds an object as a deployment does: nobody holds a right on it or its fields.
fn deploy_object(world: &World) {
    let org = world.org();
    let name = Field { length: 80, nillable: false, ..Field::new("Name", FieldType::String) };
    let secret = Field { id: Some(org.ids.next("00N")), ..Field::new("Secret__c", FieldType::String) };
    let required = Field {
        id: Some(org.ids.next("00N")),
        nillable: false,
        permissionable: false,
        ..Field::new("Code__c", FieldType::String)
    };
    let object =
        ObjectType::custom("Vault__c", "Vault", org.ids.next("01I"), "aZZ", name, vec![secret, required]);
    let object = ObjectType { sharing: SharingModel::Private, ..object };
    let put: Result<(), ()> = org.change_metadata(|metadata| {
        metadata.put_object(object);
        Ok(())
    });
    put.expect("is put");
}

fn grant(world: &World, user: Id, access: ObjectAccess, field: FieldAccess) {
    let org = world.org();
    let mut set = PermissionSet::new(org.ids.next("0PS"), "Vault_Access", "Vault Access");
    set.objects.insert("Vault__c".to_owned(), access);
    set.fields.insert(("Vault__c".to_owned(), "Secret__c".to_owned()), field);
    let id = set.id;
    let put: Result<(), ()> = org.change_metadata(|metadata| {
        metadata.permission_sets.insert(id, std::sync::Arc::new(set));
        Ok(())
    });
    put.expect("is put");
    org.assign(user, id);
}

fn fields(describe: &Value) -> Vec<&str> {
    describe["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|field| field["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn a_fresh_field_is_hidden_from_the_administrator_too() {
    let world = World::new().await;
    deploy_object(&world);
    let api = world.admin();
    let describe = api.get("/sobjects/Vault__c/describe").await;
    assert!(!fields(&describe).contains(&"Secret__c"));
    assert!(fields(&describe).contains(&"Code__c"), "required fields have no field-level security");
    let (code, message) = api.query_error("SELECT Secret__c FROM Vault__c").await;
    assert_eq!(code, "INVALID_FIELD");
    assert!(message.contains("No such column 'Secret__c' on entity 'Vault__c'."), "{message}");
    let (_, answer) = api
        .call(
            Method::POST,
            "/sobjects/Vault__c",
            Some(json!({"Name": "x", "Code__c": "1", "Secret__c": "s"})),
        )
        .await;
    assert_eq!(error(&answer).0, "INVALID_FIELD");
    let definition =
        "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Vault__c'";
    assert!(
        api.rows(definition).await.iter().any(|row| row["QualifiedApiName"] == "Secret__c"),
        "the catalogue is not cut"
    );
    grant(&world, world.org().admin, ObjectAccess::FULL, FieldAccess::FULL);
    assert!(fields(&api.get("/sobjects/Vault__c/describe").await).contains(&"Secret__c"));
    api.create("Vault__c", json!({"Name": "x", "Code__c": "1", "Secret__c": "s"})).await;
    assert_eq!(api.rows("SELECT Secret__c FROM Vault__c").await[0]["Secret__c"], "s");
}

#[tokio::test]
async fn an_object_without_read_is_not_there() {
    let world = World::new().await;
    deploy_object(&world);
    let user = world.user();
    let all = user.get("/sobjects").await;
    assert!(
        all["sobjects"].as_array().is_some_and(|all| all.iter().all(|object| object["name"] != "Vault__c"))
    );
    assert_eq!(user.call(Method::GET, "/sobjects/Vault__c/describe", None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(user.query_error("SELECT Id FROM Vault__c").await.0, "INVALID_TYPE");
    assert_eq!(
        user.call(Method::POST, "/sobjects/Vault__c", Some(json!({"Name": "x"}))).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn each_right_on_an_object_is_its_own() {
    let world = World::new().await;
    deploy_object(&world);
    grant(&world, world.org().user, ObjectAccess::READ, FieldAccess { read: true, edit: false });
    let user = world.user();
    let body = json!({"Name": "x", "Code__c": "1"});
    let (status, answer) = user.call(Method::POST, "/sobjects/Vault__c", Some(body)).await;
    assert_eq!(
        (status, error(&answer).0.as_str()),
        (StatusCode::BAD_REQUEST, "INSUFFICIENT_ACCESS_OR_READONLY")
    );
    let describe = user.get("/sobjects/Vault__c/describe").await;
    assert_eq!((&describe["createable"], &describe["deletable"]), (&json!(false), &json!(false)));
    let secret = describe["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .find(|field| field["name"] == "Secret__c")
        .cloned();
    assert_eq!(secret.expect("readable")["updateable"], json!(false));
}

#[tokio::test]
async fn private_records_are_their_owners_and_the_administrators() {
    let world = World::new().await;
    deploy_object(&world);
    grant(&world, world.org().user, ObjectAccess::CRUD, FieldAccess::default());
    let (admin, user) = (world.admin(), world.user());
    let theirs = admin.create("Vault__c", json!({"Name": "admin's", "Code__c": "1"})).await;
    let own = user.create("Vault__c", json!({"Name": "user's", "Code__c": "2"})).await;
    assert_eq!(user.rows("SELECT Name FROM Vault__c").await.len(), 1);
    assert_eq!(admin.rows("SELECT Name FROM Vault__c").await.len(), 2);
    assert_eq!(
        user.call(Method::GET, &format!("/sobjects/Vault__c/{theirs}"), None).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        user.call(Method::DELETE, &format!("/sobjects/Vault__c/{theirs}"), None).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        admin.call(Method::DELETE, &format!("/sobjects/Vault__c/{own}"), None).await.0,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_user_without_the_api_is_turned_away() {
    let world = World::new().await;
    let org = world.org();
    let chatter = {
        let state = org.read();
        let profile =
            state.profiles.values().find(|profile| profile.name == "Chatter Free User").expect("is there").id;
        state.users.values().find(|user| user.profile == profile).expect("somebody").id
    };
    let token = org.open_session(chatter, None, "full");
    let (status, body) = world.api(&token).call(Method::GET, "/limits", None).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::FORBIDDEN, "API_CURRENTLY_DISABLED"));
}

#[tokio::test]
async fn twenty_thousand_objects_start_and_answer() {
    let started = std::time::Instant::now();
    let world = World::with(Config { objects: 20_000, ..Config::default() }).await;
    // Generous: this is a debug build on a shared machine.
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    let last = world
        .admin()
        .rows("SELECT QualifiedApiName FROM EntityDefinition ORDER BY QualifiedApiName DESC LIMIT 1")
        .await;
    assert_eq!(last.len(), 1);
    assert_eq!(world.admin().query("SELECT COUNT() FROM EntityDefinition").await["totalSize"], json!(20_000));
}
