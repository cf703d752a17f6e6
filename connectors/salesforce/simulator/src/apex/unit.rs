//! What a class or trigger declares.

use tree_sitter::Node;

use super::parse::{Problem, each, parse, text};
use crate::org::{Surface, TriggerEvent};

/// A top-level class, interface or enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassUnit {
    /// Declared name.
    pub name: String,
    /// Annotated `@IsTest`.
    pub is_test: bool,
    /// Names of all methods, in lower case.
    pub methods: Vec<String>,
    /// Names of the test methods, as written.
    pub test_methods: Vec<String>,
    /// The class inherits from another, so that it can have methods that are not written here.
    pub inherits: bool,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerUnit {
    /// Declared name.
    pub name: String,
    /// The object it stands on, as written.
    pub object: String,
    /// The events it names, in source order.
    pub events: Vec<TriggerEvent>,
}

/// Reads the declaration of a class file.
pub fn read_class(source: &str) -> Result<ClassUnit, Problem> {
    let tree = parse(source)?;
    let declaration = only_declaration(
        tree.root_node(),
        source,
        &["class_declaration", "interface_declaration", "enum_declaration"],
    )?;
    let is_test = has_annotation(declaration, source, "istest");
    if !is_test && !has_modifier(declaration, &["public", "global"]) {
        return Err(Problem::at(
            declaration,
            "Top-level type must have public or global visibility".to_owned(),
        ));
    }
    let mut methods = Vec::new();
    let mut test_methods = Vec::new();
    each(declaration, |node| {
        if node.kind() == "method_declaration"
            && let Some(name) = node.child_by_field_name("name")
        {
            let name = text(name, source);
            methods.push(name.to_ascii_lowercase());
            if has_annotation(node, source, "istest") || has_modifier(node, &["testMethod"]) {
                test_methods.push(name.to_owned());
            }
        }
    });
    Ok(ClassUnit {
        name: name_of(declaration, source),
        is_test,
        methods,
        test_methods,
        inherits: declaration.child_by_field_name("superclass").is_some(),
    })
}

/// What the code of others may use of a class.
pub fn interface(source: &str) -> Result<Surface, Problem> {
    let tree = parse(source)?;
    let kinds = ["class_declaration", "interface_declaration", "enum_declaration"];
    let declaration = only_declaration(tree.root_node(), source, &kinds)?;
    let mut surface = Surface { global: has_modifier(declaration, &["global"]), ..Surface::default() };
    each(declaration, |node| {
        if node.kind() == "method_declaration"
            && let Some(name) = node.child_by_field_name("name")
        {
            let name = text(name, source).to_ascii_lowercase();
            if has_modifier(node, &["global"]) {
                surface.global_methods.insert(name.clone());
            }
            surface.methods.insert(name);
        }
    });
    Ok(surface)
}

/// Reads the declaration of a trigger file.
pub fn read_trigger(source: &str) -> Result<TriggerUnit, Problem> {
    let tree = parse(source)?;
    let declaration = only_declaration(tree.root_node(), source, &["trigger_declaration"])?;
    let mut events = Vec::new();
    let mut cursor = declaration.walk();
    for node in declaration.children_by_field_name("events", &mut cursor).filter(Node::is_named) {
        let words = text(node, source).split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        match TriggerEvent::ALL.into_iter().find(|event| event.words() == words) {
            Some(event) if events.contains(&event) => {
                return Err(Problem::at(node, format!("Duplicate trigger event: {words}")));
            }
            Some(event) => events.push(event),
            None => return Err(Problem::at(node, format!("Unexpected token '{words}'."))),
        }
    }
    let object = declaration
        .child_by_field_name("object")
        .map(|node| text(node, source).to_owned())
        .unwrap_or_default();
    Ok(TriggerUnit { name: name_of(declaration, source), object, events })
}

