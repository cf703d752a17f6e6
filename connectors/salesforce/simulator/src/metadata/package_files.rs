//! Where the files of a component lie in a zip.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::archive::Archive;
use super::kinds::{Form, Kind};
use super::package::Component;

const META: &str = "-meta.xml";

/// A component and the names of the files that make it up.
pub(super) struct Found {
    pub(super) component: Component,
    pub(super) used: Vec<String>,
}

/// The component of this name, if its files are there. An error: `(file, what is wrong)`.
pub(super) fn find(
    archive: &Archive,
    kind: &'static Kind,
    top: &str,
    name: &str,
) -> Result<Option<Found>, (String, String)> {
    if kind.form == Form::Bundle {
        return Ok(bundle(archive, kind, top, name));
    }
    let found = |file: String, content: &Bytes, meta: Option<Bytes>| {
        let mut used = vec![file.clone()];
        if meta.is_some() {
            used.push(format!("{file}{META}"));
        }
        let component = Component {
            kind,
            full_name: name.to_owned(),
            file,
            content: content.clone(),
            meta,
            files: BTreeMap::new(),
            only: None,
        };
        Found { component, used }
    };
    let folder_file = format!("{top}{}/{name}{META}", kind.folder);
    if kind.in_folder
        && let Some(content) = archive.get(&folder_file)
        && archive.get(folder_file.trim_end_matches(META)).is_none()
    {
        return Ok(Some(found(folder_file, content, None)));
    }
    let Some(file) = content_file(archive, kind, top, name) else { return Ok(None) };
    let Some(content) = archive.get(&file) else { return Ok(None) };
    if !kind.has_meta {
        return Ok(Some(found(file, content, None)));
    }
    let meta_file = format!("{file}{META}");
    let Some(meta) = archive.get(&meta_file) else {
        return Err((file, format!("Metadata file is missing: {meta_file}")));
    };
    Ok(Some(found(file, content, Some(meta.clone()))))
}

/// The file of the content: where it usually lies, with its name in the percent notation, or deeper in the folder.
fn content_file(archive: &Archive, kind: &Kind, top: &str, name: &str) -> Option<String> {
    let usual = format!("{top}{}", kind.path(name));
    if archive.get(&usual).is_some() {
        return Some(usual);
    }
    let folder = format!("{top}{}/", kind.folder);
    let stem = |file: &str| match kind.name {
        // A document may be named without its ending.
        "Document" if !name.rsplit('/').next().is_some_and(|own| own.contains('.')) => {
            Some(file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned())
        }
        "Document" => Some(file.to_owned()),
        _ => file.strip_suffix(kind.ending)?.strip_suffix('.').map(str::to_owned),
    };
    let last = |text: &str| text.rsplit(['/', '.']).next().unwrap_or_default().to_owned();
    let nested = kind.folder.starts_with("territory2");
    archive
        .names()
        .find(|file| {
            let own = file.strip_prefix(&folder).and_then(stem);
            own.is_some_and(|own| decoded(&own) == decoded(name) || (nested && last(&own) == last(name)))
        })
        .map(str::to_owned)
}

/// Without the percent notation of characters that file names do not take.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.filter(|_| first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn bundle(archive: &Archive, kind: &'static Kind, top: &str, name: &str) -> Option<Found> {
    let folder = format!("{top}{}/", kind.folder);
    let inside = format!("{name}/");
    let beside = format!("{name}.");
    let mut files = BTreeMap::new();
    let mut used = Vec::new();
    for file in archive.names() {
        let Some(path) = file.strip_prefix(&folder) else { continue };
        let own = path.starts_with(&inside) || (path.starts_with(&beside) && !path.contains('/'));
        if let Some(content) = archive.get(file).filter(|_| own) {
            files.insert(path.to_owned(), content.clone());
            used.push(file.to_owned());
        }
    }
    let component = Component {
        kind,
        full_name: name.to_owned(),
        file: format!("{folder}{name}"),
        content: Bytes::new(),
        meta: None,
        only: None,
        files,
    };
    (!used.is_empty()).then_some(Found { component, used })
}

/// The names of all components of a kind in a zip.
pub(super) fn names(archive: &Archive, kind: &Kind, top: &str) -> BTreeSet<String> {
    let folder = format!("{top}{}/", kind.folder);
    let ending = format!(".{}", kind.ending);
    let below = archive.names().filter_map(|file| file.strip_prefix(&folder));
    let name = |path: &str| match kind.form {
        Form::Bundle => path.split_once('/').map(|(name, _)| name.to_owned()),
        _ if kind.in_folder && path.ends_with(META) => {
            let stem = path.trim_end_matches(META);
            archive.get(&format!("{folder}{stem}")).is_none().then(|| stem.to_owned())
        }
        _ if kind.name == "Document" => Some(path.to_owned()),
        _ => path.strip_suffix(&ending).map(str::to_owned),
    };
    below.filter_map(name).collect()
}

/// A folder that every org has and that no file describes.
pub(super) fn is_given(archive: &Archive, kind: &Kind, top: &str, name: &str) -> bool {
    let inside = format!("{top}{}/{name}/", kind.folder);
    kind.in_folder && archive.names().any(|file| file.starts_with(&inside))
}
