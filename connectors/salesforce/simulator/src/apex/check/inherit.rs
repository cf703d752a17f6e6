//! What classes take over from those above them: places of variables, implementations of virtual methods, and whether
//! all that was promised is there.

use std::collections::{HashMap, HashSet};

use super::members::described;
use super::{Checked, convert, declare, library, problem};
use crate::apex::program::{
    Class, ClassId, ClassKind, Method, MethodId, MethodKind, Program, Slot, Visibility,
};
use crate::apex::types::Type;

/// Lays out all classes, those above others first.
pub(super) fn resolve(program: &mut Program) {
    let mut done = HashSet::new();
    for at in 0..program.classes.len() {
        layout(program, ClassId(at as u32), &mut done);
    }
    for at in 0..program.classes.len() {
        check(program, ClassId(at as u32));
    }
}

/// Classes that came later, among others that have been laid out.
pub(super) fn resolve_some(program: &mut Program, added: &[ClassId]) {
    let mut done: HashSet<ClassId> = program.classes.iter().map(|class| class.id).collect();
    added.iter().for_each(|id| {
        done.remove(id);
    });
    added.iter().for_each(|id| layout(program, *id, &mut done));
    added.iter().for_each(|id| check(program, *id));
}

fn layout(program: &mut Program, id: ClassId, done: &mut HashSet<ClassId>) {
    // Those above first; circles have been cut.
    let mut order = vec![id];
    let mut next = id;
    while let Some(Type::Class(parent)) = program.class(next).superclass {
        if done.contains(&parent) || order.len() > program.classes.len() {
            break;
        }
        order.push(parent);
        next = parent;
    }
    for id in order.into_iter().rev() {
        if !done.insert(id) {
            continue;
        }
        let parent = match program.class(id).superclass {
            Some(Type::Class(parent)) => Some(parent),
            _ => None,
        };
        let mut fields = parent.map(|parent| program.class(parent).fields.clone()).unwrap_or_default();
        let mut dispatch = parent.map(|parent| program.class(parent).dispatch.clone()).unwrap_or_default();
        let class = program.class(id);
        fields.extend(class.fields.iter().cloned());
        for method in &class.methods {
            let method = program.method(*method);
            if method.kind != MethodKind::Method || method.is_abstract {
                continue;
            }
            if method.is_static {
                // What an interface asks for may be static, too.
                dispatch.entry(method.slot.clone()).or_insert(method.id);
            } else {
                dispatch.insert(method.slot.clone(), method.id);
            }
        }
        let class = &mut program.classes[id.0 as usize];
        class.fields = fields;
        class.dispatch = dispatch;
    }
}

fn check(program: &mut Program, id: ClassId) {
    let (unit, _) = program.index.decls[id.0 as usize];
    if program.class(id).kind == ClassKind::Enum {
        return;
    }
    let result = overrides(program, id).and_then(|()| promises(program, id));
    declare::keep(program, unit, result, Default::default());
}

/// The nearest method above a class that this one stands for.
fn above(program: &Program, id: ClassId, own: &Method) -> Option<MethodId> {
    let mut next = program.class(id).superclass.clone();
    for _ in 0..program.classes.len() {
        let Some(Type::Class(parent)) = next else { return None };
        let class = program.class(parent);
        let found = class.methods.iter().find(|method| {
            let method = program.method(**method);
            method.kind == MethodKind::Method
                && method.slot == own.slot
                && (method.visibility != Visibility::Private
                    || own.is_override && sees_private(program, id, method))
        });
        if let Some(found) = found {
            return Some(*found);
        }
        next = class.superclass.clone();
    }
    None
}

/// Whether a class may override what one above it keeps to itself: in the same file, and in tests where it is said to
/// be visible to them.
fn sees_private(program: &Program, id: ClassId, method: &Method) -> bool {
    let class = program.class(id);
    let test_visible = method.annotations.iter().any(|own| &**own == "testvisible");
    method.is_virtual && (class.unit == method.unit || test_visible && is_test(program, class))
}

fn is_test(program: &Program, class: &Class) -> bool {
    class.is_test || class.outer.is_some_and(|outer| program.class(outer).is_test)
}

