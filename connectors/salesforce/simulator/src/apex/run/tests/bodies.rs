use super::support::*;
use crate::apex::program::{ExprKind, Operator, StmtKind};
use crate::apex::run::{Limit, STEPS_PER_MS};
use crate::apex::types::Type;
use crate::apex::value::Value;

fn shown(result: Result<Value, String>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(failure) => failure,
    }
}

#[test]
fn an_exception_is_caught_by_its_type_and_finally_runs() {
    let mut tx = transaction();
    let divide = binary(Operator::Divide, int(1), int(0));
    let body = vec![
        stmt(
            1,
            StmtKind::Try {
                body: block(vec![run(2, divide)]),
                catches: vec![
                    catch("System.DmlException", 1, vec![run(3, set(0, None, text("wrong")))]),
                    catch("System.MathException", 1, vec![run(4, set(0, None, text("math ")))]),
                ],
                finally: Some(block(vec![run(5, set(0, Some(Operator::Add), text("finally")))])),
            },
        ),
        give(6, local(0)),
    ];
    program(&mut tx, vec![(2, body)]);
    assert_eq!(shown(start(&mut tx, &[])), "String(\"math finally\")");
    assert!(tx.machine.depth() == 0);
}

#[test]
fn an_uncaught_exception_knows_where_it_was() {
    let mut tx = transaction();
    program(
        &mut tx,
        vec![(0, vec![run(3, call(1, vec![]))]), (0, vec![give(7, binary(Operator::Add, null(), int(1)))])],
    );
    let thrown = crate::apex::run::call_static(&mut tx, crate::apex::program::MethodId(0), &[]).unwrap_err();
    assert_eq!(failure(&tx, &thrown), "System.NullPointerException: Attempt to de-reference a null object");
    assert_eq!(thrown.stack(), "Trigger.T: line 1, column 1\nTrigger.T: line 1, column 1");
}

#[test]
fn endless_things_end() {
    let mut tx = transaction();
    program(&mut tx, vec![(0, vec![give(1, call(0, vec![]))])]);
    assert_eq!(shown(start(&mut tx, &[])), "System.LimitException: Maximum stack depth reached: 1001");

    let forever = StmtKind::While {
        condition: binary(Operator::Equal, int(1), int(1)),
        body: stmt(2, StmtKind::Block(block(vec![]))).into(),
    };
    program(&mut tx, vec![(0, vec![stmt(1, forever)])]);
    tx.machine.limits.set(Limit::Steps, 9_990 * STEPS_PER_MS);
    assert_eq!(shown(start(&mut tx, &[])), "System.LimitException: Apex CPU time limit exceeded");
    tx.machine.limits = Default::default();

    let double = StmtKind::While {
        condition: binary(Operator::Equal, int(1), int(1)),
        body: run(2, set(0, None, binary(Operator::Add, local(0), local(0)))).into(),
    };
    program(&mut tx, vec![(1, vec![run(1, set(0, None, text("0123456789"))), stmt(1, double)])]);
    assert!(shown(start(&mut tx, &[])).starts_with("System.LimitException: Apex heap size too large: "));
}

#[test]
fn what_is_dropped_does_not_count_as_heap() {
    let mut tx = transaction();
    // for (i = 0; i < 20000; i++) s = '…1000 characters…' + i;
    let long = "x".repeat(1_000);
    let body = StmtKind::For {
        init: vec![run(1, set(0, None, int(0)))],
        condition: Some(binary(Operator::Less, local(0), int(20_000))),
        update: vec![expr(ExprKind::Step { target: local(0).into(), by: 1, after: true })],
        body: run(2, set(1, None, binary(Operator::Add, text(&long), local(0)))).into(),
    };
    program(&mut tx, vec![(2, vec![stmt(1, body), give(3, local(0))])]);
    assert_eq!(shown(start(&mut tx, &[])), "Integer(20000)");
    assert!(crate::apex::run::heap_size(&mut tx) < 10_000);
}

#[test]
fn a_list_does_not_change_while_it_is_iterated() {
    let mut tx = transaction();
    let mut items = expr(ExprKind::NewList(vec![int(1), int(2), int(3)]));
    items.ty = Type::list(Type::Integer);
    let sum = StmtKind::ForEach {
        slot: 1,
        ty: Type::Integer,
        iterable: local(0),
        body: run(2, set(2, Some(Operator::Add), local(1))).into(),
    };
    let body =
        vec![run(1, set(0, None, items)), run(1, set(2, None, int(0))), stmt(2, sum), give(3, local(2))];
    program(&mut tx, vec![(3, body)]);
    assert_eq!(shown(start(&mut tx, &[])), "Integer(6)");

    let list = crate::apex::value::ListValue::new(Type::Integer, vec![Value::Integer(1)]);
    list.iterating.set(1);
    let thrown = list.writable(&mut tx).unwrap_err();
    assert_eq!(
        failure(&tx, &thrown),
        "System.FinalException: Cannot modify a collection while it is being iterated."
    );
}

#[test]
fn long_chains_and_circles_are_let_go() {
    let tx = transaction();
    let mut chain = Value::list(Type::Object, vec![]);
    for _ in 0..300_000 {
        chain = Value::list(Type::Object, vec![chain]);
    }
    drop(chain);
    let circle = crate::apex::value::ListValue::new(Type::Object, vec![]);
    circle.items.borrow_mut().push(Value::List(circle.clone()));
    let weak = std::rc::Rc::downgrade(&circle);
    drop(circle);
    assert_eq!(weak.strong_count(), 1);
    drop(tx);
    assert_eq!(weak.strong_count(), 0);
}
