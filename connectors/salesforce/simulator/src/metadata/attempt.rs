//! What a deploy does once it is its turn: components, tests, and putting it all in place.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::archive::Archive;
use super::coverage::TestRun;
use super::job::{Deployments, Order};
use super::options::TestLevel;
use super::package::Package;
use super::row::Row;
use super::stage::Stage;
use super::test_run::{WholeFailure, check_named, check_options, tests_enabled};
use crate::apex::test_run::{Selection, run as run_tests};
use crate::fault::{Fault, Operation};
use crate::ledger::Kind;
use crate::org::{Id, Metadata, Org, State};

/// Classes and triggers in one deployment.
const CODE_UNITS_MAX: usize = 7_500;
/// Progress is shown in steps no shorter than this on the org's clock.
const STEP_MIN: Duration = Duration::from_millis(10);
/// Another change of the metadata during a deploy makes it start over; this often at most.
const RESTARTS_MAX: usize = 10;

/// What a deploy came to.
pub(crate) struct Outcome {
    pub(super) rows: Vec<Row>,
    pub(super) tests: TestRun,
    pub(super) whole: Option<WholeFailure>,
    pub(super) canceled: bool,
    pub(super) partial: bool,
}

impl Outcome {
    fn of(rows: Vec<Row>) -> Self {
        Self { rows, tests: TestRun::default(), whole: None, canceled: false, partial: false }
    }

    pub(super) fn canceled(rows: Vec<Row>) -> Self {
        Self { canceled: true, ..Self::of(rows) }
    }

    fn whole(failure: WholeFailure) -> Self {
        Self { whole: Some(failure), ..Self::of(Vec::new()) }
    }
}

fn unexpected() -> WholeFailure {
    WholeFailure { code: "UNKNOWN_EXCEPTION".to_owned(), message: "An unexpected error occurred".to_owned() }
}

impl Deployments {
    pub(super) async fn deploy(self: &Arc<Self>, id: Id, order: Arc<Order>) -> Outcome {
        let fault = self.org.faults.strike(&Operation::DeployRun);
        if let Some(fault) = &fault {
            self.org.note(Kind::FaultFired, None, "DeployRun", &[("fault", &format!("{fault:?}"))]);
        }
        match fault {
            Some(Fault::Refused { error_code, message, .. }) => {
                return Outcome::whole(WholeFailure { code: error_code, message });
            }
            Some(Fault::Happens(what)) => self.org.happen(&what),
            Some(Fault::DeployRestarted) => {
                if let Some(canceled) = self.half(id, &order).await {
                    return canceled;
                }
            }
            _ => {}
        }
        if let Err(failure) = check_options(&order.options, self.rules()) {
            return Outcome::whole(failure);
        }
        for _ in 0..RESTARTS_MAX {
            if let Some(outcome) = self.attempt(id, &order).await {
                return outcome;
            }
        }
        Outcome::whole(WholeFailure {
            code: "UNABLE_TO_LOCK_ROW".to_owned(),
            message: "unable to obtain exclusive access to this record".to_owned(),
        })
    }

    /// Half of the components go in and are taken back: the service restarts the job, which is where it was at the
    /// start. Absent unless it was cancelled meanwhile.
    async fn half(self: &Arc<Self>, id: Id, order: &Arc<Order>) -> Option<Outcome> {
        let Planned { rows, brings_apex, .. } = self.plan(self.org.metadata(), Arc::clone(order)).await?;
        let enabled = order.validation.is_none() && tests_enabled(&order.options, self.rules(), brings_apex);
        // The manifest has a row too, and is no component.
        let mut half: Vec<Row> = rows.iter().filter(|row| !row.component_type.is_empty()).cloned().collect();
        half.truncate(half.len().div_ceil(2));
        if !self.progress(id, &half, enabled).await {
            return Some(Outcome::canceled(rows));
        }
        self.org.clock.sleep(self.org.config.deploy_component_time.max(STEP_MIN)).await;
        self.update(id, |request, now_ms| {
            "InProgress".clone_into(&mut request.status);
            request.components_deployed = 0;
            request.tests_completed = 0;
            request.state_detail = None;
            request.started_ms = Some(now_ms);
        });
        None
    }

