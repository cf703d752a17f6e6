//! The zip of a deployment.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};

use bytes::Bytes;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::Rendered;

/// A zip, and what it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Archive {
    pub bytes: Bytes,
    /// Whether it brings classes or triggers: production then asks for tests.
    pub has_apex: bool,
}

impl Archive {
    /// Packs components; the same ones make the same bytes.
    pub(crate) fn of(components: &[&Rendered], api_version: &str) -> Result<Self, String> {
        Self::pack(components, &[], api_version)
    }

    /// Packs components, and names others, by type and name, that are deleted once these are in.
    pub(crate) fn removing(
        gone: &[(&str, &str)],
        components: &[&Rendered],
        api_version: &str,
    ) -> Result<Self, String> {
        Self::pack(components, gone, api_version)
    }

    fn pack(components: &[&Rendered], gone: &[(&str, &str)], api_version: &str) -> Result<Self, String> {
        let mut files = BTreeMap::new();
        for component in components {
            files.extend(component.files().into_iter().map(|(path, text)| (path, text.to_owned())));
        }
        let named: Vec<(&str, &str)> =
            components.iter().map(|one| (one.kind, one.full_name.as_str())).collect();
        files.insert("package.xml".to_owned(), manifest(&named, api_version));
        if !gone.is_empty() {
            files.insert("destructiveChangesPost.xml".to_owned(), manifest(gone, api_version));
        }
        // The epoch of zip files, so that time is no part of the content.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, text) in &files {
            zip.start_file(path.as_str(), options).map_err(|error| format!("{path}: {error}"))?;
            zip.write_all(text.as_bytes()).map_err(|error| format!("{path}: {error}"))?;
        }
        let bytes = zip.finish().map_err(|error| error.to_string())?.into_inner().into();
        let has_apex = components.iter().any(|c| matches!(c.kind, "ApexClass" | "ApexTrigger"));
        Ok(Archive { bytes, has_apex })
    }
}

/// `package.xml`: what of the zip is deployed, by type and name. What is deleted is named in the same form.
pub(super) fn manifest(components: &[(&str, &str)], api_version: &str) -> String {
    let mut types: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (kind, full_name) in components {
        types.entry(kind).or_default().insert(full_name);
    }
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n",
    );
    for (kind, names) in types {
        text.push_str("    <types>\n");
        for name in names {
            text.push_str(&format!("        <members>{}</members>\n", quick_xml::escape::escape(name)));
        }
        text.push_str(&format!("        <name>{kind}</name>\n    </types>\n"));
    }
    text.push_str(&format!("    <version>{api_version}</version>\n</Package>\n"));
    text
}
