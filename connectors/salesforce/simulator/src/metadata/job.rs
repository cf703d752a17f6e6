//! Deployments as jobs of the org: one runs, the rest wait.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use super::attempt::Outcome;
use super::coverage::TestRun;
use super::options::DeployOptions;
use super::result::is_done;
use super::retrieve::RetrieveJob;
use super::row::Row;
use super::test_run::{WholeFailure, tests_enabled};
use crate::config::Environment;
use crate::ledger::Kind;
use crate::org::{DeployRequest, Id, Org, Rights, prefix};

/// Deployments that may wait at once.
const WAITING_MAX: usize = 200;
/// Finished deployments whose details are kept.
const KEPT_MAX: usize = 500;
/// Validations whose files are kept for a quick deploy.
const VALIDATIONS_MAX: usize = 20;

/// A deploy that was asked for.
pub(crate) struct Order {
    pub(super) options: DeployOptions,
    pub(super) zip: Bytes,
    pub(super) rights: Rights,
    /// API version of the URL.
    pub(super) version: u32,
    /// The validation that a quick deploy brings in.
    pub(super) validation: Option<Id>,
}

impl Order {
    /// A deploy of a zip.
    pub(crate) fn new(options: DeployOptions, zip: Bytes, rights: Rights, version: u32) -> Self {
        Self { options, zip, rights, version, validation: None }
    }
}

/// What is known of a deploy beside its row.
#[derive(Clone, Default)]
pub(crate) struct Job {
    pub(super) options: DeployOptions,
    pub(super) rows: Vec<Row>,
    pub(super) tests: TestRun,
    /// Polls that are still answered as if the deployment were unknown.
    pub(super) hidden_polls: u32,
    /// The validation that a quick deploy brings in.
    pub(super) validation: Option<Id>,
    /// Of a validation that has succeeded: what a quick deploy of it needs.
    pub(super) order: Option<Arc<Order>>,
    /// How many deploys had taken effect when it ended.
    pub(super) effects: u64,
}

/// The deployments of one org.
pub(crate) struct Deployments {
    pub(super) org: Arc<Org>,
    jobs: Mutex<BTreeMap<Id, Job>>,
    /// Retrieves of the org's metadata.
    pub(super) retrieves: Mutex<BTreeMap<Id, RetrieveJob>>,
    /// Deploys that have taken effect.
    pub(super) effects: AtomicU64,
}

impl Deployments {
    pub(crate) fn new(org: Arc<Org>) -> Arc<Self> {
        Arc::new(Self {
            org,
            jobs: Mutex::default(),
            retrieves: Mutex::default(),
            effects: AtomicU64::new(0),
        })
    }

    pub(super) fn jobs(&self) -> MutexGuard<'_, BTreeMap<Id, Job>> {
        self.jobs.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Accepts a deploy; absent when too many wait already.
    pub(super) fn start(self: &Arc<Self>, order: Order) -> Option<DeployRequest> {
        let org = &self.org;
        let waiting = org.read().deploys.values().filter(|request| !is_done(request)).count();
        if waiting >= WAITING_MAX {
            return None;
        }
        let id = org.ids.next(prefix::DEPLOY_REQUEST);
        let options = order.options.clone();
        let request = DeployRequest {
            check_only: options.check_only,
            rollback_on_error: options.rollback_on_error,
            ignore_warnings: options.ignore_warnings,
            run_tests_enabled: order.validation.is_none() && tests_enabled(&options, self.rules(), false),
            ..DeployRequest::pending(id, order.rights.user, org.now_ms())
        };
        org.write().deploys.insert(id, request.clone());
        self.keep(
            id,
            Job {
                options,
                hidden_polls: org.config.deploy_poll_lag,
                validation: order.validation,
                ..Job::default()
            },
        );
        org.note(Kind::DeployStarted, Some(order.rights.user), id.as_str(), &[]);
        let this = Arc::clone(self);
        tokio::spawn(async move { this.run(id, order).await });
        Some(request)
    }

    /// Whose rules hold: those of production in a paid org alone.
    pub(super) fn rules(&self) -> Environment {
        if self.org.is_active_production() { Environment::Production } else { Environment::Sandbox }
    }

