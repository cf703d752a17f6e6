//! Classes, interfaces and enums.

use super::super::ast::Name;
use super::super::ast::{Block, Member, MethodDecl, Modifiers, TypeDecl, TypeDeclKind, TypeRef, Unit};
use super::{Parsed, Parser};

const KINDS: [(&str, TypeDeclKind); 3] =
    [("class", TypeDeclKind::Class), ("interface", TypeDeclKind::Interface), ("enum", TypeDeclKind::Enum)];

impl Parser<'_> {
    pub fn class_unit(mut self) -> Parsed<Unit> {
        let modifiers = self.modifiers()?;
        if self.type_kind().is_none() {
            return Err(self.unexpected());
        }
        let declaration = self.type_decl(modifiers)?;
        self.expect_end()?;
        Ok(Unit::Class(declaration))
    }

    pub(super) fn type_kind(&self) -> Option<TypeDeclKind> {
        KINDS.iter().find(|(word, _)| self.is_word(0, word)).map(|(_, kind)| *kind)
    }

    /// From the word `class`, `interface` or `enum` on.
    pub(super) fn type_decl(&mut self, modifiers: Modifiers) -> Parsed<TypeDecl> {
        self.nested(|parser| {
            let kind = parser.type_kind().unwrap_or(TypeDeclKind::Class);
            let at = parser.take().at;
            let name = parser.name()?;
            let mut declaration = TypeDecl {
                kind,
                modifiers,
                name,
                superclass: None,
                interfaces: Vec::new(),
                members: Vec::new(),
                values: Vec::new(),
                at,
                end: at,
            };
            match kind {
                TypeDeclKind::Class => parser.class_body(&mut declaration)?,
                TypeDeclKind::Interface => parser.interface_body(&mut declaration)?,
                TypeDeclKind::Enum => parser.enum_body(&mut declaration)?,
            }
            Ok(declaration)
        })
    }

    fn class_body(&mut self, declaration: &mut TypeDecl) -> Parsed<()> {
        if self.take_word("extends") {
            declaration.superclass = Some(self.type_ref()?);
        }
        if self.take_word("implements") {
            declaration.interfaces = self.types()?;
        }
        self.expect("{", |parser| parser.is_sign(0, "}") || parser.starts_member())?;
        while self.starts_member() {
            declaration.members.push(self.nested(Self::member)?);
        }
        declaration.end = self.expect("}", |parser| parser.starts_member())?.at;
        Ok(())
    }

    fn types(&mut self) -> Parsed<Vec<TypeRef>> {
        let mut types = vec![self.type_ref()?];
        while self.take_sign(",") {
            types.push(self.type_ref()?);
        }
        Ok(types)
    }

    fn interface_body(&mut self, declaration: &mut TypeDecl) -> Parsed<()> {
        if self.take_word("extends") {
            declaration.interfaces = vec![self.type_ref()?];
        }
        self.expect("{", |parser| parser.is_sign(0, "}") || parser.starts_type())?;
        while self.starts_type() {
            let method = self.interface_method()?;
            declaration.members.push(Member::Method(method));
        }
        declaration.end = self.expect("}", Self::starts_member)?.at;
        Ok(())
    }

    fn interface_method(&mut self) -> Parsed<MethodDecl> {
        let at = self.at();
        let returns = Some(self.type_ref()?);
        let name = self.name()?;
        self.expect("(", |_| false)?;
        let parameters = self.parameters()?;
        self.expect(";", |parser| parser.is_sign(0, "}") || parser.starts_type())?;
        Ok(MethodDecl { modifiers: Modifiers::default(), returns, name, parameters, body: None, at })
    }

    fn enum_body(&mut self, declaration: &mut TypeDecl) -> Parsed<()> {
        self.expect("{", |parser| parser.is_name(0))?;
        if self.is_name(0) {
            declaration.values.push(self.take_name());
            while self.take_sign(",") {
                let value: Name = self.name()?;
                declaration.values.push(value);
            }
        }
        declaration.end = self.expect("}", Self::starts_member)?.at;
        Ok(())
    }

    pub(super) fn starts_type(&self) -> bool {
        self.is_name(0) || self.is_one_of(0, &["list", "map"]) && self.is_sign(1, "<")
    }

    /// A token that a member can begin with.
    pub(super) fn starts_member(&self) -> bool {
        self.starts_type()
            || self.modifier().is_some()
            || self.type_kind().is_some()
            || self.is_sign(0, "@")
            || self.is_sign(0, "{")
    }

    /// A body in braces; `follows` tells whether what stands here may follow it.
    pub(super) fn block(&mut self, follows: impl FnOnce(&Self) -> bool) -> Parsed<Block> {
        let at = self.expect("{", |parser| parser.is_sign(0, "}") || parser.starts_statement())?.at;
        let mut statements = Vec::new();
        while self.starts_statement() {
            statements.push(self.statement()?);
        }
        let end = self.expect("}", follows)?.at;
        Ok(Block { statements, at, end })
    }
}