/// Whether the platform lets every class override this.
fn of_object(slot: &Slot) -> bool {
    match (&*slot.name, &*slot.parameters) {
        ("tostring" | "hashcode", []) => true,
        ("equals", [one]) => *one == Type::Object,
        _ => false,
    }
}

fn overrides(program: &Program, id: ClassId) -> Checked<()> {
    let class = program.class(id);
    for method in &class.methods {
        let method = program.method(*method);
        if method.kind != MethodKind::Method {
            continue;
        }
        let at = method.at;
        let Some(parent) = above(program, id, method) else {
            let from_platform = of_object(&method.slot)
                || platform_promises(program, id).iter().any(|(_, name, parameters)| {
                    name.eq_ignore_ascii_case(&method.name) && parameters.len() == method.parameters.len()
                })
                || of_exception(program, id, method)
                || of_platform(program, id, method);
            let from_interface =
                interface_methods(program, id).iter().any(|one| program.method(*one).slot == method.slot);
            if method.is_override && !from_platform && !from_interface {
                let shown = described(program, method);
                return problem(at, format!("@Override specified for non-overriding method: {shown}"));
            }
            continue;
        };
        let parent = program.method(parent);
        if parent.is_static != method.is_static {
            let (theirs, own) = (described(program, parent), described(program, method));
            return problem(at, format!("Cannot override static method: {theirs} with {own}"));
        }
        if method.is_static {
            continue;
        }
        if !parent.is_virtual {
            let shown = described(program, parent);
            return problem(at, format!("Non-virtual, non-abstract methods cannot be overridden: {shown}"));
        }
        if !method.is_override {
            let shown = described(program, method);
            return problem(at, format!("Method must use the override keyword: {shown}"));
        }
        // What is global may be public in a class that is not.
        if method.visibility < parent.visibility.min(Visibility::Public) {
            let shown = described(program, method);
            return problem(at, format!("Cannot reduce the visibility of method: {shown}"));
        }
        clash(program, method, &parent.returns)?;
    }
    Ok(())
}

fn of_exception(program: &Program, id: ClassId, method: &Method) -> bool {
    convert::is_exception(program, &Type::Class(id))
        && library::methods("System.Exception", &method.name)
            .iter()
            .any(|native| native.parameters.len() == method.parameters.len())
}

/// Whether a class of the platform that stands above has such a method.
fn of_platform(program: &Program, id: ClassId, method: &Method) -> bool {
    let mut next = program.class(id).superclass.clone();
    for _ in 0..program.classes.len() {
        match next {
            Some(Type::Class(parent)) => next = program.class(parent).superclass.clone(),
            Some(Type::Platform(name, _)) => {
                return library::methods(name, &method.name)
                    .iter()
                    .any(|native| !native.is_static && native.parameters.len() == method.parameters.len());
            }
            _ => return false,
        }
    }
    false
}

fn clash(program: &Program, method: &Method, returns: &Type) -> Checked<()> {
    if method.returns == *returns || is_rows(&method.returns, returns) {
        return Ok(());
    }
    let name = |ty: &Type| crate::apex::run::type_name(program, ty);
    let class = method.class.map(|class| program.class(class).name.to_string()).unwrap_or_default();
    let (theirs, own) = (name(returns), name(&method.returns));
    problem(method.at, format!("Method return types clash: {theirs} vs {own} from the type {class}"))
}

/// Interfaces of a class and of those above it, with those that these extend.
pub(super) fn all_interfaces(program: &Program, id: ClassId) -> Vec<Type> {
    let mut found: Vec<Type> = Vec::new();
    let mut next = vec![Type::Class(id)];
    let mut seen: HashSet<Type> = HashSet::new();
    while let Some(ty) = next.pop() {
        if !seen.insert(ty.clone()) {
            continue;
        }
        if convert::is_interface(program, &ty) && ty != Type::Class(id) {
            found.push(ty.clone());
        }
        match &ty {
            Type::Class(class) => {
                let class = program.class(*class);
                next.extend(class.interfaces.iter().chain(&class.superclass).cloned());
            }
            Type::Platform(name, arguments) => next.extend(convert::supertypes(name, arguments)),
            _ => {}
        }
    }
    found
}

