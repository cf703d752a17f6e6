//! What the name of a type means.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Checked, dependent, library, problem};
use crate::apex::program::{ClassId, Program, UnitId, Visibility};
use crate::apex::syntax::ast::{Pos, TypePart, TypeRef};
use crate::apex::types::Type;
use crate::org::ObjectType;

/// Parameters of generic types inside each other.
const DEPTH_MAX: usize = 10;

/// Where a name stands.
#[derive(Clone, Copy)]
pub(super) struct Site<'p> {
    pub program: &'p Program,
    pub unit: UnitId,
    pub class: Option<ClassId>,
    /// Collects the units that are named.
    pub uses: &'p RefCell<BTreeSet<UnitId>>,
}

/// What a dotted name without arguments can mean.
pub(super) enum Meaning {
    Type(Type),
    /// A class that does not compile.
    Broken(String),
    /// One that a package keeps to itself.
    Hidden(String),
}

impl<'p> Site<'p> {
    /// The type that is written here.
    pub(super) fn ty(&self, written: &TypeRef) -> Checked<Type> {
        self.nested(written, 0)
    }

    fn nested(&self, written: &TypeRef, depth: usize) -> Checked<Type> {
        if depth > DEPTH_MAX {
            return problem(written.at, "Maximum type depth exceeded: 10");
        }
        let Some(last) = written.parts.last() else { return problem(written.at, "Invalid type: ") };
        let names: Vec<&str> = written.parts.iter().map(|part| &*part.name.text).collect();
        if written.parts.iter().rev().skip(1).any(|part| !part.arguments.is_empty()) {
            return problem(written.at, format!("Invalid type: {}", names.join(".")));
        }
        if !last.arguments.is_empty() {
            return self.generic(written, &names, last, depth);
        }
        match self.named(&names) {
            Some(Meaning::Type(ty)) => self.complete(ty, written.at),
            Some(Meaning::Broken(message)) => problem(written.at, message),
            Some(Meaning::Hidden(name)) => problem(written.at, format!("Type is not visible: {name}")),
            None => problem(written.at, self.unknown(&names)),
        }
    }

    /// A generic type needs its arguments.
    fn complete(&self, ty: Type, at: Pos) -> Checked<Type> {
        match ty {
            Type::Platform(name, ref arguments)
                if arguments.is_empty() && library::find(name).is_some_and(|known| known.parameters > 0) =>
            {
                let short = name.rsplit('.').next().unwrap_or(name);
                problem(at, format!("No type arguments provided for a parameterized type: {short}"))
            }
            ty => Ok(ty),
        }
    }

    /// What is said of a name that means nothing.
    pub(super) fn unknown(&self, names: &[&str]) -> String {
        let whole = names.join(".");
        match names.first() {
            // The package is not here: its namespace is the word that is unknown.
            Some(first)
                if names.len() > 1
                    && !library::is_namespace(first)
                    && !self.program.index.has_namespace(first)
                    && self.named(&[first]).is_none() =>
            {
                format!("Invalid type: {first}")
            }
            _ => format!("Invalid type: {whole}"),
        }
    }

