//! From a zip to the list of components that its manifests name.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::archive::Archive;
use super::manifest::Manifest;
use super::row::{Complaint, Row};
use super::schema::check;
use super::types::{CUSTOM_FIELD_TYPE, KINDS, Kind, UNAVAILABLE, VALIDATION_RULE_TYPE};
use super::xml::Element;

/// A component to add or change.
#[derive(Debug, Clone)]
pub struct Component {
    pub kind: &'static Kind,
    pub full_name: String,
    /// File of the content, top folder included.
    pub file: String,
    pub content: Bytes,
    /// `-meta.xml` beside it, for the kinds that have one.
    pub meta: Option<Bytes>,
    /// Of a `CustomObject` file, deploy these fields alone, because the manifest names the fields and not the object.
    pub only_fields: Option<Vec<String>>,
    /// The validation rules that go with `only_fields`.
    pub only_rules: Vec<String>,
}

/// A read package.
#[derive(Debug, Default)]
pub struct Package {
    /// Metadata API version of the manifest.
    pub api_version: Option<u32>,
    /// `(type, full name)` to delete before the additions.
    pub deletions_before: Vec<(String, String)>,
    /// `(type, full name)` to delete after them.
    pub deletions_after: Vec<(String, String)>,
    pub components: Vec<Component>,
    /// Rows that are settled already: the manifests, unknown members, unnamed files.
    pub rows: Vec<Row>,
    /// Compiled for AppExchange, where the subscriber's edition and limits do not count.
    pub certified: bool,
    /// File name of the deletions before and after, for their rows.
    pub files: [String; 2],
}

const META: &str = "-meta.xml";

impl Component {
    /// The component's metadata, checked against its type's schema.
    pub fn metadata(&self) -> Result<Element, Complaint> {
        let element = Element::parse(self.meta.as_ref().unwrap_or(&self.content))?;
        if element.name != self.kind.name {
            return Err(format!("Error parsing file: unexpected root element {}", element.name).into());
        }
        check(&element, self.kind.schema)?;
        Ok(element)
    }
}

/// What a deploy says of a member that has no file.
pub(super) fn not_in_zip(full_name: &str, kind: &str) -> String {
    format!(
        "An object '{full_name}' of type {kind} was named in package.xml, but was not found in zipped directory"
    )
}

impl Package {
    /// Reads a package; what is wrong with it stands in its rows.
    pub fn read(archive: &Archive, single_package: bool, allow_missing_files: bool) -> Self {
        let top = match (single_package, archive.top_folder()) {
            (false, Some(folder)) => format!("{folder}/"),
            _ => String::new(),
        };
        let mut package = Self::default();
        let manifest_file = format!("{top}package.xml");
        let manifest_row = Row::of("", "package.xml", &manifest_file);
        let Some(bytes) = archive.get(&manifest_file).filter(|_| single_package || !top.is_empty()) else {
            package.rows.push(manifest_row.failed("No package.xml found"));
            return package;
        };
        let manifest = match Manifest::parse(bytes) {
            Ok(manifest) => manifest,
            Err(violation) => {
                package.rows.push(manifest_row.failed(violation));
                return package;
            }
        };
        package.api_version = manifest.api_version();
        package.rows.push(Row { changed: true, ..manifest_row });
        package.read_deletions(archive, &top);
        let mut used = BTreeSet::new();
        for (kind, name) in &manifest.members {
            package.add(archive, &manifest, &top, (kind, name), allow_missing_files, &mut used);
        }
        package
            .components
            .sort_by_key(|component| KINDS.iter().position(|kind| std::ptr::eq(kind, component.kind)));
        package.warn_unnamed(archive, &top, &used);
        package
    }

    fn read_deletions(&mut self, archive: &Archive, top: &str) {
        for (stem, after) in [
            ("destructiveChanges", false),
            ("destructiveChangesPre", false),
            ("destructiveChangesPost", true),
        ] {
            let name = format!("{stem}.xml");
            let file = format!("{top}{name}");
            let Some(bytes) = archive.get(&file) else { continue };
            let row = Row::of("", &name, &file);
            match Manifest::parse(bytes) {
                Ok(manifest) => {
                    self.rows.push(Row { changed: true, ..row });
                    self.files[usize::from(after)] = file;
                    let list = if after { &mut self.deletions_after } else { &mut self.deletions_before };
                    list.extend(manifest.members);
                }
                Err(violation) => self.rows.push(row.failed(violation)),
            }
        }
    }

