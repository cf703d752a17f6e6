//! The words and signs of Apex.

use super::ast::Pos;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word,
    /// `12`
    Integer,
    /// `12L`
    Long,
    /// `1.2`, `.2`
    Decimal,
    /// `1.2d`
    Double,
    /// `'text'` on one line
    String,
    /// `'''`, a line break, text, `'''`
    MultiLine,
    /// A date or a moment, inside a query only.
    Moment,
    /// `<`, `>` and the shifts made of them come one by one; `<>` is one sign.
    Sign(&'static str),
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// Bytes of the source.
    pub start: usize,
    pub end: usize,
    pub at: Pos,
}

/// Signs, longer ones first where one begins with the other.
pub const SIGNS: [&str; 43] = [
    "===", "!==", "==", "!=", "=>", "=", "!", "<>", "<", ">", "&&", "&=", "&", "||", "|=", "|", "^=", "^",
    "++", "+=", "+", "--", "-=", "-", "*=", "*", "/=", "/", "~", "??", "?.", "?", ":", ";", ",", ".", "(",
    ")", "[", "]", "{", "}", "@",
];

/// Words that name nothing, wherever they stand alone; behind a dot every word is a name.
pub const RESERVED: [&str; 63] = [
    "abstract",
    "and",
    "as",
    "asc",
    "break",
    "bulk",
    "by",
    "catch",
    "class",
    "commit",
    "continue",
    "delete",
    "desc",
    "do",
    "else",
    "enum",
    "extends",
    "false",
    "final",
    "finally",
    "for",
    "from",
    "global",
    "having",
    "if",
    "implements",
    "in",
    "insert",
    "instanceof",
    "interface",
    "like",
    "limit",
    "list",
    "map",
    "merge",
    "new",
    "not",
    "null",
    "nulls",
    "on",
    "or",
    "override",
    "private",
    "protected",
    "public",
    "return",
    "select",
    "static",
    "super",
    "testmethod",
    "this",
    "throw",
    "trigger",
    "true",
    "try",
    "undelete",
    "update",
    "upsert",
    "using",
    "virtual",
    "webservice",
    "where",
    "while",
];
