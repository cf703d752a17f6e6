//! What a plan costs: calls, and room for code.

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::Reason;
use provision_connector_sdk::core::plan::{PlanStep, PlannedAction, StepKind};
use serde_json::{Map, Value};

use crate::api::Org;
use crate::api::rest::{Catalogue, quoted};
use crate::apply::DIRECT_MAX;
use crate::render::PREFIX;
use crate::steps;

/// A look at everything, and one at classes and triggers alone.
const LOOK: u32 = 2;
const LOOK_AT_CODE: u32 = 1;
/// A deployment's start and its result.
const DEPLOY: u32 = 2;
/// The permission set is given to the user.
const ASSIGN: u32 = 1;
/// A look at the package, one for an installation under way, its start and its result, and the look after it.
const PACKAGE: u32 = 2;
const INSTALL: u32 = 4;
/// The daemon looks at so many components at once.
const OBSERVED_AT_ONCE: usize = 10_000;
/// Triggers and tests that one deployment takes: each is two of its files.
const DEPLOYED_AT_ONCE: usize = 4_998;
/// That the objects can be read; and the canary.
const PROVE: u32 = 1;
const CANARY: u32 = 1;

/// Calls that carrying out the plan takes, beside those that wait for Salesforce.
pub(super) fn calls(steps: &[PlanStep]) -> u32 {
    let all: usize = steps.iter().map(|step| step.components.len()).sum();
    steps.iter().map(|step| of_step(step, all)).sum()
}

fn of_step(step: &PlanStep, all: usize) -> u32 {
    let lacking = step.components.iter().filter(|component| component.action != PlannedAction::Keep).count();
    match (step.kind, step.id.as_str()) {
        (StepKind::Apply, steps::PACKAGE) => PACKAGE + if lacking > 0 { INSTALL } else { 0 },
        (StepKind::Apply, steps::TRIGGERS) => match lacking {
            0 => LOOK_AT_CODE,
            _ if lacking <= 2 * DIRECT_MAX => LOOK_AT_CODE + DEPLOY,
            _ => {
                let batches = u32::try_from(lacking.div_ceil(DEPLOYED_AT_ONCE)).unwrap_or(u32::MAX / 8);
                // Each is validated first; after several it is looked whether that was all.
                batches * (LOOK_AT_CODE + DEPLOY) * 2 + if batches > 1 { LOOK_AT_CODE } else { 0 }
            }
        },
        (StepKind::Apply, steps::EVENT_CHANNEL) if lacking > 0 => LOOK + DEPLOY + ASSIGN,
        (StepKind::Apply, _) if lacking > 0 => LOOK + DEPLOY,
        (StepKind::Apply, _) => LOOK,
        (StepKind::Verify, _) => {
            let looks = u32::try_from(all.div_ceil(OBSERVED_AT_ONCE)).unwrap_or(u32::MAX / LOOK);
            looks * LOOK + PROVE
        }
        (StepKind::Canary, _) => CANARY,
        // The daemon's own steps, which no plan of ours has.
        (
            StepKind::OpenEvents
            | StepKind::CloseEvents
            | StepKind::Survey
            | StepKind::Dispose
            | StepKind::Remove
            | StepKind::VerifyRemoved
            | StepKind::Revoke,
            _,
        ) => 0,
    }
}

/// Characters of the organisation's own Apex, comments left out. Tests do not count, and what is one is only known by
/// its name. One call.
pub(super) async fn foreign_code(org: &Org<'_>) -> Result<u64, ConnectorFault> {
    let sum = |table: &str| {
        format!(
            "SELECT SUM(LengthWithoutComments) total FROM {table} WHERE NamespacePrefix = null \
             AND (NOT Name LIKE {}) AND (NOT Name LIKE '%Test%')",
            quoted(&format!("{PREFIX}%"))
        )
    };
    let total = |rows: Vec<Map<String, Value>>| {
        let total = rows.first().and_then(|row| row.get("total")).and_then(Value::as_f64).unwrap_or_default();
        // No organisation has so much of it that this matters.
        total.max(0.0) as u64
    };
    match org.queries(Catalogue::Data, [sum("ApexClass"), sum("ApexTrigger")]).await {
        Ok([classes, triggers]) => Ok(total(classes.read()?) + total(triggers.read()?)),
        // Not told: then Salesforce itself says when it is too much.
        Err(fault) if fault.fault.reason() == Reason::SaasRejected => Ok(0),
        Err(fault) => Err(fault),
    }
}
