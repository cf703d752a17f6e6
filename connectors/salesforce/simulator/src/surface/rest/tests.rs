//! Tooling's ways to run Apex tests without a deploy.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Call;
use crate::apex::test_run::{self, Selection, TestOutcome};
use crate::metadata::test_result;
use crate::org::{Id, Metadata, Org, QueueItem, TestRun};
use crate::streaming;
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables::{self, View};

/// Classes that one request may name.
const CLASSES_MAX: usize = 2_000;
/// Key prefixes of jobs, queue items, results and summaries.
const JOB: &str = "707";
const ITEM: &str = "709";
const RESULT: &str = "07M";
const SUMMARY: &str = "05m";

/// `GET ?classnames=A,B` or `POST {"tests": [{"className" | "classId", "testMethods"?}]}`: answers when all have run.
pub(super) fn synchronous(site: &Site, call: &Call) -> ApiResult {
    may_run(call)?;
    let (selection, failures_max) = match call.parameter("classnames") {
        Some(names) => (Selection::Named(listed(names)), None),
        None => asked(site, call)?,
    };
    let outcome = run(&site.org, call, &selection, &mut |_, failed, _| goes_on(failed, failures_max))?;
    Ok(Answer::ok(test_result(&outcome)))
}

/// `POST` with `tests`, `classNames`, `classids` or `testLevel`: answers the job's id at once.
pub(super) fn asynchronous(site: &Site, call: &Call) -> ApiResult {
    may_run(call)?;
    let org = &site.org;
    let (selection, failures_max) = asked(site, call)?;
    let shared = org.shared().ok_or_else(ApiError::not_found)?;
    let classes = classes(org, call, &selection);
    if classes.is_empty() {
        return Err(ApiError::bad("INVALID_INPUT", "No classes with test methods are selected"));
    }
    let (id, user) = (org.ids.next(JOB), call.rights.user);
    let queue = |(class, methods)| QueueItem {
        id: org.ids.next(ITEM),
        class,
        aborted: false,
        methods,
        results: Vec::new(),
    };
    org.tests.begin(TestRun {
        id,
        summary: org.ids.next(SUMMARY),
        by: user,
        all: selection == Selection::All,
        created_ms: org.now_ms(),
        completed_ms: None,
        setup_ms: 0,
        classes: classes.into_iter().map(queue).collect(),
    });
    tokio::task::spawn_blocking(move || {
        let state = shared.snapshot();
        tell(&shared, id);
        let mut progress = |_, failed, _| goes_on(failed, failures_max) && !shared.tests.is_aborted(id);
        let outcome = test_run::run(&shared, &state, user, &selection, &mut progress);
        keep(&shared, &state.metadata, &outcome);
        let now_ms = shared.now_ms();
        shared.tests.change(id, |run| {
            run.completed_ms = Some(now_ms);
            run.setup_ms = outcome.setup_ms;
            for item in run.classes.iter_mut().filter(|item| !item.aborted) {
                let own = outcome.methods.iter().filter(|method| method.class_id == Some(item.class));
                item.results = own.map(|method| (shared.ids.next(RESULT), method.clone())).collect();
            }
        });
        tell(&shared, id);
    });
    Ok(Answer::ok(json!(id)))
}

/// Whether a run goes on after so many failures.
fn goes_on(failed: usize, most: Option<usize>) -> bool {
    most.is_none_or(|most| failed <= most)
}

/// Whoever listens hears that a run has come further.
fn tell(org: &Org, run: Id) {
    streaming::tell(org, streaming::TEST_RESULT, "updated", json!({"Id": run}));
}

fn may_run(call: &Call) -> Result<(), ApiError> {
    if call.rights.has("AuthorApex") || call.rights.has("ViewSetup") {
        return Ok(());
    }
    let message = "You do not have the permission to run Apex tests";
    Err(ApiError::new(axum::http::StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message))
}

fn listed(names: &str) -> Vec<String> {
    names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .take(CLASSES_MAX)
        .collect()
}

/// What the body of a request selects, and how many failures the run may see.
fn asked(site: &Site, call: &Call) -> Result<(Selection, Option<usize>), ApiError> {
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|error| ApiError::bad("JSON_PARSER_ERROR", error.to_string()))?;
    // -1 stands for all; clients also send it with each test, or as text.
    let given = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
    let last = body.get("tests").or(Some(&body)).and_then(Value::as_array).and_then(|tests| tests.last());
    let most = body.get("maxFailedTests").or_else(|| last?.get("maxFailedTests")).and_then(given);
    let most = most.and_then(|most| usize::try_from(most).ok());
    Ok((selected(site, call, &body)?, most))
}

