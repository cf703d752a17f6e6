//! Describes as bytes, kept for whoever sees the same again.
//!
//! A describe depends on the schema and on the caller's permission sets alone. In an org of thousands of objects most
//! of its cost is in counting rights together, writing JSON and packing it; clients ask for the same again and again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Global, ObjectFacts, Style};
use crate::org::{Metadata, ObjectType, PermissionSet, Rights};

/// Bytes that are kept in all.
const KEPT_MAX: usize = 32 << 20;
/// A larger answer is not kept.
const PAGE_MAX: usize = 8 << 20;

/// An answer that is ready to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// Changes with the text; that of the global describe with every change of the schema.
    pub etag: String,
    /// JSON, packed as asked.
    pub body: Bytes,
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Packing {
    Plain,
    Gzip,
}

/// What was rendered before, within [`KEPT_MAX`]; what was not asked for the longest goes first.
#[derive(Debug, Default)]
pub(crate) struct Rendered(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    pages: HashMap<Key, Kept>,
    bytes: usize,
    clock: u64,
    /// Of the schema that all pages show.
    revision: (u64, i64),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// In lower case; none for the global describe.
    object: Option<String>,
    version: u32,
    tooling: bool,
    base: String,
    packing: Packing,
    reach: u8,
    /// Addresses of the caller's sets, which `Kept` holds on to.
    sets: Vec<usize>,
}

#[derive(Debug)]
struct Kept {
    page: Page,
    used: u64,
    _sets: Vec<Arc<PermissionSet>>,
}

impl Rendered {
    /// All objects that the caller may see.
    pub(crate) fn global(
        &self,
        metadata: &Metadata,
        rights: &Rights,
        style: Style<'_>,
        packing: Packing,
    ) -> serde_json::Result<Page> {
        let key = Key::of(None, rights, style, packing);
        self.page(metadata, rights, key, || {
            serde_json::to_vec(&Global::of(metadata, rights, style.tooling, Some(style)))
        })
    }

    /// Everything that the caller may see of an object.
    pub(crate) fn object(
        &self,
        metadata: &Metadata,
        rights: &Rights,
        object: &ObjectType,
        style: Style<'_>,
        packing: Packing,
    ) -> serde_json::Result<Page> {
        let key = Key::of(Some(object.name.to_ascii_lowercase()), rights, style, packing);
        self.page(metadata, rights, key, || {
            serde_json::to_vec(&ObjectFacts::of(metadata, rights, object, Some(style)))
        })
    }

    fn page(
        &self,
        metadata: &Metadata,
        rights: &Rights,
        key: Key,
        render: impl FnOnce() -> serde_json::Result<Vec<u8>>,
    ) -> serde_json::Result<Page> {
        let revision = (metadata.schema_revision(), metadata.schema_modified_ms());
        if let Some(page) = self.shelf().find(revision, &key) {
            return Ok(page);
        }
        let text = render()?;
        let mut hash = DefaultHasher::new();
        text.hash(&mut hash);
        if key.object.is_none() {
            // A change that only an object's own describe shows is news to who asks for all of them.
            revision.hash(&mut hash);
        }
        let body = match key.packing {
            Packing::Plain => text.into(),
            Packing::Gzip => packed(&text)?,
        };
        let page = Page { etag: format!("\"{:016x}\"", hash.finish()), body };
        self.shelf().put(revision, key, page.clone(), rights.sets.clone());
        Ok(page)
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    fn of(object: Option<String>, rights: &Rights, style: Style<'_>, packing: Packing) -> Self {
        // The global describe links to paths alone.
        let base = if object.is_some() { style.base.to_owned() } else { String::new() };
        Self {
            object,
            version: style.version,
            tooling: style.tooling,
            base,
            packing,
            reach: rights.reach as u8,
            sets: rights.sets.iter().map(|set| Arc::as_ptr(set) as usize).collect(),
        }
    }
}

impl Shelf {
    fn find(&mut self, revision: (u64, i64), key: &Key) -> Option<Page> {
        if self.revision != revision {
            return None;
        }
        self.clock += 1;
        let kept = self.pages.get_mut(key)?;
        kept.used = self.clock;
        Some(kept.page.clone())
    }

