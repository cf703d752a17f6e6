//! Numbers, booleans and mathematics.

mod decimal;
mod math;
mod whole;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = whole::definitions();
    all.extend(decimal::definitions());
    all.push(math::definition());
    all
}
