//! Writing an export: each item's content into a zip archive, the archive into sealed parts as it grows.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use provision_connector_sdk::{ConnectorFault, FaultClass, Quarantine, QuarantinedItem};
use provision_core::operation::{Export, Operation};
use provision_core::{Fault, Reason};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::dispose::{Refused, refused};
use super::removal_step::DISPOSE;
use super::survey::{Position, page};
use crate::drive::{Driver, Stop, Work};
use crate::export::{Index, PART_BYTES};

/// Items of one export.
const ITEMS_MAX: usize = 50_000;
/// Bytes of content of one export.
const CONTENT_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;
/// Bytes that are compressed before other tasks have their turn.
const SLICE_BYTES: usize = 256 * 1024;
/// Characters of a file's name in the archive.
const NAME_MAX: usize = 120;

/// What `manifest.json` says of an item.
#[derive(Serialize)]
struct Entry {
    /// Where its content is in the archive.
    path: String,
    id: String,
    remote_id: String,
    file_name: String,
    size: u64,
    sha256: String,
    source_object: String,
    source_id: String,
    reason: String,
    state: String,
    quarantine_time: Option<provision_core::Timestamp>,
}

#[derive(Serialize)]
struct Manifest<'a> {
    version: u32,
    operation: String,
    service_account: String,
    items: &'a [Entry],
}

/// An archive in the making.
struct Archive {
    zip: ZipWriter<StreamWriter<Buffer>>,
    /// What the archive has grown by and is in no part yet.
    grown: Buffer,
    index: Index,
    /// Artifact of the index that is stored.
    stored: Option<String>,
    entries: Vec<Entry>,
    content_bytes: u64,
}

