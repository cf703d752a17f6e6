//! Declarations of a whole org, in steps: names, what stands above each class, members, inheritance, triggers.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::resolve::Site;
use super::{Checked, headers, inherit, members, triggers};
use crate::apex::program::{
    Broken, Class, ClassId, ClassKind, Method, MethodId, Program, Sharing, UnitId, UnitInfo, Visibility,
};
use crate::apex::syntax::Problem;
use crate::apex::syntax::ast::{self, Member, Modifier, Modifiers, TypeDecl, TypeDeclKind};
use crate::org::{ApexUnit, Metadata};

/// The program of an org; `broken` are classes that are known not to compile, by name in lower case.
pub(in crate::apex) fn declare(metadata: &Metadata, broken: Broken) -> Program {
    let mut program = Program::default();
    program.index.metadata = metadata.schema();
    program.index.broken = broken;
    for class in metadata.classes.values() {
        // An older version of what does not compile any more is not there either.
        if program.index.broken.contains_key(&key(class.unit.namespace.as_deref(), &class.unit.name)) {
            continue;
        }
        let unit = add_unit(&mut program, &class.unit, false);
        let tree = class.tree();
        match &*tree {
            Ok(tree) => {
                program.index.trees[unit.0 as usize] = Some(tree.clone());
                if let ast::Unit::Class(decl) = &**tree {
                    add_class_unit(&mut program, unit, decl);
                }
            }
            Err(problem) => {
                let key = key(program.unit(unit).namespace.as_deref(), &class.unit.name);
                let name = class.unit.name.clone();
                program.index.broken.insert(key, (name, problem.message.clone()));
                program.index.problems.insert(unit, problem.clone());
            }
        }
    }
    headers::resolve(&mut program);
    members::resolve(&mut program);
    inherit::resolve(&mut program);
    for trigger in metadata.triggers.values() {
        let unit = add_unit(&mut program, &trigger.unit, true);
        let result = match &*trigger.tree() {
            Ok(tree) => {
                program.index.trees[unit.0 as usize] = Some(tree.clone());
                triggers::declare_trigger(&mut program, unit, trigger, tree)
            }
            Err(problem) => Err(problem.clone()),
        };
        if let Err(problem) = result {
            program.index.problems.insert(unit, problem);
        }
    }
    program.index.checked.resize_with(program.methods.len(), OnceLock::new);
    program.index.lines.resize_with(program.units.len(), OnceLock::new);
    program
}

/// A name as the program's map has it.
pub(super) fn key(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}.{name}").to_ascii_lowercase(),
        None => name.to_ascii_lowercase(),
    }
}

/// `67` of `67.0`.
fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default()
}

fn add_unit(program: &mut Program, unit: &ApexUnit, is_trigger: bool) -> UnitId {
    let id = UnitId(program.units.len() as u32);
    program.units.push(UnitInfo {
        name: Arc::from(unit.name.as_str()),
        id: Some(unit.id),
        namespace: unit.namespace.as_deref().map(Arc::from),
        is_trigger,
        api_version: major(&unit.api_version),
    });
    program.index.by_id.insert(unit.id, id);
    program.index.namespaces.extend(unit.namespace.as_ref().map(|name| name.to_ascii_lowercase()));
    program.index.trees.push(None);
    program.index.uses.push(Vec::new());
    program.index.methods.push(Vec::new());
    id
}

fn add_class_unit(program: &mut Program, unit: UnitId, decl: &TypeDecl) {
    let outer = add_class(program, unit, decl, None, None);
    add_inner(program, unit, outer, &decl.members);
    if let Err(problem) = headers::top_level(decl) {
        program.index.problems.insert(unit, problem);
    }
}

/// Registers the types among some members.
pub(super) fn add_inner(program: &mut Program, unit: UnitId, outer: ClassId, members: &[Member]) {
    for (place, member) in members.iter().enumerate() {
        let Member::Type(decl) = member else { continue };
        let own = format!("{}.{}", program.class(outer).name, decl.name.text);
        let taken = key(program.unit(unit).namespace.as_deref(), &own);
        if program.index.names.contains_key(&taken) || outer_is(program, outer, &decl.name.text) {
            let message = format!("Type name already in use: {}", decl.name.text);
            program.index.problems.entry(unit).or_insert(Problem::new(decl.name.at, message));
            continue;
        }
        let innermost = decl.members.iter().find_map(|member| match member {
            Member::Type(innermost) => Some(innermost.name.at),
            _ => None,
        });
        if let Some(at) = innermost {
            let message = "Inner types are not allowed to have inner types";
            program.index.problems.entry(unit).or_insert(Problem::new(at, message));
        }
        add_class(program, unit, decl, Some(outer), Some(place));
    }
}

fn outer_is(program: &Program, outer: ClassId, name: &str) -> bool {
    program.class(outer).name.eq_ignore_ascii_case(name)
}

