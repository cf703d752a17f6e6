//! Classes and triggers of the customer's developers.

use super::{CustomerError, PREFIX, Package, Wishes, chosen};
use crate::org::{Metadata, ObjectKind, ObjectType, TriggerEvent};

/// Classes of the customer's own code, and lines that tests can cover in each: so many that what others bring does not
/// change the average.
const CLASSES: u32 = 5;
const LINES: u32 = 4_000;
/// The class that tests it.
pub(super) const TEST: &str = "Customer_Code_Test";
/// Characters of a trigger's name.
const NAME_MAX: usize = 40;

const AFTER: [TriggerEvent; 4] = [
    TriggerEvent::AfterInsert,
    TriggerEvent::AfterUpdate,
    TriggerEvent::AfterDelete,
    TriggerEvent::AfterUndelete,
];

/// Adds classes and triggers.
pub(super) fn add(
    package: &mut Package,
    metadata: &Metadata,
    wishes: &Wishes<'_>,
) -> Result<(), CustomerError> {
    let untested = throwing(package, metadata, &wishes.customer.throwing_triggers)?
        + slow(package, metadata, &wishes.customer.slow_triggers)?;
    for name in wishes.failing_tests {
        let body = format!(
            "@IsTest\nprivate class {name} {{\n    @IsTest\n    static void works() {{\n        \
             System.assertEquals(1, 2, 'Nobody has repaired this');\n    }}\n}}\n"
        );
        package.class(name, body);
    }
    if let Some(percent) = wishes.coverage {
        covered(package, percent.min(100), untested);
    }
    Ok(())
}

/// Answers how many lines no test of the customer's covers.
fn throwing(package: &mut Package, metadata: &Metadata, names: &[String]) -> Result<u32, CustomerError> {
    if names.is_empty() {
        return Ok(0);
    }
    let exception = format!("{PREFIX}Exception");
    package.class(&exception, format!("public class {exception} extends Exception {{}}\n"));
    let objects = chosen(metadata, names, |object| !events(object).is_empty())?;
    for (at, object) in objects.iter().enumerate() {
        let body = format!("    throw new {exception}('The customer does not want this change.');\n");
        trigger(package, "Throws", at, object, &body);
    }
    Ok(objects.len() as u32)
}

/// As [`throwing`].
fn slow(package: &mut Package, metadata: &Metadata, names: &[String]) -> Result<u32, CustomerError> {
    let body = "    Integer turns = 0;\n    while (turns < 200000) {\n        turns += 1;\n    }\n";
    let objects = chosen(metadata, names, |object| !events(object).is_empty())?;
    for (at, object) in objects.iter().enumerate() {
        trigger(package, "Slow", at, object, body);
    }
    Ok(objects.len() as u32 * 3)
}

fn trigger(package: &mut Package, what: &str, at: usize, object: &ObjectType, body: &str) {
    let mut name = format!("{PREFIX}{what}_{at}_{}", object.developer_name().replace("__", "_"));
    name.truncate(NAME_MAX);
    let name = name.trim_end_matches('_').to_owned();
    let events: Vec<&str> = events(object).iter().map(|event| event.words()).collect();
    let source = format!("trigger {name} on {} ({}) {{\n{body}}}\n", object.name, events.join(", "));
    package.trigger(&name, source);
}

/// What such a trigger waits for.
fn events(object: &ObjectType) -> Vec<TriggerEvent> {
    if !matches!(object.kind, ObjectKind::Standard | ObjectKind::Custom) {
        return Vec::new();
    }
    AFTER.into_iter().filter(|event| object.trigger_events.contains(event)).collect()
}

/// Code of which a test covers so much that it is so many percent of all, `untested` lines of others among them.
fn covered(package: &mut Package, percent: u32, untested: u32) {
    let wanted = (percent * (CLASSES * LINES + untested)).div_ceil(100 * CLASSES);
    let mut calls = String::new();
    for at in 1..=CLASSES {
        let name = format!("{PREFIX}Code_{at}");
        let lines = wanted.min(LINES);
        let mut body = format!("public class {name} {{\n");
        for (method, lines) in [("used", lines), ("forgotten", LINES - lines)] {
            if lines > 0 {
                body.push_str(&counting(method, lines));
            }
        }
        body.push_str("}\n");
        package.class(&name, body);
        if lines > 0 {
            calls.push_str(&format!("        System.assertEquals({}, {name}.used());\n", lines - 2));
        }
    }
    let test = format!(
        "@IsTest\nprivate class {TEST} {{\n    @IsTest\n    static void counts() {{\n{calls}    }}\n}}\n"
    );
    package.class(TEST, test);
}

/// A method of so many lines, two or more.
fn counting(name: &str, lines: u32) -> String {
    let steps = "        n += 1;\n".repeat(lines.saturating_sub(2) as usize);
    format!(
        "    public static Integer {name}() {{\n        Integer n = 0;\n{steps}        return n;\n    }}\n"
    )
}
