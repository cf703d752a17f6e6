//! Members of a class.

use super::super::ast::{
    Accessor, Declarator, FieldDecl, Member, MethodDecl, Modifier, Modifiers, Parameter, PropertyDecl,
    TypeRef,
};
use super::super::ast::{Name, Pos};
use super::{Parsed, Parser};

const ACCESSOR_MODIFIERS: [&str; 4] = ["public", "private", "protected", "global"];

impl Parser<'_> {
    pub(super) fn member(&mut self) -> Parsed<Member> {
        let at = self.at();
        let modifiers = self.modifiers()?;
        if self.is_sign(0, "{") {
            return self.initializer(&modifiers);
        }
        if self.type_kind().is_some() {
            return Ok(Member::Type(self.type_decl(modifiers)?));
        }
        if self.is_name(0) && self.is_sign(1, "(") {
            let name = self.take_name();
            return self.method(modifiers, None, name, at);
        }
        let told = self.unexpected_at(self.names_length());
        let ty = self.type_ref().map_err(|problem| if self.certain { problem } else { told })?;
        self.member_named(modifiers, ty, at)
    }

    fn initializer(&mut self, modifiers: &Modifiers) -> Parsed<Member> {
        let is_static = match modifiers.words.as_slice() {
            [] => false,
            [(Modifier::Static, _)] => true,
            _ => return Err(self.unexpected()),
        };
        if !modifiers.annotations.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Member::Initializer { is_static, body: self.block(Self::starts_member)? })
    }

    /// From the name of a method, property or field on.
    pub(super) fn member_named(&mut self, modifiers: Modifiers, ty: TypeRef, at: Pos) -> Parsed<Member> {
        if self.is_name(0) && !["(", "{", "=", ",", ";"].iter().any(|sign| self.is_sign(1, sign)) {
            return Err(if self.is_sign(1, ".") { self.unexpected_at(1) } else { self.unexpected() });
        }
        let name = self.name()?;
        if self.is_sign(0, "(") {
            return self.method(modifiers, Some(ty), name, at);
        }
        if self.is_sign(0, "{") {
            return self.property(modifiers, ty, name);
        }
        let declarators = self.declarators(name)?;
        self.expect(";", |parser| parser.is_sign(0, "}") || parser.starts_member())?;
        Ok(Member::Field(FieldDecl { modifiers, ty, declarators }))
    }

    /// `= 1, b = 2`, behind the first name.
    pub(super) fn declarators(&mut self, first: Name) -> Parsed<Vec<Declarator>> {
        let mut declarators = Vec::new();
        let mut name = first;
        loop {
            let value = if self.take_sign("=") { Some(self.expression_before(&[",", ";"])?) } else { None };
            declarators.push(Declarator { name, value });
            if !self.take_sign(",") {
                return Ok(declarators);
            }
            name = self.name()?;
        }
    }

    /// From the opening parenthesis on.
    fn method(
        &mut self,
        modifiers: Modifiers,
        returns: Option<TypeRef>,
        name: Name,
        at: Pos,
    ) -> Parsed<Member> {
        self.take();
        let parameters = self.parameters()?;
        let body = if self.take_sign(";") {
            None
        } else if self.is_sign(0, "{") {
            Some(self.block(Self::starts_member)?)
        } else {
            return Err(self.unexpected());
        };
        Ok(Member::Method(MethodDecl { modifiers, returns, name, parameters, body, at }))
    }

    /// Up to the closing parenthesis.
    pub(super) fn parameters(&mut self) -> Parsed<Vec<Parameter>> {
        let mut parameters = Vec::new();
        if !self.is_sign(0, ")") && (self.starts_type() || self.modifier().is_some() || self.is_sign(0, "@"))
        {
            parameters.push(self.parameter()?);
            while self.take_sign(",") {
                parameters.push(self.parameter()?);
            }
        }
        self.expect(")", |parser| parser.is_sign(0, "{") || parser.is_sign(0, ";"))?;
        Ok(parameters)
    }

    fn parameter(&mut self) -> Parsed<Parameter> {
        let modifiers = self.modifiers()?;
        let ty = self.type_ref()?;
        Ok(Parameter { modifiers, ty, name: self.name()? })
    }

    fn property(&mut self, modifiers: Modifiers, ty: TypeRef, name: Name) -> Parsed<Member> {
        self.take();
        let mut property = PropertyDecl { modifiers, ty, name, getter: None, setter: None };
        loop {
            let at = self.at();
            let ahead = usize::from(self.is_one_of(0, &ACCESSOR_MODIFIERS));
            let slot = if self.is_word(ahead, "get") {
                &mut property.getter
            } else if self.is_word(ahead, "set") {
                &mut property.setter
            } else {
                break;
            };
            if slot.is_some() {
                break;
            }
            let modifiers = self.modifiers()?;
            self.take();
            let body = if self.take_sign(";") {
                None
            } else if self.is_sign(0, "{") {
                Some(self.block(Self::starts_member)?)
            } else {
                return Err(self.unexpected());
            };
            *slot = Some(Accessor { modifiers, body, at });
        }
        if property.getter.is_none() && property.setter.is_none() {
            return Err(self.unexpected());
        }
        self.expect("}", Self::starts_member)?;
        Ok(Member::Property(property))
    }
}
