//! What people do with the Salesforce CLI in an hour: bulk jobs that are taken up again, searches, users, links.

use salesforce_simulator::Config;
use serde_json::{Value, json};

use crate::sf_warehouse::{self, SOURCES, good, run};

#[tokio::test(flavor = "multi_thread")]
async fn sf_takes_bulk_jobs_up_again_and_looks_around() {
    let desk = sf_warehouse::desk();
    let test = "sf_takes_bulk_jobs_up_again_and_looks_around";
    let Some(org) = sf_warehouse::org(test, &desk, Config::default()).await else { return };
    good(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;
    good(&desk, &["org", "assign", "permset", "--name", "Storekeeper"]).await;

    desk.write("rows.csv", "Code__c,Name\nN-1,North\nS-1,South\n");
    let upsert = ["data", "upsert", "bulk", "--sobject", "Warehouse__c", "--external-id", "Code__c"];
    let upserted = good(&desk, &[&upsert[..], &["--file", "rows.csv", "--wait", "2"]].concat()).await;
    assert_eq!(upserted["jobInfo"]["state"], "JobComplete", "{upserted:#}");
    let import = ["data", "import", "bulk", "--sobject", "Warehouse__c", "--file", "more.csv"];
    desk.write("more.csv", "Code__c,Name\nE-1,East\n");
    let job = good(&desk, &import).await["jobId"].clone();
    let resumed = desk.sf(&["data", "import", "resume", "--use-most-recent", "--wait", "2"]).await;
    assert_eq!((&resumed["result"]["jobId"], &resumed["result"]["processedRecords"]), (&job, &json!(1)));
    let query = "SELECT Code__c FROM Warehouse__c ORDER BY Code__c";
    good(&desk, &["data", "export", "bulk", "--query", query, "--output-file", "out.csv"]).await;
    let resumed = desk.sf(&["data", "export", "resume", "--use-most-recent"]).await;
    assert_eq!(resumed["result"]["totalSize"], 3, "{resumed:#}");

    let one = ["--sobject", "Warehouse__c", "--where", "Code__c=N-1"];
    good(&desk, &[&["data", "update", "record"], &one[..], &["--values", "City__c=Bergen"]].concat()).await;
    let got = good(&desk, &[&["data", "get", "record"], &one[..]].concat()).await;
    assert_eq!((&got["Name"], &got["City__c"]), (&json!("North"), &json!("Bergen")));
    let found =
        good(&desk, &["data", "search", "--query", "FIND {North} RETURNING Warehouse__c(Name)"]).await;
    assert_eq!(found["searchRecords"][0]["Name"], "North", "{found:#}");
    good(&desk, &[&["data", "delete", "record"], &one[..]].concat()).await;
    let counts = ["org", "list", "sobject", "record-counts", "--sobject", "Warehouse__c"];
    assert_eq!(good(&desk, &counts).await[0], json!({"name": "Warehouse__c", "count": 2}));

    let custom = good(&desk, &["sobject", "list", "--sobject", "custom"]).await;
    assert!(custom.as_array().is_some_and(|names| names.contains(&json!("Parcel__c"))), "{custom:#}");
    let path = "/services/data/v67.0/sobjects/Account";
    let made = ["api", "request", "rest", path, "--method", "POST", "--body", "{\"Name\":\"By hand\"}"];
    let made = run(&desk, &made).await;
    assert_eq!(
        (&made["result"]["statusCode"], &made["result"]["body"]["success"]),
        (&json!(201), &json!(true))
    );
    let generated = good(&desk, &["org", "generate", "password"]).await;
    assert!(generated["password"].as_str().is_some_and(|word| word.len() >= 8), "{generated:#}");
    let shown: Value = good(&desk, &["org", "display", "user"]).await;
    assert_eq!(shown["profileName"], "System Administrator", "{shown:#}");
    org.stop().await;
}
