//! What happens, by the seed.

use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use salesforce_simulator::Simulator;
use salesforce_simulator::fault::{Fault, Occurrence, Operation, Rule};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::Happening;

/// Faults in one run, at most.
const FAULTS_MAX: u32 = 4;
/// Requests that a daemon makes before it dies, at most: soon, or late enough for any part of an account's life.
const REQUESTS_MAX: [u64; 2] = [30, 200];
/// How long a daemon lives, at most.
const LIFE_MAX_MS: u64 = 2_500;
/// Which of the calls of a kind goes wrong, at most: an early one, or one of any.
const NTH_MAX: [u32; 2] = [6, 40];

/// When a daemon dies.
#[derive(Debug)]
pub enum Strike {
    /// When the organisation has answered so many requests more, and so much later.
    Requests(u64, Duration),
    /// So long after it was ready.
    Life(Duration),
}

impl Strike {
    pub fn draw(random: &mut StdRng) -> Strike {
        if random.random_bool(0.7) {
            let later = Duration::from_micros(random.random_range(0..20_000));
            let max = REQUESTS_MAX.choose(random).copied().unwrap_or(1);
            Strike::Requests(random.random_range(1..=max), later)
        } else {
            Strike::Life(Duration::from_millis(random.random_range(0..=LIFE_MAX_MS)))
        }
    }

    /// Returns when it is time.
    pub async fn comes(&self, org: &Simulator) {
        match self {
            Strike::Requests(more, later) => {
                let until = org.ledger().count(Kind::Request) + more;
                org.ledger().until(|ledger| ledger.count(Kind::Request) >= until).await;
                tokio::time::sleep(*later).await;
            }
            Strike::Life(life) => tokio::time::sleep(*life).await,
        }
    }
}

/// What the organisation does wrong. Introspection answers: where it does not, the daemon has one try that may be a reuse.
pub fn rules(random: &mut StdRng) -> Vec<Rule> {
    (0..random.random_range(0..=FAULTS_MAX)).map(|_| rule(random)).collect()
}

fn rule(random: &mut StdRng) -> Rule {
    let max = NTH_MAX.choose(random).copied().unwrap_or(1);
    let when = Occurrence::Nth(random.random_range(1..=max));
    let special = [
        (Operation::DeployRun, Fault::DeployRestarted),
        (Operation::DeployStart, Fault::Happens(Happening::DeployLocked(Duration::from_secs(2)))),
        (Operation::TokenRefresh, Fault::AnswerLost),
        (Operation::TokenRefresh, Fault::token_race()),
        (Operation::TokenExchange, Fault::AnswerLost),
        (Operation::DeployPoll, Fault::Happens(Happening::SessionsEnded)),
    ];
    if random.random_bool(0.25) {
        let (on, fault) =
            special.choose(random).cloned().unwrap_or((Operation::Query { table: None }, Fault::AnswerLost));
        return Rule { on, when, fault, must_fire: 0 };
    }
    let operations = [
        Operation::Query { table: None },
        Operation::DeployStart,
        Operation::DeployPoll,
        Operation::Composite,
        Operation::DescribeGlobal,
        Operation::Describe { object: None },
        Operation::UserInfo,
        Operation::Limits,
        Operation::RecordCreate { object: None },
        Operation::RecordUpdate { object: None },
        Operation::GetTopic,
        Operation::Subscribe,
        Operation::Publish,
    ];
    let faults = [
        Fault::AnswerLost,
        Fault::AnswerLost,
        Fault::ConnectionReset,
        Fault::SessionInvalid,
        Fault::UnavailableHtml,
        Fault::TruncatedJson,
        Fault::Delayed(Duration::from_millis(200)),
    ];
    let on = operations.choose(random).cloned().unwrap_or(Operation::Limits);
    let fault = faults.choose(random).cloned().unwrap_or(Fault::AnswerLost);
    Rule { on, when, fault, must_fire: 0 }
}
