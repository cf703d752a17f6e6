//! Why a component is not changed, with the code that the API gives for it.

/// One error of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub code: String,
    pub message: String,
    pub fields: Vec<String>,
}

/// Words of a deploy's problems and the code that the call gives with them. (Guessed from what clients were seen to
/// get; a deploy has words alone.)
const CODES: &[(&str, &str)] = &[
    ("Required field is missing", "REQUIRED_FIELD_MISSING"),
    ("Must specify", "REQUIRED_FIELD_MISSING"),
    ("duplicate value found", "DUPLICATE_VALUE"),
    ("is already in use", "DUPLICATE_DEVELOPER_NAME"),
    ("There is already", "DUPLICATE_DEVELOPER_NAME"),
    ("referenced elsewhere", "DEPENDENCY_EXISTS"),
    (" named ", "INVALID_CROSS_REFERENCE_KEY"),
    ("cannot be found", "INVALID_CROSS_REFERENCE_KEY"),
    ("is not a valid value for the enum", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ("managed object", "INSUFFICIENT_ACCESS_OR_READONLY"),
    ("Not available for deploy", "INVALID_TYPE"),
    ("Unknown type name", "INVALID_TYPE"),
];

impl Refusal {
    /// An error.
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), fields: Vec::new() }
    }

    /// The problem of a deploy as an error.
    pub(super) fn of(problem: &str) -> Self {
        // Some problems begin with their code.
        if let Some((code, message)) = problem.split_once(": ")
            && code.len() > 3
            && code.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
        {
            return Self::new(code, message);
        }
        let code = CODES.iter().find(|(words, _)| problem.contains(words)).map(|(_, code)| *code);
        Self::new(code.unwrap_or("FIELD_INTEGRITY_EXCEPTION"), problem)
    }

    pub(super) fn missing(field: &str) -> Self {
        let message = format!("Required fields are missing: [{field}]");
        Self { fields: vec![field.to_owned()], ..Self::new("REQUIRED_FIELD_MISSING", message) }
    }

    pub(super) fn taken(kind: &str, name: &str) -> Self {
        let message = match name.split_once('.') {
            Some((object, own)) if kind == "CustomField" => {
                format!("There is already a field named {} on {object}.", own.trim_end_matches("__c"))
            }
            _ => format!(
                "This {kind} already exists or has been previously used: {name}. Please choose a different name."
            ),
        };
        Self { fields: vec!["fullName".to_owned()], ..Self::new("DUPLICATE_DEVELOPER_NAME", message) }
    }

    pub(super) fn absent(kind: &str, name: &str) -> Self {
        Self::new("INVALID_CROSS_REFERENCE_KEY", format!("In field: fullName - no {kind} named {name} found"))
    }

    pub(super) fn rolled_back() -> Self {
        let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
        Self::new("ALL_OR_NONE_OPERATION_ROLLED_BACK", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_a_code() {
        let code = |problem| Refusal::of(problem).code;
        assert_eq!(code("INSUFFICIENT_ACCESS: no"), "INSUFFICIENT_ACCESS");
        assert_eq!(code("In field: x - no CustomField named A.B found"), "INVALID_CROSS_REFERENCE_KEY");
        assert_eq!(code("Something else"), "FIELD_INTEGRITY_EXCEPTION");
    }
}
