//! Metadata that has effect: profiles, permission set groups, record types, queues, and the rows they stand for.

use std::io::Write;
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{World, encoded, error};

const NS: &str = "http://soap.sforce.com/2006/04/metadata";

/// A package in the making.
#[derive(Default)]
struct Package {
    types: String,
    files: Vec<(String, String)>,
}

impl Package {
    /// A component: type, full name, path, and what is in its root element.
    fn with(mut self, kind: &str, name: &str, path: &str, inner: &str) -> Self {
        self.types += &format!("<types><members>{name}</members><name>{kind}</name></types>");
        let text =
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{kind} xmlns=\"{NS}\">{inner}</{kind}>");
        self.files.push((path.to_owned(), text));
        self
    }

    fn raw(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    async fn deployed(self, world: &World) -> Value {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let manifest = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Package xmlns=\"{NS}\">{}<version>67.0</version></Package>",
            self.types
        );
        let manifest = ("package.xml".to_owned(), manifest);
        for (path, text) in std::iter::once(&manifest).chain(&self.files) {
            zip.start_file(path.as_str(), zip::write::SimpleFileOptions::default()).expect("starts");
            zip.write_all(text.as_bytes()).expect("writes");
        }
        let bytes = zip.finish().expect("ends").into_inner();
        let options = json!({"deployOptions": {"rollbackOnError": true, "singlePackage": true}}).to_string();
        let options = Part::text(options).mime_str("application/json").expect("a type");
        let zip = Part::bytes(bytes).file_name("a.zip").mime_str("application/zip").expect("a type");
        let url = world.url("/services/data/v67.0/metadata/deployRequest");
        let form = Form::new().part("json", options).part("file", zip);
        let request = world.http.post(url).bearer_auth(&world.ready().access_token).multipart(form);
        let started: Value = request.send().await.expect("answers").json().await.expect("JSON");
        let id = started["id"].as_str().expect("an id");
        let path = format!("/metadata/deployRequest/{id}?includeDetails=true");
        loop {
            let result = world.admin().get(&path).await["deployResult"].clone();
            if result["done"] == true {
                return result;
            }
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    }

    async fn succeeds(self, world: &World) {
        let result = self.deployed(world).await;
        assert_eq!(result["status"], "Succeeded", "{result}");
    }

    /// What the first component that fails is told.
    async fn fails(self, world: &World) -> String {
        let result = self.deployed(world).await;
        assert_eq!(result["status"], "Failed", "{result}");
        result["details"]["componentFailures"][0]["problem"].as_str().expect("a problem").to_owned()
    }
}

/// An object with a field that nobody may see yet.
fn item() -> Package {
    let inner = "<deploymentStatus>Deployed</deploymentStatus><label>Item</label><pluralLabel>Items</pluralLabel>\
        <nameField><label>Name</label><type>Text</type></nameField><sharingModel>Private</sharingModel>\
        <fields><fullName>Secret__c</fullName><label>Secret</label><type>Text</type><length>20</length></fields>";
    Package::default().with("CustomObject", "Item__c", "objects/Item__c.object", inner)
}

fn on_object(rights: &str) -> String {
    let right = |name: &str, letter: char| format!("<{name}>{}</{name}>", rights.contains(letter));
    format!(
        "<objectPermissions>{}{}{}{}<modifyAllRecords>false</modifyAllRecords><object>Item__c</object>\
         <viewAllRecords>false</viewAllRecords></objectPermissions>",
        right("allowCreate", 'c'),
        right("allowDelete", 'd'),
        right("allowEdit", 'e'),
        right("allowRead", 'r'),
    )
}

const FIELD: &str = "<fieldPermissions><editable>true</editable><field>Item__c.Secret__c</field><readable>true</readable></fieldPermissions>";

