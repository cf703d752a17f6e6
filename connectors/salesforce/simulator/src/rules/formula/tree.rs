//! A formula as it was written, and as it is worked out.

use super::Fault;
use super::datum::Datum;
use super::eval::Scene;
use super::path::Path;

/// As written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(String),
    Text(String),
    Boolean(bool),
    Null,
    /// A field or a global variable.
    Name(String),
    Call(String, Vec<Node>),
    Unary(&'static str, Box<Node>),
    Binary(&'static str, Box<[Node; 2]>),
}

/// A function of the platform on arguments that are worked out already.
pub(super) type Native = fn(&Scene<'_>, &[Datum]) -> Result<Datum, Fault>;

/// As it is worked out.
#[derive(Debug)]
pub(super) enum Expr {
    Constant(Datum),
    Field(Path),
    /// `PRIORVALUE`
    Prior(Path),
    /// `ISCHANGED`
    Changed(Path),
    /// `ISNEW`
    New,
    /// Whether the user holds a custom permission.
    Permission(String),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    /// Test, then, else.
    If(Box<[Expr; 3]>),
    /// What is looked at, pairs, otherwise.
    Case(Box<Expr>, Vec<(Expr, Expr)>, Box<Expr>),
    Call(Native, Vec<Expr>),
}
