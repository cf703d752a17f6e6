//! What projects of other people bring, rule by rule.

use serde_json::{Value, json};

use super::support::{NS, World, Zip};

/// Deploys classes and what they need, and runs the tests of `Suite`.
async fn passes(zip: Zip, tests: &str) {
    let world = World::new();
    // From 67.0 on, what a class does is checked against the rights of its user.
    let meta =
        format!("<ApexClass xmlns=\"{NS}\"><apiVersion>66.0</apiVersion><status>Active</status></ApexClass>");
    let zip = zip
        .member("ApexClass", "Suite")
        .file("classes/Suite.cls", format!("@IsTest\nprivate class Suite {{\n{tests}\n}}"))
        .file("classes/Suite.cls-meta.xml", meta);
    let level = json!({"testLevel": "RunSpecifiedTests", "runTests": ["Suite"]});
    let result = world.deploy_with(level, &zip).await;
    assert_eq!(result["status"], "Succeeded", "{:#}", result["details"]);
    assert_ne!(result["numberTestsCompleted"], 0);
}

fn object(label: &str, sharing: &str, fields: &str) -> String {
    format!(
        "<deploymentStatus>Deployed</deploymentStatus><enableActivities>true</enableActivities>{fields}<label>{label}</label>
         <nameField><label>Name</label><type>Text</type></nameField><pluralLabel>{label}s</pluralLabel>
         <sharingModel>{sharing}</sharingModel>"
    )
}

#[tokio::test]
async fn formulas_and_roll_ups_have_values() {
    let shelf = "<fields><fullName>Days__c</fullName><label>Days</label><summarizedField>Stay__c.Days__c</summarizedField>
         <summaryForeignKey>Stay__c.Room__c</summaryForeignKey><summaryOperation>sum</summaryOperation><type>Summary</type></fields>
         <fields><fullName>Busy__c</fullName><formula>Days__c &gt; 5</formula><label>Busy</label><type>Checkbox</type></fields>";
    let stay = "<fields><fullName>Days__c</fullName><defaultValue>3</defaultValue><label>Days</label><precision>4</precision><scale>0</scale><type>Number</type></fields>
         <fields><fullName>Room__c</fullName><label>Room</label><referenceTo>Room__c</referenceTo>
         <relationshipLabel>Stays</relationshipLabel><relationshipName>Stays</relationshipName><type>MasterDetail</type></fields>
         <fields><fullName>Told__c</fullName><formula>Room__r.Name &amp; &quot; &quot; &amp; TEXT(Days__c)</formula><label>Told</label><type>Text</type></fields>";
    let zip = Zip::default()
        .object("Room__c", &object("Room", "ReadWrite", shelf))
        .object("Stay__c", &object("Stay", "ControlledByParent", stay));
    let tests = "@IsTest static void computed() {
        Room__c room = new Room__c(Name = 'Blue');
        insert room;
        insert new List<Stay__c>{ new Stay__c(Name = 'a', Room__c = room.Id), new Stay__c(Name = 'b', Room__c = room.Id, Days__c = 4) };
        Assert.areEqual('Blue 3', [SELECT Told__c FROM Stay__c WHERE Days__c = 3].Told__c);
        room = [SELECT Days__c, Busy__c FROM Room__c WHERE Busy__c = true];
        Assert.areEqual(7, room.Days__c);
        delete [SELECT Id FROM Stay__c WHERE Name = 'b'];
        Assert.areEqual(0, [SELECT COUNT() FROM Room__c WHERE Busy__c = true]);
        insert new Task(Subject = 'clean', WhatId = room.Id);
    }";
    passes(zip, tests).await;
}

#[tokio::test]
async fn changes_reach_triggers_on_change_events() {
    let zip = Zip::default().trigger(
        "Moves",
        "trigger Moves on AccountChangeEvent (after insert) {
            List<Task> tasks = new List<Task>();
            for (AccountChangeEvent event : Trigger.new) {
                EventBus.ChangeEventHeader header = event.ChangeEventHeader;
                for (String id : header.getRecordIds()) {
                    tasks.add(new Task(WhatId = id, Subject = header.changeType + ' ' + event.Phone, Description = String.join(header.changedFields, ',')));
                }
            }
            insert tasks;
        }",
    );
    let tests = "@IsTest static void told() {
        Account one = new Account(Name = 'one');
        insert one;
        Test.enableChangeDataCapture();
        one.Phone = '1';
        update one;
        Test.getEventBus().deliver();
        Task told = [SELECT Subject, Description FROM Task WHERE WhatId = :one.Id];
        Assert.areEqual('UPDATE 1', told.Subject);
        Assert.isTrue(told.Description.contains('Phone'));
        AccountChangeEvent made = new AccountChangeEvent(ChangeEventHeader = new EventBus.ChangeEventHeader());
        Assert.isNotNull(made.ChangeEventHeader);
    }";
    passes(zip, tests).await;
}

