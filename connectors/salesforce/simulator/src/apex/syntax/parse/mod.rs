//! The parser: one function per construct, each reading ahead no further than a type's length.
//!
//! Complaints follow Salesforce's parser. Where one sign is missing or one token too many, it says which: "Missing",
//! "Extra" or "Expecting", by what may follow; where no construct fits, "Unexpected token".

mod class;
mod expressions;
mod members;
mod modifiers;
mod operators;
mod primary;
mod query;
mod statements;
mod switch;
mod trigger;
mod types;

use super::ast::{Name, Pos};
use super::lexer;
use super::problem::Problem;
use super::token::{Kind, RESERVED, Token};

/// Characters of one class or trigger (Apex limit).
pub const SOURCE_CHARS_MAX: usize = 1_000_000;
/// Blocks, expressions and types within each other, and links of a chain such as `a + b + c`: the tree is no higher
/// than twice this.
pub const NESTING_MAX: u32 = 1_000;
/// Characters of a token that a complaint shows.
const SHOWN_CHARS_MAX: usize = 1_000;
/// Stack kept free for one level of nesting, and what is added when it runs short; bytes.
const STACK: (usize, usize) = (128 * 1024, 1024 * 1024);

pub type Parsed<T> = Result<T, Problem>;

pub struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    /// Index of the token that is looked at.
    next: usize,
    depth: u32,
    /// Levels of the expression that was read last.
    height: u32,
    /// What may follow the expression being read, innermost last.
    closers: Vec<&'static [&'static str]>,
    /// A part is tried as a whole: a literal out of its bounds is told only if the part is well-formed.
    tried: bool,
    /// The first such literal.
    illegal: Option<Problem>,
    /// The complaint stands, even where a part as a whole is found wanting.
    certain: bool,
    /// The first dot with no name directly behind it: what follows is read all the same, to find worse.
    hanging: Option<Problem>,
}

/// The end of input, for looking beyond it.
const END: Token = Token { kind: Kind::End, start: 0, end: 0, at: Pos { line: 1, column: 1 } };

impl<'s> Parser<'s> {
    pub fn new(source: &'s str) -> Parsed<Self> {
        if source.chars().count() > SOURCE_CHARS_MAX {
            return Err(Problem::at_start(format!(
                "Script too large: more than {SOURCE_CHARS_MAX} characters"
            )));
        }
        let tokens = lexer::tokens(source)?;
        Ok(Self {
            source,
            tokens,
            next: 0,
            depth: 0,
            height: 0,
            closers: Vec::new(),
            tried: false,
            illegal: None,
            certain: false,
            hanging: None,
        })
    }

    fn token(&self, ahead: usize) -> Token {
        let token = self.tokens.get(self.next + ahead).or_else(|| self.tokens.last());
        token.copied().unwrap_or(END)
    }

    fn at(&self) -> Pos {
        self.token(0).at
    }

