//! SOQL over records.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Api, World, encoded};

async fn people(api: &Api<'_>) -> (String, String) {
    let acme =
        api.create("Account", json!({"Name": "Acme", "NumberOfEmployees": 10, "Industry": "Energy"})).await;
    let bolt = api.create("Account", json!({"Name": "bolt & co", "NumberOfEmployees": 200})).await;
    api.create("Account", json!({"Name": "Acme East", "NumberOfEmployees": 3, "ParentId": acme})).await;
    api.create(
        "Contact",
        json!({"FirstName": "Ann", "LastName": "Ash", "AccountId": acme, "Email": "ann@acme.example"}),
    )
    .await;
    api.create("Contact", json!({"LastName": "Birch", "AccountId": bolt})).await;
    (acme, bolt)
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["Name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn conditions_orders_and_limits() {
    let world = World::new().await;
    let api = world.admin();
    let (acme, _) = people(&api).await;
    let short = &acme[..15];
    let cases: Vec<(String, Vec<&str>)> = vec![
        ("WHERE Name = 'ACME'".into(), vec!["Acme"]),
        ("WHERE Name LIKE 'acme%' ORDER BY Name".into(), vec!["Acme", "Acme East"]),
        ("WHERE NumberOfEmployees >= 10 ORDER BY NumberOfEmployees DESC".into(), vec!["bolt & co", "Acme"]),
        (
            "WHERE (Industry = 'Energy' OR NumberOfEmployees < 5) AND Name != 'x' ORDER BY Name".into(),
            vec!["Acme", "Acme East"],
        ),
        ("WHERE NOT (Name LIKE 'Acme%')".into(), vec!["bolt & co"]),
        ("WHERE Industry = null ORDER BY Name".into(), vec!["Acme East", "bolt & co"]),
        ("WHERE ParentId != null".into(), vec!["Acme East"]),
        (format!("WHERE Id = '{short}'"), vec!["Acme"]),
        (format!("WHERE Parent.Name = 'Acme' AND ParentId IN ('{short}')"), vec!["Acme East"]),
        ("WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Ash')".into(), vec!["Acme"]),
        ("WHERE Id NOT IN (SELECT AccountId FROM Contact) ORDER BY Name".into(), vec!["Acme East"]),
        (
            "WHERE CreatedDate = TODAY AND CreatedDate > 2026-11-24T11:59:59Z ORDER BY Name LIMIT 1".into(),
            vec!["Acme"],
        ),
        ("WHERE CreatedDate = YESTERDAY".into(), vec![]),
        ("ORDER BY Industry NULLS LAST, Name LIMIT 2 OFFSET 1".into(), vec!["Acme East", "bolt & co"]),
        ("WHERE IsDeleted = false AND NumberOfEmployees NOT IN (3, 10)".into(), vec!["bolt & co"]),
    ];
    for (rest, expected) in cases {
        let rows = api.rows(&format!("SELECT Name FROM Account {rest}")).await;
        assert_eq!(names(&rows), expected, "{rest}");
    }
}

#[tokio::test]
async fn parents_children_and_counts() {
    let world = World::new().await;
    let api = world.admin();
    people(&api).await;
    let rows = api.rows("SELECT Name, c.Account.Owner.Profile.Name FROM Contact c ORDER BY LastName").await;
    assert_eq!(names(&rows), ["Ann Ash", "Birch"]);
    assert_eq!(rows[0]["Account"]["attributes"]["type"], "Account");
    assert_eq!(rows[0]["Account"]["Owner"]["Profile"]["Name"], "System Administrator");
    let rows = api
        .rows("SELECT Name, Parent.Name, (SELECT LastName FROM Contacts) FROM Account ORDER BY Name")
        .await;
    assert_eq!(rows[0]["Parent"], Value::Null);
    assert_eq!(rows[0]["Contacts"]["records"][0]["LastName"], "Ash");
    assert_eq!(rows[1]["Contacts"], Value::Null);
    assert_eq!(api.query("SELECT COUNT() FROM Account WHERE Name LIKE 'Acme%'").await["totalSize"], json!(2));
    let groups = api.rows("SELECT Industry, COUNT(Id), MAX(NumberOfEmployees) most, SUM(NumberOfEmployees) FROM Account GROUP BY Industry HAVING COUNT(Id) > 1 ORDER BY Industry").await;
    assert_eq!(groups.len(), 1);
    assert_eq!(
        (&groups[0]["expr0"], &groups[0]["most"], &groups[0]["expr1"]),
        (&json!(2), &json!(200), &json!(203.0))
    );
}

#[tokio::test]
async fn mistakes_are_told_as_salesforce_tells_them() {
    let world = World::new().await;
    let api = world.admin();
    for (soql, code, words) in [
        ("SELECT Id FROM", "MALFORMED_QUERY", "ERROR at Row:1:Column:15\nunexpected token: '<EOF>'"),
        (
            "SELECT Id,\nNope FROM Account",
            "INVALID_FIELD",
            "ERROR at Row:2:Column:1\nNo such column 'Nope' on entity 'Account'.",
        ),
        ("SELECT Id FROM Nope__c", "INVALID_TYPE", "sObject type 'Nope__c' is not supported."),
        (
            "SELECT Nope.Name FROM Account",
            "INVALID_FIELD",
            "Didn't understand relationship 'Nope' in field path.",
        ),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE NumberOfEmployees = 'x'",
            "INVALID_FIELD",
            "must be of type int and should not be enclosed in quotes",
        ),
        ("SELECT Id FROM Account WHERE CreatedDate > 'x'", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id, Id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        (
            "SELECT Name, COUNT(Id) FROM Account",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Name",
        ),
        ("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY", "must have a LIMIT of at most 200"),
        (
            "SELECT Id FROM Account OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
    ] {
        let (got, message) = api.query_error(soql).await;
        assert_eq!(got, code, "{soql}: {message}");
        assert!(message.contains(words), "{soql}: {message}");
    }
}

#[tokio::test]
async fn long_results_come_in_pages() {
    let world = World::new().await;
    let api = world.admin();
    let records: Vec<Value> =
        (0..190).map(|n| json!({"attributes": {"type": "Account"}, "Name": format!("A{n:03}")})).collect();
    for _ in 0..2 {
        let body = json!({"allOrNone": false, "records": records});
        let (_, rows) = api.call(Method::POST, "/composite/sobjects", Some(body)).await;
        assert!(rows.as_array().is_some_and(|rows| rows.len() == 190 && rows.iter().all(|row| row["success"] == json!(true))));
    }
    let url = world
        .url(&format!("/services/data/v67.0/query?q={}", encoded("SELECT Name FROM Account ORDER BY Name")));
    let request = world.http.get(url).bearer_auth(&api.token).header("Sforce-Query-Options", "batchSize=200");
    let first: Value = request.send().await.expect("answers").json().await.expect("json");
    assert_eq!((&first["totalSize"], &first["done"]), (&json!(380), &json!(false)));
    assert_eq!(first["records"].as_array().map(Vec::len), Some(200));
    let next = first["nextRecordsUrl"]
        .as_str()
        .and_then(|url| url.strip_prefix("/services/data/v67.0"))
        .expect("a url");
    assert!(next.starts_with("/query/01g") && next.ends_with("-200"), "{next}");
    let second = api.get(next).await;
    assert_eq!(second["done"], json!(true));
    assert_eq!(second["records"].as_array().map(Vec::len), Some(180));
    let (_, body) = world.user().call(Method::GET, next, None).await;
    assert_eq!(body[0]["errorCode"], "INVALID_QUERY_LOCATOR", "a cursor is its user's own");
    world.clock.advance(std::time::Duration::from_secs(2 * 24 * 3600));
    let token = world.org().open_session(world.org().admin, None, "full");
    let (_, body) = world.api(&token).call(Method::GET, next, None).await;
    assert_eq!(body[0]["errorCode"], "INVALID_QUERY_LOCATOR");
}

#[tokio::test]
async fn the_columns_of_a_query_can_be_asked_for_alone() {
    let world = World::new().await;
    let soql = encoded("SELECT Id, Owner.Name, NumberOfEmployees FROM Account");
    let answer = world.admin().get(&format!("/query?q={soql}&columns=true")).await;
    assert_eq!(
        (&answer["entityName"], &answer["idSelected"], &answer["keyPrefix"]),
        (&json!("Account"), &json!(true), &json!("001"))
    );
    let columns = answer["columnMetadata"].as_array().expect("columns");
    assert_eq!(columns[1]["joinColumns"][0]["columnName"], "Name");
    assert_eq!(columns[2]["numberType"], json!(true));
}
