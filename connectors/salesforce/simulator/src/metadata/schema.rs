//! Strict schemas of metadata files: which elements a type has, how often, and what they may hold.
//!
//! The rules are those of the Metadata API's WSDL. As on Salesforce, elements come in any order but repeats of one
//! element stand together. An element that a type does not have is refused.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::xml::{Element, Position};

/// The types, one a line: `enum Name value…` or `type Name Base member…`, where a member is its name, how often it
/// stands (`!` once, `?` at most once, `*` any number) and what it holds (`s`, `b`, `i`, `n`, `a` or another type).
const SCHEMA: &str = include_str!("../../data/metadata-schema.txt");

/// A complex type.
#[derive(Debug)]
pub struct Type {
    /// Name as error texts show it.
    pub name: &'static str,
    /// Its elements in the order in which Salesforce writes them.
    pub members: Vec<Member>,
}

/// One element of a [`Type`].
#[derive(Debug, Clone)]
pub struct Member {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) many: bool,
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
    /// Anything.
    Any,
    /// A value of an enum or child elements, by the type's name.
    Named(&'static str),
}

/// What Salesforce does without although its WSDL asks for it: elements by type, `*` for all of a type.
static OPTIONAL: &[(&str, &str)] = &[
    ("ApexClass", "status"),
    ("ApexTrigger", "status"),
    ("PicklistValue", "default"),
    ("CustomValue", "default"),
    ("ValueSetValuesDefinition", "sorted"),
    ("CustomField", "*"),
];

struct Types {
    enums: BTreeMap<&'static str, Vec<String>>,
    records: BTreeMap<&'static str, Type>,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let mut own: BTreeMap<&'static str, (&'static str, Vec<Member>)> = BTreeMap::new();
    let mut enums = BTreeMap::new();
    for line in SCHEMA.lines() {
        let mut words = line.split(' ');
        let (Some(what), Some(name)) = (words.next(), words.next()) else { continue };
        if what == "enum" {
            enums.insert(name, words.map(|value| value.replace("_SP_", " ")).collect());
        } else if let Some(base) = words.next() {
            own.insert(name, (base, words.filter_map(|word| member(name, word)).collect()));
        }
    }
    let mut records = BTreeMap::new();
    for name in own.keys() {
        let mut chain = Vec::new();
        let mut next = Some(*name);
        // What a base has comes first.
        while let Some((base, members)) = next.and_then(|name| own.get(name)) {
            chain.push(members);
            next = (*base != "-" && chain.len() < 8).then_some(*base);
        }
        let members = chain.into_iter().rev().flatten().cloned().collect();
        records.insert(*name, Type { name, members });
    }
    Types { enums, records }
});

fn member(of: &str, word: &'static str) -> Option<Member> {
    let at = word.find(['!', '?', '*'])?;
    let (name, rest) = word.split_at(at);
    let (mark, shape) = rest.split_at(1);
    let optional =
        OPTIONAL.iter().any(|(kind, element)| *kind == of && (*element == name || *element == "*"));
    Some(Member {
        name,
        shape: match shape {
            "s" => Shape::Text,
            "b" => Shape::Boolean,
            "i" => Shape::Integer,
            "n" => Shape::Double,
            "a" => Shape::Any,
            other => Shape::Named(other),
        },
        many: mark == "*",
        // A truth that is not told is false.
        required: mark == "!" && !optional && shape != "b",
    })
}

impl Type {
    /// The type of this name.
    pub fn named(name: &str) -> Option<&'static Type> {
        TYPES.records.get(name)
    }

    /// Elements of one kind in their place, and those of their children: `element` as Salesforce writes it.
    pub(crate) fn sort(&self, element: &mut Element) {
        let place = |name: &str| self.members.iter().position(|member| member.name == name);
        element.children.sort_by_key(|child| place(&child.name).unwrap_or(usize::MAX));
        for child in &mut element.children {
            let member = self.members.iter().find(|member| member.name == child.name);
            if let Some(Member { shape: Shape::Named(name), .. }) = member
                && let Some(schema) = Self::named(name)
            {
                schema.sort(child);
            }
        }
    }
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
pub(super) fn one(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, many: false, required: false }
}

/// An element that may repeat.
pub(super) fn many(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, many: true, required: false }
}

