//! Operands: literals, names, calls, creations, and what is chained to them.

use super::super::ast::{Expr, ExprKind, Literal, Name, New, NewArguments, TypePart, TypeRef};
use super::super::literal;
use super::super::token::{Kind, Token};
use super::{Parsed, Parser};

/// How a chain ends so far.
enum Tail {
    /// In names only: behind a dot every word is a name, and `class` may end it.
    Names(Vec<Name>),
    /// In a name behind something else.
    Name,
    Other,
}

impl Parser<'_> {
    /// An operand with its calls, fields and indexes.
    pub(super) fn chain(&mut self) -> Parsed<Expr> {
        let (mut expr, mut tail) = self.operand()?;
        loop {
            let safe = self.is_sign(0, "?.");
            if safe || self.is_sign(0, ".") {
                if !self.take_dot() {
                    if self.is_sign(0, "(") {
                        self.call_arguments()?;
                        tail = Tail::Other;
                    }
                    continue;
                }
                let fits = match &tail {
                    Tail::Names(_) | Tail::Name if !safe => self.is_any_word(0),
                    _ => self.is_name(0),
                };
                if !fits {
                    return Err(self.unexpected());
                }
                if let (Tail::Names(names), true) = (&tail, self.is_word(0, "class"))
                    && !safe
                    && !["(", ".", "?."].iter().any(|sign| self.is_sign(1, sign))
                {
                    let ty = named(names, expr.at);
                    self.take();
                    return Ok(Expr { kind: ExprKind::ClassOf(ty.clone()), at: ty.at });
                }
                let name = self.take_name();
                let target = Box::new(expr);
                let at = name.at;
                if self.is_sign(0, "(") {
                    let arguments = self.call_arguments()?;
                    expr = Expr { kind: ExprKind::Call { target: Some(target), name, arguments, safe }, at };
                    tail = Tail::Other;
                } else {
                    tail = match tail {
                        Tail::Names(mut names) if !safe => {
                            names.push(name.clone());
                            Tail::Names(names)
                        }
                        _ => Tail::Name,
                    };
                    self.grow(0)?;
                    expr = Expr { kind: ExprKind::Field { object: target, name, safe }, at };
                }
            } else if self.is_sign(0, "[") && self.is_operand(1) && !self.is_query(0) {
                self.take();
                let height = self.height;
                let index = Box::new(self.expression_before(&["]"])?);
                self.expect("]", |parser| parser.continues())?;
                self.grow(height)?;
                let at = expr.at;
                expr = Expr { kind: ExprKind::Index { object: Box::new(expr), index }, at };
                tail = Tail::Other;
            } else {
                return Ok(expr);
            }
        }
    }

    fn operand(&mut self) -> Parsed<(Expr, Tail)> {
        let token = self.token(0);
        let at = token.at;
        self.height = 1;
        let kind = match token.kind {
            Kind::Integer | Kind::Long | Kind::Decimal | Kind::Double | Kind::String | Kind::MultiLine => {
                self.take();
                ExprKind::Literal(self.literal(token)?)
            }
            Kind::Sign("(") => {
                self.take();
                let inner = self.expression_before(&[")"])?;
                self.expect(")", |parser| parser.continues())?;
                return Ok((inner, Tail::Other));
            }
            Kind::Sign("[") if self.is_query(0) => self.query()?,
            Kind::Word => return self.word(),
            // An empty pair of brackets is told by its end.
            Kind::Sign("[") => return Err(self.unexpected_at(1)),
            _ => return Err(self.unexpected()),
        };
        Ok((Expr { kind, at }, Tail::Other))
    }

    fn literal(&mut self, token: Token) -> Parsed<Literal> {
        let value = literal::value(token.kind, self.text_of(token), token.at);
        match value {
            Err(problem) if self.tried => {
                self.illegal.get_or_insert(problem);
                Ok(Literal::Null)
            }
            value => value,
        }
    }

    fn word(&mut self) -> Parsed<(Expr, Tail)> {
        let at = self.at();
        let (dot, call) = (self.is_sign(1, "."), self.is_sign(1, "("));
        let word = self.text(0).to_ascii_lowercase();
        let kind = match word.as_str() {
            "true" | "false" => {
                self.take();
                ExprKind::Literal(Literal::Boolean(word == "true"))
            }
            "null" => {
                self.take();
                ExprKind::Literal(Literal::Null)
            }
            "this" | "super" if call => {
                self.take();
                ExprKind::ConstructorCall { is_super: word == "super", arguments: self.call_arguments()? }
            }
            "this" => {
                self.take();
                return Ok((Expr { kind: ExprKind::This, at }, Tail::Name));
            }
            "super" if dot => {
                self.take();
                return Ok((Expr { kind: ExprKind::Super, at }, Tail::Name));
            }
            "super" => return Err(self.unexpected_at(1)),
            "new" if !self.is_dotted(0) => return self.creation().map(|expr| (expr, Tail::Other)),
            _ => return self.named_operand(call),
        };
        Ok((Expr { kind, at }, Tail::Other))
    }

    /// A name, a call, or the class of a type that has arguments or brackets.
    fn named_operand(&mut self, call: bool) -> Parsed<(Expr, Tail)> {
        let at = self.at();
        if let Some(length) = self.type_length(0)
            && (self.is_sign(length - 1, ">") || self.is_sign(length - 1, "]"))
            && self.is_sign(length, ".")
            && self.is_word(length + 1, "class")
        {
            let ty = self.type_ref()?;
            self.skip(2);
            return Ok((Expr { kind: ExprKind::ClassOf(ty), at }, Tail::Other));
        }
        if !self.is_name(0) && !self.is_dotted(0) {
            return Err(self.unexpected());
        }
        let name = self.take_name();
        if call {
            let arguments = self.call_arguments()?;
            let kind = ExprKind::Call { target: None, name, arguments, safe: false };
            return Ok((Expr { kind, at }, Tail::Other));
        }
        let tail = Tail::Names(vec![name.clone()]);
        Ok((Expr { kind: ExprKind::Name(name), at }, tail))
    }

    /// `(a, b)`; what is called is the expression read last.
    fn call_arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut height = self.height;
        self.take();
        let mut arguments = Vec::new();
        if !self.is_sign(0, ")") && self.starts_operand() {
            arguments = self.list(&[",", ")"], &mut height)?;
        } else if self.is_one_of(0, &["list", "map"]) {
            return Err(self.unexpected());
        }
        self.expect(")", |parser| parser.continues())?;
        self.grow(height)?;
        Ok(arguments)
    }

    fn list(&mut self, closers: &'static [&'static str], height: &mut u32) -> Parsed<Vec<Expr>> {
        let mut values = Vec::new();
        loop {
            values.push(self.expression_before(closers)?);
            *height = (*height).max(self.height);
            if !self.take_sign(",") {
                return Ok(values);
            }
        }
    }

    fn creation(&mut self) -> Parsed<Expr> {
        let at = self.take().at;
        if self.is_one_of(0, &["list", "map"]) && !self.is_sign(1, "<") {
            self.take();
            self.expect("<", |_| false)?;
        }
        let (mut ty, collection) = self.bare_type()?;
        let mut height = 0;
        let arguments = if self.is_sign(0, "(") {
            self.take();
            let arguments = if self.is_name(0) && self.is_sign(1, "=") {
                NewArguments::Named(self.named_arguments(&mut height)?)
            } else if self.starts_operand() {
                NewArguments::Positional(self.list(&[",", ")"], &mut height)?)
            } else {
                NewArguments::Positional(Vec::new())
            };
            self.expect(")", |parser| parser.continues())?;
            arguments
        } else if self.is_sign(0, "{") && collection {
            self.elements(&ty, &mut height)?
        } else if self.is_sign(0, "[") && !collection {
            if self.is_sign(1, "]") {
                ty = self.array_of(ty)?;
                if !self.is_sign(0, "{") {
                    self.expect("{", |_| false)?;
                }
                self.elements(&ty, &mut height)?
            } else {
                self.take();
                let size = Box::new(self.expression_before(&["]"])?);
                height = self.height;
                self.expect("]", |parser| parser.continues())?;
                let name = Name { text: "List".into(), at: ty.at };
                ty = TypeRef { at: ty.at, parts: vec![TypePart { name, arguments: vec![ty] }] };
                NewArguments::Size(size)
            }
        } else {
            return Err(self.unexpected());
        };
        self.height = height;
        self.grow(0)?;
        Ok(Expr { kind: ExprKind::New(New { ty, arguments }), at })
    }

    fn named_arguments(&mut self, height: &mut u32) -> Parsed<Vec<(Name, Expr)>> {
        let mut fields = Vec::new();
        loop {
            let name = self.name()?;
            self.expect("=", |_| false)?;
            fields.push((name, self.expression_before(&[",", ")"])?));
            *height = (*height).max(self.height);
            if !self.take_sign(",") {
                return Ok(fields);
            }
        }
    }

    /// `{ a, b }` or, of a map, `{ a => b }`.
    fn elements(&mut self, ty: &TypeRef, height: &mut u32) -> Parsed<NewArguments> {
        self.take();
        let is_map = ty.parts.iter().all(|part| part.name.is("map"));
        let arguments = if is_map {
            let mut pairs = Vec::new();
            while !pairs.is_empty() || self.starts_operand() {
                let key = self.expression_before(&["=>"])?;
                *height = (*height).max(self.height);
                self.expect("=>", Self::starts_operand)?;
                pairs.push((key, self.expression_before(&[",", "}"])?));
                *height = (*height).max(self.height);
                if !self.take_sign(",") {
                    break;
                }
            }
            NewArguments::Pairs(pairs)
        } else if self.is_sign(0, "}") {
            NewArguments::Elements(Vec::new())
        } else {
            NewArguments::Elements(self.list(&[",", "}"], height)?)
        };
        self.expect("}", |parser| parser.continues())?;
        Ok(arguments)
    }
}

/// A type of dotted names.
fn named(names: &[Name], otherwise: super::Pos) -> TypeRef {
    let parts = names.iter().map(|name| TypePart { name: name.clone(), arguments: Vec::new() }).collect();
    TypeRef { parts, at: names.first().map_or(otherwise, |name| name.at) }
}
