use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::engine::journal::open::OpenError;

const RETRY_EVERY: Duration = Duration::from_millis(10);

/// The right to use a directory, held through a lock file.
pub(super) struct DirLock {
    _file: File,
}

impl DirLock {
    /// Waits up to `wait` until no other store holds `dir`.
    pub(super) fn take(dir: &Path, wait: Duration) -> Result<Self, OpenError> {
        let io_error = |action| move |source| OpenError::Io { dir: dir.to_owned(), action, source };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))
            .map_err(io_error("opening the lock file"))?;
        let deadline = Instant::now() + wait;
        if acquire(&file, deadline).map_err(io_error("locking"))? {
            Ok(Self { _file: file })
        } else {
            Err(OpenError::Locked { dir: dir.to_owned() })
        }
    }
}

fn acquire(file: &File, deadline: Instant) -> io::Result<bool> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(RETRY_EVERY),
        }
    }
}
