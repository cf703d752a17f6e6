//! Resolves the names of a parsed source against the org as it will be after the deploy.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::{Node, Tree};

use super::names::is_platform;
use super::parse::{Problem, each, parse, text};
use super::unit::{ClassUnit, read_class};
use crate::org::{Metadata, Surface};

/// Checks the custom objects and fields that a class names.
///
/// Only names with a custom suffix are judged: the platform's own types are too many to be listed here, and a
/// class that a real compiler takes must never be refused.
pub fn check_class(source: &str, org: &Metadata) -> Result<(), Problem> {
    let tree = parse(source)?;
    custom_names(&tree, source, org)?;
    let locals = local_names(&tree, source);
    let mut problem = None;
    each(tree.root_node(), |node| {
        if problem.is_none() {
            problem = match node.kind() {
                "method_invocation" => node
                    .child_by_field_name("object")
                    .filter(|object| object.kind() == "field_access")
                    .and_then(|object| {
                        let method = node.child_by_field_name("name");
                        check_packaged(object, method, source, org, &locals).err()
                    }),
                "scoped_type_identifier" => check_packaged_type(node, source, org).err(),
                _ => None,
            };
        }
    });
    problem.map_or(Ok(()), Err)
}

/// What the names in triggers may stand for.
#[derive(Debug, Default)]
pub struct TriggerNames {
    /// Classes of the same deploy that do not compile, in lower case.
    failed: BTreeSet<String>,
    /// Classes read so far: most triggers of a deploy call the same one.
    classes: BTreeMap<String, Option<ClassUnit>>,
}

impl TriggerNames {
    /// Names for the triggers of one deploy, whose classes are all in place.
    pub fn new(failed: BTreeSet<String>) -> Self {
        Self { failed, classes: BTreeMap::new() }
    }

    /// Checks every class, type and variable that a trigger's body names.
    pub fn check(&mut self, source: &str, org: &Metadata) -> Result<(), Problem> {
        let tree = parse(source)?;
        custom_names(&tree, source, org)?;
        let locals = local_names(&tree, source);
        let mut problem = None;
        each(tree.root_node(), |node| {
            if problem.is_none() {
                problem = match node.kind() {
                    "method_invocation" => self.check_call(node, source, org, &locals).err(),
                    "field_access" => self.check_access(node, source, org, &locals).err(),
                    "scoped_type_identifier" => check_packaged_type(node, source, org).err(),
                    "type_identifier" if is_leftmost(node) => self.check_type(node, source, org).err(),
                    _ => None,
                };
            }
        });
        problem.map_or(Ok(()), Err)
    }

    fn check_call(
        &mut self,
        node: Node<'_>,
        source: &str,
        org: &Metadata,
        locals: &BTreeSet<String>,
    ) -> Result<(), Problem> {
        let (Some(object), Some(method)) =
            (node.child_by_field_name("object"), node.child_by_field_name("name"))
        else {
            return Ok(());
        };
        if object.kind() == "field_access" {
            return check_packaged(object, Some(method), source, org, locals);
        }
        if object.kind() != "identifier" {
            return Ok(());
        }
        let method_name = text(method, source);
        match self.check_owner(object, source, org, locals)? {
            Some(class) if !class.inherits && !class.methods.contains(&method_name.to_ascii_lowercase()) => {
                let class = &class.name;
                let message = format!(
                    "Method does not exist or incorrect signature: void {method_name}() from the type {class}"
                );
                Err(Problem::at(method, message))
            }
            _ => Ok(()),
        }
    }

    /// `a.b`, where `a` may be the namespace of a package.
    fn check_access(
        &mut self,
        node: Node<'_>,
        source: &str,
        org: &Metadata,
        locals: &BTreeSet<String>,
    ) -> Result<(), Problem> {
        let Some(object) = node.child_by_field_name("object").filter(|object| object.kind() == "identifier")
        else {
            return Ok(());
        };
        let name = text(object, source);
        if !locals.contains(&name.to_ascii_lowercase()) && org.has_namespace(name) {
            return check_packaged(node, None, source, org, locals);
        }
        self.check_owner(object, source, org, locals).map(|_| ())
    }

    /// The class that an identifier before a dot names, if it is one of the org's.
    fn check_owner(
        &mut self,
        object: Node<'_>,
        source: &str,
        org: &Metadata,
        locals: &BTreeSet<String>,
    ) -> Result<Option<&ClassUnit>, Problem> {
        let name = text(object, source);
        let lower = name.to_ascii_lowercase();
        if locals.contains(&lower) {
            return Ok(None);
        }
        if self.failed.contains(&lower) {
            return Err(dependent(object, name));
        }
        let class = self
            .classes
            .entry(lower)
            .or_insert_with(|| org.class(name).and_then(|class| read_class(&class.unit.body).ok()));
        match class {
            Some(class) => Ok(Some(class)),
            None if is_platform(name) || org.object(name).is_some() => Ok(None),
            None => Err(Problem::at(object, format!("Variable does not exist: {name}"))),
        }
    }

