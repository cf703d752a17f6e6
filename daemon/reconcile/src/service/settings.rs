//! Settings of an account against the schema of the connector's manifest.

use provision_core::connector::Manifest;
use provision_core::{Fault, Reason, Result};
use serde_json::{Map, Value};

/// Violations that are told at the most.
const VIOLATIONS_MAX: usize = 20;

/// Refuses settings that the schema does not allow, naming each field.
pub(super) fn check(manifest: &Manifest, settings: &Map<String, Value>) -> Result<()> {
    let validator = jsonschema::validator_for(&manifest.settings_schema).map_err(|e| {
        Fault::internal_error(format!("the settings schema of '{}' is wrong: {e}", manifest.id))
    })?;
    let instance = Value::Object(settings.clone());
    let mut violations = validator
        .iter_errors(&instance)
        .map(|error| {
            let path = error.instance_path().to_string().replace('/', ".");
            // Masked: a setting may be something that people do not want to read in a log.
            (format!("service_account.settings{path}"), error.masked().to_string())
        })
        .take(VIOLATIONS_MAX)
        .peekable();
    let Some((field, text)) = violations.peek() else { return Ok(()) };
    let mut fault = Fault::new(Reason::InvalidRequest, format!("{field}: {text}"));
    for (field, text) in violations {
        fault = fault.violation(field, text);
    }
    Err(fault)
}
