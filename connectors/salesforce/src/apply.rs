//! Carrying out a step: deployments, and what no deployment can bring.
//!
//! Every call looks first and brings in only what is not there as it should be, so a step can be begun again at any
//! time. A deployment is found again by its id, or, where the answer with the id was lost, by who started it when.

mod batch;
pub(crate) mod deploy;
pub(crate) mod failure;
mod handle;
mod triggers;
mod verdict;
mod whole;

pub(crate) use handle::{At, Handle, Job, is_install_id};
pub(crate) use triggers::DIRECT_MAX;

use chrono::{TimeDelta, Utc};
use provision_connector_sdk::core::Timestamp;
use provision_connector_sdk::{ApplyProgress, ApplyRequest, ConnectorFault};

use crate::api::Org;
use crate::{package, steps};

/// Clocks differ: a deployment is looked for from so much before the time that it may have left.
pub(crate) const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(2);
/// So often Salesforce's own trouble may end a deployment of a step before the step fails.
const ROUNDS_MAX: u32 = 5;

pub(crate) async fn apply(org: &Org<'_>, request: ApplyRequest<'_>) -> Result<ApplyProgress, ConnectorFault> {
    match request.step.id.as_str() {
        steps::PACKAGE => package::install::apply(org, request).await,
        steps::TRIGGERS => triggers::apply(org, request).await,
        _ => whole::apply(org, request).await,
    }
}

/// A job that may have been started since then.
pub(crate) fn since(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap_or_default() - CLOCK_SKEW
}

fn now() -> i64 {
    Utc::now().timestamp()
}
