use std::collections::HashMap;
use std::sync::Arc;

use super::support::*;
use crate::apex::program::*;
use crate::apex::run::call_static;
use crate::apex::syntax::ast::Pos;
use crate::apex::types::Type;
use crate::transaction::Transaction;

struct Maker {
    program: Program,
}

fn slot(name: &str) -> Slot {
    Slot { name: name.to_lowercase().into(), parameters: Arc::from([]) }
}

impl Maker {
    fn new() -> Self {
        let mut program = Program::default();
        program.units.push(UnitInfo {
            name: "A".into(),
            id: None,
            namespace: None,
            is_trigger: false,
            api_version: NEWEST_API_VERSION,
        });
        Self { program }
    }
    #[allow(clippy::too_many_arguments)]
    fn method(
        &mut self,
        class: Option<u32>,
        kind: MethodKind,
        name: &str,
        is_static: bool,
        params: usize,
        locals: usize,
        body: Vec<Stmt>,
    ) -> MethodId {
        let id = MethodId(self.program.methods.len() as u32);
        self.program.methods.push(Method {
            id,
            class: class.map(ClassId),
            unit: UnitId(0),
            kind,
            name: name.into(),
            visibility: Visibility::Public,
            is_static,
            is_abstract: false,
            is_virtual: !is_static,
            is_override: false,
            parameters: (0..params)
                .map(|n| Param { name: format!("p{n}").into(), ty: Type::Object })
                .collect(),
            returns: Type::Object,
            slot: slot(name),
            annotations: vec![],
            see_all_data: false,
            at: Pos { line: 1, column: 1 },
        });
        self.program.bodies.insert(id, Arc::new(Body { locals, block: block(body) }));
        if let Some(class) = class {
            let c = &mut self.program.classes[class as usize];
            c.methods.push(id);
            match (kind, is_static) {
                (MethodKind::Initializer, true) => c.static_init = Some(id),
                (MethodKind::Initializer, false) => c.instance_init = Some(id),
                (MethodKind::Method, false) => {
                    c.dispatch.insert(slot(name), id);
                }
                _ => {}
            }
        }
        id
    }
    fn class(&mut self, name: &str, superclass: Option<Type>, statics: &[&str], fields: &[&str]) -> u32 {
        let id = self.program.classes.len() as u32;
        let field = |name: &&str| Field {
            name: (*name).into(),
            ty: Type::Object,
            visibility: Visibility::Public,
            is_final: false,
            is_transient: false,
            test_visible: false,
            getter: None,
            setter: None,
            setter_visibility: Visibility::Public,
            has_getter: true,
            has_setter: true,
        };
        let (mut all, dispatch) = match &superclass {
            Some(Type::Class(p)) => {
                (self.program.class(*p).fields.clone(), self.program.class(*p).dispatch.clone())
            }
            _ => (vec![], HashMap::new()),
        };
        all.extend(fields.iter().map(field));
        self.program.classes.push(Class {
            id: ClassId(id),
            unit: UnitId(0),
            name: name.into(),
            kind: ClassKind::Class,
            outer: None,
            visibility: Visibility::Public,
            sharing: Sharing::Unsaid,
            is_abstract: false,
            is_virtual: true,
            is_test: false,
            url_mapping: None,
            superclass,
            interfaces: vec![],
            values: vec![],
            statics: statics.iter().map(field).collect(),
            fields: all,
            methods: vec![],
            dispatch,
            static_init: None,
            instance_init: None,
            at: Pos { line: 1, column: 1 },
        });
        id
    }
}

fn stat(class: u32, index: usize) -> Expr {
    expr(ExprKind::Static(ClassId(class), index))
}
fn add_to(target: Expr, what: &str) -> Stmt {
    run(
        1,
        expr(ExprKind::Assign {
            target: target.into(),
            operator: Some(Operator::Add),
            value: text(what).into(),
        }),
    )
}
fn put(target: Expr, value: Expr) -> Stmt {
    run(1, expr(ExprKind::Assign { target: target.into(), operator: None, value: value.into() }))
}
fn this() -> Expr {
    expr(ExprKind::This)
}
fn member(object: Expr, field: usize) -> Expr {
    expr(ExprKind::Member { object: object.into(), field, safe: false })
}
fn make(class: u32, constructor: Option<MethodId>, arguments: Vec<Expr>) -> Expr {
    expr(ExprKind::NewObject { class: ClassId(class), constructor, arguments })
}
fn virt(on: Expr, name: &str, safe: bool) -> Expr {
    expr(ExprKind::CallVirtual { this: on.into(), slot: slot(name), arguments: vec![], safe })
}

fn go(tx: &mut Transaction, maker: Maker, main: MethodId) -> String {
    tx.program = Arc::new(maker.program);
    match call_static(tx, main, &[]) {
        Ok(value) => crate::apex::run::joined(tx, &value).unwrap().to_string(),
        Err(thrown) => format!("{}\n{}", failure(tx, &thrown), thrown.stack()),
    }
}

