//! Who is compared with, each doing the same in the idiom of its users.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use clap::ValueEnum;
use provision_tests::tools::{self, Missing};
use salesforce_simulator::Simulator;
use tokio::process::Command;

use super::{API_VERSION, Failure, Seen, describes};

/// A run of a peer that takes longer has failed.
const RUN_LIMIT: Duration = Duration::from_secs(1800);

/// A client by other people, or the way that everybody writes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// A loop of describes in Rust.
    Describes,
    /// jsforce, from npm.
    Jsforce,
    /// simple-salesforce, from PyPI.
    SimpleSalesforce,
    /// CumulusCI, from PyPI.
    Cumulusci,
}

impl Peer {
    pub const ALL: [Peer; 4] = [Peer::Describes, Peer::Jsforce, Peer::SimpleSalesforce, Peer::Cumulusci];

    pub fn name(self) -> &'static str {
        match self {
            Peer::Describes => "describes",
            Peer::Jsforce => "jsforce",
            Peer::SimpleSalesforce => "simple-salesforce",
            Peer::Cumulusci => "cumulusci",
        }
    }

    /// Finds it, or installs it.
    pub async fn prepare(self) -> Result<Prepared, Missing> {
        let program = match self {
            Peer::Describes => None,
            Peer::Jsforce => Some((tools::node().await?, "jsforce.mjs", tools::jsforce().await?)),
            Peer::SimpleSalesforce => {
                Some(("python3".into(), "simple_salesforce_peer.py", tools::simple_salesforce().await?))
            }
            Peer::Cumulusci => Some(("python3".into(), "cumulusci_peer.py", tools::cumulusci().await?)),
        };
        Ok(Prepared { peer: self, program })
    }
}

/// A peer that is there.
pub struct Prepared {
    peer: Peer,
    /// Interpreter, script, and where the packages are.
    program: Option<(PathBuf, &'static str, PathBuf)>,
}

impl Prepared {
    pub fn name(&self) -> &'static str {
        self.peer.name()
    }

    /// One run from nothing. The time is the script's own, without the start of its interpreter.
    pub async fn run(&self, simulator: &Simulator) -> Result<Seen, Failure> {
        let Some((interpreter, script, packages)) = &self.program else {
            return describes::run(simulator).await;
        };
        let ready = simulator.ready();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("versus/peers");
        let home = tempfile::tempdir()?;
        let mut command = Command::new(interpreter);
        command
            .arg(scripts.join(script))
            .current_dir(home.path())
            .stdin(Stdio::null())
            .env("HOME", home.path())
            .env("PYTHONPATH", packages)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PEER_PACKAGES", packages)
            .env("PEER_URL", &ready.base_url)
            .env("PEER_TOKEN", &ready.access_token)
            .env("PEER_VERSION", API_VERSION);
        let output = tools::run(command, RUN_LIMIT).await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{} failed: {}", self.name(), said.trim()).into());
        }
        let text = String::from_utf8(output.stdout)?;
        let line = text.lines().rev().find(|line| line.starts_with('{')).ok_or("the peer said nothing")?;
        Ok(serde_json::from_str(line)?)
    }
}
