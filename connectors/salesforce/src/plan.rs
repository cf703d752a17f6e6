//! What provisioning would change, as data.

mod choose;
mod cost;
mod creatable;
mod risks;

use provision_connector_sdk::core::account::ConditionType;
use provision_connector_sdk::core::plan::{PlanStep, PlannedAction, PlannedComponent, StepKind, Unprotected};
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{ConnectorFault, PlanRequest, ProposedPlan};
use sha2::{Digest, Sha256};

use crate::api::Org;
use crate::delivery::{Delivery, PackageInstall, PackageVersion};
use crate::package::{self, not_installed};
use crate::render::{Content, Rendered, names};
use crate::snapshot::{Snapshot, Standing};
use crate::steps::{self, INSTALLED_PACKAGE, Target, broken};

pub(crate) async fn plan(org: &Org<'_>, request: PlanRequest<'_>) -> Result<ProposedPlan, ConnectorFault> {
    let target = org.target()?;
    let snapshot = Snapshot::take(org).await?;
    let offered = upgrade(org, &snapshot).await?;
    let is_news = |offered: &PackageVersion| snapshot.package().is_none_or(|there| there.version < *offered);
    let news = offered.filter(is_news);
    let code = cost::foreign_code(org).await?;
    let (mut objects, mut unprotected) = choose::choose(&request, &target, org.is_production());
    choose::keep_off_foreign(&target, &snapshot, &mut objects, &mut unprotected)?;
    choose::keep_within_code(&target, code, &mut objects, &mut unprotected)?;
    if objects.is_empty() {
        return Err(nothing_to_protect(&unprotected));
    }
    unprotected.sort_by(|left, right| left.object_type.cmp(&right.object_type));
    let mut observed = Sha256::new();
    let mut steps = Vec::new();
    for template in STEPS.iter().filter(|template| template.belongs(target.delivery)) {
        let rendered = steps::components(&target, template.id, &objects).map_err(broken)?;
        let mut planned = Vec::with_capacity(rendered.len());
        for component in &rendered {
            let standing = snapshot.standing(&target, component);
            if let Standing::Foreign { .. } = standing {
                return Err(foreign(component));
            }
            observed.update(format!("{} {} {standing:?}\n", component.kind, component.full_name));
            planned.push(planned_component(&target, component, &standing, template, news));
        }
        steps.push(template.step(target.delivery, planned));
    }
    observed.update(format!("{:?}\n", snapshot.package()));
    for object in &unprotected {
        observed.update(format!("{} {}\n", object.object_type, object.reason));
    }
    let object_types: Vec<String> = objects.iter().map(|object| object.api_name.clone()).collect();
    let installation = package::installation(org.inner, &org.session.account);
    Ok(ProposedPlan {
        estimated_api_calls: cost::calls(&steps),
        steps,
        tests: if org.is_production() { tests(&target, &object_types) } else { Vec::new() },
        risks: risks::risks(&risks::Situation {
            production: org.is_production(),
            delivery: target.delivery,
            objects: &objects,
            code,
            package: snapshot.package(),
            news,
            installation: installation.as_ref(),
        }),
        unprotected,
        object_types,
        observed_digest: hex::encode(observed.finalize()),
    })
}

/// The package's version that the configuration names, where the package is there as it has to be before a plan makes
/// sense.
async fn upgrade(org: &Org<'_>, snapshot: &Snapshot) -> Result<Option<PackageVersion>, ConnectorFault> {
    let Some(config) = org.delivery()?.package() else { return Ok(None) };
    let installed = snapshot.package();
    let too_old = |found: PackageVersion| config.minimum_version.is_some_and(|minimum| found < minimum);
    if config.install == PackageInstall::Administrator
        && installed.is_none_or(|installed| too_old(installed.version))
    {
        return Err(not_installed(org, config, installed));
    }
    package::install::offered(org, config).await
}

/// One step as it stands in every plan.
struct StepTemplate {
    id: &'static str,
    title: &'static str,
    /// The title where the package brings what the step is about.
    packaged_title: &'static str,
    kind: StepKind,
    /// Why its components are needed.
    reason: &'static str,
    establishes: &'static [ConditionType],
}

