//! Statements.

use super::eval::{eval, truth};
use super::{Limit, Thrown, cast, dml, limit, loops, null_reference, throw};
use crate::apex::program::{Block, Catch, MethodId, Program, Stmt, StmtKind, UnitId, When, WhenTest};
use crate::apex::syntax::ast::Pos;
use crate::apex::value::{Value, identical};
use crate::transaction::Transaction;

/// What a running body knows about itself.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub program: &'a Program,
    pub unit: Option<UnitId>,
    pub method: Option<MethodId>,
    pub this: &'a Value,
    /// First of its variables in the machine.
    pub base: usize,
    /// How many variables it has.
    pub locals: usize,
}

/// How a statement ended.
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

/// Goes on unless the flow leaves.
macro_rules! go_on {
    ($flow:expr) => {
        match $flow {
            Flow::Next => {}
            left => return Ok(left),
        }
    };
}

pub(super) fn block(tx: &mut Transaction, cx: Context<'_>, block: &Block) -> Result<Flow, Thrown> {
    for one in &block.statements {
        go_on!(statement(tx, cx, one)?);
    }
    Ok(Flow::Next)
}

/// Marks the place that runs now.
pub(super) fn at(tx: &mut Transaction, pos: Pos) {
    if let Some(call) = tx.machine.calls.last_mut() {
        call.line = pos.line;
    }
}

pub(super) fn store(tx: &mut Transaction, cx: Context<'_>, slot: usize, value: Value) {
    if let Some(place) = tx.machine.locals.get_mut(cx.base + slot) {
        *place = value;
    }
}

pub(super) fn statement(tx: &mut Transaction, cx: Context<'_>, stmt: &Stmt) -> Result<Flow, Thrown> {
    stacker::maybe_grow(super::RED_ZONE, super::STACK_CHUNK, || statement_here(tx, cx, stmt))
}

fn statement_here(tx: &mut Transaction, cx: Context<'_>, stmt: &Stmt) -> Result<Flow, Thrown> {
    if let StmtKind::Block(inner) = &stmt.kind {
        return block(tx, cx, inner);
    }
    at(tx, stmt.at);
    if let (Some(coverage), Some(unit)) = (&mut tx.machine.coverage, cx.unit) {
        coverage.hit(unit, stmt.at.line);
    }
    limit(tx, Limit::Steps, 1)?;
    match &stmt.kind {
        StmtKind::Block(inner) => return block(tx, cx, inner),
        StmtKind::Local { slot, value } => {
            let value = value.as_ref().map_or(Ok(Value::Null), |value| eval(tx, cx, value))?;
            store(tx, cx, *slot, value);
        }
        StmtKind::Expr(expr) => {
            eval(tx, cx, expr)?;
        }
        StmtKind::If { condition, then, otherwise } => {
            if truth(tx, cx, condition)? {
                return statement(tx, cx, then);
            }
            if let Some(otherwise) = otherwise {
                return statement(tx, cx, otherwise);
            }
        }
        StmtKind::While { condition, body } => return loops::while_loop(tx, cx, condition, body),
        StmtKind::DoWhile { body, condition } => return loops::do_while(tx, cx, body, condition),
        StmtKind::For { init, condition, update, body } => {
            return loops::for_loop(tx, cx, init, condition.as_ref(), update, body);
        }
        StmtKind::ForEach { slot, ty, iterable, body } => {
            return loops::for_each(tx, cx, *slot, ty, iterable, body);
        }
        StmtKind::Switch { on, whens, otherwise } => {
            let value = eval(tx, cx, on)?;
            return switch(tx, cx, value, whens, otherwise.as_ref());
        }
        StmtKind::Return(value) => {
            let value = value.as_ref().map_or(Ok(Value::Null), |value| eval(tx, cx, value))?;
            return Ok(Flow::Return(value));
        }
        StmtKind::Throw(value) => {
            let value = eval(tx, cx, value)?;
            at(tx, stmt.at);
            return Err(thrown(tx, value));
        }
        StmtKind::Try { body, catches, finally } => return attempt(tx, cx, body, catches, finally.as_ref()),
        StmtKind::Break => return Ok(Flow::Break),
        StmtKind::Continue => return Ok(Flow::Continue),
        StmtKind::Dml(statement) => dml::statement(tx, cx, statement, stmt.at)?,
        StmtKind::RunAs { user, body } => {
            let user = eval(tx, cx, user)?;
            return run_as(tx, cx, &user, body);
        }
    }
    Ok(Flow::Next)
}

