//! The product's own binaries, built from the same tree.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// `provisiond`.
pub fn provisiond() -> PathBuf {
    built().join("provisiond")
}

/// `provisionctl`.
pub fn provisionctl() -> PathBuf {
    built().join("provisionctl")
}

/// `salesforce-simulator`.
pub fn simulator() -> PathBuf {
    built().join("salesforce-simulator")
}

/// The folder of the binaries. They are built here, in this test's own profile, since a test run of cargo does not build
/// other packages' binaries; `tests/run` has done it before and says so by `PROVISION_BINARIES`.
fn built() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(folder) = std::env::var_os("PROVISION_BINARIES") {
            return PathBuf::from(folder);
        }
        let test = std::env::current_exe().expect("a test knows its own path");
        // target/<profile>/deps/<test>, or target/<profile>/<binary>.
        let beside = test.parent().expect("a program lies in a folder");
        let folder = if beside.ends_with("deps") { beside.parent().expect("a profile") } else { beside };
        let folder = folder.to_owned();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).args(["build", "--bins"]);
        cargo.args(["-p", "provisiond", "-p", "provision-client", "-p", "salesforce-simulator"]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        let output = cargo.output().expect("cargo can be run");
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "the binaries cannot be built:\n{complaints}");
        folder
    })
}