/// In order: the channel is open before anything can send events, and proven last.
const STEPS: [StepTemplate; 8] = [
    StepTemplate {
        id: steps::PACKAGE,
        title: "The app's managed package",
        packaged_title: "The app's managed package",
        kind: StepKind::Apply,
        reason: "it brings the app",
        establishes: &[],
    },
    StepTemplate {
        id: steps::EVENT_CHANNEL,
        title: "Event channel, and the right to read it",
        packaged_title: "The package's event channel, and the right to read it",
        kind: StepKind::Apply,
        reason: "record changes are reported through it",
        establishes: &[],
    },
    StepTemplate {
        id: steps::OPEN_EVENTS,
        title: "Listen to the event channel",
        packaged_title: "Listen to the event channel",
        kind: StepKind::OpenEvents,
        reason: "",
        establishes: &[],
    },
    StepTemplate {
        id: steps::QUARANTINE,
        title: "Custom objects that keep quarantined content",
        packaged_title: "The package's objects that keep quarantined content",
        kind: StepKind::Apply,
        reason: "quarantined content is kept in it, for administrators alone",
        establishes: &[ConditionType::QuarantineReady],
    },
    StepTemplate {
        id: steps::CLASSES,
        title: "Apex classes of the app, with their tests",
        packaged_title: "The package's Apex classes",
        kind: StepKind::Apply,
        reason: "reports record changes and carries out policies",
        establishes: &[ConditionType::AppInstalled],
    },
    StepTemplate {
        id: steps::TRIGGERS,
        title: "A trigger on each protected object, with its test",
        packaged_title: "A trigger on each protected object, with its test",
        kind: StepKind::Apply,
        reason: "hands the changes of its object to the app",
        establishes: &[ConditionType::TriggersInstalled],
    },
    StepTemplate {
        id: steps::OBSERVE,
        title: "See every component in the organisation",
        packaged_title: "See every component in the organisation",
        kind: StepKind::Verify,
        reason: "",
        establishes: &[],
    },
    StepTemplate {
        id: steps::CANARY,
        title: "Change a record of the app and see its event come back",
        packaged_title: "Change a record of the app and see its event come back",
        kind: StepKind::Canary,
        reason: "",
        establishes: &[ConditionType::EventsFlowing],
    },
];

impl StepTemplate {
    fn belongs(&self, delivery: &Delivery) -> bool {
        self.id != steps::PACKAGE || delivery.package().is_some()
    }

    fn step(&self, delivery: &Delivery, components: Vec<PlannedComponent>) -> PlanStep {
        let title = if delivery.package().is_some() { self.packaged_title } else { self.title };
        PlanStep {
            id: self.id.to_owned(),
            title: title.to_owned(),
            kind: self.kind,
            components,
            establishes: self.establishes.to_vec(),
        }
    }
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

/// `news`: the version of the package that is not installed yet, if there is one.
fn planned_component(
    target: &Target<'_>,
    component: &Rendered,
    standing: &Standing,
    step: &StepTemplate,
    news: Option<PackageVersion>,
) -> PlannedComponent {
    let is_package = component.kind == INSTALLED_PACKAGE;
    let mut reason = step.reason.to_owned();
    if !is_package && matches!(component.content, Content::Managed(_)) {
        reason.push_str("; it comes with the package");
    }
    let mut action = match standing {
        Standing::Missing => PlannedAction::Create,
        Standing::Modified { how, .. } => {
            reason.push_str(&format!("; now {how}"));
            PlannedAction::Update
        }
        Standing::Present { .. } | Standing::Foreign { .. } => PlannedAction::Keep,
    };
    let mut version = target.app.version.clone();
    if let (true, Some(news)) = (is_package, news) {
        reason.push_str(&format!("; version {news} can be installed"));
        version = news.to_string();
        // Whoever installs the package brings the newer one: the daemon does so, an administrator is told of it.
        let by_daemon =
            target.delivery.package().is_some_and(|config| config.install == PackageInstall::Daemon);
        if by_daemon && action == PlannedAction::Keep {
            action = PlannedAction::Update;
        }
    }
    PlannedComponent {
        kind: component.kind.to_owned(),
        full_name: component.full_name.clone(),
        action,
        reason,
        checksum: component.checksum(),
        version,
    }
}

/// Production runs them in the deployment. The package's own are not among them: they were run when it was made.
fn tests(target: &Target<'_>, object_types: &[String]) -> Vec<String> {
    let mut tests = match target.delivery {
        Delivery::Source => target.app.tests(),
        Delivery::Package(_) => vec![names::CANARY_TEST.to_owned()],
    };
    tests.extend(object_types.iter().map(|object| names::trigger_test(object)));
    tests
}
