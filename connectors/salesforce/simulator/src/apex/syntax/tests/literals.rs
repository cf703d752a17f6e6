use crate::apex::syntax::ast::{ExprKind, Literal};
use crate::apex::syntax::length_without_comments;

use super::{expression, refused};

fn literal(source: &str) -> Literal {
    match expression(source).kind {
        ExprKind::Literal(literal) => literal,
        other => panic!("{source}: {other:?}"),
    }
}

fn text(source: &str) -> String {
    match literal(source) {
        Literal::String(text) => text.to_string(),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn numbers() {
    assert_eq!(literal("2147483647"), Literal::Integer(i32::MAX));
    assert_eq!(literal("007"), Literal::Integer(7));
    assert_eq!(literal("9223372036854775807L"), Literal::Long(i64::MAX));
    assert_eq!(literal("1.50"), Literal::Decimal("1.50".into()));
    assert_eq!(literal(".5"), Literal::Decimal(".5".into()));
    assert_eq!(literal("1.5D"), Literal::Double(1.5));
    assert_eq!(refused("x = 2147483648;"), ("Illegal integer".to_owned(), 2, 5));
    assert_eq!(refused("x = 9223372036854775808L;"), ("Illegal long".to_owned(), 2, 5));
}

#[test]
fn texts() {
    assert_eq!(text(r"'a\n\t\'\u0041\\'"), "a\n\t'A\\");
    assert_eq!(text(r#"'\"\b\f\r'"#), "\"\u{8}\u{c}\r");
    assert_eq!(text(r"'\ud83d\ude00'"), "😀");
    assert_eq!(text("'''\n    a\n      b\n    '''"), "a\n  b\n");
    assert_eq!(text("'''\nit's\\'''\n'''"), "it's'''\n");
    assert_eq!(
        refused("x = 'a\nb';"),
        ("Illegal string literal: Line breaks are not allowed in string literals".to_owned(), 2, 5)
    );
    let (message, ..) = refused(r"x = 'a\q';");
    assert_eq!(
        message,
        r"Illegal string literal: Invalid string literal 'a\q'. Illegal character sequence \q' in string literal."
    );
}

#[test]
fn comments_do_not_count() {
    assert_eq!(length_without_comments("public class A {/* x */}"), 17);
    assert_eq!(length_without_comments("a // b\nc"), 4);
    assert_eq!(length_without_comments("'/* no */' # ä /* open"), 15);
}
