//! How types of the platform are written down.

use super::NativeFn;

/// A type of the platform, with its methods as signatures in Apex's own words.
///
/// ```text
/// Definition::class("String")
///     .method("static String join(Iterable<Object>, String)", join)
///     .method("Integer length()", length)
/// Definition::class("Schema.DescribeSObjectResult").property("SObjectType fields", …)
/// Definition::class("System.Iterator").parameters(&["T"]).interface().method("T next()", next)
/// ```
///
/// The namespace `System.` may be left out in signatures. A constructor's name is `new`: `"new(String)"`.
pub(super) struct Definition {
    pub name: &'static str,
    pub parameters: &'static [&'static str],
    pub supertypes: Vec<&'static str>,
    pub values: &'static [&'static str],
    pub is_interface: bool,
    /// Classes may extend it.
    pub is_virtual: bool,
    pub is_abstract: bool,
    pub members: Vec<Signature>,
}

/// A method, constructor or property as text.
pub(super) struct Signature {
    pub text: &'static str,
    pub is_property: bool,
    pub is_settable: bool,
    pub run: NativeFn,
}

impl Definition {
    /// A class by its full name.
    pub(super) fn class(name: &'static str) -> Self {
        Self {
            name,
            parameters: &[],
            supertypes: Vec::new(),
            values: &[],
            is_interface: false,
            is_virtual: false,
            is_abstract: false,
            members: Vec::new(),
        }
    }

    /// An enum with its values.
    pub(super) fn enumeration(name: &'static str, values: &'static [&'static str]) -> Self {
        Self { values, ..Self::class(name) }
    }

    /// An exception, below `System.Exception`.
    pub(super) fn exception(name: &'static str) -> Self {
        Self::class(name).below("System.Exception")
    }

    /// Names of type parameters, as its signatures use them.
    pub(super) fn parameters(self, parameters: &'static [&'static str]) -> Self {
        Self { parameters, ..self }
    }

    pub(super) fn interface(self) -> Self {
        Self { is_interface: true, ..self }
    }

    /// A type above it, whose members it has too: `System.Iterable<T>`.
    pub(super) fn below(mut self, supertype: &'static str) -> Self {
        self.supertypes.push(supertype);
        self
    }

    pub(super) fn method(self, text: &'static str, run: NativeFn) -> Self {
        self.member(text, (false, false), run)
    }

    /// `"static RestRequest request"`, `"Map<String, SObjectField> x"`: read without parentheses.
    pub(super) fn property(self, text: &'static str, run: NativeFn) -> Self {
        self.member(text, (true, false), run)
    }

    /// A property that may be assigned, too. The interpreter keeps what is assigned: among the values of the object by
    /// the property's name, or for a static one among what the transaction keeps by its full name.
    pub(super) fn settable(self, text: &'static str, run: NativeFn) -> Self {
        self.member(text, (true, true), run)
    }

    fn member(mut self, text: &'static str, (is_property, is_settable): (bool, bool), run: NativeFn) -> Self {
        self.members.push(Signature { text, is_property, is_settable, run });
        self
    }
}
