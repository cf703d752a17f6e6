//! Tasks and events of custom objects.

use std::sync::Arc;

use super::stage::Stage;
use crate::org::{Field, ObjectType};

/// Whether tasks and events may be about records of a custom object.
pub(super) fn activities(stage: &mut Stage<'_>, object: &str, enabled: bool) {
    for table in ["Task", "Event"] {
        let Some(activity) = stage.metadata.object(table).cloned() else { continue };
        let Some(field) = activity.field("WhatId").cloned() else { continue };
        if field.reference_to.iter().any(|name| name == object) == enabled {
            continue;
        }
        let mut changed = Field::clone(&field);
        if enabled {
            changed.reference_to.push(object.to_owned());
        } else {
            changed.reference_to.retain(|name| name != object);
        }
        let mut activity = ObjectType::clone(&activity);
        if let Some(own) = activity.fields.iter_mut().find(|own| own.name == field.name) {
            *own = Arc::new(changed);
        }
        stage.metadata.put_object(activity);
    }
}
