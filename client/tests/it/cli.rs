//! Runs the real `provisionctl`.

use std::process::Stdio;

use tokio::process::Command;

use crate::fake::{Fake, TOKEN};

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A command that knows nothing of this machine's environment.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provisionctl"));
    command.args(arguments).env_clear().env("COLUMNS", "100").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs it against `fake` as a caller whom the server knows, for tenant acme.
pub async fn run(fake: &Fake, arguments: &[&str]) -> Run {
    let mut command = command(arguments);
    command
        .env("PROVISIOND_SERVER", fake.url())
        .env("PROVISIOND_TOKEN", TOKEN)
        .env("PROVISIOND_TENANT", "acme");
    finish(command).await
}

pub async fn finish(mut command: Command) -> Run {
    let output = command.output().await.expect("provisionctl runs");
    Run {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Both outputs in one snapshot, marked.
pub fn transcript(arguments: &[&str], run: &Run) -> String {
    let mut text = format!("$ provisionctl {}\n{}", arguments.join(" "), run.stdout);
    for line in run.stderr.lines() {
        text.push_str(&format!("(stderr) {line}\n"));
    }
    text.push_str(&format!("(exit {})\n", run.code));
    text
}
