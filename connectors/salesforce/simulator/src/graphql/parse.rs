//! Documents: one operation with its fragments and variables put in.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::GraphError;
use super::lex::{Kind, Token, offending, tokens};

/// How deep selections and values may nest.
const DEPTH_MAX: usize = 50;
/// Fields of an operation, those of its fragments counted where they are used.
const FIELDS_MAX: usize = 10_000;

/// A field that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) alias: Option<String>,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) selection: Vec<Self>,
    pub(super) at: (usize, usize),
}

impl Field {
    /// The name in the answer.
    pub(super) fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    pub(super) fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name).filter(|value| !value.is_null())
    }
}

/// The operation of this name, or the only one.
pub(super) fn operation(
    text: &str,
    variables: Map<String, Value>,
    named: Option<&str>,
) -> Result<Vec<Field>, GraphError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, variables, depth: 0 };
    let (mut operations, mut fragments) = (Vec::new(), BTreeMap::new());
    while parser.peek() != &Kind::End {
        match parser.peek().clone() {
            Kind::Sign('{') => operations.push((String::new(), parser.selections()?)),
            Kind::Name(word) if word == "query" => {
                parser.next();
                let name = parser.name_if_any();
                parser.declarations()?;
                parser.directives()?;
                operations.push((name, parser.selections()?));
            }
            Kind::Name(word) if word == "mutation" || word == "subscription" => {
                let at = parser.place();
                let message = format!("Schema is not configured for {word}s.");
                return Err(GraphError {
                    kind: "OperationNotSupported",
                    message,
                    at: Some(at),
                    path: Vec::new(),
                });
            }
            Kind::Name(word) if word == "fragment" => {
                parser.next();
                let name = parser.name()?;
                parser.word("on")?;
                parser.name()?;
                parser.directives()?;
                let selections = parser.selections()?;
                fragments.insert(name, selections);
            }
            _ => return Err(parser.offending()),
        }
    }
    let chosen = match named.filter(|name| !name.is_empty()) {
        Some(name) => operations.into_iter().find(|(own, _)| own == name),
        None if operations.len() > 1 => None,
        None => operations.pop(),
    };
    let (_, selections) = chosen.ok_or_else(|| match named {
        Some(name) => GraphError::syntax(format!("Unknown operation named '{name}'."), (1, 1)),
        None if text.trim().is_empty() => offending("<EOF>", (1, 1)),
        None => GraphError::syntax(
            "Must provide operation name if query contains multiple operations.".to_owned(),
            (1, 1),
        ),
    })?;
    let mut flat = Flat { fragments: &fragments, count: 0 };
    flat.fields(&selections, 0)
}

/// What stands in braces, before fragments are put in.
#[derive(Debug, Clone)]
enum Selection {
    Field { field: Field, selection: Vec<Selection> },
    Spread { name: String, at: (usize, usize) },
    Inline(Vec<Selection>),
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    variables: Map<String, Value>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Kind {
        self.tokens.get(self.at).map_or(&Kind::End, |token| &token.kind)
    }

    fn place(&self) -> (usize, usize) {
        self.tokens.get(self.at).map_or((1, 1), |token| token.at)
    }

    fn next(&mut self) -> Kind {
        let kind = self.peek().clone();
        self.at += 1;
        kind
    }

    fn offending(&self) -> GraphError {
        offending(&self.peek().shown(), self.place())
    }

    fn is(&mut self, sign: char) -> bool {
        let is = self.peek() == &Kind::Sign(sign);
        self.at += usize::from(is);
        is
    }

    fn sign(&mut self, sign: char) -> Result<(), GraphError> {
        if self.is(sign) { Ok(()) } else { Err(self.offending()) }
    }

    fn name(&mut self) -> Result<String, GraphError> {
        match self.peek().clone() {
            Kind::Name(name) => {
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.offending()),
        }
    }

    fn name_if_any(&mut self) -> String {
        self.name().unwrap_or_default()
    }

    fn word(&mut self, word: &str) -> Result<(), GraphError> {
        if self.peek() == &Kind::Name(word.to_owned()) {
            self.at += 1;
            return Ok(());
        }
        Err(self.offending())
    }

