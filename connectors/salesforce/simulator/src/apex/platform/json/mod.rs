//! JSON.

mod deserialize;
mod generator;
mod parser;
mod record;
mod serialize;
mod statics;
#[cfg(test)]
mod tests;
mod token;
mod writer;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = statics::definitions();
    all.extend(generator::definitions());
    all.extend(parser::definitions());
    all
}
