//! Which operators there are and how tightly they bind.

use super::super::ast::{AssignOp, BinaryOp, UnaryOp};
use super::super::token::Kind;
use super::Parser;

/// Level of the comparisons, equality among them: Salesforce binds all of them alike.
pub const COMPARISON: u8 = 6;
/// Level of `??`, which binds least.
pub const LOOSEST: u8 = 0;

/// An operator between two operands.
pub struct Infix {
    pub operator: BinaryOp,
    /// Higher binds tighter; all are left-associative.
    pub level: u8,
    /// Signs it is made of.
    pub tokens: usize,
}

impl Parser<'_> {
    fn sign_at(&self, ahead: usize) -> &'static str {
        match self.token(ahead).kind {
            Kind::Sign(sign) => sign,
            _ => "",
        }
    }

    pub(super) fn infix(&self) -> Option<Infix> {
        let (operator, level) = match self.sign_at(0) {
            "??" => (BinaryOp::Coalesce, LOOSEST),
            "||" => (BinaryOp::Or, 1),
            "&&" => (BinaryOp::And, 2),
            "|" => (BinaryOp::BitOr, 3),
            "^" => (BinaryOp::BitXor, 4),
            "&" => (BinaryOp::BitAnd, 5),
            "==" => (BinaryOp::Equal, COMPARISON),
            "!=" | "<>" => (BinaryOp::NotEqual, COMPARISON),
            "===" => (BinaryOp::Same, COMPARISON),
            "!==" => (BinaryOp::NotSame, COMPARISON),
            "<" | ">" => return self.angles(),
            "+" => (BinaryOp::Add, 8),
            "-" => (BinaryOp::Subtract, 8),
            "*" => (BinaryOp::Multiply, 9),
            "/" => (BinaryOp::Divide, 9),
            _ => return None,
        };
        Some(Infix { operator, level, tokens: 1 })
    }

    /// Operators of angle brackets, between which blanks may stand.
    fn angles(&self) -> Option<Infix> {
        let (operator, level, tokens) =
            match [self.sign_at(0), self.sign_at(1), self.sign_at(2), self.sign_at(3)] {
                ["<", "<", "=", _] | [">", ">", "=", _] | [">", ">", ">", "="] => return None,
                ["<", "<", ..] => (BinaryOp::ShiftLeft, 7, 2),
                [">", ">", ">", _] => (BinaryOp::ShiftRightUnsigned, 7, 3),
                [">", ">", ..] => (BinaryOp::ShiftRight, 7, 2),
                ["<", "=", ..] => (BinaryOp::LessOrEqual, COMPARISON, 2),
                [">", "=", ..] => (BinaryOp::GreaterOrEqual, COMPARISON, 2),
                ["<", ..] => (BinaryOp::Less, COMPARISON, 1),
                _ => (BinaryOp::Greater, COMPARISON, 1),
            };
        Some(Infix { operator, level, tokens })
    }

    /// The assignment that stands here, and of how many signs it is.
    pub(super) fn assignment(&self) -> Option<(AssignOp, usize)> {
        Some(match [self.sign_at(0), self.sign_at(1), self.sign_at(2), self.sign_at(3)] {
            ["=", ..] => (AssignOp::Set, 1),
            ["+=", ..] => (AssignOp::Add, 1),
            ["-=", ..] => (AssignOp::Subtract, 1),
            ["*=", ..] => (AssignOp::Multiply, 1),
            ["/=", ..] => (AssignOp::Divide, 1),
            ["&=", ..] => (AssignOp::BitAnd, 1),
            ["|=", ..] => (AssignOp::BitOr, 1),
            ["^=", ..] => (AssignOp::BitXor, 1),
            ["<", "<", "=", _] => (AssignOp::ShiftLeft, 3),
            [">", ">", "=", _] => (AssignOp::ShiftRight, 3),
            [">", ">", ">", "="] => (AssignOp::ShiftRightUnsigned, 4),
            _ => return None,
        })
    }

    pub(super) fn prefix(&self, ahead: usize) -> Option<UnaryOp> {
        Some(match self.sign_at(ahead) {
            "+" => UnaryOp::Plus,
            "-" => UnaryOp::Minus,
            "!" => UnaryOp::Not,
            "~" => UnaryOp::BitNot,
            "++" => UnaryOp::Increment,
            "--" => UnaryOp::Decrement,
            _ => return None,
        })
    }
}
