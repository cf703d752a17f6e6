//! Runs the real product again and again under one kind of misfortune, and counts what went wrong:
//! `cargo run --release -p provision-tests --bin soak -- power --runs 2000 --seed 7`.
//!
//! Progress goes to stderr. The last line of stdout is `N runs, M violations`; the exit code is 1 where M is not 0. What a
//! failing run left behind is kept, in a folder that is named, and the same seed replays it.

mod power;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use report::Report;

#[derive(Parser)]
#[command(about = "Runs the real product under misfortune and counts violations")]
struct Arguments {
    #[command(subcommand)]
    misfortune: Misfortune,
}

#[derive(Subcommand)]
enum Misfortune {
    /// Loss of power: disks that kept any part of what the daemon had not synced.
    Power(Common),
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
    let mut report = match &misfortune {
        Misfortune::Power(common) => Report::new("power", common),
    };
    let done = match misfortune {
        Misfortune::Power(common) => power::soak(&common, &mut report).await,
    };
    report.end(done)
}
