//! What stands before the braces of a class.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::resolve::Site;
use super::{Checked, convert, declare, library, problem, rules};
use crate::apex::program::{ClassId, ClassKind, Program, Sharing};
use crate::apex::syntax::Problem;
use crate::apex::syntax::ast::{self, Modifier, TypeDecl, TypeDeclKind};
use crate::apex::types::Type;

/// Resolves superclasses and interfaces of all classes: first those of outer ones, whose inner classes may be inherited.
pub(super) fn resolve(program: &mut Program) {
    let (outer, inner): (Vec<ClassId>, Vec<ClassId>) =
        program.classes.iter().map(|class| class.id).partition(|id| program.class(*id).outer.is_none());
    for id in outer.into_iter().chain(inner) {
        resolve_one(program, id);
    }
    let all: Vec<ClassId> = program.classes.iter().map(|class| class.id).collect();
    cut_circles(program, &all);
    for id in all {
        if program.class(id).sharing == Sharing::Unsaid && shares(program, id) {
            program.classes[id.0 as usize].sharing = Sharing::With;
        }
    }
}

/// Whether a class that says nothing of sharing is `with sharing`, for its version or that of a class above it. No
/// class stands above itself.
fn shares(program: &Program, class: ClassId) -> bool {
    let mut next = Some(class);
    while let Some(class) = next {
        let class = program.class(class);
        if program.unit(class.unit).is_secure() {
            return true;
        }
        next = match class.superclass {
            Some(Type::Class(above)) => Some(above),
            _ => None,
        };
    }
    false
}

/// Tells of classes that stand above themselves, and takes away what is above them.
pub(super) fn cut_circles(program: &mut Program, ids: &[ClassId]) {
    for id in ids {
        if !is_circular(program, *id) {
            continue;
        }
        let class = program.class(*id);
        let (unit, message) = (class.unit, format!("Circular definition: {}", class.name));
        let found = Problem::new(class.at, message);
        program.index.problems.entry(unit).or_insert(found);
        let class = &mut program.classes[id.0 as usize];
        class.superclass = None;
        class.interfaces.clear();
    }
}

pub(super) fn resolve_one(program: &mut Program, id: ClassId) {
    let (unit, place) = program.index.decls[id.0 as usize];
    let Some(tree) = program.index.trees[unit.0 as usize].clone() else { return };
    let Some(decl) = declare::decl_of(&tree, place) else { return };
    let uses = RefCell::new(BTreeSet::new());
    // The names of inner classes are looked up from inside.
    let site = Site { program, unit, class: Some(id), uses: &uses };
    let result = above(program, &site, decl);
    let found = match result {
        Ok((superclass, interfaces)) => {
            let class = &mut program.classes[id.0 as usize];
            class.superclass = superclass;
            class.interfaces = interfaces;
            Ok(())
        }
        Err(problem) => Err(problem),
    };
    declare::keep(program, unit, found, uses);
}

fn above(program: &Program, site: &Site<'_>, decl: &TypeDecl) -> Checked<(Option<Type>, Vec<Type>)> {
    let superclass = match &decl.superclass {
        Some(written) => Some((site.ty(written)?, written.at)),
        None => None,
    };
    if let Some((ty, at)) = &superclass {
        let _ = at;
        extends(program, ty, decl.name.at)?;
        let exception = matches!(ty, Type::Platform(own, _) if library::find(own).is_some_and(|known| known.is_exception))
            || decl.name.text.to_ascii_lowercase().ends_with("exception");
        if !decl.name.text.to_ascii_lowercase().ends_with("exception") && exception {
            let name = &decl.name.text;
            let message =
                format!("Classes extending Exception must have a name ending in 'Exception': {name}");
            return problem(decl.name.at, message);
        }
    } else if decl.kind == TypeDeclKind::Class && decl.name.text.to_ascii_lowercase().ends_with("exception") {
        let message = format!("Exception class must extend another Exception class: {}", decl.name.text);
        return problem(decl.name.at, message);
    }
    let mut interfaces: Vec<Type> = Vec::new();
    for written in &decl.interfaces {
        let ty = site.ty(written)?;
        let name = crate::apex::run::type_name(program, &ty);
        if !convert::is_interface(program, &ty) {
            return problem(written.at, format!("Invalid interface: {name}"));
        }
        if interfaces.contains(&ty) {
            return problem(written.at, format!("Interface already implemented: {name}"));
        }
        interfaces.push(ty);
    }
    Ok((superclass.map(|(ty, _)| ty), interfaces))
}

fn extends(program: &Program, ty: &Type, at: ast::Pos) -> Checked<()> {
    let name = crate::apex::run::type_name(program, ty);
    match ty {
        Type::Class(class) => {
            let class = program.class(*class);
            if class.kind != ClassKind::Class {
                return problem(at, format!("Invalid super type: {name}"));
            }
            let exception = class.name.to_ascii_lowercase().ends_with("exception");
            if !class.is_virtual && !exception {
                return problem(at, format!("Non-virtual and non-abstract type cannot be extended: {name}"));
            }
            Ok(())
        }
        Type::Platform(own, _) if library::find(own).is_some_and(|known| known.is_exception) => {
            if *own == "System.Exception" {
                return Ok(());
            }
            problem(at, format!("Non-virtual and non-abstract type cannot be extended: {name}"))
        }
        Type::Platform(own, _) if library::find(own).is_some_and(|known| known.is_virtual) => Ok(()),
        _ => problem(at, format!("Invalid super type: {name}")),
    }
}

/// Whether a class stands above itself.
fn is_circular(program: &Program, start: ClassId) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![start];
    while let Some(id) = next.pop() {
        let class = program.class(id);
        for above in class.superclass.iter().chain(&class.interfaces) {
            if let Type::Class(above) = above {
                if *above == start {
                    return true;
                }
                if seen.insert(*above) {
                    next.push(*above);
                }
            }
        }
    }
    false
}

/// What a type in a file of its own must be.
pub(super) fn top_level(decl: &TypeDecl) -> Checked<()> {
    let modifiers = &decl.modifiers;
    let is_test = modifiers.annotation("istest").is_some();
    if !is_test && !modifiers.has(Modifier::Public) && !modifiers.has(Modifier::Global) {
        return problem(decl.name.at, "Top-level type must have public or global visibility");
    }
    if is_test && decl.kind != TypeDeclKind::Class {
        return problem(decl.name.at, "Only top-level non-exception class types can be marked as tests");
    }
    rules::annotations(modifiers)?;
    rules::rest(decl)
}
