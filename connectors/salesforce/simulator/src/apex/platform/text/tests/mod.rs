//! Natives of texts, called directly.

mod models;
mod patterns;
mod strings;

use std::sync::Arc;

use crate::apex::platform::natives;
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::config::Config;
use crate::org::Org;
use crate::transaction::Transaction;

pub(in crate::apex::platform) fn transaction() -> Transaction {
    let org: Arc<Org> = Org::new(Config { objects: 0, ..Config::default() }).unwrap();
    let rights = org.read().rights(org.admin);
    Transaction::apart(&org, org.snapshot(), rights)
}

/// Calls a native by owner, name and number of arguments; what it throws is its headline.
pub(in crate::apex::platform) fn call(
    tx: &mut Transaction,
    owner: &str,
    name: &str,
    this: &Value,
    arguments: &[Value],
) -> Result<Value, String> {
    let found = natives(owner, name).iter().find(|native| native.parameters.len() == arguments.len());
    let native = found.unwrap_or_else(|| panic!("{owner}.{name}/{}", arguments.len()));
    native.call(tx, this, arguments).map_err(|thrown| thrown.headline(&tx.program))
}

/// As the debug log shows it.
pub(in crate::apex::platform) fn shown(tx: &mut Transaction, outcome: Result<Value, String>) -> String {
    match outcome {
        Ok(value) => crate::apex::run::joined(tx, &value).unwrap().to_string(),
        Err(headline) => headline,
    }
}

pub(in crate::apex::platform) fn text(text: &str) -> Value {
    Value::string(text)
}

pub(in crate::apex::platform) fn texts(all: &[&str]) -> Value {
    Value::list(Type::String, all.iter().map(|one| text(one)).collect())
}
