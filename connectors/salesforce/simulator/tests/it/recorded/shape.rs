//! Shapes of answers, and whether an answer has one.

use std::collections::BTreeMap;

use serde_json::Value;

const SHAPES: &str = include_str!("shapes.txt");

/// Keys of a kind of answer with the types of their values, as recorded.
pub struct Shape {
    kind: &'static str,
    /// By path: whether it is always there, and the types.
    keys: BTreeMap<&'static str, (bool, Vec<&'static str>)>,
}

impl Shape {
    /// The shape of this name in `shapes.txt`.
    pub fn named(kind: &'static str) -> Self {
        let mut lines = SHAPES.lines().skip_while(|line| line.strip_prefix("## ") != Some(kind));
        assert!(lines.next().is_some(), "there is no shape {kind:?}");
        let mut keys = BTreeMap::new();
        for line in lines.take_while(|line| !line.starts_with("## ")) {
            if let Some((path, types)) = line.split_once(": ") {
                let always = !path.ends_with('?');
                keys.insert(path.trim_end_matches('?'), (always, types.split('|').collect()));
            }
        }
        Self { kind, keys }
    }

    /// Panics with every difference of the answer.
    #[track_caller]
    pub fn fits(&self, answer: &Value) {
        let mut wrong = Vec::new();
        self.compare(answer, "", &mut wrong);
        wrong.sort_unstable();
        wrong.dedup();
        assert!(wrong.is_empty(), "{}:\n{}\n{:.300}", self.kind, wrong.join("\n"), answer.to_string());
    }

    fn compare(&self, value: &Value, path: &str, wrong: &mut Vec<String>) {
        let Some((_, types)) = self.keys.get(if path.is_empty() { "$" } else { path }) else {
            let (parent, _) = path.rsplit_once('.').unwrap_or_default();
            if !self.keys.contains_key(child(parent, "*").as_str()) {
                wrong.push(format!("{path}: no org says that"));
            }
            return;
        };
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if types[..] == ["any"] {
            return;
        }
        if !types.contains(&kind) && types[..] != ["null"] {
            wrong.push(format!("{path}: {kind}, not {types:?}"));
        }
        match value {
            Value::Array(elements) => {
                elements.iter().for_each(|element| self.compare(element, &format!("{path}[]"), wrong));
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.compare(member, &child(path, name), wrong);
                }
                let own = self.keys.iter().filter(|(key, (always, _))| *always && parent(key) == Some(path));
                for (key, _) in own {
                    let name = key.rsplit('.').next().unwrap_or(key);
                    if name != "*" && !members.contains_key(name) {
                        wrong.push(format!("{key}: missing"));
                    }
                }
            }
            _ => {}
        }
    }
}

fn child(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The object that holds a key; none for the answer itself and for elements of lists.
fn parent(key: &str) -> Option<&str> {
    if key == "$" || key.ends_with("[]") {
        return None;
    }
    Some(key.rsplit_once('.').map_or("", |(parent, _)| parent))
}

#[test]
fn differences_are_told() {
    let shape = Shape::named("deleted");
    let good = serde_json::json!({"deletedRecords": [{"id": "a", "deletedDate": "b"}], "earliestDateAvailable": "c", "latestDateCovered": "d"});
    shape.fits(&good);
    let mut wrong = Vec::new();
    shape.compare(
        &serde_json::json!({"deletedRecords": [{"id": 1, "more": 2}], "latestDateCovered": "d"}),
        "",
        &mut wrong,
    );
    wrong.sort_unstable();
    assert_eq!(
        wrong,
        [
            "deletedRecords[].deletedDate: missing",
            "deletedRecords[].id: number, not [\"string\"]",
            "deletedRecords[].more: no org says that",
            "earliestDateAvailable: missing",
        ]
    );
}
