//! References to types.

use super::super::ast::{Name, TypePart, TypeRef};
use super::super::token::Kind;
use super::{Parsed, Parser};

/// Tokens of a type that is looked at before it is read.
const LOOK_AHEAD_MAX: usize = 400;
/// Type arguments within each other that are looked at.
const LOOK_DEPTH_MAX: usize = 40;
/// Pairs of brackets behind one type.
const BRACKETS_MAX: usize = 40;
/// Types that stand with their arguments only, and not before brackets.
const COLLECTIONS: [&str; 3] = ["list", "set", "map"];

impl Parser<'_> {
    /// `A.B<C, D>[]`; `list`, `set` and `map` need their arguments.
    pub(super) fn type_ref(&mut self) -> Parsed<TypeRef> {
        let (ty, collection) = self.bare_type()?;
        if collection { Ok(ty) } else { self.array_of(ty) }
    }

    /// A type without brackets, and whether it is a collection by its word.
    pub(super) fn bare_type(&mut self) -> Parsed<(TypeRef, bool)> {
        self.nested(|parser| {
            let at = parser.at();
            let collection = parser.is_collection(0);
            if parser.is_one_of(0, &["list", "map"]) && !collection {
                return Err(parser.unexpected_at(1));
            }
            if !collection && !parser.is_name(0) && !parser.is_dotted(0)
                || parser.is_word(0, "set") && !collection
            {
                return Err(parser.unexpected());
            }
            let mut parts = vec![TypePart { name: parser.take_name(), arguments: Vec::new() }];
            while parser.is_sign(0, ".") {
                if !parser.take_dot() {
                    continue;
                }
                if !parser.is_any_word(0) {
                    return Err(parser.unexpected());
                }
                parts.push(TypePart { name: parser.take_name(), arguments: Vec::new() });
            }
            if parser.is_sign(0, "<") {
                let arguments = parser.type_arguments()?;
                if let Some(last) = parts.last_mut() {
                    last.arguments = arguments;
                }
            }
            Ok((TypeRef { parts, at }, collection))
        })
    }

    fn is_collection(&self, ahead: usize) -> bool {
        self.is_one_of(ahead, &COLLECTIONS) && self.is_sign(ahead + 1, "<")
    }

    fn type_arguments(&mut self) -> Parsed<Vec<TypeRef>> {
        self.take();
        let mut arguments = vec![self.type_ref()?];
        while self.take_sign(",") {
            arguments.push(self.type_ref()?);
        }
        self.expect(">", |parser| parser.is_any_word(0) || parser.is_sign(0, "("))?;
        Ok(arguments)
    }

    /// Puts the pairs of brackets that stand here around a type.
    pub(super) fn array_of(&mut self, mut ty: TypeRef) -> Parsed<TypeRef> {
        for _ in 0..BRACKETS_MAX {
            if !(self.is_sign(0, "[") && self.is_sign(1, "]")) {
                return Ok(ty);
            }
            self.take();
            self.take();
            let at = ty.at;
            let name = Name { text: "List".into(), at };
            ty = TypeRef { parts: vec![TypePart { name, arguments: vec![ty] }], at };
        }
        Err(self.too_deep())
    }

    /// How many tokens the type takes that begins `ahead`, if one does.
    pub(super) fn type_length(&self, ahead: usize) -> Option<usize> {
        self.look_over_type(ahead, ahead + LOOK_AHEAD_MAX, 0).map(|end| end - ahead)
    }

    fn look_over_type(&self, start: usize, limit: usize, depth: usize) -> Option<usize> {
        if depth > LOOK_DEPTH_MAX || start > limit {
            return None;
        }
        let collection = self.is_collection(start);
        if !collection && !self.is_dotted(start) && (!self.is_name(start) || self.is_word(start, "set")) {
            return None;
        }
        let mut at = start + 1;
        while self.is_sign(at, ".") && self.is_any_word(at + 1) {
            at += 2;
            if at > limit {
                return None;
            }
        }
        if self.is_sign(at, "<") {
            at = self.look_over_type(at + 1, limit, depth + 1)?;
            while self.is_sign(at, ",") {
                at = self.look_over_type(at + 1, limit, depth + 1)?;
            }
            if !self.is_sign(at, ">") {
                return None;
            }
            at += 1;
        }
        while !collection && self.is_sign(at, "[") && self.is_sign(at + 1, "]") {
            at += 2;
            if at > limit {
                return None;
            }
        }
        (self.token(at).kind != Kind::End).then_some(at)
    }
}
