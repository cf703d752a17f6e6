//! All types of the platform, by name.
//!
//! Most of them are never named by any code, so that only their names are read at first. What a type has is read when
//! it is asked for.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::catalogue::{self, Role};
use super::define::Definition;
use super::signature::{Names, read, read_type};
use super::{Native, PlatformType, all};
use crate::apex::types::Type;

/// Types above each other, should they ever stand in a circle.
const DEPTH_MAX: usize = 8;

struct Registry {
    names: Names,
    /// By full name in lower case.
    types: HashMap<String, Entry>,
}

struct Entry {
    name: &'static str,
    /// Types with functions of their own have this, the others a section of the library alone; both may be there.
    own: Option<Definition>,
    section: Option<catalogue::Section>,
    whole: OnceLock<Whole>,
}

/// All that is known of a type.
struct Whole {
    info: PlatformType,
    /// By name in lower case.
    natives: HashMap<String, Vec<Native>>,
    /// Demanded methods of an interface.
    demanded: Vec<(&'static str, Vec<Type>)>,
}

/// What a type brings itself.
#[derive(Default)]
struct Own {
    natives: Vec<Native>,
    above: Vec<Type>,
    /// Signatures that could not be read; a test sees to it that there is none of ours.
    unread: Vec<&'static str>,
}

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| build(all()))
}

fn build(definitions: Vec<Definition>) -> Registry {
    let mut types: HashMap<String, Entry> = HashMap::new();
    for definition in definitions {
        let entry =
            Entry { name: definition.name, own: Some(definition), section: None, whole: OnceLock::new() };
        types.insert(entry.name.to_ascii_lowercase(), entry);
    }
    for section in catalogue::sections() {
        let lower = section.name.to_ascii_lowercase();
        // `String` is `System.String`, `Database` the class of its namespace.
        let short = lower.strip_prefix("system.").unwrap_or(&lower).to_owned();
        let known = [lower.clone(), short.clone(), format!("{short}.{short}")];
        match known.iter().find(|name| types.contains_key(*name)).cloned() {
            Some(name) => {
                if let Some(entry) = types.get_mut(&name) {
                    entry.section = Some(section);
                }
            }
            None => {
                let entry =
                    Entry { name: section.name, own: None, section: Some(section), whole: OnceLock::new() };
                types.insert(lower, entry);
            }
        }
    }
    let mut names = Names::new();
    for entry in types.values() {
        let full = entry.name.to_ascii_lowercase();
        // Types of these namespaces need none; those of `System` come first.
        for (namespace, first) in [("system.", true), ("schema.", false)] {
            match full.strip_prefix(namespace) {
                Some(short) if first => drop(names.insert(short.to_owned(), entry.name)),
                Some(short) => drop(names.entry(short.to_owned()).or_insert(entry.name)),
                None => {}
            }
        }
    }
    for entry in types.values() {
        names.insert(entry.name.to_ascii_lowercase(), entry.name);
    }
    Registry { names, types }
}

/// Under which name objects of a type keep what is called so, and its type: a variable, or what a method answers that
/// is called `get…` or `is…`.
pub fn place(owner: &str, name: &str) -> Option<(&'static str, Type)> {
    let getters = ["get", "is"].map(|verb| format!("{verb}{name}"));
    let called = std::iter::once(name).chain(getters.iter().map(String::as_str));
    let mut found = called.flat_map(|called| natives(owner, called));
    let native = found.find(|native| !native.is_static && native.parameters.is_empty())?;
    let place = match native.role {
        Role::Get(place) => place,
        Role::Own => KEPT.iter().copied().find(|kept| kept.eq_ignore_ascii_case(name))?,
        _ => catalogue::stem(native.name),
    };
    Some((place, native.returns.clone()))
}

/// Under which names types with functions of their own keep what their objects answer.
const KEPT: [&str; 7] = ["id", "success", "created", "errors", "fields", "message", "name"];

