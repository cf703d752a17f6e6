//! A transaction in an org of its own, and bodies made by hand.

use std::collections::HashMap;
use std::sync::Arc;

use crate::apex::program::{
    Block, Body, Catch, Constant, Expr, ExprKind, Method, MethodId, MethodKind, NEWEST_API_VERSION, Operator,
    Program, Slot, Stmt, StmtKind, UnitId, UnitInfo, Visibility,
};
use crate::apex::run::{Thrown, call_static};
use crate::apex::syntax::ast::Pos;
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::config::Config;
use crate::org::Org;
use crate::transaction::Transaction;

pub(super) fn transaction() -> Transaction {
    let org = Org::new(Config { objects: 0, ..Config::default() }).unwrap();
    let rights = org.read().rights(org.admin);
    Transaction::apart(&org, org.snapshot(), rights)
}

/// What an outcome looks like: `Type: message`.
pub(super) fn failure(tx: &Transaction, thrown: &Thrown) -> String {
    thrown.headline(&tx.program)
}

fn at(line: u32) -> Pos {
    Pos { line, column: 1 }
}

pub(super) fn expr(kind: ExprKind) -> Expr {
    Expr { kind, ty: Type::Object, at: at(1) }
}

pub(super) fn int(number: i32) -> Expr {
    expr(ExprKind::Constant(Constant::Integer(number)))
}

pub(super) fn text(text: &str) -> Expr {
    expr(ExprKind::Constant(Constant::String(text.into())))
}

pub(super) fn null() -> Expr {
    expr(ExprKind::Constant(Constant::Null))
}

pub(super) fn local(slot: usize) -> Expr {
    expr(ExprKind::Local(slot))
}

pub(super) fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary { operator, left: left.into(), right: right.into() })
}

pub(super) fn set(slot: usize, operator: Option<Operator>, value: Expr) -> Expr {
    expr(ExprKind::Assign { target: local(slot).into(), operator, value: value.into() })
}

pub(super) fn call(method: u32, arguments: Vec<Expr>) -> Expr {
    expr(ExprKind::Call { method: MethodId(method), this: None, arguments, safe: false })
}

pub(super) fn stmt(line: u32, kind: StmtKind) -> Stmt {
    Stmt { kind, at: at(line) }
}

pub(super) fn run(line: u32, expr: Expr) -> Stmt {
    stmt(line, StmtKind::Expr(expr))
}

pub(super) fn give(line: u32, expr: Expr) -> Stmt {
    stmt(line, StmtKind::Return(Some(expr)))
}

pub(super) fn block(statements: Vec<Stmt>) -> Block {
    Block { statements }
}

pub(super) fn catch(ty: &'static str, slot: usize, body: Vec<Stmt>) -> Catch {
    Catch { ty: Type::platform(ty), slot, body: block(body) }
}

/// A program of static methods named `m0`, `m1`, … that take one parameter each.
pub(super) fn program(tx: &mut Transaction, bodies: Vec<(usize, Vec<Stmt>)>) {
    let mut program = Program::default();
    program.units.push(UnitInfo {
        name: "T".into(),
        id: None,
        namespace: None,
        is_trigger: true,
        api_version: NEWEST_API_VERSION,
    });
    let mut known = HashMap::new();
    for (number, (locals, statements)) in bodies.into_iter().enumerate() {
        let id = MethodId(number as u32);
        let name: Arc<str> = format!("m{number}").into();
        program.methods.push(Method {
            id,
            class: None,
            unit: UnitId(0),
            kind: MethodKind::Method,
            name: name.clone(),
            visibility: Visibility::Public,
            is_static: true,
            is_abstract: false,
            is_virtual: false,
            is_override: false,
            parameters: Vec::new(),
            returns: Type::Object,
            slot: Slot { name, parameters: Arc::from([]) },
            annotations: Vec::new(),
            see_all_data: false,
            at: at(1),
        });
        known.insert(id, Arc::new(Body { locals, block: block(statements) }));
    }
    program.bodies = known;
    tx.program = Arc::new(program);
}

pub(super) fn start(tx: &mut Transaction, arguments: &[Value]) -> Result<Value, String> {
    let result = call_static(tx, MethodId(0), arguments);
    result.map_err(|thrown| failure(tx, &thrown))
}
