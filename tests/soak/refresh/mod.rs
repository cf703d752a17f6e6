//! Refresh storms: 64 callers whose access token has just ended, over the daemon's own broker and a token endpoint that
//! rotates, while answers are lost, exchanges are raced, introspection is down and the daemon dies. The organisation's
//! ledger says what was used twice.

mod lane;

use std::sync::Arc;
use std::time::Duration;

use provision_connector_sdk::{CallCounter, Connector as _, Session};
use provision_core::Reason;
use provision_core::account::{ConditionType, Status};
use provision_core::ports::Notifications as _;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use salesforce_simulator::fault::{Fault, Occurrence, Operation, Rule};
use salesforce_simulator::ledger::Kind;

use crate::trial::runs;
use crate::{Common, Report};
use lane::{Lane, Life, account_name};

/// Refresh storms.
pub struct Refresh;

#[async_trait::async_trait]
impl crate::Misfortune for Refresh {
    async fn soak(&self, common: &Common, report: &mut Report) -> Result<(), String> {
        soak(common, report).await
    }
}

const CALLERS: usize = 64;
/// Organisations that are stormed at the same time.
const LANES: u64 = 16;
/// Storms over one organisation: it, and the store, remember all that they have seen.
const STORMS_MAX: u32 = 60;
/// The session of an organisation, and a little more.
const SESSION: Duration = Duration::from_secs(2 * 3600 + 1);

/// What goes wrong in a run.
#[derive(Debug, Clone)]
struct Misfortune {
    exchange: Option<Fault>,
    introspection_down: bool,
    dies_at: Option<i64>,
}

impl Misfortune {
    fn of(seed: u64, run: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed ^ (run << 20));
        let raced = |words: &str| Fault::Refused {
            status: 400,
            error_code: "invalid_grant".to_owned(),
            message: words.to_owned(),
        };
        Misfortune {
            exchange: match random.random_range(0..10) {
                0 | 1 => Some(Fault::AnswerLost),
                2 => Some(Fault::TruncatedJson),
                3 => Some(Fault::ConnectionReset),
                4 => Some(Fault::UnavailableHtml),
                5 => Some(raced("token request is already being processed")),
                6 => Some(raced("expired authorization code")),
                _ => None,
            },
            introspection_down: random.random_range(0..3) == 0,
            dies_at: (random.random_range(0..3) == 0).then(|| random.random_range(0..8)),
        }
    }

    /// Without one of these no grant may be lost.
    fn can_lose_an_answer(&self) -> bool {
        matches!(self.exchange, Some(Fault::AnswerLost | Fault::TruncatedJson)) || self.dies_at.is_some()
    }
}

/// Storms `common.runs` times, in lanes that each have an organisation of their own.
async fn soak(common: &Common, report: &mut Report) -> Result<(), String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runs: Vec<u64> = runs(common).collect();
    let lanes = LANES.min(runs.len() as u64);
    let (done, mut results) = tokio::sync::mpsc::channel(64);
    for number in 0..lanes {
        let runs: Vec<u64> =
            runs.iter().copied().filter(|run| run % lanes == number % lanes || lanes == 1).collect();
        let (done, seed) = (done.clone(), common.seed);
        tokio::spawn(async move {
            let mut lane = Lane::start(seed.wrapping_add(number)).await;
            let mut storms = 0;
            for run in runs {
                storms += 1;
                let misfortune = Misfortune::of(seed, run);
                let found = match &lane {
                    Ok(lane) => {
                        storm(lane, &misfortune).await.map_err(|what| format!("{what} ({misfortune:?})"))
                    }
                    Err(what) => Err(format!("no organisation: {what}")),
                };
                // What a violation has left behind must not count twice.
                if found.is_err() || storms == STORMS_MAX {
                    lane = Lane::start(seed.wrapping_add(number)).await;
                    storms = 0;
                }
                if done.send((run, found.err())).await.is_err() {
                    return;
                }
            }
        });
    }
    drop(done);
    while let Some((run, violation)) = results.recv().await {
        if let Some(violation) = &violation {
            let evidence = report.evidence(run);
            std::fs::create_dir_all(&evidence).map_err(|error| error.to_string())?;
            std::fs::write(evidence.join("violation"), violation).map_err(|error| error.to_string())?;
        }
        report.run(run, violation);
    }
    Ok(())
}

/// Refresh tokens that were used after they had been rotated out.
fn reuses(lane: &Lane) -> usize {
    let reused = |entry: &&salesforce_simulator::ledger::Entry| {
        entry.detail.get("reason").is_some_and(|reason| reason == "a rotated refresh token was used again")
    };
    lane.org.ledger().of(Kind::GrantRevoked).iter().filter(reused).count()
}

