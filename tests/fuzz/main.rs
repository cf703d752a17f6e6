//! Feeds a target with mutants of real programs for a while: `cargo run --release -p provision-tests --bin fuzz -- apex
//! --seconds 60`. A panic, or an answer that takes too long, ends it with exit code 1; the input is then in the file
//! that is named.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use provision_tests::app;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use salesforce_simulator::apex::syntax;

/// One input of at most a few thousand characters takes milliseconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Bytes of an input.
const INPUT_MAX: usize = 100_000;
/// Pieces that break things.
const PIECES: [&str; 36] = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ";",
    ",",
    ".",
    "?.",
    "?",
    ":",
    "??",
    "'",
    "'''",
    "'''\n",
    "\\",
    "\\u00",
    "/*",
    "//",
    "@",
    "[SELECT Id FROM A WHERE b = :",
    "List<",
    "new ",
    "class A {",
    "(A)",
    "when else {",
    "1.",
    "9L",
    "\u{0}",
    "\u{feff}",
    "ä",
    "😀",
    "as user ",
];

#[derive(Parser)]
struct Arguments {
    target: Target,
    /// How long to go on.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The same seed gives the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// The Apex parser.
    Apex,
}

impl Target {
    fn feed(self, input: &str) {
        match self {
            Self::Apex => {
                let _ = syntax::parse_class(input);
                let _ = syntax::parse_trigger(input);
                let _ = syntax::parse_anonymous_unit(input);
                let _ = syntax::length_without_comments(input);
            }
        }
    }

    fn seeds(self) -> Vec<String> {
        match self {
            Self::Apex => {
                let mut seeds = Vec::new();
                programs(&app::source(), &mut seeds);
                programs(&app::source().join("../simulator/tests/apex"), &mut seeds);
                seeds
            }
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seeds = arguments.target.seeds();
    if seeds.is_empty() {
        eprintln!("no programs to begin with");
        return ExitCode::FAILURE;
    }
    let mut random = StdRng::seed_from_u64(arguments.seed);
    let started = Instant::now();
    let mut inputs = 0_u64;
    while started.elapsed().as_secs() < arguments.seconds {
        let input = mutant(&seeds, &mut random);
        let fed = Instant::now();
        let fine = std::panic::catch_unwind(|| arguments.target.feed(&input)).is_ok();
        if !fine || fed.elapsed() > ANSWER_LIMIT {
            let file = std::env::temp_dir().join(format!("fuzz-{}-{inputs}", arguments.seed));
            let kept = std::fs::write(&file, &input);
            let what = if fine { "took too long" } else { "panicked" };
            eprintln!("input {inputs} {what} ({} bytes): {} {kept:?}", input.len(), file.display());
            return ExitCode::FAILURE;
        }
        inputs += 1;
    }
    println!("{inputs} inputs in {} s from seed {}", arguments.seconds, arguments.seed);
    ExitCode::SUCCESS
}

fn programs(folder: &Path, seeds: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            programs(&path, seeds);
        } else if ["apex", "cls", "trigger", "j2"]
            .iter()
            .any(|known| path.extension().is_some_and(|extension| extension == *known))
        {
            seeds.extend(std::fs::read_to_string(path));
        }
    }
}

/// A program, or parts of two, with a few places cut, doubled, repeated or replaced.
fn mutant(seeds: &[String], random: &mut StdRng) -> String {
    let mut input: Vec<char> = pick(seeds, random).chars().collect();
    for _ in 0..random.random_range(1..8) {
        let at = random.random_range(0..=input.len());
        let end = (at + random.random_range(0..40)).min(input.len());
        let piece: Vec<char> = match random.random_range(0..5) {
            0 => Vec::new(),
            1 => input.get(at..end).unwrap_or_default().repeat(2),
            2 => PIECES.choose(random).unwrap_or(&"").chars().collect(),
            3 => PIECES.choose(random).unwrap_or(&"").repeat(random.random_range(1..2_000)).chars().collect(),
            _ => {
                let other: Vec<char> = pick(seeds, random).chars().collect();
                let from = random.random_range(0..=other.len());
                other.into_iter().skip(from).take(200).collect()
            }
        };
        input.splice(at..end, piece);
    }
    input.truncate(INPUT_MAX);
    input.into_iter().collect()
}

fn pick<'a>(seeds: &'a [String], random: &mut StdRng) -> &'a str {
    seeds.choose(random).map_or("", String::as_str)
}
