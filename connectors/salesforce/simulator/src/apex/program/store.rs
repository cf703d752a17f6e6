//! The program of one org: what is declared, and the bodies once they are checked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use super::{Body, Class, ClassId, Method, MethodId, Trigger, UnitId, UnitInfo};
use crate::apex::check::{self, Found, Origin};
use crate::apex::syntax::Problem;
use crate::apex::syntax::ast;
use crate::apex::types::Type;
use crate::org::{Id, Metadata, TriggerEvent};

/// All classes, methods and triggers of an org.
#[derive(Debug, Default, Clone)]
pub struct Program {
    pub classes: Vec<Class>,
    pub methods: Vec<Method>,
    pub units: Vec<UnitInfo>,
    pub triggers: Vec<Trigger>,
    /// Bodies that were made by hand; they go before those of the sources.
    pub bodies: HashMap<MethodId, Arc<Body>>,
    pub(in crate::apex) index: Index,
}

/// Classes that do not compile: by name in lower case the name as it is spelt, and what is wrong.
pub type Broken = BTreeMap<String, (String, String)>;

/// What the checker needs beside the declarations.
#[derive(Debug, Default, Clone)]
pub(in crate::apex) struct Index {
    /// The schema that the sources are checked against.
    pub metadata: Metadata,
    /// `outer`, `outer.inner`, `ns.outer`, `ns.outer.inner`, all in lower case.
    pub names: HashMap<String, ClassId>,
    /// Classes that do not compile, by name in lower case: the name, and what is wrong.
    pub broken: Broken,
    /// Namespaces of the packages whose code is here, in lower case.
    pub namespaces: BTreeSet<String>,
    /// Trees by unit; absent: it does not parse.
    pub trees: Vec<Option<Arc<ast::Unit>>>,
    /// Where each class is declared: its unit, and its place among the members when it is an inner one.
    pub decls: Vec<(UnitId, Option<usize>)>,
    /// The first thing that is wrong with a unit's declarations.
    pub problems: HashMap<UnitId, Problem>,
    /// Units that a unit's declarations name.
    pub uses: Vec<Vec<UnitId>>,
    pub by_id: HashMap<Id, UnitId>,
    /// Methods by unit, in source order.
    pub methods: Vec<Vec<MethodId>>,
    /// Where a method's body is written.
    pub origins: Vec<Origin>,
    pub checked: Vec<OnceLock<Result<Found, Problem>>>,
    /// Places in the list of triggers, by object in lower case.
    pub triggers: HashMap<String, Vec<usize>>,
    pub lines: Vec<OnceLock<Vec<u32>>>,
    /// The class of each trigger's members, and the object of `Trigger.new`.
    pub trigger_units: HashMap<UnitId, (ClassId, Arc<str>)>,
}

impl Index {
    /// Whether a package with this namespace is here.
    pub(in crate::apex) fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(&name.to_ascii_lowercase()) || self.metadata.has_namespace(name)
    }
}

impl Program {
    /// The program of an org's metadata; made once.
    pub fn of(metadata: &Metadata) -> Arc<Program> {
        metadata.program(|| Arc::new(check::declare(metadata, BTreeMap::new())))
    }

    /// A program in which some classes are known not to compile.
    pub fn without(metadata: &Metadata, broken: Broken) -> Program {
        check::declare(metadata, broken)
    }

