//! `@future` methods: called now, run after the transaction.

use std::rc::Rc;

use super::machine::EntryKind;
use super::{Limit, Limits, Thrown, call_static, limit, throw};
use crate::apex::program::{Method, MethodId, Program};
use crate::apex::value::Value;
use crate::transaction::{Job, Transaction};

/// Whether calling a method only asks for it to be run later.
pub(super) fn is_future(method: &Method) -> bool {
    !method.annotations.is_empty()
        && method.annotations.iter().any(|annotation| annotation.eq_ignore_ascii_case("future"))
}

/// Queues a call.
pub(super) fn queue(
    tx: &mut Transaction,
    program: &Program,
    method: MethodId,
    arguments: Vec<Value>,
) -> Result<(), Thrown> {
    if matches!(tx.machine.entry, EntryKind::Future | EntryKind::Batch) {
        let known = program.method(method);
        let class = known.class.map(|class| program.class(class).name.to_string()).unwrap_or_default();
        let types: Vec<String> =
            known.parameters.iter().map(|parameter| super::type_name(program, &parameter.ty)).collect();
        let message = format!(
            "Future method cannot be called from a future or batch method: {class}.{}({})",
            known.name,
            types.join(", ")
        );
        return Err(throw(tx, "System.AsyncException", message));
    }
    limit(tx, Limit::FutureCalls, 1)?;
    let run = move |tx: &mut Transaction| {
        let testing = tx.machine.testing;
        let before = std::mem::replace(&mut tx.machine.entry, EntryKind::Future);
        if !testing {
            tx.machine.limits = Limits::asynchronous(true);
        }
        let result = call_static(tx, method, &arguments).map(|_| ());
        tx.machine.entry = before;
        result
    };
    tx.pending.jobs.push(Job { user: tx.rights.user, run: Rc::new(run) });
    Ok(())
}