    fn deeper(&mut self) -> Result<(), GraphError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(GraphError::syntax("The document nests too deep".to_owned(), self.place()));
        }
        Ok(())
    }

    /// `($id: ID!, $n: Int = 5)`: defaults count where the request brings no value.
    fn declarations(&mut self) -> Result<(), GraphError> {
        if !self.is('(') {
            return Ok(());
        }
        while !self.is(')') {
            self.sign('$')?;
            let name = self.name()?;
            self.sign(':')?;
            self.variable_type()?;
            let default = if self.is('=') { self.value()? } else { Value::Null };
            self.directives()?;
            self.variables.entry(name).or_insert(default);
        }
        Ok(())
    }

    fn variable_type(&mut self) -> Result<(), GraphError> {
        self.deeper()?;
        if self.is('[') {
            self.variable_type()?;
            self.sign(']')?;
        } else {
            self.name()?;
        }
        self.is('!');
        self.depth -= 1;
        Ok(())
    }

    /// Whether what they stand at is wanted.
    fn directives(&mut self) -> Result<bool, GraphError> {
        let mut wanted = true;
        while self.is('@') {
            let name = self.name()?;
            let arguments = self.arguments()?;
            let holds = arguments.get("if") == Some(&Value::Bool(true));
            match name.as_str() {
                "include" => wanted &= holds,
                "skip" => wanted &= !holds,
                // `@category`, `@optional`: nothing here depends on them.
                _ => {}
            }
        }
        Ok(wanted)
    }

    fn selections(&mut self) -> Result<Vec<Selection>, GraphError> {
        self.deeper()?;
        self.sign('{')?;
        let mut selections = Vec::new();
        while !self.is('}') {
            let at = self.place();
            if self.is('…') {
                let named = matches!(self.peek(), Kind::Name(word) if word != "on");
                if named {
                    let name = self.name()?;
                    if self.directives()? {
                        selections.push(Selection::Spread { name, at });
                    }
                    continue;
                }
                if self.word("on").is_ok() {
                    self.name()?;
                }
                let wanted = self.directives()?;
                let inner = self.selections()?;
                if wanted {
                    selections.push(Selection::Inline(inner));
                }
                continue;
            }
            let mut name = self.name()?;
            let alias = if self.is(':') { Some(std::mem::replace(&mut name, self.name()?)) } else { None };
            let arguments = self.arguments()?;
            let wanted = self.directives()?;
            let selection = if self.peek() == &Kind::Sign('{') { self.selections()? } else { Vec::new() };
            if wanted {
                let field = Field { alias, name, arguments, selection: Vec::new(), at };
                selections.push(Selection::Field { field, selection });
            }
        }
        self.depth -= 1;
        Ok(selections)
    }

    fn arguments(&mut self) -> Result<Map<String, Value>, GraphError> {
        let mut arguments = Map::new();
        if self.is('(') {
            while !self.is(')') {
                let name = self.name()?;
                self.sign(':')?;
                arguments.insert(name, self.value()?);
            }
        }
        Ok(arguments)
    }

    fn value(&mut self) -> Result<Value, GraphError> {
        self.deeper()?;
        let at = self.place();
        let value = match self.next() {
            Kind::Text(text) => text.into(),
            Kind::Number(number) => number.into(),
            Kind::Name(word) if word == "true" => true.into(),
            Kind::Name(word) if word == "false" => false.into(),
            Kind::Name(word) if word == "null" => Value::Null,
            // Of an enumeration.
            Kind::Name(word) => word.into(),
            Kind::Sign('$') => {
                let name = self.name()?;
                let unknown = || {
                    let message =
                        format!("Validation error of type UndefinedVariable: Undefined variable '{name}'");
                    GraphError { kind: "ValidationError", message, at: Some(at), path: Vec::new() }
                };
                self.variables.get(&name).cloned().ok_or_else(unknown)?
            }
            Kind::Sign('[') => {
                let mut items = Vec::new();
                while !self.is(']') {
                    items.push(self.value()?);
                }
                items.into()
            }
            Kind::Sign('{') => {
                let mut object = Map::new();
                while !self.is('}') {
                    let name = self.name()?;
                    self.sign(':')?;
                    object.insert(name, self.value()?);
                }
                object.into()
            }
            other => return Err(offending(&other.shown(), at)),
        };
        self.depth -= 1;
        Ok(value)
    }
}

/// Puts fragments in.
struct Flat<'a> {
    fragments: &'a BTreeMap<String, Vec<Selection>>,
    count: usize,
}

impl Flat<'_> {
    fn fields(&mut self, selections: &[Selection], depth: usize) -> Result<Vec<Field>, GraphError> {
        if depth > DEPTH_MAX {
            return Err(GraphError::syntax("Fragments nest too deep".to_owned(), (1, 1)));
        }
        let mut fields = Vec::new();
        for selection in selections {
            self.count += 1;
            if self.count > FIELDS_MAX {
                let message = format!("The operation has more than {FIELDS_MAX} fields");
                return Err(GraphError::syntax(message, (1, 1)));
            }
            match selection {
                Selection::Field { field, selection } => {
                    fields.push(Field { selection: self.fields(selection, depth + 1)?, ..field.clone() });
                }
                Selection::Inline(inner) => fields.extend(self.fields(inner, depth + 1)?),
                Selection::Spread { name, at } => {
                    let fragments = self.fragments;
                    let unknown = || {
                        let message =
                            format!("Validation error of type UndefinedFragment: Undefined fragment {name}");
                        GraphError { kind: "ValidationError", message, at: Some(*at), path: Vec::new() }
                    };
                    let inner = fragments.get(name).ok_or_else(unknown)?;
                    fields.extend(self.fields(inner, depth + 1)?);
                }
            }
        }
        Ok(fields)
    }
}
