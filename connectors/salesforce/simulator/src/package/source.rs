//! A package's sources from a folder, in the form of a deploy's zip.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Deserialize;

use crate::metadata::packaged_kind;

/// Files of one package.
const FILES_MAX: usize = 12_500;
/// Bytes of one file.
const FILE_BYTES_MAX: u64 = 20 << 20;
/// Folders below each other.
const DEPTH_MAX: usize = 12;
/// API version of a package whose project names none.
const API_VERSION: &str = "67.0";

/// Why a folder of sources does not make a package.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot read {path}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{0} holds no component of a kind that this org knows")]
    Empty(PathBuf),
    #[error("{0} is not something that this org can hold in a package")]
    Unknown(PathBuf),
    #[error("{0} holds more files, larger ones or deeper folders than a package may have")]
    TooLarge(PathBuf),
    #[error("{0} is no SFDX project file")]
    Project(PathBuf),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Project {
    package_directories: Vec<Directory>,
    source_api_version: Option<String>,
}

#[derive(Deserialize)]
struct Directory {
    path: PathBuf,
}

/// Reads an SFDX project, or a folder in source or in metadata form.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, Bytes>, SourceError> {
    let project_file = folder.join("sfdx-project.json");
    let mut found = BTreeMap::new();
    let mut version = None;
    if project_file.is_file() {
        let project: Project = serde_json::from_slice(&bytes(&project_file)?)
            .map_err(|_| SourceError::Project(project_file.clone()))?;
        version = project.source_api_version;
        for directory in project.package_directories {
            walk(&folder.join(directory.path), 0, &mut found)?;
        }
    } else {
        walk(folder, 0, &mut found)?;
    }
    assemble(folder, found, version.as_deref().unwrap_or(API_VERSION))
}

fn bytes(path: &Path) -> Result<Bytes, SourceError> {
    let unreadable = |source| SourceError::Unreadable { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(SourceError::TooLarge(path.to_owned()));
    }
    std::fs::read(path).map(Bytes::from).map_err(unreadable)
}

/// All files below a folder but hidden ones and notes for people.
fn walk(folder: &Path, depth: usize, found: &mut BTreeMap<PathBuf, Bytes>) -> Result<(), SourceError> {
    if depth > DEPTH_MAX {
        return Err(SourceError::TooLarge(folder.to_owned()));
    }
    let unreadable = |source| SourceError::Unreadable { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') {
            walk(&path, depth + 1, found)?;
        } else if path.is_file() && !name.starts_with('.') && !name.ends_with(".md") {
            if found.len() == FILES_MAX {
                return Err(SourceError::TooLarge(folder.to_owned()));
            }
            let content = bytes(&path)?;
            found.insert(path, content);
        }
    }
    Ok(())
}

/// An object in the making: its own elements, and its fields, which in source form are files of their own.
#[derive(Default)]
struct Object {
    root: Option<String>,
    fields: Vec<String>,
}

