//! What the parser makes of each construct, and what it says against the rest.

mod expressions;
mod hostile;
mod literals;
mod problems;
mod statements;
mod units;

use super::ast::{Expr, Stmt, StmtKind};
use super::{Problem, parse_anonymous, parse_class};

fn statement(source: &str) -> Stmt {
    let block = parse_anonymous(source).unwrap_or_else(|problem| panic!("{source}: {problem:?}"));
    assert_eq!(block.statements.len(), 1, "{source}");
    block.statements.into_iter().next().unwrap()
}

/// The value of `x = …;`.
fn expression(source: &str) -> Expr {
    let StmtKind::Expr(expr) = statement(&format!("return_ = {source};")).kind else { panic!("{source}") };
    let super::ast::ExprKind::Assign { value, .. } = expr.kind else { panic!("{source}") };
    *value
}

/// The first complaint about statements in a method, which begin on line 2.
fn refused(statements: &str) -> (String, u32, u32) {
    let source = format!("class A {{ void f() {{\n{statements}\n}} }}");
    match parse_class(&source) {
        Ok(_) => panic!("accepted: {statements}"),
        Err(Problem { message, line, column }) => (message, line, column),
    }
}
