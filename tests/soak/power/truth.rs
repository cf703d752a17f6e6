//! What the store held at each of its revisions, and what an image of its disk must therefore hold.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use provision_store::artifact::{ArtifactRef, ArtifactStore};
use provision_store::engine::journal::{JournalOptions, JournalStore};
use provision_store::{Change, Changes, Key, Prefix, Revision, Store, read_all};

use super::workload::Acknowledged;

/// Every commit there was.
pub struct Truth {
    commits: Vec<Changes>,
    /// Bytes of notes and revision of what was acknowledged, both growing.
    acknowledged: Vec<(u64, Revision)>,
}

type Held = BTreeMap<Key, Bytes>;

impl Truth {
    /// Reads the history that the store itself holds.
    pub async fn read(store: &Path, acknowledged: &[Acknowledged]) -> Result<Self, String> {
        let store =
            JournalStore::open(store, JournalOptions::default()).await.map_err(|error| error.to_string())?;
        let last = store.revision().await.map_err(|error| error.to_string())?;
        let mut watch = store.watch(&Prefix::all(), Revision(1)).await.map_err(|error| error.to_string())?;
        let mut commits: Vec<Changes> = Vec::new();
        while commits.last().is_none_or(|commit| commit.revision < last) {
            commits.push(watch.next().await.map_err(|error| error.to_string())?);
        }
        store.close().await;
        let mut told: Vec<(u64, Revision)> = Vec::new();
        for write in acknowledged {
            let found =
                commits.iter().find(|commit| commit.changes.iter().any(|change| names(change, &write.text)));
            let commit = found.ok_or_else(|| format!("{} was acknowledged and never stored", write.text))?;
            let newest = told.last().map_or(Revision::ZERO, |(_, revision)| *revision);
            told.push((write.notes, commit.revision.max(newest)));
        }
        Ok(Self { commits, acknowledged: told })
    }

    pub fn commits(&self) -> usize {
        self.commits.len()
    }

    /// What is wrong with the data directory of a machine whose power went after so many bytes of notes; `None`: nothing.
    pub async fn judge(&self, data: &Path, notes: u64) -> Result<(), String> {
        let required = self.acknowledged.iter().rev().find(|(at, _)| *at <= notes);
        let required = required.map_or(Revision::ZERO, |(_, revision)| *revision);
        let store = JournalStore::open(data.join("store"), JournalOptions::default())
            .await
            .map_err(|error| format!("the store does not open: {error}"))?;
        let snapshot =
            read_all(&store, &Prefix::all(), usize::MAX).await.map_err(|error| error.to_string())?;
        let found: Held =
            snapshot.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        store.close().await;
        if snapshot.revision < required {
            return Err(format!("revision {required} was acknowledged, {} is there", snapshot.revision));
        }
        let expected = self.at(snapshot.revision);
        if let Some(key) =
            expected.keys().chain(found.keys()).find(|key| expected.get(*key) != found.get(*key))
        {
            return Err(format!("{key} is not what it was at revision {}", snapshot.revision));
        }
        self.artifacts(&data.join("artifacts"), &found).await
    }

    /// A name is committed after what it names.
    async fn artifacts(&self, folder: &Path, held: &Held) -> Result<(), String> {
        let references: Vec<ArtifactRef> = held.values().flat_map(|value| references(value)).collect();
        if references.is_empty() {
            return Ok(());
        }
        let artifacts = ArtifactStore::open(folder).map_err(|error| error.to_string())?;
        for reference in references {
            artifacts.get(&reference).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn at(&self, revision: Revision) -> Held {
        let mut held = Held::new();
        for commit in self.commits.iter().take_while(|commit| commit.revision <= revision) {
            for change in &commit.changes {
                match change {
                    Change::Put(entry) => held.insert(entry.key.clone(), entry.value.clone()),
                    Change::Delete { key, .. } => held.remove(key),
                };
            }
        }
        held
    }
}

fn names(change: &Change, text: &str) -> bool {
    match change {
        Change::Put(entry) => {
            entry.key.as_str().contains(text)
                || entry.value.windows(text.len()).any(|window| window == text.as_bytes())
        }
        Change::Delete { .. } => false,
    }
}

fn references(value: &[u8]) -> Vec<ArtifactRef> {
    let text = String::from_utf8_lossy(value);
    text.match_indices("sha256:")
        .filter_map(|(at, _)| text[at..].split(['"', ' ', ',']).next()?.parse().ok())
        .collect()
}
