//! Provisioning and deprovisioning, while the daemon dies and the organisation misbehaves: afterwards the organisation is
//! as it was before, and nobody holds a grant.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use provision_tests::setup::Setup;
use provision_tests::world::World;
use rand::Rng as _;
use rand::rngs::StdRng;
use salesforce_simulator::ledger::{Entry, Kind};
use salesforce_simulator::org::Portrait;
use salesforce_simulator::{Config, Simulator};

use crate::caller::Caller;
use crate::crash::{DEATHS_MAX, Wish, lives, misfortune, protected};
use crate::end::token_reuses;
use crate::trial::{Trial, in_worlds};
use crate::{Common, Misfortune, Report};

/// Differences that are told of one run.
const TOLD_MAX: usize = 8;

pub struct Deprovision;

#[async_trait]
impl Misfortune for Deprovision {
    async fn soak(&self, common: &Common, report: &mut Report) -> Result<(), String> {
        in_worlds(Arc::new(ThereAndBack), common, report).await
    }
}

struct ThereAndBack;

#[async_trait]
impl Trial for ThereAndBack {
    fn setup(&self, _random: &mut StdRng) -> Setup {
        Setup { org: Config { objects: 30, ..Config::default() }, log: "info", ..Setup::default() }
    }

    async fn run(&self, world: &mut World, random: &mut StdRng) -> Result<(), String> {
        let before = world.org.org().portrait();
        for rule in misfortune::rules(random) {
            world.org.faults().add(rule);
        }
        let deaths = random.random_range(0..=DEATHS_MAX);
        // Some change their mind before the account is protected.
        let wish = Removed { early: random.random_bool(0.25), was_protected: AtomicBool::new(false) };
        lives(world, random, deaths, &wish).await?;
        as_before(&before, &world.org)?;
        if token_reuses(&world.org) > 0 {
            return Err("a rotated refresh token was used again".to_owned());
        }
        grants(&world.org, deaths)
    }
}

/// The organisation is as it was.
pub fn as_before(before: &Portrait, org: &Simulator) -> Result<(), String> {
    let differences = before.differences(&org.org().portrait());
    if differences.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = differences.iter().take(TOLD_MAX).cloned().collect();
    Err(format!("{} things differ from before: {}", differences.len(), told.join("; ")))
}

/// The grant that the account had is gone. One whose answer never came to the daemon is nobody's: its token is not known,
/// so nobody can revoke it. There is at most one for each answer that was lost, and for each death.
pub fn grants(org: &Simulator, deaths: u32) -> Result<(), String> {
    let issued = org.ledger().of(Kind::GrantIssued);
    let number = |entry: &Entry| entry.detail.get("grant").and_then(|number| number.parse::<u64>().ok());
    let last = issued.iter().filter_map(number).max();
    let live: Vec<u64> = org.org().read().grants.grants.keys().copied().collect();
    let lost =
        org.ledger().of(Kind::FaultFired).iter().filter(|fault| fault.subject == "TokenExchange").count();
    if live.iter().any(|number| Some(*number) == last) || live.len() > lost + deaths as usize {
        return Err(format!("grants {live:?} live; {last:?} was the last that was issued"));
    }
    Ok(())
}

/// An account that was, and is not any more.
struct Removed {
    early: bool,
    was_protected: AtomicBool,
}

#[async_trait]
impl Wish for Removed {
    async fn fulfilled(&self, caller: &Caller, _org: &Simulator, environment: &str) -> Result<(), String> {
        if !self.was_protected.load(Ordering::SeqCst) {
            if self.early {
                crate::crash::started(caller, environment).await?;
            } else {
                protected(caller, environment).await?;
            }
            self.was_protected.store(true, Ordering::SeqCst);
        }
        crate::crash::removed(caller).await
    }
}
