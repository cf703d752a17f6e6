use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::{open, temp_dir};
use crate::engine::History;
use crate::engine::journal::{JournalOptions, JournalStore, OpenError};
use crate::key::{Key, Prefix};
use crate::scan::read_all;
use crate::store::Store;
use crate::txn::Txn;

/// Set for the process that is killed: the directory it commits in.
const CHILD_DIR: &str = "PROVISION_STORE_CRASH_DIR";
const WRITERS: usize = 8;

/// A process that commits as fast as it can is killed again and again; each time every commit it told as acknowledged
/// is there, whole, and nothing is there in part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_loses_no_acknowledged_commit() {
    if let Some(dir) = std::env::var_os(CHILD_DIR) {
        commit_until_killed(Path::new(&dir)).await;
        return;
    }
    let dir = temp_dir();
    let mut acknowledged: HashMap<usize, u64> = HashMap::new();
    let mut total = 0;
    for round in 0..12 {
        // Every third process is killed as it opens the store, the others after more and more commits.
        let lines = if round % 3 == 2 { 0 } else { 30 + 70 * round };
        let told = run_and_kill(dir.path(), lines).await;
        total += told.len();
        acknowledged.extend(told);
        check(dir.path(), &acknowledged).await;
    }
    assert!(total > 2_000, "{total} commits were put to the test");
}

/// Starts a process on `dir`, kills it after it has told of `lines` commits, and returns the last it told per writer.
async fn run_and_kill(dir: &Path, lines: usize) -> Vec<(usize, u64)> {
    let mut child = Command::new(std::env::current_exe().expect("this test's binary"))
        .args([
            "--exact",
            "engine::journal::tests::crash::kill_nine_loses_no_acknowledged_commit",
            "--nocapture",
        ])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the process starts");
    let told = BufReader::new(child.stdout.take().expect("its output"));
    let mut told = told.split(b'\n').map(|line| String::from_utf8(line.expect("a line")).expect("text"));
    told.find(|line| line == "opening").expect("the process opens the store");
    let mut acknowledged: Vec<_> = told.by_ref().filter_map(|line| read_line(&line)).take(lines).collect();
    if lines > 0 {
        refuses_a_second(dir).await;
    }
    kill(&mut child);
    acknowledged.extend(told.filter_map(|line| read_line(&line)));
    acknowledged
}

async fn refuses_a_second(dir: &Path) {
    let options = JournalOptions { lock_wait: Duration::ZERO, ..JournalOptions::default() };
    let refused = JournalStore::open(dir, options).await;
    assert!(matches!(refused, Err(OpenError::Locked { .. })), "{refused:?}");
}

fn kill(child: &mut Child) {
    child.kill().expect("it is killed");
    let status = child.wait().expect("it ends");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{status:?}");
}

/// `acked <writer> <number>.`; the last line may be cut off anywhere, so the full stop is part of it.
fn read_line(line: &str) -> Option<(usize, u64)> {
    let (writer, number) = line.strip_prefix("acked ")?.strip_suffix('.')?.split_once(' ')?;
    Some((writer.parse().ok()?, number.parse().ok()?))
}

async fn check(dir: &Path, acknowledged: &HashMap<usize, u64>) {
    let store = open(dir, History::default()).await;
    let snapshot = read_all(&store, &Prefix::all(), 1_000).await.expect("everything is read");
    let mut held: HashMap<String, u64> = HashMap::new();
    for entry in &snapshot.entries {
        assert!(entry.mod_revision <= snapshot.revision);
        let text = std::str::from_utf8(&entry.value).expect("text");
        held.insert(entry.key.to_string(), text.trim_end_matches('-').parse().expect("a number"));
    }
    for writer in 0..WRITERS {
        let left = held.get(&format!("{writer}/left")).copied().unwrap_or(0);
        let right = held.get(&format!("{writer}/right")).copied().unwrap_or(0);
        assert_eq!(left, right, "one commit put both");
        let told = acknowledged.get(&writer).copied().unwrap_or(0);
        assert!(told <= left && left <= told + 1, "writer {writer} was told {told}; {left} is there");
    }
    store.close().await;
}

async fn commit_until_killed(dir: &Path) {
    tell("opening");
    let store: Arc<dyn Store> = Arc::new(open(dir, History { revisions: 200, ..History::default() }).await);
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { write(&*store, writer).await })
        })
        .collect();
    for writer in writers {
        writer.await.expect("it ends only when killed");
    }
}

/// Counts on from what is there, putting each number under two keys; one of them is long.
async fn write(store: &dyn Store, writer: usize) {
    let key = |side: &str| Key::new(format!("{writer}/{side}")).expect("a valid key");
    let held = store.get(&key("left")).await.expect("it is read");
    let mut number = held.map_or(0, |entry| {
        std::str::from_utf8(&entry.value).expect("text").parse::<u64>().expect("a number")
    });
    loop {
        number += 1;
        let text = number.to_string();
        let long = format!("{text:-<3000}");
        let txn = Txn::new().put(key("left"), text).put(key("right"), long);
        store.commit(txn).await.expect("the commit is taken");
        tell(&format!("acked {writer} {number}."));
    }
}

fn tell(line: &str) {
    // Past the test runner's capture, whole lines at a time. A reader that has gone ends the process.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).expect("it is told");
}
