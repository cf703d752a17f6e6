//! A project of somebody else's: objects with fields of most kinds, a layout, a permission set, code, labels, a flow.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use provision_tests::peer;
use provision_tests::sf::{ALIAS, Desk};
use salesforce_simulator::{Config, Simulator};
use serde_json::Value;

/// Where the sources of a project lie in it.
pub(crate) const SOURCES: &str = "force-app";

/// A desk with the project, in front of nothing yet.
pub(crate) fn desk() -> Desk {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/sf_warehouse"));
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.to_str().expect("UTF-8"), text.as_str())).collect();
    Desk::of(&files)
}

/// An org with the desk logged in, or none where the test is skipped for want of the CLI.
pub(crate) async fn org(test: &str, desk: &Desk, config: Config) -> Option<Simulator> {
    if !desk.has_sf(test).await {
        return None;
    }
    let org = peer::org(config, None).await;
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    Some(org)
}

/// Runs a command on the org.
pub(crate) async fn run(desk: &Desk, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--target-org", ALIAS]).collect();
    desk.sf(&arguments).await
}

/// The result of a command that has to succeed.
pub(crate) async fn good(desk: &Desk, arguments: &[&str]) -> Value {
    let mut answer = run(desk, arguments).await;
    assert_eq!(answer["status"], 0, "{arguments:?}: {answer:#}");
    answer["result"].take()
}

/// The files below a folder and what they hold, by their path in it.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.expect("a folder entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                found.insert(path.strip_prefix(folder).expect("below it").to_owned(), text);
            }
        }
    }
    found
}
