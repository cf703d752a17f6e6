//! What metadata the org holds, as the Metadata API tells it: types, lists, files, elements.
//!
//! SOAP speaks this, a retrieve is made of it. What was deployed comes back as it went in: same elements and values, in
//! the order of a real retrieve (by type, then name).

mod elements;
mod entries;
mod files;
pub(crate) mod held;

use std::sync::LazyLock;

use self::entries::entries;
pub(crate) use self::entries::profile_name;
use super::kinds::{Kind, kinds, type_name};
use super::xml::Element;
use crate::org::{Id, Org, Rights, State};

/// One row of `describeMetadata`.
#[derive(Debug)]
pub(crate) struct TypeDescription {
    pub xml_name: &'static str,
    pub directory: &'static str,
    /// Ending of its files; bundles have none.
    pub suffix: Option<&'static str>,
    pub in_folder: bool,
    /// A `-meta.xml` file stands beside the content.
    pub meta_file: bool,
    /// Types whose components lie inside this one's file.
    pub children: &'static [&'static str],
}

/// One row of `listMetadata`, or one file of a retrieve.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FileProperties {
    pub kind: &'static str,
    pub full_name: String,
    /// `classes/A.cls`; below `unpackaged/` in a retrieve.
    pub file_name: String,
    pub id: Option<Id>,
    pub namespace: Option<String>,
    /// `unmanaged`, `installed`, …; `None` for what has no such state.
    pub manageable_state: Option<&'static str>,
    pub created_by: Id,
    pub created_ms: i64,
    pub modified_by: Id,
    pub modified_ms: i64,
}

/// What `retrieve` asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Retrieval {
    /// `(type, members)`; `*` among the members stands for all that a wildcard may name.
    pub unpackaged: Vec<(String, Vec<String>)>,
    /// Namespaces or names of packages.
    pub packages: Vec<String>,
    /// These files alone.
    pub specific_files: Vec<String>,
    /// Files at the root instead of below `unpackaged/`.
    pub single_package: bool,
    pub version: u32,
}

/// What `retrieve` comes to.
#[derive(Debug, Default)]
pub(crate) struct Retrieved {
    pub zip: Vec<u8>,
    pub properties: Vec<FileProperties>,
    /// `(file, problem)`: what was asked for and is not there.
    pub messages: Vec<(String, String)>,
}

/// The types of this API version.
pub(crate) fn describe(_version: u32) -> Vec<&'static TypeDescription> {
    static TYPES: LazyLock<Vec<TypeDescription>> =
        LazyLock::new(|| kinds().iter().map(description).collect());
    TYPES.iter().collect()
}

fn description(kind: &'static Kind) -> TypeDescription {
    TypeDescription {
        xml_name: kind.name,
        directory: kind.folder,
        suffix: (!kind.ending.is_empty() && kind.name != "Document").then_some(kind.ending),
        in_folder: kind.in_folder,
        meta_file: kind.has_meta,
        children: &kind.part_names,
    }
}

/// The components of a type, in a folder of it where the type has folders. An error: no such type, Salesforce's words.
pub(crate) fn list(
    org: &Org,
    state: &State,
    _rights: &Rights,
    kind: &str,
    folder: Option<&str>,
    _version: u32,
) -> Result<Vec<FileProperties>, String> {
    // Folders have types of their own in a list.
    let folders = match kind {
        "EmailFolder" => Some(("EmailFolder", "EmailTemplate")),
        "EmailTemplateFolder" => Some(("EmailTemplateFolder", "EmailTemplate")),
        "ReportFolder" => Some(("ReportFolder", "Report")),
        "DashboardFolder" => Some(("DashboardFolder", "Dashboard")),
        "DocumentFolder" => Some(("DocumentFolder", "Document")),
        _ => None,
    };
    if let Some((name, of)) = folders {
        let all = entries(org, state, of).into_iter().filter(|entry| is_folder(state, of, &entry.full_name));
        return Ok(all.map(|entry| FileProperties { kind: name, ..entry }).collect());
    }
    let name = type_name(kind).ok_or_else(|| format!("INVALID_TYPE: Unknown type:{kind}"))?;
    let mut all = entries(org, state, name);
    if Kind::named(name).is_some_and(|kind| kind.in_folder) {
        all.retain(|entry| !is_folder(state, name, &entry.full_name));
        if let Some(folder) = folder {
            let inside = |entry: &FileProperties| {
                entry.full_name.rsplit_once('/').is_some_and(|(own, _)| own.eq_ignore_ascii_case(folder))
            };
            all.retain(inside);
        }
    }
    Ok(all)
}

/// Whether a component of a type with folders is one of them.
fn is_folder(state: &State, kind: &str, full_name: &str) -> bool {
    let held = state.metadata.components.get(kind, full_name);
    held.and_then(|held| held.element.as_ref()).is_some_and(|element| element.name.ends_with("Folder"))
}

/// The files asked for.
pub(crate) fn retrieve(org: &Org, state: &State, _rights: &Rights, asked: &Retrieval) -> Retrieved {
    files::retrieve(org, state, asked)
}

/// Components by name as elements, each with its `fullName`; `None` for what is not there.
pub(crate) fn read(
    org: &Org,
    state: &State,
    _rights: &Rights,
    kind: &str,
    full_names: &[String],
) -> Result<Vec<Option<Element>>, String> {
    let kind = type_name(kind).ok_or_else(|| format!("INVALID_TYPE: Unknown type:{kind}"))?;
    Ok(full_names.iter().map(|name| files::read(org, state, kind, name)).collect())
}
