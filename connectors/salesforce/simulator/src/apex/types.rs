//! Types as the checker sees them and as values carry them.

use std::sync::Arc;

use crate::apex::program::ClassId;

/// A type of Apex.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    Void,
    /// Of the literal `null`: fits every other.
    Null,
    Object,
    Boolean,
    Integer,
    Long,
    Double,
    Decimal,
    String,
    Id,
    Blob,
    Date,
    Datetime,
    Time,
    List(Arc<Type>),
    Set(Arc<Type>),
    Map(Arc<Type>, Arc<Type>),
    /// Any record.
    SObject,
    /// A record of one object, by its API name as the schema spells it.
    Record(Arc<str>),
    /// A class, interface or enum that is written in Apex.
    Class(ClassId),
    /// A type of the platform, by its full name as documented (`Database.SaveResult`, `System.DmlException`,
    /// `System.Iterator`), with its arguments.
    Platform(&'static str, Arc<[Type]>),
    /// The n-th parameter of a generic type, in the signatures of the platform alone.
    Parameter(u8),
}

impl Type {
    pub fn list(of: Type) -> Type {
        Type::List(Arc::new(of))
    }

    pub fn set(of: Type) -> Type {
        Type::Set(Arc::new(of))
    }

    pub fn map(key: Type, value: Type) -> Type {
        Type::Map(Arc::new(key), Arc::new(value))
    }

    /// A platform type without arguments.
    pub fn platform(name: &'static str) -> Type {
        Type::Platform(name, Arc::from([]))
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Type::Integer | Type::Long | Type::Double | Type::Decimal)
    }

    /// Generic or of one object.
    pub fn is_record(&self) -> bool {
        matches!(self, Type::SObject | Type::Record(_))
    }
}
