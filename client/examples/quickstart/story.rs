//! How the story is told: numbered steps, who acts, what came back. Plain text; bold and colour on a terminal alone.

use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _, stdout};

use crate::failure::Failure;

const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "1;32";
const RED: &str = "1;31";

/// The teller.
pub struct Story {
    terminal: bool,
    step: Cell<u32>,
}

impl Story {
    pub fn new() -> Story {
        let terminal = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Story { terminal, step: Cell::new(0) }
    }

    pub fn title(&self, title: &str, below: &str) {
        self.line(&self.styled(BOLD, title));
        self.line(below);
    }

    /// Begins a step; `who` acts in it.
    pub fn step(&self, title: &str, who: &str) {
        self.step.set(self.step.get() + 1);
        self.line("");
        let number = format!("{:>2}. {title}", self.step.get());
        self.line(&format!("{}{}", self.styled(BOLD, &number), self.styled(DIM, &format!("  ({who})"))));
    }

    /// What came back.
    pub fn fact(&self, label: &str, value: &str) {
        self.line(&format!("    {} {}", self.styled(DIM, &format!("{label:<15}")), printable(value)));
    }

    /// What happens, in a sentence.
    pub fn say(&self, text: &str) {
        self.line(&format!("    {}", printable(text)));
    }

    /// Lines of a page or a list, set apart.
    pub fn quote(&self, lines: &[String]) {
        for line in lines {
            self.line(&format!("    {} {}", self.styled(DIM, "|"), printable(line)));
        }
    }

    /// What all of this was for.
    pub fn triumph(&self, text: &str) {
        self.line("");
        self.line(&format!("    {}", self.styled(GREEN, &printable(text))));
    }

    /// A sentence of its own.
    pub fn closing(&self, text: &str) {
        self.line("");
        self.line(text);
    }

    /// A line to be pasted, as it is.
    pub fn command(&self, line: &str) {
        self.line(&format!("  {line}"));
    }

    pub fn failure(&self, failure: &Failure) {
        let mut err = std::io::stderr();
        let red = std::io::stderr().is_terminal() && self.terminal;
        let word = if red { format!("\u{1b}[{RED}merror\u{1b}[0m") } else { "error".to_owned() };
        let _ = writeln!(err, "\n{word}: {}: {}", failure.reason, printable(&failure.message));
        for detail in &failure.details {
            let _ = writeln!(err, "  {}", printable(detail));
        }
    }

    fn styled(&self, style: &str, text: &str) -> String {
        if self.terminal { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A reader that leaves (`| head`) does not matter: the way is walked all the same.
    fn line(&self, line: &str) {
        let _ = writeln!(stdout(), "{line}");
    }
}

/// What other systems say must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
