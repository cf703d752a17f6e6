//! Digests, encodings, random numbers.

mod digest;
mod encoding;
#[cfg(test)]
mod tests;

pub(super) use encoding::decoded;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = digest::definitions();
    all.extend(encoding::definitions());
    all
}
