//! The Salesforce CLI before an organisation over TLS, whose own authority it trusts.

use provision_tests::peer;
use salesforce_simulator::Config;
use serde_json::Value;

use crate::sf_warehouse::{self, SOURCES, good};

#[tokio::test(flavor = "multi_thread")]
async fn sf_deploys_and_describes_over_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let org = peer::org(Config::default(), Some(folder.path())).await;
    let desk = sf_warehouse::desk().trusting(org.ready().ca_file.as_deref());
    if !desk.has_sf("sf_deploys_and_describes_over_tls").await {
        return;
    }
    assert!(org.ready().base_url.starts_with("https://"));
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    let deployed = good(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;
    assert_eq!(deployed["status"], "Succeeded", "{deployed:#}");
    let described = good(&desk, &["sobject", "describe", "--sobject", "Parcel__c"]).await;
    let names: Vec<&str> = described["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|field| field["name"].as_str())
        .collect();
    assert!(names.contains(&"Warehouse__c"), "a master is always seen: {names:?}");
    assert!(!names.contains(&"Weight__c"), "nobody has been given it yet: {names:?}");
    good(&desk, &["org", "assign", "permset", "--name", "Storekeeper"]).await;
    let described = good(&desk, &["sobject", "describe", "--sobject", "Parcel__c"]).await;
    let fields = described["fields"].as_array();
    assert!(fields.into_iter().flatten().any(|field| field["name"] == "Weight__c"), "{described:#}");
    let limits = good(&desk, &["org", "list", "limits"]).await;
    let calls: Option<&Value> =
        limits.as_array().into_iter().flatten().find(|one| one["name"] == "DailyApiRequests");
    let calls = calls.unwrap_or_else(|| panic!("{limits:#}"));
    assert!(calls["remaining"].as_u64() < calls["max"].as_u64(), "{calls}");
    org.stop().await;
}
