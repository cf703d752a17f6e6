//! What befalls the daemon's process from outside: signals too early, a log that nobody reads, files that never end.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use provision_tests::binaries;
use provision_tests::world::World;

/// How long the process may take to say or do something.
const PATIENCE: Duration = Duration::from_secs(60);

fn provisiond(config: &Path, command: &str) -> Command {
    let mut provisiond = Command::new(binaries::provisiond());
    provisiond.arg(command).arg("--config").arg(config).stdin(Stdio::null()).stdout(Stdio::null());
    provisiond.stderr(Stdio::piped());
    provisiond
}

/// Ends with its test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Serving {
    fn on(config: &Path) -> Serving {
        Serving(provisiond(config, "serve").spawn().expect("it starts"))
    }

    /// Reads the log until it says that the daemon is ready; the log is not read any more then.
    fn until_ready(&mut self) {
        let mut log = self.0.stderr.take().expect("piped");
        let mut said = Vec::new();
        while !String::from_utf8_lossy(&said).contains("provisiond is ready") {
            let mut some = [0; 4096];
            let length = log.read(&mut some).expect("read");
            assert!(length > 0, "it ended: {}", String::from_utf8_lossy(&said));
            said.extend_from_slice(&some[..length]);
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill").success());
    }

    async fn ended_well(&mut self) -> bool {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("waited for") {
                return status.success();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_any_more_ends_nothing() {
    let mut world = World::new().await;
    world.kill().await;
    let mut serving = Serving::on(&world.config());
    serving.until_ready();
    // Each of these calls is logged, at TRACE.
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    world.protect(&admin, &account).await;
    serving.signal("-TERM");
    assert!(serving.ended_well().await);
}

#[tokio::test]
async fn hang_ups_during_the_start_end_nothing() {
    let mut world = World::new().await;
    world.kill().await;
    let mut serving = Serving::on(&world.config());
    let pid = serving.0.id();
    // Before it has a handler the signal ends any process; by then it catches the hang-up, signal 1.
    let catches = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
        u64::from_str_radix(caught.trim(), 16).is_ok_and(|caught| caught & 1 == 1)
    };
    let begun = Instant::now();
    while !catches() {
        assert!(begun.elapsed() < PATIENCE, "it never catches a hang-up");
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        serving.signal("-HUP");
    }
    serving.until_ready();
    world.prepare().await;
    serving.signal("-TERM");
    assert!(serving.ended_well().await);
}

#[tokio::test]
async fn a_configuration_that_never_ends_is_refused() {
    let mut world = World::new().await;
    world.kill().await;
    let pipe = world.config().with_file_name("pipe");
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().expect("mkfifo").success());
    let good = std::fs::read_to_string(world.config()).expect("read");
    let secret = &world.org.ready().client_secret;
    let key = world.config().with_file_name("master.key");
    let named = |file: &Path| {
        [
            good.replace(&format!("{key:?}"), &format!("{file:?}")),
            good.replace(&format!("client_secret = \"{secret}\""), &format!("client_secret_file = {file:?}")),
            good.replace("[store]", &format!("[server.tls]\ncert = {file:?}\nkey = {file:?}\n\n[store]")),
            good.replace("allow_loopback = true", &format!("allow_loopback = true\nca_file = {file:?}")),
        ]
    };
    let refused = async |config: &Path| {
        let mut checking = Serving(provisiond(config, "check-config").spawn().expect("it starts"));
        assert!(!checking.ended_well().await);
        let mut said = String::new();
        checking.0.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        said
    };
    let config = world.config().with_file_name("other.toml");
    for file in [pipe.as_path(), Path::new("/dev/zero")] {
        assert!(refused(file).await.contains("no ordinary file"), "{}", file.display());
        for text in named(file) {
            assert_ne!(text, good);
            std::fs::write(&config, text).expect("written");
            let said = refused(&config).await;
            let devices_lie_open = said.contains("can be read by others");
            assert!(said.contains("no ordinary file") || devices_lie_open, "{said}");
        }
    }
}
