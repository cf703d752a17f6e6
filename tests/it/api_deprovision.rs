//! The way back: the organisation is afterwards what it was before.

use std::collections::BTreeSet;
use std::io::Read as _;

use provision_client::api::v1::{
    DeprovisionServiceAccountRequest, OperationMetadata, QuarantineDisposition, RemovalMode, ServiceAccount,
    ServiceAccountPhase, ServiceAccountState, StepState,
};
use provision_client::{Client, metadata, response};
use provision_tests::effects::{api_requests, live_grants, names, working_tokens};
use provision_tests::rest::{Rest, quarantined, quarantined_of};
use provision_tests::world::World;
use salesforce_simulator::{Config, Environment};
use serde_json::{Value, json};

/// The name of the quarantined file.
const FILE: &str = "lamp.bin";

/// A protected organisation, and what it was before.
struct Protected {
    world: World,
    admin: Client,
    account: String,
    before: BTreeSet<String>,
}

fn request(name: &str, mode: RemovalMode, what: QuarantineDisposition) -> DeprovisionServiceAccountRequest {
    DeprovisionServiceAccountRequest {
        name: name.to_owned(),
        mode: mode.into(),
        quarantine_disposition: what.into(),
        ..Default::default()
    }
}

impl Protected {
    async fn new(environment: Environment) -> Protected {
        let world = World::with(Config { environment, objects: 60, ..Config::default() }).await;
        world.prepare().await;
        let before = names(&world.org);
        let admin = world.client("admin@acme.example").await;
        let account = world.until_read(&admin).await;
        world.protect(&admin, &account).await;
        assert_ne!(names(&world.org), before);
        Protected { world, admin, account, before }
    }

    /// To its end, which must be a good one.
    async fn deprovisioned(&self, mode: RemovalMode, what: QuarantineDisposition) -> OperationMetadata {
        let begun =
            self.admin.accounts().deprovision(request(&self.account, mode, what)).await.expect("begun");
        let done = self.world.done(&self.admin, &begun.name).await;
        let account: ServiceAccount = response(&done, "ServiceAccount").expect("the account");
        assert_eq!(account.phase(), ServiceAccountPhase::Deprovisioned);
        assert_eq!(account.state(), ServiceAccountState::Deprovisioned);
        assert_eq!((account.next_action, account.event_channel), (None, None));
        metadata(&done).expect("typed progress")
    }

    fn is_as_before(&self) {
        let (before, after) = (&self.before, names(&self.world.org));
        let more: Vec<_> = after.difference(before).collect();
        let fewer: Vec<_> = before.difference(&after).collect();
        assert!(more.is_empty() && fewer.is_empty(), "more: {more:#?}\nfewer: {fewer:#?}");
    }

    /// Puts a file into quarantine, as the service does; answers its document and content.
    async fn quarantine(&self, action: &str) -> (String, Vec<u8>) {
        let taken = quarantined(&self.world.org, action).await;
        (taken.document, taken.content)
    }

    async fn documents(&self, id: &str) -> usize {
        Rest::of(&self.world.org).count(&format!("ContentDocument WHERE Id = '{id}'")).await
    }
}

async fn leaves(environment: Environment) {
    let protected = Protected::new(environment).await;
    let progress = protected.deprovisioned(RemovalMode::Everything, QuarantineDisposition::Unspecified).await;
    assert!(progress.steps.iter().all(|s| s.state() == StepState::Done), "{progress:#?}");
    let order: Vec<_> = progress.steps.iter().map(|s| s.id.as_str()).collect();
    assert_eq!((order[0], order[order.len() - 1]), ("close-events", "revoke"), "{order:?}");
    protected.is_as_before();
    let org = &protected.world.org;
    assert_eq!((live_grants(org), working_tokens(org).await), (0, 0));
    let listed =
        protected.admin.components().list(&protected.account, Default::default()).await.expect("list");
    assert!(listed.components.is_empty());

    let refused = protected.admin.accounts().begin_authorization(&protected.account, "", "").await;
    assert_eq!(refused.expect_err("it has ended").reason(), "WRONG_PHASE");
    let again = request(&protected.account, RemovalMode::Everything, QuarantineDisposition::Unspecified);
    let again = protected.admin.accounts().deprovision(again).await;
    assert_eq!(again.expect_err("it has ended").reason(), "WRONG_PHASE");
    protected.admin.accounts().delete(&protected.account, "", false).await.expect("deleted");
    // Nothing stands in the way of another beginning.
    let account = protected.world.until_read(&protected.admin).await;
    protected.world.protect(&protected.admin, &account).await;
}

#[tokio::test]
async fn a_sandbox_is_afterwards_what_it_was_before() {
    leaves(Environment::Sandbox).await;
}

