//! `String`.

mod build;
mod change;
mod characters;
mod entities;
mod escape;
mod find;
mod format;
mod kinds;
mod parts;
mod split;
#[cfg(test)]
mod tests;

use super::args;
use super::super::define::Definition;

pub(super) use split::list;

pub(super) fn definition() -> Definition {
    let parts: [fn(Definition) -> Definition; 8] = [
        build::methods,
        change::methods,
        characters::methods,
        escape::methods,
        find::methods,
        kinds::methods,
        parts::methods,
        split::methods,
    ];
    parts.into_iter().fold(Definition::class("String"), |definition, add| add(definition))
}
