//! kill -9 and stops at random moments of an account's whole life, from its creation over a repair to its removal, while
//! the organisation misbehaves: each run ends as one to which nothing happened.

mod course;
pub mod misfortune;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provision_tests::setup::Setup;
use provision_tests::world::World;
use rand::Rng as _;
use rand::rngs::StdRng;
use salesforce_simulator::{Config, Simulator};

use crate::caller::Caller;
use crate::deprovision::{as_before, grants};
use crate::end::{End, defects};
use crate::trial::{Trial, in_worlds, random_of};
use crate::{Common, Misfortune, Report};
pub use course::{protected, removed, started};

use course::Course;
use misfortune::Strike;

/// Deaths in one run, at most.
pub const DEATHS_MAX: u32 = 5;
/// Objects of the organisation: enough for several deployments, few enough for many runs.
const OBJECTS: usize = 30;

/// How many of them are stops: SIGTERM, and the daemon ends by itself within [`STOP_PATIENCE`].
const STOPS: f64 = 0.2;
/// A stop takes five seconds at most; what is more is for a busy machine.
const STOP_PATIENCE: Duration = Duration::from_secs(8);

pub struct Crash;

#[async_trait]
impl Misfortune for Crash {
    async fn soak(&self, common: &Common, report: &mut Report) -> Result<(), String> {
        let setup = Lives::setup_of();
        let mut world = World::made(setup).await;
        let undisturbed = lived(&mut world, &mut random_of(common, u64::MAX), 0).await?;
        drop(world);
        let once = undisturbed.removed.effects.values().all(|count| *count == 1);
        if undisturbed.protected.state != "Protected" || undisturbed.removed.state != "Deprovisioned" || !once
        {
            return Err(format!("the undisturbed run ends as {undisturbed:#?}"));
        }
        eprintln!(
            "  undisturbed: protected after {} effects, removed after {}",
            undisturbed.protected.effects.len(),
            undisturbed.removed.effects.len()
        );
        in_worlds(Arc::new(Lives { undisturbed }), common, report).await
    }
}

struct Lives {
    undisturbed: Ends,
}

/// Where an account stood when all was well, and when all was over.
#[derive(Debug)]
struct Ends {
    protected: End,
    removed: End,
}

impl Lives {
    fn setup_of() -> Setup {
        Setup {
            org: Config { objects: OBJECTS, ..Config::default() },
            log: "info",
            more: "\n[drift]\ninterval_seconds = 1\n".to_owned(),
            ..Setup::default()
        }
    }
}

#[async_trait]
impl Trial for Lives {
    fn setup(&self, _random: &mut StdRng) -> Setup {
        Self::setup_of()
    }

    async fn run(&self, world: &mut World, random: &mut StdRng) -> Result<(), String> {
        for rule in misfortune::rules(random) {
            world.org.faults().add(rule);
        }
        let deaths = random.random_range(1..=DEATHS_MAX);
        let ends = lived(world, random, deaths).await?;
        let when_protected = ends.protected.differs(&self.undisturbed.protected);
        let when_removed = ends.removed.differs(&self.undisturbed.removed);
        match when_protected.or(when_removed) {
            None => Ok(()),
            Some(difference) => Err(difference),
        }
    }
}

/// The whole course, with so many ends of the daemon.
async fn lived(world: &mut World, random: &mut StdRng, deaths: u32) -> Result<Ends, String> {
    let before = world.org.org().portrait();
    let course = Course::default();
    let caller = lives(world, random, deaths, &course).await?;
    let protected = course.protected().ok_or("it was never protected")?;
    as_before(&before, &world.org)?;
    grants(&world.org, deaths)?;
    Ok(Ends { protected, removed: End::of(&caller, &world.org).await? })
}

/// What somebody wants of a daemon. Asked for again after each death of it; what was done to the organisation is kept.
#[async_trait]
pub trait Wish: Sync {
    async fn fulfilled(&self, caller: &Caller, org: &Simulator, environment: &str) -> Result<(), String>;
}

/// Asks until the wish is fulfilled, while the daemon dies so many times; answers who asked.
pub async fn lives(
    world: &mut World,
    random: &mut StdRng,
    mut deaths: u32,
    wish: &dyn Wish,
) -> Result<Caller, String> {
    world.prepare().await;
    loop {
        let caller = Caller {
            client: world.client("admin@acme.example").await,
            person: world.org.ready().admin.clone(),
        };
        let strike = (deaths > 0).then(|| Strike::draw(random));
        let org = &world.org;
        let struck = async {
            match &strike {
                Some(strike) => strike.comes(org).await,
                None => std::future::pending().await,
            }
        };
        let done = tokio::select! {
            done = wish.fulfilled(&caller, org, world.environment_id()) => Some(done),
            () = struck => None,
        };
        match done {
            Some(done) => {
                done?;
                return match defects(&caller).await?.into_iter().next() {
                    Some(defect) => Err(defect),
                    None => Ok(caller),
                };
            }
            None => {
                deaths -= 1;
                if random.random_bool(STOPS) {
                    let (took, well) = world.terminate().await;
                    if !well || took > STOP_PATIENCE {
                        return Err(format!("a stop took {took:?}, and ended well: {well}"));
                    }
                } else {
                    world.kill().await;
                }
                world.restart().await;
            }
        }
    }
}