    fn add(
        &mut self,
        archive: &Archive,
        manifest: &Manifest,
        top: &str,
        (kind_name, name): (&str, &str),
        allow_missing_files: bool,
        used: &mut BTreeSet<String>,
    ) {
        let row = Row::of(kind_name, name, &format!("{top}package.xml"));
        if matches!(kind_name, CUSTOM_FIELD_TYPE | VALIDATION_RULE_TYPE) {
            return self.add_part(archive, manifest, top, (kind_name, name), allow_missing_files, used);
        }
        let Some(kind) = Kind::named(kind_name) else {
            let text = if UNAVAILABLE.contains(&kind_name) {
                "Not available for deploy for this organization".to_owned()
            } else {
                format!("Unknown type name '{kind_name}' specified in package.xml")
            };
            return self.rows.push(row.failed(text));
        };
        if name == "*" {
            let (folder, ending) = (format!("{top}{}/", kind.folder), format!(".{}", kind.ending));
            let names: Vec<String> = archive
                .names()
                .filter_map(|file| Some(file.strip_prefix(&folder)?.strip_suffix(&ending)?.to_owned()))
                .collect();
            for name in names {
                self.add_file(archive, kind, top, &name, row.clone(), allow_missing_files, used);
            }
            return;
        }
        self.add_file(archive, kind, top, name, row, allow_missing_files, used);
    }

    #[allow(clippy::too_many_arguments)]
    fn add_file(
        &mut self,
        archive: &Archive,
        kind: &'static Kind,
        top: &str,
        name: &str,
        row: Row,
        allow_missing_files: bool,
        used: &mut BTreeSet<String>,
    ) {
        let file = format!("{top}{}", kind.path(name));
        if self.components.iter().any(|component| component.file == file && component.only_fields.is_none()) {
            return;
        }
        let Some(content) = archive.get(&file) else {
            if !allow_missing_files {
                let text = not_in_zip(name, kind.name);
                self.rows.push(Row { full_name: name.to_owned(), ..row }.failed(text));
            }
            return;
        };
        used.insert(file.clone());
        let meta = if kind.has_meta {
            let meta_file = format!("{file}{META}");
            let Some(meta) = archive.get(&meta_file) else {
                self.rows.push(
                    Row::of(kind.name, name, &file).failed(format!("Metadata file is missing: {meta_file}")),
                );
                return;
            };
            used.insert(meta_file);
            Some(meta.clone())
        } else {
            None
        };
        // The whole object includes the fields that the manifest may also have named one by one.
        self.components.retain(|component| component.file != file);
        self.components.push(Component {
            kind,
            full_name: name.to_owned(),
            file,
            content: content.clone(),
            meta,
            only_fields: None,
            only_rules: Vec::new(),
        });
    }

    /// A field or a validation rule, which lies in its object's file.
    fn add_part(
        &mut self,
        archive: &Archive,
        manifest: &Manifest,
        top: &str,
        (kind_name, name): (&str, &str),
        allow_missing_files: bool,
        used: &mut BTreeSet<String>,
    ) {
        let row = Row::of(kind_name, name, &format!("{top}package.xml"));
        let (Some((object, part)), Some(kind)) = (name.split_once('.'), Kind::named("CustomObject")) else {
            return self.rows.push(row.failed(format!("Invalid full name: {name}")));
        };
        if manifest.names("CustomObject", object) {
            return;
        }
        let file = format!("{top}{}", kind.path(object));
        let Some(content) = archive.get(&file) else {
            if !allow_missing_files {
                self.rows.push(row.failed(not_in_zip(name, kind_name)));
            }
            return;
        };
        used.insert(file.clone());
        let found = self.components.iter().position(|component| component.file == file);
        let at = found.unwrap_or_else(|| {
            self.components.push(Component {
                kind,
                full_name: object.to_owned(),
                file,
                content: content.clone(),
                meta: None,
                only_fields: Some(Vec::new()),
                only_rules: Vec::new(),
            });
            self.components.len() - 1
        });
        let Some(Component { only_fields: Some(fields), only_rules, .. }) = self.components.get_mut(at)
        else {
            return;
        };
        let list = if kind_name == CUSTOM_FIELD_TYPE { fields } else { only_rules };
        list.push(part.to_owned());
    }

    fn warn_unnamed(&mut self, archive: &Archive, top: &str, used: &BTreeSet<String>) {
        for file in archive.names() {
            let Some(name) = file.strip_prefix(top) else { continue };
            let manifest = matches!(
                name,
                "package.xml"
                    | "destructiveChanges.xml"
                    | "destructiveChangesPre.xml"
                    | "destructiveChangesPost.xml"
            );
            if manifest || used.contains(file) || name.ends_with(META) {
                continue;
            }
            let kind = name.split_once('/').and_then(|(folder, _)| Kind::in_folder(folder));
            let stem = name.rsplit_once('/').map_or(name, |(_, last)| last);
            let full_name = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
            self.rows.push(
                Row::of(kind.map_or("", |kind| kind.name), full_name, file).warned("Not in package.xml"),
            );
        }
    }
}