    /// Absent when something else changed the metadata meanwhile.
    async fn attempt(self: &Arc<Self>, id: Id, order: &Arc<Order>) -> Option<Outcome> {
        let snapshot = self.org.metadata();
        let Some(planned) = self.plan(Arc::clone(&snapshot), Arc::clone(order)).await else {
            return Some(Outcome::whole(unexpected()));
        };
        let Planned { metadata, rows, dropped, brings_apex } = planned;
        if let Some(job) = self.jobs().get_mut(&id) {
            job.rows.clone_from(&rows);
        }
        let units = rows.iter().filter(|row| row.component_type.starts_with("Apex")).count();
        if units > CODE_UNITS_MAX {
            return Some(Outcome::whole(WholeFailure {
                code: "LIMIT_EXCEEDED".to_owned(),
                message: format!("Maximum number of code units in a deployment exceeded: {CODE_UNITS_MAX}"),
            }));
        }
        let enabled = order.validation.is_none() && tests_enabled(&order.options, self.rules(), brings_apex);
        if !self.progress(id, &rows, enabled).await {
            return Some(Outcome::canceled(rows));
        }
        let failed = rows.iter().filter(|row| !row.success(order.options.ignore_warnings)).count();
        if failed == 0
            && order.validation.is_none()
            && let Err(failure) = check_named(&order.options, &metadata)
        {
            return Some(Outcome { rows, ..Outcome::whole(failure) });
        }
        let metadata = Arc::new(metadata);
        let mut tests = TestRun::default();
        if failed == 0 && enabled {
            tests = match self.tests(id, order, &metadata, &rows).await {
                Some(Ok(tests)) => tests,
                Some(Err(())) => return Some(Outcome::canceled(rows)),
                None => return Some(Outcome { rows, ..Outcome::whole(unexpected()) }),
            };
            if !tests.passed() {
                return Some(Outcome { tests, ..Outcome::of(rows) });
            }
        }
        let takes_effect = !order.options.check_only && (failed == 0 || !order.options.rollback_on_error);
        if !takes_effect {
            return Some(Outcome { tests, ..Outcome::of(rows) });
        }
        if !self.finalize(id).await {
            return Some(Outcome::canceled(rows));
        }
        let mut metadata = Arc::unwrap_or_clone(metadata);
        metadata.measured(tests.coverage(), &snapshot);
        if !self.commit(&snapshot, metadata, &dropped) {
            self.update(id, |request, _| "InProgress".clone_into(&mut request.status));
            return None;
        }
        self.effects.fetch_add(1, Ordering::SeqCst);
        self.account(order.rights.user, &rows, order.options.ignore_warnings);
        Some(Outcome { tests, partial: failed > 0, ..Outcome::of(rows) })
    }

    /// Runs the tests on the org as it would be. An error = the deploy was cancelled meanwhile; absent = it broke.
    async fn tests(
        self: &Arc<Self>,
        id: Id,
        order: &Arc<Order>,
        metadata: &Arc<Metadata>,
        rows: &[Row],
    ) -> Option<Result<TestRun, ()>> {
        let selection = match order.options.test_level {
            Some(TestLevel::RunSpecifiedTests) => Selection::Named(order.options.run_tests.clone()),
            Some(TestLevel::RunAllTestsInOrg) => Selection::All,
            _ => Selection::Local,
        };
        let (this, user, metadata) = (Arc::clone(self), order.rights.user, Arc::clone(metadata));
        let run = tokio::task::spawn_blocking(move || {
            let state = State { metadata, ..this.org.snapshot() };
            let mut canceled = false;
            let outcome = run_tests(&this.org, &state, user, &selection, &mut |passed, failed, total| {
                let status = this.update(id, |request, _| {
                    request.tests_total = total as u32;
                    request.tests_completed = passed as u32;
                    request.test_errors = failed as u32;
                    request.state_detail = Some("Running Tests".to_owned());
                });
                canceled |= status.as_deref() == Some("Canceling");
                !canceled
            });
            (!canceled).then_some(outcome)
        });
        let outcome =
            run.await.inspect_err(|error| tracing::error!(%error, "tests failed unexpectedly")).ok()?;
        let production = self.org.is_active_production();
        Some(outcome.ok_or(()).map(|outcome| TestRun::of(outcome, &order.options, rows, production)))
    }

