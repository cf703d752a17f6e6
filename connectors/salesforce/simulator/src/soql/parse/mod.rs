//! From text to [`Query`], by the documented grammar: what Salesforce's own parser of queries in Apex takes is taken.

mod clauses;
mod condition;
mod select;
#[cfg(test)]
mod tests;
mod value;

use super::ast::{Item, Path, Query, Totals};
use super::binds::Binds;
use super::lex::{self, Kind, Token};
use super::point::malformed;
use crate::surface::ApiError;

/// Longest query that Salesforce takes, in characters.
const LENGTH_MAX: usize = 100_000;
/// Conditions inside each other.
const DEPTH_MAX: usize = 64;
/// Queries of children inside each other, the outermost counted.
const LEVELS_MAX: usize = 5;

/// Words that cannot name a field, an object or an alias.
const RESERVED: [&str; 30] = [
    "AND", "AS", "ASC", "BY", "COUNT", "CUBE", "DESC", "ELSE", "EXCLUDES", "FALSE", "FIRST", "FOR", "FROM",
    "HAVING", "IN", "INCLUDES", "LAST", "LIKE", "LIMIT", "NOT", "NULL", "NULLS", "OR", "ROLLUP", "SELECT",
    "TRUE", "UPDATE", "USING", "WHERE", "WITH",
];

/// Reads a query. `wall_ms` (see [`dates::wall`](super::dates::wall)) decides what TODAY means.
pub(super) fn parse(text: &str, wall_ms: i64, binds: Binds<'_>) -> Result<Query, ApiError> {
    if text.chars().count() > LENGTH_MAX {
        let message = format!("SOQL statements cannot be longer than {LENGTH_MAX} characters.");
        return Err(ApiError::bad("MALFORMED_QUERY", message));
    }
    let tokens = lex::tokens(text)?;
    let mut reader = Reader { text, tokens, at: 0, wall_ms, binds };
    let query = reader.query(Place::Top)?;
    match reader.kind() {
        Kind::End => Ok(query),
        _ => Err(reader.unexpected()),
    }
}

/// Where a query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// Of children, so many levels below the top.
    Below(usize),
    /// Behind IN.
    Joined,
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// The next token.
    at: usize,
    wall_ms: i64,
    binds: Binds<'a>,
}

impl<'a> Reader<'a> {
    fn token(&self, ahead: usize) -> &Token {
        // The end stands last and is never passed.
        let last = self.tokens.len().saturating_sub(1);
        &self.tokens[(self.at + ahead).min(last)]
    }

    fn kind(&self) -> Kind {
        self.token(0).kind
    }

    /// Byte offset of the next token.
    fn start(&self) -> usize {
        self.token(0).place.start
    }

    fn words(&self, ahead: usize) -> &'a str {
        self.text.get(self.token(ahead).place.clone()).unwrap_or_default()
    }

    fn advance(&mut self) -> &'a str {
        let words = self.words(0);
        self.at = (self.at + 1).min(self.tokens.len().saturating_sub(1));
        words
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.token(ahead).kind == Kind::Word && self.words(ahead).eq_ignore_ascii_case(word)
    }

    fn is_mark(&self, ahead: usize, mark: &str) -> bool {
        self.token(ahead).kind == Kind::Mark && self.words(ahead) == mark
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(0, word);
        if found {
            self.advance();
        }
        found
    }

    fn take_mark(&mut self, mark: &str) -> bool {
        let found = self.is_mark(0, mark);
        if found {
            self.advance();
        }
        found
    }

    fn need_word(&mut self, word: &str) -> Result<(), ApiError> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn need_mark(&mut self, mark: &str) -> Result<(), ApiError> {
        if self.take_mark(mark) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn need_end_of_bracket(&mut self) -> Result<(), ApiError> {
        if self.take_mark(")") {
            return Ok(());
        }
        Err(self.refuse(self.start(), &format!("expecting a right parentheses, found '{}'", self.shown())))
    }

    fn refuse(&self, at: usize, message: &str) -> ApiError {
        malformed(self.text, at, message)
    }

    /// The next token as messages show it.
    fn shown(&self) -> String {
        match self.kind() {
            Kind::End => "<EOF>".to_owned(),
            _ => self.words(0).chars().take(255).collect(),
        }
    }

    fn unexpected(&self) -> ApiError {
        self.refuse(self.start(), &format!("unexpected token: '{}'", self.shown()))
    }

    fn name(&mut self) -> Result<String, ApiError> {
        if self.kind() != Kind::Word || reserved(self.words(0)) {
            return Err(self.unexpected());
        }
        Ok(self.advance().to_owned())
    }

    /// `Owner.Name`; the dot follows the word directly, and behind it no word is reserved.
    fn path(&mut self) -> Result<Path, ApiError> {
        let at = self.start();
        let mut parts = vec![self.name()?];
        while self.is_mark(0, ".") && self.at > 0 && self.tokens[self.at - 1].place.end == self.start() {
            self.advance();
            if self.kind() != Kind::Word {
                return Err(self.unexpected());
            }
            parts.push(self.advance().to_owned());
        }
        Ok(Path { parts, function: None, at })
    }

    fn query(&mut self, place: Place) -> Result<Query, ApiError> {
        let at = self.start();
        if let Place::Below(level) = place
            && level >= LEVELS_MAX
        {
            return Err(self.refuse(at, &format!("maximum level of nested subqueries is {LEVELS_MAX}")));
        }
        self.need_word("SELECT")?;
        let (count, items) = self.items(place)?;
        self.need_word("FROM")?;
        let from = self.path()?;
        let alias = self.alias()?;
        let mut query = Query {
            count,
            items,
            from,
            alias,
            parents: Vec::new(),
            scope: None,
            condition: None,
            with: None,
            group_by: Vec::new(),
            totals: Totals::None,
            having: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
            all_rows: false,
        };
        while self.take_mark(",") {
            let path = self.path()?;
            match self.alias()? {
                Some(alias) => query.parents.push((alias, path)),
                None => return Err(self.unexpected()),
            }
        }
        if self.take_word("USING") {
            self.need_word("SCOPE")?;
            let at = self.start();
            query.scope = Some((self.name()?, at));
        }
        if self.take_word("WHERE") {
            query.condition = Some(self.conditions(0)?);
        }
        if place != Place::Joined {
            self.clauses(&mut query, place)?;
        }
        self.sense(&query)?;
        Ok(query)
    }

    /// A name for what stands before it, if there is one.
    fn alias(&mut self) -> Result<Option<String>, ApiError> {
        if self.take_word("AS") {
            return self.name().map(Some);
        }
        let clause = self.is_word(0, "GROUP") && self.is_word(1, "BY")
            || self.is_word(0, "ORDER") && self.is_word(1, "BY")
            || self.is_word(0, "ALL") && self.is_word(1, "ROWS")
            || self.is_word(0, "OFFSET") && (self.token(1).kind == Kind::Number || self.is_mark(1, ":"));
        if self.kind() != Kind::Word || clause || reserved(self.words(0)) {
            return Ok(None);
        }
        self.name().map(Some)
    }

    /// What the grammar allows and no query may say.
    fn sense(&self, query: &Query) -> Result<(), ApiError> {
        if query.aggregates() {
            return Ok(());
        }
        for item in &query.items {
            if let Item::Field { path, shown, alias: Some(_) } = item
                && shown.plain()
            {
                return Err(self.refuse(path.at, "only aggregate expressions use field aliasing"));
            }
        }
        Ok(())
    }
}

fn reserved(word: &str) -> bool {
    RESERVED.iter().any(|one| one.eq_ignore_ascii_case(word))
}
