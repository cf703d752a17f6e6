//! Strict schemas of metadata files: which elements a type has, how often, and what they may hold.
//!
//! The rules are those of the Metadata API reference. As on Salesforce, elements come in any order but repeats
//! of one element stand together. Elements that an org has and this simulator does not model are absent here,
//! so a file that uses them is refused instead of being half understood.

use super::xml::{Element, Position};

/// A complex type.
#[derive(Debug)]
pub struct Type {
    /// Name as error texts show it.
    pub name: &'static str,
    /// Its elements.
    pub members: &'static [Member],
}

/// One element of a [`Type`].
#[derive(Debug)]
pub struct Member {
    name: &'static str,
    shape: Shape,
    many: bool,
    required: bool,
}

/// What an element holds.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A decimal number.
    Double,
    /// One of a list; the first part is the enum's name.
    Enum(&'static str, &'static [&'static str]),
    /// Child elements.
    Record(&'static Type),
}

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Salesforce's words.
    pub message: String,
    /// The element at fault.
    pub at: Position,
}

/// An element that may stand once.
pub const fn one(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, many: false, required: false }
}

/// An element that must stand once.
pub const fn must(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, many: false, required: true }
}

/// An element that may repeat.
pub const fn many(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, many: true, required: false }
}

/// Checks `element` against `schema`; the first violation of a file is the one that Salesforce reports.
pub fn check(element: &Element, schema: &Type) -> Result<(), Violation> {
    let mut previous: Option<&str> = None;
    let mut seen: Vec<&str> = Vec::new();
    for child in &element.children {
        let Some(member) = schema.members.iter().find(|member| member.name == child.name) else {
            return Err(parsing(
                child.at,
                format!("Element {} invalid at this location in type {}", child.name, schema.name),
            ));
        };
        let again = seen.contains(&member.name);
        if again && (!member.many || previous != Some(member.name)) {
            return Err(parsing(
                child.at,
                format!("Element {} is duplicated at this location in type {}", child.name, schema.name),
            ));
        }
        if !again {
            seen.push(member.name);
        }
        previous = Some(member.name);
        check_shape(child, member.shape)?;
    }
    if !element.text.is_empty() && !schema.members.is_empty() {
        return Err(parsing(element.at, format!("Unexpected text in type {}", schema.name)));
    }
    match schema.members.iter().find(|member| {
        member.required && element.text_of(member.name).is_none() && !holds_children(element, member.name)
    }) {
        Some(missing) => {
            Err(Violation { message: format!("Required field is missing: {}", missing.name), at: element.at })
        }
        None => Ok(()),
    }
}

fn holds_children(element: &Element, name: &str) -> bool {
    element.get(name).is_some_and(|child| !child.children.is_empty())
}

fn check_shape(element: &Element, shape: Shape) -> Result<(), Violation> {
    if let Shape::Record(schema) = shape {
        return check(element, schema);
    }
    if let Some(stray) = element.children.first() {
        return Err(parsing(
            stray.at,
            format!("Element {} invalid at this location in type string", stray.name),
        ));
    }
    let text = element.text.as_str();
    match shape {
        Shape::Boolean if !matches!(text, "true" | "false" | "1" | "0") => {
            Err(parsing(element.at, format!("'{text}' is not a valid value for the type xsd:boolean")))
        }
        Shape::Integer if text.parse::<i32>().is_err() => {
            Err(parsing(element.at, format!("'{text}' is not a valid value for the type xsd:int")))
        }
        Shape::Double if !text.parse::<f64>().is_ok_and(f64::is_finite) => {
            Err(parsing(element.at, format!("'{text}' is not a valid value for the type xsd:double")))
        }
        Shape::Enum(name, values) if !values.contains(&text) => {
            Err(parsing(element.at, format!("'{text}' is not a valid value for the enum '{name}'")))
        }
        _ => Ok(()),
    }
}

fn parsing(at: Position, what: String) -> Violation {
    Violation { message: format!("Error parsing file: {what}"), at }
}

#[cfg(test)]
mod tests {
    use super::super::types::{CUSTOM_OBJECT, PERMISSION_SET};
    use super::super::xml::NAMESPACE;
    use super::*;

    fn refusal(schema: &Type, inner: &str) -> String {
        let root =
            Element::parse(format!("<{0} xmlns=\"{NAMESPACE}\">{inner}</{0}>", schema.name).as_bytes())
                .unwrap();
        check(&root, schema).map_or_else(|violation| violation.message, |()| "accepted".to_owned())
    }

    #[test]
    fn unknown_and_duplicated_elements() {
        assert_eq!(
            refusal(&PERMISSION_SET, "<label>a</label><colour>b</colour>"),
            "Error parsing file: Element colour invalid at this location in type PermissionSet"
        );
        assert_eq!(
            refusal(&PERMISSION_SET, "<label>a</label><label>b</label>"),
            "Error parsing file: Element label is duplicated at this location in type PermissionSet"
        );
    }

    #[test]
    fn repeats_stand_together() {
        let class = "<classAccesses><apexClass>A</apexClass><enabled>true</enabled></classAccesses>";
        assert_eq!(refusal(&PERMISSION_SET, &format!("{class}{class}<label>a</label>")), "accepted");
        assert_eq!(
            refusal(&PERMISSION_SET, &format!("{class}<label>a</label>{class}")),
            "Error parsing file: Element classAccesses is duplicated at this location in type PermissionSet"
        );
    }

    #[test]
    fn values_and_missing_elements() {
        assert_eq!(refusal(&PERMISSION_SET, "<label/>"), "Required field is missing: label");
        assert_eq!(
            refusal(&CUSTOM_OBJECT, "<sharingModel>Closed</sharingModel>"),
            "Error parsing file: 'Closed' is not a valid value for the enum 'SharingModel'"
        );
        assert_eq!(
            refusal(&CUSTOM_OBJECT, "<enableFeeds>yes</enableFeeds>"),
            "Error parsing file: 'yes' is not a valid value for the type xsd:boolean"
        );
        assert_eq!(
            refusal(&CUSTOM_OBJECT, "<fields><fullName>A__c</fullName><length>x</length></fields>"),
            "Error parsing file: 'x' is not a valid value for the type xsd:int"
        );
    }
}
