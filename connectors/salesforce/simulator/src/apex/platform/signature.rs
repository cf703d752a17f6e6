//! Reads signatures.

use std::collections::HashMap;
use std::sync::Arc;

use crate::apex::types::Type;

/// Full names of the platform's types by their names in lower case, with and without `System.`.
pub(super) type Names = HashMap<String, &'static str>;

/// What a signature says.
#[derive(Debug, PartialEq)]
pub(super) struct Parsed {
    pub is_static: bool,
    pub returns: Type,
    pub name: &'static str,
    pub parameters: Vec<Type>,
}

struct Reader<'a> {
    rest: &'static str,
    names: &'a Names,
    parameters: &'a [&'static str],
}

/// Reads `static String join(Iterable<Object>, String)`, `new(Integer)` or, of a property, `static Integer count`.
/// `None`: it is no signature, or names a type that is not known.
pub(super) fn read(text: &'static str, names: &Names, parameters: &[&'static str]) -> Option<Parsed> {
    let (is_static, rest) = match text.strip_prefix("static ") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut reader = Reader { rest, names, parameters };
    if rest.starts_with("new(") {
        let (_, rest) = rest.split_at_checked(3)?;
        reader.rest = rest;
        let parameters = reader.arguments()?;
        return Some(Parsed { is_static: true, returns: Type::Void, name: "<init>", parameters });
    }
    let returns = reader.ty()?;
    let name = reader.word()?;
    let parameters = if reader.rest.is_empty() { Vec::new() } else { reader.arguments()? };
    reader.rest.is_empty().then_some(Parsed { is_static, returns, name, parameters })
}

/// Reads a type alone.
pub(super) fn read_type(text: &'static str, names: &Names, parameters: &[&'static str]) -> Option<Type> {
    let mut reader = Reader { rest: text, names, parameters };
    let ty = reader.ty()?;
    reader.rest.is_empty().then_some(ty)
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn sign(&mut self, sign: char) -> bool {
        self.blank();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> Option<&'static str> {
        self.blank();
        let end =
            self.rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    fn arguments(&mut self) -> Option<Vec<Type>> {
        let mut found = Vec::new();
        if !self.sign('(') {
            return None;
        }
        if self.sign(')') {
            return Some(found);
        }
        loop {
            found.push(self.ty()?);
            if self.sign(')') {
                return Some(found);
            }
            if !self.sign(',') {
                return None;
            }
        }
    }

    fn ty(&mut self) -> Option<Type> {
        let word = self.word()?;
        let mut arguments = Vec::new();
        if self.sign('<') {
            loop {
                arguments.push(self.ty()?);
                if self.sign('>') {
                    break;
                }
                if !self.sign(',') {
                    return None;
                }
            }
        }
        if let Some(number) = self.parameters.iter().position(|own| *own == word) {
            return Some(Type::Parameter(u8::try_from(number).ok()?));
        }
        Some(match (word, arguments.as_slice()) {
            ("List", [of]) => Type::list(of.clone()),
            ("Set", [of]) => Type::set(of.clone()),
            ("Map", [key, value]) => Type::map(key.clone(), value.clone()),
            ("void", []) => Type::Void,
            ("Object", []) => Type::Object,
            ("Boolean", []) => Type::Boolean,
            ("Integer", []) => Type::Integer,
            ("Long", []) => Type::Long,
            ("Double", []) => Type::Double,
            ("Decimal", []) => Type::Decimal,
            ("String", []) => Type::String,
            ("Id", []) => Type::Id,
            ("Blob", []) => Type::Blob,
            ("Date", []) => Type::Date,
            ("Datetime", []) => Type::Datetime,
            ("Time", []) => Type::Time,
            ("SObject", []) => Type::SObject,
            _ => Type::Platform(self.names.get(&word.to_ascii_lowercase())?, Arc::from(arguments)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_read() {
        let names = Names::from([("iterable".to_owned(), "System.Iterable")]);
        let join = read("static String join(Iterable<Object>, String)", &names, &[]).unwrap();
        assert!(join.is_static && join.name == "join" && join.returns == Type::String);
        let iterable = Type::Platform("System.Iterable", Arc::from([Type::Object]));
        assert_eq!(join.parameters, [iterable, Type::String]);
        let put = read("V put(K, V)", &names, &["K", "V"]).unwrap();
        assert_eq!(put.returns, Type::Parameter(1));
        assert_eq!(read("new(Integer)", &names, &[]).unwrap().name, "<init>");
        assert_eq!(read("Map<String, List<Id>> all", &names, &[]).unwrap().parameters, []);
        assert_eq!(read("Nothing f()", &names, &[]), None);
        assert_eq!(read("String f(", &names, &[]), None);
    }
}
