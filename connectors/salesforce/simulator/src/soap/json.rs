//! Answers that REST gives as JSON, in SOAP's form.

use serde_json::Value;

use super::write::Xml;

/// Elements that are written even where they are null; the WSDLs call them nillable.
const NILLABLE: &[&str] = &[
    "compileProblem",
    "exceptionMessage",
    "exceptionStackTrace",
    "message",
    "methodName",
    "name",
    "namespace",
    "packageName",
    "stackTrace",
    "type",
];

/// Writes a value under a name: objects as elements in the order of the alphabet, as the WSDLs have them, collections as
/// repeated elements.
pub(super) fn json(out: &mut Xml, name: &str, value: &Value) {
    match value {
        Value::Null if NILLABLE.contains(&name) => drop(out.nil(name)),
        Value::Null => {}
        Value::Bool(value) => drop(out.flag(name, *value)),
        Value::Number(number) => drop(out.number(name, number)),
        Value::String(text) => drop(out.text(name, text)),
        Value::Array(values) => values.iter().for_each(|value| json(out, name, value)),
        Value::Object(members) => {
            out.open(name);
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            members.into_iter().for_each(|(name, value)| json(out, name, value));
            out.close(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn collections_are_repeated_and_nulls_left_out() {
        let mut out = Xml::default();
        let value = json!({"b": [1, 2], "a": {"id": null, "namespace": null, "ok": true, "text": "<"}});
        super::json(&mut out, "r", &value);
        assert_eq!(
            out.as_str(),
            "<r><a><namespace xsi:nil=\"true\"/><ok>true</ok><text>&lt;</text></a><b>1</b><b>2</b></r>"
        );
    }
}
