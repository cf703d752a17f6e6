//! The tree of one source file, as written: no name in it is resolved yet.
//!
//! Every node carries the place of its first character, except where noted: binary operators, calls and assignments
//! carry the place that Salesforce's compiler would name: of a binary operator that of its left side, of a call that of
//! the method's name. A statement that is an expression stands where the expression does.

mod expression;

use std::sync::Arc;

pub use expression::*;

/// A place in a source; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pos {
    pub line: u32,
    pub column: u32,
}

/// An identifier as written. Apex ignores the case of names: compare with [`Name::is`] or by [`Name::key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub text: Arc<str>,
    pub at: Pos,
}

impl Name {
    pub fn is(&self, other: &str) -> bool {
        self.text.eq_ignore_ascii_case(other)
    }

    /// The name in lower case, for maps.
    pub fn key(&self) -> String {
        self.text.to_ascii_lowercase()
    }
}

/// A file: a class file holds one type, a trigger file one trigger.
#[derive(Debug, Clone, PartialEq)]
pub enum Unit {
    Class(TypeDecl),
    Trigger(TriggerDecl),
}

/// `trigger Name on Object (events) { … }`; members are methods, classes and variables written among the statements.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerDecl {
    pub name: Name,
    pub object: Name,
    pub events: Vec<TriggerEventName>,
    pub body: Block,
    pub members: Vec<Member>,
}

/// Statements that stand alone, and the methods, classes and variables among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Anonymous {
    pub body: Block,
    pub members: Vec<Member>,
}

/// `before insert`, in lower case with one space.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerEventName {
    pub words: String,
    pub at: Pos,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeDeclKind {
    Class,
    Interface,
    Enum,
}

/// A class, interface or enum.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDecl {
    pub kind: TypeDeclKind,
    pub modifiers: Modifiers,
    pub name: Name,
    /// `extends`, of a class.
    pub superclass: Option<TypeRef>,
    /// `implements` of a class, `extends` of an interface.
    pub interfaces: Vec<TypeRef>,
    pub members: Vec<Member>,
    /// Of an enum.
    pub values: Vec<Name>,
    pub at: Pos,
    /// Place of the closing brace.
    pub end: Pos,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Modifier {
    Private,
    Protected,
    Public,
    Global,
    Static,
    Final,
    Abstract,
    Virtual,
    Override,
    Transient,
    TestMethod,
    WebService,
    WithSharing,
    WithoutSharing,
    InheritedSharing,
}

/// What stands before a declaration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Modifiers {
    pub words: Vec<(Modifier, Pos)>,
    pub annotations: Vec<Annotation>,
}

impl Modifiers {
    pub fn has(&self, modifier: Modifier) -> bool {
        self.words.iter().any(|(word, _)| *word == modifier)
    }

    pub fn annotation(&self, name: &str) -> Option<&Annotation> {
        self.annotations.iter().find(|annotation| annotation.name.is(name))
    }
}

/// `@Name(key=value …)`; a lone value has the key `value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    pub name: Name,
    pub arguments: Vec<(Name, Expr)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    Field(FieldDecl),
    Property(PropertyDecl),
    Method(MethodDecl),
    Type(TypeDecl),
    /// `static { … }` or `{ … }`.
    Initializer {
        is_static: bool,
        body: Block,
    },
}

/// `modifiers Type a = 1, b;`
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDecl {
    pub modifiers: Modifiers,
    pub ty: TypeRef,
    pub declarators: Vec<Declarator>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Declarator {
    pub name: Name,
    pub value: Option<Expr>,
}

/// `modifiers Type name { get; set { … } }`
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyDecl {
    pub modifiers: Modifiers,
    pub ty: TypeRef,
    pub name: Name,
    pub getter: Option<Accessor>,
    pub setter: Option<Accessor>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Accessor {
    pub modifiers: Modifiers,
    /// Absent = automatic.
    pub body: Option<Block>,
    pub at: Pos,
}

/// A method or a constructor.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodDecl {
    pub modifiers: Modifiers,
    /// Absent for a constructor; the type `void` is a [`TypeRef`] of that name.
    pub returns: Option<TypeRef>,
    pub name: Name,
    pub parameters: Vec<Parameter>,
    /// Absent = abstract, or of an interface.
    pub body: Option<Block>,
    pub at: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub modifiers: Modifiers,
    pub ty: TypeRef,
    pub name: Name,
}

/// `Schema.SObjectType`, `Map<Id, List<Account>>`, `String[]` (read as `List<String>`).
#[derive(Debug, Clone, PartialEq)]
pub struct TypeRef {
    /// Parts between the dots.
    pub parts: Vec<TypePart>,
    pub at: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TypePart {
    pub name: Name,
    pub arguments: Vec<TypeRef>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    pub statements: Vec<Stmt>,
    pub at: Pos,
    pub end: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    pub kind: StmtKind,
    pub at: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StmtKind {
    Block(Block),
    Local {
        modifiers: Modifiers,
        ty: TypeRef,
        declarators: Vec<Declarator>,
    },
    Expr(Expr),
    If {
        condition: Expr,
        then: Box<Stmt>,
        otherwise: Option<Box<Stmt>>,
    },
    While {
        condition: Expr,
        body: Box<Stmt>,
    },
    DoWhile {
        body: Box<Stmt>,
        condition: Expr,
    },
    /// `init` are locals or expressions.
    For {
        init: Vec<Stmt>,
        condition: Option<Expr>,
        update: Vec<Expr>,
        body: Box<Stmt>,
    },
    ForEach {
        ty: TypeRef,
        name: Name,
        iterable: Expr,
        body: Box<Stmt>,
    },
    Switch {
        on: Expr,
        whens: Vec<When>,
        otherwise: Option<Block>,
    },
    Return(Option<Expr>),
    Throw(Expr),
    Try {
        body: Block,
        catches: Vec<Catch>,
        finally: Option<Block>,
    },
    Break,
    Continue,
    Dml {
        operation: DmlWord,
        access: Option<AccessMode>,
        value: Expr,
        key: Option<DmlKey>,
    },
    /// `System.runAs(user) { … }`
    RunAs {
        user: Vec<Expr>,
        body: Block,
    },
    Empty,
}

/// `when 1, 2 { … }` or `when Account a { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct When {
    pub values: WhenValues,
    pub body: Block,
    pub at: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub enum WhenValues {
    /// Literals, or names of enum values.
    Values(Vec<Expr>),
    Type {
        ty: TypeRef,
        name: Name,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Catch {
    pub ty: TypeRef,
    pub name: Name,
    pub body: Block,
    pub at: Pos,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DmlWord {
    Insert,
    Update,
    Upsert,
    Delete,
    Undelete,
    Merge,
}

/// `as user` or `as system`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessMode {
    User,
    System,
}

/// What stands behind the rows: the external id of an upsert, the duplicates of a merge.
#[derive(Debug, Clone, PartialEq)]
pub enum DmlKey {
    ExternalId(Vec<Name>),
    Duplicates(Expr),
}
