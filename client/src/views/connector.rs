//! A connector: what it needs, and what is checked.

use provision_client::api::v1;

use crate::json::struct_pretty;
use crate::table::{card, table};
use crate::text::{escape, escape_json, word};

/// All that its manifest says.
pub fn connector(connector: &v1::Connector) -> String {
    let environments: Vec<_> =
        connector.environments.iter().map(|e| format!("{} ({})", e.id, e.display_name)).collect();
    let mut text = card(&[
        ("Connector", connector.name.clone()),
        ("Display name", connector.display_name.clone()),
        ("Version", connector.version.clone()),
        ("Environments", environments.join(", ")),
        ("Capabilities", connector.capabilities.join(", ")),
    ]);
    if let Some(schema) = connector.settings_schema.as_ref().map(struct_pretty).filter(|s| !s.is_empty()) {
        text.push_str(&format!("\nSettings, as a JSON schema:\n{}\n", escape_json(&schema)));
    }
    if !connector.required_permissions.is_empty() {
        let row = |p: &v1::RequiredPermission| {
            vec![p.permission.clone(), p.display_name.clone(), p.needed_for.clone()]
        };
        let rows: Vec<_> = connector.required_permissions.iter().map(row).collect();
        text.push_str(&format!("\n{}", table(&["PERMISSION", "NAME", "NEEDED FOR"], &rows)));
    }
    if !connector.preconditions.is_empty() {
        let rows: Vec<_> = connector.preconditions.iter().map(precondition).collect();
        text.push_str(&format!(
            "\n{}",
            table(&["CHECK", "SEVERITY", "WHO ACTS", "WHAT IS LOOKED AT"], &rows)
        ));
    }
    for (at, hint) in connector.authorization_hints.iter().enumerate() {
        if at == 0 {
            text.push_str("\nWhen an authorisation does not come back:\n");
        }
        text.push_str(&format!("  - {}\n", escape(hint)));
    }
    text
}

fn precondition(definition: &v1::PreconditionDefinition) -> Vec<String> {
    let mut looked_at = definition.description.clone();
    if !definition.environments.is_empty() {
        looked_at.push_str(&format!(" ({})", definition.environments.join(", ")));
    }
    if !definition.look.is_empty() {
        looked_at.push_str(&format!(" To look: {}", definition.look));
    }
    vec![
        definition.id.clone(),
        word(definition.severity, v1::PreconditionSeverity::as_str_name, "PRECONDITION_SEVERITY_"),
        word(definition.actor, v1::Actor::as_str_name, "ACTOR_"),
        looked_at,
    ]
}
