//! Judges of Apex and metadata: Salesforce's parsers, PMD, and the library that every Salesforce tool converts with.

mod formats;
mod parsers;
mod rules;

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use provision_salesforce::{Delivery, Protected, deployment};
use provision_tests::rest::Rest;
use reqwest::Method;
use salesforce_simulator::{Config, Simulator};

const ORG_ID: &str = "00D000000000001AAA";

/// All objects of the whole schema that take triggers, as the organisation describes them; of a generated organisation
/// where `$PROVISION_TEST_SCHEMA` names none. Ordered by name.
async fn triggerable() -> Vec<Protected> {
    let schema = std::env::var_os("PROVISION_TEST_SCHEMA").map(PathBuf::from).filter(|path| path.exists());
    let org = Simulator::start(Config { schema, objects: 300, ..Config::default() }).await.expect("an org");
    let rest = Rest::of(&org);
    let (status, all) = rest.call(Method::GET, &rest.data("/sobjects"), None).await;
    assert_eq!(status, 200, "{all}");
    org.stop().await;
    let all = all["sobjects"].as_array().expect("objects");
    let mut objects: Vec<Protected> = all
        .iter()
        .filter(|object| object["triggerable"] == true)
        .map(|object| Protected {
            api_name: object["name"].as_str().expect("a name").to_owned(),
            updateable: object["updateable"] == true,
            deletable: object["deletable"] == true,
            creatable: object["createable"] == true,
        })
        .collect();
    objects.sort_by(|left, right| left.api_name.cmp(&right.api_name));
    assert!(objects.len() > 60, "only {} objects take triggers", objects.len());
    objects
}

/// What the connector deploys, in the metadata format, unpacked.
fn deployed(delivery: &Delivery, objects: &[Protected]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes = deployment(delivery, ORG_ID, objects).expect("the app holds together");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).expect("an entry");
        let path = folder.path().join(entry.enclosed_name().expect("a path inside the folder"));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("unpacked");
        std::fs::write(path, content).expect("written");
    }
    folder
}

/// The object of which everybody knows that it takes triggers.
fn account() -> [Protected; 1] {
    [Protected { api_name: "Account".to_owned(), updateable: true, deletable: true, creatable: true }]
}

/// Paths of the files in a folder whose names end so, ordered.
fn ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a folder entry").path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    paths.sort();
    paths
}
