//! Runs that have a world of their own each.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use provision_tests::setup::Setup;
use provision_tests::world::World;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::sync::Mutex;

use crate::{Common, Report};

/// What is done to one world.
#[async_trait]
pub trait Trial: Send + Sync + 'static {
    /// What the world is made of.
    fn setup(&self, random: &mut StdRng) -> Setup;

    /// Variables for the daemon's environment, by its data directory.
    fn variables(&self, _data: &Path) -> Vec<(String, String)> {
        Vec::new()
    }

    /// An error, or a panic, is a violation.
    async fn run(&self, world: &mut World, random: &mut StdRng) -> Result<(), String>;
}

/// The misfortunes of a run, whichever runs come before it.
pub fn random_of(common: &Common, run: u64) -> StdRng {
    StdRng::seed_from_u64(common.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (run << 20))
}

/// The runs that were asked for.
pub fn runs(common: &Common) -> impl Iterator<Item = u64> {
    match common.only {
        Some(only) => only..only.saturating_add(1),
        None => 0..common.runs,
    }
}

/// Runs a trial as often as asked for, and keeps what a failing run leaves: data, log, configuration, the organisation's
/// ledger.
pub async fn in_worlds(trial: Arc<dyn Trial>, common: &Common, report: &mut Report) -> Result<(), String> {
    for run in runs(common) {
        let mut random = random_of(common, run);
        let world = World::made_in(trial.setup(&mut random), &|data| trial.variables(data)).await;
        let world = Arc::new(Mutex::new(world));
        let (one, there) = (Arc::clone(&trial), Arc::clone(&world));
        // A task of its own: the harness says by a panic what it did not expect.
        let done = tokio::spawn(async move {
            let mut world = there.lock().await;
            one.run(&mut world, &mut random).await
        });
        let violation = match done.await {
            Ok(done) => done.err(),
            Err(broken) => Some(message(broken)),
        };
        let mut world = world.lock().await;
        if violation.is_some() {
            world.kill().await;
            keep(&world, &report.evidence(run)).map_err(|error| format!("the evidence: {error}"))?;
        }
        report.run(run, violation);
    }
    Ok(())
}

fn message(broken: tokio::task::JoinError) -> String {
    match broken.try_into_panic() {
        Ok(panic) => words(panic.as_ref()),
        Err(_) => "it was aborted".to_owned(),
    }
}

/// What a panic said.
pub fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "it panicked".to_owned())
}

fn keep(world: &World, evidence: &Path) -> std::io::Result<()> {
    let _ = std::fs::remove_dir_all(evidence);
    std::fs::create_dir_all(evidence)?;
    if world.data().is_dir() {
        copy(&world.data(), &evidence.join("data"))?;
    }
    std::fs::copy(world.log(), evidence.join("log"))?;
    std::fs::copy(world.config(), evidence.join("provisiond.toml"))?;
    let ledger: Vec<String> = world
        .org
        .ledger()
        .entries()
        .iter()
        .map(|entry| serde_json::to_string(entry).unwrap_or_else(|error| error.to_string()))
        .collect();
    std::fs::write(evidence.join("ledger.jsonl"), ledger.join("\n"))
}

/// Copies a directory with all that is in it.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
