//! Numbers, booleans and mathematics.

mod decimal;
mod math;
#[cfg(test)]
mod tests;
mod whole;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = whole::definitions();
    all.extend(decimal::definitions());
    all.push(math::definition());
    all
}
