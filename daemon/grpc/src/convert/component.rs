//! Components.

use provision_api::v1;
use provision_core::component::{Component, ComponentState};

use super::time;

/// A component as callers see it.
pub(crate) fn to_proto(component: Component) -> v1::Component {
    let state = match component.state {
        ComponentState::Applied => v1::ComponentState::Applied,
        ComponentState::Present => v1::ComponentState::Present,
        ComponentState::Missing => v1::ComponentState::Missing,
        ComponentState::Modified => v1::ComponentState::Modified,
        ComponentState::Refused => v1::ComponentState::Refused,
    };
    v1::Component {
        name: format!("{}/components/{}", component.account, component.id()),
        kind: component.kind,
        full_name: component.full_name,
        state: state as i32,
        remote_id: component.remote_id,
        checksum: component.checksum,
        version: component.version,
        reason: component.reason,
        operation: component.operation.to_string(),
        observe_time: component.observe_time.map(time::to_proto),
        message: component.message,
        object_type: component.object_type,
    }
}
