//! The store of components: what was deployed, as it came in.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::metadata::schema::Type;
use crate::metadata::xml::{Element, Position};
use crate::org::Id;

/// One component as it was deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Type name.
    pub kind: &'static str,
    pub full_name: String,
    pub id: Id,
    /// Its metadata in Salesforce's order, without components of their own types; absent where files are all there is.
    pub element: Option<Arc<Element>>,
    /// Content beside the metadata, by path below the folder of its type.
    pub files: BTreeMap<String, Bytes>,
    pub created_ms: i64,
    pub created_by: Id,
    pub modified_ms: i64,
    pub modified_by: Id,
}

impl Held {
    /// Whether it says the same as another, whoever deployed it and when.
    pub fn is_same(&self, other: &Self) -> bool {
        self.full_name == other.full_name && self.element == other.element && self.files == other.files
    }
}

/// Components by type and by name in lower case. Cheap to clone: shared until it changes.
#[derive(Debug, Clone, Default)]
pub struct Components(Arc<BTreeMap<&'static str, BTreeMap<String, Arc<Held>>>>);

impl Components {
    /// The component of this type and name, ignoring case.
    pub fn get(&self, kind: &str, full_name: &str) -> Option<&Arc<Held>> {
        self.0.get(kind)?.get(&full_name.to_ascii_lowercase())
    }

    /// All components of a type, by name.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Arc<Held>> + use<'_> {
        self.0.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    /// All components of all types.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Held>> {
        self.0.values().flat_map(BTreeMap::values)
    }

    /// The components of a type whose name begins with `stem`, ignoring case.
    pub fn beginning<'a>(&'a self, kind: &str, stem: &str) -> impl Iterator<Item = &'a Arc<Held>> + use<'a> {
        let stem = stem.to_ascii_lowercase();
        let all = self.0.get(kind).map(|all| all.range(stem.clone()..));
        all.into_iter().flatten().take_while(move |(name, _)| name.starts_with(&stem)).map(|(_, held)| held)
    }

    /// Adds a component or replaces the one of the same name.
    pub fn put(&mut self, held: Held) {
        let all = Arc::make_mut(&mut self.0).entry(held.kind).or_default();
        all.insert(held.full_name.to_ascii_lowercase(), Arc::new(held));
    }

    /// Takes a component away.
    pub fn remove(&mut self, kind: &str, full_name: &str) -> Option<Arc<Held>> {
        self.get(kind, full_name)?;
        Arc::make_mut(&mut self.0).get_mut(kind)?.remove(&full_name.to_ascii_lowercase())
    }

    /// Takes the components of a type away whose name begins with `stem`, ignoring case.
    pub fn remove_beginning(&mut self, kind: &str, stem: &str) {
        let names: Vec<String> = self.beginning(kind, stem).map(|held| held.full_name.clone()).collect();
        for name in names {
            self.remove(kind, &name);
        }
    }
}

/// Metadata as Salesforce keeps it: in its own order, without the places of a file. The name of a root is its file's.
pub(crate) fn canonical(mut element: Element, is_root: bool) -> Element {
    if let Some(schema) = Type::named(&element.name) {
        schema.sort(&mut element);
    }
    if is_root {
        element.children.retain(|child| child.name != "fullName");
    }
    forget_places(&mut element);
    element
}

fn forget_places(element: &mut Element) {
    element.at = Position::default();
    element.children.iter_mut().for_each(forget_places);
}
