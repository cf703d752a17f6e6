//! Spreads a chosen number of object permissions over profiles and permission sets, the same for the same seed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::access::{ObjectAccess, PermissionSet};
use super::id::{Id, mix};

/// Gives the sets exactly `total` rows on `objects`, `core` objects first; answers how many there can be at most where
/// that is fewer. What the sets held on every built-in object is gone afterwards.
pub(super) fn spread(
    sets: &mut BTreeMap<Id, Arc<PermissionSet>>,
    core: &[&str],
    objects: &[&str],
    total: usize,
    seed: u64,
) -> Result<(), usize> {
    let most = sets.len() * objects.len();
    if total > most {
        return Err(most);
    }
    let mut left = total;
    for set in sets.values_mut() {
        let set = Arc::make_mut(set);
        let usual = std::mem::take(&mut set.built_in_objects);
        if usual != ObjectAccess::default() {
            let names = core.iter().take(left);
            set.objects.extend(names.map(|name| ((*name).to_owned(), usual)));
            left -= set.objects.len();
        }
    }
    let number = sets.len();
    while left > 0 {
        for (at, set) in sets.values_mut().enumerate() {
            let share = left.div_ceil(number - at).min(objects.len() - set.objects.len());
            fill(Arc::make_mut(set), objects, share, mix(seed ^ at as u64));
            left -= share;
        }
    }
    Ok(())
}

/// Adds `count` rows that the set does not have, striding over all objects.
fn fill(set: &mut PermissionSet, objects: &[&str], count: usize, choice: u64) {
    let size = objects.len();
    let mut step = (choice as usize % size) | 1;
    while gcd(step, size) != 1 {
        step += 1;
    }
    let mut at = (choice >> 24) as usize % size;
    let mut missing = count;
    while missing > 0 {
        let name = objects[at];
        if !set.objects.contains_key(name) {
            let access = access(set, mix(choice ^ at as u64));
            set.objects.insert(name.to_owned(), access);
            missing -= 1;
        }
        at = (at + step) % size;
    }
}

fn access(set: &PermissionSet, choice: u64) -> ObjectAccess {
    if set.permissions.contains("ModifyAllData") {
        return ObjectAccess::FULL;
    }
    match choice % 8 {
        0..=3 => ObjectAccess::READ,
        4..=5 => ObjectAccess { create: true, edit: true, ..ObjectAccess::READ },
        6 => ObjectAccess::CRUD,
        _ => ObjectAccess { view_all: true, ..ObjectAccess::READ },
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn exactly_as_many_rows_as_asked_for(sets in 1usize..12, objects in 1usize..60, share in 0.0f64..=1.0, seed: u64) {
            let names: Vec<String> = (0..objects).map(|at| format!("O{at}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let total = ((sets * objects) as f64 * share) as usize;
            let make = || {
                let sets = (0..sets).map(|at| {
                    let id = Id::derived("0PS", &[&at.to_string()]);
                    let mut set = PermissionSet::new(id, "S", "S");
                    if at % 2 == 0 {
                        set.built_in_objects = ObjectAccess::CRUD;
                    }
                    (id, Arc::new(set))
                });
                sets.collect::<BTreeMap<_, _>>()
            };
            let (mut a, mut b) = (make(), make());
            let core = &names[..objects.min(7)];
            prop_assert_eq!(spread(&mut a, core, &names, total, seed), Ok(()));
            prop_assert_eq!(a.values().map(|set| set.objects.len()).sum::<usize>(), total);
            prop_assert_eq!(spread(&mut b, core, &names, total, seed), Ok(()));
            prop_assert_eq!(a, b);
            prop_assert_eq!(spread(&mut make(), core, &names, sets * objects + 1, seed), Err(sets * objects));
        }
    }
}
