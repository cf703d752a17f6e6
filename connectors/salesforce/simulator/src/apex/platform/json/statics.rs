//! `JSON`.

use super::super::arguments::{argument, null_argument, text};
use super::super::define::Definition;
use super::deserialize::deserialize;
use super::serialize::{self, serialize};
use super::writer::Writer;
use crate::apex::run::Thrown;
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.JSON")
            .method("static String serialize(Object)", one_line)
            .method("static String serialize(Object, Boolean)", one_line)
            .method("static String serializePretty(Object)", pretty)
            .method("static String serializePretty(Object, Boolean)", pretty)
            .method("static Object deserialize(String, System.Type)", |tx, _, a| typed(tx, a, false))
            .method("static Object deserializeStrict(String, System.Type)", |tx, _, a| typed(tx, a, true))
            .method("static Object deserializeUntyped(String)", untyped)
            .method("static System.JSONGenerator createGenerator(Boolean)", super::generator::create)
            .method("static System.JSONParser createParser(String)", super::parser::create),
    ]
}

fn one_line(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let suppress = argument(arguments, 1).is_true();
    serialize(tx, argument(arguments, 0), suppress).map(|text| Value::string(&text))
}

fn pretty(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let mut writer = Writer::new(true);
    serialize::write(tx, &mut writer, argument(arguments, 0), argument(arguments, 1).is_true())?;
    Ok(Value::string(&writer.text))
}

fn typed(tx: &mut Transaction, arguments: &[Value], strict: bool) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    match argument(arguments, 1) {
        Value::Type(ty) => deserialize(tx, &text, ty, strict),
        _ => Err(null_argument(tx)),
    }
}

fn untyped(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    deserialize(tx, &text, &Type::Object, false)
}
