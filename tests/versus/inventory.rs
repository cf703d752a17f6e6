//! The inventory of a whole organisation, cold: the list of objects, all their fields, profiles and permission sets, and
//! rights on objects.

mod describes;
mod ours;
mod peers;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::{Config, Simulator};

use crate::pairs::{Pair, rounded, summary};
use ours::Ours;
use peers::Peer;

/// The version of Salesforce's APIs that everybody speaks.
pub const API_VERSION: &str = "67.0";
/// Why there is no comparison, or no run of one side.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is compared.
#[derive(Debug, Args)]
pub struct Options {
    /// Objects of the organisation.
    #[arg(long, default_value_t = 1000)]
    objects: usize,
    /// A file with the objects of a whole organisation, instead.
    #[arg(long, conflicts_with = "objects")]
    schema: Option<PathBuf>,
    /// Profiles and permission sets together.
    #[arg(long)]
    profiles: Option<usize>,
    /// Rows of object permissions in all.
    #[arg(long)]
    rights: Option<usize>,
    /// Pairs of runs with each peer.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// Time added to each answer, such as 50ms or 1s.
    #[arg(long, default_value = "50ms", value_parser = duration)]
    latency: Duration,
    /// The same seed makes the same organisation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only these peers; may be repeated.
    #[arg(long = "peer", value_enum)]
    peers: Vec<Peer>,
}

/// What one run saw, and how long it took from its first call to its last.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
pub struct Seen {
    pub seconds: f64,
    pub objects: u64,
    pub fields: u64,
    /// Rows of object permissions.
    pub rights: u64,
}

/// Runs the pairs and prints them.
pub async fn compare(options: Options) -> Result<(), Failure> {
    let simulator = Simulator::start(Config {
        objects: options.objects,
        schema: options.schema.clone(),
        profiles: options.profiles,
        object_permission_rows: options.rights,
        latency: options.latency,
        seed: options.seed,
        // Loops of describes would use up what a day allows.
        daily_api_requests: Some(u64::MAX / 2),
        ..Config::default()
    })
    .await?;
    let wanted = if options.peers.is_empty() { Peer::ALL.to_vec() } else { options.peers.clone() };
    let mut ready = Vec::new();
    for peer in wanted {
        match peer.prepare().await {
            Ok(prepared) => ready.push(prepared),
            Err(reason) => eprintln!("SKIPPED {}: {}", peer.name(), reason.trim().replace('\n', " ")),
        }
    }
    let ours = Ours::new(&simulator).await?;
    // The first run of all warms the organisation, not one of the sides.
    ours.run().await?;
    let mut pairs: Vec<Vec<Pair>> = vec![Vec::new(); ready.len()];
    for run in 1..=options.runs {
        for (peer, pairs) in ready.iter().zip(&mut pairs) {
            let (our_run, their_run) =
                (counted(&simulator, ours.run()), counted(&simulator, peer.run(&simulator)));
            // Whoever goes first in one run goes second in the next.
            let (ours, theirs) = if run % 2 == 1 {
                let ours = our_run.await?;
                (ours, their_run.await)
            } else {
                let theirs = their_run.await;
                (our_run.await?, theirs)
            };
            match theirs {
                Ok(theirs) => {
                    let pair = pair(peer.name(), run, ours, theirs);
                    println!("{}", serde_json::to_string(&pair)?);
                    pairs.push(pair);
                }
                Err(error) => eprintln!("SKIPPED {} run {run}: {error}", peer.name()),
            }
        }
    }
    let summaries: Vec<_> = pairs.iter().filter_map(|pairs| summary(pairs)).collect();
    for summary in &summaries {
        println!("{}", serde_json::to_string(summary)?);
    }
    simulator.stop().await;
    match summaries.iter().all(|summary| summary.equal) {
        true => Ok(()),
        false => Err("a peer saw another number of objects, fields or rights".into()),
    }
}

fn pair(
    peer: &'static str,
    run: u32,
    (ours, ours_calls): (Seen, u64),
    (theirs, peer_calls): (Seen, u64),
) -> Pair {
    let equal = Seen { seconds: 0.0, ..ours } == Seen { seconds: 0.0, ..theirs };
    if !equal {
        eprintln!("{peer} saw something else: {theirs:?}, ours {ours:?}");
    }
    Pair {
        peer,
        run,
        ours_seconds: rounded(ours.seconds),
        peer_seconds: rounded(theirs.seconds),
        ours_calls,
        peer_calls,
        objects: ours.objects,
        fields: ours.fields,
        rights: ours.rights,
        equal,
    }
}

/// The run with the calls that the organisation has counted meanwhile.
async fn counted(
    simulator: &Simulator,
    run: impl Future<Output = Result<Seen, Failure>>,
) -> Result<(Seen, u64), Failure> {
    let before = simulator.ledger().count(Kind::Request);
    let seen = run.await?;
    Ok((seen, simulator.ledger().count(Kind::Request) - before))
}

/// `250ms`, `2s`.
fn duration(text: &str) -> Result<Duration, String> {
    let (digits, millis) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (text.strip_suffix('s').ok_or("needs a unit: ms or s")?, 1_000),
    };
    let number: u64 = digits.trim().parse().map_err(|_| format!("{digits:?} is no number"))?;
    Ok(Duration::from_millis(number.saturating_mul(millis)))
}
