//! Refresh storms: 64 callers whose access token has just ended, with rotation on, while answers are lost, exchanges are
//! raced, introspection is down, and the daemon dies between any two commits and calls.

use std::sync::Arc;

use futures::future::join_all;
use provision_connector_sdk::{CallCounter, Connector as _, Session};
use provision_core::Reason;
use provision_core::account::{ConditionType, Status};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::application::Trouble;
use crate::world::{Crash, Life, World};

const CALLERS: usize = 64;
const LANES: u64 = 10;
const ROUNDS_A_LANE: u64 = 50;

/// What goes wrong in a round.
#[derive(Debug, Clone, Copy)]
struct Misfortune {
    trouble: Option<Trouble>,
    races: u32,
    introspection_down: bool,
    /// The daemon dies at this point.
    dies_at: Option<i64>,
}

impl Misfortune {
    fn any(random: &mut StdRng) -> Self {
        Misfortune {
            trouble: match random.random_range(0..6) {
                0 | 1 => Some(Trouble::LoseAnswer),
                2 => Some(Trouble::GatewayTimeout),
                _ => None,
            },
            races: if random.random_range(0..10) == 0 { random.random_range(1..3) } else { 0 },
            introspection_down: random.random_range(0..3) == 0,
            dies_at: (random.random_range(0..3) == 0).then(|| random.random_range(0..10)),
        }
    }

    /// Without one of these no grant may be lost.
    fn can_lose_an_answer(&self) -> bool {
        self.trouble == Some(Trouble::LoseAnswer) || self.dies_at.is_some()
    }
}

async fn session(life: &Life) -> Session {
    life.broker.session(&life.account().await, Arc::new(CallCounter::default()))
}

async fn told(life: &Life) -> usize {
    life.told().await.iter().filter(|text| *text == "REAUTHORIZATION_REQUIRED").count()
}

/// All callers at once, with the token that has ended. True where the daemon has died of it.
async fn storm(life: &Life, crash: &Crash) -> bool {
    let session = session(life).await;
    let Ok(stale) = session.credentials.current().await else { return false };
    let callers = (0..CALLERS).map(|_| {
        let (session, stale) = (session.clone(), stale.clone());
        tokio::spawn(async move { session.credentials.renew(&stale).await })
    });
    let callers: Vec<_> = callers.collect();
    let abort: Vec<_> = callers.iter().map(tokio::task::JoinHandle::abort_handle).collect();
    tokio::select! {
        _ = join_all(callers) => false,
        () = crash.dead.cancelled() => { abort.iter().for_each(tokio::task::AbortHandle::abort); true }
    }
}

/// One round; answers the life that is left.
async fn round(world: &World, life: Life, misfortune: Misfortune, at: &str) -> Life {
    let (issued, reuses, told_before) = {
        let state = world.application.state();
        (state.tokens_issued, state.reuses, told(&life))
    };
    let told_before = told_before.await;
    {
        let mut state = world.application.state();
        state.access_token = "ended".into();
        state.next_exchange = misfortune.trouble;
        state.races = misfortune.races;
        state.introspection_down = misfortune.introspection_down;
    }
    let (life, died) = match misfortune.dies_at {
        None => {
            let crash = Crash::never();
            let died = storm(&life, &crash).await;
            (life, died)
        }
        Some(point) => {
            life.end().await;
            let crash = Crash::after(point);
            let dying = world.live(crash.clone()).await;
            let died = storm(&dying, &crash).await;
            drop(dying);
            let next = world.live(Crash::never()).await;
            next.runtime.recover().await.expect("recovered");
            (next, died)
        }
    };
    if !died && !misfortune.can_lose_an_answer() && misfortune.trouble.is_none() {
        assert_eq!(world.application.state().tokens_issued, issued + 1, "{at}: exactly one exchange");
    }
    assert_eq!(world.application.state().reuses, reuses, "{at}: an old token was used again");

    // The access token has ended, so where nobody can tell of the grant, one exchange is made at last, and not two.
    if misfortune.introspection_down {
        for _ in 0..3 {
            world.clock.advance(200);
            storm(&life, &Crash::never()).await;
            let used = world.application.state().reuses - reuses;
            assert!(used <= 1, "{at}: {used} old tokens were used without knowing");
            assert!(
                used == 0 || misfortune.can_lose_an_answer(),
                "{at}: a token was reused that was not in doubt"
            );
        }
        world.application.state().introspection_down = false;
    }
    {
        // A trouble that nobody has met is over.
        let mut state = world.application.state();
        (state.next_exchange, state.races) = (None, 0);
    }
    world.clock.advance(700);
    life.broker.look_at_all().await.expect("looked at");
    let identified = life.connector.identify(&session(&life).await).await;
    let account = life.account().await;
    match identified {
        Ok(_) => {
            assert_eq!(account.condition(ConditionType::Authorized), Status::True, "{at}");
            assert_eq!(told(&life).await, told_before, "{at}: told of a grant that lives");
        }
        Err(fault) => {
            assert_eq!(fault.fault.reason(), Reason::ReauthorizationRequired, "{at}: {fault:?}");
            assert!(misfortune.can_lose_an_answer(), "{at}: a grant was lost without a lost answer");
            assert_eq!(account.condition(ConditionType::Authorized), Status::False, "{at}");
            assert_eq!(told(&life).await, told_before + 1, "{at}: told once");
            let state = life.begin().await;
            life.complete(&state, world.application.issue_code()).await.expect("authorised again");
        }
    }
    life
}

async fn lane(seed: u64) {
    let world = World::new().await;
    let mut random = StdRng::seed_from_u64(seed);
    let mut life = world.live(Crash::never()).await;
    life.until_authorized(&world).await;
    for number in 0..ROUNDS_A_LANE {
        let misfortune = Misfortune::any(&mut random);
        life = round(&world, life, misfortune, &format!("seed {seed}, round {number}, {misfortune:?}")).await;
    }
    life.end().await;
}

/// 500 rounds: seconds on a machine that does nothing else, three minutes on the busiest.
#[tokio::test(flavor = "multi_thread")]
async fn no_storm_uses_a_token_twice_or_loses_a_grant_whose_answer_came() {
    let lanes = join_all((0..LANES).map(|seed| tokio::spawn(lane(seed))));
    for lane in tokio::time::timeout(std::time::Duration::from_secs(180), lanes).await.expect("in time") {
        lane.expect("no violation");
    }
}
