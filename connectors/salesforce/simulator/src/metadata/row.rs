//! What a deploy says about one component.

use super::schema::Violation;
use super::xml::XmlError;
use crate::apex::Problem;
use crate::org::Id;

/// One entry of `componentSuccesses` or `componentFailures`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Empty for the manifests themselves.
    pub component_type: String,
    pub full_name: String,
    /// With the zip's top folder, if it has one.
    pub file_name: String,
    pub id: Option<Id>,
    pub created: bool,
    pub changed: bool,
    pub deleted: bool,
    pub problem: Option<Complaint>,
}

/// What is wrong with a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Salesforce's words.
    pub text: String,
    /// A warning fails the component only where warnings are not ignored.
    pub warning: bool,
    /// Line and column, counted from 1.
    pub at: Option<(u32, u32)>,
}

impl Row {
    /// A component without outcome yet.
    pub fn of(component_type: &str, full_name: &str, file_name: &str) -> Self {
        Self {
            component_type: component_type.to_owned(),
            full_name: full_name.to_owned(),
            file_name: file_name.to_owned(),
            ..Self::default()
        }
    }

    /// It failed.
    pub fn failed(self, complaint: impl Into<Complaint>) -> Self {
        Self { problem: Some(complaint.into()), ..self }
    }

    /// It deserves a warning.
    pub fn warned(self, text: impl Into<String>) -> Self {
        Self { problem: Some(Complaint { text: text.into(), warning: true, at: None }), ..self }
    }

    /// Whether it counts as a success.
    pub fn success(&self, ignore_warnings: bool) -> bool {
        self.problem.as_ref().is_none_or(|complaint| complaint.warning && ignore_warnings)
    }
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self { text, warning: false, at: None }
    }
}

impl From<&str> for Complaint {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<Violation> for Complaint {
    fn from(violation: Violation) -> Self {
        Self { text: violation.message, warning: false, at: Some((violation.at.line, violation.at.column)) }
    }
}

impl From<XmlError> for Complaint {
    fn from(error: XmlError) -> Self {
        let text = format!("Error parsing file: {}", error.message);
        Self { text, warning: false, at: Some((error.at.line, error.at.column)) }
    }
}

impl From<Problem> for Complaint {
    fn from(problem: Problem) -> Self {
        Self { text: problem.message, warning: false, at: Some((problem.line, problem.column)) }
    }
}
