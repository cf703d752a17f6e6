//! Collections beside Rust's own.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::apex::platform::text::tests::{call, shown, text, texts, transaction};
use crate::apex::types::Type;
use crate::apex::value::{ListValue, MapValue, SetValue, Value};

fn int(number: i32) -> Value {
    Value::Integer(number)
}

fn ints(numbers: &[i32]) -> Value {
    Value::list(Type::Integer, numbers.iter().copied().map(int).collect())
}

#[derive(Debug, Clone)]
enum Step {
    Add(i32),
    Insert(i32, i32),
    Set(i32, i32),
    Remove(i32),
    Get(i32),
    IndexOf(i32),
    Contains(i32),
    AddAll(Vec<i32>),
    RetainAll(Vec<i32>),
    RemoveAll(Vec<i32>),
    ContainsAll(Vec<i32>),
    Sort,
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = || 0i32..6;
    let at = || -1i32..6;
    let many = || proptest::collection::vec(0i32..6, 0..4);
    let step = prop_oneof![
        value().prop_map(Step::Add),
        (at(), value()).prop_map(|(at, value)| Step::Insert(at, value)),
        (at(), value()).prop_map(|(at, value)| Step::Set(at, value)),
        at().prop_map(Step::Remove),
        at().prop_map(Step::Get),
        value().prop_map(Step::IndexOf),
        value().prop_map(Step::Contains),
        many().prop_map(Step::AddAll),
        many().prop_map(Step::RetainAll),
        many().prop_map(Step::RemoveAll),
        many().prop_map(Step::ContainsAll),
        Just(Step::Sort),
        Just(Step::Clear),
    ];
    proptest::collection::vec(step, 0..24)
}

fn outside(at: i32) -> String {
    format!("System.ListException: List index out of bounds: {at}")
}

/// What a list answers to a step, as text; `None` for a step that lists do not know.
fn of_vec(model: &mut Vec<i32>, step: &Step) -> Option<(&'static str, Vec<Value>, String)> {
    let place = |at: i32, most: usize| usize::try_from(at).ok().filter(|at| *at < most);
    let null = || "null".to_owned();
    Some(match step {
        Step::Add(value) => {
            model.push(*value);
            ("add", vec![int(*value)], null())
        }
        Step::Insert(at, value) => {
            let found = place(*at, model.len() + 1);
            found.iter().for_each(|place| model.insert(*place, *value));
            ("add", vec![int(*at), int(*value)], found.map_or(outside(*at), |_| null()))
        }
        Step::Set(at, value) => {
            let found = place(*at, model.len());
            found.iter().for_each(|place| model[*place] = *value);
            ("set", vec![int(*at), int(*value)], found.map_or(outside(*at), |_| null()))
        }
        Step::Remove(at) => {
            let gone = place(*at, model.len()).map(|place| model.remove(place).to_string());
            ("remove", vec![int(*at)], gone.unwrap_or(outside(*at)))
        }
        Step::Get(at) => {
            let found = place(*at, model.len()).map(|place| model[place].to_string());
            ("get", vec![int(*at)], found.unwrap_or(outside(*at)))
        }
        Step::IndexOf(value) => {
            let found = model.iter().position(|own| own == value);
            ("indexOf", vec![int(*value)], found.map_or("-1".to_owned(), |at| at.to_string()))
        }
        Step::Contains(value) => ("contains", vec![int(*value)], model.contains(value).to_string()),
        Step::AddAll(more) => {
            model.extend(more);
            ("addAll", vec![ints(more)], null())
        }
        Step::Sort => {
            model.sort_unstable();
            ("sort", vec![], null())
        }
        Step::Clear => {
            model.clear();
            ("clear", vec![], null())
        }
        Step::RetainAll(_) | Step::RemoveAll(_) | Step::ContainsAll(_) => return None,
    })
}

