//! The key file: the keys that seal the keys of secrets at rest.
//!
//! One key a line, `<id> <32 bytes in base64>`; the first line's key seals what is written now, the others still open
//! what was sealed before. The file lies outside the data directory, so that a copy of the data alone opens nothing.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provision_connector_sdk::file;
use provision_core::ports::Randomness as _;
use provision_reconcile::KeyProvider;
use secrecy::{ExposeSecret as _, SecretBox};

use crate::environment::SystemRandomness;

const KEY_BYTES: usize = 32;
/// Largest key file: some hundred keys.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// The keys of a file, the current one first.
pub struct FileKeys {
    keys: Vec<(String, Arc<SecretBox<[u8; KEY_BYTES]>>)>,
}

/// The keys of a file that can be read again while the daemon runs.
pub struct ReadableKeys(RwLock<FileKeys>);

impl ReadableKeys {
    pub fn new(keys: FileKeys) -> Self {
        ReadableKeys(RwLock::new(keys))
    }

    /// Takes these keys from now on.
    pub fn replace(&self, keys: FileKeys) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

impl KeyProvider for ReadableKeys {
    fn current(&self) -> String {
        self.0.read().unwrap_or_else(PoisonError::into_inner).current()
    }

    fn key(&self, id: &str) -> Option<Arc<SecretBox<[u8; KEY_BYTES]>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).key(id)
    }
}

/// Why keys cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("the key file {} cannot be {action}: {cause}", path.display())]
    Io { path: PathBuf, action: &'static str, cause: std::io::Error },
    #[error("the key file {} can be read by others (mode {mode:03o}); run: chmod 600 {}", path.display(), path.display())]
    Mode { path: PathBuf, mode: u32 },
    #[error("the key file {} lies inside the data directory; move it elsewhere, or a copy of the data opens itself", path.display())]
    InsideData { path: PathBuf },
    #[error("the key file {}, line {line}: {what}", path.display())]
    Line { path: PathBuf, line: usize, what: &'static str },
    #[error("the key file {} holds no key; make one with: provisiond generate-key --out FILE", path.display())]
    Empty { path: PathBuf },
}

impl FileKeys {
    /// Reads a key file; `data` is the data directory that it must not lie in.
    pub fn read(path: &Path, data: Option<&Path>) -> Result<FileKeys, KeyFileError> {
        let io = |action| move |cause| KeyFileError::Io { path: path.to_owned(), action, cause };
        let meta = std::fs::metadata(path).map_err(io("read"))?;
        let mode = meta.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Mode { path: path.to_owned(), mode });
        }
        if let (Ok(file), Some(Ok(data))) = (path.canonicalize(), data.map(Path::canonicalize))
            && file.starts_with(data)
        {
            return Err(KeyFileError::InsideData { path: path.to_owned() });
        }
        let text = SecretBox::new(Box::new(file::read_text(path, FILE_BYTES_MAX).map_err(io("read"))?));
        let mut keys: Vec<(String, Arc<SecretBox<[u8; KEY_BYTES]>>)> = Vec::new();
        for (index, line) in text.expose_secret().lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fault = |what| KeyFileError::Line { path: path.to_owned(), line: index + 1, what };
            let (id, key) = line.split_once(' ').ok_or_else(|| fault("expected: <id> <base64>"))?;
            let bytes = STANDARD.decode(key.trim()).map_err(|_| fault("the key is not base64"))?;
            let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| fault("a key has 32 bytes"))?;
            if keys.iter().any(|(known, _)| known == id) {
                return Err(fault("the id stands there twice"));
            }
            keys.push((id.to_owned(), Arc::new(SecretBox::new(Box::new(bytes)))));
        }
        if keys.is_empty() {
            return Err(KeyFileError::Empty { path: path.to_owned() });
        }
        Ok(FileKeys { keys })
    }

    /// Keys for another purpose, one derived from each key of the file, the current one's first.
    pub fn derive(&self, purpose: &str) -> Vec<[u8; KEY_BYTES]> {
        use hmac::{KeyInit as _, Mac as _};
        let derived = |(_, key): &(String, Arc<SecretBox<[u8; KEY_BYTES]>>)| {
            let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.expose_secret())
                .expect("an HMAC takes keys of any length");
            mac.update(purpose.as_bytes());
            mac.finalize().into_bytes().into()
        };
        self.keys.iter().map(derived).collect()
    }
}

impl KeyProvider for FileKeys {
    fn current(&self) -> String {
        self.keys[0].0.clone()
    }

    fn key(&self, id: &str) -> Option<Arc<SecretBox<[u8; KEY_BYTES]>>> {
        self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| key.clone())
    }
}

/// Makes a key file with one key, readable by its owner alone. A file that is there stays.
pub fn generate(path: &Path) -> Result<(), KeyFileError> {
    let io = |cause| KeyFileError::Io { path: path.to_owned(), action: "made", cause };
    let mut bytes = [0u8; KEY_BYTES];
    let mut id = [0u8; 4];
    SystemRandomness.fill(&mut bytes);
    SystemRandomness.fill(&mut id);
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(io)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    writeln!(file, "{} {}", hex::encode(id), STANDARD.encode(bytes)).map_err(io)?;
    file.sync_all().map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_file_is_read_back_and_never_overwritten() {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("keys/master.key");
        generate(&path).expect("made");
        let keys = FileKeys::read(&path, None).expect("read");
        assert!(keys.key(&keys.current()).is_some());
        assert_ne!(keys.derive("a"), keys.derive("b"));
        assert_eq!(keys.derive("a").len(), 1);
        assert!(matches!(generate(&path), Err(KeyFileError::Io { .. })));
    }

    #[test]
    fn a_new_line_in_front_keeps_what_was_derived_from_the_old_one() {
        let dir = tempfile::tempdir().expect("temp dir");
        let (old, new) = (dir.path().join("old.key"), dir.path().join("new.key"));
        generate(&old).expect("made");
        generate(&new).expect("made");
        let before = FileKeys::read(&old, None).expect("read").derive("a");
        let lines = [&new, &old].map(|path| std::fs::read_to_string(path).expect("read"));
        std::fs::write(&old, lines.concat()).expect("written");
        let after = FileKeys::read(&old, None).expect("read").derive("a");
        assert_eq!((after.len(), after[1]), (2, before[0]));
        assert_ne!(after[0], before[0]);
    }

    #[test]
    fn files_that_others_can_read_or_that_lie_in_the_data_are_refused() {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("master.key");
        generate(&path).expect("made");
        assert!(matches!(FileKeys::read(&path, Some(dir.path())), Err(KeyFileError::InsideData { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("chmod");
        assert!(matches!(FileKeys::read(&path, None), Err(KeyFileError::Mode { mode: 0o640, .. })));
    }

    #[test]
    fn wrong_lines_are_named() {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("master.key");
        for (text, line) in [("k1 AAAA\n", 1), ("# note\nk1\n", 2), ("k1 !!!\n", 1)] {
            std::fs::write(&path, text).expect("write");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("chmod");
            match FileKeys::read(&path, None) {
                Err(KeyFileError::Line { line: found, .. }) => assert_eq!(found, line, "{text}"),
                other => panic!("{text}: {:?}", other.err()),
            }
        }
    }
}
