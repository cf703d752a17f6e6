//! Modifiers and annotations.

use super::super::ast::{Annotation, Expr, ExprKind, Literal, Modifier, Modifiers, Name};
use super::super::literal;
use super::super::token::Kind;
use super::{Parsed, Parser};

const WORDS: [(&str, Modifier); 12] = [
    ("private", Modifier::Private),
    ("protected", Modifier::Protected),
    ("public", Modifier::Public),
    ("global", Modifier::Global),
    ("static", Modifier::Static),
    ("final", Modifier::Final),
    ("abstract", Modifier::Abstract),
    ("virtual", Modifier::Virtual),
    ("override", Modifier::Override),
    ("transient", Modifier::Transient),
    ("testmethod", Modifier::TestMethod),
    ("webservice", Modifier::WebService),
];
const SHARING: [(&str, Modifier); 3] = [
    ("with", Modifier::WithSharing),
    ("without", Modifier::WithoutSharing),
    ("inherited", Modifier::InheritedSharing),
];

impl Parser<'_> {
    pub(super) fn modifiers(&mut self) -> Parsed<Modifiers> {
        let mut modifiers = Modifiers::default();
        loop {
            if self.is_sign(0, "@") {
                modifiers.annotations.push(self.annotation()?);
            } else if let Some((modifier, words)) = self.modifier() {
                modifiers.words.push((modifier, self.at()));
                for _ in 0..words {
                    self.take();
                }
            } else {
                return Ok(modifiers);
            }
        }
    }

    /// The modifier that stands here, and of how many words it is.
    pub(super) fn modifier(&self) -> Option<(Modifier, usize)> {
        let found = |table: &[(&str, Modifier)]| {
            table.iter().find(|(word, _)| self.is_word(0, word)).map(|(_, modifier)| *modifier)
        };
        if let Some(modifier) = found(&SHARING) {
            return self.is_word(1, "sharing").then_some((modifier, 2));
        }
        found(&WORDS)
            .filter(|modifier| *modifier != Modifier::Transient || self.transient_modifies())
            .map(|modifier| (modifier, 1))
    }

    /// `transient` names things too, a type among them.
    fn transient_modifies(&self) -> bool {
        self.is_sign(1, "@")
            || self.is_any_word(1) && !["=", ",", ";", "(", "{"].iter().any(|sign| self.is_sign(2, sign))
    }

    fn annotation(&mut self) -> Parsed<Annotation> {
        let start = self.unexpected();
        self.take();
        let name = self.name()?;
        // Arguments that do not fit are told by the annotation.
        let arguments = self.annotation_arguments().map_err(|_| start)?;
        Ok(Annotation { name, arguments })
    }

    fn annotation_arguments(&mut self) -> Parsed<Vec<(Name, Expr)>> {
        let mut arguments = Vec::new();
        if self.take_sign("(") {
            let named = self.token(0).kind != Kind::String;
            if !named {
                let key = Name { text: "value".into(), at: self.at() };
                arguments.push((key, self.annotation_value()?));
            }
            while named && self.is_name(0) {
                let key = self.take_name();
                self.expect("=", |_| false)?;
                arguments.push((key, self.annotation_value()?));
            }
            self.expect(")", |parser| parser.is_any_word(0))?;
        }
        Ok(arguments)
    }

    /// `true`, `false` or a text.
    fn annotation_value(&mut self) -> Parsed<Expr> {
        let at = self.at();
        let value = if self.token(0).kind == Kind::String {
            let token = self.take();
            literal::value(token.kind, self.text_of(token), at)?
        } else if self.is_one_of(0, &["true", "false"]) {
            Literal::Boolean(self.take_name().is("true"))
        } else {
            return Err(self.unexpected());
        };
        Ok(Expr { kind: ExprKind::Literal(value), at })
    }
}