/// `throw value`: an exception that has not been thrown before gets the stack of this place.
fn thrown(tx: &mut Transaction, value: Value) -> Thrown {
    let Value::Object(instance) = &value else { return null_reference(tx) };
    if let Some(state) = &instance.exception
        && state.borrow().trace.is_empty()
    {
        state.borrow_mut().trace = super::trace(tx);
    }
    Thrown::Exception(value)
}

fn switch(
    tx: &mut Transaction,
    cx: Context<'_>,
    value: Value,
    whens: &[When],
    otherwise: Option<&Block>,
) -> Result<Flow, Thrown> {
    for when in whens {
        match &when.test {
            WhenTest::Values(constants) => {
                for constant in constants {
                    let constant = eval(tx, cx, constant)?;
                    if identical(&value, &constant) {
                        return block(tx, cx, &when.body);
                    }
                }
            }
            WhenTest::Type { ty, slot } => {
                if cast::is_instance(cx.program, &value, ty) {
                    store(tx, cx, *slot, value);
                    return block(tx, cx, &when.body);
                }
            }
        }
    }
    otherwise.map_or(Ok(Flow::Next), |otherwise| block(tx, cx, otherwise))
}

fn attempt(
    tx: &mut Transaction,
    cx: Context<'_>,
    body: &Block,
    catches: &[Catch],
    finally: Option<&Block>,
) -> Result<Flow, Thrown> {
    let mut result = block(tx, cx, body);
    if let Err(Thrown::Exception(exception)) = &result {
        // What was about to be passed to a call is gone.
        tx.machine.locals.truncate(cx.base + cx.locals);
        let found = catches.iter().find(|catch| cast::is_instance(cx.program, exception, &catch.ty));
        if let Some(catch) = found {
            store(tx, cx, catch.slot, exception.clone());
            result = block(tx, cx, &catch.body);
        }
    }
    // What cannot be caught ends everything, `finally` too.
    if let (Some(finally), false) = (finally, matches!(result, Err(Thrown::Fatal { .. }))) {
        tx.machine.locals.truncate(cx.base + cx.locals);
        go_on!(block(tx, cx, finally)?);
    }
    result
}

fn run_as(tx: &mut Transaction, cx: Context<'_>, user: &Value, body: &Block) -> Result<Flow, Thrown> {
    if !tx.machine.testing {
        return Err(throw(tx, "System.TypeException", "Test.runAs methods must be called in test context"));
    }
    limit(tx, Limit::DmlStatements, 1)?;
    let id = match user {
        Value::Record(record) => match record.state.borrow().fields.get("Id") {
            Some(Value::Id(id)) => Some(*id),
            _ => None,
        },
        Value::Null => return Err(null_reference(tx)),
        // A version of a package: the user stays.
        _ => return block(tx, cx, body),
    };
    let Some(id) = id else {
        return Err(throw(tx, "System.NullPointerException", "Attempt to de-reference a null object"));
    };
    let rights = tx.state.rights(id);
    let before = std::mem::replace(&mut tx.rights, rights);
    tx.machine.run_as.push(before);
    let mix = std::mem::take(&mut tx.mix);
    let result = block(tx, cx, body);
    tx.mix = mix;
    if let Some(before) = tx.machine.run_as.pop() {
        tx.rights = before;
    }
    result
}

/// An empty receiver, for static code.
pub(super) const NOBODY: Value = Value::Null;
