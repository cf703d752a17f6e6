//! Connectors.

use provision_api::v1;
use provision_core::connector::Manifest;

use super::{precondition, value};

/// A connector as callers see it.
pub(crate) fn to_proto(manifest: &Manifest) -> v1::Connector {
    let environment = |e: &provision_core::connector::Environment| v1::ConnectorEnvironment {
        id: e.id.clone(),
        display_name: e.display_name.clone(),
    };
    let permission = |p: &provision_core::connector::RequiredPermission| v1::RequiredPermission {
        permission: p.permission.clone(),
        display_name: p.display_name.clone(),
        needed_for: p.needed_for.clone(),
    };
    v1::Connector {
        name: format!("connectors/{}", manifest.id),
        display_name: manifest.display_name.clone(),
        version: manifest.version.clone(),
        environments: manifest.environments.iter().map(environment).collect(),
        capabilities: manifest.capabilities.clone(),
        settings_schema: manifest.settings_schema.as_object().map(value::to_struct),
        required_permissions: manifest.required_permissions.iter().map(permission).collect(),
        preconditions: precondition::definitions(&manifest.preconditions),
        authorization_hints: manifest.authorization_hints.clone(),
    }
}
