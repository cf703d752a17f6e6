//! The files of a retrieve.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

use super::elements::{element, whole};
use super::entries::{entries, file_name};
use super::{FileProperties, Retrieval, Retrieved};
use crate::metadata::kinds::{Form, Kind, Part, type_name};
use crate::metadata::types::CUSTOM_FIELD_TYPE;
use crate::metadata::writer::document;
use crate::metadata::xml::Element;
use crate::org::{Org, State};

const META: &str = "-meta.xml";
/// Files in one retrieve (Salesforce's limit).
const FILES_MAX: usize = 10_000;

/// What a file holds: the whole of a component, or these parts of it.
type Parts = Option<BTreeSet<(&'static str, String)>>;

/// Collects the files that are asked for.
pub(super) fn retrieve(org: &Org, state: &State, asked: &Retrieval) -> Retrieved {
    let mut collected = Collected { org, state, ..Collected::new(org, state) };
    for (kind, members) in &asked.unpackaged {
        collected.add(kind, members);
    }
    for package in &asked.packages {
        let known = state.packages.installed.iter().any(|_| state.metadata.has_namespace(package));
        if !known {
            collected.messages.push((manifest(asked), format!("No package named '{package}' found")));
        }
    }
    collected.finish(asked)
}

/// Where the manifest stands in the zip.
fn manifest(asked: &Retrieval) -> String {
    if asked.single_package { "package.xml".to_owned() } else { "unpackaged/package.xml".to_owned() }
}

struct Collected<'a> {
    org: &'a Org,
    state: &'a State,
    /// By type and name, what is wanted of it.
    wanted: BTreeMap<(&'static str, String), Parts>,
    properties: Vec<FileProperties>,
    /// What the manifest of the answer names.
    named: BTreeMap<&'static str, BTreeSet<String>>,
    messages: Vec<(String, String)>,
}

impl<'a> Collected<'a> {
    fn new(org: &'a Org, state: &'a State) -> Self {
        Self {
            org,
            state,
            wanted: BTreeMap::new(),
            properties: Vec::new(),
            named: BTreeMap::new(),
            messages: Vec::new(),
        }
    }

    fn add(&mut self, kind: &str, members: &[String]) {
        // Folders are asked for by the type of what lies in them.
        let kind = match kind {
            "EmailFolder" | "EmailTemplateFolder" => "EmailTemplate",
            "ReportFolder" | "DashboardFolder" | "DocumentFolder" => kind.trim_end_matches("Folder"),
            other => other,
        };
        let Some(kind) = type_name(kind) else {
            self.messages.push((String::new(), format!("Entity type: '{kind}' is unknown")));
            return;
        };
        let all = entries(self.org, self.state, kind);
        let by_name: BTreeMap<String, &FileProperties> =
            all.iter().map(|entry| (entry.full_name.to_ascii_lowercase(), entry)).collect();
        for member in members {
            if member == "*" {
                for entry in all.iter().filter(|entry| in_wildcard(kind, entry)) {
                    self.want(kind, entry);
                }
                continue;
            }
            let own = member.strip_suffix('/').unwrap_or(member);
            match by_name.get(&own.to_ascii_lowercase()) {
                Some(entry) => self.want(kind, entry),
                None => self.messages.push((
                    String::new(),
                    format!("Entity of type '{kind}' named '{member}' cannot be found"),
                )),
            }
        }
    }

    fn want(&mut self, kind: &'static str, entry: &FileProperties) {
        if !self.named.entry(kind).or_default().insert(entry.full_name.clone()) {
            return;
        }
        self.properties.push(entry.clone());
        match Part::named(kind) {
            Some((parent, part)) => {
                let Some((owner, own)) = part.split(&entry.full_name) else { return };
                let parts = self
                    .wanted
                    .entry((parent.name, owner.to_owned()))
                    .or_insert_with(|| Some(BTreeSet::new()));
                if let Some(parts) = parts {
                    parts.insert((part.name, own.to_ascii_lowercase()));
                }
            }
            None => {
                self.wanted.insert((kind, entry.full_name.clone()), None);
            }
        }
    }

    fn finish(mut self, asked: &Retrieval) -> Retrieved {
        let top = if asked.single_package { "" } else { "unpackaged/" };
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for ((kind, name), parts) in &self.wanted {
            if let Some(kind) = Kind::named(kind)
                && files.len() < FILES_MAX
            {
                self.write(kind, name, parts, &mut files);
            }
        }
        if !asked.specific_files.is_empty() {
            let is_asked = |path: &str| {
                asked.specific_files.iter().any(|file| file.trim_start_matches("unpackaged/") == path)
            };
            files.retain(|path, _| is_asked(path) || is_asked(path.trim_end_matches(META)));
            self.properties.retain(|entry| files.contains_key(&entry.file_name));
        }
        files.insert("package.xml".to_owned(), document(&self.package(asked.version)));
        for entry in &mut self.properties {
            entry.file_name = format!("{top}{}", entry.file_name);
        }
        self.properties.push(FileProperties {
            kind: "Package",
            full_name: format!("{top}package.xml"),
            file_name: format!("{top}package.xml"),
            id: None,
            namespace: None,
            manageable_state: None,
            created_by: self.org.admin,
            created_ms: self.org.now_ms(),
            modified_by: self.org.admin,
            modified_ms: self.org.now_ms(),
        });
        let manifest = manifest(asked);
        for (file, _) in self.messages.iter_mut().filter(|(file, _)| file.is_empty()) {
            file.clone_from(&manifest);
        }
        Retrieved { zip: packed(top, &files), properties: self.properties, messages: self.messages }
    }

    fn write(&self, kind: &'static Kind, name: &str, parts: &Parts, files: &mut BTreeMap<String, Vec<u8>>) {
        let held = self.state.metadata.components.get(kind.name, name);
        let contents = held.map(|held| &held.files);
        for (path, bytes) in contents.into_iter().flatten() {
            files.insert(format!("{}/{path}", kind.folder), bytes.to_vec());
        }
        let path = file_name(kind.name, name);
        if let Some(source) = self.source(kind.name, name) {
            files.insert(path.clone(), source.into_bytes());
        }
        if kind.form == Form::Bundle {
            return;
        }
        let Some(element) = whole(self.org, self.state, kind, name, parts.as_ref()) else { return };
        let is_folder = kind.in_folder && !name.contains('/');
        let beside = kind.has_meta || is_folder;
        files.insert(if beside { format!("{path}{META}") } else { path }, document(&element));
    }

    /// The source of a class or trigger, as far as it may be seen.
    fn source(&self, kind: &str, name: &str) -> Option<String> {
        let metadata = &self.state.metadata;
        match kind {
            "ApexClass" => metadata.class(name).map(|class| class.unit.body.clone()),
            "ApexTrigger" => metadata.trigger(name).map(|trigger| trigger.unit.body.clone()),
            _ => None,
        }
    }

    fn package(&self, version: u32) -> Element {
        let mut children = Vec::new();
        for (kind, names) in &self.named {
            let mut types: Vec<Element> = names.iter().map(|name| Element::leaf("members", name)).collect();
            types.push(Element::leaf("name", *kind));
            children.push(Element::node("types", types));
        }
        children.push(Element::leaf("version", format!("{version}.0")));
        Element::node("Package", children)
    }
}

/// Whether `*` stands for it: of objects the org's own custom ones, never what a package brought, no fields.
fn in_wildcard(kind: &str, entry: &FileProperties) -> bool {
    let custom = entry.full_name.contains("__");
    let in_folder = Kind::named(kind).is_some_and(|kind| kind.in_folder);
    let part_of_object = Part::named(kind).is_some_and(|(parent, _)| parent.name == "CustomObject");
    entry.namespace.is_none()
        && kind != CUSTOM_FIELD_TYPE
        && (kind != "CustomObject" || custom)
        && !in_folder
        && !part_of_object
}

/// A component read by itself: its metadata with its name, and its content as SOAP carries it.
pub(super) fn read(org: &Org, state: &State, kind: &'static str, full_name: &str) -> Option<Element> {
    use base64::Engine;
    let mut root = match Kind::named(kind) {
        Some(kind) => whole(org, state, kind, full_name, None)?,
        None => element(org, state, kind, full_name)?,
    };
    kind.clone_into(&mut root.name);
    root.children.retain(|child| child.name != "fullName");
    root.children.insert(0, Element::leaf("fullName", full_name));
    let metadata = &state.metadata;
    let source = match kind {
        "ApexClass" => metadata.class(full_name).map(|class| class.unit.body.clone().into_bytes()),
        "ApexTrigger" => metadata.trigger(full_name).map(|trigger| trigger.unit.body.clone().into_bytes()),
        _ => metadata
            .components
            .get(kind, full_name)
            .filter(|_| Kind::named(kind).is_some_and(|kind| kind.has_meta))
            .and_then(|held| held.files.values().next().map(|bytes| bytes.to_vec())),
    };
    if let Some(source) = source {
        let content = base64::engine::general_purpose::STANDARD.encode(source);
        root.children.insert(1, Element::leaf("content", content));
    }
    Some(root)
}

fn packed(top: &str, files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        // Writing to memory does not fail; a file that the format cannot hold is left out.
        if zip.start_file(format!("{top}{path}"), SimpleFileOptions::default()).is_ok() {
            let _ = zip.write_all(bytes);
        }
    }
    zip.finish().map(Cursor::into_inner).unwrap_or_default()
}
