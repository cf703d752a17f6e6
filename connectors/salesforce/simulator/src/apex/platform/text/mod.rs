//! Strings, patterns, ids as text, blobs, URLs.

mod blob;
mod change;
mod escape;
mod id;
mod kinds;
mod make;
mod part;
mod pattern;
mod regex;
mod search;
#[cfg(test)]
pub(super) mod tests;
mod units;
mod url;
mod uuid;

pub(super) use blob::bytes;
pub(super) use units::room;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let text = Definition::class("String").below("Object");
    let text = escape::add(kinds::add(make::add(change::add(part::add(search::add(text))))));
    let mut all = vec![text];
    all.extend(blob::definitions());
    all.extend(id::definitions());
    all.extend(pattern::definitions());
    all.extend(uuid::definitions());
    all.extend(url::definitions());
    all
}
