//! What metadata the org holds, as the Metadata API tells it: types, lists, files, elements.
//!
//! SOAP speaks this, a retrieve is made of it. What was deployed comes back as it went in: same elements and values, in
//! the order of a real retrieve (by type, then name).

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
    Vec::new()
}

/// The components of a type, in a folder of it where the type has folders. An error: no such type, Salesforce's words.
pub(crate) fn list(
    _org: &Org,
    _state: &State,
    _rights: &Rights,
    _kind: &str,
    _folder: Option<&str>,
    _version: u32,
) -> Result<Vec<FileProperties>, String> {
    Ok(Vec::new())
}

/// The files asked for.
pub(crate) fn retrieve(_org: &Org, _state: &State, _rights: &Rights, _asked: &Retrieval) -> Retrieved {
    Retrieved::default()
}

/// Components by name as elements, each with its `fullName`; `None` for what is not there.
pub(crate) fn read(
    _org: &Org,
    _state: &State,
    _rights: &Rights,
    _kind: &str,
    _full_names: &[String],
) -> Result<Vec<Option<Element>>, String> {
    Ok(Vec::new())
}