    fn check_type(&self, node: Node<'_>, source: &str, org: &Metadata) -> Result<(), Problem> {
        let name = text(node, source);
        if self.failed.contains(&name.to_ascii_lowercase()) {
            return Err(dependent(node, name));
        }
        let known = is_platform(name)
            || org.class(name).is_some()
            || org.object(name).is_some()
            || node.parent().is_some_and(|parent| parent.kind() == "scoped_type_identifier")
                && org.has_namespace(name);
        if known { Ok(()) } else { Err(Problem::at(node, format!("Invalid type: {name}"))) }
    }
}

/// `ns.Class` or `ns.Class.method()`, as far as `ns` is the namespace of a package: others may use what is global.
fn check_packaged(
    access: Node<'_>,
    method: Option<Node<'_>>,
    source: &str,
    org: &Metadata,
    locals: &BTreeSet<String>,
) -> Result<(), Problem> {
    let (Some(object), Some(field)) =
        (access.child_by_field_name("object"), access.child_by_field_name("field"))
    else {
        return Ok(());
    };
    let (namespace, class) = (text(object, source), text(field, source));
    let shadowed = locals.contains(&namespace.to_ascii_lowercase());
    if object.kind() != "identifier" || shadowed || !org.has_namespace(namespace) {
        return Ok(());
    }
    let surface = visible_class(field, namespace, class, "Variable does not exist", org)?;
    let Some(method) = method else { return Ok(()) };
    let name = text(method, source);
    let lower = name.to_ascii_lowercase();
    if surface.global_methods.contains(&lower) {
        return Ok(());
    }
    let message = if surface.methods.contains(&lower) {
        format!("Method is not visible: void {namespace}.{class}.{name}()")
    } else {
        format!(
            "Method does not exist or incorrect signature: void {name}() from the type {namespace}.{class}"
        )
    };
    Err(Problem::at(method, message))
}

/// `ns.Class` where a type stands.
fn check_packaged_type(node: Node<'_>, source: &str, org: &Metadata) -> Result<(), Problem> {
    let (Some(first), Some(second)) = (node.named_child(0), node.named_child(1)) else { return Ok(()) };
    let namespace = text(first, source);
    if !org.has_namespace(namespace) {
        return Ok(());
    }
    visible_class(second, namespace, text(second, source), "Invalid type", org).map(|_| ())
}

fn visible_class<'a>(
    node: Node<'_>,
    namespace: &str,
    class: &str,
    absent: &str,
    org: &'a Metadata,
) -> Result<&'a Surface, Problem> {
    let found = org.class(&format!("{namespace}__{class}")).and_then(|class| class.surface.as_deref());
    match found {
        Some(surface) if surface.global => Ok(surface),
        Some(_) => Err(Problem::at(node, format!("Type is not visible: {namespace}.{class}"))),
        None => Err(Problem::at(node, format!("{absent}: {namespace}.{class}"))),
    }
}

fn dependent(node: Node<'_>, class: &str) -> Problem {
    Problem::at(node, format!("Dependent class is invalid and needs recompilation: Class {class}"))
}

/// In `A.B` only `A` can be resolved by name alone.
fn is_leftmost(node: Node<'_>) -> bool {
    node.parent()
        .is_none_or(|parent| parent.kind() != "scoped_type_identifier" || parent.named_child(0) == Some(node))
}

fn local_names(tree: &Tree, source: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    each(tree.root_node(), |node| {
        if matches!(
            node.kind(),
            "variable_declarator" | "enhanced_for_statement" | "formal_parameter" | "catch_formal_parameter"
        ) && let Some(name) = node.child_by_field_name("name")
        {
            names.insert(text(name, source).to_ascii_lowercase());
        }
    });
    names
}

/// Objects and fields whose suffix says that only the org itself can have them.
fn custom_names(tree: &Tree, source: &str, org: &Metadata) -> Result<(), Problem> {
    let mut problem = None;
    each(tree.root_node(), |node| {
        if problem.is_some() {
            return;
        }
        let name = text(node, source);
        match node.kind() {
            "type_identifier" if is_custom(name) && is_leftmost(node) && org.object(name).is_none() => {
                problem = Some(Problem::at(node, format!("Invalid type: {name}")));
            }
            "storage_identifier" if is_custom(name) && org.object(name).is_none() => {
                problem = Some(Problem::at(node, format!("sObject type '{name}' is not supported.")));
            }
            "object_creation_expression" => problem = unknown_field(node, source, org),
            _ => {}
        }
    });
    problem.map_or(Ok(()), Err)
}

/// A `new Object__c(Field__c = …)` whose field does not exist.
fn unknown_field(node: Node<'_>, source: &str, org: &Metadata) -> Option<Problem> {
    let object = org.object(text(node.child_by_field_name("type")?, source))?;
    let arguments = node.child_by_field_name("arguments")?;
    let mut cursor = arguments.walk();
    arguments
        .named_children(&mut cursor)
        .filter(|argument| argument.kind() == "assignment_expression")
        .filter_map(|argument| argument.child_by_field_name("left"))
        .filter(|left| {
            left.kind() == "identifier" && text(*left, source).to_ascii_lowercase().ends_with("__c")
        })
        .find(|left| object.field(text(*left, source)).is_none())
        .map(|left| {
            Problem::at(left, format!("Field does not exist: {} on {}", text(left, source), object.name))
        })
}

fn is_custom(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("__c") || name.ends_with("__e") || name.ends_with("__mdt")
}
