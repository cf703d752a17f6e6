//! How many calls a reading takes, and that it reads the same whichever way it goes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use provision_connector_sdk::testkit::MemoryCheckpoints;
use provision_connector_sdk::{Connector as _, InventoryProgress, InventoryRequest};
use salesforce_simulator::Config;
use salesforce_simulator::fault::{Fault, Occurrence, Operation, Rule};
use salesforce_simulator::ledger::Kind;

use super::{cold, sizes};
use crate::world::Salesforce;

/// An organisation of a thousand objects.
fn thousand() -> Config {
    Config { objects: 1000, profiles: Some(400), object_permission_rows: Some(20_000), ..Config::default() }
}

/// The calls that a whole reading may take, for so many objects and rights.
fn allowed(objects: usize, rights: usize) -> u64 {
    (6 + objects.div_ceil(100) + rights.div_ceil(10_000)) as u64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_objects_take_sixteen_calls_and_one_for_ten_thousand_rights() {
    let salesforce = Salesforce::with(thousand()).await;
    let session = salesforce.session().await;
    let made = session.calls.made();
    let (inventory, calls) = cold(&salesforce, &session).await;
    let (fields, rights) = sizes(&inventory);
    assert!(inventory.object_types.len() >= 1000, "{}", inventory.object_types.len());
    assert!(inventory.object_types.iter().all(|object| !object.fields.is_empty()), "all are described");
    assert!(fields > 10_000 && rights >= 19_000, "{fields} fields, {rights} rights");
    assert!(calls <= 16 + rights.div_ceil(10_000) as u64, "{calls} calls for {rights} rights");
    assert_eq!(session.calls.made() - made, calls, "each call is counted");
    let ledger = salesforce.simulator.ledger();
    assert_eq!(ledger.requests("POST", "/services/Soap/u/*"), inventory.object_types.len().div_ceil(100));
    assert_eq!(ledger.requests("GET", "/services/data/*/describe"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soap_and_rest_read_the_same() {
    let salesforce = Salesforce::with(Config { objects: 260, ..Config::default() }).await;
    let session = salesforce.session().await;
    let (by_soap, calls) = cold(&salesforce, &session).await;
    let closed = Fault::Refused {
        status: 500,
        error_code: "API_CURRENTLY_DISABLED".to_owned(),
        message: "API is disabled for this User".to_owned(),
    };
    let always = Rule { on: Operation::SoapDescribe, when: Occurrence::From(1), fault: closed, must_fire: 1 };
    salesforce.simulator.faults().add(always);
    let (by_rest, more_calls) = cold(&salesforce, &session).await;
    salesforce.simulator.faults().verify().expect("SOAP was closed");
    assert!(by_soap.object_types == by_rest.object_types);
    assert!(by_soap.profiles == by_rest.profiles);
    assert!(calls < more_calls, "{calls} calls by SOAP, {more_calls} by REST");
    assert!(more_calls <= 8 + 3 + 260_u64.div_ceil(25), "{more_calls}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shorter_pages_are_followed_to_the_end() {
    let config = |page_rows_max| Config {
        objects: 260,
        profiles: Some(60),
        object_permission_rows: Some(5_000),
        page_rows_max,
        ..Config::default()
    };
    let (long, short) = (Salesforce::with(config(None)).await, Salesforce::with(config(Some(300))).await);
    let (whole, _) = cold(&long, &long.session().await).await;
    let (paged, _) = cold(&short, &short.session().await).await;
    assert!(whole.profiles == paged.profiles);
    assert!(sizes(&whole).1 > 4_000);
}

#[derive(Default)]
struct Told(Mutex<BTreeMap<&'static str, Vec<(u64, u64)>>>);

impl InventoryProgress for Told {
    fn report(&self, part: &'static str, done: u64, total: u64) {
        self.0.lock().expect("told").entry(part).or_default().push((done, total));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_told_by_counts_that_grow_to_their_total() {
    let salesforce = Salesforce::with(Config { objects: 350, ..thousand() }).await;
    let session = salesforce.session().await;
    let (told, checkpoints) = (Told::default(), MemoryCheckpoints::default());
    let request = InventoryRequest { previous: None, checkpoints: &checkpoints };
    salesforce.connector.inventory(&session, request, &told).await.expect("an inventory");
    let told = told.0.into_inner().expect("told");
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), ["object_permissions", "object_types", "profiles"]);
    for (part, steps) in told {
        assert!(steps.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{part}: {steps:?}");
        let (done, total) = steps.last().expect("a report");
        assert_eq!(done, total, "{part}");
        assert!(steps.len() > 1, "{part}: {steps:?}");
    }
}

/// The whole schema of `$PROVISION_TEST_SCHEMA`; where that is not set, a generated organisation of the same size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_organisation_is_read() {
    let schema = std::env::var_os("PROVISION_TEST_SCHEMA").map(PathBuf::from).filter(|path| path.exists());
    let objects = if schema.is_some() { Config::default().objects } else { 3196 };
    let salesforce = Salesforce::with(Config { schema: schema.clone(), objects, ..thousand() }).await;
    let session = salesforce.session().await;
    let (inventory, calls) = cold(&salesforce, &session).await;
    let (fields, rights) = sizes(&inventory);
    let objects = inventory.object_types.len();
    eprintln!("{objects} objects, {fields} fields, {rights} rights in {calls} calls ({schema:?})");
    assert!(objects >= 3196 && rights >= 19_000 && inventory.profiles.len() >= 400);
    if schema.is_some() {
        assert!(fields >= 49_180, "{fields} fields");
    }
    assert!(calls <= allowed(objects, rights), "{calls} calls");
    let describes = salesforce.simulator.ledger().requests("POST", "/services/Soap/u/*");
    assert_eq!(describes, objects.div_ceil(100));
    assert!(salesforce.count(Kind::Request) >= calls);
}
