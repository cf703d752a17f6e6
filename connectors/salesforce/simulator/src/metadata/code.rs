//! Deploys Apex classes and triggers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::package::Component;
use super::row::{Complaint, Row};
use super::stage::Stage;
use crate::apex::program::{Broken, Program};
use crate::apex::syntax::ast::Unit;
use crate::apex::syntax::{parse_class, parse_trigger};
use crate::apex::{Problem, length_without_comments, read_class, read_trigger, trigger_refusal};
use crate::org::{ApexClass, ApexTrigger, ApexUnit, Id, Parsed, prefix};

/// Characters of all classes and triggers of the org together (limit of Enterprise and Unlimited Edition).
const APEX_CHARS_MAX: usize = 6_000_000;
/// API versions that a class or trigger may name.
const API_VERSIONS: std::ops::RangeInclusive<u32> = 7..=67;

/// Deploys the classes: all are put in place before the first is checked, since they may name each other.
pub(super) fn deploy_classes(stage: &mut Stage<'_>, components: Vec<Component>) -> Broken {
    let mut failed = Broken::new();
    let mut placed = Vec::new();
    for component in components {
        let row = Row::of("ApexClass", &component.full_name, &component.file);
        match place_class(stage, &component) {
            Ok((class, before)) => {
                let id = class.unit.id;
                let created = before.is_none();
                let changed = before.as_deref() != Some(&class);
                stage.metadata.classes.insert(id, Arc::new(class));
                placed.push((Row { id: Some(id), created, changed, ..row }, id, before));
            }
            Err(complaint) => {
                note(&mut failed, &component.full_name, &complaint);
                stage.rows.push(row.failed(complaint));
            }
        }
    }
    if placed.is_empty() {
        return failed;
    }
    let program = Program::without(&stage.metadata, failed.clone());
    let mut problems: BTreeMap<Id, Problem> =
        program.problems(placed.iter().map(|(_, id, _)| *id)).into_iter().collect();
    for (row, id, before) in placed {
        let checked = match problems.remove(&id) {
            Some(problem) => Err(Complaint::from(problem)),
            None => stage.within_apex_limit(APEX_CHARS_MAX),
        };
        let row = match checked {
            Ok(()) => row,
            Err(complaint) => {
                note(&mut failed, &row.full_name, &complaint);
                match before {
                    Some(before) => stage.metadata.classes.insert(id, before),
                    None => stage.metadata.classes.remove(&id),
                };
                Row { id: None, created: false, changed: false, ..row }.failed(complaint)
            }
        };
        stage.rows.push(row);
    }
    failed
}

/// Deploys the triggers; `failed` holds the classes of this deploy that do not compile.
pub(super) fn deploy_triggers(stage: &mut Stage<'_>, components: Vec<Component>, failed: Broken) {
    if components.is_empty() {
        return;
    }
    let mut trial = stage.metadata.clone();
    let mut placed = Vec::with_capacity(components.len());
    for component in &components {
        let one = place_trigger(stage, component);
        if let Ok((trigger, _)) = &one {
            trial.triggers.insert(trigger.unit.id, Arc::new(trigger.clone()));
        }
        placed.push(one);
    }
    let program = Program::without(&trial, failed);
    let ids: Vec<Id> = placed.iter().flatten().map(|(trigger, _)| trigger.unit.id).collect();
    let mut problems: BTreeMap<Id, Problem> = program.problems(ids).into_iter().collect();
    for (component, one) in components.iter().zip(placed) {
        let row = Row::of("ApexTrigger", &component.full_name, &component.file);
        let checked = one.and_then(|(trigger, before)| match problems.remove(&trigger.unit.id) {
            Some(problem) => Err(Complaint::from(problem)),
            None => allowed(stage, &trigger, before.as_deref()).map(|()| (trigger, before)),
        });
        let row = match checked {
            Ok((trigger, before)) => {
                let (id, created) = (trigger.unit.id, before.is_none());
                let changed = before.as_deref() != Some(&trigger);
                stage.metadata.triggers.insert(id, Arc::new(trigger));
                match stage.within_apex_limit(APEX_CHARS_MAX) {
                    Ok(()) => Row { id: Some(id), created, changed, ..row },
                    Err(complaint) => {
                        match before {
                            Some(before) => stage.metadata.triggers.insert(id, before),
                            None => stage.metadata.triggers.remove(&id),
                        };
                        row.failed(complaint)
                    }
                }
            }
            Err(complaint) => row.failed(complaint),
        };
        stage.rows.push(row);
    }
}

fn note(failed: &mut Broken, class: &str, complaint: &Complaint) {
    failed.insert(class.to_ascii_lowercase(), (class.to_owned(), complaint.text.clone()));
}

type Placed<T> = (T, Option<Arc<T>>);

