//! Exceptions.

use std::cell::RefCell;

use super::super::NativeFn;
use super::super::arguments::{argument, text};
use super::super::define::Definition;
use crate::apex::run::{self, Thrown, message_of};
use crate::apex::types::Type;
use crate::apex::value::{ExceptionState, FailedRow, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// Each exception is made by a constructor of its own, which knows its name.
macro_rules! made {
    ($($make:ident $name:literal)*) => {
        $(
            fn $make(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
                let state = begun(tx, arguments)?;
                Ok(run::exception(tx, $name, state))
            }
        )*

        /// Exceptions that bring no methods of their own.
        fn plain() -> Vec<Definition> {
            vec![$(constructors(Definition::exception($name), $make)),*]
        }
    };
}

made! {
    async_exception "System.AsyncException"
    aura_handled_exception "System.AuraHandledException"
    callout_exception "System.CalloutException"
    email_exception "System.EmailException"
    external_object_exception "System.ExternalObjectException"
    final_exception "System.FinalException"
    flow_exception "System.FlowException"
    handled_exception "System.HandledException"
    illegal_argument_exception "System.IllegalArgumentException"
    invalid_header_exception "System.InvalidHeaderException"
    invalid_parameter_value_exception "System.InvalidParameterValueException"
    json_exception "System.JSONException"
    list_exception "System.ListException"
    math_exception "System.MathException"
    no_access_exception "System.NoAccessException"
    no_data_found_exception "System.NoDataFoundException"
    no_such_element_exception "System.NoSuchElementException"
    null_pointer_exception "System.NullPointerException"
    procedure_exception "System.ProcedureException"
    required_feature_missing_exception "System.RequiredFeatureMissingException"
    search_exception "System.SearchException"
    security_exception "System.SecurityException"
    serialization_exception "System.SerializationException"
    sobject_exception "System.SObjectException"
    string_exception "System.StringException"
    type_exception "System.TypeException"
    unexpected_exception "System.UnexpectedException"
    unsupported_operation_exception "System.UnsupportedOperationException"
    visualforce_exception "System.VisualforceException"
    xml_exception "System.XmlException"
    limit_exception "System.LimitException"
    assert_exception "System.AssertException"
}

macro_rules! one {
    ($make:ident $name:literal) => {
        fn $make(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
            let state = begun(tx, arguments)?;
            Ok(run::exception(tx, $name, state))
        }
    };
}

one!(dml_exception "System.DmlException");
one!(email_message_exception "System.EmailMessageException");
one!(query_exception "System.QueryException");

pub(super) fn definitions() -> Vec<Definition> {
    let mut all = vec![
        Definition::class("System.Exception")
            .method("System.Exception getCause()", cause)
            .method("Integer getLineNumber()", line)
            .method("String getMessage()", message)
            .method("String getStackTraceString()", stack)
            .method("String getTypeName()", type_name)
            .method("void initCause(System.Exception)", init_cause)
            .method("void setMessage(String)", set_message)
            .method("String toString()", as_text),
        with_rows("System.DmlException", dml_exception),
        with_rows("System.EmailMessageException", email_message_exception),
        constructors(Definition::exception("System.QueryException"), query_exception)
            .method("Map<String, Set<String>> getInaccessibleFields()", inaccessible),
    ];
    all.extend(plain());
    all
}

fn constructors(definition: Definition, made: NativeFn) -> Definition {
    definition
        .method("new()", made)
        .method("new(String)", made)
        .method("new(System.Exception)", made)
        .method("new(String, System.Exception)", made)
}

fn with_rows(name: &'static str, made: NativeFn) -> Definition {
    constructors(Definition::exception(name), made)
        .method("List<String> getDmlFieldNames(Integer)", field_names)
        .method("List<Schema.SObjectField> getDmlFields(Integer)", fields)
        .method("String getDmlId(Integer)", row_id)
        .method("Integer getDmlIndex(Integer)", row_index)
        .method("String getDmlMessage(Integer)", row_message)
        .method("String getDmlStatusCode(Integer)", status)
        .method("System.StatusCode getDmlType(Integer)", kind)
        .method("Integer getNumDml()", number)
}

/// The state of an exception that `new` makes: message and cause from the arguments.
fn begun(tx: &mut Transaction, arguments: &[Value]) -> Result<ExceptionState, Thrown> {
    let mut state = ExceptionState { trace: run::trace(tx), ..ExceptionState::default() };
    for value in arguments {
        match value {
            Value::Object(_) => state.cause = Some(value.clone()),
            Value::Null => {}
            other => state.message = Some(text(tx, other)?.to_string()),
        }
    }
    Ok(state)
}

fn state(this: &Value) -> Option<&RefCell<ExceptionState>> {
    match this {
        Value::Object(instance) => instance.exception.as_ref(),
        _ => None,
    }
}

fn cause(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(state(this).and_then(|state| state.borrow().cause.clone()).unwrap_or(Value::Null))
}

fn line(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let line = state(this).and_then(|state| state.borrow().trace.first().map(|frame| frame.line));
    Ok(Value::Integer(line.and_then(|line| i32::try_from(line).ok()).unwrap_or_default()))
}

fn message(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&message_of(this)))
}

