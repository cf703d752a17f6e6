//! Which lines ran.

use crate::apex::program::UnitId;

/// How often each line of each unit ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// By unit, then by line.
    counts: Vec<Vec<u32>>,
}

/// Lines and units beyond these are not counted: no source is that long.
const BOUND: usize = 1_000_000;

impl Coverage {
    pub(super) fn hit(&mut self, unit: UnitId, line: u32) {
        let (unit, line) = (unit.0 as usize, line as usize);
        if unit >= BOUND || line >= BOUND {
            return;
        }
        if self.counts.len() <= unit {
            self.counts.resize_with(unit + 1, Vec::new);
        }
        let lines = &mut self.counts[unit];
        if lines.len() <= line {
            lines.resize(line + 1, 0);
        }
        lines[line] = lines[line].saturating_add(1);
    }

    /// How often a line ran.
    pub fn count(&self, unit: UnitId, line: u32) -> u32 {
        let lines = self.counts.get(unit.0 as usize);
        lines.and_then(|lines| lines.get(line as usize)).copied().unwrap_or_default()
    }

    /// Units of which a line ran.
    pub fn units(&self) -> impl Iterator<Item = UnitId> {
        let touched =
            self.counts.iter().enumerate().filter(|(_, lines)| lines.iter().any(|count| *count > 0));
        touched.filter_map(|(unit, _)| u32::try_from(unit).ok().map(UnitId))
    }

    /// Adds what another run covered.
    pub fn merge(&mut self, other: &Coverage) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize_with(other.counts.len(), Vec::new);
        }
        for (own, theirs) in self.counts.iter_mut().zip(&other.counts) {
            if own.len() < theirs.len() {
                own.resize(theirs.len(), 0);
            }
            for (own, theirs) in own.iter_mut().zip(theirs) {
                *own = own.saturating_add(*theirs);
            }
        }
    }
}
