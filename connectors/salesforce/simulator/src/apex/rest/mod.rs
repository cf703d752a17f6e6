//! Apex REST: classes with `@RestResource` serve paths below `/services/apexrest`.

mod route;

use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::{Map, Value as Json};

pub use route::ROOT;

use super::platform::{self, REST_REQUEST, REST_RESPONSE};
use super::program::{Class, ClassId, Method, MethodId, Program};
use super::run::{self, Thrown};
use super::types::Type;
use super::value::Value;
use crate::org::{Org, Rights};
use crate::surface::ApiError;
use crate::transaction::Transaction;

/// Bytes of a request's body: what the heap of a synchronous transaction holds.
pub const BODY_MAX: usize = 6 << 20;

/// A request for Apex.
#[derive(Debug, Clone, Default)]
pub struct RestCall {
    /// `GET`, `POST`, …
    pub method: String,
    /// Behind [`ROOT`].
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub remote_address: String,
}

/// What Apex answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestReply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// Serves a request as a user, in a transaction of its own.
pub fn serve(org: &Arc<Org>, rights: Rights, call: &RestCall) -> Result<RestReply, ApiError> {
    let mut tx = Transaction::begin(org, rights);
    tx.called(crate::apex::program::NEWEST_API_VERSION, &format!("{ROOT}{}", call.path));
    let program = tx.program.clone();
    let not_found = || ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Could not find a match for URL");
    let namespaced =
        program.classes.iter().map(|class| (class, program.unit(class.unit).namespace.as_deref()));
    let class = route::find(namespaced, &call.path).ok_or_else(not_found)?;
    let known = program.class(class);
    if !program.unit(known.unit).id.is_some_and(|id| tx.rights.class(id)) {
        let message = format!("You do not have access to the Apex class named: {}", known.name);
        return Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    let method = method_for(&program, known, &call.method)?;
    begin(&mut tx, &program, class, call);
    let arguments = arguments(&mut tx, program.method(method), call)?;
    match run::call_static(&mut tx, method, &arguments) {
        Ok(returned) => {
            let reply = reply(&mut tx, program.method(method), returned)?;
            tx.commit();
            Ok(reply)
        }
        Err(thrown) => Err(uncaught(&program, &thrown)),
    }
}

/// The method that is annotated for a verb.
fn method_for(program: &Program, class: &Class, verb: &str) -> Result<MethodId, ApiError> {
    let of = |verb: &str| {
        let annotation = format!("http{}", verb.to_ascii_lowercase());
        class.methods.iter().copied().find(|id| {
            let method = program.method(*id);
            method.is_static && method.annotations.iter().any(|one| **one == *annotation)
        })
    };
    if let Some(found) = of(verb) {
        return Ok(found);
    }
    let known = ["DELETE", "GET", "PATCH", "POST", "PUT"];
    let allowed: Vec<&str> = known.into_iter().filter(|verb| of(verb).is_some()).collect();
    let message = format!("HTTP Method '{verb}' not allowed. Allowed are {}", allowed.join(","));
    Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message))
}

/// Puts request and answer where Apex finds them.
fn begin(tx: &mut Transaction, program: &Program, class: ClassId, call: &RestCall) {
    let request = platform::rest_request();
    let response = platform::rest_response();
    if let Value::Platform(object) = &request {
        let mapping = program.class(class).url_mapping.clone().unwrap_or_default();
        let mut state = object.state.borrow_mut();
        state.values.insert("httpMethod", Value::string(&call.method));
        state.values.insert("requestURI", Value::string(&call.path));
        state.values.insert("resourcePath", Value::string(&format!("{ROOT}{mapping}")));
        state.values.insert("remoteAddress", Value::string(&call.remote_address));
        let body = if call.body.is_empty() && call.method == "GET" {
            Value::Null
        } else {
            Value::Blob(call.body.clone())
        };
        state.values.insert("requestBody", body);
        let maps = [("headers", &call.headers), ("params", &call.query)];
        let maps = maps.map(|(name, pairs)| (state.values.get(name).cloned(), pairs));
        drop(state);
        for (map, pairs) in maps {
            let Some(Value::Map(map)) = map else { continue };
            for (name, value) in pairs {
                // Texts have no `equals` of their own: nothing can go wrong.
                let _ = map.put(tx, Value::string(name), Value::string(value));
            }
        }
    }
    tx.machine.kept.insert(REST_REQUEST, request);
    tx.machine.kept.insert(REST_RESPONSE, response);
}