impl Registry {
    fn entry(&self, name: &str) -> Option<&Entry> {
        let lower = name.to_ascii_lowercase();
        self.types.get(&lower).or_else(|| self.types.get(&self.names.get(&lower)?.to_ascii_lowercase()))
    }

    fn whole(&'static self, name: &str) -> Option<&'static Whole> {
        let entry = self.entry(name)?;
        Some(entry.whole.get_or_init(|| self.read(entry)))
    }

    fn read(&self, entry: &Entry) -> Whole {
        let own = self.own(entry);
        let head = entry.head();
        let mut members = Vec::new();
        self.gather(entry, &own, &[], &mut members, 0);
        let demanded =
            members.iter().filter(|native| head.is_interface && !native.is_static && !native.is_property);
        let demanded = demanded.map(|native| (native.name, native.parameters.clone())).collect();
        let info = PlatformType {
            name: entry.name,
            supertypes: own.above,
            is_exception: self.descends(entry, 0),
            is_interface: head.is_interface,
            is_virtual: head.is_virtual,
            is_abstract: head.is_abstract,
            is_static: members.iter().all(|native| native.is_static),
            values: head.values,
            parameters: head.parameters.len(),
        };
        let mut natives: HashMap<String, Vec<Native>> = HashMap::new();
        for native in members {
            natives.entry(native.name.to_ascii_lowercase()).or_default().push(native);
        }
        Whole { info, natives, demanded }
    }

    /// What a type brings itself: members with functions, then what the library knows beyond them.
    fn own(&self, entry: &Entry) -> Own {
        let mut own = Own::default();
        let ours = entry.own.iter().flat_map(|one| one.members.iter().map(|member| (member, Role::Own)));
        let library = entry.section.as_ref().map(catalogue::Section::read);
        let beyond = library.iter().flat_map(|(one, roles)| one.members.iter().zip(roles.iter().copied()));
        let there: HashSet<Shape> = entry
            .own
            .iter()
            .flat_map(|one| one.members.iter().map(|member| shape(member.text, member.is_property)))
            .collect();
        // Interfaces, enums and generic types with functions are whole.
        let closed = entry
            .own
            .as_ref()
            .is_some_and(|one| one.is_interface || !one.values.is_empty() || !one.parameters.is_empty());
        let beyond =
            beyond.filter(|(member, _)| !closed && !there.contains(&shape(member.text, member.is_property)));
        let head = entry.head();
        for (member, role) in ours.chain(beyond) {
            let Some(parsed) = read(member.text, &self.names, head.parameters) else {
                own.unread.push(member.text);
                continue;
            };
            own.natives.push(Native {
                owner: entry.name,
                name: parsed.name,
                is_static: parsed.is_static,
                is_property: member.is_property,
                is_settable: member.is_settable,
                parameters: parsed.parameters,
                returns: parsed.returns,
                // Objects of a type with functions of its own are made by those alone.
                role: match role {
                    Role::New(_) if entry.own.is_some() => Role::Absent,
                    role => role,
                },
                run: member.run,
            });
        }
        for text in &head.supertypes {
            match read_type(text, &self.names, head.parameters) {
                Some(ty) => own.above.push(ty),
                None => own.unread.push(text),
            }
        }
        own
    }

    fn descends(&self, entry: &Entry, depth: usize) -> bool {
        entry.name == "System.Exception"
            || depth < DEPTH_MAX
                && entry.head().supertypes.iter().any(|name| {
                    let name = name.split('<').next().unwrap_or(name);
                    self.entry(name).is_some_and(|above| self.descends(above, depth + 1))
                })
    }

    /// Members of a type, its own first, then those above it that it does not have itself.
    fn gather(&self, entry: &Entry, own: &Own, arguments: &[Type], into: &mut Vec<Native>, depth: usize) {
        for native in &own.natives {
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
        if depth == DEPTH_MAX {
            return;
        }
        for ty in &own.above {
            let Type::Platform(parent, of) = ty else { continue };
            let of: Vec<Type> =
                of.iter().map(|ty| if depth > 0 { substitute(ty, arguments) } else { ty.clone() }).collect();
            if let Some(parent) = self.entry(parent).filter(|parent| parent.name != entry.name) {
                self.gather(parent, &self.own(parent), &of, into, depth + 1);
            }
        }
    }
}

impl Entry {
    /// What the type is, without its members.
    fn head(&self) -> &Definition {
        match (&self.own, &self.section) {
            (Some(own), _) => own,
            (None, Some(section)) => &section.head,
            (None, None) => unreachable!("an entry has one or the other"),
        }
    }
}

/// Name in lower case, whether it is a property, and the number of parameters.
type Shape = (String, bool, usize);

fn shape(text: &str, is_property: bool) -> Shape {
    let (head, rest) = text.split_once('(').unwrap_or((text, ""));
    let name = head.rsplit(' ').next().unwrap_or(head).to_ascii_lowercase();
    let mut depth = 0usize;
    let commas = rest.chars().filter(|sign| {
        match sign {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *sign == ',' && depth == 0
    });
    let commas = commas.count();
    (name, is_property, if rest.is_empty() || rest == ")" { 0 } else { 1 + commas })
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
    let whole = registry().whole(owner);
    let found = whole.and_then(|whole| whole.natives.get(&name.to_ascii_lowercase()));
    found.map(Vec::as_slice).unwrap_or_default()
}

/// A property of a type by name, ignoring case.
pub fn property(owner: &str, name: &str) -> Option<&'static Native> {
    natives(owner, name).iter().find(|native| native.is_property)
}

/// A type by its name, ignoring case. `System.` and `Schema.` may be left out.
pub fn type_named(name: &str) -> Option<&'static PlatformType> {
    registry().whole(name).map(|whole| &whole.info)
}

/// Methods that a class has to have which implements an interface: names and types of parameters.
pub fn demanded(interface: &str, arguments: &[Type]) -> Vec<(&'static str, Vec<Type>)> {
    let found = registry().whole(interface).map(|whole| whole.demanded.as_slice()).unwrap_or_default();
    let filled = |types: &Vec<Type>| types.iter().map(|ty| substitute(ty, arguments)).collect();
    found.iter().map(|(name, types)| (*name, filled(types))).collect()
}

/// Every type with functions by name, with its values or members as they are written.
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

/// How many types of each namespace have no function of their own.
#[cfg(test)]
pub(in crate::apex) fn beyond() -> std::collections::BTreeMap<&'static str, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for entry in registry().types.values().filter(|entry| entry.own.is_none()) {
        *counts.entry(entry.name.split('.').next().unwrap_or_default()).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_of_ours_is_read() {
        let registry = registry();
        let unread = |entry: &Entry| -> Vec<&'static str> {
            let ours = entry.own.iter().flat_map(|one| one.members.iter().map(|member| member.text));
            let ours: HashSet<&str> = ours.collect();
            let unread = registry.own(entry).unread;
            unread.into_iter().filter(|text| ours.contains(text)).collect()
        };
        let unread: Vec<&str> = registry.types.values().flat_map(unread).collect();
        assert_eq!(unread, Vec::<&str>::new());
    }

    #[test]
    fn most_of_the_library_is_read() {
        let registry = registry();
        let (mut good, mut bad) = (0, 0);
        for entry in registry.types.values() {
            let own = registry.own(entry);
            good += own.natives.len();
            bad += own.unread.len();
        }
        assert!(good > 12_000 && bad * 50 < good, "{bad} of {good} signatures name types that nobody knows");
    }

    #[test]
    fn no_type_is_defined_twice() {
        let mut seen = HashSet::new();
        for definition in all() {
            assert!(
                seen.insert(definition.name.to_ascii_lowercase()),
                "{} is defined twice",
                definition.name
            );
        }
    }
}
