//! Projects in the shapes that people publish come into the org, test themselves, come back and go again, through the
//! Salesforce CLI over REST and over SOAP.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use provision_tests::peer;
use provision_tests::sf::Desk;
use salesforce_simulator::Config;
use serde_json::Value;

use crate::sf_warehouse::{SOURCES, files, good, run};

/// Which API carries a deployment.
#[derive(Clone, Copy, PartialEq)]
enum Api {
    Rest,
    Soap,
}

/// A desk with the project of this name, which lies beside this file.
fn desk(project: &str) -> Desk {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/foreign").join(project));
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.to_str().expect("UTF-8"), text.as_str())).collect();
    Desk::of(&files)
}

fn sources(desk: &Desk) -> BTreeMap<PathBuf, String> {
    files(&desk.project().join(SOURCES))
}

/// Deploys the project with the tests of a class, of which there are so many; retrieves it unchanged; deletes it all.
async fn goes_round(test: &str, project: &str, (class, tests): (&str, usize), api: Api) {
    let desk = desk(project);
    if !desk.has_sf(test).await {
        return;
    }
    let org = peer::org(Config::default(), None).await;
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    let before = sources(&desk);
    match api {
        Api::Rest => {
            let answer = desk.deploy().await;
            assert_eq!(answer["result"]["status"], "Succeeded", "{answer:#}");
        }
        Api::Soap => {
            let deploy = ["project", "deploy", "start", "--source-dir", SOURCES];
            let level = ["--test-level", "RunSpecifiedTests", "--tests", class];
            let answer = run(&desk, &[&deploy[..], &level[..]].concat()).await;
            let result = &answer["result"];
            assert_eq!(result["status"], "Succeeded", "{answer:#}");
            let told = (&result["numberTestsCompleted"], &result["numberTestErrors"]);
            assert_eq!(told, (&tests.into(), &0.into()));
        }
    }
    let over_soap = org.ledger().requests("POST", "/services/Soap/m/*");
    assert_eq!(over_soap > 0, api == Api::Soap, "{over_soap} calls over SOAP");

    let tested = run(&desk, &["apex", "run", "test", "--class-names", class, "--wait", "10"]).await;
    let summary = &tested["result"]["summary"];
    assert_eq!((&summary["passing"], &summary["failing"]), (&tests.into(), &0.into()), "{tested:#}");

    good(&desk, &["project", "retrieve", "start", "--source-dir", SOURCES]).await;
    let after = sources(&desk);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (path, text) in &before {
        assert_eq!(text, &after[path], "{}", path.display());
    }

    let deleted = run(&desk, &["project", "delete", "source", "--source-dir", SOURCES, "--no-prompt"]).await;
    assert_eq!(deleted["status"], 0, "{deleted:#}");
    assert_eq!(sources(&desk), BTreeMap::new());
    let left = format!("SELECT Name FROM ApexClass WHERE Name = '{class}'");
    assert_eq!(desk.tooling(&left).await, Vec::<Value>::new());
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_handlers_go_round_over_soap() {
    goes_round("foreign_handlers_go_round_over_soap", "handlers", ("HandlerTest", 4), Api::Soap).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_lending_goes_round_over_soap() {
    goes_round("foreign_lending_goes_round_over_soap", "lending", ("LendingTest", 7), Api::Soap).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_lending_goes_round_over_rest() {
    goes_round("foreign_lending_goes_round_over_rest", "lending", ("LendingTest", 7), Api::Rest).await;
}
