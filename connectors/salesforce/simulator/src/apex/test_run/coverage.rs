//! Which lines of which units a run covered.

use crate::apex::program::{Program, UnitId};
use crate::apex::run::Coverage;
use crate::org::Id;

/// How far a class or trigger is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitCoverage {
    pub id: Id,
    pub name: String,
    pub is_trigger: bool,
    /// Lines that a test can cover, ascending.
    pub lines: Vec<u32>,
    /// Those that no test did, ascending.
    pub uncovered: Vec<u32>,
}

impl UnitCoverage {
    /// Whole percent, rounded down; of nothing, all.
    pub fn percent(&self) -> u32 {
        percent(self.covered(), self.count())
    }

    /// How many lines a test can cover.
    pub fn count(&self) -> u32 {
        self.lines.len() as u32
    }

    /// How many lines a test did cover.
    pub fn covered(&self) -> u32 {
        self.count().saturating_sub(self.uncovered.len() as u32)
    }

    /// Lines that a test did cover.
    pub fn covered_lines(&self) -> impl Iterator<Item = u32> {
        self.lines.iter().copied().filter(|line| self.uncovered.binary_search(line).is_err())
    }

    /// Takes over what another run covered of the same source.
    pub fn join(&mut self, other: &Self) {
        self.uncovered.retain(|line| other.uncovered.binary_search(line).is_ok());
    }
}

/// Of all lines of all units, in whole percent.
pub(crate) fn average<'a>(units: impl Iterator<Item = &'a UnitCoverage>) -> u32 {
    let (covered, lines) =
        units.fold((0, 0), |(covered, lines), unit| (covered + unit.covered(), lines + unit.count()));
    percent(covered, lines)
}

/// Whole percent, rounded down; of nothing, all.
fn percent(covered: u32, lines: u32) -> u32 {
    (u64::from(covered) * 100).checked_div(u64::from(lines)).map_or(100, |percent| percent as u32)
}

/// All units of the org's own that tests can cover, by name, classes first.
pub(super) fn units(program: &Program, covered: &Coverage) -> Vec<UnitCoverage> {
    let all = (0..program.units.len()).filter_map(|at| u32::try_from(at).ok());
    told(program, covered, all.map(UnitId))
}

/// As [`units`], of those alone that one run touched.
pub(super) fn touched(program: &Program, covered: &Coverage) -> Vec<UnitCoverage> {
    told(program, covered, covered.units())
}

fn told(program: &Program, covered: &Coverage, units: impl Iterator<Item = UnitId>) -> Vec<UnitCoverage> {
    let all = units.filter_map(|at| {
        let unit = program.unit(at);
        let id = unit.id.filter(|_| unit.namespace.is_none())?;
        let lines = program.lines(at);
        if lines.is_empty() {
            return None;
        }
        let missed = lines.iter().copied().filter(|line| covered.count(at, *line) == 0);
        Some(UnitCoverage {
            id,
            name: unit.name.to_string(),
            is_trigger: unit.is_trigger,
            lines: lines.to_vec(),
            uncovered: missed.collect(),
        })
    });
    let mut all: Vec<UnitCoverage> = all.collect();
    all.sort_by_key(|unit| (unit.is_trigger, unit.name.to_lowercase()));
    all
}