#[test]
fn constructors_run_from_the_top_and_initializers_before_their_own() {
    let mut tx = transaction();
    let mut m = Maker::new();
    let log = m.class("Log", None, &["text"], &[]);
    m.method(
        Some(log),
        MethodKind::Initializer,
        "<clinit>",
        true,
        0,
        0,
        vec![put(stat(log, 0), text("log:"))],
    );
    let base = m.class("Base", None, &[], &["a"]);
    m.method(
        Some(base),
        MethodKind::Initializer,
        "init",
        false,
        0,
        0,
        vec![add_to(stat(log, 0), "base-init,")],
    );
    m.method(
        Some(base),
        MethodKind::Constructor,
        "Base",
        false,
        0,
        0,
        vec![add_to(stat(log, 0), "base,"), run(1, virt(this(), "hello", false))],
    );
    m.method(Some(base), MethodKind::Method, "hello", false, 0, 0, vec![add_to(stat(log, 0), "base-hello,")]);
    let derived = m.class("Derived", Some(Type::Class(ClassId(base))), &[], &["b"]);
    m.method(
        Some(derived),
        MethodKind::Initializer,
        "init",
        false,
        0,
        0,
        vec![add_to(stat(log, 0), "derived-init,")],
    );
    let full = m.method(
        Some(derived),
        MethodKind::Constructor,
        "Derived",
        false,
        1,
        1,
        vec![add_to(stat(log, 0), "derived,"), put(member(this(), 1), local(0))],
    );
    let short = m.method(
        Some(derived),
        MethodKind::Constructor,
        "Derived",
        false,
        0,
        0,
        vec![
            run(
                1,
                expr(ExprKind::CallConstructor {
                    class: Type::Class(ClassId(derived)),
                    method: Some(full),
                    arguments: vec![int(7)],
                }),
            ),
            add_to(stat(log, 0), "short,"),
        ],
    );
    m.method(
        Some(derived),
        MethodKind::Method,
        "hello",
        false,
        0,
        0,
        vec![add_to(stat(log, 0), "derived-hello,")],
    );
    let main = m.method(
        Some(log),
        MethodKind::Method,
        "main",
        true,
        0,
        1,
        vec![
            put(local(0), make(derived, Some(short), vec![])),
            give(2, binary(Operator::Add, stat(log, 0), local(0))),
        ],
    );
    assert_eq!(
        go(&mut tx, m, main),
        "log:base-init,base,derived-hello,derived-init,derived,short,Derived:[a=null, b=7]"
    );
}

#[test]
fn accessors_run_but_not_within_themselves() {
    let mut tx = transaction();
    let mut m = Maker::new();
    let a = m.class("A", None, &[], &["x"]);
    let getter = m.method(
        Some(a),
        MethodKind::Getter,
        "x",
        false,
        0,
        0,
        vec![
            stmt(
                1,
                StmtKind::If {
                    condition: binary(Operator::Equal, member(this(), 0), null()),
                    then: put(member(this(), 0), text("lazy")).into(),
                    otherwise: None,
                },
            ),
            give(1, binary(Operator::Add, member(this(), 0), text("!"))),
        ],
    );
    let setter = m.method(
        Some(a),
        MethodKind::Setter,
        "x",
        false,
        1,
        1,
        vec![put(member(this(), 0), binary(Operator::Add, local(0), text("?")))],
    );
    m.program.classes[0].fields[0].getter = Some(getter);
    m.program.classes[0].fields[0].setter = Some(setter);
    let main = m.method(
        Some(a),
        MethodKind::Method,
        "main",
        true,
        0,
        2,
        vec![
            put(local(0), make(a, None, vec![])),
            put(local(1), member(local(0), 0)),
            put(member(local(0), 0), text("set")),
            give(1, binary(Operator::Add, local(1), member(local(0), 0))),
        ],
    );
    assert_eq!(go(&mut tx, m, main), "lazy!set?!");
}

#[test]
fn own_exceptions_have_messages_causes_and_places() {
    let mut tx = transaction();
    let mut m = Maker::new();
    let a = m.class("A", None, &[], &[]);
    let oops = m.class("A.OopsException", Some(Type::platform("System.Exception")), &[], &["code"]);
    let thrower = m.method(
        Some(a),
        MethodKind::Method,
        "f",
        true,
        0,
        0,
        vec![stmt(3, StmtKind::Throw(make(oops, None, vec![text("no")])))],
    );
    let main = m.method(
        Some(a),
        MethodKind::Method,
        "main",
        true,
        0,
        1,
        vec![stmt(
            8,
            StmtKind::Try {
                body: block(vec![run(9, call(thrower.0, vec![]))]),
                catches: vec![Catch {
                    ty: Type::Class(ClassId(oops)),
                    slot: 0,
                    body: block(vec![stmt(10, StmtKind::Throw(local(0)))]),
                }],
                finally: None,
            },
        )],
    );
    assert_eq!(
        go(&mut tx, m, main),
        "A.OopsException: no\nClass.A.f: line 3, column 1\nClass.A.main: line 1, column 1"
    );
}

#[test]
fn a_chain_that_is_cut_short_is_null_to_its_end() {
    let mut tx = transaction();
    let mut m = Maker::new();
    let a = m.class("A", None, &[], &["next"]);
    m.method(Some(a), MethodKind::Method, "nothing", false, 0, 0, vec![give(1, null())]);
    let main = m.method(
        Some(a),
        MethodKind::Method,
        "main",
        true,
        0,
        2,
        vec![
            put(local(0), member(virt(local(1), "nothing", true), 0)),
            put(local(1), make(a, None, vec![])),
            run(5, member(virt(local(1), "nothing", true), 0)),
        ],
    );
    assert!(
        go(&mut tx, m, main)
            .starts_with("System.NullPointerException: Attempt to de-reference a null object")
    );
}
