//! All types of the platform, by name.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::define::Definition;
use super::signature::{Names, read, read_type};
use super::{Native, PlatformType, all};
use crate::apex::types::Type;

struct Registry {
    types: HashMap<String, PlatformType>,
    /// By owner and name, both in lower case.
    natives: HashMap<(String, String), Vec<Native>>,
    /// Demanded methods of interfaces.
    demanded: HashMap<&'static str, Vec<(&'static str, Vec<Type>)>>,
    /// Signatures that could not be read; a test sees to it that there is none.
    unread: Vec<&'static str>,
}

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| build(all()))
}

fn build(definitions: Vec<Definition>) -> Registry {
    let mut names = Names::new();
    for definition in &definitions {
        let full = definition.name.to_ascii_lowercase();
        if let Some(short) = full.strip_prefix("system.") {
            names.entry(short.to_owned()).or_insert(definition.name);
        }
        // Types of the namespace Schema need no namespace either.
        if let Some(short) = full.strip_prefix("schema.") {
            names.entry(short.to_owned()).or_insert(definition.name);
        }
        names.insert(full, definition.name);
    }
    let mut built = Registry {
        types: HashMap::new(),
        natives: HashMap::new(),
        demanded: HashMap::new(),
        unread: Vec::new(),
    };
    let mut own: HashMap<&'static str, Vec<Native>> = HashMap::new();
    let mut above: HashMap<&'static str, Vec<Type>> = HashMap::new();
    for definition in &definitions {
        let mut supertypes = Vec::new();
        for text in &definition.supertypes {
            match read_type(text, &names, definition.parameters) {
                Some(ty) => supertypes.push(ty),
                None => built.unread.push(text),
            }
        }
        for member in &definition.members {
            let Some(parsed) = read(member.text, &names, definition.parameters) else {
                built.unread.push(member.text);
                continue;
            };
            own.entry(definition.name).or_default().push(Native {
                owner: definition.name,
                name: parsed.name,
                is_static: parsed.is_static,
                is_property: member.is_property,
                is_settable: member.is_settable,
                parameters: parsed.parameters,
                returns: parsed.returns,
                run: member.run,
            });
        }
        above.entry(definition.name).or_default().extend(supertypes);
    }
    for definition in &definitions {
        let info = PlatformType {
            name: definition.name,
            supertypes: above.get(definition.name).cloned().unwrap_or_default(),
            is_exception: descends(definition.name, "System.Exception", &above),
            is_interface: definition.is_interface,
            values: definition.values,
            parameters: definition.parameters.len(),
        };
        let mut members = Vec::new();
        gather(definition.name, &[], &own, &above, &mut members, 0);
        if definition.is_interface {
            let demanded = members.iter().filter(|native| !native.is_static && !native.is_property);
            let demanded = demanded.map(|native| (native.name, native.parameters.clone())).collect();
            built.demanded.insert(definition.name, demanded);
        }
        for native in members {
            let key = (definition.name.to_ascii_lowercase(), native.name.to_ascii_lowercase());
            built.natives.entry(key).or_default().push(native);
        }
        built.types.insert(definition.name.to_ascii_lowercase(), info);
    }
    for (short, full) in names {
        if let Some(info) = built.types.get(&full.to_ascii_lowercase()).cloned() {
            built.types.entry(short).or_insert(info);
        }
    }
    built
}

fn descends(name: &'static str, from: &str, above: &HashMap<&'static str, Vec<Type>>) -> bool {
    name == from
        || above.get(name).into_iter().flatten().any(|ty| match ty {
            Type::Platform(parent, _) => *parent != name && descends(parent, from, above),
            _ => false,
        })
}

/// Members of a type, its own first, then those above that it does not have itself.
fn gather(
    name: &'static str,
    arguments: &[Type],
    own: &HashMap<&'static str, Vec<Native>>,
    above: &HashMap<&'static str, Vec<Type>>,
    into: &mut Vec<Native>,
    depth: usize,
) {
    for native in own.get(name).into_iter().flatten() {
        let mut native = native.clone();
        if depth > 0 {
            if native.name == "<init>" {
                continue;
            }
            native.returns = substitute(&native.returns, arguments);
            native.parameters = native.parameters.iter().map(|ty| substitute(ty, arguments)).collect();
        }
        let known = into.iter().any(|other| {
            other.name.eq_ignore_ascii_case(native.name) && other.parameters == native.parameters
        });
        if !known {
            into.push(native);
        }
    }
    // Bounded, should types ever stand above each other in a circle.
    if depth < 8 {
        for ty in above.get(name).into_iter().flatten() {
            if let Type::Platform(parent, of) = ty {
                let of: Vec<Type> = of
                    .iter()
                    .map(|ty| if depth > 0 { substitute(ty, arguments) } else { ty.clone() })
                    .collect();
                gather(parent, &of, own, above, into, depth + 1);
            }
        }
    }
}

/// A type with its parameters filled in.
fn substitute(ty: &Type, arguments: &[Type]) -> Type {
    match ty {
        Type::Parameter(number) => arguments.get(usize::from(*number)).cloned().unwrap_or(Type::Object),
        Type::List(of) => Type::list(substitute(of, arguments)),
        Type::Set(of) => Type::set(substitute(of, arguments)),
        Type::Map(key, value) => Type::map(substitute(key, arguments), substitute(value, arguments)),
        Type::Platform(name, own) => {
            Type::Platform(name, own.iter().map(|ty| substitute(ty, arguments)).collect())
        }
        other => other.clone(),
    }
}

/// The methods, constructors (`<init>`) and properties of a type by name, ignoring case; those above it included.
pub fn natives(owner: &str, name: &str) -> &'static [Native] {
    let key = (owner.to_ascii_lowercase(), name.to_ascii_lowercase());
    registry().natives.get(&key).map(Vec::as_slice).unwrap_or_default()
}

/// A property of a type by name, ignoring case.
pub fn property(owner: &str, name: &str) -> Option<&'static Native> {
    natives(owner, name).iter().find(|native| native.is_property)
}

/// A type by its name, ignoring case. `System.` and `Schema.` may be left out.
pub fn type_named(name: &str) -> Option<&'static PlatformType> {
    registry().types.get(&name.to_ascii_lowercase())
}

/// Methods that a class has to have which implements an interface: names and types of parameters.
pub fn demanded(interface: &str, arguments: &[Type]) -> Vec<(&'static str, Vec<Type>)> {
    let found = registry().demanded.get(interface).map(Vec::as_slice).unwrap_or_default();
    let filled = |types: &Vec<Type>| types.iter().map(|ty| substitute(ty, arguments)).collect();
    found.iter().map(|(name, types)| (*name, filled(types))).collect()
}

/// Every type by name, with its values or members as they are written.
#[cfg(test)]
pub(in crate::apex) fn listing() -> Vec<(&'static str, Vec<&'static str>, Vec<&'static str>)> {
    let mut all: Vec<_> = all()
        .into_iter()
        .map(|one| {
            let mut members: Vec<&'static str> = one.members.iter().map(|member| member.text).collect();
            members.sort_unstable();
            (one.name, one.values.to_vec(), members)
        })
        .collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_is_read() {
        assert_eq!(registry().unread, Vec::<&str>::new());
    }

    #[test]
    fn no_type_is_defined_twice() {
        let mut seen = std::collections::HashSet::new();
        for definition in all() {
            assert!(
                seen.insert(definition.name.to_ascii_lowercase()),
                "{} is defined twice",
                definition.name
            );
        }
    }
}
