//! Apex that comes by the Tooling API: a deployment made of one class or trigger, or of a container's members.

use std::io::{Cursor, Write};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use zip::write::SimpleFileOptions;

use super::{Call, Door, insert, may_author, stamp};
use crate::dml::RowError;
use crate::metadata::{DeployOptions, Order};
use crate::org::{Id, Metadata, ObjectType, Record};
use crate::surface::{ApiError, Site};

/// How long a call waits for what it has deployed.
const WAIT: Duration = Duration::from_secs(110);
const PAUSE: Duration = Duration::from_millis(5);

/// A class or a trigger on its way in, or out where it has no body.
struct Unit {
    name: String,
    trigger: bool,
    body: Option<String>,
}

/// `POST …/tooling/sobjects/ApexClass` and `ApexTrigger`.
pub(super) fn create(site: &Site, call: &Call, door: &Door<'_>, object: &ObjectType) -> Result<Id, ApiError> {
    may_author(call)?;
    let body = call.object()?;
    let source = text(&body, "Body").ok_or_else(|| RowError::required(&["Body"]))?;
    let trigger = object.name == "ApexTrigger";
    let name = declared(source, trigger).or_else(|| text(&body, "Name").map(str::to_owned));
    let name = name.ok_or_else(|| RowError::required(&["Name"]))?;
    if find(&site.org.metadata(), trigger, |_, own| own.eq_ignore_ascii_case(&name)).is_some() {
        let message = format!("duplicate value found: Name duplicates value on record with id: {name}");
        return Err(ApiError::bad("DUPLICATE_VALUE", message).on(vec!["Name".to_owned()]));
    }
    let unit = Unit { name: name.clone(), trigger, body: Some(source.to_owned()) };
    deploy(site, call, door, &[unit], false)?;
    let made = find(&site.org.metadata(), trigger, |_, own| own.eq_ignore_ascii_case(&name));
    made.map(|(id, _)| id).ok_or_else(ApiError::no_record)
}

/// A new body for a class or trigger.
pub(super) fn update(
    site: &Site,
    call: &Call,
    door: &Door<'_>,
    object: &ObjectType,
    id: Id,
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    let trigger = object.name == "ApexTrigger";
    let found = find(&site.org.metadata(), trigger, |own, _| own == id);
    let (_, name) = found.ok_or_else(ApiError::no_record)?;
    let source = text(body, "Body").ok_or_else(|| RowError::required(&["Body"]))?;
    deploy(site, call, door, &[Unit { name, trigger, body: Some(source.to_owned()) }], false)
}

/// Takes a class or trigger out.
pub(super) fn delete(
    site: &Site,
    call: &Call,
    door: &Door<'_>,
    object: &ObjectType,
    id: Id,
) -> Result<(), ApiError> {
    let trigger = object.name == "ApexTrigger";
    let found = find(&site.org.metadata(), trigger, |own, _| own == id);
    let (_, name) = found.ok_or_else(ApiError::no_record)?;
    deploy(site, call, door, &[Unit { name, trigger, body: None }], false)
}

/// `POST …/tooling/sobjects/ContainerAsyncRequest`: deploys a container's members, or checks them alone.
pub(super) fn request(
    site: &Site,
    call: &Call,
    door: &mut Door<'_>,
    object: &ObjectType,
) -> Result<Id, ApiError> {
    may_author(call)?;
    let body = call.object()?;
    let container =
        text(&body, "MetadataContainerId").ok_or_else(|| RowError::required(&["MetadataContainerId"]))?;
    let units = members(site, door, container)?;
    if units.is_empty() {
        return Err(ApiError::bad("INVALID_INPUT", "The container has no members"));
    }
    let check_only = body.get("IsCheckOnly") == Some(&Value::Bool(true));
    let order = order(call, &units, check_only)?;
    let id = insert(site, call, door, object, &body, &[("State", "Queued".into())])?;
    let (site, table, user) = (site.clone(), object.name.clone(), call.rights.user);
    tokio::task::spawn_blocking(move || {
        let (state, details, error) =
            match site.deployments.accept(order).and_then(|started| wait(&site, started.id)) {
                Ok(result) => {
                    let good = result["success"] == true;
                    (
                        if good { "Completed" } else { "Failed" },
                        result["details"].clone(),
                        result["errorMessage"].clone(),
                    )
                }
                Err(error) => ("Error", Value::Null, error.message.into()),
            };
        // Components alone: the manifest, which has no type, is none of the caller's.
        let all = |name: &str| -> Value {
            let rows = match &details[name] {
                Value::Array(rows) => rows.clone(),
                Value::Null => Vec::new(),
                one => vec![one.clone()],
            };
            rows.into_iter()
                .filter(|row| row["componentType"].as_str().is_some_and(|kind| !kind.is_empty()))
                .collect()
        };
        let shown = json!({
            "allComponentMessages": [], "componentFailures": all("componentFailures"),
            "componentSuccesses": all("componentSuccesses"), "runTestResult": null,
        });
        let now = site.org.now_ms();
        let mut live = site.org.write();
        let Some(record) = live.records.get(&table, id).cloned() else { return };
        let mut record = Record::clone(&record);
        for (name, value) in [("State", state.into()), ("DeployDetails", shown), ("ErrorMsg", error)] {
            record.values.insert(name.to_owned(), value);
        }
        stamp(&mut record, &["LastModified"], user, now);
        live.records.put(&table, record);
    });
    Ok(id)
}

