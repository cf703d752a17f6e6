//! The rest of SOQL: what is shown, grouped and refused.

use serde_json::{Value, json};

use crate::client::{Api, World};

async fn sales(api: &Api<'_>) -> (String, String) {
    let acme = api.create("Account", json!({"Name": "Acme", "Industry": "Energy", "NumberOfEmployees": 10, "AnnualRevenue": 1234567.5})).await;
    let bolt = api.create("Account", json!({"Name": "Bolt", "Industry": "Energy", "Rating": "Hot", "NumberOfEmployees": 200, "ParentId": acme})).await;
    api.create(
        "Account",
        json!({"Name": "Cork", "Industry": "Banking", "Rating": "Hot", "NumberOfEmployees": 3}),
    )
    .await;
    (acme, bolt)
}

async fn refused(api: &Api<'_>, cases: &[(&str, &str, &str)]) {
    for (soql, code, words) in cases {
        let (got, message) = api.query_error(soql).await;
        assert_eq!(&got, code, "{soql}: {message}");
        assert!(message.contains(words), "{soql}: {message}");
    }
}

fn column<'a>(rows: &'a [Value], name: &str) -> Vec<&'a Value> {
    rows.iter().map(|row| &row[name]).collect()
}

#[tokio::test]
async fn parents_of_several_kinds() {
    let world = World::new().await;
    let api = world.admin();
    let (acme, _) = sales(&api).await;
    let deal = api
        .create("Opportunity", json!({"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-12-01"}))
        .await;
    for (subject, what) in [("a", json!(acme)), ("b", json!(deal)), ("c", Value::Null)] {
        api.create("Task", json!({"Subject": subject, "WhatId": what})).await;
    }
    let select = "SELECT TYPEOF What WHEN Account THEN Industry, Owner.Name WHEN Case THEN Subject ELSE Name END FROM Task ORDER BY Subject";
    let rows = api.rows(select).await;
    assert_eq!(rows[0]["What"]["attributes"]["type"], "Account");
    assert_eq!(rows[0]["What"]["Industry"], "Energy");
    assert!(rows[0]["What"]["Owner"]["Name"].is_string() && rows[0]["What"].get("Name").is_none());
    assert_eq!(
        (&rows[1]["What"]["Name"], &rows[1]["What"]["attributes"]["type"]),
        (&json!("Deal"), &json!("Name"))
    );
    assert!(
        rows[1]["What"]["attributes"]["url"].as_str().is_some_and(|url| url.contains("/Opportunity/006"))
    );
    assert_eq!(rows[2]["What"], Value::Null);
    let rows = api
        .rows("SELECT Subject, What.Name, What.Type, Owner.Type FROM Task WHERE What.Type IN ('Account', 'Case')")
        .await;
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["What"]["Type"], &rows[0]["What"]["Name"]), (&json!("Account"), &json!("Acme")));
    assert_eq!(rows[0]["Owner"]["Type"], "User");
    refused(
        &api,
        &[
            ("SELECT What.Industry FROM Task", "INVALID_FIELD", "No such column 'Industry' on entity 'Name'"),
            (
                "SELECT TYPEOF What WHEN Nope THEN Id END FROM Task",
                "INVALID_TYPE",
                "sObject type 'Nope' is not supported.",
            ),
            ("SELECT TYPEOF Account WHEN Account THEN Id END FROM Contact", "INVALID_FIELD", "polymorphic"),
        ],
    )
    .await;
}

