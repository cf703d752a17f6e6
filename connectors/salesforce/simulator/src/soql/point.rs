//! Where in a query something is wrong, in Salesforce's way to show it.

use crate::surface::ApiError;

/// Characters shown before and behind the place.
const BEFORE: usize = 40;
const BEHIND: usize = 40;

/// What the reader of a query complains about; always `MALFORMED_QUERY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub message: String,
}

impl Problem {
    /// A character that begins no token.
    pub(super) fn character(text: &str, at: usize) -> Self {
        let (row, column, _) = place(text, at);
        let letter = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
        Self { message: format!("line {row}:{column} no viable alternative at character '{letter}'") }
    }

    /// A text whose quote is not closed.
    pub(super) fn unclosed(text: &str) -> Self {
        let (row, column, _) = place(text, text.len());
        Self { message: format!("line {row}:{column} mismatched character '<EOF>' expecting '''") }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::bad("MALFORMED_QUERY", problem.message)
    }
}

/// Row from 1, column from 0 and the byte where the row begins.
fn place(text: &str, at: usize) -> (usize, usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count(), start)
}

/// A message with the line it is about, a mark below the place, and row and column.
pub(crate) fn pointing(text: &str, at: usize, message: &str) -> String {
    let (row, column, start) = place(text, at);
    let line: Vec<char> = text[start..].lines().next().unwrap_or_default().chars().collect();
    // Long lines are shown around the place only, from the beginning of a word.
    let mut from = column.saturating_sub(BEFORE).min(line.len());
    if from > 0 {
        from += line[from..column.min(line.len())]
            .iter()
            .position(|letter| *letter == ' ')
            .map_or(0, |space| space + 1);
    }
    let shown: String = line[from..line.len().min(column + BEHIND)].iter().collect();
    format!("\n{shown}\n{}^\nERROR at Row:{row}:Column:{}\n{message}", " ".repeat(column - from), column + 1)
}

pub(crate) fn malformed(text: &str, at: usize, message: &str) -> ApiError {
    ApiError::bad("MALFORMED_QUERY", pointing(text, at, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_below_the_place() {
        let text = "SELECT Nope FROM Account";
        assert_eq!(
            pointing(text, 7, "m"),
            "\nSELECT Nope FROM Account\n       ^\nERROR at Row:1:Column:8\nm"
        );
        let long = format!("SELECT {} Nope FROM Account", "Name, ".repeat(40));
        let shown = pointing(&long, long.find("Nope").unwrap_or_default(), "m");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1].chars().nth(lines[2].find('^').unwrap_or_default()), Some('N'), "{shown}");
        assert!(lines[1].starts_with("Name,") && lines[1].len() < 90, "{shown}");
        assert!(
            pointing("SELECT Id\nFROM X", 15, "m").contains("\nFROM X\n     ^\nERROR at Row:2:Column:6\n")
        );
    }

    proptest::proptest! {
        #[test]
        fn no_place_breaks_it(text in "\\PC{0,120}", at in 0_usize..200) {
            let _ = pointing(&text, at, "m");
        }
    }
}