    fn keep(&self, id: Id, job: Job) {
        let mut jobs = self.jobs();
        jobs.insert(id, job);
        while jobs.len() > KEPT_MAX {
            let state = self.org.read();
            let oldest = jobs.keys().find(|id| state.deploys.get(id).is_none_or(is_done)).copied();
            drop(state);
            match oldest {
                Some(oldest) => jobs.remove(&oldest),
                None => break,
            };
        }
    }

    /// Asks a deploy to stop; false when it is over already, or too far for that.
    pub(super) fn cancel(&self, id: Id, by: Id) -> bool {
        let now_ms = self.org.now_ms();
        let mut state = self.org.write();
        match state.deploys.get_mut(&id) {
            Some(request) if !is_done(request) && request.status != "FinalizingDeploy" => {
                request.status =
                    if request.started_ms.is_none() { "Canceled" } else { "Canceling" }.to_owned();
                request.canceled_by = Some(by);
                request.modified_ms = now_ms;
                if request.started_ms.is_none() {
                    request.completed_ms = Some(now_ms);
                }
                true
            }
            _ => false,
        }
    }

    async fn run(self: Arc<Self>, id: Id, order: Order) {
        // Waiters get it in order; whoever installs a package waits here too.
        let _turn = self.org.setup.lock().await;
        let user = order.rights.user;
        let waits = self.update(id, |request, now_ms| {
            if request.status == "Pending" {
                "InProgress".clone_into(&mut request.status);
                request.started_ms = Some(now_ms);
            }
        });
        let order = Arc::new(order);
        let outcome = if waits.as_deref() == Some("InProgress") {
            self.deploy(id, Arc::clone(&order)).await
        } else {
            Outcome::canceled(Vec::new())
        };
        self.finish(id, user, outcome, order);
    }

    /// Changes the row; returns the status it has then.
    pub(super) fn update(&self, id: Id, change: impl FnOnce(&mut DeployRequest, i64)) -> Option<String> {
        let now_ms = self.org.now_ms();
        let mut state = self.org.write();
        let request = state.deploys.get_mut(&id)?;
        change(request, now_ms);
        request.modified_ms = now_ms;
        Some(request.status.clone())
    }

    fn finish(&self, id: Id, user: Id, outcome: Outcome, order: Arc<Order>) {
        let Outcome { rows, tests, whole, canceled, partial } = outcome;
        let status = self.update(id, |request, now_ms| {
            let counted = || rows.iter().filter(|row| !row.component_type.is_empty());
            let failed = rows.iter().filter(|row| !row.success(request.ignore_warnings)).count();
            let good = counted().filter(|row| row.success(request.ignore_warnings)).count();
            request.state_detail = None;
            request.completed_ms = Some(request.completed_ms.unwrap_or(now_ms));
            if !canceled {
                request.components_total = counted().count() as u32;
                request.components_deployed = good as u32;
                request.component_errors = failed as u32;
            }
            if tests.total() > 0 {
                request.test_errors = tests.errors();
                request.tests_completed = tests.total() - tests.errors();
                request.tests_total = tests.total();
            }
            request.status = match (canceled, &whole, failed, partial && good > 0) {
                (true, ..) => "Canceled",
                (_, None, 0, _) if tests.passed() => "Succeeded",
                (_, None, _, true) => "SucceededPartial",
                _ => "Failed",
            }
            .to_owned();
            if let Some(WholeFailure { code, message }) = whole {
                request.error_message = Some(format!("{code}: {message}"));
                request.error_status_code = Some(code);
            }
        });
        let validated = order.options.check_only && status.as_deref() == Some("Succeeded");
        let mut jobs = self.jobs();
        if let Some(job) = jobs.get_mut(&id) {
            job.rows = rows;
            job.tests = tests;
            job.order = validated.then_some(order);
            job.effects = self.effects.load(Ordering::SeqCst);
        }
        let mut kept: Vec<&mut Job> = jobs.values_mut().filter(|job| job.order.is_some()).collect();
        if kept.len() > VALIDATIONS_MAX
            && let Some(oldest) = kept.first_mut()
        {
            oldest.order = None;
        }
        drop(jobs);
        self.org.note(
            Kind::DeployFinished,
            Some(user),
            id.as_str(),
            &[("status", status.as_deref().unwrap_or("unknown"))],
        );
    }
}
