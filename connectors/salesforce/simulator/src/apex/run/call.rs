//! Calls of methods and constructors.

use std::cell::RefCell;
use std::sync::Arc;

use super::eval::{eval, null_or_throw, receiver};
use super::exec::{self, Context, Flow, at};
use super::machine::{Call, Place};
use super::{STACK_MAX, Thrown, fatal, find, future, heap, names, statics, stub};
use crate::apex::platform;
use crate::apex::program::{
    Body, ClassId, Expr, ExprKind, MethodId, MethodKind, Program, Sharing, Slot, StmtKind, UnitInfo,
};
use crate::apex::types::Type;
use crate::apex::value::{ExceptionState, Instance, Value};
use crate::transaction::Transaction;

/// Evaluates arguments onto the stack of variables; answers where they begin.
fn push_all(tx: &mut Transaction, cx: Context<'_>, arguments: &[Expr]) -> Result<usize, Thrown> {
    let base = tx.machine.locals.len();
    for argument in arguments {
        let value = eval(tx, cx, argument)?;
        tx.machine.locals.push(value);
    }
    Ok(base)
}

/// A static method, or one that is not virtual.
pub(super) fn direct(
    tx: &mut Transaction,
    cx: Context<'_>,
    method: MethodId,
    this: Option<&Expr>,
    arguments: &[Expr],
    safe: bool,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let object = match this {
        Some(this) => {
            let object = receiver(tx, cx, this)?;
            if object.is_null() && !cx.program.method(method).is_static {
                return null_or_throw(tx, this, safe, expr);
            }
            object
        }
        None if cx.program.method(method).is_static => Value::Null,
        None => cx.this.clone(),
    };
    if let Some(provider) = stub::of(&object).filter(|_| !cx.program.method(method).is_static) {
        let base = push_all(tx, cx, arguments)?;
        at(tx, expr.at);
        let arguments = tx.machine.locals.split_off(base);
        return stub::answer(tx, cx.program, &provider, &object, method, arguments);
    }
    let base = push_all(tx, cx, arguments)?;
    at(tx, expr.at);
    if future::is_future(cx.program.method(method)) {
        let arguments = tx.machine.locals.split_off(base);
        return future::queue(tx, cx.program, method, arguments).map(|()| Value::Null);
    }
    enter(tx, cx.program, method, &object, base)
}

/// A method that is looked up in the class of the object.
pub(super) fn dispatched(
    tx: &mut Transaction,
    cx: Context<'_>,
    this: &Expr,
    slot: &Slot,
    arguments: &[Expr],
    safe: bool,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let object = receiver(tx, cx, this)?;
    if object.is_null() {
        return null_or_throw(tx, this, safe, expr);
    }
    if let Some(provider) = stub::of(&object)
        && let Some(method) = stub::method(cx.program, &object, slot)
    {
        let base = push_all(tx, cx, arguments)?;
        at(tx, expr.at);
        let arguments = tx.machine.locals.split_off(base);
        return stub::answer(tx, cx.program, &provider, &object, method, arguments);
    }
    let method =
        find::class_of(&object).and_then(|class| cx.program.class(class).dispatch.get(slot).copied());
    let Some(method) = method else {
        return Err(fatal(tx, "System.UnexpectedException", format!("Method does not exist: {}", slot.name)));
    };
    let base = push_all(tx, cx, arguments)?;
    at(tx, expr.at);
    enter(tx, cx.program, method, &object, base)
}

/// Runs a method with values.
pub(super) fn run(
    tx: &mut Transaction,
    program: &Program,
    method: MethodId,
    this: &Value,
    arguments: &[Value],
) -> Result<Value, Thrown> {
    let base = tx.machine.locals.len();
    tx.machine.locals.extend(arguments.iter().cloned());
    enter(tx, program, method, this, base)
}

fn body_of(tx: &mut Transaction, program: &Program, method: MethodId) -> Result<Arc<Body>, Thrown> {
    program.body(method).map_err(|problem| {
        let place = names::place(program, method);
        fatal(tx, "System.UnexpectedException", format!("{place} does not compile: {}", problem.message))
    })
}

/// Runs a method whose arguments lie on the stack from `base` on; they are gone afterwards.
fn enter(
    tx: &mut Transaction,
    program: &Program,
    method: MethodId,
    this: &Value,
    base: usize,
) -> Result<Value, Thrown> {
    let known = program.method(method);
    if known.is_static
        && let Some(class) = known.class
        && known.kind != MethodKind::Initializer
    {
        statics::ensure(tx, program, class)?;
    }
    let body = body_of(tx, program, method)?;
    let sharing = known.class.map_or(Sharing::Without, |class| program.class(class).sharing);
    let place = Place::Method(method);
    within(tx, program, place, sharing, this, base, &body, |tx, cx| exec::block(tx, cx, &body.block))
}

