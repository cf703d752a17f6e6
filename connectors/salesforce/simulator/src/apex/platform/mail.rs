//! `Messaging`: mails are counted and answered for; none leaves the org.

use super::arguments::{argument, elements, null_argument};
use super::database::kept as value_of;
use super::define::Definition;
use crate::apex::run::{self, Limit, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const RESULT: &str = "Messaging.SendEmailResult";
/// Addresses of one mail, each kind.
const RECIPIENTS_MAX: usize = 150;

pub(super) fn types() -> Vec<Definition> {
    vec![
        Definition::class("Messaging.Email"),
        Definition::class("System.Messaging")
            .method("static List<Messaging.SendEmailResult> sendEmail(List<Messaging.Email>)", send)
            .method("static List<Messaging.SendEmailResult> sendEmail(List<Messaging.Email>, Boolean)", send)
            .method(
                "static List<Messaging.SendEmailResult> sendEmail(List<Messaging.SingleEmailMessage>)",
                send,
            )
            .method(
                "static List<Messaging.SendEmailResult> sendEmail(List<Messaging.SingleEmailMessage>, Boolean)",
                send,
            )
            .method("static void reserveSingleEmailCapacity(Integer)", nothing)
            .method("static void reserveMassEmailCapacity(Integer)", nothing),
        Definition::class(RESULT)
            .method("Boolean isSuccess()", |_, this, _| Ok(value_of(this, "success")))
            .method("List<Messaging.SendEmailError> getErrors()", |_, this, _| Ok(value_of(this, "errors"))),
    ]
}

fn nothing(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Null)
}

fn send(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let mails = elements(tx, argument(arguments, 0))?;
    run::limit(tx, Limit::Emails, 1)?;
    let mut results = Vec::with_capacity(mails.len());
    for (row, mail) in mails.iter().enumerate() {
        if mail.is_null() {
            return Err(null_argument(tx));
        }
        if let Some((status, problem)) = problem(mail) {
            let message = format!(
                "SendEmail failed. First exception on row {row}; first error: {status}, {problem}: []"
            );
            return Err(throw(tx, "System.EmailException", message));
        }
        let mut state = PlatformState::default();
        state.values.insert("success", Value::Boolean(true));
        state.values.insert("errors", Value::list(Type::platform("Messaging.SendEmailError"), Vec::new()));
        results.push(Value::Platform(PlatformValue::new(RESULT, state)));
    }
    Ok(Value::list(Type::platform(RESULT), results))
}

/// What is wrong with a single mail: status and message.
fn problem(mail: &Value) -> Option<(&'static str, String)> {
    let Value::Platform(object) = mail else { return None };
    if object.name != "Messaging.SingleEmailMessage" {
        return None;
    }
    let count = |name: &str| match value_ci(mail, name) {
        Value::List(list) => list.len(),
        _ => 0,
    };
    let target = value_ci(mail, "targetObjectId");
    let lists = ["toAddresses", "ccAddresses", "bccAddresses"];
    if let Some(kind) = lists.iter().find(|kind| count(kind) > RECIPIENTS_MAX) {
        return Some(("LIMIT_EXCEEDED", format!("Too many addresses in {kind}")));
    }
    if target.is_null() && lists.iter().all(|kind| count(kind) == 0) {
        return Some(("REQUIRED_FIELD_MISSING", "Add a recipient to send an email.".to_owned()));
    }
    let text = |name: &str| !value_ci(mail, name).is_null();
    if !text("templateId") && !text("plainTextBody") && !text("htmlBody") {
        return Some((
            "REQUIRED_FIELD_MISSING",
            "Missing body, need at least one of html or plainText".to_owned(),
        ));
    }
    None
}

/// A value that a mail keeps, under whatever spelling its library gives.
fn value_ci(mail: &Value, name: &str) -> Value {
    let Value::Platform(object) = mail else { return Value::Null };
    let state = object.state.borrow();
    let found = state.values.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map_or(Value::Null, |(_, value)| value.clone())
}
