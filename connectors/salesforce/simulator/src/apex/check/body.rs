//! Bodies: of methods, constructors, accessors, initializers, triggers, anonymous code.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::resolve::Site;
use super::scope::Checker;
use super::statements::End;
use super::{Checked, Found, Origin, declare, problem, triggers};
use crate::apex::program::{
    Block, Body, ClassId, Expr, ExprKind, Method, MethodId, MethodKind, Program, Stmt, StmtKind, UnitId,
    UnitInfo,
};
use crate::apex::syntax::ast::{self, Member, Modifier};
use crate::apex::syntax::{self, Problem};
use crate::apex::types::Type;

/// Checks the body of a method.
pub(in crate::apex) fn body(program: &Program, id: MethodId) -> Checked<Found> {
    let method = program.method(id);
    let uses = RefCell::new(BTreeSet::new());
    let class =
        method.class.or_else(|| program.index.trigger_units.get(&method.unit).map(|(class, _)| *class));
    let site = Site { program, unit: method.unit, class, uses: &uses };
    let mut checker = Checker::new(site, method.is_static, method.kind, method.returns.clone());
    checker.trigger = program.index.trigger_units.get(&method.unit).map(|(_, object)| object.clone());
    let Some(tree) = program.index.trees.get(method.unit.0 as usize).and_then(Option::as_ref) else {
        return Err(Problem::at_start("Invalid unit"));
    };
    for parameter in &method.parameters {
        checker.add(&parameter.name, parameter.ty.clone(), false, true);
    }
    let origin = program.index.origins.get(id.0 as usize).copied().unwrap_or(Origin::Absent);
    let block = match origin {
        Origin::Absent => return problem(method.at, format!("Method must have a body: {}", method.name)),
        Origin::Method { class, member } => {
            let Some(Member::Method(decl)) = member_of(program, tree, class, member) else {
                return Err(Problem::at_start("Invalid unit"));
            };
            finals(&mut checker, &decl.parameters);
            match &decl.body {
                Some(body) => of_method(&mut checker, method, body)?,
                None => Block::default(),
            }
        }
        Origin::Accessor { class, member, sets } => {
            let Some(Member::Property(decl)) = member_of(program, tree, class, member) else {
                return Err(Problem::at_start("Invalid unit"));
            };
            let accessor = if sets { &decl.setter } else { &decl.getter };
            match accessor.as_ref().and_then(|accessor| accessor.body.as_ref()) {
                Some(body) => of_method(&mut checker, method, body)?,
                None => Block::default(),
            }
        }
        Origin::Initializers { class, of_statics } => initializers(&mut checker, tree, class, of_statics)?,
        Origin::Trigger => match &**tree {
            ast::Unit::Trigger(decl) => checker.block(&decl.body)?.0,
            ast::Unit::Class(_) => Block::default(),
        },
    };
    let body = Arc::new(Body { locals: checker.slots(), block });
    Ok(Found { body, uses: uses.into_inner().into_iter().collect() })
}

fn member_of<'t>(
    program: &Program,
    tree: &'t ast::Unit,
    class: ClassId,
    member: usize,
) -> Option<&'t Member> {
    let (_, place) = program.index.decls.get(class.0 as usize)?;
    declare::members_of(tree, *place).get(member)
}

fn finals(checker: &mut Checker<'_>, parameters: &[ast::Parameter]) {
    for (slot, parameter) in parameters.iter().enumerate() {
        if parameter.modifiers.has(Modifier::Final)
            && let Some(local) = checker.local_mut(slot)
        {
            local.is_final = true;
        }
    }
}

fn of_method(checker: &mut Checker<'_>, method: &Method, body: &ast::Block) -> Checked<Block> {
    if method.kind == MethodKind::Constructor {
        return checker.constructor_body(method, body);
    }
    let (block, end) = checker.block(body)?;
    if method.returns != Type::Void && end == End::Normal {
        let message =
            "Non-void method might not return a value or might have statement after a return statement.";
        return problem(method.at, message);
    }
    Ok(block)
}

