//! `UserInfo` and `Request`.

use super::super::arguments::null_argument;
use super::super::define::Definition;
use crate::apex::run::{EntryKind, Thrown};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::org::{Id, User};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.UserInfo")
            .method("static String getDefaultCurrency()", currency)
            .method("static String getFirstName()", first_name)
            .method("static String getLanguage()", language)
            .method("static String getLastName()", last_name)
            .method("static String getLocale()", language)
            .method("static String getName()", name)
            .method("static String getOrganizationId()", organization)
            .method("static String getOrganizationName()", organization_name)
            .method("static String getProfileId()", profile)
            .method("static String getSessionId()", session)
            .method("static System.TimeZone getTimeZone()", super::super::time::users_zone)
            .method("static String getUiTheme()", theme)
            .method("static String getUiThemeDisplayed()", theme)
            .method("static String getUserEmail()", email)
            .method("static String getUserId()", user_id)
            .method("static String getUserName()", username)
            .method("static String getUserRoleId()", role)
            .method("static String getUserType()", user_type)
            .method("static Boolean isCurrentUserLicensed(String)", no)
            .method("static Boolean isMultiCurrencyOrganization()", no),
        Definition::class("System.Request")
            .method("static System.Request getCurrent()", current)
            .method("System.Quiddity getQuiddity()", quiddity)
            .method("String getRequestId()", request_id),
        Definition::enumeration(
            "System.Quiddity",
            &[
                "ANONYMOUS",
                "AURA",
                "BATCH_ACS",
                "BATCH_APEX",
                "BATCH_CHUNK_PARALLEL",
                "BATCH_CHUNK_SERIAL",
                "BULK_API",
                "COMMERCE_INTEGRATION",
                "DISCOVERABLE_LOGIN",
                "EXTERNAL_SERVICE_CALLBACK",
                "FLOW",
                "FUTURE",
                "INBOUND_EMAIL_SERVICE",
                "INVOCABLE_ACTION",
                "IOT",
                "PLATFORM_EVENT_PUBLISH_CALLBACK",
                "POST_INSTALL_SCRIPT",
                "QUEUEABLE",
                "QUICK_ACTION",
                "REMOTE_ACTION",
                "REST",
                "RUNTEST_ASYNC",
                "RUNTEST_DEPLOY",
                "RUNTEST_SYNC",
                "SCHEDULED",
                "SOAP",
                "SYNCHRONOUS",
                "TRANSACTION_FINALIZER_QUEUEABLE",
                "UNDEFINED",
                "VF",
            ],
        ),
    ]
}

fn user(tx: &Transaction) -> Option<&User> {
    tx.state.users.get(&tx.rights.user)
}

fn of_user(tx: &Transaction, part: impl Fn(&User) -> String) -> Answer {
    Ok(user(tx).map_or(Value::Null, |user| Value::string(&part(user))))
}

fn currency(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::string("USD"))
}

fn first_name(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    of_user(tx, |user| user.first_name.clone())
}

fn last_name(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    of_user(tx, |user| user.last_name.clone())
}

fn language(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::string("en_US"))
}

fn name(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    of_user(tx, User::name)
}

fn id(id: Id) -> Answer {
    Ok(Value::string(id.as_str()))
}

fn organization(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    id(tx.org.id)
}

fn organization_name(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&tx.org.name))
}

fn profile(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    of_user(tx, |user| user.profile.to_string())
}

/// Code that runs without a session of its own sees none, as in asynchronous jobs.
fn session(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Null)
}

fn theme(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::string("Theme4d"))
}

fn email(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    of_user(tx, |user| user.email.clone())
}

fn user_id(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    id(tx.rights.user)
}

fn username(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    of_user(tx, |user| user.username.clone())
}

fn role(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Null)
}

fn user_type(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::string("Standard"))
}

fn no(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(false))
}

fn current(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    const KEPT: &str = "Request.current";
    if let Some(kept) = tx.machine.kept.get(KEPT) {
        return Ok(kept.clone());
    }
    let mut state = PlatformState::default();
    state.values.insert("id", Value::string(&tx.org.bus.next_uuid()));
    let request = Value::Platform(PlatformValue::new("System.Request", state));
    tx.machine.kept.insert(KEPT, request.clone());
    Ok(request)
}

fn request_id(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    match this {
        Value::Platform(request) => {
            Ok(request.state.borrow().values.get("id").cloned().unwrap_or(Value::Null))
        }
        _ => Err(null_argument(tx)),
    }
}

fn quiddity(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    let name = match tx.machine.entry {
        EntryKind::Future => "FUTURE",
        EntryKind::Queueable => "QUEUEABLE",
        EntryKind::Batch => "BATCH_APEX",
        EntryKind::Scheduled => "SCHEDULED",
        EntryKind::Anonymous => "ANONYMOUS",
        EntryKind::Synchronous if tx.machine.testing => "RUNTEST_SYNC",
        EntryKind::Synchronous if tx.machine.kept.contains_key(super::super::rest::REQUEST) => "REST",
        EntryKind::Synchronous => "SYNCHRONOUS",
    };
    Ok(Value::PlatformEnum("System.Quiddity", name))
}
