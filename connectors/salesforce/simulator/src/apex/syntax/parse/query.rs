//! Queries in brackets.

use super::super::ast::{Expr, ExprKind, Soql};
use super::super::token::{Kind, Token};
use super::{Parsed, Parser, Pos};

/// Signs that no query holds outside of a bind.
const FOREIGN: [&str; 4] = [";", "{", "}", "["];

impl Parser<'_> {
    /// A bracket with `SELECT` or `FIND` behind it.
    pub(super) fn is_query(&self, ahead: usize) -> bool {
        self.is_sign(ahead, "[") && self.is_one_of(ahead + 1, &["select", "find"])
    }

    pub(super) fn query(&mut self) -> Parsed<ExprKind> {
        self.nested(|parser| {
            let bracket = parser.take();
            let text_at = Pos { column: bracket.at.column + 1, ..bracket.at };
            let is_find = parser.is_word(0, "find");
            let mut text = String::new();
            let mut binds: Vec<Expr> = Vec::new();
            let (mut end, mut height) = (bracket.end, 0);
            if is_find && parser.token(1).kind != Kind::String && !parser.is_sign(1, ":") {
                return Err(parser.unexpected_at(1));
            }
            while !parser.is_sign(0, "]")
                && parser.token(0).kind != Kind::End
                && !FOREIGN.iter().any(|sign| parser.is_sign(0, sign))
            {
                let token = parser.take();
                parser.copy(&mut text, end, token);
                end = token.end;
                if token.kind == Kind::Sign(":") && !parser.is_count_of_days() {
                    text.push_str(&format!("b{}", binds.len()));
                    binds.push(parser.bind()?);
                    height = height.max(parser.height);
                    end = parser.last_end();
                }
            }
            let close = parser.expect("]", |parser| parser.continues())?;
            text.push_str(&parser.gap(end, close.start));
            parser.height = height;
            parser.grow(0)?;
            let query = Soql { text: text.into(), binds, text_at };
            Ok(if is_find { ExprKind::Sosl(query) } else { ExprKind::Soql(query) })
        })
    }

    /// Adds a token and what stands before it.
    fn copy(&self, text: &mut String, end: usize, token: Token) {
        text.push_str(&self.gap(end, token.start));
        text.push_str(self.text_of(token));
    }

    /// What stands between two tokens; a comment counts as blanks.
    fn gap(&self, start: usize, end: usize) -> String {
        let between = self.source.get(start..end).unwrap_or("");
        between.chars().map(|letter| if letter.is_whitespace() { letter } else { ' ' }).collect()
    }

    /// Behind the colon of `LAST_N_DAYS:30`.
    fn is_count_of_days(&self) -> bool {
        let Some(word) = self.next.checked_sub(2).and_then(|index| self.tokens.get(index)) else {
            return false;
        };
        let name = self.text_of(*word).to_ascii_lowercase();
        word.kind == Kind::Word
            && (name.contains("_n_") || name.starts_with("n_"))
            && self.token(0).kind == Kind::Integer
    }

    fn last_end(&self) -> usize {
        self.next.checked_sub(1).and_then(|index| self.tokens.get(index)).map_or(0, |token| token.end)
    }
}
