//! What the platform brings: types, their methods as signatures in Apex's own words, and what they do.

mod arguments;
mod cache;
mod callout;
mod catalogue;
mod collection;
mod crypto;
mod database;
mod define;
mod events;
mod json;
mod mail;
mod number;
mod page;
mod record;
mod registry;
mod rest;
mod schema;
mod search;
mod signature;
mod system;
mod testing;
mod text;
mod time;

pub(in crate::apex) use registry::place;
#[cfg(test)]
pub(in crate::apex) use registry::{beyond, listing};
pub use registry::{demanded, natives, property, type_named};
pub(in crate::apex) use rest::{
    REQUEST as REST_REQUEST, RESPONSE as REST_RESPONSE, request as rest_request, response as rest_response,
};
pub(in crate::apex) use search::selection as search_selection;
pub(in crate::apex) use system::OF_CLASSES;

use self::define::Definition;
use crate::apex::run::Thrown;
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// A method, constructor or property of the platform.
#[derive(Debug, Clone)]
pub struct Native {
    /// Full name of the type that declares it: `String`, `List`, `Database.SaveResult`.
    pub owner: &'static str,
    /// `<init>` for a constructor.
    pub name: &'static str,
    pub is_static: bool,
    /// Read without parentheses.
    pub is_property: bool,
    /// A property that may be assigned.
    pub is_settable: bool,
    pub parameters: Vec<Type>,
    pub returns: Type,
    role: catalogue::Role,
    run: NativeFn,
}

impl Native {
    /// Does it. `this` and the arguments are those of a [`NativeFn`].
    pub fn call(
        &'static self,
        tx: &mut Transaction,
        this: &Value,
        arguments: &[Value],
    ) -> Result<Value, Thrown> {
        match self.role {
            catalogue::Role::Own => (self.run)(tx, this, arguments),
            _ => catalogue::call(tx, self, this, arguments),
        }
    }
}

/// `this` is null for static methods and constructors; arguments have been converted to the parameters' types. A call on
/// null has been refused before.
pub type NativeFn = fn(&mut Transaction, this: &Value, arguments: &[Value]) -> Result<Value, Thrown>;

/// A type of the platform.
#[derive(Debug, Clone)]
pub struct PlatformType {
    /// As documented: `String`, `System.DmlException`, `Database.SaveResult`.
    pub name: &'static str,
    pub supertypes: Vec<Type>,
    pub is_exception: bool,
    pub is_interface: bool,
    /// Classes may extend it.
    pub is_virtual: bool,
    pub is_abstract: bool,
    /// It has static methods alone, as `BusinessHours` has.
    pub is_static: bool,
    /// Of an enum; `?` alone: it takes any name.
    pub values: &'static [&'static str],
    /// Number of type parameters.
    pub parameters: usize,
}

/// The bytes of a static resource.
fn resource(tx: &Transaction, name: &str) -> Option<bytes::Bytes> {
    let held = tx.state.metadata.components.get("StaticResource", name)?;
    let content = held.files.iter().find(|(path, _)| !path.ends_with("-meta.xml"));
    content.map(|(_, bytes)| bytes.clone())
}

/// Every family of types.
fn all() -> Vec<Definition> {
    let families: [fn() -> Vec<Definition>; 18] = [
        cache::types,
        search::types,
        mail::types,
        page::types,
        callout::types,
        collection::types,
        crypto::types,
        database::types,
        events::types,
        json::types,
        number::types,
        record::types,
        rest::types,
        schema::types,
        system::types,
        testing::types,
        text::types,
        time::types,
    ];
    families.into_iter().flat_map(|family| family()).collect()
}
