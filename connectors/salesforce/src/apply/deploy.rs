//! One deployment: started, asked how it stands.

use std::time::Duration;

use chrono::{DateTime, Utc};
use provision_connector_sdk::{ApplyProgress, ConnectorFault, FaultClass, Refused};

use super::handle::{At, Handle, Job};
use super::{ROUNDS_MAX, failure, now};
use crate::api::Org;
use crate::api::metadata::DeployResult;
use crate::api::tooling::DeployRow;

/// What is waited for, and how far it is.
pub(crate) struct Waiting {
    pub handle: Handle,
    pub done: u64,
    pub total: u64,
    pub message: String,
    pub poll_after: Duration,
}

impl Waiting {
    /// As the progress of a step, with what is refused in it.
    pub(super) fn without(self, refused: Vec<Refused>) -> ApplyProgress {
        let Waiting { handle, done, total, message, poll_after } = self;
        ApplyProgress::Running { handle: handle.to_string(), done, total, message, poll_after, refused }
    }
}

impl From<Waiting> for ApplyProgress {
    fn from(waiting: Waiting) -> Self {
        waiting.without(Vec::new())
    }
}

/// How a deployment came out.
pub(crate) enum Outcome {
    /// It runs, or waits.
    Running(Waiting),
    Succeeded(DeployResult),
    Failed(DeployResult),
}

pub(crate) async fn poll(org: &Org<'_>, job: Job, id: &str, at: At) -> Result<Outcome, ConnectorFault> {
    let result = org.deploy_result(id).await.map_err(|fault| match fault.class {
        // A deployment that was just accepted can be unknown for a moment.
        FaultClass::Gone => ConnectorFault::transient("the deployment is not visible yet"),
        _ if fault.fault.message().contains("INVALID_CROSS_REFERENCE_KEY") => {
            ConnectorFault::transient("the deployment is not visible yet")
        }
        _ => fault,
    })?;
    Ok(match (result.done, result.success) {
        (false, _) => {
            let handle = Handle::Deploy { job, id: id.to_owned(), at };
            Outcome::Running(running(org, handle, &result))
        }
        (true, true) => Outcome::Succeeded(result),
        (true, false) => Outcome::Failed(result),
    })
}

/// A deployment that was just started.
pub(crate) fn started(org: &Org<'_>, job: Job, id: String, at: At, total: usize) -> Waiting {
    let message = match job {
        Job::Own => "deployment handed to Salesforce",
        Job::Check => "Salesforce is asked what it would refuse",
        Job::Adopted => "a deployment is under way",
    };
    Waiting {
        handle: Handle::Deploy { job, id, at },
        done: 0,
        total: total as u64,
        message: message.to_owned(),
        poll_after: org.inner.config.deploy_poll_min,
    }
}

/// A deployment that may be the one whose answer was lost.
pub(crate) fn adopted(org: &Org<'_>, started_since: &[DeployRow], at: At) -> Option<Waiting> {
    let is_usable = |job: &&DeployRow| job.is_running() && crate::api::metadata::is_deploy_id(&job.id);
    let job = started_since.iter().find(is_usable)?;
    Some(started(org, Job::Adopted, job.id.clone(), at, 0))
}

/// The next deployment is to be started; nothing runs.
pub(crate) fn next(
    org: &Org<'_>,
    validate: bool,
    at: At,
    validated: Option<String>,
    message: &str,
) -> Waiting {
    Waiting {
        handle: Handle::Next { validate, at, since: now(), validated },
        done: 0,
        total: 0,
        message: message.to_owned(),
        poll_after: org.inner.config.deploy_poll_min,
    }
}

/// What follows where a deployment failed for a reason that passes: another one. `None` for other reasons.
pub(crate) fn again(org: &Org<'_>, result: &DeployResult, job: Job, at: At) -> Option<Waiting> {
    let fault = failure::of(result);
    let at = match fault.class {
        // Somebody else's lock can be held for hours: only the operation's deadline ends the waiting for it.
        FaultClass::Conflict => at,
        FaultClass::Transient if at.round < ROUNDS_MAX => At { round: at.round + 1, ..at },
        _ => return None,
    };
    let waiting = next(org, job == Job::Check, at, None, fault.fault.message());
    Some(Waiting { poll_after: org.inner.config.deploy_poll_max, ..waiting })
}

fn running(org: &Org<'_>, handle: Handle, result: &DeployResult) -> Waiting {
    let testing = result.number_tests_total > 0
        && result.number_components_total > 0
        && result.number_components_deployed == result.number_components_total;
    let (done, total) = if testing {
        (result.number_tests_completed, result.number_tests_total)
    } else {
        (result.number_components_deployed, result.number_components_total)
    };
    let message = match (&result.state_detail, result.status.as_str()) {
        (Some(detail), _) if !detail.is_empty() => crate::faults::words(detail),
        (_, "Pending") => "waiting: another deployment holds the organisation's setup".to_owned(),
        _ if testing => "running tests".to_owned(),
        _ => "deploying".to_owned(),
    };
    Waiting { handle, done, total, message, poll_after: poll_after(org, result) }
}

/// The older a deployment, the longer it may still take: it can wait for hours behind others.
fn poll_after(org: &Org<'_>, result: &DeployResult) -> Duration {
    let (min, max) = (org.inner.config.deploy_poll_min, org.inner.config.deploy_poll_max);
    let created = result.created_date.as_deref().and_then(timestamp);
    let age = match (created, result.now) {
        (Some(created), Some(now)) => (now - created).to_std().unwrap_or_default(),
        _ => Duration::ZERO,
    };
    (age / 10).clamp(min, max)
}

/// Salesforce writes its zone without a colon: `2026-11-24T04:00:00.000+0000`.
pub(crate) fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(text);
    let parsed = parsed.or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    parsed.ok().map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_spellings_are_read() {
        assert!(timestamp("2026-11-24T04:00:00.000+0000").is_some());
        assert_eq!(timestamp("2026-11-24T04:00:00.000Z"), timestamp("2026-11-24T04:00:00.000+0000"));
    }
}
