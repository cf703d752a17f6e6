//! What a deploy asks of a source alone: its name, what it declares, which names it mentions.

use std::collections::BTreeSet;

use super::declare::visibility;
use super::{Checked, headers, problem, triggers};
use crate::apex::program::Visibility;
use crate::apex::syntax;
use crate::apex::syntax::ast::{self, Member, Pos, TypeDecl};
use crate::org::{Surface, TriggerEvent};

/// A top-level class, interface or enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassUnit {
    /// Declared name.
    pub name: String,
    /// Annotated `@IsTest`.
    pub is_test: bool,
    /// Names of the test methods, as written.
    pub test_methods: Vec<String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerUnit {
    /// Declared name.
    pub name: String,
    /// The object it stands on, as written, and where.
    pub object: String,
    pub object_at: Pos,
    /// The events it names, in source order.
    pub events: Vec<TriggerEvent>,
}

fn class_of(tree: &ast::Unit) -> Checked<&TypeDecl> {
    match tree {
        ast::Unit::Class(decl) => Ok(decl),
        ast::Unit::Trigger(decl) => problem(decl.name.at, "Unexpected token 'trigger'."),
    }
}

/// Reads the declaration of a class file.
pub fn read_class(tree: &ast::Unit) -> Checked<ClassUnit> {
    let decl = class_of(tree)?;
    headers::top_level(decl)?;
    let is_test = |modifiers: &ast::Modifiers| {
        modifiers.annotation("istest").is_some() || modifiers.has(ast::Modifier::TestMethod)
    };
    let test_methods = decl.members.iter().filter_map(|member| match member {
        Member::Method(method) if is_test(&method.modifiers) => Some(method.name.text.to_string()),
        _ => None,
    });
    Ok(ClassUnit {
        name: decl.name.text.to_string(),
        is_test: decl.modifiers.annotation("istest").is_some(),
        test_methods: test_methods.collect(),
    })
}

/// What the code of others may use of a class.
pub fn interface(tree: &ast::Unit) -> Checked<Surface> {
    let decl = class_of(tree)?;
    let global =
        |modifiers: &ast::Modifiers| visibility(modifiers, Visibility::Private) == Visibility::Global;
    let mut surface = Surface { global: global(&decl.modifiers), ..Surface::default() };
    for member in &decl.members {
        if let Member::Method(method) = member {
            if global(&method.modifiers) {
                surface.global_methods.insert(method.name.key());
            }
            surface.methods.insert(method.name.key());
        }
    }
    Ok(surface)
}

/// Reads the declaration of a trigger file.
pub fn read_trigger(tree: &ast::Unit) -> Checked<TriggerUnit> {
    let ast::Unit::Trigger(decl) = tree else {
        return problem(Pos { line: 1, column: 1 }, "Invalid unit");
    };
    Ok(TriggerUnit {
        name: decl.name.text.to_string(),
        object: decl.object.text.to_string(),
        object_at: decl.object.at,
        events: triggers::events(decl)?,
    })
}

/// Why an object takes no trigger for these events.
pub fn trigger_refusal(object: &crate::org::ObjectType, events: &[TriggerEvent]) -> Option<String> {
    triggers::refusal(object, events)
}

/// Every name of a source in lower case, those in queries among them; a source that is no Apex mentions nothing.
pub fn mentions(source: &str) -> BTreeSet<String> {
    let parses = syntax::parse_class(source).is_ok() || syntax::parse_trigger(source).is_ok();
    if parses { words(source) } else { BTreeSet::new() }
}

/// The words of a source outside of comments and quotes, in lower case.
fn words(source: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut word = String::new();
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_alphanumeric() || letter == '_' {
            word.push(letter.to_ascii_lowercase());
            continue;
        }
        if !word.is_empty() {
            words.insert(std::mem::take(&mut word));
        }
        match (letter, letters.peek()) {
            ('/', Some('/')) => while letters.next_if(|next| *next != '\n').is_some() {},
            ('/', Some('*')) => {
                let mut before = ' ';
                letters.next();
                for next in letters.by_ref() {
                    if before == '*' && next == '/' {
                        break;
                    }
                    before = next;
                }
            }
            ('\'', _) => {
                while let Some(next) = letters.next() {
                    match next {
                        '\\' => {
                            letters.next();
                        }
                        '\'' => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    if !word.is_empty() {
        words.insert(word);
    }
    words
}
