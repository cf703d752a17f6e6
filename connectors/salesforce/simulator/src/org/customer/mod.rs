//! What the org's own administrators and developers have put into it, of the kinds that get in the way of others.
//!
//! All of it is real: validation rules, fields, Apex classes, triggers and tests go through the same compiler as a deploy,
//! and what comes of them is found out by running them.

mod code;
mod objects;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;

use super::Org;
use super::conditions::Conditions;
use super::metadata::Metadata;
use super::schema::ObjectType;
use crate::apex::test_run::{self, Selection};
use crate::metadata::{NAMESPACE, compile};
use crate::rules::{FlowEvents, FlowMoment, RecordFlow};

/// Stands for every object.
pub const EVERY: &str = "*";
/// Names of everything made here begin like this, but for test classes that were given a name.
const PREFIX: &str = "Customer_";
/// What the flow says that keeps new records from the triggers of their object.
const NOT_THIS_WAY: &str = "Records of this kind come in by another way.";
/// Another change of the metadata meanwhile makes it start over; this often at most.
const TRIES_MAX: usize = 10;

/// What customers have. Objects are given by API name; [`EVERY`] stands for all that can have it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Customer {
    /// Objects with a validation rule that refuses every record.
    pub rejecting_rules: Vec<String>,
    /// Objects with a trigger that throws after every save. It lets before triggers run, in whatever order they are.
    pub throwing_triggers: Vec<String>,
    /// Objects with a trigger that takes about a second of CPU time for each chunk.
    pub slow_triggers: Vec<String>,
    /// Objects with a custom field that every record must have.
    pub required_fields: Vec<String>,
    pub flows: Vec<FlowFixture>,
}

/// A record-triggered flow that an org is given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowFixture {
    /// Its label, which users read in errors.
    pub label: String,
    /// API name.
    pub object: String,
    /// When it runs.
    pub moment: FlowMoment,
    pub events: FlowEvents,
    /// Entry condition, a formula.
    #[serde(default)]
    pub condition: Option<String>,
    /// What it does: either this message refuses the record …
    #[serde(default)]
    pub error: Option<String>,
    /// … or this field gets …
    #[serde(default)]
    pub field: Option<String>,
    /// … the value of this formula.
    #[serde(default)]
    pub value: Option<String>,
}

/// Why an org cannot be given what its conditions ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the org cannot have what its conditions ask for: {0}")]
pub struct CustomerError(pub String);

impl Customer {
    /// As unfriendly as customers are: a rejecting rule, a throwing trigger and a required field on every object.
    pub fn hostile() -> Self {
        let every = || vec![EVERY.to_owned()];
        Self {
            rejecting_rules: every(),
            throwing_triggers: every(),
            required_fields: every(),
            ..Self::default()
        }
    }
}

impl FlowFixture {
    /// The flow in this org.
    fn flow(&self, metadata: &Metadata) -> Result<RecordFlow, String> {
        let action = match (&self.error, &self.field, &self.value) {
            (Some(message), None, None) => Err(message.as_str()),
            (None, Some(field), Some(value)) => Ok((field.as_str(), value.as_str())),
            _ => {
                return Err(format!("flow {:?}: it has either an error, or a field and a value", self.label));
            }
        };
        let names = (self.label.as_str(), self.object.as_str());
        RecordFlow::new(metadata, names, (self.moment, self.events), self.condition.as_deref(), action)
            .map_err(|error| format!("flow {:?}: {error}", self.label))
    }
}

/// What of the conditions is made here.
#[derive(PartialEq)]
struct Wishes<'a> {
    customer: &'a Customer,
    failing_tests: &'a [String],
    uncovered: &'a [String],
    coverage: Option<u32>,
}

impl<'a> Wishes<'a> {
    fn of(conditions: &'a Conditions) -> Self {
        Self {
            customer: &conditions.customer,
            failing_tests: &conditions.failing_tests,
            uncovered: &conditions.uncovered_triggers,
            coverage: conditions.org_coverage_percent,
        }
    }
}

/// Puts into the org what the conditions ask for, in place of what those before asked for.
pub(super) fn settle(org: &Org, before: &Conditions, now: &Conditions) -> Result<(), CustomerError> {
    let (old, new) = (Wishes::of(before), Wishes::of(now));
    if old == new {
        return Ok(());
    }
    for _ in 0..TRIES_MAX {
        let current = org.metadata();
        let next = with(org, without(&current, &old), &new)?;
        let now_ms = org.now_ms();
        let mut state = org.write();
        if Arc::ptr_eq(&state.metadata, &current) {
            state.put_metadata(next, now_ms);
            drop(state);
            if new.coverage.is_some() {
                measure(org);
            }
            return Ok(());
        }
    }
    Err(CustomerError("somebody else changes its metadata all the time".to_owned()))
}

