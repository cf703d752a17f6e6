//! What a reader may take for one input: time and memory.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One input takes milliseconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// An input that does not end at all is given up after so long.
const GIVEN_UP: Duration = Duration::from_secs(30);
/// What one input may add to the highest use of memory so far.
const GROWTH_MAX_KIB: u64 = 192 << 10;
/// What all of it may use.
const MEMORY_MAX_KIB: u64 = 1_536 << 10;

/// Watches over inputs, and keeps the one that goes wrong.
pub struct Guard {
    /// Holds the input that is being read: it is still there if the process does not survive it.
    live: PathBuf,
    /// Where an input that went wrong is kept.
    file: PathBuf,
    /// When the input was begun, milliseconds since the Unix epoch; 0 between inputs.
    begun: Arc<AtomicU64>,
    /// A thread of the server panicked.
    panicked: Arc<AtomicBool>,
    highest_kib: u64,
}

impl Guard {
    pub fn new(target: &str, seed: u64) -> Self {
        let name = format!("fuzz-{target}-{seed}-{}", std::process::id());
        let file = std::env::temp_dir().join(&name);
        // Written for each input: in memory where there is such a place.
        let memory = std::path::Path::new("/dev/shm");
        let live = if memory.is_dir() { memory.join(&name) } else { file.clone() };
        let begun = Arc::new(AtomicU64::new(0));
        let (watched, kept) = (begun.clone(), live.clone());
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let since = watched.load(Ordering::Relaxed);
                if since > 0 && u128::from(now_ms().saturating_sub(since)) > GIVEN_UP.as_millis() {
                    eprintln!("an input does not end: {}", kept.display());
                    std::process::exit(1);
                }
            }
        });
        let panicked = Arc::new(AtomicBool::new(false));
        let told = panicked.clone();
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            told.store(true, Ordering::Relaxed);
            shown(info);
        }));
        Self { live, file, begun, panicked, highest_kib: resident_kib() }
    }

    /// Feeds one input; says what went wrong with it, and where it is kept.
    pub fn watch(&mut self, input: &[u8], feed: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        let kept = std::fs::write(&self.live, input);
        let before = self.highest_kib;
        self.begun.store(now_ms(), Ordering::Relaxed);
        let started = Instant::now();
        let fed = std::panic::catch_unwind(AssertUnwindSafe(feed));
        let took = started.elapsed();
        self.begun.store(0, Ordering::Relaxed);
        self.highest_kib = highest_kib().max(before);
        let grown = self.highest_kib - before;
        let problem = match fed {
            Err(_) => "panicked".to_owned(),
            Ok(Err(problem)) => problem,
            Ok(Ok(())) if self.panicked.load(Ordering::Relaxed) => "made a thread panic".to_owned(),
            Ok(Ok(())) if took > ANSWER_LIMIT => format!("took {} ms", took.as_millis()),
            Ok(Ok(())) if grown > GROWTH_MAX_KIB => format!("took {} MiB more than any before", grown >> 10),
            Ok(Ok(())) if self.highest_kib > MEMORY_MAX_KIB => {
                format!("is the one at which {} MiB were in use", self.highest_kib >> 10)
            }
            Ok(Ok(())) => return Ok(()),
        };
        let kept = kept.and_then(|()| std::fs::write(&self.file, input));
        let trouble = kept.err().map(|error| format!(" ({error})")).unwrap_or_default();
        Err(format!("{problem} ({} bytes): {}{trouble}", input.len(), self.file.display()))
    }

    /// The highest use of memory so far.
    pub fn highest_mib(&self) -> u64 {
        self.highest_kib >> 10
    }

    /// No input went wrong.
    pub fn done(self) {
        let _ = std::fs::remove_file(self.live);
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Memory of this process, by the kernel's count; 0 where there is none to ask.
fn resident_kib() -> u64 {
    status("VmRSS:")
}

/// The most that it ever was.
fn highest_kib() -> u64 {
    status("VmHWM:")
}

fn status(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|one| one.strip_prefix(line));
    found.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
