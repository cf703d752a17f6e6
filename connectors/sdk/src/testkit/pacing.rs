//! Cases of pacing: every call is asked for, and none leaves that is held back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use provision_core::plan::{Plan, PlannedComponent, StepKind};
use provision_core::{Fault, Reason};

use super::contract::Suite;
use super::expect::{Outcome, ensure, fails, same, succeeds};
use crate::connector::{ApplyRequest, Begin};
use crate::fault::{ConnectorFault, FaultClass};
use crate::pacing::{CallClass, CallCounter, Pacer};
use crate::session::Session;

const WAIT: Duration = Duration::from_secs(77);

/// Counts what is asked of it, and lets calls go or not.
struct Gate {
    open: bool,
    asked: AtomicU64,
}

#[async_trait]
impl Pacer for Gate {
    async fn admit(&self, _class: CallClass) -> Result<(), ConnectorFault> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.open {
            return Ok(());
        }
        Err(ConnectorFault::new(
            FaultClass::Throttled { wait: WAIT },
            Fault::new(Reason::ApiBudgetExhausted, "held back"),
        ))
    }

    fn observe(&self, _used: u64, _limit: u64) {}

    fn exhausted(&self) -> Duration {
        WAIT
    }
}

fn behind(suite: &Suite<'_>, open: bool) -> (Session, Arc<Gate>) {
    let gate = Arc::new(Gate { open, asked: AtomicU64::new(0) });
    let calls = Arc::new(CallCounter::default());
    calls.pace(CallClass::Drift, gate.clone());
    (Session { calls, ..suite.session.clone() }, gate)
}

/// Nothing leaves behind a closed gate, and every method says why; behind an open one, each call is asked for once.
pub(super) async fn asked(suite: &Suite<'_>, plan: &Plan) -> Outcome {
    let connector = suite.world.connector();
    let components: Vec<PlannedComponent> =
        plan.steps.iter().flat_map(|step| step.components.iter().cloned()).collect();
    let before = suite.world.effects();
    let (session, gate) = behind(suite, false);
    let held = &FaultClass::Throttled { wait: WAIT };
    fails("identify behind a closed gate", held, connector.identify(&session).await)?;
    fails("observe behind a closed gate", held, connector.observe(&session, plan, &components).await)?;
    for step in plan.steps.iter().filter(|step| step.kind == StepKind::Apply) {
        let request =
            ApplyRequest { plan, step, idempotency_key: "paced", begin: Begin::Fresh, refused: &[] };
        fails(&format!("{} behind a closed gate", step.id), held, connector.apply(&session, request).await)?;
    }
    ensure(gate.asked.load(Ordering::SeqCst) > 0, "nobody asks whether a call may leave")?;
    same("the calls counted behind a closed gate", &0, &session.calls.made())?;
    suite.unchanged_since(before, "calls that were held back")?;

    let (session, gate) = behind(suite, true);
    succeeds("identify", connector.identify(&session).await)?;
    succeeds("observe", connector.observe(&session, plan, &components).await)?;
    let asked = gate.asked.load(Ordering::SeqCst);
    ensure(asked > 0, "nobody asks whether a call may leave")?;
    same("the calls asked for and those counted", &asked, &session.calls.made())
}
