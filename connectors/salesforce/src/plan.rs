//! What provisioning would change, as data.

use std::collections::BTreeSet;

use provision_connector_sdk::core::account::ConditionType;
use provision_connector_sdk::core::inventory::{Inventory, ObjectType};
use provision_connector_sdk::core::plan::{
    ObjectSelection, PlanStep, PlannedAction, PlannedComponent, StepKind, Unprotected,
};
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{ConnectorFault, PlanRequest, ProposedPlan};
use sha2::{Digest, Sha256};

use crate::api::Org;
use crate::render::{App, PREFIX, Rendered, names};
use crate::snapshot::{Snapshot, Standing};
use crate::steps::{self, Protected};

/// What holds content by default: documents, posts, files, cases and mail. Those that the organisation has.
const DEFAULT_OBJECTS: [&str; 10] = [
    "Attachment",
    "Case",
    "CaseComment",
    "ContentDocument",
    "ContentDocumentLink",
    "ContentVersion",
    "EmailMessage",
    "FeedComment",
    "FeedItem",
    "Note",
];

/// One deployment brings all triggers, each with a test, and takes 10,000 files.
const OBJECTS_MAX: usize = 2000;

/// Calls that a look at the organisation takes, a deployment's start and polls, and verification with the canary.
const CALLS_LOOK: u32 = 10;
const CALLS_DEPLOY: u32 = 12;
const CALLS_PROVE: u32 = 4;

pub(crate) async fn plan(org: &Org<'_>, request: PlanRequest<'_>) -> Result<ProposedPlan, ConnectorFault> {
    let identity = org.identity()?;
    let app = &org.inner.app;
    let snapshot = Snapshot::take(org).await?;
    let (mut objects, mut unprotected) = choose(request)?;
    keep_off_foreign(app, &snapshot, &mut objects, &mut unprotected)?;
    if objects.is_empty() {
        return Err(nothing_to_protect(&unprotected));
    }
    let mut observed = Sha256::new();
    let mut steps = Vec::new();
    let mut changed = 0;
    for template in &STEPS {
        let rendered =
            steps::components(app, template.id, &identity.organization_id, &identity.user_id, &objects)
                .map_err(|cause| ConnectorFault::rejected(Fault::internal_error(cause)))?;
        let mut planned = Vec::with_capacity(rendered.len());
        for component in &rendered {
            let standing = snapshot.standing(app, component);
            if let Standing::Foreign { .. } = standing {
                return Err(foreign(component));
            }
            observed.update(format!("{} {} {standing:?}\n", component.kind, component.full_name));
            planned.push(planned_component(app, component, &standing, template));
        }
        changed += u32::from(planned.iter().any(|component| component.action != PlannedAction::Keep));
        steps.push(template.step(planned));
    }
    let object_types: Vec<String> = objects.iter().map(|object| object.api_name.clone()).collect();
    let applied = STEPS.iter().filter(|step| step.kind == StepKind::Apply).count();
    let looks = u32::try_from(applied).unwrap_or(u32::MAX).saturating_add(2);
    Ok(ProposedPlan {
        steps,
        estimated_api_calls: looks * CALLS_LOOK + changed * (CALLS_LOOK + CALLS_DEPLOY) + CALLS_PROVE,
        tests: if org.is_production() { tests(app, &object_types) } else { Vec::new() },
        risks: risks(org.is_production(), &objects, request.inventory),
        unprotected,
        object_types,
        observed_digest: hex::encode(observed.finalize()),
    })
}

/// One step as it stands in every plan.
struct StepTemplate {
    id: &'static str,
    title: &'static str,
    kind: StepKind,
    /// Why its components are needed.
    reason: &'static str,
    establishes: &'static [ConditionType],
}

/// In order: the channel is open before anything can send events, and proven last.
const STEPS: [StepTemplate; 7] = [
    StepTemplate {
        id: steps::EVENT_CHANNEL,
        title: "Event channel, and the right to read it",
        kind: StepKind::Apply,
        reason: "record changes are reported through it",
        establishes: &[],
    },
    StepTemplate {
        id: steps::OPEN_EVENTS,
        title: "Listen to the event channel",
        kind: StepKind::OpenEvents,
        reason: "",
        establishes: &[],
    },
    StepTemplate {
        id: steps::QUARANTINE,
        title: "Custom objects that keep quarantined content",
        kind: StepKind::Apply,
        reason: "quarantined content is kept in it, for administrators alone",
        establishes: &[ConditionType::QuarantineReady],
    },
    StepTemplate {
        id: steps::CLASSES,
        title: "Apex classes of the app, with their tests",
        kind: StepKind::Apply,
        reason: "reports record changes and carries out policies",
        establishes: &[ConditionType::AppInstalled],
    },
    StepTemplate {
        id: steps::TRIGGERS,
        title: "A trigger on each protected object, with its test",
        kind: StepKind::Apply,
        reason: "hands the changes of its object to the app",
        establishes: &[ConditionType::TriggersInstalled],
    },
    StepTemplate {
        id: steps::OBSERVE,
        title: "See every component in the organisation",
        kind: StepKind::Verify,
        reason: "",
        establishes: &[],
    },
    StepTemplate {
        id: steps::CANARY,
        title: "Send an event and see it come back",
        kind: StepKind::Canary,
        reason: "",
        establishes: &[ConditionType::EventsFlowing],
    },
];

impl StepTemplate {
    fn step(&self, components: Vec<PlannedComponent>) -> PlanStep {
        PlanStep {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            kind: self.kind,
            components,
            establishes: self.establishes.to_vec(),
        }
    }
}

