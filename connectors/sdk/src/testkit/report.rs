//! How the cases came out.

use std::fmt;

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What the daemon relies on.
    pub name: &'static str,
    pub outcome: Outcome,
}

/// How a case came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Kept,
    Broken(String),
    /// Does not apply: the connector or the world lacks what it needs.
    Skipped(&'static str),
}

/// All cases that were run. After one that others stand on, those are not run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub cases: Vec<Case>,
}

impl Report {
    /// The cases that were broken.
    pub fn broken(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Broken(_)))
    }

    /// Panics with the report if a case was broken.
    pub fn assert_kept(&self) {
        assert!(self.broken().next().is_none(), "the contract is broken:\n{self}");
    }

    /// Adds a case; `false` where it was broken.
    pub(super) fn add(&mut self, name: &'static str, outcome: Result<Option<&'static str>, String>) -> bool {
        let outcome = match outcome {
            Ok(None) => Outcome::Kept,
            Ok(Some(why)) => Outcome::Skipped(why),
            Err(how) => Outcome::Broken(how),
        };
        let kept = !matches!(outcome, Outcome::Broken(_));
        self.cases.push(Case { name, outcome });
        kept
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            match &case.outcome {
                Outcome::Kept => writeln!(f, "kept     {}", case.name)?,
                Outcome::Skipped(why) => writeln!(f, "skipped  {} ({why})", case.name)?,
                Outcome::Broken(how) => writeln!(f, "BROKEN   {}: {how}", case.name)?,
            }
        }
        Ok(())
    }
}
