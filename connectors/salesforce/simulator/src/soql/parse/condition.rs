//! Conditions: `AND` and `OR` are never mixed without brackets, and `NOT` stands alone or in brackets.

use super::super::ast::{Condition, Operand, Operator};
use super::super::lex::Kind;
use super::{DEPTH_MAX, Place, Reader};
use crate::surface::ApiError;

impl Reader<'_> {
    /// Everything behind WHERE or HAVING. `depth` brackets stand around it.
    pub(super) fn conditions(&mut self, depth: usize) -> Result<Condition, ApiError> {
        if self.take_word("NOT") {
            return Ok(Condition::Not(Box::new(self.simple(depth)?)));
        }
        let first = self.simple(depth)?;
        let (word, and) = if self.is_word(0, "AND") {
            ("AND", true)
        } else if self.is_word(0, "OR") {
            ("OR", false)
        } else {
            return Ok(first);
        };
        let mut all = vec![first];
        while self.take_word(word) {
            all.push(self.simple(depth)?);
        }
        Ok(if and { Condition::And(all) } else { Condition::Or(all) })
    }

    fn simple(&mut self, depth: usize) -> Result<Condition, ApiError> {
        if !self.is_mark(0, "(") {
            return self.comparison();
        }
        if depth >= DEPTH_MAX {
            return Err(self.refuse(self.start(), "conditions are nested too deeply"));
        }
        self.advance();
        let inner = self.conditions(depth + 1)?;
        self.need_end_of_bracket()?;
        Ok(inner)
    }

    fn comparison(&mut self) -> Result<Condition, ApiError> {
        let left = self.operand()?;
        let operator = self.operator()?;
        match operator {
            Operator::In | Operator::NotIn => self.among(left, operator),
            Operator::Includes | Operator::Excludes => {
                let values = if self.is_mark(0, ":") { self.values(false)? } else { self.list()? };
                Ok(Condition::Compare { left, operator, values })
            }
            _ => {
                let values = self.values(operator == Operator::Like)?;
                Ok(Condition::Compare { left, operator, values })
            }
        }
    }

    fn operator(&mut self) -> Result<Operator, ApiError> {
        if self.take_word("NOT") {
            self.need_word("IN")?;
            return Ok(Operator::NotIn);
        }
        let operator = match (self.kind(), self.words(0).to_ascii_uppercase().as_str()) {
            (Kind::Mark, "=") => Operator::Equal,
            (Kind::Mark, "!=" | "<>") => Operator::NotEqual,
            (Kind::Mark, "<") => Operator::Less,
            (Kind::Mark, "<=") => Operator::LessOrEqual,
            (Kind::Mark, ">") => Operator::Greater,
            (Kind::Mark, ">=") => Operator::GreaterOrEqual,
            (Kind::Word, "LIKE") => Operator::Like,
            (Kind::Word, "IN") => Operator::In,
            (Kind::Word, "INCLUDES") => Operator::Includes,
            (Kind::Word, "EXCLUDES") => Operator::Excludes,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(operator)
    }

    /// Behind IN: a bind, a list or a query.
    fn among(&mut self, left: Operand, operator: Operator) -> Result<Condition, ApiError> {
        if self.is_mark(0, ":") {
            return Ok(Condition::Compare { left, operator, values: self.values(false)? });
        }
        if !(self.is_mark(0, "(") && self.is_word(1, "SELECT")) {
            return Ok(Condition::Compare { left, operator, values: self.list()? });
        }
        self.advance();
        let at = self.start();
        let query = Box::new(self.query(Place::Joined)?);
        self.need_end_of_bracket()?;
        match left {
            Operand::Field(left) if left.function.is_none() => {
                Ok(Condition::InQuery { left, negated: operator == Operator::NotIn, query })
            }
            _ => Err(self.refuse(at, "Semi join sub-selects need a field on their left")),
        }
    }
}
