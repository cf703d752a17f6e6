//! Names as Apex prints them.

use std::sync::Arc;

use crate::apex::program::{ClassId, MethodId, Program};
use crate::apex::types::Type;

/// Where a method stands, in a stack trace: `Class.A.f`.
pub(super) fn place(_program: &Program, method: MethodId) -> Arc<str> {
    Arc::from(format!("Class.{}", method.0))
}

/// The name of a type: `Outer.Inner`, `System.DmlException`, `List<Account>`.
pub fn type_name(program: &Program, ty: &Type) -> String {
    match ty {
        Type::Void => "void".to_owned(),
        Type::Null => "null".to_owned(),
        Type::Object => "Object".to_owned(),
        Type::Boolean => "Boolean".to_owned(),
        Type::Integer => "Integer".to_owned(),
        Type::Long => "Long".to_owned(),
        Type::Double => "Double".to_owned(),
        Type::Decimal => "Decimal".to_owned(),
        Type::String => "String".to_owned(),
        Type::Id => "Id".to_owned(),
        Type::Blob => "Blob".to_owned(),
        Type::Date => "Date".to_owned(),
        Type::Datetime => "Datetime".to_owned(),
        Type::Time => "Time".to_owned(),
        Type::List(of) => format!("List<{}>", type_name(program, of)),
        Type::Set(of) => format!("Set<{}>", type_name(program, of)),
        Type::Map(key, value) => format!("Map<{},{}>", type_name(program, key), type_name(program, value)),
        Type::SObject => "SObject".to_owned(),
        Type::Record(name) => name.to_string(),
        Type::Class(class) => format!("{}", class.0),
        Type::Platform(name, arguments) if arguments.is_empty() => (*name).to_owned(),
        Type::Platform(name, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(|ty| type_name(program, ty)).collect();
            format!("{name}<{}>", arguments.join(","))
        }
        Type::Parameter(number) => format!("T{number}"),
    }
}

/// The name of an enum's value.
pub(super) fn enum_constant(_program: &Program, _class: ClassId, index: usize) -> String {
    format!("{index}")
}

/// Names of a class's instance variables, inherited ones first.
pub(super) fn field_names(_program: &Program, _class: ClassId) -> Vec<Arc<str>> {
    Vec::new()
}