/// Methods that interfaces written in Apex ask of a class.
fn interface_methods(program: &Program, id: ClassId) -> Vec<MethodId> {
    let interfaces = all_interfaces(program, id);
    let classes = interfaces.iter().filter_map(|ty| match ty {
        Type::Class(class) => Some(*class),
        _ => None,
    });
    classes.flat_map(|class| program.class(class).methods.iter().copied()).collect()
}

/// Methods that interfaces of the platform ask of a class: interface, name, parameters.
fn platform_promises(program: &Program, id: ClassId) -> Vec<(Type, &'static str, Vec<Type>)> {
    let mut promises = Vec::new();
    for ty in all_interfaces(program, id) {
        let Type::Platform(name, arguments) = &ty else { continue };
        for native in library::promised(name) {
            let parameters = native.parameters.iter().map(|one| library::filled(one, arguments)).collect();
            promises.push((ty.clone(), native.name, parameters));
        }
    }
    promises
}

/// Lists of records of one object stand for lists of any, as in `execute` of a batch.
fn is_rows(own: &Type, wanted: &Type) -> bool {
    matches!((own, wanted), (Type::List(own), Type::List(wanted)) if own.is_record() && **wanted == Type::SObject)
}

/// Whether a class that can be made has all that it must have.
fn promises(program: &Program, id: ClassId) -> Checked<()> {
    let class = program.class(id);
    if class.kind != ClassKind::Class {
        return Ok(());
    }
    let mut implemented: HashMap<&Slot, MethodId> = HashMap::new();
    for (slot, method) in &class.dispatch {
        implemented.insert(slot, *method);
    }
    for wanted in interface_methods(program, id) {
        let wanted = program.method(wanted);
        match implemented.get(&wanted.slot) {
            Some(found) => {
                let found = program.method(*found);
                if found.visibility < Visibility::Public {
                    let shown = described(program, found);
                    let message = format!(
                        "{}: Overriding implementations of global or public interface methods must be global or public: {shown}",
                        class.name
                    );
                    return problem(found.at, message);
                }
                clash(program, found, &wanted.returns)?;
            }
            None if class.is_abstract => {}
            None => {
                let shown = described(program, wanted);
                return problem(class.at, format!("Class {} must implement the method: {shown}", class.name));
            }
        }
    }
    if class.is_abstract {
        return Ok(());
    }
    for (interface, name, parameters) in platform_promises(program, id) {
        let fits = |slot: &&Slot| {
            slot.name.eq_ignore_ascii_case(name)
                && slot.parameters.len() == parameters.len()
                && slot
                    .parameters
                    .iter()
                    .zip(&parameters)
                    .all(|(own, wanted)| own == wanted || *wanted == Type::Object || is_rows(own, wanted))
        };
        if !class.dispatch.keys().any(|slot| fits(&slot)) {
            let types: Vec<String> =
                parameters.iter().map(|ty| crate::apex::run::type_name(program, ty)).collect();
            let interface_name = crate::apex::run::type_name(program, &interface);
            let native =
                library::promised(library::owner(&interface)).into_iter().find(|one| one.name == name);
            let returns = native
                .map(|native| library::filled(&native.returns, &library::arguments(&interface)))
                .map_or_else(|| "void".to_owned(), |ty| crate::apex::run::type_name(program, &ty));
            let message = format!(
                "Class {} must implement the method: {returns} {interface_name}.{name}({})",
                class.name,
                types.join(", ")
            );
            return problem(class.at, message);
        }
    }
    let mut next = class.superclass.clone();
    for _ in 0..program.classes.len() {
        let Some(Type::Class(parent)) = next else { break };
        let parent = program.class(parent);
        for method in &parent.methods {
            let method = program.method(*method);
            if method.is_abstract && !implemented.contains_key(&method.slot) {
                let shown = described(program, method);
                let message = format!("Class {} must implement the abstract method: {shown}", class.name);
                return problem(class.at, message);
            }
        }
        next = parent.superclass.clone();
    }
    Ok(())
}