    fn generic(&self, written: &TypeRef, names: &[&str], last: &TypePart, depth: usize) -> Checked<Type> {
        let arguments: Vec<Type> =
            last.arguments.iter().map(|one| self.nested(one, depth + 1)).collect::<Checked<_>>()?;
        if arguments.contains(&Type::Void) {
            return problem(written.at, "Invalid type: void");
        }
        let name = names.join(".");
        let short = match names {
            [only] => *only,
            [system, only] if system.eq_ignore_ascii_case("system") => *only,
            _ => "",
        };
        let lower = short.to_ascii_lowercase();
        let made = match (lower.as_str(), arguments.as_slice()) {
            ("list", [of]) => Some(Type::list(of.clone())),
            ("set", [of]) => Some(Type::set(of.clone())),
            ("map", [key, value]) => Some(Type::map(key.clone(), value.clone())),
            _ => None,
        };
        if let Some(made) = made {
            return Ok(made);
        }
        let wanted = match lower.as_str() {
            "list" | "set" => Some(1),
            "map" => Some(2),
            _ => library::find(&name).map(|known| known.parameters),
        };
        match wanted {
            Some(0) => {
                problem(written.at, format!("Type arguments provided for a non-parameterized type: {name}"))
            }
            Some(wanted) if wanted != arguments.len() => {
                let found = arguments.len();
                problem(
                    written.at,
                    format!("Invalid type argument count for {name}: expected {wanted} but found {found}"),
                )
            }
            Some(_) => match library::find(&name) {
                Some(known) => Ok(Type::Platform(known.name, Arc::from(arguments))),
                None => problem(written.at, format!("Invalid type: {name}")),
            },
            None => match self.named(names) {
                Some(_) => problem(
                    written.at,
                    format!("Type arguments provided for a non-parameterized type: {name}"),
                ),
                None => problem(written.at, self.unknown(names)),
            },
        }
    }

    /// What a dotted name means as a type.
    pub(super) fn named(&self, names: &[&str]) -> Option<Meaning> {
        match names {
            [only] => library::plain(only).map(Meaning::Type).or_else(|| self.simple(only)),
            [first, second] => {
                if first.eq_ignore_ascii_case("system")
                    && let Some(ty) = library::plain(second)
                {
                    return Some(Meaning::Type(ty));
                }
                self.pair(first, second)
            }
            [first, second, third] => {
                let name = format!("{first}.{second}.{third}").to_ascii_lowercase();
                self.class_as_seen(&name)
                    .or_else(|| library::find(&name).map(|known| Meaning::Type(Type::platform(known.name))))
            }
            _ => None,
        }
    }

    fn simple(&self, name: &str) -> Option<Meaning> {
        let lower = name.to_ascii_lowercase();
        if let Some(class) = self.inner(&lower) {
            return Some(self.met(class));
        }
        if let Some(meaning) = self.own(&lower) {
            return Some(meaning);
        }
        if let Some(known) = library::find(name) {
            // Where an object has the name of a class that makes none, values are its records.
            let makes = known.is_interface || !known.values.is_empty() || !known.is_static;
            if makes || self.object(name).is_none() {
                return Some(Meaning::Type(Type::platform(known.name)));
            }
        }
        self.object(name).map(|object| Meaning::Type(Type::Record(Arc::from(object.name.as_str()))))
    }

    /// An inner class of the class that we are in, of the one around it, or of those above.
    fn inner(&self, lower: &str) -> Option<ClassId> {
        let mut around = self.class;
        for _ in 0..2 {
            let class = around?;
            let mut above = Some(class);
            for _ in 0..DEPTH_MAX * 10 {
                let Some(id) = above else { break };
                let known = self.program.class(id);
                let name = self.qualified(id, lower);
                if let Some(found) = self.program.index.names.get(&name) {
                    return Some(*found);
                }
                above = match known.superclass {
                    Some(Type::Class(parent)) => Some(parent),
                    _ => None,
                };
            }
            around = self.program.class(class).outer;
        }
        None
    }

    /// The key of an inner class.
    fn qualified(&self, outer: ClassId, inner: &str) -> String {
        let class = self.program.class(outer);
        let name = class.name.to_ascii_lowercase();
        match &self.program.unit(class.unit).namespace {
            Some(namespace) => format!("{}.{name}.{inner}", namespace.to_ascii_lowercase()),
            None => format!("{name}.{inner}"),
        }
    }

    fn namespace(&self) -> Option<String> {
        self.program.unit(self.unit).namespace.as_ref().map(|name| name.to_ascii_lowercase())
    }