/// The objects to protect, ordered by name, and those that were asked for and cannot be.
fn choose(request: PlanRequest<'_>) -> Result<(Vec<Protected>, Vec<Unprotected>), ConnectorFault> {
    let known = |name: &str| {
        let types = &request.inventory.object_types;
        types.binary_search_by(|object| object.api_name.as_str().cmp(name)).ok().map(|index| &types[index])
    };
    let asked: BTreeSet<&str> = match request.selection {
        ObjectSelection::Default => {
            let defaults = DEFAULT_OBJECTS.iter().filter_map(|name| known(name));
            let objects = defaults.filter(|object| object.accepts_triggers).map(protected).collect();
            return Ok((objects, Vec::new()));
        }
        ObjectSelection::Listed(names) => names.iter().map(String::as_str).collect(),
        ObjectSelection::All => {
            request.inventory.object_types.iter().map(|object| object.api_name.as_str()).collect()
        }
    };
    if asked.len() > OBJECTS_MAX {
        let description = format!("at most {OBJECTS_MAX} objects can be protected");
        return Err(ConnectorFault::rejected(Fault::invalid("object_types", description)));
    }
    let (mut objects, mut unprotected) = (Vec::new(), Vec::new());
    for name in asked {
        match known(name) {
            _ if name.starts_with(PREFIX) => {
                unprotected.push(because(name, "it belongs to the protection itself"));
            }
            None => unprotected.push(because(
                name,
                "the organisation has no such object, or does not show it to the service account's user",
            )),
            Some(object) if !object.accepts_triggers => {
                unprotected.push(because(name, "Salesforce runs no triggers on it"));
            }
            Some(object) => objects.push(protected(object)),
        }
    }
    Ok((objects, unprotected))
}

fn protected(object: &ObjectType) -> Protected {
    Protected {
        api_name: object.api_name.clone(),
        updateable: object.updateable,
        deletable: object.deletable,
    }
}

fn because(object: &str, reason: &str) -> Unprotected {
    Unprotected { object_type: object.to_owned(), reason: reason.to_owned() }
}

/// An object whose trigger's name, or whose test's, is taken by somebody else stays unprotected.
fn keep_off_foreign(
    app: &App,
    snapshot: &Snapshot,
    objects: &mut Vec<Protected>,
    unprotected: &mut Vec<Unprotected>,
) -> Result<(), ConnectorFault> {
    let mut kept = Vec::with_capacity(objects.len());
    for object in objects.drain(..) {
        let rendered = steps::components(app, steps::TRIGGERS, "", "", std::slice::from_ref(&object))
            .map_err(|cause| ConnectorFault::rejected(Fault::internal_error(cause)))?;
        let taken = rendered
            .iter()
            .find(|component| matches!(snapshot.standing(app, component), Standing::Foreign { .. }));
        match taken {
            Some(component) => unprotected.push(because(
                &object.api_name,
                &format!(
                    "the organisation has an {} of its own named {}",
                    component.kind, component.full_name
                ),
            )),
            None => kept.push(object),
        }
    }
    *objects = kept;
    Ok(())
}

fn nothing_to_protect(unprotected: &[Unprotected]) -> ConnectorFault {
    let fault = Fault::new(
        Reason::NothingToProtect,
        "none of the objects can be protected; choose others, or read the inventory again",
    );
    ConnectorFault::rejected(
        unprotected
            .iter()
            .take(50)
            .fold(fault, |fault, object| fault.violation(object.object_type.clone(), object.reason.clone())),
    )
}

/// What is not ours is never touched.
pub(crate) fn foreign(component: &Rendered) -> ConnectorFault {
    ConnectorFault::rejected(
        Fault::new(
            Reason::ComponentRejected,
            format!(
                "the organisation has a {} of its own named {}: rename or remove it",
                component.kind, component.full_name
            ),
        )
        .meta("kind", component.kind)
        .meta("full_name", component.full_name.clone()),
    )
}

fn planned_component(
    app: &App,
    component: &Rendered,
    standing: &Standing,
    step: &StepTemplate,
) -> PlannedComponent {
    let (action, reason) = match standing {
        Standing::Missing => (PlannedAction::Create, step.reason.to_owned()),
        Standing::Modified { how, .. } => (PlannedAction::Update, format!("{}; now {how}", step.reason)),
        Standing::Present { .. } | Standing::Foreign { .. } => (PlannedAction::Keep, step.reason.to_owned()),
    };
    PlannedComponent {
        kind: component.kind.to_owned(),
        full_name: component.full_name.clone(),
        action,
        reason,
        checksum: component.checksum(),
        version: app.version.clone(),
    }
}

/// Production runs them in the deployment.
fn tests(app: &App, object_types: &[String]) -> Vec<String> {
    let mut tests = app.tests();
    tests.extend(object_types.iter().map(|object| names::trigger_test(object)));
    tests
}

fn risks(production: bool, objects: &[Protected], inventory: &Inventory) -> Vec<String> {
    let mut risks = vec![
        "Each chunk of a save publishes one platform event; it counts towards the organisation's daily allowance \
         of delivered events."
            .to_owned(),
    ];
    if production {
        risks.push(
            "While a deployment runs, the organisation's setup is locked against other deployments; other \
             deployments under way make it wait."
                .to_owned(),
        );
        let uncreatable: Vec<&str> = objects
            .iter()
            .filter(|object| object.api_name != "ContentDocument")
            .filter(|object| {
                inventory
                    .object_types
                    .iter()
                    .any(|known| known.api_name == object.api_name && !known.createable)
            })
            .map(|object| object.api_name.as_str())
            .collect();
        if !uncreatable.is_empty() {
            risks.push(format!(
                "No test can create records of {}; Salesforce may refuse their triggers for lack of test coverage.",
                uncreatable.join(", ")
            ));
        }
    }
    risks
}
