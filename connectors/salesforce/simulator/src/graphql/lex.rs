//! GraphQL's words and signs.

use super::GraphError;

/// Bytes of a document.
const BYTES_MAX: usize = 100_000;

/// A word, a sign, a number or a text, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: (usize, usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Name(String),
    Text(String),
    Number(serde_json::Number),
    /// `{ } ( ) [ ] : = ! $ @ |`, and `…` for `...`.
    Sign(char),
    End,
}

impl Kind {
    /// As an error names it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Name(text) => text.clone(),
            Self::Text(text) => format!("\"{text}\""),
            Self::Number(number) => number.to_string(),
            Self::Sign('…') => "...".to_owned(),
            Self::Sign(sign) => sign.to_string(),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

/// All tokens of a document; the last is [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, GraphError> {
    if text.len() > BYTES_MAX {
        return Err(GraphError::syntax(format!("The document exceeds {BYTES_MAX} bytes"), (1, 1)));
    }
    let mut lexer = Lexer { letters: text.chars().collect(), at: 0, line: 1, column: 1 };
    let mut tokens = Vec::new();
    loop {
        lexer.blank();
        let at = (lexer.line, lexer.column);
        let kind = lexer.next(at)?;
        let end = kind == Kind::End;
        tokens.push(Token { kind, at });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer {
    letters: Vec<char>,
    at: usize,
    line: usize,
    column: usize,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        if letter == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(letter)
    }

    fn skip(&mut self, letters: usize) {
        for _ in 0..letters {
            self.take();
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(letter) = self.peek().filter(|letter| wanted(*letter)) {
            taken.push(letter);
            self.take();
        }
        taken
    }

    fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, letter)| self.letters.get(self.at + ahead) == Some(&letter))
    }

    /// Blanks, commas and comments mean nothing.
    fn blank(&mut self) {
        while let Some(letter) = self.peek() {
            match letter {
                '#' => drop(self.take_while(|letter| letter != '\n')),
                ',' | '\u{feff}' => self.skip(1),
                letter if letter.is_whitespace() => self.skip(1),
                _ => return,
            }
        }
    }

    fn next(&mut self, at: (usize, usize)) -> Result<Kind, GraphError> {
        let Some(letter) = self.peek() else { return Ok(Kind::End) };
        if letter.is_ascii_alphabetic() || letter == '_' {
            return Ok(Kind::Name(self.take_while(|letter| letter.is_ascii_alphanumeric() || letter == '_')));
        }
        if letter.is_ascii_digit() || letter == '-' {
            let text = self.take_while(|letter| letter.is_ascii_digit() || "+-.eE".contains(letter));
            let number = serde_json::from_str(&text).map_err(|_| offending(&text, at))?;
            return Ok(Kind::Number(number));
        }
        if self.starts("...") {
            self.skip(3);
            return Ok(Kind::Sign('…'));
        }
        if self.starts("\"\"\"") {
            return self.block(at);
        }
        if letter == '"' {
            return self.text(at);
        }
        self.take();
        if "{}()[]:=!$@|".contains(letter) {
            Ok(Kind::Sign(letter))
        } else {
            Err(offending(&letter.to_string(), at))
        }
    }

    fn text(&mut self, at: (usize, usize)) -> Result<Kind, GraphError> {
        self.take();
        // As JSON has it.
        let mut raw = "\"".to_owned();
        loop {
            match self.take() {
                Some('"') => break,
                Some('\\') => raw.extend(['\\'].into_iter().chain(self.take())),
                Some('\n') | None => return Err(offending("\"", at)),
                Some(letter) => raw.push(letter),
            }
        }
        raw.push('"');
        serde_json::from_str(&raw).map(Kind::Text).map_err(|_| offending(&raw, at))
    }

    /// A text over several lines; how far it is moved in means nothing.
    fn block(&mut self, at: (usize, usize)) -> Result<Kind, GraphError> {
        self.skip(3);
        let mut raw = String::new();
        while !self.starts("\"\"\"") {
            raw.push(self.take().ok_or_else(|| offending("\"\"\"", at))?);
        }
        self.skip(3);
        let lines: Vec<&str> = raw.lines().map(str::trim).collect();
        Ok(Kind::Text(lines.join("\n").trim().to_owned()))
    }
}

/// What is said of a token that does not fit.
pub(super) fn offending(token: &str, at: (usize, usize)) -> GraphError {
    let message = format!("Invalid Syntax : offending token '{token}' at line {} column {}", at.0, at.1);
    GraphError::syntax(message, at)
}