/// Runs `work` as a call of its own.
#[allow(clippy::too_many_arguments)]
pub(super) fn within(
    tx: &mut Transaction,
    program: &Program,
    place: Place,
    sharing: Sharing,
    this: &Value,
    base: usize,
    body: &Body,
    work: impl FnOnce(&mut Transaction, Context<'_>) -> Result<Flow, Thrown>,
) -> Result<Value, Thrown> {
    if tx.machine.calls.len() >= STACK_MAX {
        let message = format!("Maximum stack depth reached: {}", STACK_MAX + 1);
        return Err(fatal(tx, "System.LimitException", message));
    }
    let (method, unit) = match &place {
        Place::Method(method) => (Some(*method), Some(program.method(*method).unit)),
        Place::Trigger(_, unit) => (None, Some(*unit)),
        Place::Anonymous => (None, None),
    };
    let caller = tx.machine.calls.last().map(|call| call.with_sharing);
    let with_sharing = match sharing {
        Sharing::With => true,
        Sharing::Without => false,
        Sharing::Inherited => caller.unwrap_or(true),
        Sharing::Unsaid => caller.unwrap_or(false),
    };
    tx.machine.locals.resize(base + body.locals, Value::Null);
    let written = match unit {
        Some(unit) => Some(program.unit(unit)),
        None => program.units.last(),
    };
    let user_mode = written.is_some_and(UnitInfo::is_secure);
    let traced = super::traced::enter(tx, program, &place);
    tx.machine.calls.push(Call { place, line: 1, column: 1, with_sharing, user_mode });
    let cx = Context { program, unit, method, this, base, locals: body.locals };
    let result = work(tx, cx);
    tx.machine.calls.pop();
    tx.machine.locals.truncate(base);
    if let Some(unit) = traced {
        super::traced::leave(tx, program, &unit, result.as_ref().err());
    }
    Ok(match result? {
        Flow::Return(value) => value,
        _ => Value::Null,
    })
}

/// Whether objects of a class are exceptions.
pub(super) fn is_exception(program: &Program, class: ClassId) -> bool {
    let mut next = class;
    for _ in 0..STACK_MAX {
        match program.class(next).superclass {
            Some(Type::Class(parent)) => next = parent,
            Some(Type::Platform(name, _)) => {
                return platform::type_named(name).is_some_and(|known| known.is_exception);
            }
            _ => return false,
        }
    }
    false
}

/// An object whose variables are all null.
pub(super) fn blank(tx: &mut Transaction, program: &Program, class: ClassId) -> Result<Value, Thrown> {
    let fields = program.class(class).fields.len();
    heap(tx, 16 + fields * 8)?;
    let exception = is_exception(program, class).then(|| RefCell::new(ExceptionState::default()));
    let number = tx.machine.number();
    let fields = RefCell::new(vec![Value::Null; fields]);
    Ok(Value::Object(
        Instance { class: Type::Class(class), fields, exception, number, is_stub: false }.remembered(),
    ))
}

/// Another object of the same class with the same values.
pub(in crate::apex) fn copied(tx: &mut Transaction, of: &Instance) -> Value {
    let exception = of.exception.as_ref().map(|state| RefCell::new(state.borrow().clone()));
    let fields = RefCell::new(of.fields.borrow().clone());
    let number = tx.machine.number();
    let copy = Instance { class: of.class.clone(), fields, exception, number, is_stub: of.is_stub };
    Value::Object(copy.remembered())
}

/// `new A(…)`
pub(super) fn new_object(
    tx: &mut Transaction,
    cx: Context<'_>,
    class: ClassId,
    constructor: Option<MethodId>,
    arguments: &[Expr],
    expr: &Expr,
) -> Result<Value, Thrown> {
    let base = push_all(tx, cx, arguments)?;
    at(tx, expr.at);
    let arguments = tx.machine.locals.split_off(base);
    create(tx, cx.program, class, constructor, arguments)
}

/// A new object, its constructor run.
pub(super) fn create(
    tx: &mut Transaction,
    program: &Program,
    class: ClassId,
    constructor: Option<MethodId>,
    arguments: Vec<Value>,
) -> Result<Value, Thrown> {
    statics::ensure(tx, program, class)?;
    let this = blank(tx, program, class)?;
    match constructor {
        Some(constructor) => construct(tx, program, class, constructor, &this, arguments)?,
        None => initialize(tx, program, class, &this, arguments)?,
    }
    Ok(this)
}

/// `super(…)` and `this(…)`.
pub(super) fn chained(
    tx: &mut Transaction,
    cx: Context<'_>,
    class: &Type,
    constructor: Option<MethodId>,
    arguments: &[Expr],
) -> Result<Value, Thrown> {
    let base = push_all(tx, cx, arguments)?;
    let arguments = tx.machine.locals.split_off(base);
    match (class, constructor) {
        (Type::Class(class), Some(constructor)) => {
            construct(tx, cx.program, *class, constructor, cx.this, arguments)?;
        }
        (Type::Class(class), None) => initialize(tx, cx.program, *class, cx.this, arguments)?,
        _ => describe(cx.this, arguments),
    }
    Ok(Value::Null)
}

/// What the constructors of `Exception` do: a message, a cause, or both.
pub(super) fn describe(exception: &Value, arguments: Vec<Value>) {
    let Value::Object(instance) = exception else { return };
    let Some(state) = &instance.exception else { return };
    for argument in arguments {
        match argument {
            Value::Object(_) => state.borrow_mut().cause = Some(argument),
            Value::String(text) => state.borrow_mut().message = Some(text.to_string()),
            _ => {}
        }
    }
}

/// A class without a constructor of its own: that of its superclass without arguments, then the initializers.
fn initialize(
    tx: &mut Transaction,
    program: &Program,
    class: ClassId,
    this: &Value,
    arguments: Vec<Value>,
) -> Result<(), Thrown> {
    above(tx, program, class, this, arguments)?;
    own_initializers(tx, program, class, this)
}

fn above(
    tx: &mut Transaction,
    program: &Program,
    class: ClassId,
    this: &Value,
    arguments: Vec<Value>,
) -> Result<(), Thrown> {
    match program.class(class).superclass {
        Some(Type::Class(parent)) => {
            let constructor = program.class(parent).methods.iter().copied().find(|method| {
                let method = program.method(*method);
                method.kind == MethodKind::Constructor && method.parameters.is_empty()
            });
            match constructor {
                Some(constructor) if arguments.is_empty() => {
                    construct(tx, program, parent, constructor, this, Vec::new())
                }
                _ => initialize(tx, program, parent, this, arguments),
            }
        }
        Some(_) => {
            describe(this, arguments);
            Ok(())
        }
        None => Ok(()),
    }
}

fn own_initializers(
    tx: &mut Transaction,
    program: &Program,
    class: ClassId,
    this: &Value,
) -> Result<(), Thrown> {
    match program.class(class).instance_init {
        Some(method) => run(tx, program, method, this, &[]).map(|_| ()),
        None => Ok(()),
    }
}

/// Runs a constructor: first that of the superclass, then the initializers, then its own statements; one that begins
/// with `this(…)` leaves both to the other.
fn construct(
    tx: &mut Transaction,
    program: &Program,
    class: ClassId,
    constructor: MethodId,
    this: &Value,
    arguments: Vec<Value>,
) -> Result<(), Thrown> {
    let body = body_of(tx, program, constructor)?;
    let base = tx.machine.locals.len();
    tx.machine.locals.extend(arguments);
    let sharing = program.class(class).sharing;
    let place = Place::Method(constructor);
    within(tx, program, place, sharing, this, base, &body, |tx, cx| {
        let statements = &body.block.statements;
        let chain = statements.first().and_then(|first| match &first.kind {
            StmtKind::Expr(Expr { kind: ExprKind::CallConstructor { class, .. }, .. }) => {
                Some((class, first))
            }
            _ => None,
        });
        let rest = match chain {
            Some((to, first)) => {
                exec::statement(tx, cx, first)?;
                if *to != Type::Class(class) {
                    own_initializers(tx, program, class, this)?;
                }
                statements.get(1..).unwrap_or_default()
            }
            None => {
                above(tx, program, class, this, Vec::new())?;
                own_initializers(tx, program, class, this)?;
                statements.as_slice()
            }
        };
        for statement in rest {
            match exec::statement(tx, cx, statement)? {
                Flow::Next => {}
                left => return Ok(left),
            }
        }
        Ok(Flow::Next)
    })
    .map(|_| ())
}