    fn put(&mut self, revision: (u64, i64), key: Key, page: Page, sets: Vec<Arc<PermissionSet>>) {
        if revision < self.revision || page.body.len() > PAGE_MAX {
            // A reader that began before the last change of the schema.
            return;
        }
        if revision != self.revision {
            *self = Self { revision, clock: self.clock, ..Self::default() };
        }
        self.clock += 1;
        self.bytes += page.body.len();
        if let Some(before) = self.pages.insert(key, Kept { page, used: self.clock, _sets: sets }) {
            self.bytes -= before.page.body.len();
        }
        if self.bytes > KEPT_MAX {
            self.make_room();
        }
    }

    /// Lets go of the older half by use, so that a full shelf is not sorted for every page.
    fn make_room(&mut self) {
        let mut uses: Vec<(u64, usize)> =
            self.pages.values().map(|kept| (kept.used, kept.page.body.len())).collect();
        uses.sort_unstable();
        let mut bytes = self.bytes;
        let mut oldest = 0;
        for (used, size) in uses {
            if bytes <= KEPT_MAX / 2 {
                break;
            }
            bytes -= size;
            oldest = used;
        }
        self.pages.retain(|_, kept| kept.used > oldest);
        self.bytes = bytes;
    }
}

fn packed(text: &[u8]) -> serde_json::Result<Bytes> {
    let mut packer = GzEncoder::new(Vec::with_capacity(text.len() / 8), Compression::fast());
    packer.write_all(text).map_err(serde_json::Error::io)?;
    Ok(packer.finish().map_err(serde_json::Error::io)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(object: &str) -> Key {
        Key {
            object: Some(object.to_owned()),
            version: 67,
            tooling: false,
            base: String::new(),
            packing: Packing::Plain,
            reach: 0,
            sets: Vec::new(),
        }
    }

    fn page(size: usize) -> Page {
        Page { etag: String::new(), body: vec![0; size].into() }
    }

    #[test]
    fn a_full_shelf_lets_go_of_what_was_not_asked_for_the_longest() {
        let mut shelf = Shelf::default();
        let revision = (0, 1_000);
        for at in 0..8 {
            shelf.put(revision, key(&at.to_string()), page(KEPT_MAX / 8), Vec::new());
        }
        assert!(shelf.find(revision, &key("0")).is_some());
        shelf.put(revision, key("8"), page(1), Vec::new());
        let left: Vec<bool> = (0..9).map(|at| shelf.pages.contains_key(&key(&at.to_string()))).collect();
        assert_eq!(left, [true, false, false, false, false, false, true, true, true]);
        let sum: usize = shelf.pages.values().map(|kept| kept.page.body.len()).sum();
        assert_eq!(shelf.bytes, sum);
    }

    #[test]
    fn another_schema_empties_the_shelf_and_an_older_one_leaves_it_alone() {
        let mut shelf = Shelf::default();
        shelf.put((1, 0), key("a"), page(3), Vec::new());
        assert!(shelf.find((2, 0), &key("a")).is_none());
        shelf.put((2, 0), key("b"), page(4), Vec::new());
        assert_eq!((shelf.pages.len(), shelf.bytes), (1, 4));
        shelf.put((1, 0), key("a"), page(3), Vec::new());
        shelf.put((2, 0), key("c"), page(PAGE_MAX + 1), Vec::new());
        assert_eq!((shelf.pages.len(), shelf.bytes), (1, 4));
        shelf.put((2, 0), key("b"), page(9), Vec::new());
        assert_eq!((shelf.pages.len(), shelf.bytes), (1, 9));
    }
}
