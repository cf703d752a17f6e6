//! What Apex asks of the org as a whole: its allocations, and the site that a request came through.

use super::super::database::kept;
use super::super::define::Definition;
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, Value};
use crate::surface::rest::limits;
use crate::transaction::Transaction;

type Answer = Result<Value, crate::apex::run::Thrown>;

const LIMIT: &str = "System.OrgLimit";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(LIMIT)
            .method("String getName()", |_, this, _| Ok(kept(this, "name")))
            .method("Integer getLimit()", |_, this, _| Ok(kept(this, "limit")))
            .method("Integer getValue()", |_, this, _| Ok(kept(this, "value"))),
        Definition::class("System.OrgLimits")
            .method("static List<System.OrgLimit> getAll()", all)
            .method("static Map<String, System.OrgLimit> getMap()", map),
        // Nothing comes through a site of Experience Cloud here.
        Definition::class("System.Network")
            .method("static String getNetworkId()", |_, _, _| Ok(Value::Null))
            .method("static System.PageReference communitiesLanding()", |_, _, _| Ok(Value::Null)),
    ]
}

fn limits_of(tx: &Transaction) -> Vec<(&'static str, Value)> {
    let number = |number: u64| Value::Integer(i32::try_from(number).unwrap_or(i32::MAX));
    let made = |(name, max, used): (&'static str, u64, u64)| {
        let mut state = PlatformState::default();
        state.values.insert("name", Value::string(name));
        state.values.insert("limit", number(max));
        state.values.insert("value", number(used));
        (name, Value::Platform(PlatformValue::new(LIMIT, state)))
    };
    limits::allocations(&tx.org, &tx.state).into_iter().map(made).collect()
}

fn all(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    let items = limits_of(tx).into_iter().map(|(_, limit)| limit).collect();
    Ok(Value::list(Type::platform(LIMIT), items))
}

fn map(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    let map = MapValue::new(Type::String, Type::platform(LIMIT));
    for (name, limit) in limits_of(tx) {
        map.put(tx, Value::string(name), limit)?;
    }
    Ok(Value::Map(map))
}
