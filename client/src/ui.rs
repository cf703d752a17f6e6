//! What goes to the terminal: data to stdout, messages to stderr.

use std::io::{self, IsTerminal as _, Write as _};

use crate::args::OutputFormat;
use crate::command_error::CommandError;
use crate::json::{self, Described};
use crate::table;
use crate::text::escape_json;

/// The way out for everything that a command prints.
#[derive(Debug, Clone)]
pub struct Ui {
    format: OutputFormat,
}

impl Ui {
    pub fn new(format: OutputFormat) -> Ui {
        Ui { format }
    }

    /// A message: its JSON, or the text that `text` makes of it.
    pub fn show<M: Described>(
        &self,
        message: &M,
        text: impl FnOnce(&M) -> String,
    ) -> Result<(), CommandError> {
        match self.format {
            OutputFormat::Json => self.json(&json::to_value(message)?),
            OutputFormat::Table => self.data(&text(message)),
        }
    }

    /// One message of an endless row: JSON on one line, or the text that `text` makes of it.
    pub fn show_line<M: Described>(
        &self,
        message: &M,
        text: impl FnOnce(&M) -> String,
    ) -> Result<(), CommandError> {
        match self.format {
            OutputFormat::Json => {
                self.data(&format!("{}\n", escape_json(&json::to_value(message)?.to_string())))
            }
            OutputFormat::Table => self.data(&text(message)),
        }
    }

    /// A list: its JSON, or a table with a row per item. `next_page_token` tells when the limit cut it.
    pub fn list<M: Described>(
        &self,
        answer: &M,
        next_page_token: &str,
        headers: &[&str],
        rows: impl FnOnce(&M) -> Vec<Vec<String>>,
    ) -> Result<(), CommandError> {
        self.show(answer, |answer| table::table(headers, &rows(answer)))?;
        if !next_page_token.is_empty() {
            self.note("note: there are more; --limit sets how many are listed, --filter which ones");
        }
        Ok(())
    }

    /// Text that is needed before the answer is there. JSON output is one message alone, so there it goes to stderr.
    pub fn early(&self, line: &str) -> Result<(), CommandError> {
        match self.format {
            OutputFormat::Json => {
                self.note(line);
                Ok(())
            }
            OutputFormat::Table => self.data(&format!("{line}\n")),
        }
    }

    /// That something without an answer was done.
    pub fn done(&self, text: &str) -> Result<(), CommandError> {
        self.note(text);
        match self.format {
            OutputFormat::Json => self.data("{}\n"),
            OutputFormat::Table => Ok(()),
        }
    }

    /// Text to stdout, at once.
    pub fn data(&self, text: &str) -> Result<(), CommandError> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    }

    /// A line to stderr, safe already. Nobody can be told that telling failed.
    pub fn note(&self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// An error with what belongs to it.
    pub fn error(&self, error: &CommandError) {
        for line in error.lines() {
            self.note(&line);
        }
    }

    /// Asks on the terminal; `None` when there is none to ask on.
    pub async fn confirm(&self, question: &str) -> Result<Option<bool>, CommandError> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(None);
        }
        write!(io::stderr(), "{question} [y/N] ")?;
        io::stderr().flush()?;
        // Reading blocks and cannot be broken off; Ctrl-C ends the process around it.
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|_| line)
        });
        let line = answer.await.map_err(io::Error::other)??;
        Ok(Some(matches!(line.trim().to_lowercase().as_str(), "y" | "yes")))
    }

    fn json(&self, value: &serde_json::Value) -> Result<(), CommandError> {
        self.data(&format!("{}\n", escape_json(&format!("{value:#}"))))
    }
}