fn selected(site: &Site, call: &Call, body: &Value) -> Result<Selection, ApiError> {
    let state = site.org.read();
    let metadata = &state.metadata;
    let text = |name: &str| {
        let own =
            body.as_object().and_then(|body| body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
        own.and_then(|(_, value)| value.as_str())
    };
    match text("testLevel") {
        Some("RunLocalTests") => return Ok(Selection::Local),
        Some("RunAllTestsInOrg") => return Ok(Selection::All),
        _ => {}
    }
    if let Some(names) = text("classNames") {
        return Ok(Selection::Named(listed(names)));
    }
    if let Some(ids) = text("classids") {
        let names = listed(ids).iter().map(|id| name_of(metadata, id)).collect::<Result<_, _>>()?;
        return Ok(Selection::Named(names));
    }
    if let Some(suites) = text("suiteNames").or_else(|| text("suiteids")) {
        let view = View { tooling: true, ..call.view(&site.org, &state) };
        let mut names = Vec::new();
        for suite in listed(suites) {
            let found = tables::suites::suite_classes(&view, &suite);
            let missing = || ApiError::bad("INVALID_INPUT", format!("This suiteName is invalid: {suite}"));
            names.extend(found.ok_or_else(missing)?);
        }
        return Ok(Selection::Named(names));
    }
    // An array alone is taken for the tests.
    let tests = body.as_array().or_else(|| body.get("tests")?.as_array());
    let tests = tests.ok_or_else(|| ApiError::bad("INVALID_INPUT", "Specify the tests to run"))?;
    let mut methods = BTreeMap::new();
    for test in tests.iter().take(CLASSES_MAX) {
        let part = |name: &str| test.get(name).and_then(Value::as_str);
        let class = match (part("className"), part("classId")) {
            (Some(name), _) => match part("namespace").filter(|namespace| !namespace.is_empty()) {
                Some(namespace) => format!("{namespace}__{name}"),
                None => name.to_owned(),
            },
            (None, Some(id)) => name_of(metadata, id)?,
            (None, None) => {
                return Err(ApiError::bad("INVALID_INPUT", "Specify className or classId of each test"));
            }
        };
        let names = test
            .get("testMethods")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect());
        methods.insert(class.to_ascii_lowercase(), names);
    }
    Ok(Selection::Methods(methods))
}

fn name_of(metadata: &Metadata, id: &str) -> Result<String, ApiError> {
    let class = Id::parse(id).and_then(|id| metadata.classes.get(&id));
    let name = class.map(|class| match &class.unit.namespace {
        Some(namespace) => format!("{namespace}__{}", class.unit.name),
        None => class.unit.name.clone(),
    });
    name.ok_or_else(|| ApiError::bad("INVALID_INPUT", format!("{id} is not the id of a class")))
}

fn run(
    org: &Org,
    call: &Call,
    selection: &Selection,
    progress: &mut test_run::Progress<'_>,
) -> Result<TestOutcome, ApiError> {
    let shared = org.shared().ok_or_else(ApiError::not_found)?;
    let state = org.snapshot();
    let outcome = test_run::run(&shared, &state, call.rights.user, selection, progress);
    keep(org, &state.metadata, &outcome);
    Ok(outcome)
}

/// The coverage of a run stays in the org.
fn keep(org: &Org, before: &Metadata, outcome: &TestOutcome) {
    let mut live = org.write();
    let mut next = Metadata::clone(&live.metadata);
    next.measured(&outcome.coverage, before);
    live.metadata = std::sync::Arc::new(next);
    drop(live);
    org.tests.covered(outcome);
}

/// The ids of the classes that a run will be of, and how many methods of each.
fn classes(org: &Org, call: &Call, selection: &Selection) -> Vec<(Id, usize)> {
    let Some(shared) = org.shared() else { return Vec::new() };
    let mut found: Vec<(Id, usize)> = Vec::new();
    let state = org.snapshot();
    for (class, methods) in test_run::classes(&shared, &state, call.rights.user, selection) {
        if !found.iter().any(|(known, _)| *known == class) {
            found.push((class, methods));
        }
    }
    found
}
