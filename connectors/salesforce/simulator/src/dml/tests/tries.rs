use super::support::*;
use crate::dml::RowError;
use crate::dml::save::{Work, tries};

fn works(count: usize) -> Vec<Work> {
    (0..count).map(|at| Work::new(at, None)).collect()
}

fn refuse(works: &mut [Work], at: usize) {
    works.iter_mut().filter(|work| work.at == at).for_each(|work| work.errors.push(RowError::new("X", "x")));
}

#[test]
fn good_rows_are_tried_again_without_the_bad_ones() {
    let org = org();
    let mut tx = begin(&org);
    let mut seen = Vec::new();
    let done = tries(&mut tx, works(4), PARTIAL, |_, works| {
        seen.push(works.iter().map(|work| work.at).collect::<Vec<_>>());
        // The second fails at once, the third when it is alone with the others.
        if works.len() == 4 {
            refuse(works, 1)
        } else {
            refuse(works, 2)
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, [vec![0, 1, 2, 3], vec![0, 2, 3], vec![0, 3]]);
    let failed: Vec<_> = done.iter().filter(|work| !work.errors.is_empty()).map(|work| work.at).collect();
    assert_eq!(failed, [1, 2]);
}

#[test]
fn a_chunk_that_never_settles_is_given_up() {
    let org = org();
    let mut tx = begin(&org);
    let mut tried = 0;
    let done = tries(&mut tx, works(10), PARTIAL, |_, works| {
        tried += 1;
        let last = works.last().map_or(0, |work| work.at);
        refuse(works, last);
        Ok(())
    })
    .unwrap();
    let words = "Too many batch retries in the presence of Apex triggers and partial failures.";
    let given_up = done.iter().filter(|work| work.errors.iter().any(|error| error.message == words));
    assert_eq!((tried, given_up.count()), (3, 7));
}

#[test]
fn all_or_none_is_tried_once() {
    let org = org();
    let mut tx = begin(&org);
    let mut tried = 0;
    let done = tries(&mut tx, works(3), SYSTEM, |_, works| {
        tried += 1;
        refuse(works, 0);
        Ok(())
    })
    .unwrap();
    assert_eq!((tried, done.iter().filter(|work| work.errors.is_empty()).count()), (1, 2));
}
