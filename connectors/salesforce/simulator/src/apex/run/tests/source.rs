//! From source: what only shows when parser, checker, platform and interpreter stand together.

use std::sync::Arc;

use super::support::*;
use crate::apex::program::{NEWEST_API_VERSION, Program};
use crate::apex::run::run_anonymous;
use crate::dml::{Operation, Options, Row};
use crate::org::{ApexClass, ApexTrigger, ApexUnit, Id, TriggerEvent};
use crate::transaction::Transaction;

fn unit(number: usize, name: &str, body: &str) -> ApexUnit {
    let id = Id::parse(&format!("01p{number:012}")).unwrap();
    ApexUnit {
        id,
        name: name.to_owned(),
        namespace: None,
        body: body.to_owned(),
        api_version: "65.0".to_owned(),
        status: "Active".to_owned(),
        hidden: None,
        parsed: Default::default(),
        is_valid: true,
        body_crc: 0,
        length_without_comments: 0,
        created_ms: 0,
        created_by: id,
        modified_ms: 0,
        modified_by: id,
    }
}

/// An org with these classes and, if any, a trigger on Account for these events.
pub(super) fn org(classes: &[(&str, &str)], trigger: Option<(&str, &[TriggerEvent])>) -> Transaction {
    let mut tx = transaction();
    let metadata = Arc::make_mut(&mut tx.state.metadata);
    for (number, (name, body)) in classes.iter().enumerate() {
        let unit = unit(number, name, body);
        metadata.classes.insert(unit.id, Arc::new(ApexClass { unit, is_test: false, surface: None }));
    }
    if let Some((body, events)) = trigger {
        let unit = unit(99, "T", body);
        let trigger = ApexTrigger { unit, object: "Account".to_owned(), events: events.to_vec() };
        metadata.triggers.insert(trigger.unit.id, Arc::new(trigger));
    }
    tx.program = Program::of(&tx.state.metadata);
    tx
}

/// What anonymous code wrote to the log, and how it ended.
pub(super) fn run(tx: &mut Transaction, source: &str) -> String {
    let result = run_anonymous(tx, source, NEWEST_API_VERSION);
    let mut lines = std::mem::take(&mut tx.machine.log);
    if let Some(problem) = result.problem {
        lines.push(format!("{}:{} {}", problem.line, problem.column, problem.message));
    }
    lines.extend(result.exception_message);
    lines.join("\n")
}

#[test]
fn limits_cannot_be_caught_and_exceptions_can() {
    let tx = &mut org(&[], None);
    assert_eq!(
        run(
            tx,
            "try { Integer i = 1 / 0; } catch (MathException e) { System.debug(e.getMessage()); } finally { System.debug('end'); }"
        ),
        "Divide by 0\nend"
    );
    let endless = "try { while (true) { } } catch (Exception e) { System.debug('caught'); } finally { System.debug('finally'); }";
    assert_eq!(run(tx, endless), "System.LimitException: Apex CPU time limit exceeded");
}

#[test]
fn objects_with_their_own_equality_are_found_in_sets_and_maps() {
    let point = "public class Point { Integer x; public Point(Integer x) { this.x = x; }
        public Boolean equals(Object o) { return o instanceof Point && ((Point) o).x == x; }
        public Integer hashCode() { return x; } }";
    let tx = &mut org(&[("Point", point)], None);
    let source = "Set<Point> s = new Set<Point>{ new Point(1), new Point(1), new Point(2) };
        Map<Point, String> m = new Map<Point, String>{ new Point(1) => 'one' };
        System.debug(s.size() + ' ' + m.get(new Point(1)) + ' ' + m.get(new Point(3)) + ' ' + (new Point(1) == new Point(1)));";
    assert_eq!(run(tx, source), "2 one null true");
}

#[test]
fn ten_thousand_rows_go_through_triggers_before_and_after() {
    let events = [TriggerEvent::BeforeInsert, TriggerEvent::AfterInsert];
    let body = "trigger T on Account (before insert, after insert) {
        for (Account a : Trigger.new) {
            if (Trigger.isBefore) { a.Description = a.Name + '!'; }
            else if (a.Id == null) { a.addError('no id'); }
        }
    }";
    let mut tx = org(&[], Some((body, &events)));
    let object = tx.state.metadata.object("Account").unwrap().clone();
    let rows = (0..10_000)
        .map(|number| Row {
            object: object.clone(),
            id: None,
            values: [("Name".to_owned(), serde_json::Value::from(format!("A{number}")))].into(),
            blob: None,
        })
        .collect();
    let options = Options { all_or_none: true, as_user: false, with_sharing: false };
    let results = tx.apply(Operation::Insert, rows, options).unwrap();
    assert!(results.iter().all(|result| result.errors.is_empty()));
    let last = tx.state.records.get("Account", results[9_999].id.unwrap()).unwrap();
    assert_eq!(last.get("Description"), "A9999!");
}
