//! Scripts that use a client by other people as its users would, and report what they saw as JSON.
//!
//! A script finds the organisation in `ORG` (the simulator's [`Ready`](salesforce_simulator::Ready) as JSON, with
//! `more` beside it) and prints one JSON object as its last line. What it should have seen is asserted in the test:
//! scripts decide nothing.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use salesforce_simulator::{Config, Ready, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::tools::{self, Missing};

/// A script takes seconds; on a machine under load, more.
const LIMIT: Duration = Duration::from_secs(240);

/// What runs a script, and where it finds the client.
pub struct Peer {
    interpreter: PathBuf,
    packages: PathBuf,
    home: TempDir,
}

impl Peer {
    /// Scripts for Node; `package` is the folder of an npm package, whose neighbours can be required too.
    pub async fn node(package: Result<PathBuf, Missing>) -> Result<Self, Missing> {
        let package = package?;
        let modules = package.ancestors().find(|folder| folder.ends_with("node_modules"));
        Ok(Self::with(tools::node().await?, modules.unwrap_or(&package)))
    }

    /// Scripts for Python; `packages` is the folder that it imports from.
    pub fn python(packages: Result<PathBuf, Missing>) -> Result<Self, Missing> {
        Ok(Self::with("python3".into(), &packages?))
    }

    fn with(interpreter: PathBuf, packages: &Path) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        Self { interpreter, packages: packages.to_owned(), home }
    }

    /// The script's own folder, gone with this.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs `peers/scripts/<script>`, and panics with what it said when it fails.
    ///
    /// Node finds its packages by `createRequire(process.env.PEER_PACKAGES + '/')`, Python by its path.
    pub async fn run(&self, script: &str, org: &Ready, more: Value) -> Value {
        let mut known = serde_json::to_value(org).expect("JSON");
        known["more"] = more;
        self.told(script, known, org.ca_file.as_deref()).await
    }

    /// Runs a script that needs no organisation: `ORG` has `more` alone.
    pub async fn check(&self, script: &str, more: Value) -> Value {
        self.told(script, json!({ "more": more }), None).await
    }

    async fn told(&self, script: &str, known: Value, ca: Option<&Path>) -> Value {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/scripts");
        let mut command = Command::new(&self.interpreter);
        command
            .arg(scripts.join(script))
            .current_dir(self.home())
            .stdin(Stdio::null())
            .env("HOME", self.home())
            .env("PYTHONPATH", &self.packages)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PEER_PACKAGES", &self.packages)
            .env("ORG", known.to_string());
        if let Some(ca) = ca {
            command
                .env("NODE_EXTRA_CA_CERTS", ca)
                .env("REQUESTS_CA_BUNDLE", ca)
                .env("SSL_CERT_FILE", ca)
                .env("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", ca);
        }
        let output = tools::run(command, LIMIT).await.unwrap_or_else(|error| panic!("{script}: {error}"));
        let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        let last = out.lines().rev().find(|line| line.starts_with('{'));
        match last.map(serde_json::from_str::<Value>) {
            Some(Ok(seen)) if output.status.success() => seen,
            _ => panic!("{script} {}: {out}\n{err}", output.status),
        }
    }
}

/// A fresh organisation, over TLS by its own authority when `tls` is a folder for the files of that.
pub async fn org(config: Config, tls: Option<&Path>) -> Simulator {
    let config = Config { tls_dir: tls.map(Path::to_owned), ..config };
    Simulator::start(config).await.expect("a simulated organisation")
}

/// What a script is given when it needs nothing more.
pub fn nothing() -> Value {
    json!({})
}