#[tokio::test]
async fn a_profile_grants_what_it_says_to_everybody_who_has_it() {
    let world = World::new().await;
    item().succeeds(&world).await;
    let (status, _) = world.user().call(Method::GET, "/sobjects/Item__c/describe", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let profile =
        |inner: &str| Package::default().with("Profile", "Standard", "profiles/Standard.profile", inner);
    profile(&(on_object("rc") + FIELD)).succeeds(&world).await;
    let user = world.user();
    let described = user.get("/sobjects/Item__c/describe").await;
    let shown = |field: &Value| field["name"] == "Secret__c";
    assert!(described["fields"].as_array().expect("fields").iter().any(shown));
    assert_eq!((&described["createable"], &described["updateable"]), (&json!(true), &json!(false)));
    let made = user.create("Item__c", json!({"Name": "x", "Secret__c": "s"})).await;
    let (status, refusal) =
        user.call(Method::PATCH, &format!("/sobjects/Item__c/{made}"), Some(json!({"Name": "y"}))).await;
    assert_eq!(
        (status, error(&refusal).0.as_str()),
        (StatusCode::BAD_REQUEST, "INSUFFICIENT_ACCESS_OR_READONLY")
    );
    // What a later deployment does not name stays.
    profile("<userPermissions><enabled>true</enabled><name>ViewSetup</name></userPermissions>")
        .succeeds(&world)
        .await;
    assert_eq!(world.user().get(&format!("/sobjects/Item__c/{made}")).await["Secret__c"], "s");
    let sets = "SELECT PermissionsViewSetup FROM PermissionSet WHERE Profile.Name = 'Standard User'";
    assert_eq!(world.admin().rows(sets).await[0]["PermissionsViewSetup"], true);
    assert_eq!(
        profile(&FIELD.replace("Secret__c", "Nope__c")).fails(&world).await,
        "In field: field - no CustomField named Item__c.Nope__c found"
    );
}

#[tokio::test]
async fn a_new_profile_can_be_given_to_a_user() {
    let world = World::new().await;
    item().succeeds(&world).await;
    let inner = format!(
        "<custom>true</custom>{}<userLicense>Salesforce</userLicense>\
        <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>",
        on_object("r")
    );
    Package::default()
        .with("Profile", "Reviewer", "profiles/Reviewer.profile", &inner)
        .succeeds(&world)
        .await;
    let admin = world.admin();
    let profile = admin.rows("SELECT Id, UserType FROM Profile WHERE Name = 'Reviewer'").await[0].clone();
    let username = &world.ready().user.username;
    let user =
        admin.rows(&format!("SELECT Id FROM User WHERE Username = '{username}'")).await[0]["Id"].clone();
    let path = format!("/sobjects/User/{}", user.as_str().expect("an id"));
    let (status, told) = admin.call(Method::PATCH, &path, Some(json!({"ProfileId": profile["Id"]}))).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{told}");
    assert_eq!(admin.get(&path).await["ProfileId"], profile["Id"]);
    let described = world.user().get("/sobjects/Item__c/describe").await;
    assert_eq!((&described["queryable"], &described["createable"]), (&json!(true), &json!(false)));
    let (status, _) = world.user().call(Method::GET, "/sobjects/Account/describe", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_group_of_sets_adds_them_up_less_what_is_muted() {
    let world = World::new().await;
    let set = |rights: &str, more: &str| {
        format!(
            "<hasActivationRequired>false</hasActivationRequired><label>Set</label>{}{more}",
            on_object(rights)
        )
    };
    let group = "<hasActivationRequired>false</hasActivationRequired><label>All</label><mutingPermissionSets>Quiet</mutingPermissionSets>\
        <permissionSets>Reader</permissionSets><permissionSets>Writer</permissionSets>";
    let muted = "<label>Quiet</label><objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>true</allowEdit>\
        <allowRead>false</allowRead><modifyAllRecords>false</modifyAllRecords><object>Item__c</object><viewAllRecords>false</viewAllRecords></objectPermissions>";
    item()
        .with("PermissionSet", "Reader", "permissionsets/Reader.permissionset", &set("r", FIELD))
        .with("PermissionSet", "Writer", "permissionsets/Writer.permissionset", &set("rce", ""))
        .with("MutingPermissionSet", "Quiet", "mutingpermissionsets/Quiet.mutingpermissionset", muted)
        .with("PermissionSetGroup", "All_Of_It", "permissionsetgroups/All_Of_It.permissionsetgroup", group)
        .succeeds(&world)
        .await;
    let admin = world.admin();
    let found =
        admin.rows("SELECT Id, Status FROM PermissionSetGroup WHERE DeveloperName = 'All_Of_It'").await;
    assert_eq!(found[0]["Status"], "Updated");
    let parts = "SELECT PermissionSet.Name FROM PermissionSetGroupComponent WHERE PermissionSetGroup.DeveloperName = 'All_Of_It'";
    assert_eq!(admin.rows(parts).await.len(), 2);
    let body = json!({"AssigneeId": world.org().user, "PermissionSetGroupId": found[0]["Id"]});
    admin.create("PermissionSetAssignment", body).await;
    let rows = admin
        .rows("SELECT PermissionSetGroupId, PermissionSet.Type FROM PermissionSetAssignment WHERE PermissionSetGroupId != null")
        .await;
    assert_eq!(
        (&rows[0]["PermissionSetGroupId"], &rows[0]["PermissionSet"]["Type"]),
        (&found[0]["Id"], &json!("Group"))
    );
    let described = world.user().get("/sobjects/Item__c/describe").await;
    assert_eq!((&described["createable"], &described["updateable"]), (&json!(true), &json!(false)));
    assert!(described["fields"].as_array().expect("fields").iter().any(|field| field["name"] == "Secret__c"));
    // The group follows its sets.
    Package::default()
        .with("PermissionSet", "Writer", "permissionsets/Writer.permissionset", &set("r", ""))
        .succeeds(&world)
        .await;
    assert_eq!(world.user().get("/sobjects/Item__c/describe").await["createable"], false);
}

#[tokio::test]
async fn record_types_are_described_chosen_and_checked() {
    let world = World::new().await;
    let types = "<recordTypes><fullName>Partner</fullName><active>true</active><label>A partner</label></recordTypes>\
        <recordTypes><fullName>Old</fullName><active>false</active><label>Old</label></recordTypes>";
    let visible = "<recordTypeVisibilities><default>true</default><recordType>Account.Partner</recordType><visible>true</visible></recordTypeVisibilities>";
    Package::default()
        .with("CustomObject", "Account", "objects/Account.object", types)
        .succeeds(&world)
        .await;
    let admin = world.admin();
    let rows = admin.rows("SELECT Id, DeveloperName, IsActive FROM RecordType WHERE SobjectType = 'Account' ORDER BY DeveloperName").await;
    assert_eq!((&rows[0]["IsActive"], &rows[1]["DeveloperName"]), (&json!(false), &json!("Partner")));
    let (old, partner) = (rows[0]["Id"].clone(), rows[1]["Id"].clone());
    // Nobody has them yet.
    let infos = |described: &Value| {
        let all = described["recordTypeInfos"].as_array().cloned().expect("infos");
        all.into_iter()
            .map(|one| json!([one["developerName"], one["available"], one["defaultRecordTypeMapping"]]))
            .collect::<Value>()
    };
    let before = infos(&admin.get("/sobjects/Account/describe").await);
    assert_eq!(before, json!([["Old", false, false], ["Partner", false, false], ["Master", true, true]]));
    let body = json!({"Name": "x", "RecordTypeId": partner});
    let (status, refusal) = admin.call(Method::POST, "/sobjects/Account", Some(body.clone())).await;
    assert_eq!(
        (status, error(&refusal).0.as_str()),
        (StatusCode::BAD_REQUEST, "INVALID_CROSS_REFERENCE_KEY"),
        "{refusal}"
    );
    Package::default().with("Profile", "Admin", "profiles/Admin.profile", visible).succeeds(&world).await;
    let after = infos(&admin.get("/sobjects/Account/describe").await);
    assert_eq!(after, json!([["Old", false, false], ["Partner", true, true], ["Master", true, false]]));
    let (status, refusal) =
        admin.call(Method::POST, "/sobjects/Account", Some(json!({"Name": "x", "RecordTypeId": old}))).await;
    assert_eq!(
        (status, error(&refusal).0.as_str()),
        (StatusCode::BAD_REQUEST, "INVALID_CROSS_REFERENCE_KEY"),
        "{refusal}"
    );
    let made = admin.create("Account", json!({"Name": "x"})).await;
    assert_eq!(admin.get(&format!("/sobjects/Account/{made}")).await["RecordTypeId"], partner);
    let named =
        admin.rows("SELECT RecordType.DeveloperName FROM Account WHERE RecordType.Name = 'A partner'").await;
    assert_eq!(named[0]["RecordType"]["DeveloperName"], "Partner");
    // Apex sees what the describe says.
    let code = "Map<String, Schema.RecordTypeInfo> all = Schema.SObjectType.Account.getRecordTypeInfosByDeveloperName(); \
        System.assertEquals('A partner', all.get('Partner').getName()); System.assert(all.get('Partner').isAvailable()); \
        System.assert(!all.get('Old').isActive()); System.assert(all.get('Master').isMaster()); \
        System.assertEquals(3, Schema.SObjectType.Account.getRecordTypeInfos().size()); \
        insert new Account(Name = 'By Apex', RecordTypeId = all.get('Partner').getRecordTypeId());";
    let ran = admin.get(&format!("/tooling/executeAnonymous?anonymousBody={}", encoded(code))).await;
    assert_eq!(ran["success"], true, "{ran}");
    // Another object's record types are not for it.
    let (status, _) = admin
        .call(Method::POST, "/sobjects/Contact", Some(json!({"LastName": "x", "RecordTypeId": partner})))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_queue_owns_records_of_its_objects_for_its_members() {
    let world = World::new().await;
    let queue = format!(
        "<doesSendEmailToMembers>false</doesSendEmailToMembers><name>Review Queue</name>\
         <queueMembers><users><user>{}</user></users></queueMembers><queueSobject><sobjectType>Item__c</sobjectType></queueSobject>",
        world.ready().user.username
    );
    item()
        .with("Queue", "Review", "queues/Review.queue", &queue)
        .with("Profile", "Standard", "profiles/Standard.profile", &on_object("re"))
        .succeeds(&world)
        .await;
    let admin = world.admin();
    let rows = admin.rows("SELECT Id, Name, Type FROM Group WHERE DeveloperName = 'Review'").await;
    assert_eq!((&rows[0]["Name"], &rows[0]["Type"]), (&json!("Review Queue"), &json!("Queue")));
    let queue = rows[0]["Id"].clone();
    let made = admin.create("Item__c", json!({"Name": "mine"})).await;
    let path = format!("/sobjects/Item__c/{made}");
    let (status, _) = world.user().call(Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, told) = admin.call(Method::PATCH, &path, Some(json!({"OwnerId": queue}))).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{told}");
    let (status, _) = world.user().call(Method::PATCH, &path, Some(json!({"Name": "ours"}))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let owner = admin.rows("SELECT Owner.Name, Owner.Type FROM Item__c").await[0]["Owner"].clone();
    assert_eq!((&owner["Name"], &owner["Type"]), (&json!("Review Queue"), &json!("Queue")));
    assert_eq!(admin.rows("SELECT SobjectType FROM QueueSobject").await[0]["SobjectType"], "Item__c");
    assert_eq!(
        admin.rows("SELECT UserOrGroupId FROM GroupMember").await[0]["UserOrGroupId"],
        json!(world.org().user)
    );
    let (_, refusal) = admin
        .call(
            Method::POST,
            "/sobjects/Lead",
            Some(json!({"LastName": "x", "Company": "y", "OwnerId": queue})),
        )
        .await;
    assert_eq!(error(&refusal).1, "Queue not associated with this SObject type");
    let (_, refusal) =
        admin.call(Method::POST, "/sobjects/Account", Some(json!({"Name": "x", "OwnerId": queue}))).await;
    assert_eq!(error(&refusal).0, "FIELD_INTEGRITY_EXCEPTION");
}

#[tokio::test]
async fn components_have_rows_that_queries_read() {
    let world = World::new().await;
    let meta = format!(
        "<?xml version=\"1.0\"?><StaticResource xmlns=\"{NS}\"><cacheControl>Public</cacheControl><contentType>text/plain</contentType></StaticResource>"
    );
    let app = "<formFactors>Large</formFactors><label>Our App</label><navType>Standard</navType><tabs>Item__c</tabs><uiType>Lightning</uiType>";
    let mut package = item();
    package.types += "<types><members>Words</members><name>StaticResource</name></types>";
    package
        .raw("staticresources/Words.resource", "some words")
        .raw("staticresources/Words.resource-meta.xml", &meta)
        .with("CustomTab", "Item__c", "tabs/Item__c.tab", "<customObject>true</customObject><motif>Custom1: Heart</motif>")
        .with("CustomApplication", "Ours", "applications/Ours.app", app)
        .with(
            "CustomLabels",
            "CustomLabels",
            "labels/CustomLabels.labels",
            "<labels><fullName>Hello</fullName><language>en_US</language><protected>false</protected><shortDescription>A greeting</shortDescription><value>Hi</value></labels>",
        )
        .with("Profile", "Admin", "profiles/Admin.profile", &on_object("rced"))
        .succeeds(&world)
        .await;
    let admin = world.admin();
    let resource =
        admin.rows("SELECT Id, Name, ContentType, BodyLength, Body FROM StaticResource").await[0].clone();
    assert_eq!((&resource["Name"], &resource["BodyLength"]), (&json!("Words"), &json!(10)));
    let url = world.url(resource["Body"].as_str().expect("a path"));
    let body = world.http.get(url).bearer_auth(&world.ready().access_token).send().await.expect("answers");
    assert_eq!(body.text().await.expect("text"), "some words");
    let app = admin.rows("SELECT Label, UiType FROM AppDefinition WHERE DeveloperName = 'Ours'").await;
    assert_eq!((&app[0]["Label"], &app[0]["UiType"]), (&json!("Our App"), &json!("Lightning")));
    assert_eq!(admin.rows("SELECT Label FROM AppMenuItem WHERE Name = 'Ours'").await[0]["Label"], "Our App");
    let menu = admin.get("/appMenu/AppSwitcher").await;
    assert!(
        menu["appMenuItems"].as_array().expect("items").iter().any(|item| item["label"] == "Our App"),
        "{menu}"
    );
    let tab = admin.rows("SELECT Label, IsCustom FROM TabDefinition WHERE SobjectName = 'Item__c'").await;
    assert_eq!((&tab[0]["Label"], &tab[0]["IsCustom"]), (&json!("Items"), &json!(true)));
    let label = admin.get("/tooling/query?q=SELECT+Name,+Value,+MasterLabel+FROM+ExternalString").await;
    assert_eq!(
        (&label["records"][0]["Name"], &label["records"][0]["Value"]),
        (&json!("Hello"), &json!("Hi"))
    );
}