/// Characters of `source` without comments (the Tooling column `LengthWithoutComments`).
pub fn length_without_comments(source: &str) -> u32 {
    let Ok(tree) = parse(source) else { return source.chars().count() as u32 };
    let mut comments = 0;
    each(tree.root_node(), |node| {
        if matches!(node.kind(), "line_comment" | "block_comment") {
            comments += text(node, source).chars().count();
        }
    });
    (source.chars().count() - comments) as u32
}

fn only_declaration<'tree>(root: Node<'tree>, source: &str, kinds: &[&str]) -> Result<Node<'tree>, Problem> {
    let mut cursor = root.walk();
    let mut declarations = root
        .named_children(&mut cursor)
        .filter(|node| !matches!(node.kind(), "line_comment" | "block_comment"));
    let Some(first) = declarations.next() else {
        return Err(Problem::at_start("Unexpected token '<EOF>'.".to_owned()));
    };
    let stray = if kinds.contains(&first.kind()) { declarations.next() } else { Some(first) };
    match stray {
        Some(stray) => {
            let word = text(stray, source).split_whitespace().next().unwrap_or("<EOF>");
            Err(Problem::at(stray, format!("Unexpected token '{word}'.")))
        }
        None => Ok(first),
    }
}

fn name_of(declaration: Node<'_>, source: &str) -> String {
    declaration.child_by_field_name("name").map(|node| text(node, source).to_owned()).unwrap_or_default()
}

fn modifiers(declaration: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = declaration.walk();
    declaration.named_children(&mut cursor).find(|node| node.kind() == "modifiers")
}

fn has_annotation(declaration: Node<'_>, source: &str, name: &str) -> bool {
    let Some(modifiers) = modifiers(declaration) else { return false };
    let mut cursor = modifiers.walk();
    modifiers
        .named_children(&mut cursor)
        .filter(|node| node.kind() == "annotation")
        .filter_map(|node| node.child_by_field_name("name"))
        .any(|node| text(node, source).eq_ignore_ascii_case(name))
}

fn has_modifier(declaration: Node<'_>, kinds: &[&str]) -> bool {
    let Some(modifiers) = modifiers(declaration) else { return false };
    let mut cursor = modifiers.walk();
    modifiers
        .named_children(&mut cursor)
        .filter_map(|node| node.named_child(0))
        .any(|node| kinds.contains(&node.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_test_class() {
        let unit = read_class("@IsTest\nprivate class A_Test {\n  @IsTest static void one() {}\n  static testMethod void two() {}\n  static void help() {}\n}").unwrap();
        assert!(unit.is_test);
        assert_eq!(unit.name, "A_Test");
        assert_eq!(unit.test_methods, ["one", "two"]);
        assert_eq!(unit.methods, ["one", "two", "help"]);
    }

    #[test]
    fn a_class_needs_visibility_and_stands_alone() {
        assert!(read_class("class A {}").unwrap_err().message.starts_with("Top-level type"));
        assert!(
            read_class("public class A {} public class B {}")
                .unwrap_err()
                .message
                .starts_with("Unexpected token")
        );
        assert!(read_class("// nothing").unwrap_err().message.contains("EOF"));
        assert!(read_class("trigger T on Account (before insert) {}").is_err());
    }

    #[test]
    fn reads_a_trigger() {
        let unit = read_trigger("// ours\ntrigger T on Account (before insert, AFTER undelete) { H.run(); }")
            .unwrap();
        assert_eq!((unit.name.as_str(), unit.object.as_str()), ("T", "Account"));
        assert_eq!(unit.events, [TriggerEvent::BeforeInsert, TriggerEvent::AfterUndelete]);
        assert!(
            read_trigger("trigger T on Account (before insert, before insert) {}")
                .unwrap_err()
                .message
                .contains("Duplicate")
        );
        assert!(read_trigger("trigger T on Account (before merge) {}").is_err());
    }

    #[test]
    fn comments_do_not_count() {
        assert_eq!(length_without_comments("public class A {/* x */}"), 17);
    }
}
