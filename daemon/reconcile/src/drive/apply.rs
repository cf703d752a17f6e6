//! Bringing components in.

use std::collections::HashSet;

use provision_connector_sdk::{Applied, ApplyProgress, ApplyRequest, Refused};
use provision_core::component::{Component, ComponentState};
use provision_core::operation::Step;
use provision_core::plan::{Plan, PlanStep, PlannedComponent};

use super::job::Job;
use super::record::Seen;
use super::{Driver, Stop, Work};

/// Characters of the application's words that are kept of a refusal.
const REFUSAL_LENGTH_MAX: usize = 1_000;

impl Driver<'_> {
    pub(super) async fn apply(
        &self,
        work: &Work,
        plan: &Plan,
        planned: &PlanStep,
        found: &Step,
    ) -> Result<(), Stop> {
        let key = format!("{}/{}", self.name, planned.id);
        let mut job = Job::of(found, self.context.now());
        self.announce(planned).await?;
        let mut refused = self.refused(planned).await?;
        let mut pauses = self.pauses();
        let applied = loop {
            let asked = self.context.now();
            let request = ApplyRequest {
                plan,
                step: planned,
                idempotency_key: &key,
                begin: job.begin(),
                refused: &refused,
            };
            match work.connector.apply(&work.session, request).await {
                Ok(ApplyProgress::Done { applied, refused: more }) => {
                    self.keep_refused(planned, &mut refused, more).await?;
                    break applied;
                }
                Ok(ApplyProgress::Running { handle, done, total, message, poll_after, refused: more }) => {
                    self.keep_refused(planned, &mut refused, more).await?;
                    self.report(&planned.id, done, total, &message, Some(&handle)).await?;
                    job = Job::Named(handle);
                    pauses.reset(self.context.settings.retry_delay_min);
                    self.sleep(poll_after).await;
                }
                Err(fault) => {
                    job.failed(&fault, asked);
                    self.pause(&planned.id, &mut pauses, fault).await?;
                }
            }
        };
        self.keep_applied(planned, &applied, &refused).await?;
        self.end_step(plan, planned).await
    }

    /// Stores what the step may bring in before its first call leaves: from here on it may be in the organisation,
    /// however the step ends. What is known already stays as it is.
    async fn announce(&self, planned: &PlanStep) -> Result<(), Stop> {
        let operation = self.load().await?;
        let known = self.components(&operation).await?;
        let stands = |c: &Component| match c.state {
            ComponentState::Applied | ComponentState::Present | ComponentState::Modified => true,
            ComponentState::Refused => c.operation == *self.name,
            ComponentState::Missing => false,
        };
        let known: HashSet<_> =
            known.iter().filter(|c| stands(c)).map(|c| (c.kind.as_str(), c.full_name.as_str())).collect();
        let fresh: Vec<_> = planned
            .components
            .iter()
            .filter(|c| !known.contains(&(c.kind.as_str(), c.full_name.as_str())))
            .map(|component| Seen::new(component, ComponentState::Applied, String::new()))
            .collect();
        Ok(self.keep_components(&operation, &fresh).await?)
    }

    /// What was refused in this step before the daemon was restarted.
    async fn refused(&self, planned: &PlanStep) -> Result<Vec<Refused>, Stop> {
        let operation = self.load().await?;
        let known = self.refused_components(&operation).await?;
        let of_step = |c: &Component| planned.components.iter().any(|p| is(p, &c.kind, &c.full_name));
        Ok(known
            .into_iter()
            .filter(of_step)
            .map(|c| Refused {
                kind: c.kind,
                full_name: c.full_name,
                object_type: c.object_type,
                reason: c.message,
            })
            .collect())
    }

    /// Stores what is refused now; only then may the step go on without it.
    async fn keep_refused(
        &self,
        planned: &PlanStep,
        known: &mut Vec<Refused>,
        more: Vec<Refused>,
    ) -> Result<(), Stop> {
        let fresh: Vec<Refused> = more
            .into_iter()
            .filter(|r| !known.iter().any(|k| k.kind == r.kind && k.full_name == r.full_name))
            .collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let operation = self.load().await?;
        let seen: Vec<_> = fresh
            .iter()
            .filter_map(|r| {
                let component = planned.components.iter().find(|p| is(p, &r.kind, &r.full_name))?;
                Some(Seen {
                    component,
                    state: ComponentState::Refused,
                    remote_id: String::new(),
                    message: r.reason.chars().take(REFUSAL_LENGTH_MAX).collect(),
                    object_type: r.object_type.clone(),
                })
            })
            .collect();
        self.keep_components(&operation, &seen).await?;
        known.extend(fresh);
        Ok(())
    }

    async fn keep_applied(
        &self,
        planned: &PlanStep,
        applied: &[Applied],
        refused: &[Refused],
    ) -> Result<(), Stop> {
        let operation = self.load().await?;
        let seen: Vec<_> = planned
            .components
            .iter()
            .filter(|c| !refused.iter().any(|r| is(c, &r.kind, &r.full_name)))
            .map(|component| {
                let remote_id = applied
                    .iter()
                    .find(|a| is(component, &a.kind, &a.full_name))
                    .map(|a| a.remote_id.clone())
                    .unwrap_or_default();
                Seen::new(component, ComponentState::Applied, remote_id)
            })
            .collect();
        let count = seen.len() as u64;
        self.keep_components(&operation, &seen).await?;
        self.report(&planned.id, count, count, "", None).await
    }
}

fn is(component: &PlannedComponent, kind: &str, full_name: &str) -> bool {
    component.kind == kind && component.full_name == full_name
}
