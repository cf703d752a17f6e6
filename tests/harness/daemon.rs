//! The real daemon as a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::binaries;

/// How long a daemon may take to be ready, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running daemon.
pub struct Daemon {
    process: Child,
    pub grpc: String,
    pub http: String,
}

impl Daemon {
    /// Starts a daemon with a configuration, and waits until it says that it is ready. Its log is appended to `log`.
    pub async fn start(config: &Path, log: &Path, environment: &[(String, String)]) -> Daemon {
        let mut process = Command::new(binaries::provisiond())
            .arg("serve")
            .arg("--config")
            .arg(config)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the daemon starts");
        let stderr = process.stderr.take().expect("piped");
        let path = log.to_owned();
        let (ready, mut is_ready) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            use std::io::Write as _;
            let mut file =
                std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a log file");
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                writeln!(file, "{line}").expect("the log is written");
                if line.contains("provisiond is ready") {
                    let _ = ready.send(line).await;
                }
            }
        });
        let line = match tokio::time::timeout(PATIENCE, is_ready.recv()).await {
            Ok(Some(line)) => line,
            Ok(None) => panic!("the daemon ended before it was ready; its log says\n{}", tail(log)),
            Err(_) => panic!("the daemon is not ready after {PATIENCE:?}; its log says\n{}", tail(log)),
        };
        let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
        let field = |name: &str| line["fields"][name].as_str().expect("an address").to_owned();
        Daemon { process, grpc: field("grpc"), http: field("http") }
    }

    /// Stands in until a daemon is started.
    pub(crate) fn none() -> Daemon {
        let process =
            Command::new("true").stdin(Stdio::null()).kill_on_drop(true).spawn().expect("`true` runs");
        Daemon { process, grpc: String::new(), http: String::new() }
    }

    /// kill -9.
    pub async fn kill(&mut self) {
        self.process.kill().await.expect("killed");
    }

    /// SIGHUP: files are read again.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().expect("it runs").to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().expect("kill").success());
    }

    /// SIGTERM; answers how long the daemon took to end, and whether it ended well.
    pub async fn terminate(&mut self) -> (Duration, bool) {
        let begun = Instant::now();
        self.signal("-TERM");
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        (begun.elapsed(), ended.expect("it ends").expect("waited for").success())
    }

    /// The most memory that it has held so far, in MiB; `None` where the machine does not tell.
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kilobytes / 1024)
    }
}

/// The last complaints in a log, for messages: all of it at TRACE would hide them.
pub(crate) fn tail(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let complains =
        |line: &&str| !line.starts_with('{') || line.contains("\"WARN\"") || line.contains("\"ERROR\"");
    let complaints: Vec<_> = log.lines().filter(complains).collect();
    complaints[complaints.len().saturating_sub(10)..].join("\n")
}
