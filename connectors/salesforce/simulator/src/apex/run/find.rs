//! Methods of classes by their names, for calls that come from natives.

use std::collections::HashMap;

use super::cast;
use crate::apex::program::{ClassId, MethodId, MethodKind, Program};
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// What has been looked up.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whether a class says by itself what it equals.
    equals: HashMap<ClassId, bool>,
    /// Candidates by class, name in lower case and number of arguments.
    methods: HashMap<(ClassId, String, usize), Vec<MethodId>>,
}

/// The class of an object that is written in Apex.
pub(super) fn class_of(value: &Value) -> Option<ClassId> {
    match value {
        Value::Object(instance) => match instance.class {
            Type::Class(class) => Some(class),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value is an object whose class says by itself what it equals.
pub fn has_own_equals(tx: &mut Transaction, value: &Value) -> bool {
    let Some(class) = class_of(value) else { return false };
    if let Some(known) = tx.machine.found.equals.get(&class) {
        return *known;
    }
    let program = tx.program.clone();
    let answer = !candidates(tx, &program, class, "equals", 1).is_empty();
    tx.machine.found.equals.insert(class, answer);
    answer
}

/// The method of a class, or of one above it, with this name that takes these arguments.
pub(super) fn method(
    tx: &mut Transaction,
    program: &Program,
    class: ClassId,
    name: &str,
    arguments: &[Value],
) -> Option<MethodId> {
    let mut all = candidates(tx, program, class, name, arguments.len());
    if all.is_empty() {
        // What an interface of the platform asks for may be static.
        let methods = program.class(class).methods.iter().copied();
        all.extend(methods.filter(|method| {
            let method = program.method(*method);
            method.is_static
                && method.kind == MethodKind::Method
                && method.parameters.len() == arguments.len()
                && method.name.eq_ignore_ascii_case(name)
        }));
    }
    let takes = |method: &&MethodId| {
        let parameters = &program.method(**method).parameters;
        parameters.iter().zip(arguments).all(|(parameter, argument)| {
            argument.is_null() || cast::is_instance(program, argument, &parameter.ty)
        })
    };
    all.iter().find(takes).or(all.first()).copied()
}

fn candidates(
    tx: &mut Transaction,
    program: &Program,
    class: ClassId,
    name: &str,
    count: usize,
) -> Vec<MethodId> {
    let key = (class, name.to_ascii_lowercase(), count);
    if let Some(known) = tx.machine.found.methods.get(&key) {
        return known.clone();
    }
    let mut found = Vec::new();
    let mut next = Some(class);
    // Bounded, should classes ever extend each other in a circle.
    for _ in 0..super::STACK_MAX {
        let Some(class) = next.map(|class| program.class(class)) else { break };
        found.extend(class.methods.iter().copied().filter(|method| {
            let method = program.method(*method);
            method.kind == MethodKind::Method
                && !method.is_static
                && !method.is_abstract
                && method.parameters.len() == count
                && method.name.eq_ignore_ascii_case(name)
        }));
        next = match class.superclass {
            Some(Type::Class(parent)) => Some(parent),
            _ => None,
        };
    }
    tx.machine.found.methods.insert(key, found.clone());
    found
}
