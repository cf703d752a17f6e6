//! SOSL: `FIND {…} IN NAME FIELDS RETURNING Account(Id, Name WHERE … LIMIT 5), Contact LIMIT 20`.

use super::malformed;
use super::term::Term;
use crate::surface::ApiError;

/// Objects that one search returns.
const OBJECTS_MAX: usize = 20;
/// What may follow the objects and changes nothing here.
const IGNORED: [&str; 9] = [
    "WITH",
    "UPDATE",
    "SNIPPET",
    "HIGHLIGHT",
    "METADATA",
    "NETWORK",
    "DATA",
    "PRICEBOOKID",
    "SPELL_CORRECTION",
];

/// Which fields are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    All,
    Name,
    Email,
    Phone,
    Sidebar,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    pub(super) term: Term,
    pub(super) group: Group,
    pub returning: Vec<Returning>,
    pub limit: Option<usize>,
}

/// An object whose records are returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Returning {
    pub object: String,
    pub fields: Vec<String>,
    /// What follows the object in SOQL: conditions, order, offset.
    pub rest: String,
    pub limit: Option<usize>,
}

impl Group {
    pub(super) fn named(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "ALL" => Some(Self::All),
            "NAME" => Some(Self::Name),
            "EMAIL" => Some(Self::Email),
            "PHONE" => Some(Self::Phone),
            "SIDEBAR" => Some(Self::Sidebar),
            _ => None,
        }
    }
}

/// What is left to read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Takes a word if it comes next.
    fn word(&mut self, word: &str) -> bool {
        let rest = self.0.trim_start();
        let fits = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let ends = !rest
            .get(word.len()..)
            .is_some_and(|rest| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'));
        if fits && ends {
            self.0 = &rest[word.len()..];
        }
        fits && ends
    }

    fn letter(&mut self, letter: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(letter);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let end = rest.find(|next: char| !(next.is_alphanumeric() || next == '_')).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        self.0 = rest;
        (!name.is_empty()).then_some(name)
    }

    fn number(&mut self) -> Result<usize, ApiError> {
        let number = self.name().and_then(|name| name.parse().ok());
        number.ok_or_else(|| malformed("LIMIT needs a number"))
    }

    /// Up to a letter that is neither escaped nor, where quotes count, inside them.
    fn until(&mut self, close: char, nested: bool) -> Option<&'a str> {
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        for (at, letter) in self.0.char_indices() {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\'' if nested => quoted = !quoted,
                _ if quoted => {}
                '(' if nested => depth += 1,
                ')' if nested && depth > 0 => depth -= 1,
                letter if letter == close => {
                    let text = &self.0[..at];
                    self.0 = &self.0[at + close.len_utf8()..];
                    return Some(text);
                }
                _ => {}
            }
        }
        None
    }
}

impl Search {
    /// Reads a search.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut rest = Rest(text);
        if !rest.word("FIND") {
            return Err(malformed(&format!("unexpected token: '{}': FIND is expected", first(rest.0))));
        }
        let term = if rest.letter('{') { rest.until('}', false) } else { None };
        let term = match term {
            Some(term) => term,
            None if rest.letter('\'') => {
                rest.until('\'', false).ok_or_else(|| malformed("The search term has no end"))?
            }
            None => return Err(malformed("The search term has to stand in braces")),
        };
        let term = Term::parse(term)?;
        let mut group = Group::All;
        if rest.word("IN") {
            let word = rest.name().unwrap_or_default();
            group = Group::named(word).ok_or_else(|| malformed(&format!("unexpected token: {word}")))?;
            if !rest.word("FIELDS") {
                return Err(malformed("FIELDS is expected"));
            }
        }
        let mut returning = Vec::new();
        if rest.word("RETURNING") {
            loop {
                returning.push(returned(&mut rest)?);
                if returning.len() > OBJECTS_MAX {
                    return Err(malformed(&format!("A search returns at most {OBJECTS_MAX} objects")));
                }
                if !rest.letter(',') {
                    break;
                }
            }
        }
        let mut limit = None;
        loop {
            if rest.0.trim().is_empty() {
                return Ok(Self { term, group, returning, limit });
            }
            if rest.word("LIMIT") {
                limit = Some(rest.number()?);
            } else if IGNORED.iter().any(|word| rest.word(word)) {
                // Its arguments, up to the next word that means something.
                while !rest.0.trim().is_empty() && !starts_clause(rest.0) {
                    let trimmed = rest.0.trim_start();
                    let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
                    rest.0 = &trimmed[end..];
                }
            } else {
                return Err(malformed(&format!("unexpected token: '{}'", first(rest.0))));
            }
        }
    }
}

