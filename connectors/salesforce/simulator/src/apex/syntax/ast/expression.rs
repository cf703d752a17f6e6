//! Expressions.

use std::sync::Arc;

use super::{Name, Pos, TypeRef};

#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub at: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Boolean(bool),
    Integer(i32),
    Long(i64),
    /// `1.5d`
    Double(f64),
    /// `1.50`, as written: the scale counts.
    Decimal(Arc<str>),
    /// With its escapes resolved.
    String(Arc<str>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    Literal(Literal),
    /// A name alone: variable, field, type or namespace.
    Name(Name),
    This,
    Super,
    /// `a.b`, `a?.b`; the place of the expression is that of `b`.
    Field {
        object: Box<Expr>,
        name: Name,
        safe: bool,
    },
    /// `f(x)`, `a.f(x)`, `a?.f(x)`, `this(x)`, `super(x)`; the place is that of the name.
    Call {
        target: Option<Box<Expr>>,
        name: Name,
        arguments: Vec<Expr>,
        safe: bool,
    },
    /// `this(x)` and `super(x)`, as the first statement of a constructor.
    ConstructorCall {
        is_super: bool,
        arguments: Vec<Expr>,
    },
    Index {
        object: Box<Expr>,
        index: Box<Expr>,
    },
    New(New),
    Cast {
        ty: TypeRef,
        value: Box<Expr>,
    },
    InstanceOf {
        value: Box<Expr>,
        ty: TypeRef,
    },
    Unary {
        operator: UnaryOp,
        value: Box<Expr>,
    },
    Postfix {
        operator: PostfixOp,
        value: Box<Expr>,
    },
    Binary {
        operator: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Assign {
        operator: AssignOp,
        target: Box<Expr>,
        value: Box<Expr>,
    },
    Ternary {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    /// `Account.class`, `List<String>.class`
    ClassOf(TypeRef),
    /// A type with arguments where an expression stands: `Map<Id, Account>` before a dot. Rare.
    Type(TypeRef),
    /// `[SELECT …]`
    Soql(Soql),
    /// `[FIND …]`, whose text nobody looks into.
    Sosl(Soql),
}

#[derive(Debug, Clone, PartialEq)]
pub struct New {
    pub ty: TypeRef,
    pub arguments: NewArguments,
}

#[derive(Debug, Clone, PartialEq)]
pub enum NewArguments {
    /// `new A(x, y)`
    Positional(Vec<Expr>),
    /// `new Account(Name = 'x')`
    Named(Vec<(Name, Expr)>),
    /// `new List<A>{ x, y }`, `new A[]{ x }`; also of sets.
    Elements(Vec<Expr>),
    /// `new Map<A, B>{ x => y }`
    Pairs(Vec<(Expr, Expr)>),
    /// `new A[n]`; the type is the list.
    Size(Box<Expr>),
}

/// A query in brackets.
#[derive(Debug, Clone, PartialEq)]
pub struct Soql {
    /// The text between the brackets, in which each bind `:expression` is replaced by `:b0`, `:b1`, …
    pub text: Arc<str>,
    pub binds: Vec<Expr>,
    /// Place of the text's first character in the source (behind the bracket).
    pub text_at: Pos,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
    BitNot,
    Increment,
    Decrement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostfixOp {
    Increment,
    Decrement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    And,
    Or,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    /// `>>>`
    ShiftRightUnsigned,
    Equal,
    /// `<>` too.
    NotEqual,
    /// `===`
    Same,
    /// `!==`
    NotSame,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `??`
    Coalesce,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignOp {
    Set,
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
}