    /// From here on it cannot be cancelled; false when it was before.
    async fn finalize(&self, id: Id) -> bool {
        let takes = self.org.config.deploy_component_time;
        // Where it takes no time nobody gets to see it.
        if takes.is_zero() {
            let status = self.update(id, |_, _| {});
            return status.as_deref() == Some("InProgress");
        }
        let status = self.update(id, |request, _| {
            if request.status == "InProgress" {
                "FinalizingDeploy".clone_into(&mut request.status);
            }
        });
        if !takes.is_zero() {
            self.org.clock.sleep(takes).await;
        }
        status.as_deref() == Some("FinalizingDeploy")
    }

    async fn plan(&self, snapshot: Arc<Metadata>, order: Arc<Order>) -> Option<Planned> {
        let org = Arc::clone(&self.org);
        let planned = tokio::task::spawn_blocking(move || plan(&org, &snapshot, &order)).await;
        planned.inspect_err(|error| tracing::error!(%error, "a deploy failed unexpectedly")).ok()
    }

    /// Lets the components take their time; false when the deploy was cancelled meanwhile.
    async fn progress(&self, id: Id, rows: &[Row], tests_enabled: bool) -> bool {
        let components: Vec<&Row> = rows.iter().filter(|row| !row.component_type.is_empty()).collect();
        let per_component = self.org.config.deploy_component_time;
        let step = if per_component.is_zero() {
            components.len()
        } else {
            STEP_MIN.div_duration_f64(per_component).ceil() as usize
        };
        let total = components.len() as u32;
        let start = self.update(id, |request, _| {
            request.components_total = total;
            request.components_deployed = 0;
            request.run_tests_enabled = tests_enabled;
        });
        if start.as_deref() == Some("Canceling") {
            return false;
        }
        for chunk in components.chunks(step.max(1)) {
            if !per_component.is_zero() {
                self.org.clock.sleep(per_component * chunk.len() as u32).await;
            }
            let good = chunk.iter().filter(|row| row.problem.is_none()).count() as u32;
            let last = chunk.last().map(|row| format!("Processing Type: {}", row.component_type));
            let status = self.update(id, |request, _| {
                request.components_deployed += good;
                request.state_detail = last;
            });
            if status.as_deref() == Some("Canceling") {
                return false;
            }
        }
        true
    }

    /// Puts the new metadata in place unless something else changed it since `snapshot`.
    pub(super) fn commit(&self, snapshot: &Arc<Metadata>, metadata: Metadata, dropped: &[String]) -> bool {
        let now_ms = self.org.now_ms();
        let mut state = self.org.write();
        if !Arc::ptr_eq(&state.metadata, snapshot) {
            return false;
        }
        state.put_metadata(metadata, now_ms);
        for object in dropped {
            state.records.drop_table(object);
        }
        true
    }

    pub(super) fn account(&self, user: Id, rows: &[Row], ignore_warnings: bool) {
        for row in rows.iter().filter(|row| !row.component_type.is_empty() && row.success(ignore_warnings)) {
            let how = match (row.deleted, row.created, row.changed) {
                (true, ..) => "deleted",
                (_, true, _) => "created",
                (_, _, true) => "changed",
                _ => "unchanged",
            };
            self.org.note(
                Kind::ComponentDeployed,
                Some(user),
                format!("{}:{}", row.component_type, row.full_name),
                &[("effect", how)],
            );
        }
    }
}

/// A deploy computed on a copy.
struct Planned {
    metadata: Metadata,
    rows: Vec<Row>,
    dropped: Vec<String>,
    brings_apex: bool,
}

fn plan(org: &Org, snapshot: &Metadata, order: &Order) -> Planned {
    let package = match Archive::read(&order.zip) {
        Ok(archive) => {
            Package::read(&archive, order.options.single_package, order.options.allow_missing_files)
        }
        Err(error) => Package {
            rows: vec![Row::of("", "package.xml", "package.xml").failed(error.to_string())],
            ..Package::default()
        },
    };
    // What is deleted counts as much as what is brought.
    let deleted =
        package.deletions_before.iter().chain(&package.deletions_after).map(|(kind, _)| kind.as_str());
    let mut kinds = package.components.iter().map(|component| component.kind.name).chain(deleted);
    let brings_apex = kinds.any(|kind| kind.starts_with("Apex"));
    let stage = Stage::run(org, snapshot.clone(), &package, &order.rights, order.version);
    Planned { metadata: stage.metadata, rows: stage.rows, dropped: stage.dropped, brings_apex }
}
