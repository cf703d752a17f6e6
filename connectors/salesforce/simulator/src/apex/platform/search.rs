//! `Search` and queries that begin with `FIND`.

use std::collections::BTreeMap;

use super::arguments::{argument, elements, null_argument, text};
use super::define::Definition;
use crate::apex::run::{self, Binds, Found, Limit, Thrown, bind_value, throw};
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::org::Id;
use crate::surface::rest::search::{self, Returning};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// Under which name the results are kept that a test has fixed.
const FIXED: &str = "System.Test.setFixedSearchResults";
/// Under which name a query finds the ids of what was sought.
const IDS: &str = "soughtids";

pub(super) fn types() -> Vec<Definition> {
    vec![
        Definition::class("System.Search")
            .method("static List<List<SObject>> query(String)", query)
            .method("static List<List<SObject>> query(String, System.AccessLevel)", query),
        // What a query in brackets becomes: its text, and the values of its binds.
        Definition::class("BracketSearch")
            .method("static List<List<SObject>> find(String, List<Object>)", find),
    ]
}

/// Methods of `Test`.
pub(super) fn test_methods(test: Definition) -> Definition {
    test.method("static void setFixedSearchResults(List<Id>)", |tx, _, given| {
        if argument(given, 0).is_null() {
            return Err(null_argument(tx));
        }
        tx.machine.kept.insert(FIXED, argument(given, 0).clone());
        Ok(Value::Null)
    })
}

fn query(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let query = text(tx, argument(given, 0))?;
    run_search(tx, &query, Binds::new())
}

fn find(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let mut query = text(tx, argument(given, 0))?.to_string();
    let values = elements(tx, argument(given, 1))?;
    let mut binds = Binds::new();
    for (number, value) in values.iter().enumerate() {
        binds.insert(format!("b{number}"), bind_value(value));
    }
    // The term itself may be a bind.
    if let Some(term) = values.first()
        && let Some((start, rest)) = query.split_once(":b0")
        && start.trim().eq_ignore_ascii_case("find")
    {
        let term = text(tx, term)?.replace(['{', '}'], " ");
        query = format!("FIND {{{term}}}{rest}");
    }
    run_search(tx, &query, binds)
}

fn run_search(tx: &mut Transaction, query: &str, mut binds: Binds) -> Answer {
    run::limit(tx, Limit::Searches, 1)?;
    let fixed = match (tx.machine.testing, tx.machine.kept.get(FIXED).cloned()) {
        // A test finds what it has fixed, and nothing otherwise.
        (true, Some(list)) => Some(elements(tx, &list)?),
        (true, None) => Some(Vec::new()),
        (false, _) => None,
    };
    let sought = match search::read(query) {
        Ok(sought) => sought,
        Err(error) => return Err(throw(tx, "System.SearchException", error)),
    };
    let mut ids: BTreeMap<String, Vec<Id>> = BTreeMap::new();
    match fixed {
        Some(fixed) => {
            for id in fixed.iter().filter_map(|id| id.as_text().and_then(Id::parse)) {
                if let Some(object) = tx.state.metadata.object_of(id) {
                    ids.entry(object.name.to_ascii_lowercase()).or_default().push(id);
                }
            }
        }
        None => match search::ids(&tx.view(), &sought) {
            Ok(found) => ids = found,
            Err(error) => return Err(throw(tx, "System.SearchException", error)),
        },
    }
    let before = tx.machine.limits.clone();
    let mut lists = Vec::with_capacity(sought.returning.len());
    for returning in &sought.returning {
        let found = ids.get(&returning.object.to_ascii_lowercase()).cloned().unwrap_or_default();
        let listed = Value::list(Type::Id, found.into_iter().map(Value::Id).collect());
        binds.insert(IDS.to_owned(), bind_value(&listed));
        let as_user = tx.machine.user_mode();
        let records = match run::query(tx, &selection(returning), &binds, as_user)? {
            Found::Records(records) => records,
            Found::Count(_) => Vec::new(),
        };
        let of = tx.state.metadata.object(&returning.object).map(|object| object.name.clone());
        let of = of.map_or(Type::SObject, |name| Type::Record(name.as_str().into()));
        lists.push(Value::list(of, records));
    }
    tx.machine.limits.keep(&before, &[Limit::Queries]);
    Ok(Value::list(Type::list(Type::SObject), lists))
}

/// The query that brings the records of an object which were found.
pub(in crate::apex) fn selection(returning: &Returning) -> String {
    let fields = if returning.fields.is_empty() { "Id".to_owned() } else { returning.fields.join(", ") };
    let rest = returning.rest.trim();
    let starts =
        |text: &str, word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let condition = match rest.get(5..) {
        Some(condition) if starts(rest, "where") => {
            let end = clause_at(condition);
            let (condition, tail) = condition.split_at(end);
            format!(" AND ({}){tail}", condition.trim())
        }
        _ => format!(" {rest}"),
    };
    let limit = returning.limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
    format!("SELECT {fields} FROM {} WHERE Id IN :{IDS}{condition}{limit}", returning.object)
}

/// Where the condition ends and its order or offset begins.
fn clause_at(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '\'' => quoted = !quoted,
            letter if letter.is_whitespace() && !quoted => {
                let tail = text.get(at..).unwrap_or_default().trim_start().to_ascii_uppercase();
                if ["ORDER BY", "OFFSET "].iter().any(|word| tail.starts_with(word)) {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}