fn stack(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&Thrown::Exception(this.clone()).stack()))
}

fn type_name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&Thrown::Exception(this.clone()).class_name(&tx.program)))
}

fn init_cause(_: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    if let Some(state) = state(this) {
        state.borrow_mut().cause = Some(argument(arguments, 0).clone());
    }
    Ok(Value::Null)
}

fn set_message(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let message = match argument(arguments, 0) {
        Value::Null => None,
        other => Some(text(tx, other)?.to_string()),
    };
    if let Some(state) = state(this) {
        state.borrow_mut().message = message;
    }
    Ok(Value::Null)
}

fn as_text(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&Thrown::Exception(this.clone()).headline(&tx.program)))
}

fn inaccessible(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Map(crate::apex::value::MapValue::new(Type::String, Type::set(Type::String))))
}

/// The n-th row that failed.
fn row(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Result<FailedRow, Thrown> {
    let at = super::super::arguments::whole(tx, argument(arguments, 0))?;
    let found = usize::try_from(at)
        .ok()
        .and_then(|at| state(this).and_then(|state| state.borrow().rows.get(at).cloned()));
    found.ok_or_else(|| run::throw(tx, "System.ListException", format!("List index out of bounds: {at}")))
}

fn field_names(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let row = row(tx, this, arguments)?;
    let names = row.errors.first().map(|error| error.fields.clone()).unwrap_or_default();
    Ok(Value::list(Type::String, names.iter().map(|name| Value::string(name)).collect()))
}

fn fields(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let row = row(tx, this, arguments)?;
    let names = row.errors.first().map(|error| error.fields.clone()).unwrap_or_default();
    let object = row.id.and_then(|id| tx.state.metadata.object_of(id).cloned());
    let tokens = names.iter().filter_map(|name| {
        let object = object.as_ref()?;
        let field = object.field(name)?;
        Some(Value::RecordField(object.clone(), std::sync::Arc::from(field.name.as_str())))
    });
    Ok(Value::list(Type::platform("Schema.SObjectField"), tokens.collect()))
}

fn row_id(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    Ok(row(tx, this, arguments)?.id.map_or(Value::Null, |id| Value::string(id.as_str())))
}

fn row_index(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    Ok(super::super::arguments::count(row(tx, this, arguments)?.index))
}

fn row_message(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let row = row(tx, this, arguments)?;
    Ok(row.errors.first().map_or(Value::Null, |error| Value::string(&error.message)))
}

fn status(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let row = row(tx, this, arguments)?;
    Ok(row.errors.first().map_or(Value::Null, |error| Value::string(&error.status)))
}

fn kind(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let row = row(tx, this, arguments)?;
    let known = super::super::type_named("System.StatusCode");
    let value = row.errors.first().and_then(|error| {
        known.and_then(|known| known.values.iter().find(|value| value.eq_ignore_ascii_case(&error.status)))
    });
    Ok(value.map_or(Value::Null, |value| Value::PlatformEnum("System.StatusCode", value)))
}

fn number(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let rows = state(this).map(|state| state.borrow().rows.len()).unwrap_or_default();
    Ok(super::super::arguments::count(rows))
}
