//! `Http`, and what answers it in tests.

use super::super::arguments::{argument, null_argument, text};
use super::super::database::kept;
use super::super::define::Definition;
use super::http::{keep, new_response, set_body, set_header};
use crate::apex::run::{self, Limit, Thrown, fatal, throw};
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// Under which name a test's mock is kept.
const MOCK: &str = "System.Test.setMock";
const RESOURCE: &str = "System.StaticResourceCalloutMock";
const RESOURCES: &str = "System.MultiStaticResourceCalloutMock";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.Http")
            .method("new()", |_, _, _| Ok(object("System.Http")))
            .method("System.HttpResponse send(System.HttpRequest)", send),
        Definition::class("System.HttpCalloutMock")
            .interface()
            .method("System.HttpResponse respond(System.HttpRequest)", |tx, _, _| Err(null_argument(tx))),
        answering(Definition::class(RESOURCE), |_, _, _| Ok(object(RESOURCE)))
            .method("void setStaticResource(String)", |_, this, given| keep(this, "resource", given)),
        answering(Definition::class(RESOURCES), |_, _, _| Ok(object(RESOURCES)))
            .method("void setStaticResource(String, String)", set_resource),
    ]
}

/// Both mocks that answer with static resources.
fn answering(definition: Definition, new: super::super::NativeFn) -> Definition {
    definition
        .below("System.HttpCalloutMock")
        .method("new()", new)
        .method("void setHeader(String, String)", set_header)
        .method("void setStatus(String)", |_, this, given| keep(this, "status", given))
        .method("void setStatusCode(Integer)", |_, this, given| keep(this, "code", given))
        .method("System.HttpResponse respond(System.HttpRequest)", respond)
}

/// Methods of `Test`.
pub(in crate::apex::platform) fn methods(test: Definition) -> Definition {
    test.method("static void setMock(System.Type, Object)", set_mock)
}

fn object(name: &'static str) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("headers", Value::Map(MapValue::new(Type::String, Type::String)));
    state.values.insert("resources", Value::Map(MapValue::new(Type::String, Type::String)));
    Value::Platform(PlatformValue::new(name, state))
}

fn set_resource(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    if let Value::Map(map) = kept(this, "resources") {
        map.put(tx, argument(given, 0).clone(), argument(given, 1).clone())?;
    }
    Ok(Value::Null)
}

fn set_mock(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let mock = argument(given, 1).clone();
    if mock.is_null() || argument(given, 0).is_null() {
        return Err(null_argument(tx));
    }
    tx.machine.kept.insert(MOCK, mock);
    Ok(Value::Null)
}

fn send(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let request = argument(given, 0).clone();
    if request.is_null() {
        return Err(null_argument(tx));
    }
    run::limit(tx, Limit::Callouts, 1)?;
    if !tx.machine.testing {
        let message = "Not supported by this org: System.Http.send (nothing leaves it)";
        return Err(fatal(tx, "System.UnsupportedOperationException", message));
    }
    for (name, what) in [("endpoint", "Endpoint"), ("method", "Method")] {
        if kept(&request, name).is_null() {
            return Err(throw(tx, "System.CalloutException", format!("{what} cannot be null")));
        }
    }
    let Some(mock) = tx.machine.kept.get(MOCK).cloned() else {
        let message = "Methods defined as TestMethod do not support Web service callouts";
        return Err(throw(tx, "System.CalloutException", message));
    };
    let arguments = [request];
    let answer = match &mock {
        Value::Object(_) => run::invoke(tx, &mock, "respond", &arguments)?,
        mock => Some(respond(tx, mock, &arguments)?),
    };
    Ok(answer.unwrap_or(Value::Null))
}

/// An answer out of a static resource.
fn respond(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let answer = new_response(tx, this, &[])?;
    let name = match (kept(this, "resource"), kept(this, "resources")) {
        (Value::String(name), _) => Value::String(name),
        (_, Value::Map(map)) => {
            let endpoint = kept(argument(given, 0), "endpoint");
            map.get(tx, &endpoint)?.unwrap_or(Value::Null)
        }
        _ => Value::Null,
    };
    let name = text(tx, &name)?;
    let Some(bytes) = resource(tx, &name) else {
        let message = format!("Static Resource not found: {name}");
        return Err(throw(tx, "System.CalloutException", message));
    };
    set_body(tx, &answer, &[Value::Blob(bytes)])?;
    for part in ["headers", "status", "code"] {
        keep(&answer, part, &[kept(this, part)])?;
    }
    Ok(answer)
}

/// The bytes of a static resource.
fn resource(tx: &Transaction, name: &str) -> Option<bytes::Bytes> {
    super::super::resource(tx, name)
}
