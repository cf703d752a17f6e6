//! Drives an operation: its steps in order, each intent stored before its first call leaves and each outcome after. A
//! driver can die anywhere; the next one finds the step begun, and observes before it repeats.

mod apply;
mod canary;
mod checkpoints;
mod finish;
mod inventory;
mod job;
mod record;
mod removal;
mod repair;
mod retry;
mod verify;

use std::sync::Arc;

use provision_connector_sdk::{CallClass, CallCounter, Connector, ConnectorFault, Session};
use provision_core::account::ServiceAccount;
use provision_core::operation::{Operation, OperationKind, Step, StepState};
use provision_core::plan::{Plan, PlanStep, StepKind};
use provision_core::{Fault, OperationName, Reason, Result};
use tokio::sync::Notify;

use crate::broker::Broker;
use crate::budget::class_of;
use crate::context::Context;
use crate::runtime::Runtime;

pub(crate) use checkpoints::forget as forget_checkpoints;
pub(crate) use removal::{quarantined, removal_step, unresolved_quarantine};
pub(crate) use verify::as_in_the_end;

/// One operation's driver.
pub(crate) struct Driver<'a> {
    context: &'a Arc<Context>,
    broker: &'a Arc<Broker>,
    runtime: &'a Arc<Runtime>,
    name: &'a OperationName,
    wake: Arc<Notify>,
    calls: Arc<CallCounter>,
}

/// Why a step did not reach its end.
pub(crate) enum Stop {
    /// The operation fails with this.
    Failed(Fault),
    /// A caller asked for it.
    Cancelled,
    /// The store cannot be used: nothing can be decided now.
    Store(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        match fault.reason() {
            Reason::StoreUnavailable | Reason::ShuttingDown => Stop::Store(fault),
            _ => Stop::Failed(fault),
        }
    }
}

impl From<ConnectorFault> for Stop {
    fn from(fault: ConnectorFault) -> Stop {
        Stop::from(fault.fault)
    }
}

/// What a step needs to know.
struct Work {
    account: ServiceAccount,
    connector: Arc<dyn Connector>,
    session: Session,
}

impl<'a> Driver<'a> {
    pub fn new(
        context: &'a Arc<Context>,
        broker: &'a Arc<Broker>,
        runtime: &'a Arc<Runtime>,
        name: &'a OperationName,
        wake: Arc<Notify>,
    ) -> Self {
        Driver { context, broker, runtime, name, wake, calls: Arc::new(CallCounter::default()) }
    }

    /// Drives to the end. A fault means that the store could not be used for long; the record stands, and the next
    /// start takes it up.
    pub async fn run(&self) -> Result<()> {
        let mut pause = self.context.settings.retry_delay_min;
        loop {
            match self.attempt().await {
                Ok(()) => return Ok(()),
                Err(Stop::Store(fault)) if fault.reason() == Reason::ShuttingDown => return Err(fault),
                Err(Stop::Store(fault)) => {
                    tracing::warn!(operation = %self.name, ?fault, "the store cannot be used; waiting");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(self.context.settings.retry_delay_max);
                }
                Err(Stop::Failed(fault)) => match self.finish_failed(&fault).await {
                    Err(fault) if fault.reason() == Reason::StoreUnavailable => {
                        tokio::time::sleep(pause).await
                    }
                    other => return other,
                },
                Err(Stop::Cancelled) => match self.finish_cancelled().await {
                    Err(fault) if fault.reason() == Reason::StoreUnavailable => {
                        tokio::time::sleep(pause).await
                    }
                    other => return other,
                },
            }
        }
    }

    /// Waits for somebody to ask for attention.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// True where a caller has asked for the operation's end.
    pub(crate) async fn is_cancelled(&self) -> bool {
        self.load().await.is_ok_and(|operation| operation.cancel_requested)
    }

    /// Ends the operation, whatever its driver does.
    pub(crate) async fn fail_overdue(&self) -> Result<()> {
        self.finish_failed(&record::overdue()).await
    }

    async fn attempt(&self) -> Result<(), Stop> {
        let operation = self.load().await?;
        if operation.is_done() {
            return Ok(());
        }
        let account = self.context.account(&operation.account).await?.value;
        if account.uid != operation.account_uid {
            return Err(Stop::Failed(Fault::not_found(&operation.account)));
        }
        let connector = self.context.connectors.get(&account.connector)?.clone();
        self.runtime.budgets().pace(&self.calls, &account, class_of(operation.kind));
        let session = self.broker.session(&account, self.calls.clone());
        let work = Work { account, connector, session };
        match operation.kind {
            OperationKind::RefreshInventory => {
                let step = operation.steps.first().ok_or_else(|| Fault::internal_error("no step"))?;
                let (summary, outcome) = self.read_inventory(&work, &operation, step).await?;
                Ok(self.finish_inventory(summary, outcome).await?)
            }
            OperationKind::Repair => {
                let plan = self.plan_of(&operation).await?;
                self.repair(&work, &plan, &operation).await
            }
            OperationKind::Deprovision => self.run_removal(&work).await,
            OperationKind::Provision => {
                let plan = self.plan_of(&operation).await?;
                self.run_plan(&work, &plan, &operation).await?;
                let coverage = self.coverage(&plan, &self.load().await?).await?;
                Ok(self.finish_provisioned(coverage).await?)
            }
        }
    }

    /// The same work where it acts on content: its calls are never held back.
    fn urgent(&self, work: &Work) -> Work {
        let calls = Arc::new(CallCounter::part_of(self.calls.clone()));
        self.runtime.budgets().pace(&calls, &work.account, CallClass::SecurityAction);
        Work {
            account: work.account.clone(),
            connector: work.connector.clone(),
            session: Session { calls, ..work.session.clone() },
        }
    }

    async fn plan_of(&self, operation: &Operation) -> Result<Plan> {
        let reference =
            operation.plan.as_ref().ok_or_else(|| Fault::internal_error("an operation without its plan"))?;
        self.context.load_plan(reference).await
    }

    async fn run_plan(&self, work: &Work, plan: &Plan, operation: &Operation) -> Result<(), Stop> {
        for (planned, step) in plan.steps.iter().zip(&operation.steps) {
            if step.state == StepState::Done {
                continue;
            }
            self.run_step(work, plan, planned, step).await?;
            self.demand_coverage(plan, operation).await?;
        }
        Ok(())
    }

    async fn run_step(&self, work: &Work, plan: &Plan, planned: &PlanStep, step: &Step) -> Result<(), Stop> {
        // What is known of earlier tries comes from the record as it was found: the intent that is stored now is ours.
        let found = step.clone();
        self.begin_step(&planned.id).await?;
        match planned.kind {
            StepKind::Apply => self.apply(work, plan, planned, &found).await?,
            StepKind::OpenEvents => self.open_events(work, plan, planned).await?,
            StepKind::Verify => self.verify(work, plan, planned).await?,
            StepKind::Canary => self.canary(work, plan, planned).await?,
            StepKind::CloseEvents
            | StepKind::Survey
            | StepKind::Dispose
            | StepKind::Remove
            | StepKind::VerifyRemoved
            | StepKind::Revoke => {
                return Err(Stop::Failed(Fault::internal_error("a plan with a step of a removal")));
            }
        }
        Ok(())
    }
}
