//! Record-triggered flows, as far as an org can be given them: a condition, and one thing to do where it holds.

use std::collections::BTreeMap;

use serde_json::Value;

use super::formula::{Datum, Formula, FormulaError, Wanted};
use super::record::Subject;
use crate::dml::RowError;
use crate::org::{FieldType, Metadata};
use crate::tables::View;

/// When a flow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowMoment {
    BeforeSave,
    AfterSave,
    BeforeDelete,
}

/// What a flow waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowEvents {
    Create,
    Update,
    CreateOrUpdate,
    Delete,
}

/// What a flow does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Refuses the record with this message.
    Error(String),
    /// Gives a field the value of a formula; before the save alone.
    Assign { field: String, value: Formula },
}

/// A record-triggered flow.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordFlow {
    /// Its label, which users read in errors.
    pub label: String,
    /// API name of its object.
    pub object: String,
    pub moment: FlowMoment,
    pub events: FlowEvents,
    /// The entry condition; absent = every record.
    pub condition: Option<Formula>,
    pub action: Action,
}

/// Why a flow cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    #[error("no such object: {0}")]
    NoObject(String),
    #[error(transparent)]
    Formula(#[from] FormulaError),
    #[error("{0} cannot be assigned: the object has no such field that can be changed")]
    NoField(String),
    #[error("a field can be assigned before the save alone")]
    TooLate,
    #[error("a flow at a deletion goes before it, and no other does")]
    Deletion,
}

impl RecordFlow {
    /// A flow, checked against the org. `assign` is field and formula; without it the flow refuses with `message`.
    pub fn new(
        metadata: &Metadata,
        (label, object): (&str, &str),
        (moment, events): (FlowMoment, FlowEvents),
        condition: Option<&str>,
        action: Result<(&str, &str), &str>,
    ) -> Result<Self, FlowError> {
        let on = metadata.object(object).ok_or_else(|| FlowError::NoObject(object.to_owned()))?;
        if (moment == FlowMoment::BeforeDelete) != (events == FlowEvents::Delete) {
            return Err(FlowError::Deletion);
        }
        let condition =
            condition.map(|text| Formula::compile(text, metadata, on, Wanted::Boolean)).transpose()?;
        let action = match action {
            Err(message) => Action::Error(message.to_owned()),
            Ok(_) if moment != FlowMoment::BeforeSave => return Err(FlowError::TooLate),
            Ok((name, value)) => {
                let field = on.field(name).filter(|field| field.createable || field.updateable);
                let field = field.ok_or_else(|| FlowError::NoField(format!("{object}.{name}")))?;
                let value = Formula::compile(value, metadata, on, Wanted::of(field.kind))?;
                Action::Assign { field: field.name.clone(), value }
            }
        };
        Ok(Self { label: label.to_owned(), object: on.name.clone(), moment, events, condition, action })
    }

    /// A condition that cannot be worked out ends the flow, and the save with it.
    fn applies(&self, view: &View<'_>, subject: &Subject<'_>, moment: FlowMoment) -> Result<bool, RowError> {
        let waits = match self.events {
            FlowEvents::Create => subject.old.is_none(),
            FlowEvents::Update => subject.old.is_some(),
            FlowEvents::CreateOrUpdate | FlowEvents::Delete => true,
        };
        if self.moment != moment || !waits {
            return Ok(false);
        }
        match self.condition.as_ref().map(|condition| condition.evaluate(view, subject)) {
            None => Ok(true),
            Some(Ok(datum)) => Ok(datum == Datum::Boolean(true)),
            Some(Err(fault)) => Err(self.refusal(&fault.to_string())),
        }
    }

    fn refusal(&self, details: &str) -> RowError {
        RowError {
            status: "CANNOT_EXECUTE_FLOW_TRIGGER".to_owned(),
            message: format!(
                "We can't save this record because the “{}” process failed. Give your Salesforce admin these details. {details}",
                self.label
            ),
            fields: Vec::new(),
        }
    }
}

/// Runs the flows of one moment, each on what the ones before have assigned.
pub(super) fn run(
    view: &View<'_>,
    subject: &Subject<'_>,
    moment: FlowMoment,
) -> Result<BTreeMap<String, Value>, RowError> {
    let mut assigned = BTreeMap::new();
    for flow in view.state.metadata.rules.flows_on(&subject.object.name) {
        let mut values = subject.new.clone();
        values.extend(assigned.clone());
        let subject = Subject { new: &values, ..*subject };
        if !flow.applies(view, &subject, moment)? {
            continue;
        }
        match &flow.action {
            Action::Error(message) => return Err(flow.refusal(message)),
            Action::Assign { field, value } => {
                let datum =
                    value.evaluate(view, &subject).map_err(|fault| flow.refusal(&fault.to_string()))?;
                let kind = subject.object.field(field).map_or(FieldType::String, |field| field.kind);
                assigned.insert(field.clone(), datum.stored(kind));
            }
        }
    }
    Ok(assigned)
}
