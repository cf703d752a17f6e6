//! Apex of all kinds, as projects bring it: deployed, and its own tests run.

use serde_json::{Value, json};

use super::support::{NS, World, Zip, item};

fn named(class: &str) -> Value {
    json!({"testLevel": "RunSpecifiedTests", "runTests": [class]})
}

/// Deploys classes and what they need, and runs the tests of `Suite`.
async fn passes(zip: Zip) {
    let world = World::new();
    let result = world.deploy_with(named("Suite"), &zip).await;
    assert_eq!(result["status"], "Succeeded", "{:#}", result["details"]);
    assert_ne!(result["numberTestsCompleted"], 0);
}

fn suite(body: &str) -> Zip {
    Zip::default().class("Suite", &format!("@IsTest\nprivate class Suite {{\n{body}\n}}"))
}

const BATCH: &str = "public class Sweep implements Database.Batchable<SObject>, Database.Stateful {
    public Integer seen = 0;
    public Database.QueryLocator start(Database.BatchableContext context) {
        return Database.getQueryLocator('SELECT Id, Name FROM Account');
    }
    public void execute(Database.BatchableContext context, List<Account> rows) {
        seen += rows.size();
        for (Account row : rows) { row.Name = row.Name + '!'; }
        update rows;
    }
    public void finish(Database.BatchableContext context) {
        insert new Account(Name = 'seen ' + seen);
    }
}";

#[tokio::test]
async fn batches_and_schedules_run_in_tests() {
    let nightly = "public class Nightly implements Schedulable {
        public void execute(SchedulableContext context) { insert new Account(Name = 'nightly'); }
    }";
    let tests = "@IsTest static void batch() {
        insert new List<Account>{ new Account(Name = 'a'), new Account(Name = 'b') };
        Test.startTest();
        Id job = Database.executeBatch(new Sweep(), 50);
        Test.stopTest();
        System.assertEquals(2, [SELECT COUNT() FROM Account WHERE Name LIKE '%!']);
        System.assertEquals(1, [SELECT COUNT() FROM Account WHERE Name = 'seen 2']);
        AsyncApexJob row = [SELECT Status, JobItemsProcessed, NumberOfErrors FROM AsyncApexJob WHERE Id = :job];
        System.assertEquals('Completed', row.Status);
        System.assertEquals(1, row.JobItemsProcessed);
    }
    @IsTest static void tooMany() {
        insert new List<Account>{ new Account(Name = 'a'), new Account(Name = 'b') };
        try {
            Test.startTest();
            Database.executeBatch(new Sweep(), 1);
            Test.stopTest();
            Assert.fail('one chunk is all');
        } catch (UnexpectedException expected) {
            Assert.isTrue(expected.getMessage().startsWith('No more than one executeBatch'));
        }
    }
    @IsTest static void scheduled() {
        Test.startTest();
        String id = System.schedule('nightly', '0 0 1 * * ?', new Nightly());
        CronTrigger row = [SELECT State, TimesTriggered, CronJobDetail.Name FROM CronTrigger WHERE Id = :id];
        System.assertEquals('WAITING', row.State);
        System.assertEquals('nightly', row.CronJobDetail.Name);
        Test.stopTest();
        System.assertEquals(1, [SELECT COUNT() FROM Account WHERE Name = 'nightly']);
    }
    @IsTest static void aborted() {
        Test.startTest();
        System.abortJob(System.schedule('nightly', '0 0 1 * * ?', new Nightly()));
        Test.stopTest();
        System.assertEquals(0, [SELECT COUNT() FROM Account]);
        try {
            System.schedule('bad', '0 0 99 * * ?', new Nightly());
            Assert.fail('no such hour');
        } catch (StringException expected) {
            Assert.isTrue(expected.getMessage().contains('cron'), expected.getMessage());
        }
    }";
    passes(suite(tests).class("Sweep", BATCH).class("Nightly", nightly)).await;
}

#[tokio::test]
async fn callouts_meet_mocks_and_mails_stay() {
    let tests = "class Echo implements HttpCalloutMock {
        public HttpResponse respond(HttpRequest request) {
            HttpResponse answer = new HttpResponse();
            answer.setStatusCode(201);
            answer.setHeader('X-Method', request.getMethod());
            answer.setBody(request.getBody() + '?');
            return answer;
        }
    }
    @IsTest static void mocked() {
        Test.setMock(HttpCalloutMock.class, new Echo());
        HttpRequest request = new HttpRequest();
        request.setEndpoint('callout:Somewhere/x');
        request.setMethod('POST');
        request.setBody('ask');
        HttpResponse answer = new Http().send(request);
        System.assertEquals(201, answer.getStatusCode());
        System.assertEquals('ask?', answer.getBody());
        System.assertEquals('POST', answer.getHeader('x-method'));
        System.assertEquals(1, Limits.getCallouts());
    }
    @IsTest static void unmocked() {
        HttpRequest request = new HttpRequest();
        request.setEndpoint('https://example.com');
        request.setMethod('GET');
        try {
            new Http().send(request);
            Assert.fail('nobody answers');
        } catch (CalloutException expected) {
            System.assertEquals('Methods defined as TestMethod do not support Web service callouts', expected.getMessage());
        }
    }
    @IsTest static void mail() {
        Messaging.SingleEmailMessage mail = new Messaging.SingleEmailMessage();
        mail.setToAddresses(new List<String>{ 'a@example.com' });
        mail.setSubject('s');
        mail.setPlainTextBody('b');
        List<Messaging.SendEmailResult> sent = Messaging.sendEmail(new List<Messaging.SingleEmailMessage>{ mail });
        Assert.isTrue(sent[0].isSuccess());
        System.assertEquals(1, Limits.getEmailInvocations());
        try {
            Messaging.sendEmail(new List<Messaging.Email>{ new Messaging.SingleEmailMessage() });
            Assert.fail('to nobody');
        } catch (EmailException expected) {
            Assert.isTrue(expected.getMessage().contains('REQUIRED_FIELD_MISSING'));
        }
    }";
    passes(suite(tests)).await;
}

