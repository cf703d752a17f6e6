//! Cutting what is lacking into deployments that Salesforce takes.

use crate::render::Rendered;

/// What one deployment may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    files: usize,
    /// Of the files before they are packed: a zip is never larger.
    bytes: usize,
    /// Classes and triggers.
    code_units: usize,
}

/// Salesforce's own limits; the manifest is a file too.
pub(super) const LIMITS: Limits = Limits { files: 10_000 - 1, bytes: 39_000_000, code_units: 7_500 };

/// Of components that come together, as many from the front as fit; at least one, and what is left.
pub(super) fn cut<'g, 'r>(groups: &'g [Group<'r>], limits: Limits) -> (&'g [Group<'r>], &'g [Group<'r>]) {
    let (mut files, mut bytes, mut units) = (0, 0, 0);
    let mut fitting = 0;
    for group in groups {
        for component in &group.components {
            // The source and its meta file.
            files += 2;
            bytes += component.bytes();
            units += 1;
        }
        if fitting > 0 && (files > limits.files || bytes > limits.bytes || units > limits.code_units) {
            break;
        }
        fitting += 1;
    }
    groups.split_at(fitting)
}

/// The trigger of an object and its test: one goes with the other, so that it is covered.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    /// Absent for what all tests share.
    pub object: Option<&'a str>,
    pub components: Vec<&'a Rendered>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Content;

    fn rendered(count: usize) -> Vec<Rendered> {
        let one = |index| Rendered {
            kind: "ApexTrigger",
            full_name: format!("CAS_{index}"),
            content: Content::Apex { body: "x".repeat(100), meta: String::new() },
        };
        (0..count).map(one).collect()
    }

    fn sizes(count: usize, limits: Limits) -> Vec<usize> {
        let all = rendered(count * 2);
        let groups: Vec<Group<'_>> = all
            .chunks(2)
            .map(|pair| Group { object: Some("X"), components: pair.iter().collect() })
            .collect();
        let (mut rest, mut sizes) = (groups.as_slice(), Vec::new());
        while !rest.is_empty() {
            let (batch, left) = cut(rest, limits);
            sizes.push(batch.len());
            rest = left;
        }
        sizes
    }

    #[test]
    fn each_limit_cuts() {
        assert_eq!(sizes(3, LIMITS), [3]);
        assert_eq!(sizes(5000, LIMITS), [2499, 2499, 2]);
        assert_eq!(sizes(5, Limits { code_units: 4, ..LIMITS }), [2, 2, 1]);
        assert_eq!(sizes(5, Limits { bytes: 620, ..LIMITS }), [2, 2, 1]);
        assert_eq!(sizes(2, Limits { files: 1, ..LIMITS }), [1, 1], "nothing stays behind for ever");
        assert!(sizes(0, LIMITS).is_empty());
    }
}
