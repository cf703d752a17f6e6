//! One bit flips, or one file is lost, while the daemon is away.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use provision_client::ListOptions;
use provision_tests::binaries;
use provision_tests::world::{PLATFORM, World};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use crate::caller::{ACCOUNT, told};

/// How long a daemon may take to refuse to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Damages something and demands that nobody is served it.
pub async fn strikes(
    world: &mut World,
    random: &mut StdRng,
    acknowledged: &BTreeSet<String>,
) -> Result<(), String> {
    let admin = world.client("admin@acme.example").await;
    let options = || ListOptions { limit: 1_000, ..ListOptions::default() };
    let before = admin.inventory().object_types(ACCOUNT, options()).await.map_err(told)?.object_types;
    world.terminate().await;
    let mut files = Vec::new();
    below(&world.data(), &mut files).map_err(|error| error.to_string())?;
    // Names of lock and marker hold nothing.
    files.retain(|file| std::fs::metadata(file).is_ok_and(|found| found.len() > 0));
    files.sort();
    let file = files.choose(random).ok_or("there is no data")?.clone();
    let mut bytes = std::fs::read(&file).map_err(|error| error.to_string())?;
    let name = file.strip_prefix(world.data()).unwrap_or(&file).display().to_string();
    let what = if random.random_bool(0.3) {
        std::fs::remove_file(&file).map_err(|error| error.to_string())?;
        format!("{name} is lost")
    } else {
        let at = random.random_range(0..bytes.len());
        let bit = random.random_range(0..8u8);
        bytes[at] ^= 1 << bit;
        std::fs::write(&file, bytes).map_err(|error| error.to_string())?;
        format!("bit {bit} of byte {at} of {name} flips")
    };
    if name.starts_with("store/") {
        return refuses_to_start(world, &name).await.map_err(|error| format!("{what}: {error}"));
    }
    // An artifact is looked at when somebody needs it.
    world.restart().await;
    let admin = world.client("admin@acme.example").await;
    match admin.inventory().object_types(ACCOUNT, options()).await {
        Ok(found) if found.object_types == before => {}
        Ok(_) => return Err(format!("{what}: another inventory is served")),
        Err(error) if error.reason() == "INTERNAL" || error.reason() == "STORE_UNAVAILABLE" => {}
        Err(error) => return Err(format!("{what}: the inventory is refused as {error}")),
    }
    let platform = world.client(PLATFORM).await;
    for id in acknowledged {
        platform
            .admin()
            .tenant(&format!("tenants/{id}"))
            .await
            .map_err(|error| format!("{what}: {error}"))?;
    }
    Ok(())
}

/// The daemon ends by itself and says which store it cannot read.
async fn refuses_to_start(world: &World, name: &str) -> Result<(), String> {
    let daemon = tokio::process::Command::new(binaries::provisiond())
        .args(["serve", "--config"])
        .arg(world.config())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let ended = tokio::time::timeout(PATIENCE, daemon.wait_with_output()).await;
    let Ok(Ok(output)) = ended else { return Err("the daemon starts all the same".to_owned()) };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let named = said.contains("the store in")
        && (said.contains(name.trim_start_matches("store/")) || said.contains("lost its file"));
    if output.status.success() || !named {
        return Err(format!("the daemon does not name it: {said}"));
    }
    Ok(())
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}
