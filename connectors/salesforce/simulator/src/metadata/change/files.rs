//! The package that an element by itself makes up.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::verdict::Refusal;
use crate::metadata::archive::Archive;
use crate::metadata::kinds::{Form, Kind, Part};
use crate::metadata::writer::{document, escaped};
use crate::metadata::xml::{Element, NAMESPACE};

/// Types that come by deploys alone. (The words are a guess.)
const NOT_ONE_BY_ONE: [&str; 2] = ["ApexClass", "ApexTrigger"];

/// A package of this component alone.
pub(super) fn archive(kind: &str, name: &str, element: &Element, version: u32) -> Result<Archive, Refusal> {
    let mut files = BTreeMap::new();
    let plain = without_name(element);
    if let Some(own) = Kind::named(kind) {
        if NOT_ONE_BY_ONE.contains(&kind) || own.form == Form::Bundle {
            let message = format!("Cannot use: {kind} in this version");
            return Err(Refusal::new("INVALID_TYPE_FOR_OPERATION", message));
        }
        let path = own.path(name);
        let mut root = Element { name: kind.to_owned(), kind: None, ..plain };
        if own.has_meta {
            let at = root.children.iter().position(|child| child.name == "content");
            let content = at.map(|at| root.children.remove(at).text).unwrap_or_default();
            let packed: String = content.split_ascii_whitespace().collect();
            let bytes = STANDARD.decode(packed);
            let bytes = bytes.map_err(|error| Refusal::new("INVALID_CONTENT", error.to_string()))?;
            files.insert(path.clone(), bytes.into());
            files.insert(format!("{path}-meta.xml"), document(&root).into());
        } else {
            files.insert(path, document(&root).into());
        }
    } else if let Some((parent, part)) = Part::named(kind) {
        let (outer, own) = part.split(name).ok_or_else(|| {
            Refusal::new("INVALID_FULL_NAME", format!("The full name {name} must name its parent"))
        })?;
        let mut inner = Element { name: part.element.to_owned(), kind: None, ..plain };
        inner.children.insert(0, Element::leaf("fullName", own));
        files.insert(parent.path(outer), document(&Element::node(parent.name, vec![inner])).into());
    } else {
        return Err(Refusal::new("INVALID_TYPE", format!("Unknown type:{kind}")));
    }
    files.insert("package.xml".to_owned(), manifest(kind, name, version));
    Ok(Archive::of(files))
}

fn without_name(element: &Element) -> Element {
    let mut plain = element.clone();
    plain.attributes.clear();
    plain.children.retain(|child| child.name != "fullName");
    plain
}

fn manifest(kind: &str, name: &str, version: u32) -> Bytes {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Package xmlns=\"{NAMESPACE}\"><types><members>{}</members><name>{kind}</name></types><version>{version}.0</version></Package>",
        escaped(name)
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_lies_in_its_objects_file() {
        let element = Element::node(
            "metadata",
            vec![Element::leaf("fullName", "A__c.B__c"), Element::leaf("label", "B")],
        );
        let archive = archive("CustomField", "A__c.B__c", &element, 67).expect("a package");
        let file = String::from_utf8_lossy(archive.get("objects/A__c.object").expect("a file")).into_owned();
        assert!(file.contains("<fullName>B__c</fullName>"), "{file}");
        assert!(file.contains("<label>B</label>"), "{file}");
    }
}
