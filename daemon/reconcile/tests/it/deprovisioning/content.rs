use std::io::Read as _;

use provision_core::account::Phase;
use provision_core::operation::{Disposition, Operation, OperationState, RemovalMode};
use provision_core::ports::{Accounts as _, ListQuery, Operations};
use provision_core::{Reason, Result};
use provision_reconcile::SealedThings;

use crate::world::{Crash, Life, World, account_name, by};

async fn with_content(items: &[(&str, &str)]) -> (World, Life) {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    for (id, content) in items {
        world.application.state().put_into_quarantine(id, content);
    }
    (world, life)
}

const ITEMS: [(&str, &str); 3] = [("1", "one"), ("2", "two is longer than a piece"), ("3", "")];

async fn archive(life: &Life, operation: &Operation) -> Result<Vec<u8>> {
    let mut reader = life.plane.read_export(&account_name(), &operation.name).await?;
    let total = reader.total_bytes();
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next().await? {
        assert!((1..=256 * 1024).contains(&piece.len()));
        bytes.extend(piece);
    }
    assert_eq!(bytes.len() as u64, total);
    Ok(bytes)
}

#[tokio::test]
async fn nothing_is_removed_while_nobody_says_what_becomes_of_content() {
    let (world, life) = with_content(&ITEMS).await;
    let fault = life.deprovision(RemovalMode::Everything, None).await.expect_err("not empty");
    assert_eq!(fault.reason(), Reason::QuarantineNotEmpty);
    assert_eq!(fault.metadata()["count"], "3");
    let account = life.account().await;
    assert_eq!((account.phase, account.current_operation), (Phase::Active, None));
    assert_eq!(world.application.state().there().len(), 4);
    life.end().await;
}

#[tokio::test]
async fn restored_content_is_back_before_anything_is_removed() {
    let (world, life) = with_content(&ITEMS).await;
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::RestoreAll)).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    {
        let state = world.application.state();
        assert!(
            ITEMS.iter().all(|(id, _)| state.disposed[&format!("restored {id}")] == 1),
            "{:?}",
            state.disposed
        );
        assert_eq!((state.disposed.len(), state.there().len()), (3, 0));
    }
    life.end().await;
}

#[tokio::test]
async fn deleted_content_is_gone_and_one_that_refuses_keeps_nobody() {
    let (world, life) = with_content(&ITEMS).await;
    world.application.state().quarantine[1].refuses = Some("locked".into());
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::DeleteAll)).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(world.application.state().disposed.len(), 2);
    life.end().await;
}

#[tokio::test]
async fn what_cannot_be_restored_is_named_and_nothing_is_removed() {
    let (world, life) = with_content(&ITEMS).await;
    world.application.state().quarantine[1].refuses = Some("its record is gone".into());
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::RestoreAll)).await;
    assert_eq!(ended.failure.expect("failed").reason, Reason::QuarantineItemsRefused);
    assert_eq!(ended.failure_violations.len(), 1);
    assert_eq!(ended.failure_violations[0].subject, "2");
    assert!(ended.failure_violations[0].description.contains("its record is gone"));
    assert_eq!(world.application.state().there().len(), 4);
    assert_eq!(world.application.state().disposed.len(), 2, "the others are back");
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::Export)).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(ended.export.as_ref().expect("exported").items, 1);
    life.end().await;
}

#[tokio::test]
async fn an_export_has_every_item_and_tells_what_it_is() {
    let (world, life) = with_content(&ITEMS).await;
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::Export)).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(ended.export.as_ref().expect("exported").items, 3);
    assert_eq!(world.application.state().disposed.len(), 3, "deleted in the organisation");

    let bytes = archive(&life, &ended).await.expect("read");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip archive");
    let mut read = |path: &str| {
        let mut content = String::new();
        zip.by_name(path).expect("it is in the archive").read_to_string(&mut content).expect("text");
        content
    };
    let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).expect("JSON");
    assert_eq!(manifest["items"].as_array().expect("items").len(), 3);
    for (item, (id, content)) in manifest["items"].as_array().expect("items").iter().zip(ITEMS) {
        assert_eq!(item["remote_id"], id);
        assert_eq!(item["source_object"], "A");
        assert_eq!(item["file_name"], format!("../{id}.txt"));
        let path = item["path"].as_str().expect("a path");
        assert!(!path.contains(".."), "{path}");
        assert_eq!(read(path), content);
    }
    let none = life
        .plane
        .read_export(&"tenants/acme/serviceAccounts/other".parse().expect("valid"), &ended.name)
        .await;
    assert_eq!(none.err().expect("another account's").reason(), Reason::ResourceNotFound);
    life.end().await;
}

#[tokio::test]
async fn a_large_export_is_kept_sealed_and_in_parts_and_goes_with_its_operation() {
    use rand::Rng as _;
    let (world, life) = with_content(&[]).await;
    // Cannot be compressed, so that there are several parts.
    let large: String =
        rand::rng().sample_iter(rand::distr::Alphanumeric).take(6 << 20).map(char::from).collect();
    world.application.state().piece_bytes = 1 << 20;
    world.application.state().put_into_quarantine("1", &format!("planted{large}"));
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::Export)).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    let bytes = archive(&life, &ended).await.expect("read");
    assert!(bytes.len() > 4 << 20, "{} bytes", bytes.len());
    assert!(world.artifacts().len() > 2, "parts: {:?}", world.artifacts().len());
    for file in world.artifacts() {
        let stored = std::fs::read(file).expect("read");
        assert!(!stored.windows(7).any(|part| part == b"planted"));
    }
    let before = world.artifacts().len();
    provision_core::ports::Operations::delete(&life.plane, by("admin"), &ended.name).await.expect("deleted");
    assert!(world.artifacts().len() <= before - 3, "the parts and their index are gone");
    life.end().await;
}

