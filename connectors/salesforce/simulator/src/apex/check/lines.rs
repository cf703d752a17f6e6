//! Lines that a test can cover.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::apex::program::{Block, Body, MethodId, Program, Stmt, StmtKind, UnitId};

/// The lines of a unit on which statements begin that do something, ascending; of tests there are none.
pub(in crate::apex) fn lines_of(
    program: &Program,
    unit: UnitId,
    body: impl Fn(MethodId) -> Option<Arc<Body>>,
) -> Vec<u32> {
    let mut lines = BTreeSet::new();
    for method in program.index.methods.get(unit.0 as usize).into_iter().flatten() {
        let class = program.method(*method).class;
        if class.is_some_and(|class| program.class(class).is_test) {
            continue;
        }
        let has_body = program.index.origins.get(method.0 as usize).is_some_and(super::Origin::has_body);
        if let Some(body) = has_body.then(|| body(*method)).flatten() {
            block(&body.block, &mut lines);
        }
    }
    lines.into_iter().collect()
}

fn block(block: &Block, lines: &mut BTreeSet<u32>) {
    block.statements.iter().for_each(|one| statement(one, lines));
}

fn statement(stmt: &Stmt, lines: &mut BTreeSet<u32>) {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || statement_here(stmt, lines));
}

fn statement_here(stmt: &Stmt, lines: &mut BTreeSet<u32>) {
    let counts =
        !matches!(stmt.kind, StmtKind::Block(_) | StmtKind::Local { value: None, .. } | StmtKind::Try { .. });
    if counts {
        lines.insert(stmt.at.line);
    }
    match &stmt.kind {
        StmtKind::Block(inner) | StmtKind::RunAs { body: inner, .. } => block(inner, lines),
        StmtKind::If { then, otherwise, .. } => {
            statement(then, lines);
            otherwise.iter().for_each(|otherwise| statement(otherwise, lines));
        }
        StmtKind::While { body, .. } | StmtKind::DoWhile { body, .. } | StmtKind::ForEach { body, .. } => {
            statement(body, lines);
        }
        StmtKind::For { body, .. } => statement(body, lines),
        StmtKind::Switch { whens, otherwise, .. } => {
            whens.iter().for_each(|when| block(&when.body, lines));
            otherwise.iter().for_each(|otherwise| block(otherwise, lines));
        }
        StmtKind::Try { body, catches, finally } => {
            block(body, lines);
            catches.iter().for_each(|one| block(&one.body, lines));
            finally.iter().for_each(|finally| block(finally, lines));
        }
        _ => {}
    }
}
