//! What `Trigger.…` says.

use super::machine::TriggerContext;
use crate::apex::program::TriggerVariable;
use crate::apex::value::Value;
use crate::org::TriggerEvent;
use crate::transaction::Transaction;

/// `Trigger.new` and its like; outside of a trigger all are null, and `isExecuting` false.
pub(super) fn variable(tx: &Transaction, variable: TriggerVariable) -> Value {
    let Some(trigger) = tx.machine.triggers.last() else {
        return match variable {
            TriggerVariable::IsExecuting => Value::Boolean(false),
            _ => Value::Null,
        };
    };
    let is = |events: &[TriggerEvent]| Value::Boolean(events.contains(&trigger.event));
    match variable {
        TriggerVariable::New => trigger.new.clone().map_or(Value::Null, Value::List),
        TriggerVariable::Old => trigger.old.clone().map_or(Value::Null, Value::List),
        TriggerVariable::NewMap => trigger.new_map.clone().map_or(Value::Null, Value::Map),
        TriggerVariable::OldMap => trigger.old_map.clone().map_or(Value::Null, Value::Map),
        TriggerVariable::IsExecuting => Value::Boolean(true),
        TriggerVariable::IsInsert => is(&[TriggerEvent::BeforeInsert, TriggerEvent::AfterInsert]),
        TriggerVariable::IsUpdate => is(&[TriggerEvent::BeforeUpdate, TriggerEvent::AfterUpdate]),
        TriggerVariable::IsDelete => is(&[TriggerEvent::BeforeDelete, TriggerEvent::AfterDelete]),
        TriggerVariable::IsUndelete => is(&[TriggerEvent::AfterUndelete]),
        TriggerVariable::IsBefore => Value::Boolean(is_before(trigger)),
        TriggerVariable::IsAfter => Value::Boolean(!is_before(trigger)),
        TriggerVariable::OperationType => {
            Value::PlatformEnum("System.TriggerOperation", operation(trigger.event))
        }
        TriggerVariable::Size => Value::Integer(i32::try_from(trigger.size).unwrap_or(i32::MAX)),
    }
}

fn is_before(trigger: &TriggerContext) -> bool {
    matches!(
        trigger.event,
        TriggerEvent::BeforeInsert | TriggerEvent::BeforeUpdate | TriggerEvent::BeforeDelete
    )
}

/// The name of the value of `System.TriggerOperation`.
fn operation(event: TriggerEvent) -> &'static str {
    match event {
        TriggerEvent::BeforeInsert => "BEFORE_INSERT",
        TriggerEvent::BeforeUpdate => "BEFORE_UPDATE",
        TriggerEvent::BeforeDelete => "BEFORE_DELETE",
        TriggerEvent::AfterInsert => "AFTER_INSERT",
        TriggerEvent::AfterUpdate => "AFTER_UPDATE",
        TriggerEvent::AfterDelete => "AFTER_DELETE",
        TriggerEvent::AfterUndelete => "AFTER_UNDELETE",
    }
}
