//! The steps of a plan and what each brings in.

use std::collections::HashMap;

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::plan::{Plan, PlannedComponent};
use provision_connector_sdk::core::{Fault, Reason};

use crate::api::Org;
use crate::delivery::Delivery;
use crate::render::{
    App, Content, EVENT, Home, Namespace, PERMISSION_SET, QUARANTINE_OBJECTS, Rendered, SWITCH, Scope,
    TriggerOf, names,
};

/// Stable ids: a stored plan is carried out by them, perhaps by a later daemon.
pub(crate) const PACKAGE: &str = "package";
pub(crate) const EVENT_CHANNEL: &str = "event-channel";
pub(crate) const OPEN_EVENTS: &str = "open-events";
pub(crate) const QUARANTINE: &str = "quarantine-objects";
pub(crate) const CLASSES: &str = "app-classes";
pub(crate) const TRIGGERS: &str = "triggers";
pub(crate) const OBSERVE: &str = "observe";
pub(crate) const CANARY: &str = "canary";

/// The type that is a record and not metadata.
pub(crate) const ASSIGNMENT: &str = "PermissionSetAssignment";
/// The type of a managed package.
pub(crate) const INSTALLED_PACKAGE: &str = "InstalledPackage";

/// Classes of the package that something outside of it calls.
const PACKAGED_CLASSES: [&str; 2] = ["CAS_RecordChangeHandler", "CAS_RestService"];

/// The organisation that components are made for.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub app: &'a App,
    pub delivery: &'a Delivery,
    pub organization_id: &'a str,
    /// Who the daemon is there.
    pub user_id: &'a str,
}

impl<'a> Target<'a> {
    pub(crate) fn namespace(&self) -> Namespace<'a> {
        self.delivery.namespace()
    }

    /// Where the app is, if it is a package.
    fn home(&self) -> Option<Home<'a>> {
        let organization_id = self.organization_id;
        self.namespace().0.map(|namespace| Home { namespace, organization_id })
    }
}

impl Org<'_> {
    /// The organisation of the session.
    pub(crate) fn target(&self) -> Result<Target<'_>, ConnectorFault> {
        let identity = self.identity()?;
        Ok(Target {
            app: &self.inner.app,
            delivery: self.delivery()?,
            organization_id: &identity.organization_id,
            user_id: &identity.user_id,
        })
    }
}

/// An object that gets a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    pub api_name: String,
    /// Its trigger runs on updates.
    pub updateable: bool,
    /// Its trigger runs on deletions, and on what comes back from the recycle bin where records of the object can.
    pub deletable: bool,
    /// A test can create a record of it.
    pub creatable: bool,
}

/// The components of a step, as they should stand in one organisation. None for steps without any.
pub(crate) fn components(
    target: &Target<'_>,
    step: &str,
    objects: &[Protected],
) -> Result<Vec<Rendered>, String> {
    if step == TRIGGERS {
        let mut components = Vec::with_capacity(objects.len() * 2 + 3);
        if target.delivery.package().is_some() {
            components.push(target.app.test_records(target.namespace())?);
            components.extend(target.app.canary(target.home())?);
        }
        for object in objects {
            components.extend(trigger(target, object)?);
        }
        return Ok(components);
    }
    match target.delivery {
        Delivery::Source => deployed(target, step),
        Delivery::Package(_) => Ok(packaged(target, step)),
    }
}

fn deployed(target: &Target<'_>, step: &str) -> Result<Vec<Rendered>, String> {
    let app = target.app;
    Ok(match step {
        EVENT_CHANNEL => {
            let event = app.event().ok_or("the app has no event")?;
            vec![event, app.permission_set(Scope::Event), assignment(target)]
        }
        QUARANTINE => {
            let mut components = app.quarantine_objects();
            components.push(app.permission_set(Scope::Quarantine));
            components
        }
        CLASSES => {
            let mut components = app.classes(target.organization_id)?;
            // Its test is none of its own: those of the classes make such records.
            let [canary, _] = app.canary(None)?;
            components.push(canary);
            components.push(app.permission_set(Scope::App));
            components
        }
        _ => Vec::new(),
    })
}

/// What the package has to bring, by the step that it stands in for.
fn packaged(target: &Target<'_>, step: &str) -> Vec<Rendered> {
    let managed = |kind, name: &str| {
        let full_name = target.namespace().api(name);
        Rendered { kind, full_name, content: Content::Managed(String::new()) }
    };
    match step {
        PACKAGE => target.delivery.package().into_iter().map(package).collect(),
        EVENT_CHANNEL => {
            vec![managed("CustomObject", EVENT), managed("PermissionSet", PERMISSION_SET), assignment(target)]
        }
        QUARANTINE => QUARANTINE_OBJECTS.iter().map(|name| managed("CustomObject", name)).collect(),
        CLASSES => {
            let classes = PACKAGED_CLASSES.iter().map(|name| managed("ApexClass", name));
            std::iter::once(managed("CustomObject", SWITCH)).chain(classes).collect()
        }
        _ => Vec::new(),
    }
}

