//! Names as Apex prints them.

use std::sync::Arc;

use crate::apex::program::{ClassId, MethodId, MethodKind, Program};
use crate::apex::types::Type;

/// Where a method stands, in a stack trace: `Class.A.f`.
pub(super) fn place(program: &Program, method: MethodId) -> Arc<str> {
    let method = program.method(method);
    let Some(class) = method.class else {
        return Arc::from(format!("Trigger.{}", program.unit(method.unit).name));
    };
    let class = program.class(class);
    let name = match method.kind {
        MethodKind::Constructor => "<init>",
        MethodKind::Initializer if method.is_static => "<clinit>",
        MethodKind::Initializer => "<init>",
        _ => &method.name,
    };
    Arc::from(format!("Class.{}.{name}", class.name))
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
        Type::Class(class) => program.class(*class).name.to_string(),
        Type::Platform(name, arguments) if arguments.is_empty() => (*name).to_owned(),
        Type::Platform(name, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(|ty| type_name(program, ty)).collect();
            format!("{name}<{}>", arguments.join(","))
        }
        Type::Parameter(number) => format!("T{number}"),
    }
}

/// The name of an enum's value.
pub(super) fn enum_constant(program: &Program, class: ClassId, index: usize) -> String {
    program.class(class).values.get(index).map(|name| name.to_string()).unwrap_or_default()
}

/// Names of a class's instance variables, inherited ones first.
pub(super) fn field_names(program: &Program, class: ClassId) -> Vec<Arc<str>> {
    program.class(class).fields.iter().map(|field| field.name.clone()).collect()
}