#[tokio::test]
async fn stubs_answer_through_their_provider() {
    let tests = "public virtual class Clerk {
        public virtual Integer count(String word) { return -1; }
        public String name() { return 'real'; }
    }
    class Provider implements StubProvider {
        public List<String> calls = new List<String>();
        public Object handleMethodCall(Object stubbed, String method, Type returns, List<Type> types, List<String> names, List<Object> arguments) {
            calls.add(method + names + arguments);
            return returns == Integer.class ? (Object) 7 : (Object) 'stub';
        }
    }
    @IsTest static void answers() {
        Provider provider = new Provider();
        Clerk clerk = (Clerk) Test.createStub(Clerk.class, provider);
        System.assertEquals(7, clerk.count('x'));
        System.assertEquals('stub', clerk.name());
        System.assertEquals(new List<String>{ 'count(word)(x)', 'name()()' }, provider.calls);
        Assert.isTrue(String.valueOf(clerk).startsWith('Clerk__sfdc_ApexStub'));
    }";
    passes(suite(tests)).await;
}

#[tokio::test]
async fn labels_pages_and_field_sets_go_by_their_names() {
    let set = "<fieldSets><fullName>Short</fullName><description>d</description><displayedFields><field>Note__c</field>\
               <isFieldManaged>false</isFieldManaged><isRequired>true</isRequired></displayedFields><label>Short</label></fieldSets>";
    let object = item("").replace("<label>Item</label>", &format!("{set}<label>Item</label>"));
    let labels = format!(
        "<CustomLabels xmlns=\"{NS}\"><labels><fullName>Greeting</fullName><language>en_US</language>\
         <protected>false</protected><shortDescription>g</shortDescription><value>Hello</value></labels></CustomLabels>"
    );
    let page =
        format!("<ApexPage xmlns=\"{NS}\"><apiVersion>67.0</apiVersion><label>Front</label></ApexPage>");
    let tests = "@IsTest static void names() {
        System.assertEquals('Hello', Label.Greeting);
        System.assertEquals('Hello', System.Label.Greeting);
        System.assertEquals('Hello', System.Label.get('', 'Greeting'));
        PageReference page = Page.Front;
        page.getParameters().put('id', '1');
        System.assertEquals('/apex/front?id=1', page.getUrl());
        Test.setCurrentPage(page);
        System.assertEquals('1', ApexPages.currentPage().getParameters().get('id'));
        Schema.FieldSet fields = SObjectType.Item__c.FieldSets.Short;
        System.assertEquals('Note__c', fields.getFields()[0].getFieldPath());
        Assert.isTrue(fields.getFields()[0].getRequired());
        System.assertEquals(1, Item__c.SObjectType.getDescribe().fieldSets.getMap().size());
        ApexPages.StandardController controller = new ApexPages.StandardController(new Account(Name = 'c'));
        controller.save();
        System.assertEquals(1, [SELECT COUNT() FROM Account WHERE Name = 'c']);
    }";
    let zip = suite(tests)
        .object("Item__c", &object)
        .member("CustomLabels", "CustomLabels")
        .file("labels/CustomLabels.labels", labels)
        .member("ApexPage", "Front")
        .file("pages/Front.page", "<apex:page/>")
        .file("pages/Front.page-meta.xml", page);
    passes(zip).await;
    for (code, problem) in [
        ("String s = Label.Nowhere;", "External string does not exist: Nowhere"),
        ("PageReference p = Page.Nowhere;", "Page does not exist: Nowhere"),
        ("Object o = SObjectType.Account.FieldSets.Nowhere;", "FieldSet does not exist: Nowhere"),
        ("Messaging.Nowhere m;", "Invalid type: Messaging.Nowhere"),
        (
            "new HttpRequest().setBodyy('x');",
            "Method does not exist or incorrect signature: void setBodyy(String) from the type System.HttpRequest",
        ),
    ] {
        let world = World::new();
        let zip = Zip::default().class("Bad", &format!("public class Bad {{ void f() {{ {code} }} }}"));
        assert_eq!(world.refusal(&zip).await, problem);
    }
}