    /// A top-level class (or `outer.inner`) of our own namespace.
    fn own(&self, lower: &str) -> Option<Meaning> {
        let key = match self.namespace() {
            Some(namespace) => format!("{namespace}.{lower}"),
            None => lower.to_owned(),
        };
        let found = self.program.index.names.get(&key).copied();
        // `ns.class` of another namespace is spelt like `Outer.Inner` of our own.
        if let Some(class) = found.filter(|class| self.is_ours(*class)) {
            return Some(self.met(class));
        }
        let (class, message) = self.program.index.broken.get(&key)?;
        Some(Meaning::Broken(dependent(class, message)))
    }

    fn is_ours(&self, class: ClassId) -> bool {
        let theirs = &self.program.unit(self.program.class(class).unit).namespace;
        *theirs == self.program.unit(self.unit).namespace
    }

    fn met(&self, class: ClassId) -> Meaning {
        self.uses.borrow_mut().insert(self.program.class(class).unit);
        Meaning::Type(Type::Class(class))
    }

    fn pair(&self, first: &str, second: &str) -> Option<Meaning> {
        let lower = format!("{first}.{second}").to_ascii_lowercase();
        // `Outer.Inner` of our own, then `ns.Class`.
        if let Some(meaning) = self.own(&lower) {
            return Some(meaning);
        }
        if let Some(Meaning::Type(Type::Class(outer))) = self.own(&first.to_ascii_lowercase())
            && let Some(class) = self.inherited_inner(outer, second)
        {
            return Some(self.met(class));
        }
        if let Some(meaning) = self.class_as_seen(&lower) {
            return Some(meaning);
        }
        if let Some(known) = library::find(&format!("{first}.{second}")) {
            return Some(Meaning::Type(Type::platform(known.name)));
        }
        if first.eq_ignore_ascii_case("schema") || first.eq_ignore_ascii_case("sobject") {
            let rows = second.eq_ignore_ascii_case("AggregateResult");
            return if rows { library::plain(second).map(Meaning::Type) } else { self.record(second) };
        }
        let components = &self.program.index.metadata.components;
        if first.eq_ignore_ascii_case("DataWeaveScriptResource")
            && components.get("DataWeaveResource", second).is_some()
        {
            return library::find("DataWeave.Script").map(|known| Meaning::Type(Type::platform(known.name)));
        }
        // `ns.Object__c` is spelt `ns__Object__c`, too.
        let object = self.program.index.metadata.object(&format!("{first}__{second}"))?;
        Some(Meaning::Type(Type::Record(Arc::from(object.name.as_str()))))
    }

    fn inherited_inner(&self, outer: ClassId, name: &str) -> Option<ClassId> {
        let site = Site { class: Some(outer), ..*self };
        site.inner(&name.to_ascii_lowercase())
    }

    fn record(&self, name: &str) -> Option<Meaning> {
        self.object(name).map(|object| Meaning::Type(Type::Record(Arc::from(object.name.as_str()))))
    }

    /// A class of another namespace, if it lets others see it.
    fn class_as_seen(&self, lower: &str) -> Option<Meaning> {
        let class = *self.program.index.names.get(lower)?;
        let theirs = self.program.unit(self.program.class(class).unit).namespace.clone();
        if self.is_ours(class) || self.program.class(class).visibility == Visibility::Global {
            return Some(self.met(class));
        }
        let namespace = theirs.unwrap_or_else(|| Arc::from(""));
        Some(Meaning::Hidden(format!("{namespace}.{}", self.program.class(class).name)))
    }

    /// The object of this name; code of a package names its own without the namespace.
    pub(super) fn object(&self, name: &str) -> Option<&'p Arc<ObjectType>> {
        let metadata = &self.program.index.metadata;
        if let Some(namespace) = &self.program.unit(self.unit).namespace
            && let Some(object) = metadata.object(&format!("{namespace}__{name}"))
        {
            return Some(object);
        }
        metadata.object(name)
    }
}
