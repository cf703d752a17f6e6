//! Scripts that a package runs when it is installed or goes: `Test.testInstall`, `Test.testUninstall`.

use super::super::arguments::{argument, null_argument};
use super::super::database::kept;
use super::super::define::Definition;
use crate::apex::run::{self, Thrown};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const INSTALL: &str = "System.InstallContext";
const UNINSTALL: &str = "System.UninstallContext";

const VERSION: &str = "System.Version";

/// A part of a version.
fn part(this: &Value, name: &'static str) -> i64 {
    kept(this, name).as_whole().unwrap_or_default()
}

fn version(_: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let mut state = PlatformState::default();
    for (at, name) in ["major", "minor", "patch"].into_iter().enumerate() {
        state.values.insert(name, argument(arguments, at).clone());
    }
    Ok(Value::Platform(PlatformValue::new(VERSION, state)))
}

/// Below zero, zero or above, as this version is older, the same or newer.
fn compare(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let other = argument(arguments, 0);
    if other.is_null() {
        return Err(null_argument(tx));
    }
    let parts = |value: &Value| ["major", "minor", "patch"].map(|name| part(value, name));
    Ok(Value::Integer(parts(this).cmp(&parts(other)) as i32))
}

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(VERSION)
            .method("new(Integer, Integer)", version)
            .method("new(Integer, Integer, Integer)", version)
            .method("Integer major()", |_, this, _| Ok(kept(this, "major")))
            .method("Integer minor()", |_, this, _| Ok(kept(this, "minor")))
            .method("Integer patch()", |_, this, _| Ok(kept(this, "patch")))
            .method("Integer compareTo(System.Version)", compare),
        Definition::class(INSTALL)
            .interface()
            .method("Id organizationId()", |_, this, _| Ok(kept(this, "organization")))
            .method("Id installerId()", |_, this, _| Ok(kept(this, "user")))
            .method("Boolean isUpgrade()", |_, this, _| Ok(kept(this, "upgrade")))
            .method("Boolean isPush()", |_, this, _| Ok(kept(this, "push")))
            .method("System.Version previousVersion()", |_, this, _| Ok(kept(this, "version"))),
        Definition::class(UNINSTALL)
            .interface()
            .method("Id organizationId()", |_, this, _| Ok(kept(this, "organization")))
            .method("Id uninstallerId()", |_, this, _| Ok(kept(this, "user"))),
    ]
}

pub(super) fn methods(test: Definition) -> Definition {
    test.method("static void testInstall(System.InstallHandler, System.Version)", install)
        .method("static void testInstall(System.InstallHandler, System.Version, Boolean)", install)
        .method("static void testUninstall(System.UninstallHandler)", uninstall)
}

fn context(tx: &Transaction, owner: &'static str, values: [(&'static str, Value); 3]) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("organization", Value::Id(tx.org.id));
    state.values.insert("user", Value::Id(tx.rights.user));
    state.values.extend(values);
    Value::Platform(PlatformValue::new(owner, state))
}

/// Runs the script as after an upgrade from this version; without one, as after a first installation.
fn install(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let (script, version) = (argument(arguments, 0), argument(arguments, 1));
    if script.is_null() {
        return Err(null_argument(tx));
    }
    let push = matches!(argument(arguments, 2), Value::Boolean(true));
    let values = [
        ("version", version.clone()),
        ("upgrade", Value::Boolean(!version.is_null())),
        ("push", Value::Boolean(push)),
    ];
    let context = context(tx, INSTALL, values);
    run::invoke(tx, script, "onInstall", &[context])?;
    Ok(Value::Null)
}

fn uninstall(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let script = argument(arguments, 0);
    if script.is_null() {
        return Err(null_argument(tx));
    }
    let values =
        [("version", Value::Null), ("upgrade", Value::Boolean(false)), ("push", Value::Boolean(false))];
    let context = context(tx, UNINSTALL, values);
    run::invoke(tx, script, "onUninstall", &[context])?;
    Ok(Value::Null)
}