#[tokio::test]
async fn quarantined_content_is_asked_about_and_comes_back() {
    let protected = Protected::new(Environment::Sandbox).await;
    let (file, content) = protected.quarantine("action-1").await;
    let nothing_said =
        request(&protected.account, RemovalMode::Everything, QuarantineDisposition::Unspecified);
    for validate_only in [true, false] {
        let asked = DeprovisionServiceAccountRequest { validate_only, ..nothing_said.clone() };
        let refused = protected.admin.accounts().deprovision(asked).await.expect_err("not empty");
        assert_eq!(refused.reason(), "QUARANTINE_NOT_EMPTY");
        assert_eq!(refused.rejection().expect("typed").metadata["count"], "1");
    }
    let account = protected.admin.accounts().get(&protected.account).await.expect("there");
    assert_eq!(account.state(), ServiceAccountState::Protected, "nothing has happened");
    protected.deprovisioned(RemovalMode::Everything, QuarantineDisposition::RestoreAll).await;
    assert_eq!(protected.documents(&file).await, 1);
    assert_eq!(Rest::of(&protected.world.org).content_of(&file).await, content);
    protected.is_as_before();
}

#[tokio::test]
async fn quarantined_content_is_exported_and_read_by_its_administrators_alone() {
    let protected = Protected::new(Environment::Sandbox).await;
    let (file, content) = protected.quarantine("action-1").await;
    let asked = request(&protected.account, RemovalMode::Everything, QuarantineDisposition::Export);
    let begun = protected.admin.accounts().deprovision(asked).await.expect("begun");
    let done = protected.world.done(&protected.admin, &begun.name).await;
    let progress: OperationMetadata = metadata(&done).expect("typed");
    assert_eq!(progress.exported_items, 1);
    assert_eq!(protected.documents(&file).await, 0);
    protected.is_as_before();

    let mut export =
        protected.admin.accounts().quarantine_export(&protected.account, &begun.name).await.expect("opened");
    let mut bytes = Vec::new();
    while let Some(part) = export.next().await.expect("read") {
        bytes.extend(part);
    }
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("an archive");
    let mut read = |path: &str| {
        let mut found = Vec::new();
        zip.by_name(path).expect("it is in the archive").read_to_end(&mut found).expect("read");
        found
    };
    let manifest: Value = serde_json::from_slice(&read("manifest.json")).expect("JSON");
    let item = &manifest["items"][0];
    assert_eq!((&item["id"], &item["reason"]), (&json!("action-1"), &json!("found")), "{item}");
    assert_eq!(item["sha256"], json!(provision_tests::rest::sha256(&content)));
    assert_eq!(item["file_name"], json!(FILE), "as its owner knew it");
    assert_eq!(read(item["path"].as_str().expect("a path")), content);

    for principal in ["operator@acme.example", "viewer@acme.example", "admin@globex.example"] {
        let other = protected.world.client(principal).await;
        let refused = other.accounts().quarantine_export(&protected.account, &begun.name).await;
        assert_eq!(refused.expect_err("not theirs").reason(), "PERMISSION_MISSING", "{principal}");
    }
}

#[tokio::test]
async fn quarantined_content_is_deleted_for_good() {
    let protected = Protected::new(Environment::Sandbox).await;
    let (file, _) = protected.quarantine("action-1").await;
    let progress = protected.deprovisioned(RemovalMode::Everything, QuarantineDisposition::DeleteAll).await;
    assert_eq!(progress.exported_items, 0);
    assert_eq!(protected.documents(&file).await, 0);
    protected.is_as_before();
}

#[tokio::test]
async fn kept_components_go_on_standing_there_without_us() {
    let protected = Protected::new(Environment::Sandbox).await;
    let there = names(&protected.world.org);
    let progress =
        protected.deprovisioned(RemovalMode::KeepComponents, QuarantineDisposition::Unspecified).await;
    assert_eq!(names(&protected.world.org), there);
    assert!(progress.leftovers.len() > 10, "{:?}", progress.leftovers);
    assert_eq!(live_grants(&protected.world.org), 0);
    protected.admin.accounts().delete(&protected.account, "", false).await.expect("deleted");
}

#[tokio::test]
async fn a_local_end_asks_the_organisation_nothing() {
    let protected = Protected::new(Environment::Sandbox).await;
    let asked = api_requests(&protected.world.org);
    let progress = protected.deprovisioned(RemovalMode::LocalOnly, QuarantineDisposition::Unspecified).await;
    assert_eq!(api_requests(&protected.world.org), asked);
    assert_eq!(progress.api_calls, 0);
    assert!(progress.leftovers.iter().any(|leftover| leftover.kind == "Grant"), "{:?}", progress.leftovers);
}

