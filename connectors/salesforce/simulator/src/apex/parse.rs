//! From source text to a syntax tree, or to the first syntax error.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, Parser, Tree};

pub use super::syntax::{Problem, SOURCE_CHARS_MAX};

/// Error recovery on adversarial text can be slow; the parse is given up after this.
const PARSE_TIME_MAX: Duration = Duration::from_secs(10);

impl Problem {
    pub(super) fn at(node: Node<'_>, message: String) -> Self {
        let start = node.start_position();
        Self { message, line: start.row as u32 + 1, column: start.column as u32 + 1 }
    }
}

/// Parses one file. A tree is only returned when it has no error in it.
pub(super) fn parse(source: &str) -> Result<Tree, Problem> {
    if source.chars().count() > SOURCE_CHARS_MAX {
        return Err(Problem::at_start(format!("Script too large: more than {SOURCE_CHARS_MAX} characters")));
    }
    let mut parser = Parser::new();
    let language = tree_sitter_sfapex::apex::LANGUAGE.into();
    parser.set_language(&language).map_err(|error| Problem::at_start(error.to_string()))?;
    let started = Instant::now();
    let mut watch = |_: &tree_sitter::ParseState| {
        if started.elapsed() > PARSE_TIME_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = source.as_bytes();
    let tree = parser
        .parse_with_options(
            &mut |at, _| &bytes[at.min(bytes.len())..],
            None,
            Some(ParseOptions::new().progress_callback(&mut watch)),
        )
        .ok_or_else(|| Problem::at_start("The compilation took too long".to_owned()))?;
    match first_error(tree.root_node(), source) {
        Some(problem) => Err(problem),
        None => Ok(tree),
    }
}

fn first_error(root: Node<'_>, source: &str) -> Option<Problem> {
    if !root.has_error() {
        return None;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_missing() {
            return Some(Problem::at(
                node,
                format!("Missing '{}' at '{}'", node.kind(), token_after(source, node.start_byte())),
            ));
        }
        if node.is_error() {
            return Some(Problem::at(
                node,
                format!("Unexpected token '{}'.", token_after(source, node.start_byte())),
            ));
        }
        let deeper = node.has_error() && cursor.goto_first_child();
        if !deeper && !step_over(&mut cursor) {
            // has_error() promised one; a whole-file error is all that can be said.
            return Some(Problem::at_start("Unexpected token '<EOF>'.".to_owned()));
        }
    }
}

/// Moves to the next node that is not below the current one.
fn step_over(cursor: &mut tree_sitter::TreeCursor<'_>) -> bool {
    loop {
        if cursor.goto_next_sibling() {
            return true;
        }
        if !cursor.goto_parent() {
            return false;
        }
    }
}

/// The word or sign that begins at or after `byte`.
fn token_after(source: &str, byte: usize) -> String {
    let rest = source.get(byte..).unwrap_or("").trim_start();
    let word: String =
        rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').take(60).collect();
    if !word.is_empty() {
        return word;
    }
    rest.chars().next().map_or_else(|| "<EOF>".to_owned(), |sign| sign.to_string())
}

/// Calls `visit` for every node below and including `root`, in source order.
pub(super) fn each<'tree>(root: Node<'tree>, mut visit: impl FnMut(Node<'tree>)) {
    let mut cursor = root.walk();
    loop {
        visit(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.node() == root {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// The source text of a node.
pub(super) fn text<'a>(node: Node<'_>, source: &'a str) -> &'a str {
    source.get(node.byte_range()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_the_first_error() {
        let problem = parse("public class X {\n  void f() {\n    int a = ;\n  }\n}").unwrap_err();
        assert_eq!(problem.line, 3);
        let problem = parse("public class X {").unwrap_err();
        assert!(problem.message.contains('}') || problem.message.contains("EOF"), "{}", problem.message);
        assert!(parse("").is_ok());
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(source in "\\PC{0,300}") {
            let _ = parse(&source);
        }
    }
}
