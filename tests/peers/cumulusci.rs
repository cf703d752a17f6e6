//! CumulusCI, as the builders of the non-profit packages use it: over TLS, with a refresh before each command.

use std::collections::BTreeMap;

use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use salesforce_simulator::Config;
use serde_json::json;

use crate::jsforce_metadata::{SHELVES, files};

#[tokio::test]
async fn cumulusci_deploys_and_shows_the_org() {
    let test = "cumulusci_deploys_and_shows_the_org";
    let Some(cci) = tools::or_skip(test, Peer::python(tools::cumulusci().await)) else { return };
    let Some(node) = tools::or_skip(test, Peer::node(tools::jsforce().await).await) else { return };
    let tls = cci.home().join("tls");
    let org = peer::org(Config::default(), Some(&tls)).await;
    let tokens = node.run("jsforce_refresh_token.mjs", org.ready(), peer::nothing()).await;
    let project = |class: &str| -> BTreeMap<&str, String> { files(class).into_iter().collect() };
    let more = json!({
        "files": project(SHELVES),
        "broken": project(&SHELVES.replace("return 3", "return nothing")),
        "refresh_token": tokens["refresh_token"],
        "user_id": tokens["id"].as_str().and_then(|id| id.rsplit('/').next()),
    });
    let seen = cci.run("cumulusci.py", org.ready(), more).await;
    let said = |what: &str| seen[what]["said"].as_str().unwrap_or_default().to_owned();
    assert_eq!(seen["info"]["code"], 0, "{}", said("info"));
    assert!(said("info").contains(&org.ready().admin.username), "{}", said("info"));
    assert_eq!(seen["deploy"]["code"], 0, "{}", said("deploy"));
    assert_eq!(seen["broken"]["code"], 1, "{}", said("broken"));
    let words = said("broken").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("line 3, col 16: Variable does not exist: nothing"), "{words}");
}