#[tokio::test]
async fn searches_find_what_a_test_fixes() {
    let tests = "@IsTest static void fixed() {
        Account acme = new Account(Name = 'Acme');
        Account other = new Account(Name = 'Other');
        insert new List<Account>{ acme, other };
        String word = 'acme';
        System.assertEquals(0, [FIND :word RETURNING Account(Name)][0].size());
        Test.setFixedSearchResults(new List<Id>{ acme.Id, other.Id });
        List<List<SObject>> found = [FIND :word IN ALL FIELDS RETURNING Account(Name WHERE Name = 'Acme'), Contact];
        System.assertEquals(2, found.size());
        System.assertEquals(acme.Id, found[0][0].Id);
        System.assertEquals(1, found[0].size());
        System.assertEquals(2, Search.query('FIND {acme} RETURNING Account(Name)')[0].size());
    }";
    passes(suite(tests)).await;
}

#[tokio::test]
async fn custom_metadata_and_settings_are_read_without_queries() {
    let kind = "<fields><fullName>Rate__c</fullName><label>Rate</label><precision>5</precision><scale>0</scale><type>Number</type></fields>\
                <label>Tax</label><pluralLabel>Taxes</pluralLabel><visibility>Public</visibility>";
    let record = |rate: u32| {
        format!(
            "<CustomMetadata xmlns=\"{NS}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><label>L</label><protected>false</protected>\
             <values><field>Rate__c</field><value xsi:type=\"xsd:double\">{rate}.0</value></values></CustomMetadata>"
        )
    };
    let setting = "<customSettingsType>Hierarchy</customSettingsType><enableFeeds>false</enableFeeds>\
                   <fields><fullName>On__c</fullName><defaultValue>false</defaultValue><label>On</label><type>Checkbox</type></fields>\
                   <label>Switch</label><visibility>Public</visibility>";
    let tests = "@IsTest static void metadata() {
        System.assertEquals(2, Tax__mdt.getAll().size());
        System.assertEquals(19, Tax__mdt.getInstance('High').Rate__c);
        System.assertEquals(null, Tax__mdt.getInstance('Nowhere'));
        System.assertEquals('Low', [SELECT DeveloperName FROM Tax__mdt WHERE Rate__c < 10].DeveloperName);
    }
    @IsTest static void settings() {
        System.assertEquals(false, Switch__c.getInstance().On__c);
        insert new Switch__c(SetupOwnerId = UserInfo.getOrganizationId(), On__c = true);
        System.assertEquals(true, Switch__c.getInstance().On__c);
        System.assertEquals(true, Switch__c.getOrgDefaults().On__c);
        System.assertEquals(null, Switch__c.getValues(UserInfo.getUserId()));
    }";
    let zip = suite(tests)
        .object("Tax__mdt", kind)
        .object("Switch__c", setting)
        .member("CustomMetadata", "Tax.High")
        .file("customMetadata/Tax.High.md", record(19))
        .member("CustomMetadata", "Tax.Low")
        .file("customMetadata/Tax.Low.md", record(7));
    passes(zip).await;
}

#[tokio::test]
async fn what_is_known_to_the_compiler_alone_deploys_and_says_so_when_it_runs() {
    let chatter = "public class Chatter {
        public static void post() {
            ConnectApi.FeedItemInput input = new ConnectApi.FeedItemInput();
            input.subjectId = UserInfo.getUserId();
            ConnectApi.ChatterFeeds.postFeedElement(null, input);
        }
        public static void caught() { try { post(); } catch (Exception e) { return; } }
    }";
    let world = World::new();
    let zip = Zip::default().class("Chatter", chatter);
    world.succeeds(&zip).await;
    let tests = suite("@IsTest static void posts() { Chatter.caught(); }");
    let result = world.deploy_with(named("Suite"), &tests).await;
    let failure = &result["details"]["runTestResult"]["failures"][0];
    assert_eq!(
        failure["message"],
        "System.UnsupportedOperationException: Not supported by this org: ConnectApi.ChatterFeeds.postFeedElement"
    );
}

#[tokio::test]
async fn files_of_other_tools_are_taken() {
    let tooling = "<ApexClass xmlns=\"urn:metadata.tooling.soap.sforce.com\" fqn=\"Plain\"><apiVersion>64.0</apiVersion><status>Active</status></ApexClass>";
    let place = "<fields><fullName>Place__c</fullName><displayLocationInDecimal>true</displayLocationInDecimal><label>Place</label><required>false</required><scale>5</scale><type>Location</type></fields>";
    let permission = format!("<CustomPermission xmlns=\"{NS}\"><label>May</label></CustomPermission>");
    let near = "public class Near { public static List<Item__c> all() { return [SELECT Id, Place__Latitude__s FROM Item__c WHERE Place__Longitude__s > 1]; } }";
    let zip = Zip::default()
        .member("ApexClass", "Plain")
        .file("classes/Plain.cls", "public class Plain {}")
        .file("classes/Plain.cls-meta.xml", tooling)
        .object("Item__c", &item(place))
        .class("Near", near)
        .member("CustomPermission", "May")
        .file("customPermissions/May.customPermission", permission);
    World::new().succeeds(&zip).await;
}