/// Runs the tests of the customer's code, as its developers do.
fn measure(org: &Org) {
    let Some(shared) = org.shared() else { return };
    let state = org.snapshot();
    let tests = Selection::Named(vec![code::TEST.to_owned()]);
    let outcome = test_run::run(&shared, &state, org.admin, &tests, &mut |_, _, _| true);
    let mut live = org.write();
    let mut next = Metadata::clone(&live.metadata);
    next.measured(&outcome.coverage, &state.metadata);
    live.metadata = Arc::new(next);
}

fn with(org: &Org, metadata: Metadata, wishes: &Wishes<'_>) -> Result<Metadata, CustomerError> {
    let mut package = Package::default();
    objects::add(&mut package, &metadata, wishes.customer)?;
    code::add(&mut package, &metadata, wishes)?;
    let mut next = if package.files.is_empty() {
        metadata
    } else {
        compile(org, metadata, &package.zipped(), org.admin)
            .map_err(|problems| CustomerError(problems.join("; ")))?
    };
    for flow in &wishes.customer.flows {
        let flow = flow.flow(&next).map_err(CustomerError)?;
        next.rules.put_flow(flow);
    }
    for object in chosen(&next, wishes.uncovered, |object| object.triggerable())? {
        let label = format!("{PREFIX}intake of {}", object.name);
        let when = (FlowMoment::BeforeSave, FlowEvents::Create);
        let flow = RecordFlow::new(&next, (&label, &object.name), when, None, Err(NOT_THIS_WAY));
        next.rules.put_flow(flow.map_err(|error| CustomerError(error.to_string()))?);
    }
    Ok(next)
}

/// The metadata without anything that was made here.
fn without(metadata: &Metadata, wishes: &Wishes<'_>) -> Metadata {
    let mut next = metadata.clone();
    let ours = |name: &str| {
        name.starts_with(PREFIX) || wishes.failing_tests.iter().any(|test| test.eq_ignore_ascii_case(name))
    };
    next.classes.retain(|_, class| class.unit.namespace.is_some() || !ours(&class.unit.name));
    next.triggers.retain(|_, trigger| trigger.unit.namespace.is_some() || !ours(&trigger.unit.name));
    let objects: Vec<Arc<ObjectType>> = next.objects().cloned().collect();
    for object in objects {
        next.rules.remove_rule(&object.name, objects::RULE);
        if object.field(objects::FIELD).is_some() {
            let mut object = ObjectType::clone(&object);
            object.fields.retain(|field| field.name != objects::FIELD);
            next.put_object(object);
        }
    }
    let labels: Vec<&str> = wishes.customer.flows.iter().map(|flow| flow.label.as_str()).collect();
    next.rules.retain_flows(|flow| !flow.label.starts_with(PREFIX) && !labels.contains(&&*flow.label));
    next
}

/// The objects of a list, all of those that `may` where it says [`EVERY`].
fn chosen(
    metadata: &Metadata,
    names: &[String],
    may: impl Fn(&ObjectType) -> bool,
) -> Result<Vec<Arc<ObjectType>>, CustomerError> {
    let mut found = Vec::new();
    for name in names {
        if name == EVERY {
            return Ok(metadata.objects().filter(|object| may(object)).cloned().collect());
        }
        let object = metadata.object(name).filter(|object| may(object));
        found.push(object.cloned().ok_or_else(|| CustomerError(format!("not on the object {name}")))?);
    }
    Ok(found)
}

/// Sources that are made into a package.
#[derive(Default)]
struct Package {
    files: BTreeMap<String, String>,
    /// Type and full name.
    members: Vec<(&'static str, String)>,
}

impl Package {
    fn class(&mut self, name: &str, body: String) {
        self.code("ApexClass", ("classes", "cls"), name, body);
    }

    fn trigger(&mut self, name: &str, body: String) {
        self.code("ApexTrigger", ("triggers", "trigger"), name, body);
    }

    fn code(&mut self, kind: &'static str, (folder, ending): (&str, &str), name: &str, body: String) {
        let meta = format!(
            "<{kind} xmlns=\"{NAMESPACE}\"><apiVersion>66.0</apiVersion><status>Active</status></{kind}>"
        );
        self.files.insert(format!("{folder}/{name}.{ending}"), body);
        self.files.insert(format!("{folder}/{name}.{ending}-meta.xml"), meta);
        self.members.push((kind, name.to_owned()));
    }

    fn zipped(self) -> BTreeMap<String, Bytes> {
        let types: String = self
            .members
            .iter()
            .map(|(kind, name)| format!("<types><members>{name}</members><name>{kind}</name></types>"))
            .collect();
        let manifest = format!("<Package xmlns=\"{NAMESPACE}\">{types}<version>67.0</version></Package>");
        let manifest = [("package.xml".to_owned(), manifest)];
        self.files.into_iter().chain(manifest).map(|(name, text)| (name, Bytes::from(text))).collect()
    }
}
