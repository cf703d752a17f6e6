//! From a formula's words to its tree.

use super::FormulaError;
use super::lexer::{Token, tokens};
use super::tree::Node;

/// Brackets, signs and functions inside each other.
const DEPTH_MAX: usize = 100;

/// Reads a formula.
pub(super) fn parse(source: &str) -> Result<Node, FormulaError> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, depth: 0 };
    let node = parser.level(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(node),
        Some(Token::Name(name)) => Err(FormulaError(format!("Syntax error. Extra {name}"))),
        Some(token) => Err(FormulaError(format!("Syntax error. Extra '{}'", token.shown()))),
    }
}

/// Binary operators, those that bind least first.
const LEVELS: [&[&str]; 7] = [
    &["||"],
    &["&&"],
    &["=", "==", "<>", "!="],
    &["<", ">", "<=", ">="],
    &["+", "-", "&"],
    &["^"],
    &["*", "/"],
];

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn level(&mut self, level: usize) -> Result<Node, FormulaError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        let mut chained = 0;
        while let Some(sign) = self.sign().filter(|sign| operators.contains(sign)) {
            self.at += 1;
            let right = self.level(level + 1)?;
            let operator = match sign {
                "==" => "=",
                "!=" => "<>",
                other => other,
            };
            // A chain makes the tree as deep as brackets do.
            chained += 1;
            if chained > DEPTH_MAX * 10 {
                return Err(too_big());
            }
            left = Node::Binary(operator, Box::new([left, right]));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, FormulaError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(too_big());
        }
        let node = match self.tokens.get(self.at) {
            Some(Token::Sign(sign @ ("-" | "+" | "!"))) => {
                let sign = *sign;
                self.at += 1;
                let inner = self.unary()?;
                Node::Unary(sign, Box::new(inner))
            }
            _ => self.primary()?,
        };
        self.depth -= 1;
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, FormulaError> {
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return Err(FormulaError("Syntax error. Found 'end of formula'".to_owned()));
        };
        self.at += 1;
        match token {
            Token::Number(text) => Ok(Node::Number(text)),
            Token::Text(text) => Ok(Node::Text(text)),
            Token::Name(name) => match name.to_ascii_lowercase().as_str() {
                "true" if self.sign() != Some("(") => Ok(Node::Boolean(true)),
                "false" if self.sign() != Some("(") => Ok(Node::Boolean(false)),
                "null" if self.sign() != Some("(") => Ok(Node::Null),
                _ if self.sign() == Some("(") => self.call(name),
                _ => Ok(Node::Name(name)),
            },
            Token::Sign("(") => {
                let node = self.level(0)?;
                self.close()?;
                Ok(node)
            }
            Token::Sign(sign) => Err(FormulaError(format!("Syntax error. Found '{sign}'"))),
        }
    }

    fn call(&mut self, name: String) -> Result<Node, FormulaError> {
        self.at += 1;
        let mut arguments = Vec::new();
        if self.sign() != Some(")") {
            loop {
                arguments.push(self.level(0)?);
                if self.sign() != Some(",") {
                    break;
                }
                self.at += 1;
            }
        }
        self.close()?;
        Ok(Node::Call(name, arguments))
    }

    fn close(&mut self) -> Result<(), FormulaError> {
        if self.sign() != Some(")") {
            return Err(FormulaError("Syntax error. Missing ')'".to_owned()));
        }
        self.at += 1;
        Ok(())
    }

    fn sign(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) => Some(sign),
            _ => None,
        }
    }
}

fn too_big() -> FormulaError {
    FormulaError("Compiled formula is too big to execute. Maximum size is 5,000 characters".to_owned())
}
