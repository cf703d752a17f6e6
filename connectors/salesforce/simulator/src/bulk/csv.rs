//! Comma-separated values as the Bulk APIs read and write them.

use std::borrow::Cow;

/// Cells of one row; no object has that many fields that can be written.
const CELLS_MAX: usize = 5_000;

/// What stands between the cells of a row and at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub delimiter: char,
    /// `\r\n` where it is true, else `\n`.
    pub crlf: bool,
}

impl Default for Format {
    fn default() -> Self {
        Self { delimiter: ',', crlf: false }
    }
}

/// Why a text is not CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CsvError {
    #[error("Invalid CSV file format. A quoted value is not closed")]
    Unclosed,
    #[error("Invalid CSV file format. Characters follow a closing quote")]
    AfterQuote,
    #[error("Invalid CSV file format. A row has more than {CELLS_MAX} values")]
    TooWide,
}

impl Format {
    /// What ends a line.
    pub(crate) fn line_end(self) -> &'static str {
        if self.crlf { "\r\n" } else { "\n" }
    }

    /// Writes a row, every cell in quotes.
    pub(crate) fn write<'a>(self, out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                out.push(self.delimiter);
            }
            out.push('"');
            out.push_str(&match cell.contains('"') {
                true => Cow::Owned(cell.replace('"', "\"\"")),
                false => Cow::Borrowed(cell),
            });
            out.push('"');
        }
        out.push_str(self.line_end());
    }

    /// Reads rows, one after the other. Lines may end either way; empty ones are skipped.
    pub(crate) fn rows(self, text: &str) -> Rows<'_> {
        Rows { rest: text.strip_prefix('\u{feff}').unwrap_or(text), delimiter: self.delimiter }
    }

    /// Whether the first line ends as the format has it; a text of one line without an end does.
    pub(crate) fn fits(self, text: &str) -> bool {
        text.find('\n').is_none_or(|at| text[..at].ends_with('\r') == self.crlf)
    }
}

/// The rows of a text.
pub(crate) struct Rows<'a> {
    rest: &'a str,
    delimiter: char,
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<String>, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = self.rest.trim_start_matches(['\r', '\n']);
        if self.rest.is_empty() {
            return None;
        }
        let row = self.row();
        if row.is_err() {
            self.rest = "";
        }
        Some(row)
    }
}

impl Rows<'_> {
    fn row(&mut self) -> Result<Vec<String>, CsvError> {
        let mut cells = Vec::new();
        loop {
            if cells.len() == CELLS_MAX {
                return Err(CsvError::TooWide);
            }
            let cell = match self.rest.strip_prefix('"') {
                Some(rest) => self.quoted(rest)?,
                None => self.plain(),
            };
            cells.push(cell);
            match self.rest.strip_prefix(self.delimiter) {
                Some(rest) => self.rest = rest,
                None => return Ok(cells),
            }
        }
    }

    fn plain(&mut self) -> String {
        let end = self.rest.find([self.delimiter, '\r', '\n']).unwrap_or(self.rest.len());
        let (cell, rest) = self.rest.split_at(end);
        self.rest = rest;
        cell.to_owned()
    }

    fn quoted(&mut self, mut rest: &str) -> Result<String, CsvError> {
        let mut cell = String::new();
        loop {
            let (before, after) = rest.split_once('"').ok_or(CsvError::Unclosed)?;
            cell.push_str(before);
            match after.strip_prefix('"') {
                Some(after) => {
                    cell.push('"');
                    rest = after;
                }
                None => {
                    if !(after.is_empty() || after.starts_with([self.delimiter, '\r', '\n'])) {
                        return Err(CsvError::AfterQuote);
                    }
                    self.rest = &self.rest[self.rest.len() - after.len()..];
                    return Ok(cell);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<String>>, CsvError> {
        Format::default().rows(text).collect()
    }

    #[test]
    fn quotes_hold_delimiters_lines_and_quotes() {
        let rows = read("\u{feff}Name,Note\r\n\"a, \"\"b\"\"\",\"two\nlines\"\r\n\nx,").expect("CSV");
        assert_eq!(rows, [vec!["Name", "Note"], vec!["a, \"b\"", "two\nlines"], vec!["x", ""]]);
        assert_eq!(read("a,\"b"), Err(CsvError::Unclosed));
        assert_eq!(read("\"a\"b"), Err(CsvError::AfterQuote));
    }

    #[test]
    fn line_ends_are_told_apart() {
        let lf = Format::default();
        assert!(lf.fits("a\nb\r\n") && lf.fits("a") && !lf.fits("a\r\nb"));
        assert!(Format { crlf: true, ..lf }.fits("a\r\nb"));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(
            rows in proptest::collection::vec(proptest::collection::vec("[a,;\"\r\n \u{e9}]{0,6}", 1..4), 0..5),
            crlf: bool,
            delimiter in prop::sample::select(vec![',', ';', '\t', '|', '^', '`']),
        ) {
            let format = Format { delimiter, crlf };
            let mut text = String::new();
            rows.iter().for_each(|row| format.write(&mut text, row.iter().map(String::as_str)));
            let read: Result<Vec<Vec<String>>, CsvError> = format.rows(&text).collect();
            prop_assert_eq!(read, Ok(rows));
        }

        #[test]
        fn any_text_ends(text in "[a,\"\r\n]{0,60}") {
            let _ = read(&text);
        }
    }
}
