//! Exported quarantined content: a zip archive, cut into sealed parts that are artifacts of their own. An index, which is
//! an artifact too, names them; the operation names the index.
//!
//! Nobody ever holds a whole archive in memory, neither the writer nor a reader.

use provision_core::operation::Operation;
use provision_core::{Fault, OperationName, Result};
use provision_store::artifact::{ArtifactError, ArtifactRef, SealError, Sealer};
use provision_store::record::Sealed;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::inventory::artifact_fault;
use crate::seal::Envelope;

/// Bytes of the archive in one part, but for the last.
pub(crate) const PART_BYTES: usize = 4 * 1024 * 1024;

/// The parts of an archive, in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Index {
    /// Whose archive it is; no two operations have the same index.
    pub operation: OperationName,
    pub parts: Vec<Part>,
    /// Records in the organisation whose content is in the archive; filled with its end.
    pub items: Vec<String>,
    /// False while it is being written: what was cut short is written anew.
    pub complete: bool,
}

/// A part of an archive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    pub artifact: String,
    /// Of the archive.
    pub bytes: u64,
    /// Id of the key that seals it. Indexes of earlier releases do not have it; the part itself does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

impl Index {
    /// Of the whole archive.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

impl Sealer for Envelope {
    fn seal(&self, plaintext: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
        let sealed = Envelope::seal(self, place(context)?, plaintext).map_err(seal_error)?;
        serde_json::to_vec(&sealed).map_err(seal_error)
    }

    fn unseal(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
        let sealed: Sealed = serde_json::from_slice(sealed).map_err(seal_error)?;
        let opened = self.open(place(context)?, &sealed).map_err(seal_error)?;
        Ok(opened.expose_secret().clone())
    }
}

fn place(context: &[u8]) -> Result<&str, SealError> {
    std::str::from_utf8(context).map_err(seal_error)
}

fn seal_error(error: impl std::fmt::Display) -> SealError {
    SealError { reason: error.to_string() }
}

/// A part opens as that part of that operation's archive alone.
fn context_of(operation: &OperationName, number: usize) -> Vec<u8> {
    format!("quarantine export of {operation}, part {number}").into_bytes()
}

impl Context {
    /// Seals and stores a part; durable when it returns.
    pub(crate) async fn put_part(
        &self,
        operation: &OperationName,
        number: usize,
        bytes: &[u8],
    ) -> Result<Part> {
        let context = context_of(operation, number);
        let sealed = self.envelope.seal(place(&context).map_err(Fault::internal_error)?, bytes)?;
        let stored = serde_json::to_vec(&sealed).map_err(Fault::internal_error)?;
        let artifact = self.artifacts.put(stored.into()).await.map_err(artifact_fault)?;
        Ok(Part { artifact: artifact.to_string(), bytes: bytes.len() as u64, key_id: Some(sealed.key_id) })
    }

    /// Id of the key that seals a part.
    async fn key_of(&self, part: &Part) -> Result<String> {
        if let Some(known) = &part.key_id {
            return Ok(known.clone());
        }
        let reference: ArtifactRef = part.artifact.parse().map_err(Fault::internal_error)?;
        let bytes = self.artifacts.get(&reference).await.map_err(artifact_fault)?;
        let sealed: Sealed = serde_json::from_slice(&bytes).map_err(Fault::internal_error)?;
        Ok(sealed.key_id)
    }

    /// The keys of an operation's export, one for each part. What is damaged cannot be read by any key, and has none.
    pub(crate) async fn export_keys(&self, operation: &Operation) -> Result<Vec<String>> {
        let Some(export) = &operation.export else { return Ok(Vec::new()) };
        let Some(index) = self.export_index(&export.artifact).await? else { return Ok(Vec::new()) };
        let mut keys = Vec::new();
        for part in &index.parts {
            match self.key_of(part).await {
                Ok(key) => keys.push(key),
                Err(fault) => {
                    tracing::warn!(operation = %operation.name, ?fault, "a part of an export cannot be read");
                }
            }
        }
        Ok(keys)
    }

    /// `None` where it is gone, or damaged.
    async fn export_index(&self, artifact: &str) -> Result<Option<Index>> {
        let reference: ArtifactRef = artifact.parse().map_err(Fault::internal_error)?;
        let read = match self.artifacts.get(&reference).await {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
            Err(ArtifactError::Missing { .. }) => return Ok(None),
            Err(error @ ArtifactError::Damaged { .. }) => Err(error.to_string()),
            Err(error) => return Err(artifact_fault(error)),
        };
        match read {
            Ok(index) => Ok(Some(index)),
            Err(error) => {
                tracing::error!(%reference, error, "the index of an export is damaged; what it names is not found");
                Ok(None)
            }
        }
    }

    /// Opens a part.
    pub(crate) async fn part(
        &self,
        operation: &OperationName,
        number: usize,
        part: &Part,
    ) -> Result<bytes::Bytes> {
        let reference: ArtifactRef = part.artifact.parse().map_err(Fault::internal_error)?;
        let context = context_of(operation, number);
        self.artifacts.get_sealed(&reference, &context, &self.envelope).await.map_err(artifact_fault)
    }

    /// Removes what an operation has exported, the index last: who is interrupted finds the rest by it.
    pub(crate) async fn forget_export(&self, operation: &Operation) -> Result<()> {
        let Some(export) = &operation.export else { return Ok(()) };
        if let Some(index) = self.export_index(&export.artifact).await? {
            for part in &index.parts {
                self.remove_artifact(&part.artifact).await?;
            }
        }
        self.remove_artifact(&export.artifact).await
    }

    /// Removes an artifact that nothing names any more.
    pub(crate) async fn remove_artifact(&self, reference: &str) -> Result<()> {
        let reference: ArtifactRef = reference.parse().map_err(Fault::internal_error)?;
        self.artifacts.delete(&reference).await.map_err(artifact_fault)
    }
}
