//! The Salesforce CLI at work on our project.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Child;

use crate::{app, tools};

/// What the org is called once logged in.
pub const ALIAS: &str = "simulated";

/// A command takes seconds; a machine under load, more.
const LIMIT: Duration = Duration::from_secs(180);

/// A developer's desk: a home folder of its own for the CLI, and the rendered project.
pub struct Desk {
    folder: TempDir,
    /// The authority that the CLI trusts beside those of the world.
    ca: Option<PathBuf>,
}

impl Desk {
    /// The project rendered for the org and these objects.
    pub fn new(org_id: &str, objects: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("home")).expect("a home folder");
        app::render(&folder.path().join("app"), org_id, objects);
        Self { folder, ca: None }
    }

    /// Trusts the certificates of an organisation over TLS.
    pub fn trusting(self, ca_file: Option<&Path>) -> Self {
        Self { ca: ca_file.map(Path::to_owned), ..self }
    }

    /// A project of these files, by their path in it, beside its `sfdx-project.json`.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("home")).expect("a home folder");
        let desk = Self { folder, ca: None };
        let project =
            r#"{"packageDirectories":[{"path":"force-app","default":true}],"sourceApiVersion":"67.0"}"#;
        for (path, text) in files.iter().chain([&("sfdx-project.json", project)]) {
            desk.write(path, text);
        }
        desk
    }

    /// Writes a file of the project.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.project().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        std::fs::write(file, text).expect("a file");
    }

    /// The desk's own folder; it goes away with the desk.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The rendered project.
    pub fn project(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// Installs the CLI where it is missing; false when the test named here is skipped for want of it.
    pub async fn has_sf(&self, test: &str) -> bool {
        tools::or_skip(test, tools::sf(self.folder.path()).await).is_some()
    }

    /// Runs the CLI in the project and reads its JSON answer; its failures are answers too.
    pub async fn sf(&self, arguments: &[&str]) -> Value {
        self.sf_with(arguments, &[]).await
    }

    /// Runs the CLI in the project and takes what it writes for people.
    pub async fn sf_text(&self, arguments: &[&str]) -> String {
        let mut command = tools::sf(&self.folder.path().join("home")).await.expect("installed by then");
        command.args(arguments).current_dir(self.project());
        if let Some(ca) = &self.ca {
            command.env("NODE_EXTRA_CA_CERTS", ca);
        }
        let output = tools::run(command, LIMIT).await.unwrap();
        let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        format!("{out}{err}")
    }

    /// Starts the CLI in the project and leaves it running; it ends with the handle. What it writes for people comes
    /// on its standard output.
    pub async fn sf_running(&self, arguments: &[&str]) -> Child {
        let mut command = tools::sf(&self.folder.path().join("home")).await.expect("installed by then");
        command.args(arguments).current_dir(self.project()).stdout(Stdio::piped()).kill_on_drop(true);
        if let Some(ca) = &self.ca {
            command.env("NODE_EXTRA_CA_CERTS", ca);
        }
        command.spawn().expect("starts")
    }

    async fn sf_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
        let mut command = tools::sf(&self.folder.path().join("home")).await.expect("installed by then");
        command.args(arguments).arg("--json").current_dir(self.project()).envs(environment.iter().copied());
        if let Some(ca) = &self.ca {
            command.env("NODE_EXTRA_CA_CERTS", ca);
        }
        let output = tools::run(command, LIMIT).await.unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
            panic!("sf {arguments:?}: {error}\n{out}\n{err}")
        })
    }

    /// Logs in with a session of the org at `base_url`, under the alias `simulated`.
    pub async fn log_in(&self, base_url: &str, access_token: &str) {
        let login =
            ["org", "login", "access-token", "--instance-url", base_url, "--no-prompt", "--alias", ALIAS];
        let answer = self.sf_with(&login, &[("SF_ACCESS_TOKEN", access_token)]).await;
        assert_eq!(answer["status"], 0, "{answer:#}");
    }

    /// Deploys the project through the REST API.
    pub async fn deploy(&self) -> Value {
        let deploy = ["project", "deploy", "start", "--source-dir", "force-app", "--target-org", ALIAS];
        self.sf_with(&deploy, &[("SF_ORG_METADATA_REST_DEPLOY", "true")]).await
    }

    /// The rows of a Tooling query.
    pub async fn tooling(&self, query: &str) -> Vec<Value> {
        let answer =
            self.sf(&["data", "query", "--use-tooling-api", "--target-org", ALIAS, "--query", query]).await;
        answer["result"]["records"].as_array().cloned().unwrap_or_else(|| panic!("{query}: {answer:#}"))
    }
}
