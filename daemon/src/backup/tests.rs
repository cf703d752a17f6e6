use provision_store::Key;

use super::*;

/// Sealed by a key that seals nothing in the store.
const SEALED_ARTIFACT: &str = r#"{"key_id":"k3","wrapped_key":"x","nonce":"","ciphertext":""}"#;

/// A data directory with a counter, a sealed value, an artifact with its name, and a sealed one.
async fn data(dir: &Path) -> ArtifactRef {
    let store = JournalStore::open(dir.join("store"), JournalOptions::default()).await.expect("opened");
    let artifacts = ArtifactStore::open(&dir.join("artifacts")).expect("opened");
    let reference = artifacts.put("content".into()).await.expect("put");
    artifacts.put(SEALED_ARTIFACT.into()).await.expect("put");
    let key = |text: &str| Key::new(text).expect("valid");
    let counter = record::encode(&NotificationCounter { last: 7 }).expect("encoded");
    let sealed = r#"{"data":{"tokens":{"key_id":"k1","wrapped_key":"x","nonce":"","ciphertext":""},
        "text":"{\"key_id\":\"k2\",\"wrapped_key\":\"x\"}"}}"#;
    let tenant = "acme".parse().expect("valid");
    let txn = Txn::new()
        .put(RecordKey::notification_counter(&tenant), counter)
        .put(key("sealed"), sealed)
        .put(key("plan/x"), format!(r#"{{"data":{{"artifact":"{reference}"}}}}"#));
    store.commit(txn).await.expect("committed");
    store.close().await;
    reference
}

#[tokio::test]
async fn what_was_backed_up_comes_back_marked_and_leapt() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to, back) = (dir.path().join("data"), dir.path().join("backup"), dir.path().join("back"));
    let reference = data(&from).await;
    let manifest = back_up(&from, &to).await.expect("backed up");
    let bytes = 7 + SEALED_ARTIFACT.len() as u64;
    assert_eq!((manifest.entries, manifest.artifacts, manifest.bytes), (3, 2, bytes));
    assert_eq!(manifest.key_ids, BTreeSet::from(["k1", "k2", "k3"].map(str::to_owned)));
    assert!(matches!(back_up(&from, &to).await, Err(BackupError::NotEmpty(_))));

    let lacking = restore(&to, &back, |id| id == "k1").await.expect_err("a key is missing");
    assert!(lacking.to_string().contains("k2, k3"), "{lacking}");
    assert_eq!(restore(&to, &back, |_| true).await.expect("restored"), manifest);
    assert!(matches!(restore(&to, &back, |_| true).await, Err(BackupError::NotEmpty(_))));

    let store = JournalStore::open(back.join("store"), JournalOptions::default()).await.expect("opened");
    assert!(store.revision().await.expect("read").0 > LEAP);
    let get = async |key| store.get(&key).await.expect("read").expect("there").value;
    record::decode::<RestoreMarker>(&get(RecordKey::restore_marker()).await).expect("the marker");
    let tenant = "acme".parse().expect("valid");
    let counter: NotificationCounter =
        record::decode(&get(RecordKey::notification_counter(&tenant)).await).expect("the counter");
    assert_eq!(counter.last, 7 + LEAP);
    let artifacts = ArtifactStore::open(&back.join("artifacts")).expect("opened");
    assert_eq!(artifacts.get(&reference).await.expect("there"), "content");
    // Nothing half-done is left beside them.
    assert_eq!(std::fs::read_dir(dir.path()).expect("read").count(), 3);
}

#[tokio::test]
async fn damage_is_named_and_nothing_appears() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to, back) = (dir.path().join("data"), dir.path().join("backup"), dir.path().join("back"));
    let reference = data(&from).await;
    let name = hex::encode(reference.sha256);
    let artifact = |root: &Path| root.join("artifacts/sha256").join(&name[..2]).join(&name);

    std::fs::write(artifact(&from), "contenu").expect("written");
    let refused = back_up(&from, &to).await.expect_err("damaged");
    assert!(refused.to_string().contains("damaged"), "{refused}");
    std::fs::remove_file(artifact(&from)).expect("removed");
    let refused = back_up(&from, &to).await.expect_err("missing");
    assert!(refused.to_string().contains(&name), "{refused}");
    assert!(!to.exists());

    std::fs::write(artifact(&from), "content").expect("written");
    back_up(&from, &to).await.expect("backed up");
    let refused = restore(dir.path(), &back, |_| true).await.expect_err("no backup");
    assert!(matches!(refused, BackupError::NoBackup { .. }), "{refused}");
    let mut journal =
        std::fs::read_dir(to.join("store")).expect("read").map(|file| file.expect("a file").path());
    let journal = journal.find(|path| path.to_string_lossy().contains("journal-")).expect("the journal");
    let mut bytes = std::fs::read(&journal).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&journal, bytes).expect("written");
    let refused = restore(&to, &back, |_| true).await.expect_err("damaged");
    assert!(matches!(refused, BackupError::Store(_)), "{refused}");
    assert!(!back.exists());
}

#[tokio::test]
async fn a_backup_that_tells_of_something_else_is_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let (from, to, back) = (dir.path().join("data"), dir.path().join("backup"), dir.path().join("back"));
    data(&from).await;
    let manifest = back_up(&from, &to).await.expect("backed up");
    let others = [
        Manifest { revision: manifest.revision + 1, ..manifest.clone() },
        Manifest { entries: 2, ..manifest.clone() },
        Manifest { artifacts: 3, ..manifest.clone() },
        Manifest { bytes: 0, ..manifest.clone() },
        Manifest { key_ids: BTreeSet::new(), ..manifest.clone() },
        Manifest { create_time: "2026-11-65T00:00:00Z".to_owned(), ..manifest.clone() },
    ];
    for other in others {
        let text = serde_json::to_string(&other).expect("JSON");
        std::fs::write(to.join(MANIFEST), text).expect("written");
        let refused = restore(&to, &back, |_| true).await.expect_err("another content");
        assert!(matches!(refused, BackupError::NoBackup { .. }), "{other:?}: {refused}");
        assert!(!back.exists());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_does_not_lie_in_what_it_backs_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let from = dir.path().join("data");
    data(&from).await;
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&from, &link).expect("linked");
    for to in [from.join("backup"), from.join("deep/er/backup"), link.join("backup")] {
        let refused = back_up(&from, &to).await.expect_err("inside");
        assert!(matches!(refused, BackupError::Inside { .. }), "{refused}");
        assert!(!to.exists());
    }
    let refused = back_up(&link, &from.join("backup")).await.expect_err("inside");
    assert!(matches!(refused, BackupError::Inside { .. }), "{refused}");
}

#[tokio::test]
async fn a_newer_backup_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join(MANIFEST), r#"{"format": 2, "more": true}"#).expect("written");
    let refused = restore(dir.path(), &dir.path().join("back"), |_| true).await.expect_err("newer");
    assert!(matches!(refused, BackupError::Newer { found: 2, .. }), "{refused}");
}
