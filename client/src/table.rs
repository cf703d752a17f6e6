//! Tables and cards of plain text.

use unicode_width::UnicodeWidthStr as _;

use crate::text::escape;

/// Widest cell; longer text is cut with an ellipsis. The last column is never cut.
const CELL_WIDTH_MAX: usize = 60;

/// A table under `headers`, two blanks between columns. Without rows only the headers show.
pub fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let last = row.len().saturating_sub(1);
            row.iter().enumerate().map(|(at, cell)| cut(&escape(cell), at == last)).collect()
        })
        .collect();
    let widths: Vec<usize> = headers
        .iter()
        .enumerate()
        .map(|(at, header)| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| cell.width())
                .max()
                .unwrap_or(0)
                .max(header.width())
        })
        .collect();
    let mut out = String::new();
    line(&mut out, headers.iter().copied(), &widths);
    for row in &rows {
        line(&mut out, row.iter().map(String::as_str), &widths);
    }
    out
}

/// `label: value` lines, values aligned; those without a value are left out.
pub fn card(fields: &[(&str, String)]) -> String {
    let width =
        fields.iter().filter(|(_, v)| !v.is_empty()).map(|(label, _)| label.width()).max().unwrap_or(0);
    let mut out = String::new();
    for (label, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let blanks = " ".repeat(width - label.width());
        out.push_str(&format!("{label}:{blanks} {}\n", escape(value)));
    }
    out
}

fn line<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>, widths: &[usize]) {
    let mut text = String::new();
    for (cell, width) in cells.zip(widths) {
        text.push_str(cell);
        text.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
    }
    out.push_str(text.trim_end());
    out.push('\n');
}

fn cut(cell: &str, last: bool) -> String {
    if last || cell.width() <= CELL_WIDTH_MAX {
        return cell.to_owned();
    }
    let mut out = String::new();
    for c in cell.chars() {
        if out.width() + c.to_string().width() >= CELL_WIDTH_MAX {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_what_a_terminal_shows() {
        let rows = [
            vec!["株式会社".to_owned(), "yes".to_owned(), "a".to_owned()],
            vec!["x".to_owned(), String::new(), String::new()],
            vec!["l".repeat(80), "yes".to_owned(), "z".repeat(70)],
        ];
        let text = table(&["NAME", "ON", "NOTE"], &rows);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], format!("NAME{}ON   NOTE", " ".repeat(58)));
        assert_eq!(lines[1], format!("株式会社{}yes  a", " ".repeat(54)));
        assert_eq!(lines[2], "x");
        assert_eq!(lines[3], format!("{}…  yes  {}", "l".repeat(59), "z".repeat(70)));
    }

    #[test]
    fn cards_leave_out_what_is_empty() {
        let text =
            card(&[("Name", "a".to_owned()), ("Settings", String::new()), ("Phase", "b\n".to_owned())]);
        assert_eq!(text, "Name:  a\nPhase: b\\n\n");
    }
}