fn starts_clause(text: &str) -> bool {
    ["LIMIT", "WITH", "UPDATE"].iter().any(|word| Rest(text).word(word))
}

fn first(text: &str) -> String {
    text.split_whitespace().next().unwrap_or("<EOF>").chars().take(80).collect()
}

fn returned(rest: &mut Rest<'_>) -> Result<Returning, ApiError> {
    let object = rest.name().ok_or_else(|| malformed("RETURNING needs an object"))?.to_owned();
    let mut returning = Returning { object, fields: Vec::new(), rest: String::new(), limit: None };
    if !rest.letter('(') {
        return Ok(returning);
    }
    let inside = rest.until(')', true).ok_or_else(|| malformed("A parenthesis is not closed"))?;
    let mut inside = Rest(inside);
    loop {
        let clause =
            ["WHERE", "ORDER", "LIMIT", "OFFSET", "USING"].iter().any(|word| Rest(inside.0).word(word));
        if clause || inside.0.trim().is_empty() {
            break;
        }
        let end = field_end(inside.0);
        let (field, tail) = inside.0.split_at(end);
        returning.fields.push(field.trim().to_owned());
        inside.0 = tail.strip_prefix(',').unwrap_or(tail);
    }
    // A list view narrows nothing here.
    if inside.word("USING") {
        inside.word("ListView");
        inside.letter('=');
        inside.name();
    }
    let tail = inside.0.trim();
    let upper = tail.to_ascii_uppercase();
    // The limit counts what is found, not what is looked through.
    match upper.rfind("LIMIT").filter(|at| tail[at + 5..].trim().parse::<usize>().is_ok()) {
        Some(at) => {
            returning.limit = tail[at + 5..].trim().parse().ok();
            returning.rest = format!(" {}", tail[..at].trim());
        }
        None => returning.rest = format!(" {tail}"),
    }
    Ok(returning)
}

/// Where a field of the list ends: at a comma outside parentheses, or before a clause.
fn field_end(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return at,
            letter if letter.is_whitespace() && depth == 0 => {
                let tail = &text[at..];
                if ["WHERE", "ORDER", "LIMIT", "OFFSET", "USING"].iter().any(|word| Rest(tail).word(word)) {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn objects_fields_and_limits_are_read() {
        let search = Search::parse("FIND {acme*} IN NAME FIELDS RETURNING Account(Id, toLabel(Industry) WHERE Name != 'a,)b' ORDER BY Name LIMIT 5), Contact WITH SNIPPET (target_length=120) LIMIT 20").expect("a search");
        assert_eq!((search.group, search.limit), (Group::Name, Some(20)));
        let account = &search.returning[0];
        assert_eq!(account.fields, ["Id", "toLabel(Industry)"]);
        assert_eq!((account.rest.as_str(), account.limit), (" WHERE Name != 'a,)b' ORDER BY Name", Some(5)));
        assert_eq!(search.returning[1].fields, Vec::<String>::new());
        for bad in [
            "",
            "FIND acme",
            "FIND {acme",
            "FIND {acme} IN SOME FIELDS",
            "FIND {acme} RETURNING",
            "FIND {acme} nonsense",
        ] {
            assert!(Search::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "FIND (\\{[ab}\\\\]{0,4}\\}|[a(),' ]{0,5}) ?(IN ALL FIELDS )?(RETURNING )?[A(),' ]{0,12}(LIMIT )?[0-9]{0,2}") {
            let _ = Search::parse(&text);
        }
    }
}