    fn text_of(&self, token: Token) -> &'s str {
        self.source.get(token.start..token.end).unwrap_or("")
    }

    fn text(&self, ahead: usize) -> &'s str {
        self.text_of(self.token(ahead))
    }

    fn is_sign(&self, ahead: usize, sign: &str) -> bool {
        matches!(self.token(ahead).kind, Kind::Sign(found) if found == sign)
    }

    fn is_any_word(&self, ahead: usize) -> bool {
        self.token(ahead).kind == Kind::Word
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.is_any_word(ahead) && self.text(ahead).eq_ignore_ascii_case(word)
    }

    fn is_one_of(&self, ahead: usize, words: &[&str]) -> bool {
        self.is_any_word(ahead) && words.iter().any(|word| self.text(ahead).eq_ignore_ascii_case(word))
    }

    /// A word with a dot directly behind it; such a word is a name, reserved or not.
    fn is_dotted(&self, ahead: usize) -> bool {
        self.is_any_word(ahead)
            && self.is_sign(ahead + 1, ".")
            && self.token(ahead).end == self.token(ahead + 1).start
    }

    /// A word that can be a name.
    fn is_name(&self, ahead: usize) -> bool {
        self.is_any_word(ahead) && !self.is_reserved(ahead)
    }

    fn is_reserved(&self, ahead: usize) -> bool {
        let text = self.text(ahead);
        // The longest reserved word is short, and the list is sorted.
        text.len() <= 10 && RESERVED.binary_search(&text.to_ascii_lowercase().as_str()).is_ok()
    }

    fn take(&mut self) -> Token {
        let token = self.token(0);
        if token.kind != Kind::End {
            self.next += 1;
        }
        token
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(0, sign);
        if found {
            self.take();
        }
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(0, word);
        if found {
            self.take();
        }
        found
    }

    /// The next word as a name, whatever word it is.
    fn take_name(&mut self) -> Name {
        let token = self.take();
        Name { text: self.text_of(token).into(), at: token.at }
    }

    fn name(&mut self) -> Parsed<Name> {
        if self.is_name(0) { Ok(self.take_name()) } else { Err(self.unexpected()) }
    }

    /// A text literal is shown without its quotes, a name with those that are dotted to it.
    fn shown(&self, ahead: usize) -> &'s str {
        let shown = self.shown_in_full(ahead);
        shown.char_indices().nth(SHOWN_CHARS_MAX).and_then(|(end, _)| shown.get(..end)).unwrap_or(shown)
    }

    fn shown_in_full(&self, ahead: usize) -> &'s str {
        match self.token(ahead).kind {
            Kind::Word => {
                let mut last = ahead;
                while self.is_sign(last + 1, ".") && self.is_any_word(last + 2) && self.adjoins(last + 1) {
                    last += 2;
                }
                self.source.get(self.token(ahead).start..self.token(last).end).unwrap_or("")
            }
            Kind::End => "<EOF>",
            Kind::String => self.text(ahead).trim_matches('\''),
            _ => self.text(ahead),
        }
    }

    fn unexpected(&self) -> Problem {
        self.unexpected_at(0)
    }

    fn unexpected_at(&self, ahead: usize) -> Problem {
        let mut at = self.token(ahead).at;
        // Salesforce's parser takes a word and the dot behind it for one piece.
        if self.is_sign(ahead, ".")
            && let Some(before) = (self.next + ahead).checked_sub(1).and_then(|index| self.tokens.get(index))
            && before.kind == Kind::Word
        {
            at = before.at;
        }
        Problem::new(at, format!("Unexpected token '{}'.", self.shown(ahead)))
    }

    /// The dot, with no blank on either side.
    fn adjoins(&self, dot: usize) -> bool {
        self.token(dot).end == self.token(dot + 1).start
            && dot.checked_sub(1).is_some_and(|before| self.token(before).end == self.token(dot).start)
    }

    /// Takes the dot behind a word, and tells whether a name is meant to follow. Salesforce's parser takes `a.` for
    /// a name in full where no letter stands behind the dot, and leaves the complaint to those who look it up.
    fn take_dot(&mut self) -> bool {
        let dot = self.take();
        let before = self.next.checked_sub(2).and_then(|index| self.tokens.get(index));
        let hangs = match before.filter(|before| before.kind == Kind::Word && before.end == dot.start) {
            // `this` is a piece of its own: blanks may follow its dot.
            Some(before)
                if ["this", "super"].iter().any(|word| self.text_of(*before).eq_ignore_ascii_case(word)) =>
            {
                !self.is_any_word(0)
            }
            Some(_) => !(self.is_any_word(0) && self.token(0).start == dot.end),
            None => false,
        };
        if hangs && self.hanging.is_none() {
            self.hanging = Some(Problem::new(dot.at, "Unexpected token '.'."));
        }
        !hangs
    }

    /// Takes the sign, or complains; `fits` tells whether what stands here may follow it.
    fn expect(&mut self, sign: &str, fits: impl FnOnce(&Self) -> bool) -> Parsed<Token> {
        if self.is_sign(0, sign) {
            return Ok(self.take());
        }
        Err(self.wanted(sign, self.is_sign(1, sign), fits(self)))
    }

    fn expect_word(&mut self, word: &str, fits: impl FnOnce(&Self) -> bool) -> Parsed<Token> {
        if self.is_word(0, word) {
            return Ok(self.take());
        }
        Err(self.wanted(&word.to_ascii_uppercase(), self.is_word(1, word), fits(self)))
    }

    fn wanted(&self, wanted: &str, stands_behind: bool, fits: bool) -> Problem {
        let (at, shown) = (self.at(), self.shown(0));
        let is_end = self.token(0).kind == Kind::End;
        if stands_behind && !is_end {
            Problem::new(at, format!("Extra '{wanted}', at '{shown}'."))
        } else if fits && !is_end {
            Problem::new(at, format!("Missing '{wanted}' at '{shown}'"))
        } else {
            Problem::new(at, format!("Expecting '{wanted}' but was: '{shown}'"))
        }
    }

    /// Nothing may stand behind the unit.
    fn expect_end(&mut self) -> Parsed<()> {
        if self.token(0).kind == Kind::End {
            return self.hanging.take().map_or(Ok(()), Err);
        }
        Err(self.wanted("<EOF>", self.token(1).kind == Kind::End, true))
    }

    /// Reads something that can hold itself.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING_MAX {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let result = stacker::maybe_grow(STACK.0, STACK.1, || read(self));
        self.depth -= 1;
        result
    }

    fn too_deep(&mut self) -> Problem {
        self.certain = true;
        Problem::new(self.at(), format!("Nesting too deep: more than {NESTING_MAX} levels"))
    }
}
