//! What the platform brings: types, their methods as signatures in Apex's own words, and what they do.

use crate::apex::run::Thrown;
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// A method or constructor of the platform.
#[derive(Debug)]
pub struct Native {
    /// Full name of its type: `String`, `List`, `Database.SaveResult`.
    pub owner: &'static str,
    /// `<init>` for a constructor.
    pub name: &'static str,
    pub is_static: bool,
    pub parameters: Vec<Type>,
    pub returns: Type,
    pub run: NativeFn,
}

/// `this` is null for static methods and constructors; arguments have been converted to the parameters' types. A call on
/// null has been refused before.
pub type NativeFn = fn(&mut Transaction, this: &Value, arguments: &[Value]) -> Result<Value, Thrown>;

/// The methods of a type by name, ignoring case; none yet.
pub fn natives(_owner: &str, _name: &str) -> &'static [Native] {
    &[]
}
