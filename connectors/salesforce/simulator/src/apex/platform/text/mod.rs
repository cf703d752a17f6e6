//! Strings, patterns, ids as text, blobs, URLs.

pub(super) mod args;
pub(super) mod blob;
mod id;
mod pattern;
mod regex;
mod string;
mod units;
mod url;

use self::string::list as string_list;
use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = vec![string::definition(), id::definition(), blob::definition(), url::definition()];
    all.extend(pattern::definitions());
    all
}
