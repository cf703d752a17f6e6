//! Metadata as a retrieve writes it: a header, four spaces a level, the references that Salesforce escapes.

use super::xml::{Element, NAMESPACE};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// A whole document: `element` is the root.
pub(crate) fn document(element: &Element) -> Vec<u8> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let schema = if element.name == "CustomMetadata" || has_instance_attributes(element) {
        format!(" xmlns:xsi=\"{XSI}\" xmlns:xsd=\"{XSD}\"")
    } else {
        String::new()
    };
    write(element, 0, &format!(" xmlns=\"{NAMESPACE}\"{schema}"), &mut out);
    out.into_bytes()
}

fn has_instance_attributes(element: &Element) -> bool {
    element.attributes.iter().any(|(key, _)| key.starts_with("xsi:"))
        || element.children.iter().any(has_instance_attributes)
}

fn write(element: &Element, depth: usize, namespaces: &str, out: &mut String) {
    let indent = "    ".repeat(depth);
    out.push_str(&indent);
    out.push('<');
    out.push_str(&element.name);
    out.push_str(namespaces);
    for (key, value) in &element.attributes {
        out.push_str(&format!(" {key}=\"{}\"", escaped(value)));
    }
    let text = element.whole_text();
    if element.children.is_empty() && text.is_empty() && depth > 0 {
        out.push_str("/>\n");
        return;
    }
    out.push('>');
    if element.children.is_empty() && depth > 0 {
        out.push_str(&escaped(text));
    } else {
        out.push('\n');
        for child in &element.children {
            write(child, depth + 1, "", out);
        }
        out.push_str(&indent);
    }
    out.push_str(&format!("</{}>\n", element.name));
}

/// Text with all five predefined references.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // XML cannot hold other control characters at all.
            letter if letter.is_control() && !matches!(letter, '\n' | '\r' | '\t') => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_document_is_written_as_salesforce_writes_it() {
        let root = Element::node(
            "CustomTab",
            vec![Element::leaf("label", "R&D \"x\""), Element::node("a", vec![Element::leaf("b", "")])],
        );
        let written = String::from_utf8(document(&root)).unwrap();
        assert_eq!(
            written,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CustomTab xmlns=\"{NAMESPACE}\">\n    <label>R&amp;D &quot;x&quot;</label>\n    <a>\n        <b/>\n    </a>\n</CustomTab>\n"
            )
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[ -~äé\n]{0,40}", attribute in "[ -~]{0,20}") {
            let mut leaf = Element::leaf("value", text.clone());
            leaf.attributes.push(("xsi:type".to_owned(), attribute));
            let written = document(&Element::node("CustomMetadata", vec![leaf.clone()]));
            let read = Element::parse(&written).unwrap();
            prop_assert_eq!(read.children[0].whole_text(), text.as_str());
            prop_assert_eq!(&read.children[0].attributes, &leaf.attributes);
        }
    }
}
