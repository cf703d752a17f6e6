//! JSON through its natives and through Apex values.

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::deserialize::deserialize;
use super::serialize::serialize;
use crate::apex::platform::text::tests::{call, shown, text, transaction};
use crate::apex::program::{Class, ClassId, ClassKind, Field, Program, Sharing, UnitId, Visibility};
use crate::apex::syntax::ast::Pos;
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

fn json(tx: &mut Transaction, method: &str, arguments: &[Value]) -> Result<Value, String> {
    call(tx, "System.JSON", method, &Value::Null, arguments)
}

fn untyped(tx: &mut Transaction, own: &str) -> String {
    let outcome = json(tx, "deserializeUntyped", &[text(own)]);
    shown(tx, outcome)
}

#[test]
fn what_is_malformed_is_told_with_its_place() {
    let tx = &mut transaction();
    let value = "expected a valid value (number, String, array, object, 'true', 'false' or 'null')";
    let cases = [
        ("", "No content to map to Object due to end of input".to_owned()),
        ("<html>", format!("Unexpected character ('<' (code 60)): {value} at input location [1,2]")),
        ("{a", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name at input location [1,3]".to_owned()),
        ("{\"a\"\n 1}", "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value at input location [2,3]".to_owned()),
        ("[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate ARRAY entries at input location [1,5]".to_owned()),
        ("{\"a\":1", "Unexpected end-of-input: expected close marker for OBJECT at input location [1,7]".to_owned()),
        ("[1,]", format!("Unexpected character (']' (code 93)): {value} at input location [1,5]")),
        ("[01]", "Invalid numeric value: Leading zeroes not allowed at input location [1,4]".to_owned()),
    ];
    for (own, expected) in cases {
        assert_eq!(untyped(tx, own), format!("System.JSONException: {expected}"), "{own}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(untyped(tx, &deep), "System.LimitException: Maximum stack depth reached: 1001");
    let tx = &mut transaction();
    let many = format!("[{}1]", "1,".repeat(900_000));
    assert!(untyped(tx, &many).starts_with("System.LimitException: Apex heap size too large"));
}

#[test]
fn untyped_values_have_the_types_that_fit() {
    let tx = &mut transaction();
    let own = r#"{"a":[1,9876543210,1.50,1e2,true,null,"\u00e9\uD83D\uDE00"],"b":{}}"#;
    assert_eq!(untyped(tx, own), "{a=(1, 9876543210, 1.50, 1E+2, true, null, é😀), b={}}");
    let Ok(Value::Map(map)) = json(tx, "deserializeUntyped", &[text(own)]) else { panic!() };
    let Ok(Some(Value::List(list))) = map.get(tx, &text("a")) else { panic!() };
    let items = list.items.borrow();
    assert!(matches!(items[..3], [Value::Integer(1), Value::Long(_), Value::Decimal(_)]));
}

#[test]
fn types_are_asked_for() {
    let tx = &mut transaction();
    let cases: Vec<(&str, Type, &str)> = vec![
        ("[1,2]", Type::list(Type::Integer), "(1, 2)"),
        ("[1,1]", Type::set(Type::Integer), "{1}"),
        ("{\"a\":1}", Type::map(Type::String, Type::Decimal), "{a=1}"),
        ("\"2024-02-29\"", Type::Date, "2024-02-29 00:00:00"),
        ("\"2024-02-29T10:20:30.000Z\"", Type::Datetime, "2024-02-29 10:20:30"),
        ("\"10:20:30.000Z\"", Type::Time, "10:20:30.000Z"),
        ("\"aGk=\"", Type::Blob, "Blob[2]"),
        ("1", Type::String, "1"),
        ("\"soon\"", Type::Date, "System.JSONException: Invalid format: \"soon\""),
        (
            "{\"a\":1}",
            Type::list(Type::Integer),
            "System.JSONException: Malformed JSON: Expected '[' at the beginning of List/Set",
        ),
        (
            "[1]",
            Type::map(Type::String, Type::Integer),
            "System.JSONException: Malformed JSON: Expected '{' at the beginning of object",
        ),
        ("99999999999", Type::Integer, "System.JSONException: Illegal value for primitive: 99999999999"),
        ("\"WARN\"", Type::platform("System.LoggingLevel"), "WARN"),
        (
            "1",
            Type::platform("System.UserInfo"),
            "System.JSONException: Apex Type unsupported in JSON: System.UserInfo",
        ),
    ];
    for (own, ty, expected) in cases {
        let outcome = json(tx, "deserialize", &[text(own), Value::Type(ty)]);
        assert_eq!(shown(tx, outcome), expected, "{own}");
    }
}

#[test]
fn records_come_and_go() {
    let tx = &mut transaction();
    let own = r#"{"attributes":{"type":"Account"},"Name":"Acme","Parent":{"attributes":{"type":"Account"},"Name":"Up"},"Contacts":{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Contact"},"LastName":"Ada"}]}}"#;
    let record = deserialize(tx, own, &Type::SObject, false).unwrap();
    let back = serialize(tx, &record, false).unwrap();
    let one: serde_json::Value = serde_json::from_str(own).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&back).unwrap(), one);
    let unknown = r#"{"attributes":{"type":"Account"},"Nope__x":1}"#;
    let outcome = json(tx, "deserialize", &[text(unknown), Value::Type(Type::Record("Account".into()))]);
    assert_eq!(
        shown(tx, outcome),
        "System.JSONException: No such column 'Nope__x' on sobject of type Account"
    );
}

/// `class Parcel { String label; transient Integer weight; Parcel inner; }`
fn parcel(tx: &mut Transaction) -> Type {
    let id = ClassId(0);
    let field = |name: &str, ty: Type, is_transient: bool| Field {
        name: name.into(),
        ty,
        visibility: Visibility::Public,
        is_final: false,
        is_transient,
        test_visible: false,
        getter: None,
        setter: None,
        setter_visibility: Visibility::Public,
        has_getter: true,
        has_setter: true,
    };
    let class = Class {
        id,
        unit: UnitId(0),
        name: "Parcel".into(),
        kind: ClassKind::Class,
        outer: None,
        visibility: Visibility::Public,
        sharing: Sharing::Unsaid,
        is_abstract: false,
        is_virtual: false,
        is_test: false,
        url_mapping: None,
        superclass: None,
        interfaces: Vec::new(),
        values: Vec::new(),
        statics: Vec::new(),
        fields: vec![
            field("label", Type::String, false),
            field("weight", Type::Integer, true),
            field("inner", Type::Class(id), false),
        ],
        methods: Vec::new(),
        dispatch: HashMap::new(),
        static_init: None,
        instance_init: None,
        at: Pos { line: 1, column: 1 },
    };
    tx.program = Arc::new(Program { classes: vec![class], ..Program::default() });
    Type::Class(id)
}

#[test]
fn objects_of_classes_come_and_go() {
    let tx = &mut transaction();
    let ty = parcel(tx);
    let own = r#"{"label":"x","other":[{"a":1}],"inner":{"LABEL":"y"}}"#;
    let made = deserialize(tx, own, &ty, false).unwrap();
    let full = r#"{"label":"x","inner":{"label":"y","inner":null}}"#;
    assert_eq!(serialize(tx, &made, false).unwrap(), full);
    assert_eq!(serialize(tx, &made, true).unwrap(), r#"{"label":"x","inner":{"label":"y"}}"#);
    let strict = json(tx, "deserializeStrict", &[text(own), Value::Type(ty.clone())]);
    assert_eq!(shown(tx, strict), "System.JSONException: Unknown field: Parcel.other");
    let outcome = json(tx, "deserialize", &[text("[1]"), Value::Type(ty)]);
    assert_eq!(
        shown(tx, outcome),
        "System.JSONException: Malformed JSON: Expected '{' at the beginning of object"
    );
}

#[test]
fn pretty_is_as_jackson_prints() {
    let tx = &mut transaction();
    let own = r#"{"a":1,"b":["x",null,2.5],"c":{"d":{}},"e":[]}"#;
    let value = json(tx, "deserializeUntyped", &[text(own)]).unwrap();
    let outcome = json(tx, "serializePretty", &[value]);
    let expected = "{\n  \"a\" : 1,\n  \"b\" : [ \"x\", null, 2.5 ],\n  \"c\" : {\n    \"d\" : { }\n  },\n  \"e\" : [ ]\n}";
    assert_eq!(shown(tx, outcome), expected);
}

#[test]
fn a_generator_writes_and_a_parser_reads() {
    let tx = &mut transaction();
    let generator = json(tx, "createGenerator", &[Value::Boolean(false)]).unwrap();
    let mut write = |method: &str, arguments: &[Value]| {
        let outcome = call(tx, "System.JSONGenerator", method, &generator, arguments);
        shown(tx, outcome)
    };
    write("writeStartObject", &[]);
    let refused = write("writeNumber", &[Value::Integer(1)]);
    assert_eq!(refused, "System.JSONException: Can not write a value, expecting field name");
    write("writeStringField", &[text("name"), text("x")]);
    write("writeFieldName", &[text("sizes")]);
    write("writeStartArray", &[]);
    write("writeNumber", &[Value::Integer(1)]);
    write("writeEndArray", &[]);
    write("writeNullField", &[text("none")]);
    let written = write("getAsString", &[]);
    assert_eq!(written, r#"{"name":"x","sizes":[1],"none":null}"#);

    let parser = json(tx, "createParser", &[text(&written)]).unwrap();
    let mut read = |method: &str, arguments: &[Value]| {
        let outcome = call(tx, "System.JSONParser", method, &parser, arguments);
        shown(tx, outcome)
    };
    assert_eq!(read("getCurrentToken", &[]), "null");
    for (method, expected) in [
        ("nextToken", "START_OBJECT"),
        ("nextToken", "FIELD_NAME"),
        ("getCurrentName", "name"),
        ("nextValue", "VALUE_STRING"),
        ("getText", "x"),
        ("nextValue", "START_ARRAY"),
        ("getCurrentName", "sizes"),
    ] {
        assert_eq!(read(method, &[]), expected, "{method}");
    }
    assert_eq!(read("readValueAs", &[Value::Type(Type::list(Type::Integer))]), "(1)");
    assert_eq!(read("getCurrentToken", &[]), "END_ARRAY");
    assert_eq!(read("getCurrentName", &[]), "sizes");
    assert_eq!(read("nextValue", &[]), "VALUE_NULL");
    assert_eq!(read("nextToken", &[]), "END_OBJECT");
    assert_eq!(read("nextToken", &[]), "null");
    assert_eq!(read("nextToken", &[]), "null");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn texts_are_as_another_library_reads_them(own in "\\PC{0,16}") {
        let tx = &mut transaction();
        let written = serialize(tx, &text(&own), false).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), own.clone());
        let other = serde_json::to_string(&own).unwrap();
        let read = deserialize(tx, &other, &Type::String, false).unwrap();
        prop_assert_eq!(shown(tx, Ok(read)), own);
    }

    #[test]
    fn both_accept_or_both_refuse(own in "[\\[\\]{},:\" a1.e-]{0,10}") {
        let tx = &mut transaction();
        let ours = json(tx, "deserializeUntyped", &[text(&own)]).is_ok();
        let first = serde_json::Deserializer::from_str(&own).into_iter::<serde_json::Value>().next();
        // What follows behind the first value is nobody's business, unless it clings to a number.
        let theirs = matches!(first, Some(Ok(_)));
        let clings = own.trim_start_matches([' ', '-']).starts_with('1') || own.contains('"');
        prop_assert!(ours == theirs || clings, "{} ours {} theirs {}", own, ours, theirs);
    }
}
