//! The platform's types as the checker asks for them.

use std::sync::Arc;

use crate::apex::platform::{self, Native, PlatformType};
use crate::apex::types::Type;

/// Words before a dot that are no types (some are both).
const NAMESPACES: [&str; 46] = [
    "apexpages",
    "applauncher",
    "approval",
    "auth",
    "cache",
    "canvas",
    "chatteranswers",
    "commercebuygrp",
    "commerceextension",
    "commercepayments",
    "commercetax",
    "compression",
    "connectapi",
    "database",
    "datacloud",
    "datasource",
    "dataweave",
    "dom",
    "eventbus",
    "flow",
    "formulaeval",
    "functions",
    "invocable",
    "isvpartners",
    "kbmanagement",
    "lxscheduler",
    "messaging",
    "metadata",
    "process",
    "quickaction",
    "reports",
    "richmessaging",
    "schema",
    "search",
    "sfc",
    "sfdc_checkout",
    "sfdc_enablement",
    "sfdc_surveys",
    "site",
    "support",
    "system",
    "territorymgmt",
    "txnsecurity",
    "userprovisioning",
    "visualeditor",
    "wave",
];

/// Types that have a variant of their own, by their simple names.
pub(super) fn plain(name: &str) -> Option<Type> {
    let plain = [
        ("Object", Type::Object),
        ("Boolean", Type::Boolean),
        ("Integer", Type::Integer),
        ("Long", Type::Long),
        ("Double", Type::Double),
        ("Decimal", Type::Decimal),
        ("String", Type::String),
        ("Id", Type::Id),
        ("Blob", Type::Blob),
        ("Date", Type::Date),
        ("Datetime", Type::Datetime),
        ("Time", Type::Time),
        ("SObject", Type::SObject),
        ("void", Type::Void),
        ("AggregateResult", Type::Record(Arc::from("AggregateResult"))),
    ];
    plain.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, ty)| ty)
}

/// A type of the platform by its name, with or without `System.`. A word that is a namespace and a class means the class.
pub(super) fn find(name: &str) -> Option<&'static PlatformType> {
    // `System.Database` is `Database`, too.
    let short = match name.split_once('.') {
        Some((first, rest)) if first.eq_ignore_ascii_case("system") => rest,
        _ => name,
    };
    if is_namespace(short)
        && let Some(found) = platform::type_named(&format!("{short}.{short}"))
    {
        return Some(found);
    }
    platform::type_named(name)
}

/// Methods (and those inherited in the platform) of a type by name; `<init>` for its constructors.
pub(super) fn methods(owner: &str, name: &str) -> &'static [Native] {
    platform::natives(owner, name)
}

/// A property of a platform type.
pub(super) fn property(owner: &str, name: &str, is_static: bool) -> Option<&'static Native> {
    platform::property(owner, name).filter(|native| native.is_static == is_static)
}

/// The value of a platform enum: its type's full name and its own, as spelt.
pub(super) fn constant(known: &'static PlatformType, name: &str) -> Option<&'static str> {
    known.values.iter().copied().find(|value| value.eq_ignore_ascii_case(name) || *value == "?")
}

pub(super) fn is_namespace(name: &str) -> bool {
    NAMESPACES.contains(&name.to_ascii_lowercase().as_str())
}

/// Under which name the platform keeps the methods of a type.
pub(super) fn owner(ty: &Type) -> &'static str {
    match ty {
        Type::Boolean => "Boolean",
        Type::Integer => "Integer",
        Type::Long => "Long",
        Type::Double => "Double",
        Type::Decimal => "Decimal",
        Type::String => "String",
        Type::Id => "Id",
        Type::Blob => "Blob",
        Type::Date => "Date",
        Type::Datetime => "Datetime",
        Type::Time => "Time",
        Type::List(_) => "List",
        Type::Set(_) => "Set",
        Type::Map(..) => "Map",
        Type::Record(object) if &**object == "AggregateResult" => "AggregateResult",
        Type::SObject | Type::Record(_) => "SObject",
        Type::Platform(name, _) => name,
        _ => "Object",
    }
}

/// What stands for the type's parameters.
pub(super) fn arguments(ty: &Type) -> Vec<Type> {
    match ty {
        Type::List(of) | Type::Set(of) => vec![Type::clone(of)],
        Type::Map(key, value) => vec![Type::clone(key), Type::clone(value)],
        Type::Platform(_, arguments) => arguments.to_vec(),
        _ => Vec::new(),
    }
}

/// A signature's type with the parameters of its owner filled in.
pub(super) fn filled(ty: &Type, arguments: &[Type]) -> Type {
    match ty {
        Type::Parameter(number) => arguments.get(usize::from(*number)).cloned().unwrap_or(Type::Object),
        Type::List(of) => Type::list(filled(of, arguments)),
        Type::Set(of) => Type::set(filled(of, arguments)),
        Type::Map(key, value) => Type::map(filled(key, arguments), filled(value, arguments)),
        Type::Platform(name, own) if !own.is_empty() => {
            Type::Platform(name, own.iter().map(|one| filled(one, arguments)).collect())
        }
        ty => ty.clone(),
    }
}

/// Methods that an interface asks of a class.
pub(super) fn promised(interface: &str) -> Vec<&'static Native> {
    let demanded = platform::demanded(interface, &[]);
    let find = |(name, parameters): &(&'static str, Vec<Type>)| {
        methods(interface, name).iter().find(|native| native.parameters.len() == parameters.len())
    };
    demanded.iter().filter_map(find).collect()
}
