//! Calls of methods that are written in Apex.

use std::collections::HashSet;

use super::members::described;
use super::overload::Choice;
use super::scope::Checker;
use super::subject::Subject;
use super::{Checked, problem};
use crate::apex::program::{ClassId, ClassKind, Expr, ExprKind, MethodId, MethodKind};
use crate::apex::syntax::ast::{self, Name, Pos};
use crate::apex::types::Type;

/// On what a method is called.
pub(super) enum Receiver {
    /// Nothing is written before the name.
    Unsaid,
    Super,
    Value(Expr, bool),
    Class,
}

impl Checker<'_> {
    pub(super) fn arguments(&mut self, written: &[ast::Expr]) -> Checked<Vec<Expr>> {
        let mut arguments = Vec::with_capacity(written.len());
        for one in written {
            arguments.push(self.value(one)?);
        }
        Ok(arguments)
    }

    pub(super) fn call(
        &mut self,
        target: Option<&ast::Expr>,
        name: &Name,
        written: &[ast::Expr],
        safe: bool,
        at: Pos,
    ) -> Checked<Expr> {
        let Some(target) = target else {
            let arguments = self.arguments(written)?;
            return self.call_unsaid(name, arguments, at);
        };
        if let ast::ExprKind::Super = target.kind {
            let arguments = self.arguments(written)?;
            return self.call_super(name, arguments, at);
        }
        let subject = self.subject(target)?;
        let mut arguments = self.arguments(written)?;
        match subject {
            Subject::Value(value) => {
                self.readable(&value)?;
                self.call_on(value, name, arguments, safe, at)
            }
            Subject::Type(Type::Class(class)) => {
                if let Some(made) = self.enum_static(class, name, &mut arguments, at)? {
                    return Ok(made);
                }
                let methods = self.methods_named(class, &name.text, false);
                match self.call_method(class, &methods, name, arguments, Receiver::Class, at) {
                    Ok(made) => Ok(made),
                    Err((problem, _)) => Err(problem),
                }
            }
            Subject::Type(Type::Record(object)) => self.call_object(object, name, arguments, at),
            Subject::Type(ty) => self.call_static_native(&ty, name, arguments, at),
            Subject::Fields(value, _) => {
                let fields = self.fields_value(value, at)?;
                self.call_on(fields, name, arguments, safe, at)
            }
            Subject::Namespace(namespace) => {
                problem(target.at, format!("Variable does not exist: {namespace}"))
            }
            Subject::Pages => problem(target.at, "Variable does not exist: Page"),
            Subject::Trigger => problem(target.at, "Variable does not exist: Trigger"),
            Subject::AllObjects => problem(target.at, "Variable does not exist: SObjectType"),
        }
    }

    /// Methods of this name that a class has, its own first; overridden ones are not among them.
    pub(super) fn methods_named(&self, class: ClassId, name: &str, only_static: bool) -> Vec<MethodId> {
        let mut found: Vec<MethodId> = Vec::new();
        let mut next = vec![class];
        let mut seen = HashSet::new();
        while let Some(id) = next.pop() {
            if !seen.insert(id) {
                continue;
            }
            let known = self.program.class(id);
            for method in &known.methods {
                let one = self.program.method(*method);
                if one.kind != MethodKind::Method
                    || !one.name.eq_ignore_ascii_case(name)
                    || (only_static && !one.is_static)
                    || found.iter().any(|before| self.program.method(*before).slot == one.slot)
                {
                    continue;
                }
                found.push(*method);
            }
            let above = known.interfaces.iter().rev().chain(&known.superclass);
            next.extend(above.filter_map(|ty| match ty {
                Type::Class(class) => Some(*class),
                _ => None,
            }));
        }
        found
    }

    fn call_unsaid(&mut self, name: &Name, arguments: Vec<Expr>, at: Pos) -> Checked<Expr> {
        let Some(class) = self.class else {
            let types = self.shown_types(&arguments);
            return problem(
                at,
                format!("Method does not exist or incorrect signature: void {}{types}", name.text),
            );
        };
        let mut around = Some(class);
        let mut arguments = arguments;
        let mut first = None;
        while let Some(id) = around {
            let own = id == class;
            let methods = self.methods_named(id, &name.text, !own);
            if !methods.is_empty() {
                let receiver = if own { Receiver::Unsaid } else { Receiver::Class };
                match self.call_method(id, &methods, name, arguments, receiver, at) {
                    Ok(made) => return Ok(made),
                    Err((problem, Some(back))) => {
                        arguments = back;
                        first.get_or_insert(problem);
                    }
                    Err((problem, None)) => return Err(problem),
                }
            }
            around = self.program.class(id).outer;
        }
        if !self.is_static && first.is_none() {
            let this = Expr { kind: ExprKind::This, ty: Type::Class(class), at };
            return self.call_native_of_class(class, this, name, arguments, false, at);
        }
        if let Some(first) = first {
            return Err(first);
        }
        self.no_method(&Type::Class(class), name, &arguments, at)
    }

    fn call_super(&mut self, name: &Name, arguments: Vec<Expr>, at: Pos) -> Checked<Expr> {
        let (Some(class), false) = (self.class, self.is_static) else {
            return problem(at, "Super cannot be referenced in a static context");
        };
        let superclass = self.program.class(class).superclass.clone();
        match superclass {
            Some(Type::Class(parent)) => {
                let methods = self.methods_named(parent, &name.text, false);
                if methods.is_empty() {
                    let this = Expr { kind: ExprKind::This, ty: Type::Class(parent), at };
                    return self.call_native_of_class(parent, this, name, arguments, false, at);
                }
                match self.call_method(parent, &methods, name, arguments, Receiver::Super, at) {
                    Ok(made) => Ok(made),
                    Err((problem, _)) => Err(problem),
                }
            }
            other => {
                let ty = other.unwrap_or(Type::Object);
                let this = Expr { kind: ExprKind::This, ty, at };
                self.call_native_on(this, name, arguments, false, at)
            }
        }
    }

    fn call_on(
        &mut self,
        value: Expr,
        name: &Name,
        arguments: Vec<Expr>,
        safe: bool,
        at: Pos,
    ) -> Checked<Expr> {
        let Type::Class(class) = value.ty else {
            return self.call_native_on(value, name, arguments, safe, at);
        };
        if self.program.class(class).kind == ClassKind::Enum {
            return self.call_on_enum(value, name, arguments, safe, at);
        }
        let methods = self.methods_named(class, &name.text, false);
        if methods.is_empty() {
            return self.call_native_of_class(class, value, name, arguments, safe, at);
        }
        match self.call_method(class, &methods, name, arguments, Receiver::Value(value, safe), at) {
            Ok(made) => Ok(made),
            Err((problem, _)) => Err(problem),
        }
    }

    /// Calls the method that fits; the arguments come back when none does.
    fn call_method(
        &mut self,
        class: ClassId,
        methods: &[MethodId],
        name: &Name,
        arguments: Vec<Expr>,
        receiver: Receiver,
        at: Pos,
    ) -> Result<Expr, (crate::apex::syntax::Problem, Option<Vec<Expr>>)> {
        let stop = |message: String| (crate::apex::syntax::Problem::new(at, message), None);
        let candidates = self.parameters_of(methods);
        let place = match self.choose(&candidates, &arguments) {
            Choice::One(place) => place,
            Choice::None => {
                return match self.no_method::<Expr>(&Type::Class(class), name, &arguments, at) {
                    Err(problem) => Err((problem, Some(arguments))),
                    Ok(made) => Ok(made),
                };
            }
            Choice::Several => {
                let types = self.shown_types(&arguments);
                return Err(stop(format!("Ambiguous method signature: void {}{types}", name.text)));
            }
        };
        let Some(id) = methods.get(place).copied() else { return Err(stop(String::new())) };
        let method = self.program.method(id);
        let shown = || described(self.program, method);
        if let Some(owner) = method.class {
            let test_visible = method.annotations.iter().any(|own| &**own == "testvisible");
            if !self.sees(method.visibility, owner, test_visible) {
                return Err(stop(format!("Method is not visible: {}", shown())));
            }
            self.uses.borrow_mut().insert(method.unit);
        }
        let ty = method.returns.clone();
        let parameters: Vec<Type> = candidates.get(place).cloned().unwrap_or_default();
        let arguments = self.converted_all(arguments, &parameters);
        if method.is_static {
            if let Receiver::Value(..) = &receiver {
                let shown = shown();
                return Err(stop(format!(
                    "Static method cannot be referenced from a non static context: {shown}"
                )));
            }
            let kind = ExprKind::Call { method: id, this: None, arguments, safe: false };
            return Ok(Expr { kind, ty, at });
        }
        let is_super = matches!(receiver, Receiver::Super);
        let (this, safe, direct) = match receiver {
            Receiver::Class => {
                let shown = shown();
                return Err(stop(format!(
                    "Non static method cannot be referenced from a static context: {shown}"
                )));
            }
            Receiver::Unsaid | Receiver::Super => {
                if self.is_static {
                    let shown = shown();
                    return Err(stop(format!(
                        "Non static method cannot be referenced from a static context: {shown}"
                    )));
                }
                if self.chaining {
                    let shown = shown();
                    return Err(stop(format!(
                        "Cannot reference instance methods in a constructor invocation: {shown}"
                    )));
                }
                let ty = self.class.map_or(Type::Object, Type::Class);
                (Expr { kind: ExprKind::This, ty, at }, false, is_super)
            }
            Receiver::Value(value, safe) => (value, safe, false),
        };
        if direct && method.is_abstract {
            let shown = shown();
            return Err(stop(format!("Abstract method cannot be called directly: {shown}")));
        }
        let kind = if direct || !(method.is_virtual || method.is_abstract) {
            ExprKind::Call { method: id, this: Some(Box::new(this)), arguments, safe }
        } else {
            ExprKind::CallVirtual { this: Box::new(this), slot: method.slot.clone(), arguments, safe }
        };
        Ok(Expr { kind, ty, at })
    }

    /// What is said when no method fits.
    pub(super) fn no_method<T>(&self, ty: &Type, name: &Name, arguments: &[Expr], at: Pos) -> Checked<T> {
        let (types, owner) = (self.shown_types(arguments), self.name(ty));
        problem(
            at,
            format!(
                "Method does not exist or incorrect signature: void {}{types} from the type {owner}",
                name.text
            ),
        )
    }
}