#[tokio::test]
async fn groups_and_their_totals() {
    let world = World::new().await;
    let api = world.admin();
    sales(&api).await;
    let rows = api.rows("SELECT Industry, Rating, COUNT(Id) n, SUM(NumberOfEmployees) e, GROUPING(Rating) g FROM Account GROUP BY ROLLUP(Industry, Rating)").await;
    let shown: Vec<Value> =
        rows.iter().map(|row| json!([row["Industry"], row["Rating"], row["n"], row["g"]])).collect();
    assert_eq!(
        shown,
        [
            json!(["Energy", null, 1, 0]),
            json!(["Energy", "Hot", 1, 0]),
            json!(["Energy", null, 2, 1]),
            json!(["Banking", "Hot", 1, 0]),
            json!(["Banking", null, 1, 1]),
            json!([null, null, 3, 1]),
        ]
    );
    assert_eq!(
        api.rows("SELECT Industry, COUNT(Id) FROM Account GROUP BY CUBE(Industry, Rating)").await.len(),
        8
    );
    let rows = api.rows("SELECT Industry i, COUNT(Id) FROM Account GROUP BY Industry HAVING COUNT(Id) > 1 OR Industry LIKE 'B%' ORDER BY COUNT(Id) DESC").await;
    assert_eq!(column(&rows, "i"), ["Energy", "Banking"]);
    let rows = api.rows("SELECT HOUR_IN_DAY(CreatedDate) utc, HOUR_IN_DAY(convertTimezone(CreatedDate)) here, MAX(CreatedDate) FROM Account GROUP BY HOUR_IN_DAY(CreatedDate), HOUR_IN_DAY(convertTimezone(CreatedDate))").await;
    assert_eq!((&rows[0]["utc"], &rows[0]["here"]), (&json!(12), &json!(4)));
    let rows = api.rows("SELECT Parent.Name, COUNT_DISTINCT(Rating) FROM Account WHERE ParentId != null GROUP BY Parent.Name").await;
    assert_eq!((&rows[0]["Name"], &rows[0]["expr0"]), (&json!("Acme"), &json!(1)));
    refused(
        &api,
        &[
            (
                "SELECT COUNT(Id) FROM Account LIMIT 1",
                "MALFORMED_QUERY",
                "overall aggregate functions cannot also use LIMIT",
            ),
            (
                "SELECT Id, COUNT(Id) FROM Account GROUP BY Id",
                "MALFORMED_QUERY",
                "Grouped field should not be aggregated: Id",
            ),
            (
                "SELECT AnnualRevenue FROM Account GROUP BY AnnualRevenue",
                "MALFORMED_QUERY",
                "field 'AnnualRevenue' can not be grouped in a query call",
            ),
            (
                "SELECT SUM(Name) FROM Account",
                "MALFORMED_QUERY",
                "field Name does not support aggregate operator SUM",
            ),
            (
                "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry ORDER BY Name",
                "MALFORMED_QUERY",
                "Ordered field must be grouped or aggregated: Name",
            ),
            (
                "SELECT Id, (SELECT COUNT() FROM Contacts) FROM Account",
                "MALFORMED_QUERY",
                "only root queries support aggregate expressions",
            ),
            (
                "SELECT Name n FROM Account",
                "MALFORMED_QUERY",
                "only aggregate expressions use field aliasing",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_as_they_are_shown() {
    let world = World::new().await;
    let api = world.admin();
    sales(&api).await;
    let rows = api.rows("SELECT FORMAT(AnnualRevenue) money, convertCurrency(AnnualRevenue), FORMAT(CreatedDate) born, toLabel(Industry) FROM Account WHERE Name = 'Acme'").await;
    assert_eq!(rows[0]["money"], "$1,234,567.50");
    assert_eq!(rows[0]["AnnualRevenue"], json!(1234567.5));
    assert_eq!(rows[0]["born"], "11/24/2026, 4:00 AM");
    assert_eq!(rows[0]["Industry"], "Energy");
    for (soql, count) in [
        ("Name LIKE 'A_me'", 1),
        ("Name LIKE 'A\\_me'", 0),
        ("Name = 'A%'", 0),
        ("toLabel(Industry) = 'Banking'", 1),
        ("CALENDAR_YEAR(CreatedDate) = 2026 AND DAY_ONLY(convertTimezone(CreatedDate)) = 2026-11-24", 3),
        ("CreatedDate = LAST_N_DAYS:1 AND CreatedDate < NEXT_FISCAL_YEAR", 3),
        ("AnnualRevenue > USD1000.50", 1),
        ("NOT (Rating = 'Hot')", 1),
        ("Rating != 'Hot'", 1),
        ("NumberOfEmployees IN (10, 3)", 2),
    ] {
        let rows = api.rows(&format!("SELECT Id FROM Account WHERE {soql}")).await;
        assert_eq!(rows.len(), count, "{soql}");
    }
}

#[tokio::test]
async fn scopes_parents_by_name_and_deep_children() {
    let world = World::new().await;
    let api = world.admin();
    let (acme, bolt) = sales(&api).await;
    api.create("Contact", json!({"LastName": "Ash", "AccountId": bolt})).await;
    assert_eq!(api.rows("SELECT Id FROM Account USING SCOPE mine").await.len(), 3);
    assert_eq!(api.rows("SELECT Id FROM Account USING SCOPE everything WHERE Name = 'Acme'").await.len(), 1);
    assert_eq!(api.rows("SELECT Id FROM Account USING SCOPE team").await.len(), 0);
    let rows =
        api.rows("SELECT c.LastName, a.Parent.Name FROM Contact c, c.Account a WHERE a.Name = 'Bolt'").await;
    assert_eq!(rows[0]["Account"]["Parent"]["Name"], "Acme");
    let rows = api
        .rows(&format!("SELECT Name, (SELECT Name, (SELECT LastName FROM Contacts LIMIT 5) FROM Accounts) FROM Account WHERE Id = '{acme}'"))
        .await;
    assert_eq!(rows[0]["Accounts"]["records"][0]["Contacts"]["records"][0]["LastName"], "Ash");
    let rows = api.rows("SELECT FIELDS(STANDARD) FROM Contact WHERE Name LIKE 'A%'").await;
    assert_eq!((&rows[0]["LastName"], rows[0]["Id"].is_string()), (&json!("Ash"), true));
}

#[tokio::test]
async fn what_cannot_be_asked() {
    let world = World::new().await;
    let api = world.admin();
    sales(&api).await;
    let at = |words: &'static str| words;
    refused(
        &api,
        &[
            ("SELECT Nope FROM Account", "INVALID_FIELD", at("\nSELECT Nope FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nope' on entity 'Account'.")),
            ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY", "ERROR at Row:1:Column:56\nunexpected token: 'OR'"),
            ("SELECT Id FROM Account WHERE (Name = 'a'", "MALFORMED_QUERY", "expecting a right parentheses, found '<EOF>'"),
            ("SELECT Id FROM Account WHERE Name = :x", "MALFORMED_QUERY", "Bind variables only allowed in Apex code"),
            ("SELECT Id FROM Account WHERE Name = \"x\"", "MALFORMED_QUERY", "line 1:36 no viable alternative at character '\"'"),
            ("SELECT Id FROM Account ALL ROWS", "MALFORMED_QUERY", "ALL ROWS not allowed in this context"),
            ("SELECT Id FROM Account WHERE CreatedDate = 2026-01-01", "INVALID_FIELD", "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes"),
            ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes"),
            ("SELECT Id FROM Account WHERE Industry INCLUDES ('x')", "INVALID_FIELD", "invalid operator"),
            ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) OR Name = 'x'", "MALFORMED_QUERY", "Semi join sub-selects are not allowed with the 'OR' operator"),
            ("SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY", "should be an id field, cannot use: 'Name'"),
            ("SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)", "MALFORMED_QUERY", "Semi join sub-selects can only query id fields, cannot use: 'LastName'"),
            ("SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)", "MALFORMED_QUERY", "The inner and outer selects should not be on the same object type"),
            ("SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Contact)", "MALFORMED_QUERY", "should point to the same object type"),
            ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT ContactId FROM Case))", "MALFORMED_QUERY", "Nesting of semi join sub-selects is not supported"),
            ("SELECT Id, (SELECT Id FROM Nopes) FROM Account", "INVALID_TYPE", "Didn't understand relationship 'Nopes' in FROM part of query call."),
            ("SELECT Id, FIELDS(STANDARD) FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ],
    )
    .await;
}

#[tokio::test]
async fn today_is_the_users() {
    let world = World::new().await;
    let made = world
        .admin()
        .create("Opportunity", json!({"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-11-24"}))
        .await;
    // Eighteen hours later it is the next day in UTC, and still the same in Los Angeles.
    world.clock.advance(std::time::Duration::from_secs(18 * 60 * 60));
    let token = world.org().open_session(world.org().admin, None, "full");
    let api = world.api(&token);
    let found = async |condition: &str| {
        let rows = api.rows(&format!("SELECT Id FROM Opportunity WHERE {condition}")).await;
        rows.first().map(|row| row["Id"] == json!(made))
    };
    for condition in
        ["CreatedDate = TODAY", "CloseDate = TODAY", "CreatedDate > YESTERDAY", "CreatedDate < TOMORROW"]
    {
        assert_eq!(found(condition).await, Some(true), "{condition}");
    }
    for condition in ["CreatedDate = YESTERDAY", "CloseDate = YESTERDAY", "CreatedDate > TODAY"] {
        assert_eq!(found(condition).await, None, "{condition}");
    }
}
