//! Directories that appear as a whole or not at all.

use std::path::{Path, PathBuf};

use super::BackupError;

/// A directory that is not there, or holds nothing.
pub(super) fn vacant(dir: &Path) -> Result<(), BackupError> {
    match std::fs::read_dir(dir) {
        Ok(mut files) => match files.next() {
            None => Ok(()),
            Some(_) => Err(BackupError::NotEmpty(dir.to_owned())),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(BackupError::Io { action: "looking into", path: dir.to_owned(), source }),
    }
}

/// Demands that a backup does not lie inside what it backs up.
pub(super) fn outside(data: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::Io { action: "looking for", path, source }
    };
    let root = data.canonicalize().map_err(failed(data))?;
    let absolute = std::path::absolute(to).map_err(failed(to))?;
    // What is not there yet lies where its nearest parent does that is.
    let there = absolute.ancestors().find_map(|parent| parent.canonicalize().ok());
    match there {
        Some(place) if place.starts_with(&root) => {
            Err(BackupError::Inside { to: to.to_owned(), data: data.to_owned() })
        }
        _ => Ok(()),
    }
}

/// A place on the same disk, which goes with its content unless that is given its name.
pub(super) fn room_beside(dir: &Path) -> Result<tempfile::TempDir, BackupError> {
    let parent = parent(dir);
    let failed = |source| BackupError::Io { action: "making a directory in", path: parent.clone(), source };
    std::fs::create_dir_all(&parent).map_err(failed)?;
    tempfile::Builder::new().prefix(".provisiond-").tempdir_in(&parent).map_err(failed)
}

/// Gives what is whole its name.
pub(super) fn publish(work: &Path, name: &Path) -> Result<(), BackupError> {
    let failed = |source: std::io::Error| match source.kind() {
        // Somebody else has made it meanwhile.
        std::io::ErrorKind::DirectoryNotEmpty => BackupError::NotEmpty(name.to_owned()),
        _ => BackupError::Io { action: "giving its name to", path: name.to_owned(), source },
    };
    let sync = |dir: &Path| std::fs::File::open(dir).and_then(|dir| dir.sync_all());
    sync(work).and_then(|()| std::fs::rename(work, name)).and_then(|()| sync(&parent(name))).map_err(failed)
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let written = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = written.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|source| BackupError::Io { action: "writing", path: path.to_owned(), source })
}