#[tokio::test]
async fn people_may_be_given_rights_by_records() {
    let zip = Zip::default().object("Room__c", &object("Room", "Private", ""));
    let tests = "private static User clerk() {
        User clerk = new User(ProfileId = [SELECT Id FROM Profile WHERE Name = 'Standard User'].Id, LastName = 'Clerk', Alias = 'clerk',
            Email = 'c@example.com', Username = 'clerk@rooms.example.com', TimeZoneSidKey = 'GMT', LocaleSidKey = 'en_US', LanguageLocaleKey = 'en_US', EmailEncodingKey = 'UTF-8');
        PermissionSet reads = new PermissionSet(Name = 'Reads', Label = 'Reads');
        System.runAs(new User(Id = UserInfo.getUserId())) {
            insert clerk;
            insert reads;
            insert new ObjectPermissions(ParentId = reads.Id, SObjectType = 'Room__c', PermissionsRead = true);
            insert new PermissionSetAssignment(AssigneeId = clerk.Id, PermissionSetId = reads.Id);
        }
        return clerk;
    }
    @IsTest static void shared() {
        User clerk = clerk();
        List<Room__c> rooms = new List<Room__c>{ new Room__c(Name = 'open'), new Room__c(Name = 'closed') };
        insert rooms;
        insert new Room__Share(ParentId = rooms[0].Id, UserOrGroupId = clerk.Id, AccessLevel = 'Read', RowCause = Schema.Room__Share.RowCause.Manual);
        System.runAs(clerk) {
            Assert.areEqual('open', [SELECT Name FROM Room__c WITH USER_MODE].Name);
        }
    }
    @IsTest static void queued() {
        Group night = new Group(Name = 'Night', Type = 'Queue');
        System.runAs(new User(Id = UserInfo.getUserId())) {
            insert night;
            insert new QueueSobject(QueueId = night.Id, SobjectType = 'Room__c');
        }
        insert new Room__c(Name = 'a', OwnerId = night.Id);
        Assert.areEqual('Night', [SELECT Owner.Name FROM Room__c].Owner.Name);
    }";
    passes(zip, tests).await;
}

#[tokio::test]
async fn old_spellings_of_apex_are_taken() {
    let base = "public virtual class Base {
        public static final String kind = 'static';
        public Integer count = 1;
        @TestVisible private virtual String day() { return 'day'; }
        public String today() { return day(); }
        public static List<SObject> none() { return new List<SObject>(); }
    }";
    let tests = "private class Fixed extends Base { private override String day() { return 'fixed'; } }
    private interface Loads { List<SObject> load(); }
    private class Accounts implements Loads { public List<Account> load() { return [SELECT Id FROM Account]; } }
    @IsTest static void spelt() {
        Assert.areEqual('fixed', new Fixed().today());
        Assert.areEqual(0, new Accounts().load().size());
        Base one = new Base();
        Base other = one.clone();
        other.count = 2;
        Assert.areEqual(1, one.count);
        Assert.areEqual('Name', Account.Name.getDescribe().name);
        Assert.areEqual('ab', 'a' + + 'b');
        Assert.isFalse(((Object) one) instanceof Account);
        insert new Account(Name = 'x');
        Account found = (Account) Database.query('SELECT Name FROM Account');
        List<SObject> sums = [SELECT COUNT(Id) n FROM Account];
        Assert.areEqual(Schema.AggregateResult.SObjectType, sums[0].getSObjectType());
        Database.SaveResult result = (Database.SaveResult) JSON.deserialize('{\"success\": true, \"id\": \"' + found.Id + '\"}', Database.SaveResult.class);
        Assert.isTrue(result.isSuccess());
        Assert.areEqual(found.Id, result.id);
        Cache.Org.put('key', 5);
        Assert.areEqual(5, (Integer) Cache.Org.get('key'));
        Assert.isFalse(Cache.Session.contains('key'));
        Assert.isTrue(OrgLimits.getMap().containsKey('DailyApiRequests'));
    }
    private class Setup implements InstallHandler {
        public void onInstall(InstallContext context) { insert new Account(Name = String.valueOf(context.isUpgrade())); }
    }
    @IsTest static void installed() {
        Test.testInstall(new Setup(), new Version(1, 2));
        Assert.areEqual(1, [SELECT COUNT() FROM Account WHERE Name = 'true']);
    }";
    passes(Zip::default().class("Base", base), tests).await;
}

#[tokio::test]
async fn folders_may_end_with_a_slash_and_layouts_go_before_their_object() {
    let world = World::new();
    let wrapped = |kind: &str, inner: &str| format!("<{kind} xmlns=\"{NS}\">{inner}</{kind}>");
    let layout = "<showEmailCheckbox>false</showEmailCheckbox><showHighlightsPanel>false</showHighlightsPanel>
         <showInteractionLogPanel>false</showInteractionLogPanel><showRunAssignmentRulesCheckbox>false</showRunAssignmentRulesCheckbox>
         <showSubmitAndAttachButton>false</showSubmitAndAttachButton>";
    let zip = Zip::default()
        .object("Room__c", &object("Room", "ReadWrite", ""))
        .member("Layout", "Room__c-Room Layout")
        .file("layouts/Room__c-Room Layout.layout", wrapped("Layout", layout))
        .member("Report", "Rooms/")
        .file("reports/Rooms-meta.xml", wrapped("ReportFolder", "<name>Rooms</name>"));
    world.succeeds(&zip).await;
    let gone = Zip::default().deletes(&[
        ("CustomObject", "Room__c"),
        ("Layout", "Room__c-Room Layout"),
        ("Report", "Rooms/"),
    ]);
    let result = world.succeeds(&gone).await;
    let failures: &Value = &result["details"]["componentFailures"];
    assert!(failures.as_array().is_none_or(Vec::is_empty), "{failures:#}");
}