/// What a container holds.
fn members(site: &Site, door: &Door<'_>, container: &str) -> Result<Vec<Unit>, ApiError> {
    let invalid = || ApiError::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
    let container = Id::parse(container).ok_or_else(invalid)?;
    door.look(&site.org, |state| {
        state.records.get("MetadataContainer", container).ok_or_else(invalid)?;
        let mut units = Vec::new();
        for (table, trigger) in [("ApexClassMember", false), ("ApexTriggerMember", true)] {
            for id in state.records.with_value(table, "MetadataContainerId", &container.into()) {
                let Some(record) = state.records.get(table, id) else { continue };
                let source = record.get("Body").as_str().unwrap_or_default().to_owned();
                let entity = record.reference("ContentEntityId");
                let known = entity.and_then(|entity| find(&state.metadata, trigger, |own, _| own == entity));
                let name = known.map(|(_, name)| name);
                let name = name.or_else(|| record.get("FullName").as_str().map(str::to_owned));
                let name = name.or_else(|| declared(&source, trigger)).ok_or_else(invalid)?;
                units.push(Unit { name, trigger, body: Some(source) });
            }
        }
        Ok(units)
    })
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

fn find(metadata: &Metadata, trigger: bool, is: impl Fn(Id, &str) -> bool) -> Option<(Id, String)> {
    let classes = metadata.classes.iter().map(|(id, class)| (*id, class.unit.name.as_str()));
    let triggers = metadata.triggers.iter().map(|(id, trigger)| (*id, trigger.unit.name.as_str()));
    let units: Vec<(Id, &str)> = if trigger { triggers.collect() } else { classes.collect() };
    units.into_iter().find(|(id, name)| is(*id, name)).map(|(id, name)| (id, name.to_owned()))
}

/// The name in the declaration: the word after `class`, `interface`, `enum` or `trigger`, comments left out.
fn declared(source: &str, trigger: bool) -> Option<String> {
    let plain = without_comments(source);
    let mut words = plain
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty());
    let starts = |word: &str| {
        let own: &[&str] = if trigger { &["trigger"] } else { &["class", "interface", "enum"] };
        own.iter().any(|start| start.eq_ignore_ascii_case(word))
    };
    words.find(|word| starts(word))?;
    words.next().map(str::to_owned)
}

/// Texts in quotes go too: what begins a comment may stand in them.
fn without_comments(source: &str) -> String {
    let (mut plain, mut rest) = (String::new(), source);
    while let Some(at) = rest.find("//").into_iter().chain(rest.find("/*")).chain(rest.find('\'')).min() {
        plain.push_str(&rest[..at]);
        plain.push(' ');
        rest = match &rest[at..] {
            line if line.starts_with("//") => line.split_once('\n').map_or("", |(_, rest)| rest),
            block if block.starts_with("/*") => block[2..].split_once("*/").map_or("", |(_, rest)| rest),
            text => after_quote(&text[1..]),
        };
    }
    plain + rest
}

