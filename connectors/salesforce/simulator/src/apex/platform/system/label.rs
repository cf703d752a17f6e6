//! `System.Label`: custom labels.

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use crate::apex::run::{Thrown, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// The language in which labels are written where nobody says otherwise.
const LANGUAGE: &str = "en_US";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.Label")
            .method("static String get(String, String)", get)
            .method("static String get(String, String, String)", get)
            .method("static Boolean translationExists(String, String, String)", exists),
    ]
}

/// The text of a label, in a language if it is translated into it.
fn found(tx: &Transaction, name: &str, language: Option<&str>) -> Option<String> {
    let components = &tx.state.metadata.components;
    let held = components.get("CustomLabel", name)?;
    let translated = language.and_then(|language| {
        let file = components.get("Translations", language)?;
        let label = file
            .element
            .as_ref()?
            .all("customLabels")
            .find(|label| label.text_of("name").is_some_and(|own| own.eq_ignore_ascii_case(name)))?;
        label.text_of("label").map(str::to_owned)
    });
    translated.or_else(|| held.element.as_ref()?.text_of("value").map(str::to_owned))
}

fn get(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let name = text(tx, argument(given, 1))?;
    let language = argument(given, 2).as_text().map(str::to_owned);
    match found(tx, &name, language.as_deref()) {
        Some(label) => Ok(Value::string(&label)),
        None => {
            let message = format!("External string does not exist: {name}");
            Err(throw(tx, "System.InvalidParameterValueException", message))
        }
    }
}

fn exists(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let (name, language) = (text(tx, argument(given, 1))?, text(tx, argument(given, 2))?);
    let components = &tx.state.metadata.components;
    let there = components.get("CustomLabel", &name).is_some();
    let translated = components.get("Translations", &language).and_then(|held| held.element.clone());
    let translated = translated.is_some_and(|element| {
        element
            .all("customLabels")
            .any(|label| label.text_of("name").is_some_and(|own| own.eq_ignore_ascii_case(&name)))
    });
    Ok(Value::Boolean(there && (translated || language.eq_ignore_ascii_case(LANGUAGE))))
}
