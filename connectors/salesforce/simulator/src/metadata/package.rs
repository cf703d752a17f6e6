//! From a zip to the list of components that its manifests name.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::archive::Archive;
use super::kinds::{Form, Kind, Part};
use super::manifest::Manifest;
use super::package_files as files;
use super::row::{Complaint, Row};
use super::schema::{Type, check_with};
use super::xml::Element;

/// A component to add or change.
#[derive(Debug, Clone)]
pub struct Component {
    pub kind: &'static Kind,
    pub full_name: String,
    /// File of the content, top folder included; the folder of a bundle.
    pub file: String,
    pub content: Bytes,
    /// `-meta.xml` beside it, for the kinds that have one.
    pub meta: Option<Bytes>,
    /// Files of a bundle, by their path below the folder of their kind.
    pub files: BTreeMap<String, Bytes>,
    /// Deploy these `(type, own name)` inside the file alone, because the manifest names them and not the whole.
    pub only: Option<Vec<(&'static str, String)>>,
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
/// Types whose files must have all that the schema asks for. Of the others Salesforce asks for more or less with the
/// version of the API.
const COMPLETE: &[&str] = &[
    "ApexClass",
    "ApexTrigger",
    "CustomLabels",
    "CustomObject",
    "CustomPermission",
    "GlobalValueSet",
    "Group",
    "PermissionSet",
    "PermissionSetGroup",
    "RemoteSiteSetting",
    "StaticResource",
];

impl Component {
    /// The component's metadata, checked against its type's schema.
    pub fn metadata(&self) -> Result<Element, Complaint> {
        let bytes = match self.kind.form {
            Form::Bundle => self
                .files
                .iter()
                .find_map(|(path, bytes)| path.ends_with(META).then_some(bytes))
                .ok_or_else(|| format!("Metadata file is missing: {}", self.file))?,
            _ => self.meta.as_ref().unwrap_or(&self.content),
        };
        let element = Element::parse(bytes)?;
        if !self.is_root(&element.name) {
            return Err(format!("Error parsing file: unexpected root element {}", element.name).into());
        }
        // A bundle's configuration is free in its details.
        if self.kind.form != Form::Bundle
            && let Some(schema) = Type::named(&element.name)
        {
            check_with(&element, schema, COMPLETE.contains(&self.kind.name))?;
        }
        Ok(element)
    }

    fn is_root(&self, root: &str) -> bool {
        match self.kind.name {
            "Settings" => root.ends_with("Settings"),
            name if self.is_folder() => {
                root.ends_with("Folder") && (root.starts_with(name) || name == "EmailTemplate")
            }
            name => root == name || self.kind.form == Form::Bundle,
        }
    }

    /// A folder of its type rather than something in it.
    pub fn is_folder(&self) -> bool {
        self.kind.in_folder && self.file.ends_with(META)
    }

    /// Whether a part of its file goes with it.
    pub fn takes(&self, part: &str, own_name: &str) -> bool {
        let names = |(kind, name): &(&str, String)| *kind == part && name.eq_ignore_ascii_case(own_name);
        self.only.as_ref().is_none_or(|only| only.iter().any(names))
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
        if let Some((kind, part)) = Part::named(kind_name) {
            return self.add_part(archive, manifest, top, (kind, part), name, allow_missing_files, used);
        }
        let Some(kind) = Kind::named(kind_name) else {
            let text = format!("Unknown type name '{kind_name}' specified in package.xml");
            return self.rows.push(row.failed(text));
        };
        if name == "*" {
            for name in files::names(archive, kind, top) {
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
        if self
            .components
            .iter()
            .any(|one| std::ptr::eq(one.kind, kind) && one.full_name == name && one.only.is_none())
        {
            return;
        }
        let found = match files::find(archive, kind, top, name) {
            Ok(Some(found)) => found,
            Ok(None) => {
                if !allow_missing_files && !files::is_given(archive, kind, top, name) {
                    let text = not_in_zip(name, kind.name);
                    self.rows.push(Row { full_name: name.to_owned(), ..row }.failed(text));
                }
                return;
            }
            Err((file, text)) => {
                used.insert(file.clone());
                self.rows.push(Row::of(kind.name, name, &file).failed(text));
                return;
            }
        };
        used.extend(found.used);
        // The whole file includes the parts that the manifest may also have named one by one.
        self.components.retain(|component| component.file != found.component.file);
        self.components.push(found.component);
    }

    /// A component that lies in the file of another, such as a field.
    #[allow(clippy::too_many_arguments)]
    fn add_part(
        &mut self,
        archive: &Archive,
        manifest: &Manifest,
        top: &str,
        (kind, part): (&'static Kind, &'static Part),
        name: &str,
        allow_missing_files: bool,
        used: &mut BTreeSet<String>,
    ) {
        let row = Row::of(part.name, name, &format!("{top}package.xml"));
        if name == "*" {
            return self.add_all_parts(archive, manifest, top, (kind, part), used);
        }
        let Some((parent, own)) = part.split(name) else {
            return self.rows.push(row.failed(format!("Invalid full name: {name}")));
        };
        if manifest.names(kind.name, parent) {
            return;
        }
        let file = format!("{top}{}", kind.path(parent));
        if archive.get(&file).is_none() {
            if !allow_missing_files {
                self.rows.push(row.failed(not_in_zip(name, part.name)));
            }
            return;
        }
        self.part_of(archive, kind, parent, file, (part.name, own.to_owned()), used);
    }

    /// All components of a type that lie in the files of others.
    fn add_all_parts(
        &mut self,
        archive: &Archive,
        manifest: &Manifest,
        top: &str,
        (kind, part): (&'static Kind, &'static Part),
        used: &mut BTreeSet<String>,
    ) {
        for parent in files::names(archive, kind, top) {
            let file = format!("{top}{}", kind.path(&parent));
            let Some(content) = archive.get(&file).filter(|_| !manifest.names(kind.name, &parent)) else {
                continue;
            };
            // What cannot be read is told when the file's turn comes.
            let Ok(element) = Element::parse(content) else { continue };
            for own in element.all(part.element).filter_map(|element| element.text_of("fullName")) {
                self.part_of(archive, kind, &parent, file.clone(), (part.name, own.to_owned()), used);
            }
        }
    }

    fn part_of(
        &mut self,
        archive: &Archive,
        kind: &'static Kind,
        parent: &str,
        file: String,
        part: (&'static str, String),
        used: &mut BTreeSet<String>,
    ) {
        let Some(content) = archive.get(&file) else { return };
        used.insert(file.clone());
        let found = self.components.iter().position(|component| component.file == file);
        let at = found.unwrap_or_else(|| {
            self.components.push(Component {
                kind,
                full_name: parent.to_owned(),
                file,
                content: content.clone(),
                meta: None,
                files: BTreeMap::new(),
                only: Some(Vec::new()),
            });
            self.components.len() - 1
        });
        if let Some(Component { only: Some(only), .. }) = self.components.get_mut(at) {
            only.push(part);
        }
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
            let kind = name.split_once('/').and_then(|(folder, rest)| Kind::of_file(folder, rest));
            let stem = name.rsplit_once('/').map_or(name, |(_, last)| last);
            let full_name = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
            self.rows.push(
                Row::of(kind.map_or("", |kind| kind.name), full_name, file).warned("Not in package.xml"),
            );
        }
    }
}
