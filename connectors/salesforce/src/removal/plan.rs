//! What a removal takes away, as data.

use std::collections::BTreeSet;

use provision_connector_sdk::core::operation::Leftover;
use provision_connector_sdk::core::plan::{PlanStep, PlannedAction, PlannedComponent, StepKind};
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{ConnectorFault, FaultClass, ProposedRemoval, RemovalRequest};

use super::survey::{Found, Survey};
use super::{CLASSES, LAST_TEST, OBJECTS, PERMISSIONS, TRIGGERS, leftover};
use crate::api::Org;
use crate::render::{REMOVAL_TEST, names};
use crate::steps::{self, ASSIGNMENT, Target, broken};

/// A look at the organisation, a deployment with some polls, and another look.
const CALLS_PER_STEP: u32 = 9;

/// One step as it stands in every plan: what refers to others goes before them.
struct StepTemplate {
    id: &'static str,
    title: &'static str,
    /// Why its components can go.
    reason: &'static str,
}

const STEPS: [StepTemplate; 5] = [
    StepTemplate {
        id: TRIGGERS,
        title: "Delete the triggers, with their tests",
        reason: "nothing reports changes any more",
    },
    StepTemplate {
        id: PERMISSIONS,
        title: "Take back what the service account was granted",
        reason: "the service account works in the organisation no longer",
    },
    StepTemplate {
        id: CLASSES,
        title: "Delete the app's Apex classes",
        reason: "no trigger calls them any more",
    },
    StepTemplate {
        id: OBJECTS,
        title: "Delete the event and the custom objects, with their records",
        reason: "no class uses it any more",
    },
    StepTemplate {
        id: LAST_TEST,
        title: "Delete the test that the removal has run",
        reason: "production deletes no Apex without running a test",
    },
];

pub(crate) async fn plan(
    org: &Org<'_>,
    request: RemovalRequest<'_>,
) -> Result<ProposedRemoval, ConnectorFault> {
    let target = org.target()?;
    // What is on its way in would be missing: a provisioning that was stopped leaves its deployment behind.
    if let Some(running) = org.running_deployment_of(target.user_id).await? {
        let fault = Fault::new(
            Reason::SaasDeployLocked,
            "a deployment of the service account's user is still under way in the organisation; it is waited for",
        );
        let internal = format!("deployment {} is {}", running.id, running.status);
        return Err(ConnectorFault::new(FaultClass::Conflict, fault.with_internal(internal)));
    }
    let survey = Survey::take(org).await?;
    let mut steps: Vec<PlanStep> = Vec::new();
    for template in &STEPS {
        let belongs = |found: &&Found| found.is_ours && step_of(found, org.is_production()) == template.id;
        let components: Vec<PlannedComponent> =
            survey.found.iter().filter(belongs).map(|found| planned(found, template)).collect();
        if !components.is_empty() {
            steps.push(template.step(components));
        }
    }
    let deletes_apex = steps.iter().any(|step| matches!(step.id.as_str(), TRIGGERS | CLASSES));
    if org.is_production() && deletes_apex && !steps.iter().any(|step| step.id == LAST_TEST) {
        steps.extend(STEPS.last().map(|template| template.step(vec![last_test(&target, template)])));
    }
    let calls = u32::try_from(steps.len()).unwrap_or_default() * CALLS_PER_STEP + 3;
    Ok(ProposedRemoval {
        steps,
        leftovers: leftovers(org, &target, &survey, &request)?,
        estimated_api_calls: calls,
    })
}

/// The step that a component goes with.
fn step_of(found: &Found, production: bool) -> &'static str {
    match found.kind {
        "ApexTrigger" => TRIGGERS,
        "ApexClass" if names::is_trigger_test(&found.full_name) => TRIGGERS,
        "ApexClass" if production && found.full_name == REMOVAL_TEST => LAST_TEST,
        "ApexClass" => CLASSES,
        "CustomObject" => OBJECTS,
        _ => PERMISSIONS,
    }
}

fn planned(found: &Found, template: &StepTemplate) -> PlannedComponent {
    PlannedComponent {
        kind: found.kind.to_owned(),
        full_name: found.full_name.clone(),
        action: PlannedAction::Delete,
        reason: template.reason.to_owned(),
        checksum: found.checksum.clone(),
        version: found.version.clone(),
    }
}

/// It comes with the first step that deletes Apex.
fn last_test(target: &Target<'_>, template: &StepTemplate) -> PlannedComponent {
    let test = target.app.removal_test();
    PlannedComponent {
        kind: test.kind.to_owned(),
        checksum: test.checksum(),
        full_name: test.full_name,
        action: PlannedAction::Delete,
        reason: template.reason.to_owned(),
        version: target.app.version.clone(),
    }
}

impl StepTemplate {
    fn step(&self, components: Vec<PlannedComponent>) -> PlanStep {
        PlanStep {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            kind: StepKind::Remove,
            components,
            establishes: Vec::new(),
        }
    }
}

/// What will stay: somebody else's things under our names, and the package.
fn leftovers(
    org: &Org<'_>,
    target: &Target<'_>,
    survey: &Survey,
    request: &RemovalRequest<'_>,
) -> Result<Vec<Leftover>, ConnectorFault> {
    let mut ours: BTreeSet<(String, String)> =
        request.known.iter().map(|known| (known.kind.clone(), known.full_name.clone())).collect();
    if target.delivery.package().is_none() {
        for step in [steps::EVENT_CHANNEL, steps::QUARANTINE, steps::CLASSES] {
            let components = steps::components(target, step, &[]).map_err(broken)?;
            ours.extend(components.into_iter().map(|one| (one.kind.to_owned(), one.full_name)));
        }
    }
    let instance_url = &org.identity()?.instance_url;
    let is_foreign = |found: &&Found| {
        let name = (found.kind.to_owned(), found.full_name.clone());
        !found.is_ours && found.kind != ASSIGNMENT && ours.contains(&name)
    };
    let mut leftovers: Vec<Leftover> =
        survey.found.iter().filter(is_foreign).map(|found| leftover::foreign(instance_url, found)).collect();
    if let (Some(config), Some(installed)) = (target.delivery.package(), &survey.package) {
        leftovers.push(leftover::package(instance_url, &config.namespace, installed));
    }
    Ok(leftovers)
}
