//! Apex classes and triggers as the org stores them.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::id::Id;
use super::schema::TriggerEvent;
use crate::apex::syntax::ast::Unit;
use crate::apex::syntax::{Problem, parse_class, parse_trigger};

/// What classes and triggers have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct ApexUnit {
    pub id: Id,
    pub name: String,
    /// Of the package that brought it; `None` = the org's own.
    pub namespace: Option<String>,
    pub body: String,
    /// `67.0`, as the meta file names it.
    pub api_version: String,
    /// `Active`, `Inactive` or `Deleted`.
    pub status: String,
    /// What runs, where it is not what `body` shows: the code of a package, which nobody sees.
    pub hidden: Option<Arc<str>>,
    pub parsed: Parsed,
    pub is_valid: bool,
    /// CRC-32 of the body.
    pub body_crc: u32,
    pub length_without_comments: u32,
    pub created_ms: i64,
    pub created_by: Id,
    pub modified_ms: i64,
    pub modified_by: Id,
}

impl ApexUnit {
    /// The source that runs.
    pub fn source(&self) -> &str {
        self.hidden.as_deref().unwrap_or(&self.body)
    }
}

/// The tree of a source, made when somebody first asks for it and then shared by all copies of the unit. A unit that gets
/// another source needs a new one.
#[derive(Debug, Clone, Default)]
pub struct Parsed(Arc<OnceLock<Tree>>);

/// A tree, or why there is none.
pub type Tree = Arc<Result<Arc<Unit>, Problem>>;

impl Parsed {
    /// Of a source that has been parsed already.
    pub fn of(tree: Tree) -> Self {
        Self(Arc::new(OnceLock::from(tree)))
    }
}

/// It says nothing that the source does not say.
impl PartialEq for Parsed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl ApexClass {
    /// The class's tree.
    pub fn tree(&self) -> Tree {
        let unit = &self.unit;
        unit.parsed.0.get_or_init(|| Arc::new(parse_class(unit.source()).map(Arc::new))).clone()
    }
}

impl ApexTrigger {
    /// The trigger's tree.
    pub fn tree(&self) -> Tree {
        let unit = &self.unit;
        unit.parsed.0.get_or_init(|| Arc::new(parse_trigger(unit.source()).map(Arc::new))).clone()
    }
}

/// An Apex class.
#[derive(Debug, Clone, PartialEq)]
pub struct ApexClass {
    pub unit: ApexUnit,
    /// Whether the class is annotated `@IsTest`.
    pub is_test: bool,
    /// What the code of others may use of a packaged class, whose body nobody sees.
    pub surface: Option<Arc<Surface>>,
}

/// The names of a class and who may use them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surface {
    /// The class itself is `global`.
    pub global: bool,
    /// Methods, in lower case.
    pub methods: BTreeSet<String>,
    /// Methods that are `global`, in lower case.
    pub global_methods: BTreeSet<String>,
}

/// An Apex trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct ApexTrigger {
    pub unit: ApexUnit,
    /// API name of the object it stands on.
    pub object: String,
    pub events: Vec<TriggerEvent>,
}