    /// A class by its id. Ids come from this program alone.
    pub fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.0 as usize]
    }

    /// A method by its id. Ids come from this program alone.
    pub fn method(&self, id: MethodId) -> &Method {
        &self.methods[id.0 as usize]
    }

    /// A source file by its id. Ids come from this program alone.
    pub fn unit(&self, id: UnitId) -> &UnitInfo {
        &self.units[id.0 as usize]
    }

    /// A class by name, ignoring case: `Outer`, `Outer.Inner`, `ns.Outer`.
    pub fn class_named(&self, name: &str) -> Option<ClassId> {
        self.index.names.get(&name.to_ascii_lowercase()).copied()
    }

    /// The unit of an ApexClass or ApexTrigger.
    pub fn unit_of(&self, id: Id) -> Option<UnitId> {
        self.index.by_id.get(&id).copied()
    }

    /// The checked body of a method.
    pub fn body(&self, id: MethodId) -> Result<Arc<Body>, Problem> {
        if let Some(body) = self.bodies.get(&id) {
            return Ok(body.clone());
        }
        self.found(id).map(|found| found.body.clone())
    }

    fn found(&self, id: MethodId) -> Result<&Found, Problem> {
        let absent = || Problem::at_start(format!("Method must have a body: {}", self.method(id).name));
        let place = self.index.checked.get(id.0 as usize).ok_or_else(absent)?;
        if let Some(problem) = self.index.problems.get(&self.method(id).unit) {
            return Err(problem.clone());
        }
        place.get_or_init(|| check::body(self, id)).as_ref().map_err(Clone::clone)
    }

    /// Anonymous code, checked as a static method without a class, and the program in which it runs: the same, or one
    /// that has the methods and classes which the code declares, too (ids of the old one stay good). Its last unit is the
    /// code's.
    pub fn anonymous(
        self: &Arc<Self>,
        source: &str,
        version: u32,
    ) -> Result<(Arc<Program>, Arc<Body>), Problem> {
        check::anonymous(self, source, version)
    }

    /// Lines of a unit that a test can cover, ascending. Forces all bodies of the unit.
    pub fn lines(&self, unit: UnitId) -> &[u32] {
        let Some(place) = self.index.lines.get(unit.0 as usize) else { return &[] };
        place.get_or_init(|| check::lines_of(self, unit, |method| self.body(method).ok()))
    }

    /// What is wrong with these units (ids of classes and triggers), the first of each alone; forces all their bodies.
    /// Those that are right in themselves and use a wrong one are wrong, too.
    pub fn problems(&self, units: impl IntoIterator<Item = Id>) -> Vec<(Id, Problem)> {
        let units: Vec<UnitId> = units.into_iter().filter_map(|id| self.unit_of(id)).collect();
        let mut wrong: HashMap<UnitId, Problem> = self.index.problems.clone();
        let mut uses: HashMap<UnitId, Vec<UnitId>> = HashMap::new();
        for unit in &units {
            match self.own_problem(*unit) {
                Ok(used) => {
                    uses.insert(*unit, used);
                }
                Err(problem) => {
                    wrong.entry(*unit).or_insert(problem);
                }
            }
        }
        loop {
            let broken_by = |unit: &UnitId| {
                let used = uses.get(unit).filter(|_| !wrong.contains_key(unit))?;
                let by = used.iter().find(|used| *used != unit && wrong.contains_key(used))?;
                let message = check::dependent(&self.unit(*by).name, &wrong.get(by)?.message);
                Some((*unit, Problem::at_start(message)))
            };
            let more: Vec<(UnitId, Problem)> = units.iter().filter_map(broken_by).collect();
            if more.is_empty() {
                break;
            }
            wrong.extend(more);
        }
        units.into_iter().filter_map(|unit| Some((self.unit(unit).id?, wrong.get(&unit)?.clone()))).collect()
    }

    /// The first problem of a unit itself, or the units that it names.
    fn own_problem(&self, unit: UnitId) -> Result<Vec<UnitId>, Problem> {
        if let Some(problem) = self.index.problems.get(&unit) {
            return Err(problem.clone());
        }
        let mut used = self.index.uses.get(unit.0 as usize).cloned().unwrap_or_default();
        for method in self.index.methods.get(unit.0 as usize).into_iter().flatten() {
            if self.index.origins.get(method.0 as usize).is_some_and(Origin::has_body) {
                used.extend(&self.found(*method)?.uses);
            }
        }
        used.sort_unstable();
        used.dedup();
        Ok(used)
    }

    /// The active triggers on an object for an event.
    pub fn triggers_on(&self, object: &str, event: TriggerEvent) -> impl Iterator<Item = &Trigger> {
        let places = self.index.triggers.get(&object.to_ascii_lowercase());
        places
            .into_iter()
            .flatten()
            .filter_map(|place| self.triggers.get(*place))
            .filter(move |trigger| trigger.active && trigger.events.contains(&event))
    }

    /// Whether a value of type `from` is one of type `to`, without any conversion.
    pub fn is_subtype(&self, from: &Type, to: &Type) -> bool {
        check::is_subtype(self, from, to)
    }
}