#[tokio::test]
async fn an_old_export_is_removed() {
    let (world, life) = with_content(&ITEMS).await;
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::Export)).await;
    archive(&life, &ended).await.expect("read");
    let before = world.artifacts().len();
    world.clock.advance(31 * 24 * 3600);
    life.reap().await;
    let fault = archive(&life, &ended).await.expect_err("gone");
    assert_eq!(fault.reason(), Reason::ResourceNotFound);
    assert_eq!(world.artifacts().len(), before - 2, "a part and the index are gone");
    life.end().await;
}

#[tokio::test]
async fn the_key_of_an_export_is_needed_for_as_long_as_the_export_is_kept() {
    let (world, life) = with_content(&ITEMS).await;
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::Export)).await;
    world.keys.set(&["k2", "k1"]);
    let sealed = life.broker.reseal().await.expect("sealed anew");
    let parts = SealedThings { export_parts: 1, ..SealedThings::default() };
    assert_eq!(sealed.get("k1"), Some(&parts), "{sealed:?}");
    assert!(parts.to_string().contains("30 days"), "{parts}");
    archive(&life, &ended).await.expect("the older key opens it");

    world.keys.set(&["k2"]);
    let fault = archive(&life, &ended).await.expect_err("its key is not at hand");
    assert_eq!(fault.reason(), Reason::StoreUnavailable);
    assert_eq!(life.broker.sealed_by().await.expect("counted").get("k1"), Some(&parts));

    world.clock.advance(31 * 24 * 3600);
    life.reap().await;
    assert_eq!(life.broker.sealed_by().await.expect("counted").get("k1"), None);
    life.end().await;
}

/// The daemon dies while it writes an export, and again after it has removed what the first one left, before it stored
/// that it did.
#[tokio::test]
async fn an_export_that_is_cut_short_twice_is_written_anew() {
    for point in 0..1_000 {
        let (world, life) = with_content(&ITEMS).await;
        life.end().await;
        let crash = Crash::after(point);
        let victim = world.live(crash.clone()).await;
        tokio::select! {
            ended = victim.deprovisioned(RemovalMode::Everything, Some(Disposition::Export)) => {
                panic!("no export was cut short: {ended:?}")
            }
            () = crash.dead.cancelled() => {}
        }
        victim.end().await;
        let next = world.live(Crash::never()).await;
        let query = ListQuery { page_size: 100, after: None, filter: Default::default() };
        let all = Operations::list(&next.plane, &account_name().tenant, query).await.expect("listed").items;
        let unfinished = |operation: &Operation| operation.export.as_ref().is_some_and(|e| e.items == 0);
        if let Some(operation) =
            all.into_iter().find(|operation| !operation.is_done() && unfinished(operation))
        {
            let index = index_of(&world, &operation);
            std::fs::remove_file(index).expect("removed");
            next.runtime.recover().await.expect("recovered");
            let ended = next.done(&operation.name).await.expect("done");
            assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
            assert_eq!(ended.export.as_ref().expect("exported").items, 3);
            archive(&next, &ended).await.expect("read");
            next.end().await;
            return;
        }
        next.end().await;
    }
}

fn index_of(world: &World, operation: &Operation) -> std::path::PathBuf {
    let artifact = &operation.export.as_ref().expect("exported").artifact;
    let hash = artifact.trim_start_matches("sha256:").split('/').next().expect("a hash");
    world.artifacts().into_iter().find(|file| file.ends_with(hash)).expect("the index")
}

#[tokio::test]
async fn an_export_whose_index_is_damaged_keeps_nothing_else_from_being_swept() {
    let (world, life) = with_content(&ITEMS).await;
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::Export)).await;
    let index = index_of(&world, &ended);
    let mut bytes = std::fs::read(&index).expect("read");
    bytes[10] ^= 1;
    std::fs::write(&index, bytes).expect("damaged");
    let fault = archive(&life, &ended).await.expect_err("damaged");
    assert_eq!(fault.reason(), Reason::Internal);
    life.broker.sealed_by().await.expect("what is damaged is sealed by nothing");

    world.clock.advance(31 * 24 * 3600);
    life.reap().await;
    let gone = archive(&life, &ended).await.expect_err("swept");
    assert_eq!(gone.reason(), Reason::ResourceNotFound);
    assert!(!index.exists());
    life.end().await;
}

#[tokio::test]
async fn damaged_content_stops_an_export_before_anything_is_deleted() {
    let (world, life) = with_content(&ITEMS).await;
    world.application.state().quarantine[1].damaged = true;
    world.application.state().quarantine[0].sha256 = "00".into();
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::Export)).await;
    assert_eq!(ended.failure.expect("failed").reason, Reason::QuarantineItemsRefused);
    let named: Vec<_> = ended.failure_violations.iter().map(|v| v.subject.as_str()).collect();
    assert_eq!(named, ["1", "2"]);
    assert_eq!(ended.export, None);
    assert!(world.application.state().disposed.is_empty());
    assert_eq!(world.application.state().there().len(), 4);
    life.end().await;
}