/// Registers a class without anything in it.
pub(super) fn add_class(
    program: &mut Program,
    unit: UnitId,
    decl: &TypeDecl,
    outer: Option<ClassId>,
    place: Option<usize>,
) -> ClassId {
    let id = ClassId(program.classes.len() as u32);
    let name: Arc<str> = match outer {
        Some(outer) => Arc::from(format!("{}.{}", program.class(outer).name, decl.name.text)),
        None => decl.name.text.clone(),
    };
    let namespace = program.unit(unit).namespace.clone();
    let modifiers = &decl.modifiers;
    program.classes.push(Class {
        id,
        unit,
        name: name.clone(),
        kind: match decl.kind {
            TypeDeclKind::Class => ClassKind::Class,
            TypeDeclKind::Interface => ClassKind::Interface,
            TypeDeclKind::Enum => ClassKind::Enum,
        },
        outer,
        visibility: visibility(modifiers, Visibility::Private),
        sharing: sharing(modifiers),
        is_abstract: modifiers.has(Modifier::Abstract) || decl.kind == TypeDeclKind::Interface,
        is_virtual: modifiers.has(Modifier::Virtual) || modifiers.has(Modifier::Abstract),
        is_test: modifiers.annotation("istest").is_some()
            || outer.is_some_and(|outer| program.class(outer).is_test),
        url_mapping: url_mapping(modifiers),
        superclass: None,
        interfaces: Vec::new(),
        values: decl.values.iter().map(|value| value.text.clone()).collect(),
        statics: Vec::new(),
        fields: Vec::new(),
        methods: Vec::new(),
        dispatch: std::collections::HashMap::new(),
        static_init: None,
        instance_init: None,
        at: decl.name.at,
    });
    program.index.decls.push((unit, place));
    program.index.names.insert(key(namespace.as_deref(), &name), id);
    id
}

fn sharing(modifiers: &Modifiers) -> Sharing {
    if modifiers.has(Modifier::WithSharing) {
        Sharing::With
    } else if modifiers.has(Modifier::WithoutSharing) {
        Sharing::Without
    } else if modifiers.has(Modifier::InheritedSharing) {
        Sharing::Inherited
    } else {
        Sharing::Unsaid
    }
}

fn url_mapping(modifiers: &Modifiers) -> Option<Arc<str>> {
    let arguments = &modifiers.annotation("restresource")?.arguments;
    let (_, value) = arguments.iter().find(|(name, _)| name.is("urlMapping"))?;
    match &value.kind {
        ast::ExprKind::Literal(ast::Literal::String(text)) => Some(text.clone()),
        _ => None,
    }
}

pub(super) fn visibility(modifiers: &Modifiers, unsaid: Visibility) -> Visibility {
    if modifiers.has(Modifier::Global) || modifiers.has(Modifier::WebService) {
        Visibility::Global
    } else if modifiers.has(Modifier::Public) {
        Visibility::Public
    } else if modifiers.has(Modifier::Protected) {
        Visibility::Protected
    } else if modifiers.has(Modifier::Private) {
        Visibility::Private
    } else {
        unsaid
    }
}

/// A class's declaration in the tree of its unit.
pub(super) fn decl_of(tree: &ast::Unit, place: Option<usize>) -> Option<&TypeDecl> {
    match (tree, place) {
        (ast::Unit::Class(decl), None) => Some(decl),
        (ast::Unit::Class(decl), Some(place)) => inner(&decl.members, place),
        (ast::Unit::Trigger(trigger), Some(place)) => inner(&trigger.members, place),
        (ast::Unit::Trigger(_), None) => None,
    }
}

fn inner(members: &[Member], place: usize) -> Option<&TypeDecl> {
    match members.get(place) {
        Some(Member::Type(decl)) => Some(decl),
        _ => None,
    }
}

/// What is written between the braces of a class, or among the statements of a trigger.
pub(super) fn members_of(tree: &ast::Unit, place: Option<usize>) -> &[Member] {
    match (tree, place) {
        (ast::Unit::Trigger(trigger), None) => &trigger.members,
        _ => decl_of(tree, place).map(|decl| decl.members.as_slice()).unwrap_or_default(),
    }
}

/// Runs a step for one class and keeps what is wrong and which units were named.
pub(super) fn step(
    program: &mut Program,
    class: ClassId,
    work: impl FnOnce(&Program, &Site<'_>, &ast::Unit) -> Checked<()>,
) {
    let (unit, _) = program.index.decls[class.0 as usize];
    let Some(tree) = program.index.trees[unit.0 as usize].clone() else { return };
    let uses = RefCell::new(BTreeSet::new());
    let result = work(program, &Site { program, unit, class: Some(class), uses: &uses }, &tree);
    keep(program, unit, result, uses);
}

/// Keeps what a step has found.
pub(super) fn keep(
    program: &mut Program,
    unit: UnitId,
    result: Checked<()>,
    uses: RefCell<BTreeSet<UnitId>>,
) {
    if let Err(problem) = result {
        program.index.problems.entry(unit).or_insert(problem);
    }
    program.index.uses[unit.0 as usize].extend(uses.into_inner());
}

/// Adds a method to its class and unit.
pub(super) fn add_method(program: &mut Program, method: Method, origin: super::Origin) -> MethodId {
    let id = method.id;
    program.index.methods[method.unit.0 as usize].push(id);
    if let Some(class) = method.class {
        program.classes[class.0 as usize].methods.push(id);
    }
    program.methods.push(method);
    program.index.origins.push(origin);
    id
}
