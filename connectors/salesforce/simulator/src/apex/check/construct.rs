//! `new`, and how constructors call each other.

use std::sync::Arc;

use super::overload::Choice;
use super::scope::Checker;
use super::{Checked, convert, library, problem};
use crate::apex::platform::Native;
use crate::apex::program::{
    Block, ClassId, ClassKind, Expr, ExprKind, Method, MethodId, MethodKind, Stmt, StmtKind,
};
use crate::apex::syntax::ast::{self, Name, New, NewArguments, Pos};
use crate::apex::types::Type;
use crate::apex::value::store::apex_type;

impl Checker<'_> {
    pub(super) fn new_object(&mut self, new: &New, at: Pos) -> Checked<Expr> {
        let ty = self.ty(&new.ty)?;
        let made = |kind: ExprKind| Ok(Expr { kind, ty: ty.clone(), at });
        match &new.arguments {
            NewArguments::Positional(written) => {
                let arguments = self.arguments(written)?;
                self.positional(&ty, arguments, at)
            }
            NewArguments::Named(pairs) => match &ty {
                Type::Record(object) => {
                    let object = object.clone();
                    self.record(&object, pairs, at)
                }
                _ => {
                    let name = self.name(&ty);
                    let message = format!(
                        "Invalid constructor syntax, name=value pairs can only be used for SObjects: {name}"
                    );
                    problem(at, message)
                }
            },
            NewArguments::Elements(written) => {
                let (of, is_set) = match &ty {
                    Type::List(of) => (Type::clone(of), false),
                    Type::Set(of) => (Type::clone(of), true),
                    _ => return problem(at, format!("Type cannot be constructed: {}", self.name(&ty))),
                };
                let mut items = Vec::with_capacity(written.len());
                for one in written {
                    let item = self.expecting(one, Some(&of))?;
                    let (was, place) = (self.name(&item.ty), item.at);
                    let expected = self.name(&of);
                    items.push(convert::coerce(self.program, item, &of).or_else(|_| {
                        let message = format!(
                            "Initial expression is of incorrect type, expected: {expected} but was: {was}"
                        );
                        problem(place, message)
                    })?);
                }
                made(if is_set { ExprKind::NewSet(items) } else { ExprKind::NewList(items) })
            }
            NewArguments::Pairs(written) => {
                let Type::Map(key, value) = &ty else {
                    return problem(at, format!("Type cannot be constructed: {}", self.name(&ty)));
                };
                let whole = self.name(&ty);
                let mut pairs = Vec::with_capacity(written.len());
                for (one, other) in written {
                    let (one, other) = (self.expecting(one, Some(key))?, self.expecting(other, Some(value))?);
                    let (was_key, key_at) = (self.name(&one.ty), one.at);
                    let (was, value_at) = (self.name(&other.ty), other.at);
                    let one = convert::coerce(self.program, one, key)
                        .or_else(|_| problem(key_at, format!("Invalid key type {was_key} for {whole}")))?;
                    let other = convert::coerce(self.program, other, value)
                        .or_else(|_| problem(value_at, format!("Invalid value type {was} for {whole}")))?;
                    pairs.push((one, other));
                }
                made(ExprKind::NewMap(pairs))
            }
            NewArguments::Size(size) => {
                let size = self.value(size)?;
                if size.ty != Type::Integer {
                    let name = self.name(&size.ty);
                    return problem(size.at, format!("List index must be of type Integer: {name}"));
                }
                made(ExprKind::NewListOfSize(Box::new(size)))
            }
        }
    }

    fn positional(&mut self, ty: &Type, arguments: Vec<Expr>, at: Pos) -> Checked<Expr> {
        let made = |kind: ExprKind| Ok(Expr { kind, ty: ty.clone(), at });
        match ty {
            Type::List(_) | Type::Set(_) | Type::Map(..) => self.collection(ty, arguments, at),
            Type::Record(object) => {
                self.constructable(object, at)?;
                if !arguments.is_empty() {
                    return problem(at, format!("Type requires name=value pair construction: {object}"));
                }
                made(ExprKind::NewRecord { object: object.clone(), fields: Vec::new() })
            }
            Type::Class(class) => self.instance(*class, arguments, at),
            Type::Platform(name, of) => {
                let found: Vec<&'static Native> = library::methods(name, "<init>").iter().collect();
                if found.is_empty() {
                    return problem(at, format!("Type cannot be constructed: {}", self.name(ty)));
                }
                let candidates: Vec<Vec<Type>> = found
                    .iter()
                    .map(|native| native.parameters.iter().map(|one| library::filled(one, of)).collect())
                    .collect();
                let place = match self.choose(&candidates, &arguments) {
                    Choice::One(place) => place,
                    _ => return self.no_constructor(ty, &arguments, at),
                };
                let (Some(native), Some(parameters)) = (found.get(place), candidates.get(place)) else {
                    return self.no_constructor(ty, &arguments, at);
                };
                let arguments = self.converted_all(arguments, parameters);
                made(ExprKind::NewPlatform { native, arguments })
            }
            // `new Object()` is an object without anything.
            Type::Object if !library::methods("Object", "<init>").is_empty() => {
                match library::methods("Object", "<init>").first() {
                    Some(native) => made(ExprKind::NewPlatform { native, arguments: Vec::new() }),
                    None => problem(at, "Type cannot be constructed: Object"),
                }
            }
            _ => problem(at, format!("Type cannot be constructed: {}", self.name(ty))),
        }
    }

    fn no_constructor<T>(&self, ty: &Type, arguments: &[Expr], at: Pos) -> Checked<T> {
        let (name, types) = (self.name(ty), self.shown_types(arguments));
        problem(at, format!("Constructor not defined: [{name}].<Constructor>{types}"))
    }

    fn collection(&mut self, ty: &Type, arguments: Vec<Expr>, at: Pos) -> Checked<Expr> {
        let empty = match ty {
            Type::List(_) => ExprKind::NewList(Vec::new()),
            Type::Set(_) => ExprKind::NewSet(Vec::new()),
            _ => ExprKind::NewMap(Vec::new()),
        };
        let mut arguments = arguments;
        let Some(source) = arguments.pop() else { return Ok(Expr { kind: empty, ty: ty.clone(), at }) };
        if !arguments.is_empty() {
            arguments.push(source);
            return self.no_constructor(ty, &arguments, at);
        }
        let cost = |from: &Type, to: &Type| convert::cost(self.program, from, to).is_some();
        let fits = match (ty, &source.ty) {
            (Type::List(_), Type::Integer) => true,
            (Type::List(of) | Type::Set(of), Type::List(from) | Type::Set(from)) => {
                cost(from, of) || matches!((&**from, &**of), (Type::SObject, Type::Record(_)))
            }
            (Type::List(of) | Type::Set(of), from) => {
                let iterable = Type::Platform("System.Iterable", Arc::from([Type::clone(of)]));
                cost(from, &iterable)
            }
            (Type::Map(key, value), Type::Map(from_key, from_value)) => {
                cost(from_key, key)
                    && (cost(from_value, value)
                        || matches!((&**from_value, &**value), (Type::SObject, Type::Record(_))))
            }
            // Records by their ids.
            (Type::Map(key, value), Type::List(from)) => {
                matches!(**key, Type::Id | Type::String)
                    && value.is_record()
                    && (cost(from, value) || **from == Type::SObject)
            }
            (_, Type::Null) => true,
            _ => false,
        };
        if !fits {
            let from = self.name(&source.ty);
            let message = match ty {
                Type::List(of) => {
                    let of = self.name(of);
                    format!(
                        "Invalid initializer type {from} found for List<{of}>: expected an Integer or a List of type {of}"
                    )
                }
                Type::Set(of) => {
                    let of = self.name(of);
                    format!(
                        "Invalid initializer type {from} found for Set<{of}>: expected a List or a Set of type: {of}"
                    )
                }
                _ => format!(
                    "Invalid initializer type {from} found for {}: expected a Map with the same key and value types, or a valid SObject List",
                    self.name(ty)
                ),
            };
            return problem(at, message);
        }
        let kind = match source.ty {
            Type::Integer => ExprKind::NewListOfSize(Box::new(source)),
            _ => ExprKind::NewFrom(Box::new(source)),
        };
        Ok(Expr { kind, ty: ty.clone(), at })
    }

    fn constructable(&self, object: &str, at: Pos) -> Checked<()> {
        if object == "AggregateResult" || object == "Name" {
            return problem(at, format!("SObject is not constructable: {object}"));
        }
        Ok(())
    }

    fn record(&mut self, object: &Arc<str>, pairs: &[(Name, ast::Expr)], at: Pos) -> Checked<Expr> {
        self.constructable(object, at)?;
        let mut fields: Vec<(Arc<str>, Expr)> = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let (field, ty) = match self.field_of(object, &name.text) {
                Some(field) => (Arc::from(field.name.as_str()), apex_type(&field)),
                None => match self.parent_of(object, &name.text) {
                    // Any record may stand for a parent of several objects.
                    Some((step, Type::Record(parent))) if &*parent == "Name" => {
                        (Arc::from(step), Type::SObject)
                    }
                    Some((step, ty)) => (Arc::from(step), ty),
                    None => {
                        let message = format!("Field does not exist: {} on {object}", name.text);
                        return problem(name.at, message);
                    }
                },
            };
            if fields.iter().any(|(own, _)| *own == field) {
                return problem(name.at, format!("Duplicate field initialization: {}", name.text));
            }
            let value = self.value_for(value, &ty, name.at)?;
            fields.push((field, value));
        }
        let ty = Type::Record(object.clone());
        Ok(Expr { kind: ExprKind::NewRecord { object: object.clone(), fields }, ty, at })
    }

    fn instance(&mut self, class: ClassId, arguments: Vec<Expr>, at: Pos) -> Checked<Expr> {
        let known = self.program.class(class);
        let ty = Type::Class(class);
        if known.kind != ClassKind::Class {
            return problem(at, format!("Type cannot be constructed: {}", self.name(&ty)));
        }
        if known.is_abstract {
            return problem(at, format!("Abstract classes cannot be constructed: {}", self.name(&ty)));
        }
        let (constructor, arguments) = self.constructor(class, arguments, at)?;
        Ok(Expr { kind: ExprKind::NewObject { class, constructor, arguments }, ty, at })
    }

    /// The constructor that fits; none: the class declares none.
    fn constructor(
        &mut self,
        class: ClassId,
        arguments: Vec<Expr>,
        at: Pos,
    ) -> Checked<(Option<MethodId>, Vec<Expr>)> {
        let constructors = self.constructors(class);
        let ty = Type::Class(class);
        if constructors.is_empty() {
            if arguments.is_empty() {
                return Ok((None, arguments));
            }
            return self.of_exception(&ty, arguments, at).map(|arguments| (None, arguments));
        }
        let candidates = self.parameters_of(&constructors);
        let place = match self.choose(&candidates, &arguments) {
            Choice::One(place) => place,
            // Exceptions keep those of `Exception` beside their own.
            Choice::None if convert::is_exception(self.program, &ty) => {
                return self.of_exception(&ty, arguments, at).map(|arguments| (None, arguments));
            }
            Choice::None => return self.no_constructor(&ty, &arguments, at),
            Choice::Several => {
                let types = self.shown_types(&arguments);
                return problem(at, format!("Ambiguous method signature: void <Constructor>{types}"));
            }
        };
        let (Some(id), Some(parameters)) = (constructors.get(place), candidates.get(place)) else {
            return self.no_constructor(&ty, &arguments, at);
        };
        let method = self.program.method(*id);
        let test_visible = method.annotations.iter().any(|own| &**own == "testvisible");
        if !self.sees(method.visibility, class, test_visible) {
            let shown = format!("[{}].<Constructor>{}", self.name(&ty), self.shown_types(&arguments));
            return problem(at, format!("Constructor is not visible: {shown}"));
        }
        let arguments = self.converted_all(arguments, parameters);
        Ok((Some(*id), arguments))
    }

    /// Arguments of the constructors that every exception has.
    fn of_exception(&mut self, ty: &Type, arguments: Vec<Expr>, at: Pos) -> Checked<Vec<Expr>> {
        let exception = Type::platform("System.Exception");
        let candidates =
            [Vec::new(), vec![Type::String], vec![exception.clone()], vec![Type::String, exception]];
        if convert::is_exception(self.program, ty)
            && let Choice::One(place) = self.choose(&candidates, &arguments)
            && let Some(parameters) = candidates.get(place)
        {
            return Ok(self.converted_all(arguments, parameters));
        }
        self.no_constructor(ty, &arguments, at)
    }

    fn constructors(&self, class: ClassId) -> Vec<MethodId> {
        let methods = self.program.class(class).methods.iter().copied();
        methods.filter(|method| self.program.method(*method).kind == MethodKind::Constructor).collect()
    }

    /// The body of a constructor: the call of another one comes first, and where none is written, the superclass has to
    /// have one without arguments.
    pub(super) fn constructor_body(&mut self, method: &Method, body: &ast::Block) -> Checked<Block> {
        let chain = body.statements.first().and_then(|first| match &first.kind {
            ast::StmtKind::Expr(ast::Expr {
                kind: ast::ExprKind::ConstructorCall { is_super, arguments },
                at,
            }) => Some((*is_super, arguments, *at)),
            _ => None,
        });
        let Some((is_super, written, at)) = chain else {
            self.has_way_up(method)?;
            return self.block(body).map(|(block, _)| block);
        };
        self.within(|checker| {
            checker.chaining = true;
            let arguments = checker.arguments(written);
            checker.chaining = false;
            let call = checker.chained(is_super, arguments?, at)?;
            let rest = body.statements.get(1..).unwrap_or_default();
            let (mut block, _) = checker.statements(rest)?;
            block.statements.insert(0, Stmt { kind: StmtKind::Expr(call), at });
            Ok(block)
        })
    }

    fn chained(&mut self, is_super: bool, arguments: Vec<Expr>, at: Pos) -> Checked<Expr> {
        let Some(class) = self.class else { return problem(at, "No super type defined: ") };
        let to =
            if is_super { self.program.class(class).superclass.clone() } else { Some(Type::Class(class)) };
        let (to, method, arguments) = match to {
            Some(Type::Class(to)) => {
                let (method, arguments) = self.constructor(to, arguments, at)?;
                (Type::Class(to), method, arguments)
            }
            Some(platform) => {
                let arguments = self.of_exception(&platform, arguments, at)?;
                (platform, None, arguments)
            }
            None if arguments.is_empty() => (Type::Object, None, arguments),
            None => return problem(at, format!("No super type defined: {}", self.class_name(class))),
        };
        Ok(Expr { kind: ExprKind::CallConstructor { class: to, method, arguments }, ty: Type::Void, at })
    }

    fn has_way_up(&self, method: &Method) -> Checked<()> {
        let Some(class) = method.class else { return Ok(()) };
        self.default_above(class, method.at)
    }

    /// Whether the class above has a constructor without arguments.
    pub(super) fn default_above(&self, class: ClassId, at: Pos) -> Checked<()> {
        let Some(Type::Class(parent)) = self.program.class(class).superclass else { return Ok(()) };
        let constructors = self.constructors(parent);
        let fits = constructors.is_empty()
            || constructors.iter().any(|one| self.program.method(*one).parameters.is_empty())
            || convert::is_exception(self.program, &Type::Class(parent));
        if fits {
            return Ok(());
        }
        let name = self.class_name(parent);
        problem(at, format!("No default constructor available in super type: {name}"))
    }
}
