//! The content-addressed store for what is too large for a key: inventories, plans, bundles.
//!
//! An artifact is written first, durably, and named by the hash of its bytes; then its [`ArtifactRef`] is committed
//! under a key. A crash between the two leaves an artifact that nothing names, never a name without its artifact.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bytes::Bytes;
use object_store::ObjectStoreExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use sha2::{Digest, Sha256};

/// Largest artifact as stored, seal included, in bytes.
pub const ARTIFACT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Names the stored bytes of an artifact by their hash. Written as `sha256:<hex>/<length in bytes>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArtifactRef {
    pub sha256: [u8; 32],
    /// Length in bytes.
    pub len: u64,
}

impl ArtifactRef {
    fn of(stored: &[u8]) -> Self {
        Self { sha256: Sha256::digest(stored).into(), len: stored.len() as u64 }
    }

    fn location(&self) -> Location {
        let name = hex::encode(self.sha256);
        Location::from_iter(["sha256", &name[..2], &name])
    }
}

impl fmt::Display for ArtifactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}/{}", hex::encode(self.sha256), self.len)
    }
}

impl fmt::Debug for ArtifactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no reference of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an artifact reference of the form sha256:<64 hex digits>/<length>")]
pub struct InvalidArtifactRef;

impl FromStr for ArtifactRef {
    type Err = InvalidArtifactRef;

    fn from_str(text: &str) -> Result<Self, InvalidArtifactRef> {
        let (hash, len) =
            text.strip_prefix("sha256:").and_then(|rest| rest.split_once('/')).ok_or(InvalidArtifactRef)?;
        let mut sha256 = [0; 32];
        hex::decode_to_slice(hash, &mut sha256).map_err(|_| InvalidArtifactRef)?;
        Ok(Self { sha256, len: len.parse().map_err(|_| InvalidArtifactRef)? })
    }
}

/// Encrypts artifacts; what holds the keys provides it. `context` is authenticated, not stored: only who names the
/// same one (tenant, account, purpose) can open what was sealed under it.
pub trait Sealer: Send + Sync {
    fn seal(&self, plaintext: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError>;
    fn unseal(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError>;
}

/// A sealer could not seal or unseal. The reason must hold neither key nor content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SealError {
    pub reason: String,
}

/// Why an artifact was not stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    #[error("an artifact of {bytes} bytes exceeds the {ARTIFACT_BYTES_MAX} allowed")]
    TooLarge { bytes: u64 },
    #[error("the artifact {reference} is not there")]
    Missing { reference: ArtifactRef },
    /// What is stored under the reference is not what was put there.
    #[error("the artifact {reference} is damaged")]
    Damaged { reference: ArtifactRef },
    #[error("sealing failed: {0}")]
    Seal(#[from] SealError),
    #[error("the artifact store failed: {0}")]
    Store(#[from] object_store::Error),
    #[error("opening the artifact store in {} failed", .dir.display())]
    Open { dir: PathBuf, source: std::io::Error },
}

/// Artifacts as files of a local directory, which one process at a time uses.
#[derive(Debug, Clone)]
pub struct ArtifactStore {
    files: std::sync::Arc<LocalFileSystem>,
}

impl ArtifactStore {
    /// Opens the store in `dir`, creating it (readable by its owner alone) as needed, and removes what writes that a
    /// crash cut short left behind. Touches the disk: call it where blocking is allowed.
    pub fn open(dir: &Path) -> Result<Self, ArtifactError> {
        let failed = |source| ArtifactError::Open { dir: dir.to_owned(), source };
        crate::directory::create(dir).map_err(failed)?;
        remove_unfinished(&dir.join("sha256")).map_err(failed)?;
        // With fsync a put returns once the file, its name and its new directories are on the disk.
        let files = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self { files: std::sync::Arc::new(files) })
    }

    /// Looks at the store in `dir`, which another process may use, and touches nothing.
    pub fn look(dir: &Path) -> Result<Self, ArtifactError> {
        Ok(Self { files: std::sync::Arc::new(LocalFileSystem::new_with_prefix(dir)?) })
    }

    /// Names of everything that is there, unfinished writes left out. What is removed meanwhile may be among them.
    /// Blocks.
    pub fn list(dir: &Path) -> Result<Vec<ArtifactRef>, ArtifactError> {
        let failed = |source| ArtifactError::Open { dir: dir.to_owned(), source };
        let mut found = Vec::new();
        let artifacts = dir.join("sha256");
        if !artifacts.is_dir() {
            return Ok(found);
        }
        for shard in std::fs::read_dir(&artifacts).map_err(failed)? {
            for file in std::fs::read_dir(shard.map_err(failed)?.path()).map_err(failed)? {
                let file = file.map_err(failed)?;
                let mut sha256 = [0; 32];
                if hex::decode_to_slice(file.file_name().as_encoded_bytes(), &mut sha256).is_err() {
                    continue;
                }
                match file.metadata() {
                    Ok(metadata) => found.push(ArtifactRef { sha256, len: metadata.len() }),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        Ok(found)
    }

    /// Stores `bytes`, durable when it returns. The same bytes again have the same reference and take no more space.
    pub async fn put(&self, bytes: Bytes) -> Result<ArtifactRef, ArtifactError> {
        if bytes.len() as u64 > ARTIFACT_BYTES_MAX {
            return Err(ArtifactError::TooLarge { bytes: bytes.len() as u64 });
        }
        let reference = ArtifactRef::of(&bytes);
        // Replaced even if it exists: what is there may be damaged, and the replacing is atomic.
        self.files.put(&reference.location(), bytes.into()).await?;
        Ok(reference)
    }

    /// Reads what was put, verified by its hash.
    pub async fn get(&self, reference: &ArtifactRef) -> Result<Bytes, ArtifactError> {
        let result = match self.files.get(&reference.location()).await {
            Err(object_store::Error::NotFound { .. }) => {
                return Err(ArtifactError::Missing { reference: *reference });
            }
            result => result?,
        };
        let damaged = ArtifactError::Damaged { reference: *reference };
        if result.meta.size != reference.len || reference.len > ARTIFACT_BYTES_MAX {
            return Err(damaged);
        }
        let bytes = result.bytes().await?;
        if ArtifactRef::of(&bytes) == *reference { Ok(bytes) } else { Err(damaged) }
    }

    /// Stores `plaintext` sealed under `context`. The reference names the sealed bytes, so it tells nothing of the
    /// content, and the same content again is another artifact.
    pub async fn put_sealed(
        &self,
        plaintext: &[u8],
        context: &[u8],
        sealer: &dyn Sealer,
    ) -> Result<ArtifactRef, ArtifactError> {
        self.put(sealer.seal(plaintext, context)?.into()).await
    }

    /// Reads and unseals what was sealed under the same `context`.
    pub async fn get_sealed(
        &self,
        reference: &ArtifactRef,
        context: &[u8],
        sealer: &dyn Sealer,
    ) -> Result<Bytes, ArtifactError> {
        let sealed = self.get(reference).await?;
        Ok(sealer.unseal(&sealed, context)?.into())
    }

    /// Deletes an artifact that no key names any more. Deleting what is not there is no error.
    pub async fn delete(&self, reference: &ArtifactRef) -> Result<(), ArtifactError> {
        match self.files.delete(&reference.location()).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            result => Ok(result?),
        }
    }
}

/// Unfinished writes stand beside the finished artifacts as `<name>#<number>`.
fn remove_unfinished(artifacts: &Path) -> std::io::Result<()> {
    if !artifacts.is_dir() {
        return Ok(());
    }
    for shard in std::fs::read_dir(artifacts)? {
        for file in std::fs::read_dir(shard?.path())? {
            let file = file?;
            if file.file_name().to_string_lossy().contains('#') {
                std::fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