/// Checks `element` against `schema`; the first violation of a file is the one that Salesforce reports.
pub fn check(element: &Element, schema: &Type) -> Result<(), Violation> {
    check_with(element, schema, true)
}

/// As [`check`]; `complete`: what a type must have is there.
pub fn check_with(element: &Element, schema: &Type, complete: bool) -> Result<(), Violation> {
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
        check_shape(child, member.shape, complete)?;
    }
    if !element.text.is_empty() && !schema.members.is_empty() {
        return Err(parsing(element.at, format!("Unexpected text in type {}", schema.name)));
    }
    match schema.members.iter().find(|member| {
        complete
            && member.required
            && element.text_of(member.name).is_none()
            && !holds_children(element, member.name)
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

fn check_shape(element: &Element, shape: Shape, complete: bool) -> Result<(), Violation> {
    if let Shape::Any = shape {
        return Ok(());
    }
    let mut values = None;
    if let Shape::Named(name) = shape {
        if let Some(schema) = Type::named(name) {
            return check_with(element, schema, complete);
        }
        values = TYPES.enums.get(name).map(|values| (name, values));
    }
    if element.attribute("nil") == Some("true") {
        return Ok(());
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
        _ => match values {
            // Files of translations have elements for what they do not say.
            Some(("Gender" | "StartsWith", _)) if text.is_empty() => Ok(()),
            Some((name, values)) if !values.iter().any(|value| value == text) => {
                Err(parsing(element.at, format!("'{text}' is not a valid value for the enum '{name}'")))
            }
            _ => Ok(()),
        },
    }
}

fn parsing(at: Position, what: String) -> Violation {
    Violation { message: format!("Error parsing file: {what}"), at }
}

#[cfg(test)]
mod tests {
    use super::super::xml::NAMESPACE;
    use super::*;

    fn refusal(name: &str, inner: &str) -> String {
        let schema = Type::named(name).unwrap();
        let root =
            Element::parse(format!("<{0} xmlns=\"{NAMESPACE}\">{inner}</{0}>", schema.name).as_bytes())
                .unwrap();
        check(&root, schema).map_or_else(|violation| violation.message, |()| "accepted".to_owned())
    }

    #[test]
    fn the_whole_schema_is_read() {
        let (enums, records) = (TYPES.enums.len(), TYPES.records.len());
        assert_eq!(enums + records, SCHEMA.lines().count());
        let decision = Type::named("FlowDecision").unwrap();
        let names: Vec<&str> = decision.members.iter().map(|member| member.name).collect();
        let place = |name: &str| names.iter().position(|own| *own == name);
        assert!(place("name") < place("label") && place("label") < place("defaultConnector"), "{names:?}");
    }

    #[test]
    fn unknown_and_duplicated_elements() {
        assert_eq!(
            refusal("PermissionSet", "<label>a</label><colour>b</colour>"),
            "Error parsing file: Element colour invalid at this location in type PermissionSet"
        );
        assert_eq!(
            refusal("PermissionSet", "<label>a</label><label>b</label>"),
            "Error parsing file: Element label is duplicated at this location in type PermissionSet"
        );
    }

    #[test]
    fn repeats_stand_together() {
        let class = "<classAccesses><apexClass>A</apexClass><enabled>true</enabled></classAccesses>";
        assert_eq!(refusal("PermissionSet", &format!("{class}{class}<label>a</label>")), "accepted");
        assert_eq!(
            refusal("PermissionSet", &format!("{class}<label>a</label>{class}")),
            "Error parsing file: Element classAccesses is duplicated at this location in type PermissionSet"
        );
    }

    #[test]
    fn values_and_missing_elements() {
        assert_eq!(refusal("PermissionSet", "<label/>"), "Required field is missing: label");
        assert_eq!(
            refusal("CustomObject", "<sharingModel>Closed</sharingModel>"),
            "Error parsing file: 'Closed' is not a valid value for the enum 'SharingModel'"
        );
        assert_eq!(
            refusal("CustomObject", "<enableFeeds>yes</enableFeeds>"),
            "Error parsing file: 'yes' is not a valid value for the type xsd:boolean"
        );
        assert_eq!(
            refusal("CustomObject", "<fields><fullName>A__c</fullName><length>x</length></fields>"),
            "Error parsing file: 'x' is not a valid value for the type xsd:int"
        );
    }
}
