//! Runs the real `provisionctl` against a world.

use std::process::Stdio;
use std::time::Duration;

use provision_tests::binaries;
use provision_tests::world::{World, token_of};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long a command, or a line of one, may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The tool in the hands of a principal, for tenant acme.
pub struct Ctl {
    server: String,
    token: String,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A command that goes on.
pub struct Running {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Ctl {
    pub fn new(world: &World, principal: &str) -> Ctl {
        Ctl { server: format!("http://{}", world.daemon.grpc), token: token_of(principal) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binaries::provisionctl());
        command
            .args(arguments)
            .env_clear()
            .env("PROVISIOND_SERVER", &self.server)
            .env("PROVISIOND_TOKEN", &self.token)
            .env("PROVISIOND_TENANT", "acme")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Run {
        let ended = tokio::time::timeout(PATIENCE, self.command(arguments).output()).await;
        let output = ended.expect("it ends in time").expect("provisionctl runs");
        Run {
            code: output.status.code().expect("an exit code"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Runs a command that must end well; answers what it printed.
    pub async fn ok(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments).await;
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
        run.stdout
    }

    /// Runs a command that must end well, and reads its JSON.
    pub async fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let text = self.ok(&[arguments, &["--output", "json"]].concat()).await;
        serde_json::from_str(&text).expect("one JSON document")
    }

    /// Starts a command that goes on.
    pub fn start(&self, arguments: &[&str]) -> Running {
        // Nobody reads the messages: a full pipe must not stop it.
        let mut process = self.command(arguments).stderr(Stdio::null()).spawn().expect("provisionctl starts");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        Running { process, lines }
    }
}

impl Running {
    /// The next line that holds `part`.
    pub async fn line(&mut self, part: &str) -> String {
        let found = async {
            loop {
                let line = self.lines.next_line().await.expect("read").expect("more lines");
                if line.contains(part) {
                    return line;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no line with {part:?}"))
    }

    /// Waits for the end; answers the exit code and the lines that were left.
    pub async fn end(mut self) -> (i32, Vec<String>) {
        let rest = async {
            let mut rest = Vec::new();
            while let Some(line) = self.lines.next_line().await.expect("read") {
                rest.push(line);
            }
            (self.process.wait().await.expect("ends").code().expect("an exit code"), rest)
        };
        tokio::time::timeout(PATIENCE, rest).await.expect("it ends in time")
    }
}