/// Bytes that the archive is written into, and taken from.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self, bytes: usize) -> Vec<u8> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = bytes.min(buffer.len());
        let rest = buffer.split_off(kept);
        std::mem::replace(&mut *buffer, rest)
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Driver<'_> {
    /// Exports every item that is held; answers the records whose content the archive has. An archive that is complete
    /// stays as it is, one that was cut short is written anew.
    pub(super) async fn export(
        &self,
        work: &Work,
        operation: &Operation,
        quarantine: &dyn Quarantine,
        total: u64,
    ) -> Result<Vec<String>, Stop> {
        if let Some(export) = &operation.export {
            match self.context.load::<Index>(&export.artifact).await {
                Ok(index) if index.complete => return Ok(index.items),
                Ok(_) => {}
                // What it had may be gone from the organisation: it is not written anew with less.
                Err(fault) if export.items > 0 || fault.reason() != Reason::Internal => {
                    return Err(fault.into());
                }
                Err(fault) => {
                    tracing::warn!(operation = %self.name, ?fault, "an export that was cut short is written anew");
                }
            }
            self.context.forget_export(operation).await?;
            self.change(|operation| operation.export = None).await?;
        }
        let mut archive = Archive::new(self.name.clone());
        let mut damaged = Vec::new();
        let mut position: Option<Position> = None;
        while let Some((items, reached)) =
            self.looking(DISPOSE, || page(work.connector.as_ref(), &work.session, position.clone())).await?
        {
            for item in items.iter().filter(|item| item.held) {
                if let Some(reason) = self.export_item(work, quarantine, item, &mut archive).await? {
                    damaged.push(Refused::of(item, reason));
                }
                let done = archive.entries.len() as u64;
                self.report(DISPOSE, done, total.max(done), "exporting items", None).await?;
            }
            if reached.next.is_none() {
                break;
            }
            position = Some(reached);
        }
        if !damaged.is_empty() {
            let operation = self.load().await?;
            self.context.forget_export(&operation).await?;
            self.change(|operation| operation.export = None).await?;
            return Err(Stop::Failed(refused("exported", &damaged)));
        }
        self.finish_export(operation, archive).await
    }

    /// One item's content into the archive; answers what is wrong with it, if anything.
    async fn export_item(
        &self,
        work: &Work,
        quarantine: &dyn Quarantine,
        item: &QuarantinedItem,
        archive: &mut Archive,
    ) -> Result<Option<String>, Stop> {
        if archive.entries.len() >= ITEMS_MAX || archive.content_bytes > CONTENT_BYTES_MAX {
            return Err(Stop::Failed(Fault::new(
                Reason::TooLarge,
                "there is more quarantined content than one export takes; restore or delete some of it first",
            )));
        }
        let path = format!("content/{}/{}", plain(&item.remote_id), plain(&item.file_name));
        archive.begin(&path)?;
        let mut hash = Sha256::new();
        let mut size = 0u64;
        for piece in 0.. {
            let read = self
                .looking(DISPOSE, || async {
                    // Damage is this item's alone: the others are read on.
                    match quarantine.read(&work.session, item, piece).await {
                        Err(ConnectorFault { class: FaultClass::Rejected, fault }) => Ok(Err(fault)),
                        other => other.map(Ok),
                    }
                })
                .await?;
            let bytes = match read {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                Err(fault) => return Ok(Some(fault.message().to_owned())),
            };
            hash.update(&bytes);
            size += bytes.len() as u64;
            archive.content_bytes += bytes.len() as u64;
            if archive.content_bytes > CONTENT_BYTES_MAX {
                return Ok(Some("it does not fit into one export any more".to_owned()));
            }
            for slice in bytes.chunks(SLICE_BYTES) {
                archive.write(slice)?;
                tokio::task::yield_now().await;
            }
            self.store_parts(archive, PART_BYTES).await?;
        }
        let sha256 = hex::encode(hash.finalize());
        if size != item.size || (!item.sha256.is_empty() && !item.sha256.eq_ignore_ascii_case(&sha256)) {
            return Ok(Some(format!(
                "what is stored of it is not what was put there: {size} bytes, {sha256}"
            )));
        }
        archive.entries.push(Entry {
            path,
            id: item.id.clone(),
            remote_id: item.remote_id.clone(),
            file_name: item.file_name.clone(),
            size,
            sha256,
            source_object: item.source_object.clone(),
            source_id: item.source_id.clone(),
            reason: item.reason.clone(),
            state: item.state.clone(),
            quarantine_time: item.quarantine_time,
        });
        Ok(None)
    }

    async fn finish_export(&self, operation: &Operation, mut archive: Archive) -> Result<Vec<String>, Stop> {
        let manifest = Manifest {
            version: 1,
            operation: self.name.to_string(),
            service_account: operation.account.to_string(),
            items: &archive.entries,
        };
        let manifest = serde_json::to_vec_pretty(&manifest).map_err(Fault::internal_error)?;
        archive.begin("manifest.json")?;
        archive.write(&manifest)?;
        archive.end()?;
        self.store_parts(&mut archive, 1).await?;
        archive.index.items = archive.entries.iter().map(|entry| entry.remote_id.clone()).collect();
        archive.index.complete = true;
        self.store_index(&mut archive).await?;
        Ok(archive.index.items)
    }

    /// Stores full parts, for as long as there are at least so many bytes; each is named by the index before the next.
    async fn store_parts(&self, archive: &mut Archive, at_least: usize) -> Result<(), Stop> {
        while archive.grown.len() >= at_least.max(1) {
            let bytes = archive.grown.take(PART_BYTES);
            let part = self.context.put_part(self.name, archive.index.parts.len(), &bytes).await?;
            archive.index.parts.push(part);
            self.store_index(archive).await?;
        }
        Ok(())
    }

    async fn store_index(&self, archive: &mut Archive) -> Result<(), Stop> {
        let artifact = self.context.save(&archive.index).await?;
        let complete = archive.index.complete;
        let items = if complete { archive.entries.len() as u64 } else { 0 };
        let export = Export { artifact: artifact.clone(), items, bytes: archive.content_bytes };
        self.change(|operation| operation.export = Some(export.clone())).await?;
        if let Some(before) = archive.stored.replace(artifact.clone()).filter(|before| *before != artifact) {
            self.context.remove_artifact(&before).await?;
        }
        Ok(())
    }
}

impl Archive {
    fn new(operation: provision_core::OperationName) -> Archive {
        let grown = Buffer::default();
        Archive {
            zip: ZipWriter::new_stream(grown.clone()),
            grown,
            index: Index { operation, parts: Vec::new(), items: Vec::new(), complete: false },
            stored: None,
            entries: Vec::new(),
            content_bytes: 0,
        }
    }

    fn begin(&mut self, path: &str) -> Result<(), Fault> {
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
        self.zip.start_file(path, options).map_err(Fault::internal_error)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.zip.write_all(bytes).map_err(Fault::internal_error)
    }

    /// Writes the archive's directory.
    fn end(&mut self) -> Result<(), Fault> {
        let next = ZipWriter::new_stream(Buffer::default());
        std::mem::replace(&mut self.zip, next).finish().map_err(Fault::internal_error)?;
        Ok(())
    }
}

/// A name that means nothing to a file system: no separators, no control characters, no leading dot.
fn plain(name: &str) -> String {
    let allowed = |c: char| !c.is_control() && !r#"/\:*?"<>|"#.contains(c);
    let plain: String = name.chars().map(|c| if allowed(c) { c } else { '_' }).take(NAME_MAX).collect();
    let plain = plain.trim_start_matches('.').trim().to_owned();
    if plain.is_empty() { "unnamed".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(plain("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(plain(".."), "unnamed");
        assert_eq!(plain("a\u{0}b:c"), "a_b_c");
        assert_eq!(plain("Bericht – März.pdf"), "Bericht – März.pdf");
    }
}