fn after_quote(text: &str) -> &str {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

fn deploy(
    site: &Site,
    call: &Call,
    door: &Door<'_>,
    units: &[Unit],
    check_only: bool,
) -> Result<(), ApiError> {
    if matches!(door, Door::Within(_)) {
        let message = "Apex cannot be saved in a call that is undone as a whole";
        return Err(ApiError::bad("INVALID_OPERATION", message));
    }
    let started = site.deployments.accept(order(call, units, check_only)?)?;
    let result = wait(site, started.id)?;
    if result["success"] == true {
        return Ok(());
    }
    let failures = &result["details"]["componentFailures"];
    let first = failures.get(0).unwrap_or(failures);
    let problem =
        first["problem"].as_str().or(result["errorMessage"].as_str()).unwrap_or("The code does not compile");
    let place = match (first["lineNumber"].as_i64(), first["columnNumber"].as_i64()) {
        (Some(line), Some(column)) => format!(" at line {line} column {column}"),
        _ => String::new(),
    };
    // The code of this refusal is a guess.
    Err(ApiError::bad("COMPILE_ERROR", format!("{problem}{place}")))
}

/// The result of a deployment that has ended.
fn wait(site: &Site, id: Id) -> Result<Value, ApiError> {
    let began = std::time::Instant::now();
    while began.elapsed() < WAIT {
        if let Ok(mut answer) = site.deployments.check(id, true, "") {
            let result = answer["deployResult"].take();
            if result["done"] == true {
                return Ok(result);
            }
        }
        std::thread::sleep(PAUSE);
    }
    Err(ApiError::bad("UNABLE_TO_LOCK_ROW", "The deployment waits for another one"))
}

fn order(call: &Call, units: &[Unit], check_only: bool) -> Result<Order, ApiError> {
    let options =
        json!({"deployOptions": {"checkOnly": check_only, "rollbackOnError": true, "singlePackage": true}});
    let options = DeployOptions::parse(options.to_string().as_bytes())
        .map_err(|text| ApiError::bad("JSON_PARSER_ERROR", text))?;
    let zip =
        archive(units, call.version).map_err(|error| ApiError::bad("INVALID_INPUT", error.to_string()))?;
    Ok(Order::new(options, zip, call.rights.clone(), call.version))
}

/// The zip of a deployment: bodies with their metadata, and what is to go in `destructiveChanges.xml`.
fn archive(units: &[Unit], version: u32) -> zip::result::ZipResult<Bytes> {
    const NAMESPACE: &str = crate::metadata::NAMESPACE;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut file = |name: &str, content: &str| -> zip::result::ZipResult<()> {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(content.as_bytes())?;
        Ok(())
    };
    let (mut listed, mut gone) = (String::new(), String::new());
    for unit in units {
        let (kind, folder, suffix) = if unit.trigger {
            ("ApexTrigger", "triggers", "trigger")
        } else {
            ("ApexClass", "classes", "cls")
        };
        let name = quick_xml::escape::escape(unit.name.as_str());
        let entry = format!("<types><members>{name}</members><name>{kind}</name></types>");
        let Some(body) = &unit.body else {
            gone.push_str(&entry);
            continue;
        };
        listed.push_str(&entry);
        let path = format!("{folder}/{}.{suffix}", unit.name);
        file(&path, body)?;
        let meta = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{kind} xmlns=\"{NAMESPACE}\"><apiVersion>{version}.0</apiVersion><status>Active</status></{kind}>"
        );
        file(&format!("{path}-meta.xml"), &meta)?;
    }
    let package = |types: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Package xmlns=\"{NAMESPACE}\">{types}<version>{version}.0</version></Package>"
        )
    };
    file("package.xml", &package(&listed))?;
    if !gone.is_empty() {
        file("destructiveChanges.xml", &package(&gone))?;
    }
    Ok(zip.finish()?.into_inner().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_in_the_declaration() {
        let class = "/* class No */ // class Never\npublic with sharing class Yes extends B { }";
        assert_eq!(declared(class, false).as_deref(), Some("Yes"));
        assert_eq!(declared("trigger T on Account (before insert) {}", true).as_deref(), Some("T"));
        let mapped = "@RestResource(urlMapping='/it\\'s/*')\nglobal class Mapped {}";
        assert_eq!(declared(mapped, false).as_deref(), Some("Mapped"));
        assert_eq!(declared("x", false), None);
        assert_eq!(declared("/* open", false), None);
    }
}
