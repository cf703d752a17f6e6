//! Writing JSON, on one line or for people to read.

use std::fmt::Write;

/// Writes what it is told in order; that it makes sense is up to the caller.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub text: String,
    pretty: bool,
    /// Whether it is an object, and how much is in it.
    open: Vec<(bool, usize)>,
}

impl Writer {
    pub(super) fn new(pretty: bool) -> Self {
        Self { pretty, ..Self::default() }
    }

    /// Whether a name has to come next: in an object, behind a value.
    pub(super) fn in_object(&self) -> bool {
        self.open.last().is_some_and(|(object, _)| *object)
    }

    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn before(&mut self) {
        if let Some((false, count)) = self.open.last_mut() {
            if *count > 0 {
                self.text.push(',');
            }
            if self.pretty {
                self.text.push(' ');
            }
            *count += 1;
        }
    }

    fn line(&mut self, level: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", level));
    }

    fn level(&self) -> usize {
        self.open.iter().filter(|(object, _)| *object).count()
    }

    pub(super) fn start(&mut self, object: bool) {
        self.before();
        self.open.push((object, 0));
        self.text.push(if object { '{' } else { '[' });
    }

    pub(super) fn end(&mut self) {
        let Some((object, count)) = self.open.pop() else { return };
        if self.pretty {
            if object && count > 0 {
                let level = self.level();
                self.line(level);
            } else {
                self.text.push(' ');
            }
        }
        self.text.push(if object { '}' } else { ']' });
    }

    pub(super) fn name(&mut self, name: &str) {
        let level = self.level();
        if let Some((true, count)) = self.open.last_mut() {
            if *count > 0 {
                self.text.push(',');
            }
            *count += 1;
        }
        if self.pretty {
            self.line(level);
        }
        quote(name, &mut self.text);
        self.text.push_str(if self.pretty { " : " } else { ":" });
    }

    /// A number, a truth or null as it is written.
    pub(super) fn plain(&mut self, text: &str) {
        self.before();
        self.text.push_str(text);
    }

    pub(super) fn string(&mut self, text: &str) {
        self.before();
        quote(text, &mut self.text);
    }
}

fn quote(text: &str, into: &mut String) {
    into.push('"');
    for character in text.chars() {
        match character {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            '\u{8}' => into.push_str("\\b"),
            '\u{C}' => into.push_str("\\f"),
            control if control < ' ' => {
                let _ = write!(into, "\\u{:04X}", u32::from(control));
            }
            other => into.push(other),
        }
    }
    into.push('"');
}
