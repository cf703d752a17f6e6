//! Triggers and anonymous blocks.

use super::super::ast::{
    Anonymous, Block, Member, Modifier, Modifiers, Name, Stmt, TriggerDecl, TriggerEventName, Unit,
};
use super::{Parsed, Parser};

/// What a trigger can listen to, behind `before` or `after`.
const OPERATIONS: [&str; 4] = ["insert", "update", "delete", "undelete"];

/// What stands among the statements of a trigger.
enum Part {
    Statement(Stmt),
    Member(Member),
}

impl Parser<'_> {
    pub fn trigger_unit(mut self) -> Parsed<Unit> {
        if !self.take_word("trigger") {
            return Err(self.unexpected());
        }
        let name = self.name()?;
        self.expect_word("on", |parser| parser.is_name(0))?;
        let object = self.object()?;
        self.take_word("bulk");
        self.expect("(", |parser| parser.is_one_of(0, &["before", "after"]))?;
        let mut events = vec![self.event()?];
        while self.take_sign(",") {
            events.push(self.event()?);
        }
        self.expect(")", |parser| parser.is_sign(0, "{"))?;
        let at = self.expect("{", |parser| parser.is_sign(0, "}") || parser.starts_statement())?.at;
        let (statements, members) = self.parts()?;
        let end = self.expect("}", |_| false)?.at;
        self.expect_end()?;
        let body = Block { statements, at, end };
        Ok(Unit::Trigger(TriggerDecl { name, object, events, body, members }))
    }

    /// Statements and members up to the end of the text.
    pub fn anonymous_unit(mut self) -> Parsed<Anonymous> {
        let at = self.at();
        let (statements, members) = self.parts()?;
        if statements.is_empty() && members.is_empty() {
            return Err(self.unexpected());
        }
        self.expect_end()?;
        Ok(Anonymous { body: Block { statements, at, end: self.at() }, members })
    }

    fn parts(&mut self) -> Parsed<(Vec<Stmt>, Vec<Member>)> {
        let (mut statements, mut members) = (Vec::new(), Vec::new());
        while self.starts_statement() || self.type_kind().is_some() {
            match self.part()? {
                Part::Statement(statement) => statements.push(statement),
                Part::Member(member) => members.push(member),
            }
        }
        Ok((statements, members))
    }

    /// The object's name, with the namespace of a type before a dot.
    fn object(&mut self) -> Parsed<Name> {
        let mut name = self.name()?;
        while self.take_sign(".") {
            if !self.is_any_word(0) {
                return Err(self.unexpected());
            }
            name.text = format!("{}.{}", name.text, self.take_name().text).into();
        }
        Ok(name)
    }

    fn event(&mut self) -> Parsed<TriggerEventName> {
        let at = self.at();
        if !self.is_one_of(0, &["before", "after"]) {
            return Err(self.unexpected());
        }
        let moment = self.take_name().key();
        if !self.is_one_of(0, &OPERATIONS) {
            return Err(self.unexpected());
        }
        Ok(TriggerEventName { words: format!("{moment} {}", self.take_name().key()), at })
    }

    /// What begins with no keyword of a statement is tried as a whole; if it fails, the token is told that stands
    /// behind its first names.
    fn part(&mut self) -> Parsed<Part> {
        if self.is_keyword_statement() {
            return self.statement().map(Part::Statement);
        }
        let told = self.unexpected_at(self.names_length());
        let tried = std::mem::replace(&mut self.tried, true);
        let part = self.tried_part().map_err(|problem| if self.certain { problem } else { told })?;
        self.tried = tried;
        self.illegal.take().map_or(Ok(part), Err)
    }

    /// How many tokens `a.b.c` takes that stands here.
    pub(super) fn names_length(&self) -> usize {
        let starts =
            (self.is_name(0) || self.is_dotted(0)) && self.is_any_word(0) && self.modifier().is_none()
                || self.is_one_of(0, &["list", "map"]);
        let mut length = usize::from(starts);
        while starts && self.is_sign(length, ".") && self.is_any_word(length + 1) {
            length += 2;
        }
        length
    }

    fn tried_part(&mut self) -> Parsed<Part> {
        let start = self.next;
        let at = self.at();
        let modifiers = self.modifiers()?;
        if self.type_kind().is_some() {
            return Ok(Part::Member(Member::Type(self.type_decl(modifiers)?)));
        }
        if self.is_member(&modifiers) {
            let ty = self.type_ref()?;
            return self.member_named(modifiers, ty, at).map(Part::Member);
        }
        // Modifiers belong to a local variable, too.
        self.next = start;
        self.statement().map(Part::Statement)
    }

    /// Whether a method, a property or a static variable stands here.
    fn is_member(&self, modifiers: &Modifiers) -> bool {
        let Some(length) = self.type_length(0) else { return false };
        let is_static = modifiers.words.iter().any(|(word, _)| *word != Modifier::Final);
        self.is_name(length) && (self.is_sign(length + 1, "(") || self.is_sign(length + 1, "{") || is_static)
    }
}
