//! The metadata types of Salesforce: where their files lie and what components lie inside them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One line a type: name, folder, file ending, form, folders, children (`Type:element`); `-` stands for nothing.
const TYPES: &str = include_str!("../../data/metadata-types.txt");

/// How a component's files look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One file of metadata.
    File,
    /// A file of content with a `-meta.xml` file beside it.
    Meta,
    /// A folder of files.
    Bundle,
}

/// A type whose components lie inside the file of another's.
#[derive(Debug)]
pub struct Part {
    /// Type name.
    pub name: &'static str,
    /// Element of the file that holds one component.
    pub element: &'static str,
}

/// How a type's components lie in the zip.
#[derive(Debug)]
pub struct Kind {
    /// Type name in `package.xml`.
    pub name: &'static str,
    /// Folder of its files.
    pub folder: &'static str,
    /// File ending, without the dot; empty for bundles.
    pub ending: &'static str,
    pub form: Form,
    /// The content stands beside a `-meta.xml` file that carries the metadata.
    pub has_meta: bool,
    /// Components lie in folders, which are components of the same type.
    pub in_folder: bool,
    /// Components that lie inside the files of this type.
    pub parts: Vec<Part>,
    /// What a describe names as children.
    pub part_names: Vec<&'static str>,
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| TYPES.lines().filter_map(read).collect());

static BY_NAME: LazyLock<BTreeMap<&'static str, &'static Kind>> =
    LazyLock::new(|| KINDS.iter().map(|kind| (kind.name, kind)).collect());

static PARTS: LazyLock<BTreeMap<&'static str, (&'static Kind, &'static Part)>> = LazyLock::new(|| {
    KINDS.iter().flat_map(|kind| kind.parts.iter().map(move |part| (part.name, (kind, part)))).collect()
});

fn read(line: &'static str) -> Option<Kind> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    let (name, folder, ending, form, in_folder, parts) =
        (next()?, next()?, next()?, next()?, next()?, next()?);
    let form = match form {
        "bundle" => Form::Bundle,
        "meta" => Form::Meta,
        _ => Form::File,
    };
    let parts: Vec<Part> = parts
        .split(',')
        .filter_map(|part| part.split_once(':').map(|(name, element)| Part { name, element }))
        .collect();
    Some(Kind {
        name,
        folder,
        ending: if ending == "-" { "" } else { ending },
        form,
        has_meta: form == Form::Meta,
        in_folder: in_folder != "-",
        part_names: parts.iter().map(|part| part.name).collect(),
        parts,
    })
}

/// All types with files of their own, by name.
pub(crate) fn kinds() -> &'static [Kind] {
    &KINDS
}

impl Kind {
    /// The kind called `name` in `package.xml`.
    pub fn named(name: &str) -> Option<&'static Kind> {
        BY_NAME.get(name).copied()
    }

    /// The kind of a file: the folder decides, and the ending where several types share one.
    pub fn of_file(folder: &str, file: &str) -> Option<&'static Kind> {
        let mut all = KINDS.iter().filter(|kind| kind.folder == folder);
        let ending = |kind: &&Kind| !kind.ending.is_empty() && file.ends_with(&format!(".{}", kind.ending));
        let first = KINDS.iter().find(|kind| kind.folder == folder);
        all.find(ending).or(first)
    }

    /// Path of a component's content, below the package's folder.
    pub fn path(&self, full_name: &str) -> String {
        match (self.name, self.ending) {
            // A document's name has its own ending.
            ("Document", _) | (_, "") => format!("{}/{full_name}", self.folder),
            (_, ending) => format!("{}/{full_name}.{ending}", self.folder),
        }
    }
}

impl Part {
    /// The type that `name` is inside of, and how.
    pub fn named(name: &str) -> Option<(&'static Kind, &'static Part)> {
        PARTS.get(name).copied()
    }

    /// Name of a component by its parent's and its own: labels stand for themselves.
    pub fn full_name(&self, parent: &str, own: &str) -> String {
        if self.name == "CustomLabel" { own.to_owned() } else { format!("{parent}.{own}") }
    }

    /// The parent's name and its own.
    pub fn split<'a>(&self, full_name: &'a str) -> Option<(&'a str, &'a str)> {
        if self.name == "CustomLabel" { Some(("CustomLabels", full_name)) } else { full_name.split_once('.') }
    }
}

/// Whether a type of this name exists, with files of its own or inside others'.
pub(crate) fn is_known(name: &str) -> bool {
    Kind::named(name).is_some() || Part::named(name).is_some()
}

/// The static name of a type.
pub(crate) fn type_name(name: &str) -> Option<&'static str> {
    Kind::named(name).map(|kind| kind.name).or_else(|| Part::named(name).map(|(_, part)| part.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_type() {
        assert_eq!(kinds().len(), TYPES.lines().count());
        assert!(kinds().windows(2).all(|pair| pair[0].name < pair[1].name));
        let object = Kind::named("CustomObject").unwrap();
        assert_eq!((object.folder, object.ending, object.parts.len()), ("objects", "object", 10));
        assert_eq!(Kind::of_file("classes", "A.cls").map(|kind| kind.name), Some("ApexClass"));
        assert_eq!(Kind::of_file("lwc", "a/a.js").map(|kind| kind.name), Some("LightningComponentBundle"));
    }
}
