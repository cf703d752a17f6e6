use crate::apex::syntax::ast::*;

use super::statement;

#[test]
fn variables_are_told_from_expressions() {
    for source in [
        "A b;",
        "A.B c = d;",
        "List<A> b, c = d;",
        "A[] b;",
        "final A b = c;",
        "Map<A, List<B>> c;",
        "Date date;",
    ] {
        assert!(matches!(statement(source).kind, StmtKind::Local { .. }), "{source}");
    }
    for source in ["a < b;", "a.b();", "a = b;", "a < b > (c);", "a[0] = b;", "get();", "switch = 1;", "a;"] {
        assert!(matches!(statement(source).kind, StmtKind::Expr(_)), "{source}");
    }
}

#[test]
fn loops() {
    assert!(matches!(statement("for (A b : c) d();").kind, StmtKind::ForEach { .. }));
    assert!(matches!(statement("for (;;) {}").kind, StmtKind::For { condition: None, .. }));
    let StmtKind::For { init, condition: Some(_), update, .. } =
        statement("for (i = 0, j = 2; i < 1; i++) {}").kind
    else {
        panic!("no loop");
    };
    assert_eq!((init.len(), update.len()), (2, 1));
    assert!(matches!(statement("while (a) ;").kind, StmtKind::While { .. }));
    assert!(matches!(statement("do { a(); } while (b);").kind, StmtKind::DoWhile { .. }));
}

#[test]
fn dml() {
    let StmtKind::Dml {
        operation: DmlWord::Upsert,
        access: Some(AccessMode::User),
        key: Some(DmlKey::ExternalId(key)),
        ..
    } = statement("upsert as user rows Account.Fields.Key__c;").kind
    else {
        panic!("no upsert");
    };
    assert_eq!(key.len(), 3);
    let StmtKind::Dml { operation: DmlWord::Merge, access: None, key: Some(DmlKey::Duplicates(_)), .. } =
        statement("merge a new List<A>{ b };").kind
    else {
        panic!("no merge");
    };
    assert!(matches!(
        statement("DELETE AS SYSTEM [SELECT Id FROM A];").kind,
        StmtKind::Dml { operation: DmlWord::Delete, access: Some(AccessMode::System), .. }
    ));
    assert!(matches!(statement("Database.insert(a);").kind, StmtKind::Expr(_)));
}

#[test]
fn the_rest() {
    let StmtKind::Switch { whens, otherwise: Some(_), .. } =
        statement("switch on a { when 1, -2 { } when B c { } when D, E { } when else { } }").kind
    else {
        panic!("no switch");
    };
    assert_eq!(whens.iter().filter(|when| matches!(when.values, WhenValues::Type { .. })).count(), 1);
    let StmtKind::Try { catches, finally: Some(_), .. } =
        statement("try { } catch (A b) { } catch (C.D e) { } finally { }").kind
    else {
        panic!("no try");
    };
    assert_eq!(catches.len(), 2);
    assert!(matches!(statement("System.runAs(u) { f(); }").kind, StmtKind::RunAs { .. }));
    assert!(matches!(statement("if (a) b(); else if (c) d(); else { }").kind, StmtKind::If { .. }));
    assert!(matches!(statement("return;").kind, StmtKind::Return(None)));
    assert!(matches!(statement("throw new A();").kind, StmtKind::Throw(_)));
    assert_eq!(statement("\n  a.b\n    .c();").at, Pos { line: 3, column: 6 }, "where the last call stands");
}
