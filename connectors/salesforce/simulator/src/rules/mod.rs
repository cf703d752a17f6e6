//! What administrators put between a record and its store without code: validation rules and record-triggered flows.

mod flow;
pub mod formula;
mod record;
mod rule;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

pub use flow::{Action, FlowError, FlowEvents, FlowMoment, RecordFlow};
pub(crate) use record::Subject;
pub(crate) use rule::PREFIX;
pub use rule::ValidationRule;

use crate::dml::RowError;
use crate::tables::View;

/// All rules and flows of an org, by the object that they stand on.
#[derive(Debug, Clone, Default)]
pub struct RuleBook {
    /// By object and by name, both in lower case.
    rules: BTreeMap<String, BTreeMap<String, Arc<ValidationRule>>>,
    /// By object in lower case, in the order in which they were made.
    flows: BTreeMap<String, Vec<Arc<RecordFlow>>>,
}

impl RuleBook {
    /// The validation rules of an object, by name.
    pub fn rules(&self, object: &str) -> impl Iterator<Item = &Arc<ValidationRule>> {
        self.rules.get(&object.to_ascii_lowercase()).into_iter().flat_map(BTreeMap::values)
    }

    /// Every validation rule, by object and name.
    pub fn all_rules(&self) -> impl Iterator<Item = &Arc<ValidationRule>> {
        self.rules.values().flat_map(BTreeMap::values)
    }

    /// The rule of this name on this object, both ignoring case.
    pub fn rule(&self, object: &str, name: &str) -> Option<&Arc<ValidationRule>> {
        self.rules.get(&object.to_ascii_lowercase())?.get(&name.to_ascii_lowercase())
    }

    /// Adds a rule or replaces the one of the same name.
    pub fn put_rule(&mut self, rule: ValidationRule) {
        let rules = self.rules.entry(rule.object.to_ascii_lowercase()).or_default();
        rules.insert(rule.name.to_ascii_lowercase(), Arc::new(rule));
    }

    /// Takes a rule away.
    pub fn remove_rule(&mut self, object: &str, name: &str) -> Option<Arc<ValidationRule>> {
        self.rules.get_mut(&object.to_ascii_lowercase())?.remove(&name.to_ascii_lowercase())
    }

    /// Every flow, by object.
    pub fn flows(&self) -> impl Iterator<Item = &Arc<RecordFlow>> {
        self.flows.values().flatten()
    }

    /// Adds a flow after those that its object has.
    pub fn put_flow(&mut self, flow: RecordFlow) {
        self.flows.entry(flow.object.to_ascii_lowercase()).or_default().push(Arc::new(flow));
    }

    /// Keeps the flows that `keep` wants.
    pub fn retain_flows(&mut self, keep: impl Fn(&RecordFlow) -> bool) {
        self.flows.values_mut().for_each(|flows| flows.retain(|flow| keep(flow)));
        self.flows.retain(|_, flows| !flows.is_empty());
    }

    /// Takes everything away that stands on an object.
    pub fn forget(&mut self, object: &str) {
        let object = object.to_ascii_lowercase();
        self.rules.remove(&object);
        self.flows.remove(&object);
    }

    fn flows_on(&self, object: &str) -> &[Arc<RecordFlow>] {
        if self.flows.is_empty() {
            return &[];
        }
        self.flows.get(&object.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What the active validation rules of its object hold against a record, all of them; empty = it may be saved.
pub(crate) fn validate(view: &View<'_>, subject: &Subject<'_>) -> Vec<RowError> {
    let book = &view.state.metadata.rules;
    if book.rules.is_empty() {
        return Vec::new();
    }
    let active = book.rules(&subject.object.name).filter(|rule| rule.active);
    active.filter_map(|rule| rule.violated(view, subject)).collect()
}

/// Runs the flows that go before the save of a record: the values that they assign, by field, or why it cannot be saved.
pub(crate) fn before_save(
    view: &View<'_>,
    subject: &Subject<'_>,
) -> Result<BTreeMap<String, Value>, RowError> {
    flow::run(view, subject, FlowMoment::BeforeSave)
}

/// Runs the flows that go after the save of a record, which may still undo it.
pub(crate) fn after_save(view: &View<'_>, subject: &Subject<'_>) -> Result<(), RowError> {
    flow::run(view, subject, FlowMoment::AfterSave).map(|_| ())
}

/// Runs the flows that go before a record is deleted; `old` is the record, `new` what it holds.
pub(crate) fn before_delete(view: &View<'_>, subject: &Subject<'_>) -> Result<(), RowError> {
    flow::run(view, subject, FlowMoment::BeforeDelete).map(|_| ())
}
