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

use std::path::PathBuf;
use std::process::ExitCode;

use async_trait::async_trait;
use clap::{Parser, Subcommand};

use report::Report;

#[derive(Parser)]
#[command(about = "Runs the real product under misfortune and counts violations")]
struct Arguments {
    #[command(subcommand)]
    misfortune: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Loss of power: disks that kept any part of what the daemon had not synced.
    Power(Common),
    /// kill -9 at random moments of an account's life, and an organisation that misbehaves.
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

#[derive(Parser, Clone)]
struct Common {
    /// How often.
    #[arg(long, default_value_t = 200)]
    runs: u64,
    /// The same seed gives the same misfortunes; what the daemon does between them has its own timing.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run this one alone of the runs that the seed gives.
    #[arg(long)]
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
    let done = kind.soak(common, &mut report).await;
    report.end(done)
}
