use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::engine::sled::open::OpenError;

const RETRY_EVERY: Duration = Duration::from_millis(10);

/// Longest wait for sled to let go of its file after it was dropped; seen are a few milliseconds.
const RELEASE_WAIT: Duration = Duration::from_secs(10);

/// The right to use a directory, held through a lock file of our own. sled locks its data file too, but opening it to
/// find out would already act on the directory.
pub(super) struct DirLock {
    dir: PathBuf,
    _file: File,
}

impl DirLock {
    /// Waits up to `wait` until no other store, and no sled of an earlier one, holds `dir`.
    pub(super) fn take(dir: &Path, wait: Duration) -> Result<Self, OpenError> {
        let io_error = |action| move |source| OpenError::Io { dir: dir.to_owned(), action, source };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))
            .map_err(io_error("opening the lock file"))?;
        let deadline = Instant::now() + wait;
        let ours = acquire(&file, deadline).map_err(io_error("locking"))?;
        let free = ours && sled_is_gone(dir, deadline).map_err(io_error("looking at sled's lock"))?;
        if free {
            Ok(Self { dir: dir.to_owned(), _file: file })
        } else {
            Err(OpenError::Locked { dir: dir.to_owned() })
        }
    }

    /// Gives the directory up once sled, which was dropped before, has let go of its file, or after [`RELEASE_WAIT`].
    pub(super) fn release(self) {
        // An error or the deadline leaves the rest of the wait to the next store that opens the directory.
        let _ = sled_is_gone(&self.dir, Instant::now() + RELEASE_WAIT);
    }
}

/// Whether sled's lock on its data file became free before the deadline.
fn sled_is_gone(dir: &Path, deadline: Instant) -> io::Result<bool> {
    match File::open(dir.join("db")) {
        Ok(data) => acquire(&data, deadline),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
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
