//! One component as it goes into an organisation.

use sha2::{Digest, Sha256};

/// Stands for content that is somebody else's to keep.
const MANAGED: &str = "managed";

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
    /// The vendor's package brings it: it is looked for, and never deployed. With what is asked of it, if anything.
    Managed(String),
}

impl Rendered {
    /// SHA-256 of the content, hexadecimal.
    pub(crate) fn checksum(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.kind);
        digest.update([0]);
        digest.update(&self.full_name);
        for part in match &self.content {
            Content::Apex { body, meta } => vec![body.as_str(), meta],
            Content::Xml(text) => vec![text.as_str()],
            Content::Record => Vec::new(),
            Content::Managed(asked) => vec![MANAGED, asked.as_str()],
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
            Content::Record | Content::Managed(_) => Vec::new(),
        }
    }

    /// Whether a deployment brings it.
    pub(crate) fn is_deployed(&self) -> bool {
        matches!(self.content, Content::Apex { .. } | Content::Xml(_))
    }

    /// Bytes that it adds to a zip, before they are packed.
    pub(crate) fn bytes(&self) -> usize {
        self.files().iter().map(|(path, text)| path.len() + text.len()).sum()
    }

    /// What it adds to the code of the organisation: comments and tests do not count.
    pub(crate) fn code_size(&self) -> u64 {
        match &self.content {
            Content::Apex { body, .. } if !body.contains("@IsTest") => without_comments(body),
            _ => 0,
        }
    }
}

/// Characters outside of comments. Texts in quotes may hold what looks like one.
fn without_comments(code: &str) -> u64 {
    let (mut count, mut rest, mut quoted) = (0, code, false);
    while let Some(letter) = rest.chars().next() {
        let mut step = letter.len_utf8();
        if quoted {
            match letter {
                '\\' => step += rest[step..].chars().next().map_or(0, char::len_utf8),
                '\'' => quoted = false,
                _ => {}
            }
        } else if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        } else if rest.starts_with("/*") {
            rest = &rest[rest.find("*/").map_or(rest.len(), |end| end + 2)..];
            continue;
        } else if letter == '\'' {
            quoted = true;
        }
        count += rest[..step].chars().count() as u64;
        rest = &rest[step..];
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_tests_add_no_code() {
        assert_eq!(without_comments("a // b\nc /* d\n */e"), 6);
        assert_eq!(without_comments("'// \\' /*' f"), 12);
        assert_eq!(without_comments("/* open"), 0);
        let class = |body: &str| Rendered {
            kind: "ApexClass",
            full_name: "X".to_owned(),
            content: Content::Apex { body: body.to_owned(), meta: String::new() },
        };
        assert_eq!(class("@IsTest class X {}").code_size(), 0);
        assert_eq!(class("class X {}").code_size(), 10);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_size(code in "(?s).{0,80}") {
            proptest::prop_assert!(without_comments(&code) <= code.chars().count() as u64);
        }
    }
}
