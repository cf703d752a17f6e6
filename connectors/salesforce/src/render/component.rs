//! One component as it goes into an organisation.

use sha2::{Digest, Sha256};

/// A component with its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// Type in the Metadata API.
    pub kind: &'static str,
    pub full_name: String,
    pub content: Content,
}

/// What a component consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// A class or trigger, and its meta file.
    Apex { body: String, meta: String },
    /// A metadata file.
    Xml(String),
    /// A record and not metadata: made by the REST API.
    Record,
}

impl Rendered {
    /// SHA-256 of the content, hexadecimal.
    pub(crate) fn checksum(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.kind);
        digest.update([0]);
        digest.update(&self.full_name);
        for part in match &self.content {
            Content::Apex { body, meta } => vec![body, meta],
            Content::Xml(text) => vec![text],
            Content::Record => Vec::new(),
        } {
            digest.update([0]);
            digest.update(part);
        }
        hex::encode(digest.finalize())
    }

    /// Paths in the zip, with their content.
    pub(super) fn files(&self) -> Vec<(String, &str)> {
        let (folder, ending) = match self.kind {
            "ApexClass" => ("classes", "cls"),
            "ApexTrigger" => ("triggers", "trigger"),
            "CustomObject" => ("objects", "object"),
            "PermissionSet" => ("permissionsets", "permissionset"),
            "CustomPermission" => ("customPermissions", "customPermission"),
            _ => return Vec::new(),
        };
        let path = format!("{folder}/{}.{ending}", self.full_name);
        match &self.content {
            Content::Apex { body, meta } => vec![(format!("{path}-meta.xml"), meta), (path, body)],
            Content::Xml(text) => vec![(path, text)],
            Content::Record => Vec::new(),
        }
    }
}