fn assemble(
    folder: &Path,
    found: BTreeMap<PathBuf, Bytes>,
    version: &str,
) -> Result<BTreeMap<String, Bytes>, SourceError> {
    let mut files = BTreeMap::new();
    let mut objects: BTreeMap<String, Object> = BTreeMap::new();
    let mut members: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (path, content) in found {
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let name = parts.last().map(String::as_str).unwrap_or_default();
        let above = |back: usize| parts.iter().rev().nth(back).map(String::as_str).unwrap_or_default();
        if name == "package.xml" {
            continue;
        }
        let source_form = name.strip_suffix("-meta.xml");
        if let Some(stem) = source_form.and_then(|name| name.strip_suffix(".object"))
            && above(2) == "objects"
        {
            objects.entry(stem.to_owned()).or_default().root = Some(text(&path, &content)?);
            continue;
        }
        if source_form.is_some_and(|name| name.ends_with(".field")) && above(1) == "fields" {
            let field = inner(&text(&path, &content)?, "CustomField").map(str::to_owned);
            let field = field.ok_or_else(|| SourceError::Unknown(path.clone()))?;
            objects.entry(above(2).to_owned()).or_default().fields.push(field);
            continue;
        }
        let known = packaged_kind(above(1), source_form.unwrap_or(name)).and_then(|kind| {
            let content_name = if kind.has_meta { name } else { source_form.unwrap_or(name) };
            let plain = content_name.strip_suffix("-meta.xml").unwrap_or(content_name);
            let stem = plain.strip_suffix(&format!(".{}", kind.ending))?;
            Some((kind, stem.to_owned(), content_name.to_owned()))
        });
        let (kind, stem, file) = known.ok_or_else(|| SourceError::Unknown(path.clone()))?;
        if !file.ends_with("-meta.xml") {
            members.entry(kind.name).or_default().push(stem);
        }
        files.insert(format!("{}/{file}", kind.folder), content);
    }
    for (name, object) in objects {
        let root = object.root.unwrap_or_else(|| {
            format!("<CustomObject xmlns=\"{}\"></CustomObject>", crate::metadata::NAMESPACE)
        });
        let fields: String =
            object.fields.iter().map(|field| format!("<fields>{field}</fields>\n")).collect();
        let whole = root.replace("</CustomObject>", &format!("{fields}</CustomObject>"));
        files.insert(format!("objects/{name}.object"), Bytes::from(whole));
        members.entry("CustomObject").or_default().push(name);
    }
    if members.is_empty() {
        return Err(SourceError::Empty(folder.to_owned()));
    }
    files.insert("package.xml".to_owned(), Bytes::from(manifest(&members, version)));
    Ok(files)
}

fn manifest(members: &BTreeMap<&'static str, Vec<String>>, version: &str) -> String {
    let mut xml = format!("<Package xmlns=\"{}\">\n", crate::metadata::NAMESPACE);
    for (kind, names) in members {
        xml.push_str("<types>");
        names.iter().for_each(|name| xml.push_str(&format!("<members>{name}</members>")));
        xml.push_str(&format!("<name>{kind}</name></types>\n"));
    }
    xml.push_str(&format!("<version>{version}</version></Package>"));
    xml
}

fn text(path: &Path, content: &Bytes) -> Result<String, SourceError> {
    String::from_utf8(content.to_vec()).map_err(|_| SourceError::Unknown(path.to_owned()))
}

/// What stands inside the root element.
fn inner<'a>(document: &'a str, root: &str) -> Option<&'a str> {
    let open = document.find(&format!("<{root}"))?;
    let start = open + document[open..].find('>')? + 1;
    let end = document.rfind(&format!("</{root}>"))?;
    document.get(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, content: &str) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, content).expect("written");
    }

    #[test]
    fn source_form_becomes_the_form_of_a_deploy() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        write(
            root,
            "objects/A__c/A__c.object-meta.xml",
            "<CustomObject xmlns=\"x\"><label>A</label></CustomObject>",
        );
        write(
            root,
            "objects/A__c/fields/F__c.field-meta.xml",
            "<CustomField xmlns=\"x\"><type>Text</type></CustomField>",
        );
        write(root, "classes/C.cls", "public class C {}");
        write(root, "classes/C.cls-meta.xml", "<ApexClass/>");
        write(root, "permissionsets/P.permissionset-meta.xml", "<PermissionSet/>");
        write(root, "README.md", "# notes");
        let files = read(root).expect("reads");
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "classes/C.cls",
                "classes/C.cls-meta.xml",
                "objects/A__c.object",
                "package.xml",
                "permissionsets/P.permissionset"
            ]
        );
        let object = String::from_utf8_lossy(&files["objects/A__c.object"]).into_owned();
        assert!(object.contains("<label>A</label><fields><type>Text</type></fields>"), "{object}");
        let manifest = String::from_utf8_lossy(&files["package.xml"]).into_owned();
        assert!(manifest.contains("<members>A__c</members><name>CustomObject</name>"), "{manifest}");
    }

    #[test]
    fn what_the_org_cannot_hold_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(read(folder.path()), Err(SourceError::Empty(_))));
        write(folder.path(), "lwc/x/x.js", "");
        assert!(read(folder.path()).expect_err("unknown").to_string().contains("x.js"));
    }
}
