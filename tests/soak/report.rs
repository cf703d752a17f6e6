//! What a soak says.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::Common;

/// Progress is told this often.
const EVERY: Duration = Duration::from_secs(5);

/// Counts runs and violations, and tells of them.
pub struct Report {
    name: &'static str,
    seed: u64,
    evidence: PathBuf,
    begun: Instant,
    told: Instant,
    runs: u64,
    violations: u64,
}

impl Report {
    pub fn new(name: &'static str, common: &Common) -> Self {
        match common.only {
            Some(only) => eprintln!("soak {name}: run {only} of seed {}", common.seed),
            None => eprintln!("soak {name}: {} runs from seed {}", common.runs, common.seed),
        }
        let now = Instant::now();
        let evidence = common.evidence.join(name);
        Self { name, seed: common.seed, evidence, begun: now, told: now, runs: 0, violations: 0 }
    }

    /// Where the evidence of a run may be put; the folder does not exist yet.
    pub fn evidence(&self, run: u64) -> PathBuf {
        self.evidence.join(format!("seed-{}-run-{run}", self.seed))
    }

    /// A run has ended. `violation` says what was found.
    pub fn run(&mut self, run: u64, violation: Option<String>) {
        self.runs += 1;
        if let Some(violation) = violation {
            self.violations += 1;
            println!("VIOLATION in run {run}: {violation}");
            println!("  evidence: {}", self.evidence(run).display());
            println!("  replay: soak {} --seed {} --only {run}", self.name, self.seed);
        }
        if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            eprintln!(
                "  {} runs, {} violations, {} s",
                self.runs,
                self.violations,
                self.begun.elapsed().as_secs()
            );
        }
    }

    /// The last line, and the exit code.
    pub fn end(self, done: Result<(), String>) -> ExitCode {
        if let Err(reason) = &done {
            eprintln!("soak {} could not go on: {reason}", self.name);
        }
        println!("{} runs, {} violations", self.runs, self.violations);
        if done.is_ok() && self.violations == 0 && self.runs > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