fn bad_json(message: impl Into<String>) -> ApiError {
    ApiError::bad("JSON_PARSER_ERROR", message)
}

/// The keys of a JSON body as the method's parameters.
fn arguments(tx: &mut Transaction, method: &Method, call: &RestCall) -> Result<Vec<Value>, ApiError> {
    if method.parameters.is_empty() {
        return Ok(Vec::new());
    }
    let mut body: Map<String, Json> = match call.body.is_empty() {
        true => Map::new(),
        false => match serde_json::from_slice(&call.body) {
            Ok(Json::Object(body)) => body,
            Ok(_) => return Err(bad_json("The HTTP entity body is required to be a JSON object.")),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                return Err(bad_json(format!(
                    "Unexpected character or end of input at [line:{line}, column:{column}]"
                )));
            }
        },
    };
    let mut all = Vec::with_capacity(method.parameters.len());
    for parameter in &method.parameters {
        let given = body.remove(&*parameter.name).unwrap_or(Json::Null);
        all.push(read(tx, &given, &parameter.ty)?);
    }
    match body.keys().next() {
        Some(unknown) => {
            Err(bad_json(format!("Unexpected parameter encountered during deserialization: {unknown}")))
        }
        None => Ok(all),
    }
}

/// A JSON value as a value of a type, as `JSON.deserialize` reads it.
fn read(tx: &mut Transaction, json: &Json, ty: &Type) -> Result<Value, ApiError> {
    if json.is_null() {
        return Ok(Value::Null);
    }
    let natives = platform::natives("System.JSON", "deserialize");
    let Some(native) = natives.first() else { return Err(bad_json("JSON is not supported by this org")) };
    let text = Value::string(&json.to_string());
    native
        .call(tx, &Value::Null, &[text, Value::Type(ty.clone())])
        .map_err(|thrown| bad_json(thrown.message()))
}

fn reply(tx: &mut Transaction, method: &Method, returned: Value) -> Result<RestReply, ApiError> {
    let response = tx.machine.kept.get(REST_RESPONSE).cloned().unwrap_or(Value::Null);
    let part = |name: &str| match &response {
        Value::Platform(object) => object.state.borrow().values.get(name).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    };
    let mut headers = Vec::new();
    if let Value::Map(map) = part("headers") {
        for (name, value) in map.pairs() {
            if let (Some(name), Some(value)) = (name.as_text(), value.as_text()) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    let own = match part("responseBody") {
        Value::Blob(bytes) => Some(bytes),
        _ => None,
    };
    let status = part("statusCode").as_whole().and_then(|status| u16::try_from(status).ok());
    let returns = method.returns != Type::Void;
    let body = match own {
        Some(body) => body,
        None if returns => written(tx, &returned)?,
        None => Bytes::new(),
    };
    let plain = if body.is_empty() && !returns { 204 } else { 200 };
    Ok(RestReply { status: status.unwrap_or(plain), headers, body })
}

/// A value as JSON, as `JSON.serialize` writes it; fields that are null are left out.
fn written(tx: &mut Transaction, value: &Value) -> Result<Bytes, ApiError> {
    let natives = platform::natives("System.JSON", "serialize");
    let Some(native) = natives.iter().find(|native| native.parameters.len() == 2) else {
        return Err(bad_json("JSON is not supported by this org"));
    };
    let program = tx.program.clone();
    let text = native
        .call(tx, &Value::Null, &[value.clone(), Value::Boolean(true)])
        .map_err(|thrown| uncaught(&program, &thrown))?;
    Ok(Bytes::from(text.as_text().unwrap_or_default().to_owned()))
}

/// 500, with the exception and its place.
fn uncaught(program: &Program, thrown: &Thrown) -> ApiError {
    let message = format!("{}\n\n{}", thrown.headline(program), thrown.stack());
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "APEX_ERROR", message)
}
