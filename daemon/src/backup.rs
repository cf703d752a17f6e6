//! Backup of a data directory, also of one that a daemon is at work on, and the way back.
//!
//! A backup is the store at one revision, and the artifacts beside it. The key file is no part of it: whoever has both
//! has the refresh tokens.

mod named;
mod place;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use provision_connector_sdk::file;
use provision_core::ports::Clock as _;
use provision_store::artifact::{ArtifactError, ArtifactRef, ArtifactStore};
use provision_store::engine::journal::{self, JournalOptions, JournalStore, OpenError};
use provision_store::record::{
    self, NotificationCounter, Record as _, RecordError, RecordKey, RestoreMarker,
};
use provision_store::{Entry, Store as _, Txn};
use serde::{Deserialize, Serialize};

use crate::environment::SystemClock;
use named::{artifact_key, key_ids, references};
use place::{outside, publish, room_beside, vacant, write_synced};

/// Format of the file that describes a backup.
const FORMAT: u32 = 1;
/// Its name.
const MANIFEST: &str = "backup.json";
/// Largest file of that name.
const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;
/// How far revisions and the sequences of notifications leap at a restore: farther than a daemon comes between a backup
/// and its loss, so that no token or sequence of that time stands for something else.
const LEAP: u64 = 1_000_000_000;
/// How often a backup begins anew because artifacts that it names were removed meanwhile.
const ATTEMPTS_MAX: usize = 5;
/// Commits of a restore hold so many records each.
const RECORDS_A_COMMIT: usize = 64;

/// What a backup holds, as its own file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Of the daemon that made it.
    pub version: String,
    pub create_time: String,
    /// Of the store.
    pub revision: u64,
    pub entries: u64,
    pub artifacts: u64,
    /// Of the artifacts.
    pub bytes: u64,
    /// Ids of the keys that open what is sealed in the store and among the artifacts.
    pub key_ids: BTreeSet<String>,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("engine \"memory\" keeps nothing that could be backed up or restored")]
    Memory,
    #[error("{} is not empty; name a directory that is empty or not there yet", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} lies inside the data directory {}; whoever loses the one loses the other", .to.display(), .data.display())]
    Inside { to: PathBuf, data: PathBuf },
    #[error("{} is no backup: {reason}", .dir.display())]
    NoBackup { dir: PathBuf, reason: String },
    #[error("the backup in {} has format {found}, made by a newer release; this one reads up to {FORMAT}", .dir.display())]
    Newer { dir: PathBuf, found: u32 },
    #[error("the key file lacks what the backup was sealed with: {}; put these lines back into it first", .0.join(", "))]
    Keys(Vec<String>),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("the restored store takes no commit: {0}")]
    Commit(String),
    #[error("{action} {}", .path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
}

/// Backs up the data directory `data` into `to`, which appears only once it is whole.
pub async fn back_up(data: &Path, to: &Path) -> Result<Manifest, BackupError> {
    vacant(to)?;
    outside(data, to)?;
    let room = room_beside(to)?;
    let mut attempt = 1;
    let manifest = loop {
        let work = room.path().join(attempt.to_string());
        match collect(data, &work).await {
            Ok(manifest) => {
                publish(&work, to)?;
                break manifest;
            }
            Err(BackupError::Artifact(ArtifactError::Missing { .. })) if attempt < ATTEMPTS_MAX => {
                attempt += 1
            }
            Err(error) => return Err(error),
        }
    };
    Ok(manifest)
}

/// Puts the backup in `from` into `data`, which must be empty or absent and appears only once it is whole. `keys` says
/// whether the key file has the key of an id.
pub async fn restore(from: &Path, data: &Path, keys: impl Fn(&str) -> bool) -> Result<Manifest, BackupError> {
    let manifest = described(from)?;
    let missing: Vec<String> = manifest.key_ids.iter().filter(|id| !keys(id)).cloned().collect();
    if !missing.is_empty() {
        return Err(BackupError::Keys(missing));
    }
    vacant(data)?;
    let room = room_beside(data)?;
    let work = room.path().join("data");
    let (source, target) = (from.join("store"), work.join("store"));
    let restored = blocking(move || journal::restore(&source, &target, LEAP)).await?;
    let artifacts =
        copy_artifacts(&from.join("artifacts"), &work.join("artifacts"), &restored.entries).await?;
    let key_ids = key_ids(&restored.entries).into_iter().chain(artifacts.key_ids).collect();
    let found = Manifest {
        revision: restored.revision.0.saturating_sub(LEAP),
        entries: restored.entries.len() as u64,
        artifacts: artifacts.count,
        bytes: artifacts.bytes,
        key_ids,
        ..manifest.clone()
    };
    if found != manifest {
        let reason = format!("{MANIFEST} tells of another content than there is");
        return Err(BackupError::NoBackup { dir: from.to_owned(), reason });
    }
    let store = JournalStore::open(work.join("store"), JournalOptions::default()).await?;
    mark(&store, &restored.entries).await?;
    store.close().await;
    publish(&work, data)?;
    Ok(manifest)
}

