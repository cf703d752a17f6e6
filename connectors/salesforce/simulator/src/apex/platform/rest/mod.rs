//! Apex REST.

use super::arguments::argument;
use super::database::kept;
use super::define::Definition;
use crate::apex::run::Thrown;
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// Where the request of Apex REST is kept while it is served.
pub(in crate::apex) const REQUEST: &str = "System.RestContext.request";
/// Where its answer is made.
pub(in crate::apex) const RESPONSE: &str = "System.RestContext.response";

pub(super) fn types() -> Vec<Definition> {
    vec![
        Definition::class("System.RestContext")
            .settable("static System.RestRequest request", context_request)
            .settable("static System.RestResponse response", context_response),
        Definition::class("System.RestRequest")
            .method("new()", new_request)
            .settable("Map<String, String> headers", headers)
            .settable("Map<String, String> params", params)
            .settable("String httpMethod", http_method)
            .settable("String remoteAddress", remote_address)
            .settable("Blob requestBody", request_body)
            .settable("String requestURI", request_uri)
            .settable("String resourcePath", resource_path)
            .method("void addHeader(String, String)", add_header)
            .method("void addParameter(String, String)", add_parameter),
        Definition::class("System.RestResponse")
            .method("new()", new_response)
            .settable("Map<String, String> headers", headers)
            .settable("Blob responseBody", response_body)
            .settable("Integer statusCode", status_code)
            .method("void addHeader(String, String)", add_header),
    ]
}

fn context_request(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(tx.machine.kept.get(REQUEST).cloned().unwrap_or(Value::Null))
}

fn context_response(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(tx.machine.kept.get(RESPONSE).cloned().unwrap_or(Value::Null))
}

/// A map of texts whose keys keep their case.
fn texts() -> Value {
    Value::Map(MapValue::new(Type::String, Type::String))
}

fn new_request(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(request())
}

fn new_response(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(response())
}

/// A request without anything in it.
pub(in crate::apex) fn request() -> Value {
    let mut state = PlatformState::default();
    state.values.insert("headers", texts());
    state.values.insert("params", texts());
    Value::Platform(PlatformValue::new("System.RestRequest", state))
}

/// An answer without anything in it.
pub(in crate::apex) fn response() -> Value {
    let mut state = PlatformState::default();
    state.values.insert("headers", texts());
    Value::Platform(PlatformValue::new("System.RestResponse", state))
}

macro_rules! properties {
    ($($run:ident $name:literal;)*) => {
        $(
            fn $run(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
                Ok(kept(this, $name))
            }
        )*
    };
}

properties! {
    headers "headers";
    params "params";
    http_method "httpMethod";
    remote_address "remoteAddress";
    request_body "requestBody";
    request_uri "requestURI";
    resource_path "resourcePath";
    response_body "responseBody";
    status_code "statusCode";
}

fn put(tx: &mut Transaction, map: &Value, arguments: &[Value]) -> Answer {
    if let Value::Map(map) = map {
        map.put(tx, argument(arguments, 0).clone(), argument(arguments, 1).clone())?;
    }
    Ok(Value::Null)
}

fn add_header(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    put(tx, &kept(this, "headers"), arguments)
}

fn add_parameter(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    put(tx, &kept(this, "params"), arguments)
}
