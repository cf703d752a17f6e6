//! What lies in the files of objects beside fields and rules, and what the store keeps of objects and code.

use std::collections::BTreeMap;

use super::keep::place_part;
use super::kept_check::check_part;
use super::kinds::Part;
use super::object::Pending;
use super::package::{Component, not_in_zip};
use super::row::Row;
use super::stage::Stage;
use super::types::{CUSTOM_FIELD_TYPE, VALIDATION_RULE_TYPE};

/// Deploys list views, record types and the other parts of object files, once all fields are there.
pub(super) fn deploy_parts(stage: &mut Stage<'_>, pending: &[Pending]) {
    for Pending { component, element, object, .. } in pending {
        if has_failed(stage, "CustomObject", &component.full_name, &component.file) {
            continue;
        }
        for part in &component.kind.parts {
            if matches!(part.name, CUSTOM_FIELD_TYPE | VALIDATION_RULE_TYPE) {
                continue;
            }
            for definition in element.all(part.element) {
                let own = definition.text_of("fullName").unwrap_or_default();
                if !component.takes(part.name, own) {
                    continue;
                }
                match check_part(stage, object, part.name, definition) {
                    Ok(()) => place_part(stage, component, part, definition.clone()),
                    Err(complaint) => {
                        let full_name = part.full_name(&component.full_name, own);
                        let row = Row::of(part.name, &full_name, &component.file);
                        stage.rows.push(row.failed(complaint));
                    }
                }
            }
        }
    }
}

/// Says which of the parts that the manifest names are not in their files.
pub(super) fn miss_parts(stage: &mut Stage<'_>, components: &[Component]) {
    for component in components {
        let Some(only) = &component.only else { continue };
        let Ok(element) = component.metadata() else { continue };
        for (kind, own) in only {
            let Some((_, part)) = Part::named(kind) else { continue };
            let mut names = element.all(part.element).filter_map(|element| element.text_of("fullName"));
            if !names.any(|name| name.eq_ignore_ascii_case(own)) {
                let full_name = part.full_name(&component.full_name, own);
                let row = Row::of(kind, &full_name, &component.file);
                stage.rows.push(row.failed(not_in_zip(&full_name, kind)));
            }
        }
    }
}

/// Keeps what the files of objects say that the org's own model does not hold.
pub(super) fn hold_objects(stage: &mut Stage<'_>, pending: &[Pending]) {
    for Pending { component, element, object, .. } in pending {
        if has_failed(stage, "CustomObject", &component.full_name, &component.file) {
            continue;
        }
        let id = |stage: &Stage<'_>| stage.metadata.object(object).and_then(|object| object.id);
        if component.only.is_none() {
            let mut shell = element.clone();
            let is_part = |name: &str| component.kind.parts.iter().any(|part| part.element == name);
            shell.children.retain(|child| !is_part(&child.name));
            let own = id(stage);
            let (_, _, changed) = stage.hold_as("CustomObject", object, Some(shell), BTreeMap::new(), own);
            mark_changed(stage, "CustomObject", &component.full_name, &component.file, changed);
        }
        for (kind, element_name) in [(CUSTOM_FIELD_TYPE, "fields"), (VALIDATION_RULE_TYPE, "validationRules")]
        {
            for definition in element.all(element_name) {
                let own = definition.text_of("fullName").unwrap_or_default();
                let full_name = format!("{}.{own}", component.full_name);
                let row = stage.rows.iter().find(|row| is_of(row, kind, &full_name, &component.file));
                let Some((id, None)) = row.map(|row| (row.id, row.problem.as_ref())) else { continue };
                let name = format!("{object}.{own}");
                let (_, _, changed) =
                    stage.hold_as(kind, &name, Some(definition.clone()), BTreeMap::new(), id);
                mark_changed(stage, kind, &full_name, &component.file, changed);
            }
        }
    }
}

/// Keeps the metadata of classes, triggers, permission sets and custom permissions that were deployed.
pub(super) fn hold_whole(stage: &mut Stage<'_>, components: &[Component]) {
    for component in components {
        let kind = component.kind.name;
        let row = stage.rows.iter().find(|row| is_of(row, kind, &component.full_name, &component.file));
        let Some((id, None)) = row.map(|row| (row.id, row.problem.as_ref())) else { continue };
        let Ok(element) = component.metadata() else { continue };
        let (_, _, changed) = stage.hold_as(kind, &component.full_name, Some(element), BTreeMap::new(), id);
        mark_changed(stage, kind, &component.full_name, &component.file, changed);
    }
}

fn is_of(row: &Row, kind: &str, full_name: &str, file: &str) -> bool {
    row.component_type == kind && row.full_name == full_name && row.file_name == file
}

/// Whether a component has a row that says it failed.
fn has_failed(stage: &Stage<'_>, kind: &str, full_name: &str, file: &str) -> bool {
    stage.rows.iter().any(|row| is_of(row, kind, full_name, file) && row.problem.is_some())
}

/// Details that the model does not know may be all that changed.
fn mark_changed(stage: &mut Stage<'_>, kind: &str, full_name: &str, file: &str, changed: bool) {
    if let Some(row) = stage.rows.iter_mut().find(|row| is_of(row, kind, full_name, file)) {
        row.changed |= changed;
    }
}