/// Store first, artifacts after it: an artifact is there before the store names it.
async fn collect(data: &Path, work: &Path) -> Result<Manifest, BackupError> {
    let (source, target) = (data.join("store"), work.join("store"));
    let copied = blocking(move || journal::copy(&source, &target)).await?;
    let artifacts = copy_artifacts(&data.join("artifacts"), &work.join("artifacts"), &copied.entries).await?;
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        create_time: SystemClock.now().to_rfc3339(),
        revision: copied.revision.0,
        entries: copied.entries.len() as u64,
        artifacts: artifacts.count,
        bytes: artifacts.bytes,
        key_ids: key_ids(&copied.entries).into_iter().chain(artifacts.key_ids).collect(),
    };
    let path = work.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| BackupError::Io {
        action: "writing",
        path: path.clone(),
        source: error.into(),
    })?;
    write_synced(&path, text.as_bytes())?;
    Ok(manifest)
}

/// Artifacts that were copied.
#[derive(Default)]
struct Artifacts {
    count: u64,
    bytes: u64,
    /// Of the keys that open what is sealed among them.
    key_ids: BTreeSet<String>,
}

/// Copies all artifacts, each verified by its hash, and demands that all are there which the entries name.
async fn copy_artifacts(from: &Path, to: &Path, entries: &[Entry]) -> Result<Artifacts, BackupError> {
    let (folder, target) = (from.to_owned(), to.to_owned());
    let (listed, copies) = blocking(move || {
        Ok::<_, ArtifactError>((ArtifactStore::list(&folder)?, ArtifactStore::open(&target)?))
    })
    .await?;
    let named: BTreeSet<String> = entries.iter().flat_map(|entry| references(&entry.value)).collect();
    if listed.is_empty() && named.is_empty() {
        return Ok(Artifacts::default());
    }
    let originals = ArtifactStore::look(from)?;
    let (mut copied, mut artifacts) = (BTreeSet::new(), Artifacts::default());
    for reference in listed {
        match originals.get(&reference).await {
            Ok(content) => {
                artifacts.bytes += content.len() as u64;
                artifacts.key_ids.extend(artifact_key(&content));
                copies.put(content).await?;
                copied.insert(reference.to_string());
            }
            // Removed since: then nothing may name it.
            Err(ArtifactError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match named.iter().find(|name| !copied.contains(*name)).map(|name| name.parse::<ArtifactRef>()) {
        Some(Ok(reference)) => Err(ArtifactError::Missing { reference }.into()),
        _ => Ok(Artifacts { count: copied.len() as u64, ..artifacts }),
    }
}

/// No grant is used before it was looked at, and no sequence of a notification comes twice.
async fn mark(store: &JournalStore, entries: &[Entry]) -> Result<(), BackupError> {
    let mut puts = vec![(
        RecordKey::restore_marker(),
        record::encode(&RestoreMarker { restore_time: SystemClock.now() })?,
    )];
    let counter = NotificationCounter::KIND;
    for entry in entries {
        match record::decode::<NotificationCounter>(&entry.value) {
            Ok(found) => {
                let leapt = NotificationCounter { last: found.last.saturating_add(LEAP) };
                puts.push((entry.key.clone(), record::encode(&leapt)?));
            }
            Err(RecordError::TooNew { kind, found, known }) if kind == counter => {
                return Err(RecordError::TooNew { kind, found, known }.into());
            }
            // Another record.
            Err(_) => {}
        }
    }
    for some in puts.chunks(RECORDS_A_COMMIT) {
        let txn = some.iter().fold(Txn::new(), |txn, (key, value)| txn.put(key.clone(), value.clone()));
        store.commit(txn).await.map_err(|error| BackupError::Commit(error.to_string()))?;
    }
    Ok(())
}

/// Reads what a backup says of itself.
fn described(dir: &Path) -> Result<Manifest, BackupError> {
    let no_backup = |reason: String| BackupError::NoBackup { dir: dir.to_owned(), reason };
    let path = dir.join(MANIFEST);
    let text = file::read_text(&path, MANIFEST_BYTES_MAX)
        .map_err(|error| no_backup(format!("{MANIFEST}: {error}")))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| no_backup(format!("{MANIFEST}: {error}")))?;
    let format = value["format"].as_u64().and_then(|format| u32::try_from(format).ok());
    match format {
        Some(found) if found > FORMAT => Err(BackupError::Newer { dir: dir.to_owned(), found }),
        _ => {
            let manifest: Manifest =
                serde_json::from_value(value).map_err(|error| no_backup(format!("{MANIFEST}: {error}")))?;
            chrono::DateTime::parse_from_rfc3339(&manifest.create_time)
                .map_err(|error| no_backup(format!("{MANIFEST}: create_time: {error}")))?;
            Ok(manifest)
        }
    }
}

async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, BackupError>
where
    T: Send + 'static,
    E: Send + 'static,
    BackupError: From<E>,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(BackupError::Commit(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
