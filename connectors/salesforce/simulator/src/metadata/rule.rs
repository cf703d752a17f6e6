//! Deploys the validation rules of `CustomObject` files, once all fields of the deploy are there.

use super::field::is_api_name;
use super::object::Pending;
use super::row::{Complaint, Row};
use super::stage::Stage;
use super::types::VALIDATION_RULE_TYPE;
use super::xml::Element;
use crate::org::{ObjectKind, ObjectType};
use crate::rules::formula::{Formula, Wanted};
use crate::rules::{PREFIX, ValidationRule};

/// Characters of a rule's name and of its message.
const NAME_MAX: usize = 40;
const MESSAGE_MAX: usize = 255;

/// Third pass over the objects: their rules, which look at fields of any object.
pub(super) fn deploy_rules(stage: &mut Stage<'_>, pending: &[Pending]) {
    for Pending { component, element, object, .. } in pending {
        // An object that has been taken back takes its rules with it.
        let failed = stage.rows.iter().any(|row| {
            row.component_type == "CustomObject" && row.file_name == component.file && row.problem.is_some()
        });
        if failed {
            continue;
        }
        let full_name = |name: &str| format!("{}.{name}", component.full_name);
        for definition in element.all("validationRules") {
            let name = definition.text_of("fullName").unwrap_or_default();
            if !component.takes(VALIDATION_RULE_TYPE, name) {
                continue;
            }
            let row = Row::of(VALIDATION_RULE_TYPE, &full_name(name), &component.file);
            let row = match rule(stage, object, name, definition) {
                Ok((rule, created, changed)) => {
                    let id = Some(rule.id);
                    if changed {
                        stage.metadata.rules.put_rule(rule);
                    }
                    Row { id, created, changed, ..row }
                }
                Err(complaint) => row.failed(complaint),
            };
            stage.rows.push(row);
        }
    }
}

fn rule(
    stage: &Stage<'_>,
    object: &str,
    name: &str,
    definition: &Element,
) -> Result<(ValidationRule, bool, bool), Complaint> {
    stage.needs("CustomizeApplication")?;
    let on = stage
        .metadata
        .object(object)
        .ok_or_else(|| format!("In field: field - no CustomObject named {object} found"))?;
    if !takes_rules(on) {
        return Err(format!("Validation rules are not available for {}", on.name).into());
    }
    if !is_api_name(name) || name.len() > NAME_MAX {
        return Err("The Validation Rule name can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.".into());
    }
    let text = |part: &str| definition.text_of(part).unwrap_or_default().to_owned();
    let message = text("errorMessage");
    if message.chars().count() > MESSAGE_MAX {
        let shown: String = message.chars().take(MESSAGE_MAX).collect();
        return Err(format!("Error Message: data value too large: {shown} (max length={MESSAGE_MAX})").into());
    }
    let condition = Formula::compile(&text("errorConditionFormula"), &stage.metadata, on, Wanted::Boolean);
    let condition = condition.map_err(|error| Complaint::from(error.0))?;
    let display_field = match definition.text_of("errorDisplayField") {
        None => None,
        Some(field) => {
            let known = on.field(field).map(|field| field.name.clone());
            let missing =
                || format!("In field: errorDisplayField - no CustomField named {}.{field} found", on.name);
            Some(known.ok_or_else(missing)?)
        }
    };
    let before = stage.metadata.rules.rule(object, name);
    let mut rule = ValidationRule {
        id: before.map_or_else(|| stage.org.ids.next(PREFIX), |rule| rule.id),
        object: on.name.clone(),
        name: name.to_owned(),
        active: definition.is_true("active"),
        description: definition.text_of("description").map(str::to_owned),
        condition,
        message,
        display_field,
        created_ms: before.map_or(stage.now_ms, |rule| rule.created_ms),
        created_by: before.map_or(stage.by, |rule| rule.created_by),
        modified_ms: before.map_or(stage.now_ms, |rule| rule.modified_ms),
        modified_by: before.map_or(stage.by, |rule| rule.modified_by),
    };
    let changed = before.is_none_or(|before| **before != rule);
    if changed {
        (rule.modified_ms, rule.modified_by) = (stage.now_ms, stage.by);
    }
    Ok((rule, before.is_none(), changed))
}

/// Whether an object's records can be held against rules.
pub(crate) fn takes_rules(object: &ObjectType) -> bool {
    match object.kind {
        ObjectKind::Standard | ObjectKind::Custom => object.createable,
        ObjectKind::CustomMetadata => object.name.ends_with("__mdt"),
        _ => false,
    }
}