#[tokio::test]
async fn a_provisioning_that_runs_is_halted_and_undone() {
    let world = World::new().await;
    world.prepare().await;
    let before = names(&world.org);
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    let provisioning = admin.accounts().provision(&account, &plan.etag).await.expect("started").name;
    // Something of ours is on its way into the organisation.
    let begun = async {
        loop {
            let now = admin.operations().get(&provisioning).await.expect("there");
            let progress: OperationMetadata = metadata(&now).expect("typed");
            if now.done || progress.steps[2].state() != StepState::Pending {
                break;
            }
        }
    };
    tokio::time::timeout(provision_tests::world::OPERATION_PATIENCE, begun).await.expect("it begins");
    let protected = Protected { world, admin, account, before };
    protected.deprovisioned(RemovalMode::Everything, QuarantineDisposition::Unspecified).await;
    let halted = protected.admin.operations().get(&provisioning).await.expect("there");
    let progress: OperationMetadata = metadata(&halted).expect("typed");
    assert!(halted.done && progress.cancel_requested, "{progress:#?}");
    protected.is_as_before();
}

#[tokio::test]
async fn without_a_grant_the_two_ways_out_are_named() {
    let protected = Protected::new(Environment::Sandbox).await;
    let org = protected.world.org.org();
    org.write().grants.grants.clear();
    org.write().grants.refresh_tokens.clear();
    org.write().sessions = Default::default();
    let asked = request(&protected.account, RemovalMode::Everything, QuarantineDisposition::DeleteAll);
    let begun = protected.admin.accounts().deprovision(asked).await.expect("accepted in every state");
    let failed = protected.admin.operations().wait_done(&begun.name, |_| {}).await.expect_err("no grant");
    assert_eq!(failed.reason(), "REAUTHORIZATION_REQUIRED");
    let said = failed.to_string();
    assert!(said.contains("authorise the account again") && said.contains("LOCAL_ONLY"), "{said}");
    let account = protected.admin.accounts().get(&protected.account).await.expect("there");
    assert_eq!(account.state(), ServiceAccountState::ActionRequired);
    assert_eq!(account.next_action.expect("somebody acts").action, "REAUTHORIZE_OR_DEPROVISION_LOCALLY");
    // Authorised again, it goes on where it stopped.
    let page =
        protected.world.allow(&protected.world.begin(&protected.admin, &protected.account).await).await;
    assert!(page.contains("Access granted"), "{page}");
    protected.deprovisioned(RemovalMode::Everything, QuarantineDisposition::DeleteAll).await;
    protected.is_as_before();
}

/// Larger than what Apex can hold, and not in the recycle bin any more.
#[tokio::test]
async fn large_content_that_left_the_recycle_bin_is_uploaded_again_once() {
    let protected = Protected::new(Environment::Sandbox).await;
    let org = &protected.world.org;
    let taken = quarantined_of(org, "large", 4_000_001, true).await;
    let documents = Rest::of(org).count("ContentDocument").await;
    // The answer of the upload is lost: it is found, and not made again.
    let create = "record-create:ContentVersion=answer-lost".parse().expect("a rule");
    org.faults().add(create);
    protected.deprovisioned(RemovalMode::Everything, QuarantineDisposition::RestoreAll).await;
    org.faults().verify().expect("the answer was lost");
    assert_eq!(protected.documents(&taken.document).await, 0, "its old id is gone for good");
    let rest = Rest::of(org);
    assert_eq!(rest.count("ContentDocument").await, documents + 1);
    let soql =
        "SELECT ContentDocumentId, Title FROM ContentVersion WHERE ContentSize = 4000001 AND IsLatest = true";
    let back = rest.row(soql).await;
    assert_eq!(back["Title"], "lamp.bin");
    let content = rest.content_of(back["ContentDocumentId"].as_str().expect("an id")).await;
    assert!(content == taken.content, "every byte is back");
    protected.is_as_before();
}

/// Somebody has changed a chunk: nothing is uploaded, nothing is removed, and the item is named.
#[tokio::test]
async fn large_content_that_is_damaged_is_named_and_keeps_everything_in_its_place() {
    let protected = Protected::new(Environment::Sandbox).await;
    let org = &protected.world.org;
    quarantined_of(org, "large", 1_500_000, true).await;
    let rest = Rest::of(org);
    let chunk = rest.row("SELECT Id FROM CAS_Quarantined_Chunk__c WHERE Index__c = 3").await;
    let id = chunk["Id"].as_str().expect("an id");
    rest.update("CAS_Quarantined_Chunk__c", id, json!({"Data__c": "AAAA"})).await;
    let documents = rest.count("ContentDocument").await;
    let there = names(org);
    let asked = request(&protected.account, RemovalMode::Everything, QuarantineDisposition::RestoreAll);
    let begun = protected.admin.accounts().deprovision(asked).await.expect("begun");
    let failed = protected.admin.operations().wait_done(&begun.name, |_| {}).await.expect_err("damaged");
    assert_eq!(failed.reason(), "QUARANTINE_ITEMS_REFUSED", "{failed}");
    let violations = failed.rejection().expect("typed").violations.clone();
    assert!(
        violations.iter().any(|v| v.description.contains("damaged") && v.description.contains("chunk 3"))
    );
    assert_eq!((rest.count("ContentDocument").await, names(org)), (documents, there));
    assert_eq!(rest.count("CAS_Quarantined_Item__c WHERE State__c = 'QUARANTINED'").await, 1);
}
