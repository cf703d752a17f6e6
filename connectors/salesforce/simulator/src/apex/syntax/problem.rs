//! What the compiler has to say against a source.

use super::ast::Pos;

/// A compile error with its place; lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The compiler's words.
    pub message: String,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

impl Problem {
    pub fn new(at: Pos, message: impl Into<String>) -> Self {
        Self { message: message.into(), line: at.line, column: at.column }
    }

    /// About the file as a whole.
    pub fn at_start(message: impl Into<String>) -> Self {
        Self::new(Pos { line: 1, column: 1 }, message)
    }
}
