//! The Salesforce CLI reads and writes data.

use std::path::Path;

use provision_tests::peer;
use provision_tests::sf::{ALIAS, Desk};
use salesforce_simulator::{Config, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A desk in front of an org, logged in.
async fn desk(test: &str, tls: bool) -> Option<(Desk, Simulator, TempDir)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let org = peer::org(Config::default(), tls.then(|| folder.path())).await;
    let desk = Desk::new(&org.ready().org_id, &["Account"]).trusting(org.ready().ca_file.as_deref());
    if !desk.has_sf(test).await {
        return None;
    }
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    Some((desk, org, folder))
}

async fn run(desk: &Desk, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--target-org", ALIAS]).collect();
    desk.sf(&arguments).await
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[tokio::test]
async fn sf_changes_records_and_reads_them() {
    let Some((desk, _org, _folder)) = desk("sf_changes_records_and_reads_them", false).await else { return };
    let created =
        run(&desk, &["data", "create", "record", "-s", "Account", "-v", "Name='By hand' Industry=Energy"])
            .await;
    let id = created["result"]["id"].as_str().unwrap_or_else(|| panic!("{created:#}")).to_owned();
    let updated = run(
        &desk,
        &["data", "update", "record", "-s", "Account", "-w", "Name='By hand'", "-v", "Industry=Media"],
    )
    .await;
    assert_eq!(updated["result"]["success"], true, "{updated:#}");
    let got = run(&desk, &["data", "get", "record", "-s", "Account", "-i", &id]).await;
    assert_eq!(got["result"]["Industry"], "Media", "{got:#}");
    let rows = run(
        &desk,
        &["data", "query", "-q", "SELECT Name, Owner.Name, (SELECT LastName FROM Contacts) FROM Account"],
    )
    .await;
    assert_eq!(rows["result"]["records"][0]["Name"], "By hand", "{rows:#}");
    let bad = run(&desk, &["data", "query", "-q", "SELECT Nope FROM Account"]).await;
    assert_eq!(bad["name"], "INVALID_FIELD", "{bad:#}");
    let found = run(&desk, &["data", "search", "-q", "FIND {hand} RETURNING Account(Name)"]).await;
    assert_eq!(found["result"]["searchRecords"][0]["Name"], "By hand", "{found:#}");
    let deleted = run(&desk, &["data", "delete", "record", "-s", "Account", "-i", &id]).await;
    assert_eq!(deleted["result"]["success"], true, "{deleted:#}");
}

#[tokio::test]
async fn sf_exports_and_imports_trees() {
    let Some((desk, _org, _folder)) = desk("sf_exports_and_imports_trees", false).await else { return };
    let tree = json!({"records": [{
        "attributes": {"type": "Account", "referenceId": "a"}, "Name": "Root",
        "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "Leaf"}]},
    }]});
    let file = write(desk.folder(), "tree.json", &tree.to_string());
    let imported = run(&desk, &["data", "import", "tree", "-f", &file]).await;
    assert_eq!(imported["result"].as_array().map(Vec::len), Some(2), "{imported:#}");
    let out = desk.folder().join("out").display().to_string();
    let query = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account";
    let exported = run(&desk, &["data", "export", "tree", "-q", query, "-d", &out, "--plan"]).await;
    assert_eq!(exported["status"], 0, "{exported:#}");
    let plan = desk.folder().join("out/Account-Contact-plan.json").display().to_string();
    let again = run(&desk, &["data", "import", "tree", "-p", &plan]).await;
    assert_eq!(again["result"].as_array().map(Vec::len), Some(2), "{again:#}");
    let rows = run(&desk, &["data", "query", "-q", "SELECT Account.Name FROM Contact"]).await;
    assert_eq!(
        (&rows["result"]["totalSize"], &rows["result"]["records"][1]["Account"]["Name"]),
        (&json!(2), &json!("Root"))
    );
}

#[tokio::test]
async fn sf_moves_many_rows_in_bulk_over_tls() {
    let Some((desk, org, _folder)) = desk("sf_moves_many_rows_in_bulk_over_tls", true).await else { return };
    let rows: String = (0..250).map(|n| format!("\"Row, {n:03}\",{n}\n")).collect();
    let file = write(desk.folder(), "rows.csv", &format!("Name,NumberOfEmployees\n{rows}"));
    let imported = run(&desk, &["data", "import", "bulk", "-f", &file, "-s", "Account", "-w", "5"]).await;
    assert_eq!(
        (&imported["result"]["processedRecords"], &imported["result"]["failedRecords"]),
        (&json!(250), &json!(0)),
        "{imported:#}"
    );
    let job = imported["result"]["jobId"].as_str().unwrap_or_default().to_owned();
    let results = run(&desk, &["data", "bulk", "results", "--job-id", &job]).await;
    assert_eq!(results["result"]["successfulRecords"], json!(250), "{results:#}");
    let out = desk.folder().join("out.csv");
    let path = out.display().to_string();
    let soql = "SELECT Id, Owner.Name FROM Account ORDER BY Name";
    let exported = run(
        &desk,
        &["data", "export", "bulk", "-q", soql, "--output-file", &path, "--result-format", "csv", "-w", "5"],
    )
    .await;
    assert_eq!(exported["result"]["totalSize"], json!(250), "{exported:#}");
    let text = std::fs::read_to_string(&out).expect("a file");
    assert_eq!(text.lines().next(), Some("\"Id\",\"Owner.Name\""));
    let ids: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split('"').nth(1)).collect();
    let delete = write(desk.folder(), "gone.csv", &format!("Id\n{}\nnonsense\n", ids.join("\n")));
    let deleted = run(&desk, &["data", "delete", "bulk", "-f", &delete, "-s", "Account", "-w", "5"]).await;
    assert_eq!(deleted["name"], "FailedRecordDetailsError", "{deleted:#}");
    assert_eq!(org.org().read().records.table("Account").filter(|row| !row.deleted).count(), 0);
}
