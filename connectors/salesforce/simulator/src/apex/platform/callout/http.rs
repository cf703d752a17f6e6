//! `HttpRequest` and `HttpResponse`.

use bytes::Bytes;

use super::super::arguments::{argument, null_argument, text, whole};
use super::super::database::kept;
use super::super::define::Definition;
use crate::apex::run::{Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const REQUEST: &str = "System.HttpRequest";
pub(super) const RESPONSE: &str = "System.HttpResponse";
/// Milliseconds that a callout may take.
const TIMEOUT_MAX: i64 = 120_000;
/// Bytes of one body.
const BODY_MAX: usize = 12_000_000;

pub(super) fn definitions() -> Vec<Definition> {
    let request = message(Definition::class(REQUEST), new_request)
        .method("String getEndpoint()", |_, this, _| Ok(kept(this, "endpoint")))
        .method("String getMethod()", |_, this, _| Ok(kept(this, "method")))
        .method("Boolean getCompressed()", |_, this, _| {
            Ok(Value::Boolean(kept(this, "compressed").is_true()))
        })
        .method("void setCompressed(Boolean)", |_, this, given| keep(this, "compressed", given))
        .method("void setEndpoint(String)", |_, this, given| keep(this, "endpoint", given))
        .method("void setMethod(String)", set_method)
        .method("void setTimeout(Integer)", set_timeout)
        .method("void setClientCertificateName(String)", |_, this, given| keep(this, "certificate", given));
    let response = message(Definition::class(RESPONSE), new_response)
        .method("List<String> getHeaderKeys()", header_keys)
        .method("String getStatus()", |_, this, _| Ok(kept(this, "status")))
        .method("Integer getStatusCode()", status_code)
        .method("void setStatus(String)", |_, this, given| keep(this, "status", given))
        .method("void setStatusCode(Integer)", |_, this, given| keep(this, "code", given));
    vec![request, response]
}

/// What both have: a body and headers.
fn message(definition: Definition, new: super::super::NativeFn) -> Definition {
    definition
        .method("new()", new)
        .method("String getBody()", body)
        .method("Blob getBodyAsBlob()", body_as_blob)
        .method("String getHeader(String)", header)
        .method("void setBody(String)", set_body)
        .method("void setBodyAsBlob(Blob)", set_body)
        .method("void setHeader(String, String)", set_header)
        .method("String toString()", told)
}

fn made(name: &'static str) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("headers", Value::Map(MapValue::new(Type::String, Type::String)));
    state.values.insert("body", Value::Blob(Bytes::new()));
    Value::Platform(PlatformValue::new(name, state))
}

fn new_request(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(made(REQUEST))
}

pub(super) fn new_response(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(made(RESPONSE))
}

/// Keeps the first argument under a name.
pub(super) fn keep(this: &Value, name: &'static str, given: &[Value]) -> Answer {
    if let Value::Platform(object) = this {
        object.state.borrow_mut().values.insert(name, argument(given, 0).clone());
    }
    Ok(Value::Null)
}

fn set_method(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let method = text(tx, argument(given, 0))?;
    let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"];
    if !known.iter().any(|known| known.eq_ignore_ascii_case(&method)) {
        let message = format!("Method is not valid: {method}");
        return Err(throw(tx, "System.CalloutException", message));
    }
    keep(this, "method", given)
}

fn set_timeout(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    if !(1..=TIMEOUT_MAX).contains(&whole(tx, argument(given, 0))?) {
        let message = "Timeout must be between 1 and 120000 milliseconds";
        return Err(throw(tx, "System.CalloutException", message));
    }
    keep(this, "timeout", given)
}

fn status_code(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(match kept(this, "code") {
        Value::Null => Value::Integer(0),
        code => code,
    })
}

pub(super) fn set_body(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let bytes = match argument(given, 0) {
        Value::Blob(bytes) => bytes.clone(),
        Value::String(text) => Bytes::copy_from_slice(text.as_bytes()),
        _ => return Err(null_argument(tx)),
    };
    if bytes.len() > BODY_MAX {
        let message = format!("Exceeded max size limit of {BODY_MAX} with request size {}", bytes.len());
        return Err(throw(tx, "System.CalloutException", message));
    }
    keep(this, "body", &[Value::Blob(bytes)])
}

fn body(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(match kept(this, "body") {
        Value::Blob(bytes) => Value::string(&String::from_utf8_lossy(&bytes)),
        other => other,
    })
}

fn body_as_blob(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "body"))
}

/// Names of headers ignore case.
fn spelt(map: &MapValue, name: &str) -> Option<Value> {
    let pairs = map.pairs();
    let found =
        pairs.into_iter().find(|(key, _)| key.as_text().is_some_and(|key| key.eq_ignore_ascii_case(name)));
    found.map(|(key, _)| key)
}

fn header(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let name = text(tx, argument(given, 0))?;
    let Value::Map(map) = kept(this, "headers") else { return Ok(Value::Null) };
    match spelt(&map, &name) {
        Some(key) => Ok(map.get(tx, &key)?.unwrap_or(Value::Null)),
        None => Ok(Value::Null),
    }
}

pub(super) fn set_header(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let name = text(tx, argument(given, 0))?;
    if let Value::Map(map) = kept(this, "headers") {
        let key = spelt(&map, &name).unwrap_or_else(|| Value::String(name));
        map.put(tx, key, argument(given, 1).clone())?;
    }
    Ok(Value::Null)
}

fn header_keys(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let Value::Map(map) = kept(this, "headers") else { return Ok(Value::list(Type::String, Vec::new())) };
    Ok(Value::list(Type::String, map.pairs().into_iter().map(|(key, _)| key).collect()))
}

fn told(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let plain = |name: &'static str| match kept(this, name) {
        Value::String(text) => text.to_string(),
        Value::Integer(number) => number.to_string(),
        _ => "null".to_owned(),
    };
    Ok(Value::string(&match this {
        Value::Platform(object) if object.name == RESPONSE => {
            format!("System.HttpResponse[Status={}, StatusCode={}]", plain("status"), plain("code"))
        }
        _ => format!("System.HttpRequest[Endpoint={}, Method={}]", plain("endpoint"), plain("method")),
    }))
}
