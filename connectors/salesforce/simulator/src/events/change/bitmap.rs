//! Sets of columns as change events carry them: a hexadecimal number whose bit *n* stands for column *n*.

use std::collections::BTreeSet;

/// Columns of a schema, and columns inside compound columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// Positions of plain columns.
    pub(super) plain: BTreeSet<usize>,
    /// Positions of compound columns with one inside.
    pub(super) nested: BTreeSet<(usize, usize)>,
}

impl Columns {
    /// The texts of the event's header: the plain columns first, even when only compound ones changed, then one text
    /// for each compound column. Empty when nothing is in the set.
    pub(super) fn texts(&self) -> Vec<String> {
        if self.plain.is_empty() && self.nested.is_empty() {
            return Vec::new();
        }
        let mut texts = vec![hex(&self.plain)];
        let parents: BTreeSet<usize> = self.nested.iter().map(|(parent, _)| *parent).collect();
        for parent in parents {
            let inside = self.nested.iter().filter(|(of, _)| *of == parent).map(|(_, at)| *at).collect();
            texts.push(format!("{parent}-{}", hex(&inside)));
        }
        texts
    }
}

/// Whole bytes, the highest first, in capitals.
fn hex(bits: &BTreeSet<usize>) -> String {
    let mut bytes = vec![0u8; bits.last().map_or(0, |last| last / 8) + 1];
    for bit in bits {
        bytes[bit / 8] |= 1 << (bit % 8);
    }
    bytes.iter().rev().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02X}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_guide_writes_them() {
        let columns =
            Columns { plain: [5, 6, 7, 10, 24, 26, 29, 30].into(), nested: [(4, 4), (7, 1), (7, 2)].into() };
        assert_eq!(columns.texts(), ["0x650004E0", "4-0x10", "7-0x06"]);
        assert_eq!(Columns::default().texts(), Vec::<String>::new());
        let nested = Columns { nested: [(4, 0)].into(), ..Columns::default() };
        assert_eq!(nested.texts(), ["0x00", "4-0x01"]);
    }
}