fn package(config: &crate::delivery::PackageConfig) -> Rendered {
    let minimum = config.minimum_version.map(|version| version.to_string()).unwrap_or_default();
    let content = Content::Managed(format!("{} {minimum}", config.version_id));
    Rendered { kind: INSTALLED_PACKAGE, full_name: config.namespace.clone(), content }
}

/// How much of the permission set a step brings.
pub(crate) fn scope(step: &str) -> Scope {
    match step {
        EVENT_CHANNEL => Scope::Event,
        QUARANTINE => Scope::Quarantine,
        _ => Scope::App,
    }
}

/// The trigger of an object, and its test.
pub(crate) fn trigger(target: &Target<'_>, object: &Protected) -> Result<[Rendered; 2], String> {
    let events = names::trigger_events(&object.api_name, object.updateable, object.deletable);
    let (creatable, packaged) = (object.creatable, target.home());
    target.app.trigger(&TriggerOf { object: &object.api_name, events: &events, creatable, packaged })
}

/// The permission set goes to the user who authorised: that is who the daemon is in the organisation.
fn assignment(target: &Target<'_>) -> Rendered {
    let full_name = format!("{}.{}", target.namespace().api(PERMISSION_SET), target.user_id);
    Rendered { kind: ASSIGNMENT, full_name, content: Content::Record }
}

/// What the components of a stored plan look like.
///
/// A plan keeps digests and not texts, so they are made anew, and each must have the digest that people agreed to.
pub(crate) struct Catalogue<'a> {
    target: Target<'a>,
    /// By type, name and checksum: what does not depend on the chosen objects.
    fixed: HashMap<(String, String, String), Rendered>,
    /// The object of a trigger or test class, by its name.
    objects: HashMap<String, &'a str>,
}

impl<'a> Catalogue<'a> {
    pub(crate) fn of(target: Target<'a>, plan: &'a Plan) -> Result<Self, ConnectorFault> {
        let mut fixed = HashMap::new();
        for step in [PACKAGE, EVENT_CHANNEL, QUARANTINE, CLASSES, TRIGGERS] {
            for component in components(&target, step, &[]).map_err(broken)? {
                let key = (component.kind.to_owned(), component.full_name.clone(), component.checksum());
                fixed.insert(key, component);
            }
        }
        let mut objects = HashMap::with_capacity(plan.object_types.len() * 2);
        for object in &plan.object_types {
            objects.insert(names::trigger(object), object.as_str());
            objects.insert(names::trigger_test(object), object.as_str());
        }
        Ok(Catalogue { target, fixed, objects })
    }

    /// The object that a trigger or test class of the plan belongs to.
    pub(crate) fn object_of(&self, full_name: &str) -> Option<&'a str> {
        self.objects.get(full_name).copied()
    }

    /// The component as it was planned, if this version of the app makes it.
    pub(crate) fn find(&self, planned: &PlannedComponent) -> Result<Option<Rendered>, ConnectorFault> {
        let key = (planned.kind.clone(), planned.full_name.clone(), planned.checksum.clone());
        if let Some(found) = self.fixed.get(&key) {
            return Ok(Some(found.clone()));
        }
        let Some(api_name) = self.object_of(&planned.full_name) else { return Ok(None) };
        // What a trigger looks like came from the inventory; the plan's digest tells which it was.
        for variant in 0..8 {
            let is = |bit: u8| variant & bit == 0;
            let object = Protected {
                api_name: api_name.to_owned(),
                updateable: is(1),
                deletable: is(2),
                creatable: is(4),
            };
            let made = trigger(&self.target, &object).map_err(broken)?;
            let is_it = |one: &Rendered| one.kind == planned.kind && one.checksum() == planned.checksum;
            if let Some(found) = made.into_iter().find(is_it) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The same, for a step that is to be carried out.
    pub(crate) fn need(&self, planned: &PlannedComponent) -> Result<Rendered, ConnectorFault> {
        self.find(planned)?.ok_or_else(|| {
            ConnectorFault::rejected(
                Fault::new(Reason::PlanStale, "the plan was made for another version of the app: plan again")
                    .with_internal(format!("{} {} cannot be made anew", planned.kind, planned.full_name)),
            )
        })
    }
}

/// The embedded app does not hold together.
pub(crate) fn broken(cause: String) -> ConnectorFault {
    ConnectorFault::rejected(Fault::internal_error(cause))
}