fn place_class(stage: &Stage<'_>, component: &Component) -> Result<Placed<ApexClass>, Complaint> {
    let (source, meta) = read_files(stage, component)?;
    if meta.status == "Inactive" {
        return Err("Invalid status: a class is Active or Deleted".into());
    }
    let tree = Arc::new(parse_class(source)?);
    let declared = read_class(&tree)?;
    same_name("class", &component.full_name, &declared.name)?;
    if stage.metadata.trigger(&component.full_name).is_some() {
        return Err(format!("duplicate value found: a trigger named {} exists", component.full_name).into());
    }
    let before = stage.metadata.class(&component.full_name).cloned();
    let old = before.as_ref().map(|class| &class.unit);
    let unit = unit(stage, component, (source, tree), meta, old, prefix::APEX_CLASS);
    Ok((ApexClass { unit, is_test: declared.is_test, surface: None }, before))
}

fn place_trigger(stage: &Stage<'_>, component: &Component) -> Result<Placed<ApexTrigger>, Complaint> {
    let (source, meta) = read_files(stage, component)?;
    let tree = Arc::new(parse_trigger(source)?);
    let declared = read_trigger(&tree)?;
    same_name("trigger", &component.full_name, &declared.name)?;
    let at = |message: String| Complaint::from(Problem::new(declared.object_at, message));
    let object = stage
        .metadata
        .object(&declared.object)
        .ok_or_else(|| at(format!("Invalid type: {}", declared.object)))?;
    if let Some(refusal) = trigger_refusal(object, &declared.events) {
        return Err(at(refusal));
    }
    let before = stage.metadata.trigger(&component.full_name).cloned();
    let old = before.as_ref().map(|trigger| &trigger.unit);
    let unit = unit(stage, component, (source, tree), meta, old, prefix::APEX_TRIGGER);
    Ok((ApexTrigger { unit, object: object.name.clone(), events: declared.events }, before))
}

/// What the org has against a trigger that compiles.
fn allowed(stage: &Stage<'_>, trigger: &ApexTrigger, before: Option<&ApexTrigger>) -> Result<(), Complaint> {
    if let Some(problem) =
        stage.org.conditions().refused_trigger(&trigger.object).filter(|_| !stage.certified)
    {
        return Err(problem.into());
    }
    match before.filter(|before| !before.object.eq_ignore_ascii_case(&trigger.object)) {
        Some(before) => Err(format!(
            "Cannot change the sObject type of the trigger {} from {}",
            trigger.unit.name, before.object
        )
        .into()),
        None => Ok(()),
    }
}

struct Meta {
    api_version: String,
    status: String,
}

fn read_files<'a>(stage: &Stage<'_>, component: &'a Component) -> Result<(&'a str, Meta), Complaint> {
    stage.takes_code()?;
    stage.needs("AuthorApex")?;
    let source = std::str::from_utf8(&component.content)
        .map_err(|_| "Invalid byte sequence: the file is not UTF-8")?;
    let meta = component.metadata()?;
    let api_version = meta.text_of("apiVersion").unwrap_or_default();
    let major = api_version
        .split_once('.')
        .and_then(|(major, minor)| (minor == "0").then(|| major.parse::<u32>().ok()).flatten());
    if !major.is_some_and(|major| API_VERSIONS.contains(&major)) {
        return Err(format!("Invalid apiVersion: {api_version}").into());
    }
    let meta = Meta {
        api_version: api_version.to_owned(),
        status: meta.text_of("status").unwrap_or("Active").to_owned(),
    };
    if meta.status == "Deleted" {
        return Err("Status Deleted is not supported: use a destructive manifest".into());
    }
    Ok((source, meta))
}

fn same_name(what: &str, file: &str, declared: &str) -> Result<(), Complaint> {
    if file == declared {
        return Ok(());
    }
    Err(format!("File name and {what} name don't match. File name: {file}, {what} name: {declared}").into())
}

fn unit(
    stage: &Stage<'_>,
    component: &Component,
    (source, tree): (&str, Arc<Unit>),
    meta: Meta,
    before: Option<&ApexUnit>,
    id_prefix: &str,
) -> ApexUnit {
    let same = before.filter(|unit| {
        unit.body == source && unit.api_version == meta.api_version && unit.status == meta.status
    });
    if let Some(same) = same {
        return same.clone();
    }
    let id: Id = before.map_or_else(|| stage.org.ids.next(id_prefix), |unit| unit.id);
    ApexUnit {
        id,
        name: component.full_name.clone(),
        namespace: None,
        body: source.to_owned(),
        api_version: meta.api_version,
        status: meta.status,
        hidden: None,
        parsed: Parsed::of(Arc::new(Ok(tree))),
        is_valid: true,
        body_crc: crc32(source.as_bytes()),
        length_without_comments: length_without_comments(source),
        created_ms: before.map_or(stage.now_ms, |unit| unit.created_ms),
        created_by: before.map_or(stage.by, |unit| unit.created_by),
        modified_ms: stage.now_ms,
        modified_by: stage.by,
    }
}

/// CRC-32 as zip and gzip use it.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