/// What a set answers to a step; its elements stay in the order in which they came.
fn of_set(model: &mut Vec<i32>, step: &Step) -> Option<(&'static str, Vec<Value>, String)> {
    let before = model.len();
    let mut add = |value: &i32| {
        if !model.contains(value) {
            model.push(*value);
        }
    };
    let (name, arguments) = match step {
        Step::Add(value) => {
            add(value);
            ("add", vec![int(*value)])
        }
        Step::AddAll(more) => {
            more.iter().for_each(add);
            ("addAll", vec![ints(more)])
        }
        Step::Remove(value) => {
            model.retain(|own| own != value);
            ("remove", vec![int(*value)])
        }
        Step::RemoveAll(all) => {
            model.retain(|own| !all.contains(own));
            ("removeAll", vec![ints(all)])
        }
        Step::RetainAll(all) => {
            model.retain(|own| all.contains(own));
            ("retainAll", vec![ints(all)])
        }
        Step::Contains(value) => {
            return Some(("contains", vec![int(*value)], model.contains(value).to_string()));
        }
        Step::ContainsAll(all) => {
            let whole = all.iter().all(|value| model.contains(value));
            return Some(("containsAll", vec![ints(all)], whole.to_string()));
        }
        Step::Clear => {
            model.clear();
            return Some(("clear", vec![], "null".to_owned()));
        }
        _ => return None,
    };
    Some((name, arguments, (model.len() != before).to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn lists_are_vectors(steps in steps()) {
        let tx = &mut transaction();
        let (list, mut model) = (Value::List(ListValue::new(Type::Integer, Vec::new())), Vec::new());
        for step in steps {
            let Some((name, arguments, expected)) = of_vec(&mut model, &step) else { continue };
            let outcome = call(tx, "List", name, &list, &arguments);
            prop_assert_eq!(shown(tx, outcome), expected, "{:?}", step);
            let size = call(tx, "List", "size", &list, &[]);
            prop_assert_eq!(shown(tx, size), model.len().to_string());
        }
        let same = call(tx, "List", "equals", &list, &[ints(&model)]);
        prop_assert_eq!(shown(tx, same), "true");
    }

    #[test]
    fn sets_keep_each_element_once_and_in_order(steps in steps()) {
        let tx = &mut transaction();
        let (set, mut model) = (Value::Set(SetValue::new(Type::Integer)), Vec::new());
        for step in steps {
            let Some((name, arguments, expected)) = of_set(&mut model, &step) else { continue };
            let outcome = call(tx, "Set", name, &set, &arguments);
            prop_assert_eq!(shown(tx, outcome), expected, "{:?}", step);
            let Value::Set(own) = &set else { unreachable!() };
            let values: Vec<i64> = own.values().iter().filter_map(Value::as_whole).collect();
            let wanted: Vec<i64> = model.iter().copied().map(i64::from).collect();
            prop_assert_eq!(values, wanted);
        }
    }

    #[test]
    fn maps_keep_one_value_for_each_key(
        steps in proptest::collection::vec((0u8..4, "[abAB]", 0i32..9), 0..24)
    ) {
        let tx = &mut transaction();
        let map = Value::Map(MapValue::new(Type::String, Type::Integer));
        let mut model: BTreeMap<String, i32> = BTreeMap::new();
        let show = |found: Option<i32>| found.map_or("null".to_owned(), |value| value.to_string());
        for (step, key, value) in steps {
            let outcome = match step {
                0 | 1 => (
                    call(tx, "Map", "put", &map, &[text(&key), int(value)]),
                    show(model.insert(key.clone(), value)),
                ),
                2 => (call(tx, "Map", "remove", &map, &[text(&key)]), show(model.remove(&key))),
                _ => (call(tx, "Map", "get", &map, &[text(&key)]), show(model.get(&key).copied())),
            };
            prop_assert_eq!(shown(tx, outcome.0), outcome.1);
            let has = call(tx, "Map", "containsKey", &map, &[text(&key)]);
            prop_assert_eq!(shown(tx, has), model.contains_key(&key).to_string());
        }
        let keys = call(tx, "Map", "keySet", &map, &[]).unwrap();
        let size = call(tx, "Set", "size", &keys, &[]);
        prop_assert_eq!(shown(tx, size), model.len().to_string());
        let values = call(tx, "Map", "values", &map, &[]).unwrap();
        call(tx, "List", "sort", &values, &[]).unwrap();
        let mut wanted: Vec<i32> = model.into_values().collect();
        wanted.sort_unstable();
        let same = call(tx, "List", "equals", &values, &[ints(&wanted)]);
        prop_assert_eq!(shown(tx, same), "true");
    }
}

#[test]
fn lists_sort_null_first_and_texts_by_their_letters() {
    let tx = &mut transaction();
    let list = Value::list(Type::String, vec![text("b"), Value::Null, text("B"), text("a"), text("A")]);
    call(tx, "List", "sort", &list, &[]).unwrap();
    let same = Value::list(Type::String, vec![Value::Null, text("A"), text("B"), text("a"), text("b")]);
    let outcome = call(tx, "List", "equals", &list, &[same]);
    assert_eq!(shown(tx, outcome), "true");
}

#[test]
fn copies_do_not_change_with_the_original() {
    let tx = &mut transaction();
    let list = texts(&["a"]);
    let copy = call(tx, "List", "clone", &list, &[]).unwrap();
    call(tx, "List", "add", &list, &[text("b")]).unwrap();
    let size = call(tx, "List", "size", &copy, &[]);
    assert_eq!(shown(tx, size), "1");
    let null = call(tx, "List", "addAll", &list, &[Value::Null]);
    assert_eq!(shown(tx, null), "System.NullPointerException: Argument cannot be null.");
}
