//! Units of code in a debug log: what was entered from outside, and triggers inside it.

use super::Thrown;
use super::machine::Place;
use crate::apex::program::Program;
use crate::transaction::Transaction;

/// Tells that a unit begins, where there is a log and this is one: anonymous code, a trigger, or the method by which
/// Apex was entered. Answers the unit's words.
pub(super) fn enter(tx: &mut Transaction, program: &Program, place: &Place) -> Option<String> {
    tx.machine.trace.as_ref()?;
    let id = |unit| program.unit(unit).id.map(|id| id.to_string()).unwrap_or_default();
    let words = match place {
        Place::Anonymous => "execute_anonymous_apex".to_owned(),
        Place::Trigger(name, unit) => {
            let firing = tx.firing.last().map(String::as_str).unwrap_or_default();
            format!("{}|{name} on {firing}|__sfdc_trigger/{name}", id(*unit))
        }
        Place::Method(method) if tx.machine.calls.is_empty() => {
            let name = super::names::place(program, *method);
            format!("{}|{}", id(program.method(*method).unit), name.trim_start_matches("Class."))
        }
        Place::Method(_) => return None,
    };
    tx.machine.trace.as_mut()?.enter(&words);
    Some(words)
}

/// Tells how a unit ended. What nobody inside caught is told by the outermost one, with what the transaction has used.
pub(super) fn leave(tx: &mut Transaction, program: &Program, unit: &str, thrown: Option<&Thrown>) {
    let outermost = tx.machine.calls.is_empty();
    let machine = &mut tx.machine;
    let Some(trace) = machine.trace.as_mut() else { return };
    if let Some(thrown) = thrown.filter(|_| outermost) {
        trace.fatal(&thrown.headline(program), &thrown.stack());
    }
    if outermost {
        trace.limits(&machine.limits);
    }
    let unit = unit.split_once("|__sfdc_trigger").map_or(unit, |(unit, _)| unit);
    // Ids stand at the beginning alone.
    trace.leave(unit.split_once('|').map_or(unit, |(_, name)| name));
}
