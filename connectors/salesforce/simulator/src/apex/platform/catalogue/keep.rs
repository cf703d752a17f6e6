//! What members without a function of their own do.

use super::Role;
use crate::apex::platform::Native;
use crate::apex::platform::arguments::text;
use crate::apex::run::{self, Thrown, fatal};
use crate::apex::value::{ExceptionState, PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

/// Calls a member of this role.
pub(in super::super) fn call(
    tx: &mut Transaction,
    native: &'static Native,
    this: &Value,
    arguments: &[Value],
) -> Result<Value, Thrown> {
    match (native.role, this) {
        (Role::New(names), _) => {
            let mut state = PlatformState::default();
            state.values.extend(names.iter().copied().zip(arguments.iter().cloned()));
            Ok(Value::Platform(PlatformValue::new(native.owner, state)))
        }
        (Role::NewException, _) => {
            let mut state = ExceptionState { trace: run::trace(tx), ..ExceptionState::default() };
            for value in arguments {
                match value {
                    Value::Object(_) => state.cause = Some(value.clone()),
                    Value::Null => {}
                    other => state.message = Some(text(tx, other)?.to_string()),
                }
            }
            Ok(run::exception(tx, native.owner, state))
        }
        (Role::Get(name), Value::Platform(object)) => {
            Ok(object.state.borrow().values.get(name).cloned().unwrap_or(Value::Null))
        }
        (Role::Set(name), Value::Platform(object)) => {
            if let [value] = arguments {
                object.state.borrow_mut().values.insert(name, value.clone());
            }
            Ok(Value::Null)
        }
        // An object that was read from JSON knows what nothing else sets.
        (Role::Absent, Value::Platform(object)) if native.parameters.is_empty() => {
            let value = object.state.borrow().values.get(stem(native.name)).cloned();
            value.ok_or_else(|| absent(tx, native))
        }
        _ => Err(absent(tx, native)),
    }
}

/// What a method is about: `Success` of `isSuccess`.
pub(in super::super) fn stem(name: &'static str) -> &'static str {
    let after = name.strip_prefix("get").or_else(|| name.strip_prefix("is"));
    after.filter(|stem| stem.starts_with(|first: char| first.is_ascii_uppercase())).unwrap_or(name)
}

/// What is said when something runs that is not here. Nobody can catch it: code would go on with what never happened.
fn absent(tx: &mut Transaction, native: &'static Native) -> Thrown {
    let name = if native.name == "<init>" { "new" } else { native.name };
    let message = format!("Not supported by this org: {}.{name}", native.owner);
    fatal(tx, "System.UnsupportedOperationException", message)
}
