//! `PageReference`, `ApexPages`.

use super::super::arguments::{argument, null_argument, text};
use super::super::database::kept;
use super::super::define::Definition;
use crate::apex::run::{Thrown, message_of};
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const PAGE: &str = "System.PageReference";
const MESSAGE: &str = "ApexPages.Message";
/// Where the page that is being served is kept.
const CURRENT: &str = "ApexPages.currentPage";
/// Where the messages of the page are kept.
const MESSAGES: &str = "ApexPages.messages";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(PAGE)
            .method("new(String)", new_of_text)
            .method("new(SObject)", new_of_record)
            .method("Map<String, String> getParameters()", |_, this, _| Ok(kept(this, "parameters")))
            .method("Map<String, String> getHeaders()", |_, this, _| Ok(kept(this, "headers")))
            .method("String getAnchor()", |_, this, _| Ok(kept(this, "anchor")))
            .method("Boolean getRedirect()", |_, this, _| {
                Ok(Value::Boolean(kept(this, "redirect").is_true()))
            })
            .method("Integer getRedirectCode()", |_, this, _| Ok(kept(this, "code")))
            .method("String getUrl()", url)
            .method("PageReference setAnchor(String)", |_, this, given| keep(this, "anchor", given))
            .method("PageReference setRedirect(Boolean)", |_, this, given| keep(this, "redirect", given))
            .method("PageReference setRedirectCode(Integer)", |_, this, given| keep(this, "code", given))
            .method("Map<String, System.Cookie> getCookies()", |_, this, _| Ok(kept(this, "cookies")))
            .method("void setCookies(List<System.Cookie>)", set_cookies)
            .method("String toString()", |tx, this, _| {
                let url = url(tx, this, &[])?;
                Ok(Value::string(&format!("System.PageReference[{}]", url.as_text().unwrap_or_default())))
            }),
        Definition::class("System.ApexPages")
            .method("static PageReference currentPage()", |tx, _, _| {
                Ok(tx.machine.kept.get(CURRENT).cloned().unwrap_or(Value::Null))
            })
            .method("static void addMessage(ApexPages.Message)", add_message)
            .method("static void addMessages(System.Exception)", add_exception)
            .method("static List<ApexPages.Message> getMessages()", |tx, _, _| Ok(messages(tx)))
            .method("static Boolean hasMessages()", has_messages)
            .method("static Boolean hasMessages(ApexPages.Severity)", has_messages),
    ]
}

/// Methods of `Test`.
pub(in crate::apex::platform) fn methods(test: Definition) -> Definition {
    test.method("static void setCurrentPage(System.PageReference)", set_current)
        .method("static void setCurrentPageReference(System.PageReference)", set_current)
        .method("static void clearApexPageMessages()", |tx, _, _| {
            tx.machine.kept.remove(MESSAGES);
            Ok(Value::Null)
        })
}

fn set_current(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    tx.machine.kept.insert(CURRENT, argument(given, 0).clone());
    Ok(Value::Null)
}

fn keep(this: &Value, name: &'static str, given: &[Value]) -> Answer {
    if let Value::Platform(object) = this {
        object.state.borrow_mut().values.insert(name, argument(given, 0).clone());
    }
    Ok(this.clone())
}

/// The page at a place; what stands behind `?` are its parameters.
pub(super) fn at(tx: &mut Transaction, place: &str) -> Answer {
    let (rest, anchor) = match place.split_once('#') {
        Some((rest, anchor)) => (rest, Value::string(anchor)),
        None => (place, Value::Null),
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parameters = MapValue::new(Type::String, Type::String);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters.put(tx, Value::string(&name), Value::string(&value))?;
    }
    // Names of parameters ignore case.
    parameters.ignores_case.set(false);
    let mut state = PlatformState::default();
    state.values.insert("path", Value::string(path));
    state.values.insert("anchor", anchor);
    state.values.insert("parameters", Value::Map(parameters));
    state.values.insert("headers", Value::Map(MapValue::new(Type::String, Type::String)));
    state.values.insert("cookies", Value::Map(MapValue::new(Type::String, Type::platform("System.Cookie"))));
    Ok(Value::Platform(PlatformValue::new(PAGE, state)))
}

fn new_of_text(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let place = text(tx, argument(given, 0))?;
    at(tx, &place)
}

fn new_of_record(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let Value::Record(record) = argument(given, 0) else { return Err(null_argument(tx)) };
    let id = record.state.borrow().fields.get("Id").cloned().unwrap_or(Value::Null);
    let place = format!("/{}", id.as_text().unwrap_or_default());
    at(tx, &place)
}

fn url(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let mut text = kept(this, "path").as_text().unwrap_or_default().to_owned();
    if let Value::Map(parameters) = kept(this, "parameters") {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = parameters.pairs();
        for (name, value) in &pairs {
            if let (Some(name), Some(value)) = (name.as_text(), value.as_text()) {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if !query.is_empty() {
            text.push('?');
            text.push_str(&query);
        }
    }
    if let Value::String(anchor) = kept(this, "anchor") {
        text.push('#');
        text.push_str(&anchor);
    }
    Ok(Value::string(&text))
}

fn set_cookies(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let Value::Map(all) = kept(this, "cookies") else { return Ok(Value::Null) };
    for cookie in super::super::arguments::elements(tx, argument(given, 0))? {
        let name = kept(&cookie, "Name");
        all.put(tx, name, cookie)?;
    }
    Ok(Value::Null)
}

fn messages(tx: &mut Transaction) -> Value {
    let made = || Value::list(Type::platform(MESSAGE), Vec::new());
    tx.machine.kept.entry(MESSAGES).or_insert_with(made).clone()
}

fn add(tx: &mut Transaction, message: Value) {
    if let Value::List(list) = messages(tx) {
        list.items.borrow_mut().push(message);
    }
}

fn add_message(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    if argument(given, 0).is_null() {
        return Err(null_argument(tx));
    }
    add(tx, argument(given, 0).clone());
    Ok(Value::Null)
}

fn add_exception(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let text = message_of(argument(given, 0));
    let mut state = PlatformState::default();
    state.values.insert("Severity", Value::PlatformEnum("ApexPages.Severity", "ERROR"));
    state.values.insert("Summary", Value::string(&text));
    state.values.insert("Detail", Value::string(&text));
    add(tx, Value::Platform(PlatformValue::new(MESSAGE, state)));
    Ok(Value::Null)
}

fn has_messages(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let Value::List(list) = messages(tx) else { return Ok(Value::Boolean(false)) };
    let wanted = match argument(given, 0) {
        Value::PlatformEnum(_, name) => Some(*name),
        _ => None,
    };
    let items = list.items.borrow();
    let of = |message: &Value| match kept(message, "Severity") {
        Value::PlatformEnum(_, name) => Some(name),
        _ => None,
    };
    Ok(Value::Boolean(match wanted {
        None => !items.is_empty(),
        wanted => items.iter().any(|message| of(message) == wanted),
    }))
}