/// Values of variables and initializers, in the order of the source.
fn initializers(
    checker: &mut Checker<'_>,
    tree: &ast::Unit,
    class: ClassId,
    of_statics: bool,
) -> Checked<Block> {
    let program = checker.program;
    let (_, place) = program.index.decls[class.0 as usize];
    let of_trigger = place.is_none() && matches!(tree, ast::Unit::Trigger(_));
    let mut statements = Vec::new();
    for member in declare::members_of(tree, place) {
        match member {
            Member::Field(decl) if (decl.modifiers.has(Modifier::Static) || of_trigger) == of_statics => {
                for declarator in &decl.declarators {
                    let Some(value) = &declarator.value else { continue };
                    let at = declarator.name.at;
                    let target = checker.own_field(class, &declarator.name, of_statics)?;
                    let value = checker.value_for(value, &target.ty, value.at)?;
                    let ty = target.ty.clone();
                    let kind =
                        ExprKind::Assign { target: Box::new(target), operator: None, value: Box::new(value) };
                    statements.push(Stmt { kind: StmtKind::Expr(Expr { kind, ty, at }), at });
                }
            }
            Member::Initializer { is_static, body } if *is_static == of_statics => {
                let (block, _) = checker.block(body)?;
                statements.push(Stmt { kind: StmtKind::Block(block), at: body.at });
            }
            _ => {}
        }
    }
    Ok(Block { statements })
}

/// Checks anonymous code. Where it declares methods or classes, the program that is answered has them, too; ids of the
/// old one stay good.
pub(in crate::apex) fn anonymous(
    program: &Arc<Program>,
    source: &str,
    version: u32,
) -> Checked<(Arc<Program>, Arc<Body>)> {
    let parsed = syntax::parse_anonymous_unit(source)?;
    let at = ast::Pos { line: 1, column: 1 };
    let name = ast::Name { text: Arc::from("AnonymousBlock"), at };
    let decl = ast::TriggerDecl {
        name: name.clone(),
        object: name.clone(),
        events: Vec::new(),
        body: parsed.body,
        members: parsed.members,
    };
    let plain = decl.members.is_empty();
    let tree = Arc::new(ast::Unit::Trigger(decl));
    let mut extended = Program::clone(program);
    let unit = UnitId(extended.units.len() as u32);
    extended.units.push(UnitInfo {
        name: name.text.clone(),
        id: None,
        namespace: None,
        is_trigger: false,
        api_version: version,
    });
    extended.index.trees.push(Some(tree.clone()));
    extended.index.uses.push(Vec::new());
    extended.index.methods.push(Vec::new());
    let class = triggers::outside(&mut extended, unit, &name.text, at);
    let ast::Unit::Trigger(decl) = &*tree else { return Err(Problem::at_start("Invalid unit")) };
    if !plain {
        triggers::fill_anonymous(&mut extended, unit, class, &decl.members);
    }
    extended.index.checked.resize_with(extended.methods.len(), OnceLock::new);
    extended.index.lines.resize_with(extended.units.len(), OnceLock::new);
    if let Some(found) = extended.index.problems.get(&unit) {
        return Err(found.clone());
    }
    for method in extended.index.methods[unit.0 as usize].clone() {
        if extended.index.origins.get(method.0 as usize).is_some_and(Origin::has_body) {
            extended.body(method)?;
        }
    }
    let uses = RefCell::new(BTreeSet::new());
    let site = Site { program: &extended, unit, class: Some(class), uses: &uses };
    let mut checker = Checker::new(site, true, MethodKind::Method, Type::Void);
    let (block, _) = checker.block(&decl.body)?;
    let body = Arc::new(Body { locals: checker.slots(), block });
    Ok((Arc::new(extended), body))
}
