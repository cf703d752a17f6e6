//! Bodies as they run: names resolved, overloads chosen, conversions written out.

use std::collections::HashMap;
use std::sync::Arc;

use super::{ClassId, MethodId, Slot};
use crate::apex::platform::Native;
use crate::apex::syntax::ast::{DmlWord, Pos};
use crate::apex::types::Type;

/// A checked body. Local variables live in numbered slots: parameters first (an instance's `this` is not among them).
#[derive(Debug)]
pub struct Body {
    pub locals: usize,
    pub block: Block,
}

#[derive(Debug, Default)]
pub struct Block {
    pub statements: Vec<Stmt>,
}

#[derive(Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub at: Pos,
}

#[derive(Debug)]
pub enum StmtKind {
    Block(Block),
    /// Without a value the variable is null (again, in a loop).
    Local {
        slot: usize,
        value: Option<Expr>,
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
    For {
        init: Vec<Stmt>,
        condition: Option<Expr>,
        update: Vec<Expr>,
        body: Box<Stmt>,
    },
    /// Over a list, a set, an `Iterable` or a query. `ty` is the variable's: over a query, `List<…>` takes chunks of 200.
    ForEach {
        slot: usize,
        ty: Type,
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
    Dml(Dml),
    /// `System.runAs(user) { … }`
    RunAs {
        user: Expr,
        body: Block,
    },
}

#[derive(Debug)]
pub struct Dml {
    pub operation: DmlWord,
    /// `as user`: rights of the running user are enforced. `as system` and nothing are the same.
    pub as_user: bool,
    /// A record or a list of records; the master of a merge.
    pub value: Expr,
    /// API name of the field of an upsert.
    pub external_id: Option<Arc<str>>,
    /// Of a merge: a record, an id or a list of these.
    pub duplicates: Option<Expr>,
}

#[derive(Debug)]
pub struct When {
    pub test: WhenTest,
    pub body: Block,
}

#[derive(Debug)]
pub enum WhenTest {
    /// Equal to one of these constants (`==` without ignoring the case of strings; null and enum values too).
    Values(Vec<Expr>),
    Type {
        ty: Type,
        slot: usize,
    },
}

#[derive(Debug)]
pub struct Catch {
    pub ty: Type,
    pub slot: usize,
    pub body: Block,
}

#[derive(Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: Type,
    pub at: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    Null,
    Boolean(bool),
    Integer(i32),
    Long(i64),
    Double(f64),
    /// As written.
    Decimal(Arc<str>),
    String(Arc<str>),
}

#[derive(Debug)]
pub enum ExprKind {
    Constant(Constant),
    /// `Color.RED`: the index of the value.
    EnumValue(ClassId, usize),
    /// `System.TriggerOperation.AFTER_INSERT`, `Schema.DisplayType.STRING`: a constant of a platform enum, by its
    /// type's full name and its own.
    PlatformEnum(&'static str, &'static str),
    Local(usize),
    This,
    /// Reading any of these may run an accessor.
    Static(ClassId, usize),
    Member {
        object: Box<Expr>,
        field: usize,
        safe: bool,
    },
    /// `record.Name`, `record.Parent` (relationship) or `record.Children` (list of child records), by API name as the
    /// schema spells it.
    RecordField {
        object: Box<Expr>,
        field: Arc<str>,
        kind: RecordFieldKind,
        safe: bool,
    },
    /// `list[i]`
    Index {
        list: Box<Expr>,
        index: Box<Expr>,
    },
    /// Reads, computes (for compound ones), converts and stores; its value is what was stored.
    Assign {
        target: Box<Expr>,
        operator: Option<Operator>,
        value: Box<Expr>,
    },
    /// `++x`, `x--` and the like; `after`: its value is the one before.
    Step {
        target: Box<Expr>,
        by: i8,
        after: bool,
    },
    Negate(Box<Expr>),
    Not(Box<Expr>),
    BitNot(Box<Expr>),
    /// Both sides have been converted to the operator's type.
    Binary {
        operator: Operator,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Coalesce(Box<Expr>, Box<Expr>),
    Ternary {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    InstanceOf {
        value: Box<Expr>,
        ty: Type,
    },
    /// Checked when it runs: `System.TypeException`.
    Cast {
        value: Box<Expr>,
        ty: Type,
    },
    /// Implicit: Integer to Long, Double or Decimal, Id to String, String to Id (which may throw), Date to Datetime.
    Convert {
        value: Box<Expr>,
        ty: Type,
    },
    /// A static method of a class, or one that is not virtual (or `super.f()`): no dispatch.
    Call {
        method: MethodId,
        this: Option<Box<Expr>>,
        arguments: Vec<Expr>,
        safe: bool,
    },
    /// Dispatched on the class of the receiver.
    CallVirtual {
        this: Box<Expr>,
        slot: Slot,
        arguments: Vec<Expr>,
        safe: bool,
    },
    /// A method of the platform. On a receiver whose type is a platform interface (`Comparable`, `Iterator`) or
    /// `Object`, the interpreter first looks for a method of that name in the receiver's class.
    CallNative {
        native: &'static Native,
        this: Option<Box<Expr>>,
        arguments: Vec<Expr>,
        safe: bool,
        /// For `Database.query` and its like: the variables in scope that a bind may name, in lower case.
        scope: Option<Arc<HashMap<String, ScopeEntry>>>,
    },
    /// `super(…)` or `this(…)` in a constructor; `None`: the superclass is an exception of the platform.
    CallConstructor {
        class: Type,
        method: Option<MethodId>,
        arguments: Vec<Expr>,
    },
    /// `new A(…)`; without a constructor of its own only the initializers run. An exception of the program whose
    /// class declares none takes those of `Exception`.
    NewObject {
        class: ClassId,
        constructor: Option<MethodId>,
        arguments: Vec<Expr>,
    },
    /// A type of the platform.
    NewPlatform {
        native: &'static Native,
        arguments: Vec<Expr>,
    },
    NewRecord {
        object: Arc<str>,
        fields: Vec<(Arc<str>, Expr)>,
    },
    /// The expression's type is the collection's.
    NewList(Vec<Expr>),
    /// `new A[n]`: n nulls.
    NewListOfSize(Box<Expr>),
    NewSet(Vec<Expr>),
    NewMap(Vec<(Expr, Expr)>),
    /// `new List<A>(collection)`, `new Set<A>(collection)`, `new Map<Id, A>(records)`, `new Map<A, B>(map)`.
    NewFrom(Box<Expr>),
    /// `A.class`
    ClassOf(Type),
    /// `Account.SObjectType`, `Schema.Account`
    RecordType(Arc<str>),
    /// `Account.Name`: a `Schema.SObjectField`.
    RecordFieldToken(Arc<str>, Arc<str>),
    Soql(Soql),
    /// `Trigger.new` and the like.
    TriggerVariable(TriggerVariable),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFieldKind {
    Value,
    Parent,
    Children,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ScopeEntry {
    Local(usize, Type),
    Static(ClassId, usize, Type),
    /// Of `this`.
    Field(usize, Type),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerVariable {
    New,
    Old,
    NewMap,
    OldMap,
    IsExecuting,
    IsInsert,
    IsUpdate,
    IsDelete,
    IsUndelete,
    IsBefore,
    IsAfter,
    OperationType,
    Size,
}

/// Operators on values of one type; the interpreter looks at the values. `Add` joins strings where either is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    ShiftRightUnsigned,
    Equal,
    NotEqual,
    Same,
    NotSame,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A query in brackets. The expression's type says what it is used as: a list, one record, or an Integer (`COUNT()`).
#[derive(Debug)]
pub struct Soql {
    /// Binds stand as `:b0`, `:b1`, …
    pub text: Arc<str>,
    pub binds: Vec<Expr>,
}
