//! jsforce: records, queries, describes, composite, search, both Bulk APIs.

use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use salesforce_simulator::Config;
use serde_json::{Value, json};

async fn seen(test: &str, tls: bool) -> Option<Value> {
    let peer = tools::or_skip(test, Peer::node(tools::jsforce().await).await)?;
    let folder = tls.then(|| peer.home().join("tls"));
    let org = peer::org(Config::default(), folder.as_deref()).await;
    Some(peer.run("jsforce_records.mjs", org.ready(), peer::nothing()).await)
}

#[tokio::test]
async fn jsforce_reads_and_writes_records() {
    if let Some(seen) = seen("jsforce_reads_and_writes_records", false).await {
        records(&seen);
        queries(&seen);
        resources(&seen);
        apex(&seen);
        bulk(&seen);
    }
}

#[tokio::test]
async fn jsforce_reads_and_writes_records_over_tls() {
    if let Some(seen) = seen("jsforce_reads_and_writes_records_over_tls", true).await {
        records(&seen);
        bulk(&seen);
    }
}

fn records(seen: &Value) {
    assert_eq!(seen["create"]["success"], true);
    let one = &seen["retrieve"];
    assert_eq!(
        (&one["Name"], &one["Industry"], &one["NumberOfEmployees"]),
        (&json!("One"), &json!("Energy"), &json!(7))
    );
    assert_eq!(seen["update"]["success"], true);
    for (what, code, words) in [
        ("missing", "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        ("unknown", "INVALID_FIELD", "No such column 'Nope' on sobject of type Account"),
        ("malformed", "MALFORMED_QUERY", "ERROR at Row:1:Column:15"),
        ("absent", "NOT_FOUND", "does not exist"),
        ("gone", "ENTITY_IS_DELETED", "entity is deleted"),
        ("stale", "INVALID_SESSION_ID", "Session expired or invalid"),
    ] {
        let refusal = &seen[what];
        assert_eq!(refusal["code"], code, "{what}: {refusal}");
        assert!(
            refusal["message"].as_str().is_some_and(|message| message.contains(words)),
            "{what}: {refusal}"
        );
    }
    assert_eq!((&seen["many"], &seen["updated"]), (&json!(450), &json!(3)));
    assert_eq!(
        (&seen["half"][0]["success"], &seen["half"][1]["errors"][0]["fields"]),
        (&json!(true), &json!(["Name"]))
    );
    let none = &seen["none"]["value"];
    assert_eq!(none[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK", "{none}");
    assert_eq!(seen["retrieved"][4], "Many 004");
    assert_eq!(
        (&seen["upsertById"]["success"], &seen["upsertById"]["created"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&seen["destroyed"], &seen["queryAll"], &seen["deletedIds"]),
        (&json!(250), &json!(250), &json!(250))
    );
    assert_eq!(seen["updatedIds"], true);
}

fn queries(seen: &Value) {
    assert_eq!(seen["page"], json!({"total": 450, "rows": 200, "done": false}));
    assert_eq!(seen["next"], json!({"rows": 200, "done": false}));
    assert_eq!(
        (&seen["fetched"], &seen["streamed"], &seen["count"]),
        (&json!(400), &json!(450), &json!(450))
    );
    assert_eq!(seen["found"][0]["Account"]["Name"], "Changed");
    assert_eq!(seen["children"][0]["Contacts"]["records"][0]["LastName"], "Ash");
    assert_eq!(
        (&seen["grouped"]["n"], &seen["bulkUpdate"], &seen["explained"]),
        (&json!(448), &json!(3), &json!(1))
    );
}

fn resources(seen: &Value) {
    for what in ["global", "cachedGlobal", "limits", "recent", "tabs", "theme", "versions"] {
        assert_eq!(seen[what], true, "{what}");
    }
    assert_eq!(seen["described"], json!({"name": "Account", "fields": true, "urls": true}));
    assert_eq!((&seen["cached"], &seen["toolingDescribe"]), (&json!("Contact"), &json!("ApexClass")));
    assert_eq!(
        (&seen["limitInfo"], &seen["layouts"], &seen["compact"]),
        (&json!(["apiUsage"]), &json!(1), &json!(1))
    );
    assert_eq!(seen["quickActions"], json!([]));
    assert!(seen["identity"].as_str().is_some_and(|name| name.contains('@')));
    assert_eq!(seen["search"][0]["Name"], "Upserted");
    assert_eq!(seen["composite"], json!([201, 201]));
    assert_eq!((&seen["anonymous"]["success"], &seen["oldVersion"]), (&json!(true), &json!(1)));
}

fn apex(seen: &Value) {
    assert_eq!(seen["classMade"]["value"]["success"], true, "{}", seen["classMade"]);
    assert!(seen["classBroken"].is_string());
    assert_eq!(seen["apexGet"]["value"], "/peer/x?1", "{}", seen["apexGet"]);
    assert_eq!(seen["apexPost"]["value"]["Name"], "By REST", "{}", seen["apexPost"]);
    assert_eq!(seen["apexAbsent"], "NOT_FOUND");
}

fn bulk(seen: &Value) {
    let loaded = &seen["bulk2"];
    assert_eq!((&loaded["good"], &loaded["left"]), (&json!(2), &json!(0)), "{loaded}");
    assert_eq!(loaded["bad"], json!(["REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"]));
    assert_eq!(seen["bulk2Query"], json!([["B2 a", true], ["B2 b", true]]));
    assert_eq!((&seen["bulk2Bad"], &seen["bulk2Deleted"]), (&json!("INVALID_FIELD"), &json!(2)));
    let rows = &seen["bulk"];
    assert_eq!(
        (&rows[0]["success"], &rows[1]["success"], &rows[2]["success"]),
        (&json!(true), &json!(true), &json!(false)),
        "{rows}"
    );
    assert_eq!((&seen["bulkQuery"], &seen["bulkDeleted"]), (&json!(["B1 a", "B1 b"]), &json!(2)));
    assert_eq!(seen["bulkBad"], "Unable to find object: Nope");
}
