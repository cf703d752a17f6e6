//! Feeds a reader with mutants of real inputs for a while: `cargo run --release -p provision-tests --bin fuzz -- soql
//! --seconds 60`; `all` takes one after the other, each for so long. A panic, an answer that takes too long or too much
//! memory ends it with exit code 1; the input is then in the file that is named, to be fed again with `--input`.

mod guard;
mod mutate;
mod org;
mod seeds;
mod target;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use guard::Guard;
use rand::SeedableRng;
use rand::rngs::StdRng;
use target::{Feeder, Target};

/// Of the thread that reads, as small as those of the server.
const STACK_BYTES: usize = 2 << 20;

#[derive(Parser, Clone)]
struct Arguments {
    target: Target,
    /// How long to go on with each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The same seed gives the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Feeds this file alone, once.
    #[arg(long)]
    input: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let reader = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || run(&arguments));
    match reader.map(std::thread::JoinHandle::join) {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn run(arguments: &Arguments) -> bool {
    let targets =
        if arguments.target == Target::All { Target::EACH.to_vec() } else { vec![arguments.target] };
    targets.into_iter().all(|target| match &arguments.input {
        Some(file) => replayed(target, file),
        None => fuzzed(target, arguments),
    })
}

fn replayed(target: Target, file: &std::path::Path) -> bool {
    let input = match std::fs::read(file) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            return false;
        }
    };
    let mut feeder = Feeder::new(target);
    let verdict = Guard::new(target.name(), 0).watch(&input, || feeder.feed(&input));
    println!("{}: {}", target.name(), verdict.as_ref().err().map_or("fine", String::as_str));
    verdict.is_ok()
}

fn fuzzed(target: Target, arguments: &Arguments) -> bool {
    let seeds = target.seeds();
    if seeds.is_empty() {
        eprintln!("{}: nothing to begin with", target.name());
        return false;
    }
    let mut random = StdRng::seed_from_u64(arguments.seed);
    let mut feeder = Feeder::new(target);
    let mut guard = Guard::new(target.name(), arguments.seed);
    let started = Instant::now();
    let mut inputs = 0_u64;
    while started.elapsed() < Duration::from_secs(arguments.seconds) {
        // The seeds themselves first.
        let input = match usize::try_from(inputs).ok().and_then(|at| seeds.get(at)) {
            Some(seed) => seed.clone(),
            None => mutate::mutant(&seeds, target.pieces(), &mut random),
        };
        if let Err(problem) = guard.watch(&input, || feeder.feed(&input)) {
            eprintln!("{}: input {inputs} {problem}", target.name());
            return false;
        }
        inputs += 1;
    }
    let (taken, highest) = (feeder.taken(), guard.highest_mib());
    let (name, seconds, seed) = (target.name(), arguments.seconds, arguments.seed);
    println!("{name}: {inputs} inputs in {seconds} s from seed {seed}, {taken} taken, {highest} MiB at most");
    guard.done();
    true
}
