//! `switch on`.

use super::super::ast::{StmtKind, When, WhenValues};
use super::{Parsed, Parser, Problem};

impl Parser<'_> {
    pub(super) fn switch_statement(&mut self) -> Parsed<StmtKind> {
        self.take();
        self.take();
        let on = self.expression_before(&["{"])?;
        self.expect("{", |parser| parser.is_word(0, "when"))?;
        let (mut whens, mut otherwise) = (Vec::new(), None);
        while self.is_word(0, "when") {
            let at = self.take().at;
            if otherwise.is_some() {
                return Err(Problem::new(at, "No when blocks may follow the when else block."));
            }
            if self.take_word("else") {
                otherwise = Some(self.block(|parser| parser.is_word(0, "when"))?);
            } else {
                let values = self.when_values()?;
                whens.push(When { values, body: self.block(|parser| parser.is_word(0, "when"))?, at });
            }
        }
        self.expect("}", Self::starts_statement)?;
        Ok(StmtKind::Switch { on, whens, otherwise })
    }

    fn when_values(&mut self) -> Parsed<WhenValues> {
        if let Some(length) = self.type_length(0)
            && self.is_name(length)
        {
            let ty = self.type_ref()?;
            return Ok(WhenValues::Type { ty, name: self.name()? });
        }
        if !self.starts_operand() {
            self.expect_word("else", |parser| parser.is_sign(0, "{"))?;
        }
        let mut values = vec![self.expression_before(&[",", "{"])?];
        while self.take_sign(",") {
            values.push(self.expression_before(&[",", "{"])?);
        }
        Ok(WhenValues::Values(values))
    }
}
