//! The steps of a plan and what each brings in.

use std::collections::BTreeMap;

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::plan::{Plan, PlannedComponent};
use provision_connector_sdk::core::{Fault, Reason};

use crate::render::{App, Content, PERMISSION_SET, Rendered, Scope, names};

/// Stable ids: a stored plan is carried out by them, perhaps by a later daemon.
pub(crate) const EVENT_CHANNEL: &str = "event-channel";
pub(crate) const OPEN_EVENTS: &str = "open-events";
pub(crate) const QUARANTINE: &str = "quarantine-objects";
pub(crate) const CLASSES: &str = "app-classes";
pub(crate) const TRIGGERS: &str = "triggers";
pub(crate) const OBSERVE: &str = "observe";
pub(crate) const CANARY: &str = "canary";

/// The type that is a record and not metadata.
pub(crate) const ASSIGNMENT: &str = "PermissionSetAssignment";

/// An object that gets a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Protected {
    pub api_name: String,
    pub updateable: bool,
    pub deletable: bool,
}

/// The components of a step, as they should stand in one organisation. `None` for steps without any.
pub(crate) fn components(
    app: &App,
    step: &str,
    organization_id: &str,
    user_id: &str,
    objects: &[Protected],
) -> Result<Vec<Rendered>, String> {
    Ok(match step {
        EVENT_CHANNEL => {
            let event = app.event().ok_or("the app has no event")?;
            vec![event, app.permission_set(Scope::Event), assignment(user_id)]
        }
        QUARANTINE => {
            let mut components = app.quarantine_objects();
            components.push(app.permission_set(Scope::Quarantine));
            components
        }
        CLASSES => {
            let mut components = app.classes(organization_id)?;
            components.push(app.permission_set(Scope::App));
            components
        }
        TRIGGERS => {
            let mut components = Vec::with_capacity(objects.len() * 2);
            for object in objects {
                components.extend(trigger(app, object)?);
            }
            components
        }
        _ => Vec::new(),
    })
}

/// How much of the permission set a step brings.
pub(crate) fn scope(step: &str) -> Scope {
    match step {
        EVENT_CHANNEL => Scope::Event,
        QUARANTINE => Scope::Quarantine,
        _ => Scope::App,
    }
}

fn trigger(app: &App, object: &Protected) -> Result<[Rendered; 2], String> {
    let events = names::trigger_events(&object.api_name, object.updateable, object.deletable);
    app.trigger(&object.api_name, &events)
}

/// The permission set goes to the user who authorised: that is who the daemon is in the organisation.
fn assignment(user_id: &str) -> Rendered {
    let full_name = format!("{PERMISSION_SET}.{user_id}");
    Rendered { kind: ASSIGNMENT, full_name, content: Content::Record }
}

/// What the components of a stored plan look like, by type and name and checksum.
///
/// A plan keeps digests and not texts, so they are made anew, and each must have the digest that people agreed to.
pub(crate) struct Catalogue(BTreeMap<(String, String, String), Rendered>);

impl Catalogue {
    pub(crate) fn of(
        app: &App,
        plan: &Plan,
        organization_id: &str,
        user_id: &str,
    ) -> Result<Self, ConnectorFault> {
        let mut known = BTreeMap::new();
        let mut keep = |components: Vec<Rendered>| {
            for component in components {
                let key = (component.kind.to_owned(), component.full_name.clone(), component.checksum());
                known.insert(key, component);
            }
        };
        let broken = |cause: String| ConnectorFault::rejected(Fault::internal_error(cause));
        for step in [EVENT_CHANNEL, QUARANTINE, CLASSES] {
            keep(components(app, step, organization_id, user_id, &[]).map_err(broken)?);
        }
        // Which events a trigger has came from the inventory; the plan's digest tells which it was.
        for api_name in &plan.object_types {
            for (updateable, deletable) in [(true, true), (true, false), (false, true), (false, false)] {
                let object = Protected { api_name: api_name.clone(), updateable, deletable };
                keep(trigger(app, &object).map_err(broken)?.into());
            }
        }
        Ok(Catalogue(known))
    }

    /// The component as it was planned, if this version of the app makes it.
    pub(crate) fn find(&self, planned: &PlannedComponent) -> Option<&Rendered> {
        self.0.get(&(planned.kind.clone(), planned.full_name.clone(), planned.checksum.clone()))
    }

    /// The same, for a step that is to be carried out.
    pub(crate) fn need(&self, planned: &PlannedComponent) -> Result<&Rendered, ConnectorFault> {
        self.find(planned).ok_or_else(|| {
            ConnectorFault::rejected(
                Fault::new(Reason::PlanStale, "the plan was made for another version of the app: plan again")
                    .with_internal(format!("{} {} cannot be made anew", planned.kind, planned.full_name)),
            )
        })
    }
}
