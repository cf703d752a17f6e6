//! All Apex of an org, checked: what the interpreter runs.
//!
//! A program is made from the parsed units and the schema of one [`Metadata`](crate::org::Metadata). Declarations are
//! checked at once, bodies when they are first needed; a deploy needs those of all that it touches.

mod body;
mod store;

use std::sync::Arc;

pub use body::*;
pub use store::{Broken, Program};

use crate::apex::syntax::ast::Pos;
use crate::apex::types::Type;
use crate::org::{Id, TriggerEvent};

/// A class, interface or enum of a program, inner ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(pub u32);

/// A method or constructor of a program; also the body of an accessor and of an initializer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MethodId(pub u32);

/// A source file of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(pub u32);

/// A source file: a class with its inner ones, a trigger, or anonymous code.
#[derive(Debug, Clone)]
pub struct UnitInfo {
    /// As declared.
    pub name: Arc<str>,
    /// Id of the ApexClass or ApexTrigger; absent for anonymous code.
    pub id: Option<Id>,
    pub namespace: Option<Arc<str>>,
    pub is_trigger: bool,
    /// Of its meta file, without what follows the point: `67`.
    pub api_version: u32,
}

/// The newest version that code can be saved with.
pub const NEWEST_API_VERSION: u32 = 67;

/// From this version on, classes and anonymous code reach the database with the rights of the running user where they
/// do not say otherwise, and classes that say nothing of sharing are `with sharing`. Triggers stay in system mode.
const SECURE_SINCE: u32 = 67;

impl UnitInfo {
    /// Whether queries and changes that do not name a mode run in user mode.
    pub fn is_secure(&self) -> bool {
        !self.is_trigger && self.api_version >= SECURE_SINCE
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassKind {
    Class,
    Interface,
    Enum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    With,
    Without,
    Inherited,
    /// Not said: as the caller, and without at an entry point.
    Unsaid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visibility {
    Private,
    Protected,
    Public,
    Global,
}

/// A class, interface or enum.
#[derive(Debug, Clone)]
pub struct Class {
    pub id: ClassId,
    pub unit: UnitId,
    /// `Outer.Inner`, as declared, without a namespace.
    pub name: Arc<str>,
    pub kind: ClassKind,
    pub outer: Option<ClassId>,
    pub visibility: Visibility,
    pub sharing: Sharing,
    pub is_abstract: bool,
    pub is_virtual: bool,
    pub is_test: bool,
    /// `@RestResource(urlMapping)`.
    pub url_mapping: Option<Arc<str>>,
    /// A class of the program, or `Type::Platform("System.Exception")` and those that extend it.
    pub superclass: Option<Type>,
    pub interfaces: Vec<Type>,
    /// Names of an enum's values.
    pub values: Vec<Arc<str>>,
    /// Own static variables in order, properties without bodies among them.
    pub statics: Vec<Field>,
    /// Instance variables in order: inherited ones first, so that an index is good for subclasses.
    pub fields: Vec<Field>,
    /// Own methods, constructors, accessors and initializers.
    pub methods: Vec<MethodId>,
    /// What a virtual call finds: by [`Method::slot`], the implementation for this class, inherited ones included.
    pub dispatch: std::collections::HashMap<Slot, MethodId>,
    /// Runs when the class is first used: static initializers and values of static variables, in source order.
    pub static_init: Option<MethodId>,
    /// Runs in each new instance, before the constructor's own statements: values of instance variables and
    /// initializers, in source order (of this class alone).
    pub instance_init: Option<MethodId>,
    pub at: Pos,
}

/// A virtual method by name in lower case and the types of its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slot {
    pub name: Arc<str>,
    pub parameters: Arc<[Type]>,
}

/// A variable of a class.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: Arc<str>,
    pub ty: Type,
    pub visibility: Visibility,
    pub is_final: bool,
    pub is_transient: bool,
    /// `@TestVisible`: tests see it though it is private.
    pub test_visible: bool,
    /// Accessors with a body; a property without any is a plain variable.
    pub getter: Option<MethodId>,
    pub setter: Option<MethodId>,
    /// `private set` and the like.
    pub setter_visibility: Visibility,
    /// A property that has no setter (or no getter) at all cannot be set (read).
    pub has_getter: bool,
    pub has_setter: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    Method,
    Constructor,
    Getter,
    Setter,
    /// Of static variables or of instances.
    Initializer,
}

/// A method as declared. Its body is asked of the program.
#[derive(Debug, Clone)]
pub struct Method {
    pub id: MethodId,
    /// Absent for the body of a trigger.
    pub class: Option<ClassId>,
    pub unit: UnitId,
    pub kind: MethodKind,
    pub name: Arc<str>,
    pub visibility: Visibility,
    pub is_static: bool,
    pub is_abstract: bool,
    pub is_virtual: bool,
    pub is_override: bool,
    pub parameters: Vec<Param>,
    pub returns: Type,
    pub slot: Slot,
    /// In lower case: `istest`, `testsetup`, `future`, `httpget`, …
    pub annotations: Vec<Arc<str>>,
    /// `@IsTest(SeeAllData=true)` on the method or its class.
    pub see_all_data: bool,
    pub at: Pos,
}

#[derive(Debug, Clone)]
pub struct Param {
    pub name: Arc<str>,
    pub ty: Type,
}

/// A trigger.
#[derive(Debug, Clone)]
pub struct Trigger {
    pub unit: UnitId,
    pub name: Arc<str>,
    /// API name as the schema spells it.
    pub object: Arc<str>,
    pub events: Vec<TriggerEvent>,
    /// `Active` in its meta file.
    pub active: bool,
    /// Its statements, as a static method without a class.
    pub body: MethodId,
}