async fn session(life: &Life) -> Result<Session, String> {
    let account = life.plane.account().await?;
    Ok(life.broker.session(&account, Arc::new(CallCounter::default())))
}

/// Told since the beginning that somebody must authorise again.
async fn told(life: &Life) -> Result<usize, String> {
    let (all, _) = life.plane.snapshot(&account_name().tenant, 10_000).await.map_err(|f| f.to_string())?;
    Ok(all.iter().filter(|(told, _)| told.code.as_str() == "REAUTHORIZATION_REQUIRED").count())
}

/// All callers at once, with the token that has ended; until they are answered, or the daemon has died.
async fn all_call(life: &Life) -> Result<(), String> {
    let session = session(life).await?;
    let Ok(stale) = session.credentials.current().await else { return Ok(()) };
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (session, stale) = (session.clone(), stale.clone());
        callers.spawn(async move { session.credentials.renew(&stale).await.is_ok() });
    }
    let all = async { while callers.join_next().await.is_some() {} };
    tokio::select! {
        () = all => {}
        () = life.dead.cancelled() => {}
    }
    Ok(())
}

async fn storm(lane: &Lane, misfortune: &Misfortune) -> Result<(), String> {
    let faults = lane.org.faults();
    let (reused, refreshed) = (reuses(lane), lane.org.ledger().count(Kind::TokenRefreshed));
    lane.clock.advance(SESSION);
    if let Some(fault) = &misfortune.exchange {
        faults.add(Rule::once(Operation::TokenRefresh, fault.clone()));
    }
    if misfortune.introspection_down {
        let (when, fault) = (Occurrence::From(1), Fault::UnavailableHtml);
        faults.add(Rule { on: Operation::Introspect, when, fault, must_fire: 0 });
    }
    let mut life = lane.live(misfortune.dies_at);
    let told_before = told(&life).await?;
    all_call(&life).await?;
    life.shutdown.cancel();
    if misfortune.exchange.is_none() && misfortune.dies_at.is_none() {
        let exchanges = lane.org.ledger().count(Kind::TokenRefreshed) - refreshed;
        if exchanges != 1 {
            return Err(format!("{exchanges} exchanges for {CALLERS} callers"));
        }
    }
    life = lane.live(None);
    if misfortune.introspection_down {
        for _ in 0..3 {
            lane.clock.advance(Duration::from_secs(200));
            all_call(&life).await?;
        }
    }
    let used = reuses(lane) - reused;
    let allowed = usize::from(misfortune.introspection_down && misfortune.can_lose_an_answer());
    if used > allowed {
        return Err(format!("{used} old tokens were used, {allowed} may have been"));
    }
    faults.clear();
    lane.clock.advance(Duration::from_secs(700));
    life.broker.look_at_all().await.map_err(|fault| format!("{fault:?}"))?;
    settled(lane, &life, misfortune, told_before).await?;
    life.shutdown.cancel();
    Ok(())
}

/// The grant lives and nobody was told otherwise, or it was lost with an answer and that was told once.
async fn settled(lane: &Lane, life: &Life, misfortune: &Misfortune, before: usize) -> Result<(), String> {
    let identified = lane.identify(&session(life).await?).await;
    let (account, told) = (life.plane.account().await?, told(life).await? - before);
    let authorized = account.condition(ConditionType::Authorized);
    match identified {
        Ok(()) if authorized == Status::True && told == 0 => Ok(()),
        Ok(()) => Err(format!("the grant lives; Authorized is {authorized:?}, told {told} times")),
        Err(fault) if fault.reason() != Reason::ReauthorizationRequired => Err(format!("no end: {fault:?}")),
        Err(_) if !misfortune.can_lose_an_answer() => {
            Err("a grant was lost without a lost answer".to_owned())
        }
        Err(_) if authorized != Status::False || told != 1 => {
            Err(format!("the grant is lost; Authorized is {authorized:?}, told {told} times"))
        }
        Err(_) => lane.authorize(life).await.map_err(|fault| format!("not authorised again: {fault:?}")),
    }
}

/// `get` stands in several ports; this is the accounts' one.
trait Account {
    async fn account(&self) -> Result<provision_core::account::ServiceAccount, String>;
}

impl Account for provision_reconcile::ControlPlane {
    async fn account(&self) -> Result<provision_core::account::ServiceAccount, String> {
        let view = provision_core::ports::Accounts::get(self, &account_name()).await;
        view.map(|view| view.value.0).map_err(|fault| format!("{fault:?}"))
    }
}

impl Lane {
    async fn identify(&self, session: &Session) -> Result<(), provision_core::Fault> {
        self.connector().identify(session).await.map(drop).map_err(Into::into)
    }
}
