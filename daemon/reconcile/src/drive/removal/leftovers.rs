//! What stays in the organisation, as far as a record has room for it.

use provision_core::component::Component;
use provision_core::operation::Leftover;

/// Bytes of the leftovers that an operation keeps; its record has 64 KiB for everything.
const BYTES_MAX: usize = 16 * 1024;
/// Characters of a reason.
const REASON_MAX: usize = 400;
/// The kind of the entry that stands for those there was no room for.
const MORE: &str = "more";

/// Each once, the later word counts, and as many as there is room for; an entry of its own counts the others.
pub(super) fn joined(known: &[Leftover], fresh: &[Leftover]) -> Vec<Leftover> {
    let mut all: Vec<Leftover> = Vec::with_capacity(known.len() + fresh.len());
    let mut left_out = 0;
    let mut room = BYTES_MAX;
    let same = |a: &Leftover, b: &Leftover| a.kind == b.kind && a.full_name == b.full_name;
    for leftover in fresh.iter().chain(known.iter().filter(|k| !fresh.iter().any(|f| same(f, k)))) {
        if leftover.kind == MORE {
            left_out += leftover.full_name.parse::<u64>().unwrap_or(0);
            continue;
        }
        if all.iter().any(|other| same(other, leftover)) {
            continue;
        }
        let mut leftover = leftover.clone();
        leftover.reason = leftover.reason.chars().take(REASON_MAX).collect();
        let size = leftover.kind.len()
            + leftover.full_name.len()
            + leftover.reason.len()
            + leftover.link.as_ref().map_or(0, String::len);
        if size > room {
            left_out += 1;
            continue;
        }
        room -= size;
        all.push(leftover);
    }
    if left_out > 0 {
        all.push(Leftover {
            kind: MORE.to_owned(),
            full_name: left_out.to_string(),
            reason: "as many more stay; the account's components list them".to_owned(),
            link: None,
        });
    }
    all
}

/// How many there are, those without an entry of their own included.
pub(in crate::drive) fn count(leftovers: &[Leftover]) -> u64 {
    leftovers.iter().map(|l| if l.kind == MORE { l.full_name.parse().unwrap_or(1) } else { 1 }).sum()
}

/// Components that stay, all for the same reason.
pub(super) fn of_components(components: &[Component], reason: &str) -> Vec<Leftover> {
    let leftover = |component: &Component| Leftover {
        kind: component.kind.clone(),
        full_name: component.full_name.clone(),
        reason: reason.to_owned(),
        link: None,
    };
    components.iter().map(leftover).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leftover(name: &str, reason: &str) -> Leftover {
        Leftover { kind: "Thing".into(), full_name: name.into(), reason: reason.into(), link: None }
    }

    #[test]
    fn each_counts_once_and_the_later_word_stands() {
        let joined = joined(&[leftover("a", "old"), leftover("b", "old")], &[leftover("a", "new")]);
        assert_eq!(joined, [leftover("a", "new"), leftover("b", "old")]);
        assert_eq!(count(&joined), 2);
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let many: Vec<_> = (0..1_000).map(|n| leftover(&format!("name-{n}"), &"r".repeat(100))).collect();
        let first = joined(&[], &many);
        assert!(first.len() < 200, "{}", first.len());
        assert_eq!(count(&first), 1_000);
        assert_eq!(count(&joined(&first, &[leftover("another", "")])), 1_001);
    }
}
