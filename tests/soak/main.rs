//! Runs the real product again and again under one kind of misfortune, and counts what went wrong:
//! `cargo run --release -p provision-tests --bin soak -- power --runs 2000 --seed 7`.
//!
//! Progress goes to stderr. The last line of stdout is `N runs, M violations`; the exit code is 1 where M is not 0. What a
//! failing run left behind is kept, in a folder that is named, and the same seed replays it.

mod caller;
mod crash;
mod deprovision;
mod disk;
mod end;
mod power;
mod refresh;
mod report;
mod resume;
mod trial;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;

use async_trait::async_trait;
use clap::{Parser, Subcommand};
use futures::FutureExt as _;

use report::Report;

/// Runs the real product under misfortune and counts violations.
///
/// The seed, progress every five seconds and what could not be done go to standard error; violations, each with the place of
/// its evidence and the line that replays it, and the last line `N runs, M violations` to standard output. The exit code is
/// 0 only where all was done and nothing violated.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    misfortune: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Loss of power: disks that kept any part of what the daemon had not synced.
    Power(Common),
    /// kill -9 and stops at random moments of an account's whole life, and an organisation that misbehaves.
    Crash(Common),
    /// Notification clients that are cut, and daemons that end, at random events.
    Resume(Common),
    /// Refresh storms: 64 callers at an access token's end, with rotation, lost answers, races and deaths.
    Refresh(Common),
    /// Provisioning and deprovisioning with random defects: the organisation is as it was before.
    Deprovision(Common),
    /// A disk that fills up, flips bits and loses files.
    Disk(Common),
}

/// One kind of misfortune, a module each.
#[async_trait]
trait Misfortune: Sync {
    /// Runs as often as asked for and reports each run; an error is what kept it from going on.
    async fn soak(&self, common: &Common, report: &mut Report) -> Result<(), String>;
}

impl Command {
    fn parts(&self) -> (&'static str, &Common, &dyn Misfortune) {
        match self {
            Command::Power(common) => ("power", common, &power::Power),
            Command::Crash(common) => ("crash", common, &crash::Crash),
            Command::Resume(common) => ("resume", common, &resume::Resume),
            Command::Refresh(common) => ("refresh", common, &refresh::Refresh),
            Command::Deprovision(common) => ("deprovision", common, &deprovision::Deprovision),
            Command::Disk(common) => ("disk", common, &disk::Disk),
        }
    }
}

/// Runs and their numbers, at most: a run's misfortunes are drawn by 44 bits of its number.
const RUNS_MAX: u64 = 1 << 44;

#[derive(Parser, Clone)]
struct Common {
    /// How often.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=RUNS_MAX))]
    runs: u64,
    /// The same seed gives the same misfortunes; what the daemon does between them has its own timing.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run this one alone of the runs that the seed gives.
    #[arg(long, visible_alias = "run", value_name = "RUN", value_parser = clap::value_parser!(u64).range(..RUNS_MAX))]
    only: Option<u64>,
    /// Where the evidence of failing runs is kept.
    #[arg(long, default_value = "target/soak")]
    evidence: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { misfortune } = Arguments::parse();
    let (name, common, kind) = misfortune.parts();
    let mut report = Report::new(name, common);
    // The harness says by a panic what it did not expect, also outside of a run.
    let soak = AssertUnwindSafe(kind.soak(common, &mut report)).catch_unwind();
    let done = tokio::select! {
        done = soak => done.unwrap_or_else(|panic| Err(trial::words(panic.as_ref()))),
        _ = tokio::signal::ctrl_c() => Err("it was interrupted".to_owned()),
    };
    report.end(done)
}
