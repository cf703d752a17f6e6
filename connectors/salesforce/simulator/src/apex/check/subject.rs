//! What a name, or names with dots between them, stand for: a value, a type, a namespace.

use std::sync::Arc;

use super::resolve::Meaning;
use super::scope::Checker;
use super::{Checked, library, problem};
use crate::apex::program::{ClassId, ClassKind, Expr, ExprKind, TriggerVariable};
use crate::apex::syntax::ast::{self, Name, Pos};
use crate::apex::types::Type;

/// What stands before a dot.
pub(super) enum Subject {
    Value(Expr),
    Type(Type),
    /// `System`, `Schema`, the namespace of a package.
    Namespace(Arc<str>),
    /// `Trigger`
    Trigger,
    /// `Page`, before the name of a Visualforce page.
    Pages,
    /// `Schema.SObjectType`, before the name of an object.
    AllObjects,
    /// `Account.SObjectType.fields`, `Schema.SObjectType.Account.fields`: before the name of a field.
    Fields(Expr, Arc<str>),
}

impl Checker<'_> {
    pub(super) fn subject(&mut self, expr: &ast::Expr) -> Checked<Subject> {
        match &expr.kind {
            ast::ExprKind::Name(name) => self.name_alone(name),
            ast::ExprKind::Field { object, name, safe } => {
                let object = stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.subject(object))?;
                self.member(object, name, *safe, expr.at)
            }
            ast::ExprKind::Type(written) => self.ty(written).map(Subject::Type),
            _ => self.value(expr).map(Subject::Value),
        }
    }

    /// As [`subject`](Self::subject) of a place that is to be assigned: private setters count, not getters.
    pub(super) fn storing(&mut self, expr: &ast::Expr) -> Checked<Expr> {
        match &expr.kind {
            ast::ExprKind::Name(_) | ast::ExprKind::Field { .. } => match self.subject(expr)? {
                Subject::Value(value) => Ok(value),
                _ => problem(expr.at, "Expression cannot be assigned"),
            },
            _ => self.value(expr),
        }
    }

    fn name_alone(&mut self, name: &Name) -> Checked<Subject> {
        if let Some(value) = self.variable(name)? {
            return Ok(Subject::Value(value));
        }
        if let Some(subject) = self.type_or_namespace(name)? {
            return Ok(subject);
        }
        problem(name.at, format!("Variable does not exist: {}", name.text))
    }

    fn type_or_namespace(&mut self, name: &Name) -> Checked<Option<Subject>> {
        if name.is("trigger") {
            return Ok(Some(Subject::Trigger));
        }
        match self.site().named(&[&name.text]) {
            // `BusinessHours.diff(…)` is of the class, `BusinessHours hours` of the object.
            Some(Meaning::Type(Type::Record(object))) => {
                let ty =
                    library::find(&object).map_or(Type::Record(object), |known| Type::platform(known.name));
                return Ok(Some(Subject::Type(ty)));
            }
            Some(Meaning::Type(ty)) => return Ok(Some(Subject::Type(ty))),
            Some(Meaning::Broken(message)) => return problem(name.at, message),
            Some(Meaning::Hidden(class)) => return problem(name.at, format!("Type is not visible: {class}")),
            None => {}
        }
        if name.is("page") {
            return Ok(Some(Subject::Pages));
        }
        if library::is_namespace(&name.text) || self.program.index.has_namespace(&name.text) {
            return Ok(Some(Subject::Namespace(name.text.clone())));
        }
        Ok(None)
    }

    /// A local variable, a variable of the class or of those above and around it.
    pub(super) fn variable(&mut self, name: &Name) -> Checked<Option<Expr>> {
        let at = name.at;
        if let Some(slot) = self.find(&name.text)
            && let Some(local) = self.local(slot)
        {
            let ty = local.ty.clone();
            return Ok(Some(Expr { kind: ExprKind::Local(slot), ty, at }));
        }
        let Some(class) = self.class else { return Ok(None) };
        let known = self.program.class(class);
        if let Some(place) =
            known.fields.iter().rposition(|field| field.name.eq_ignore_ascii_case(&name.text))
        {
            let owner = self.owner_of(class, place);
            let field = known.fields.get(place);
            let hidden = field.is_some_and(|field| !self.sees(field.visibility, owner, field.test_visible));
            // Where there is no object yet, what needs none comes first.
            if (self.is_static || self.chaining)
                && let Some(found) = self.inherited_static(class, &name.text, at, false)?
            {
                return Ok(Some(found));
            }
            let is_type =
                self.is_static && matches!(self.site().named(&[&name.text]), Some(Meaning::Type(_)));
            if is_type {
                return Ok(None);
            }
            if !hidden {
                let Some(ty) = field.map(|field| field.ty.clone()) else { return Ok(None) };
                if self.is_static {
                    let owner = self.class_name(owner);
                    return problem(
                        at,
                        format!(
                            "Non static field cannot be referenced from a static context: {} from the type {owner}",
                            name.text
                        ),
                    );
                }
                if self.chaining {
                    let message = format!(
                        "Cannot reference instance variables in a constructor invocation: {}",
                        name.text
                    );
                    return problem(at, message);
                }
                let this = Expr { kind: ExprKind::This, ty: Type::Class(class), at };
                let kind = ExprKind::Member { object: Box::new(this), field: place, safe: false };
                return Ok(Some(Expr { kind, ty, at }));
            }
        }
        let mut around = Some(class);
        while let Some(id) = around {
            if let Some(found) = self.inherited_static(id, &name.text, at, false)? {
                return Ok(Some(found));
            }
            around = self.program.class(id).outer;
        }
        Ok(None)
    }

    /// A static variable of a class or of one above it.
    fn inherited_static(&self, class: ClassId, name: &str, at: Pos, strict: bool) -> Checked<Option<Expr>> {
        let mut next = Some(class);
        for _ in 0..self.program.classes.len() {
            let Some(id) = next else { break };
            let known = self.program.class(id);
            let place = known.statics.iter().position(|field| field.name.eq_ignore_ascii_case(name));
            if let Some((place, field)) = place.and_then(|place| Some((place, known.statics.get(place)?))) {
                if self.sees(field.visibility, id, field.test_visible) {
                    let ty = field.ty.clone();
                    return Ok(Some(Expr { kind: ExprKind::Static(id, place), ty, at }));
                }
                if strict {
                    let owner = self.class_name(id);
                    return problem(at, format!("Variable is not visible: {owner}.{}", field.name));
                }
            }
            next = match known.superclass {
                Some(Type::Class(parent)) => Some(parent),
                _ => None,
            };
        }
        Ok(None)
    }

    /// `subject.name`
    fn member(&mut self, subject: Subject, name: &Name, safe: bool, at: Pos) -> Checked<Subject> {
        let missing = |whole: String| problem(at, format!("Variable does not exist: {whole}"));
        match subject {
            Subject::Value(value) => self.field(value, name, safe, at),
            Subject::Trigger => self.trigger_variable(name, at).map(Subject::Value),
            Subject::Pages => self.page(name, at),
            Subject::AllObjects => match self.site().object(&name.text).cloned() {
                Some(object) => self.described(&object.name, at).map(Subject::Value),
                None => missing(name.text.to_string()),
            },
            Subject::Fields(object, api) => match self.field_of(&api, &name.text) {
                Some(field) => {
                    let kind = ExprKind::RecordFieldToken(api, Arc::from(field.name.as_str()));
                    let token = Expr { kind, ty: Type::platform("Schema.SObjectField"), at: object.at };
                    // `Account.SObjectType.fields.Name` is the field, `Schema.SObjectType.Account.fields.Name` its describe.
                    if object.ty == Type::platform("Schema.SObjectType") {
                        return Ok(Subject::Value(token));
                    }
                    self.native_call("Schema.SObjectField", "getDescribe", token, at).map(Subject::Value)
                }
                None => missing(name.text.to_string()),
            },
            Subject::Namespace(namespace) => self.in_namespace(&namespace, name, at),
            Subject::Type(ty) => self.in_type(ty, name, at),
        }
    }

    fn in_namespace(&mut self, namespace: &str, name: &Name, at: Pos) -> Checked<Subject> {
        if namespace.eq_ignore_ascii_case("schema") && name.is("SObjectType") {
            return Ok(Subject::AllObjects);
        }
        if namespace.eq_ignore_ascii_case("system") && name.is("trigger") {
            return Ok(Subject::Trigger);
        }
        let whole = format!("{namespace}.{}", name.text);
        match self.site().named(&[namespace, &name.text]) {
            Some(Meaning::Type(ty)) => Ok(Subject::Type(ty)),
            Some(Meaning::Broken(message)) => problem(at, message),
            Some(Meaning::Hidden(class)) => problem(at, format!("Type is not visible: {class}")),
            None => problem(at, format!("Variable does not exist: {whole}")),
        }
    }

    fn in_type(&mut self, ty: Type, name: &Name, at: Pos) -> Checked<Subject> {
        // `Account.class.getName()`: before another dot the parser takes it for a name.
        if name.is("class") {
            let kind = ExprKind::ClassOf(ty);
            return Ok(Subject::Value(Expr { kind, ty: Type::platform("System.Type"), at }));
        }
        match &ty {
            Type::Class(class) => {
                let class = *class;
                if let Some(found) = self.inherited_static(class, &name.text, at, true)? {
                    return Ok(Subject::Value(found));
                }
                if self.program.class(class).kind == ClassKind::Enum
                    && let Some(kind) = self.enum_value(&ty, &name.text)
                {
                    return Ok(Subject::Value(Expr { kind, ty, at }));
                }
                let outer = self.program.class(class).name.clone();
                if let Some(found) = self.inner_of(class, &outer, name, at)? {
                    return Ok(found);
                }
                if let Some(field) = self
                    .program
                    .class(class)
                    .fields
                    .iter()
                    .find(|field| field.name.eq_ignore_ascii_case(&name.text))
                {
                    let class = self.class_name(class);
                    return problem(
                        at,
                        format!(
                            "Non static field cannot be referenced from a static context: {} from the type {class}",
                            field.name
                        ),
                    );
                }
                problem(at, format!("Variable does not exist: {}", name.text))
            }
            Type::Record(object) => self.of_object(object.clone(), name, at),
            Type::Platform(platform, _) => {
                let platform = *platform;
                if let Some(kind) = self.enum_value(&ty, &name.text) {
                    return Ok(Subject::Value(Expr { kind, ty, at }));
                }
                if let Some(native) = library::property(platform, &name.text, true) {
                    let ty = native.returns.clone();
                    let kind = ExprKind::CallNative {
                        native,
                        this: None,
                        arguments: Vec::new(),
                        safe: false,
                        scope: None,
                    };
                    return Ok(Subject::Value(Expr { kind, ty, at }));
                }
                if platform == "System.Label" {
                    return self.label(name, at);
                }
                if platform == "Schema.SObjectType" {
                    return self.member(Subject::AllObjects, name, false, at);
                }
                if let Some(known) = library::find(&format!("{platform}.{}", name.text)) {
                    return Ok(Subject::Type(Type::platform(known.name)));
                }
                // `Database.SaveResult`, where `Database` is a class, too.
                let namespace = platform.rsplit('.').next().unwrap_or(platform);
                self.in_namespace(namespace, name, at).or_else(|problem| {
                    if problem.message.starts_with("Variable does not exist") {
                        return super::problem(at, format!("Variable does not exist: {}", name.text));
                    }
                    Err(problem)
                })
            }
            _ => problem(at, format!("Variable does not exist: {}", name.text)),
        }
    }

    fn inner_of(&mut self, class: ClassId, outer: &str, name: &Name, at: Pos) -> Checked<Option<Subject>> {
        let namespace = self.program.unit(self.program.class(class).unit).namespace.clone();
        let whole = format!("{outer}.{}", name.text);
        let parts: Vec<&str> = match &namespace {
            Some(namespace) => std::iter::once(&**namespace).chain(whole.split('.')).collect(),
            None => whole.split('.').collect(),
        };
        match self.site().named(&parts) {
            Some(Meaning::Type(ty)) => Ok(Some(Subject::Type(ty))),
            Some(Meaning::Hidden(class)) => problem(at, format!("Type is not visible: {class}")),
            _ => Ok(None),
        }
    }

    /// `Account.SObjectType`, `Account.Name`
    fn of_object(&mut self, object: Arc<str>, name: &Name, at: Pos) -> Checked<Subject> {
        if name.is("SObjectType") {
            let kind = ExprKind::RecordType(object);
            return Ok(Subject::Value(Expr { kind, ty: Type::platform("Schema.SObjectType"), at }));
        }
        if name.is("fields") {
            let kind = ExprKind::RecordType(object.clone());
            let token = Expr { kind, ty: Type::platform("Schema.SObjectType"), at };
            return Ok(Subject::Fields(token, object));
        }
        match self.field_of(&object, &name.text) {
            Some(field) => {
                let kind = ExprKind::RecordFieldToken(object, Arc::from(field.name.as_str()));
                Ok(Subject::Value(Expr { kind, ty: Type::platform("Schema.SObjectField"), at }))
            }
            None => problem(at, format!("Field does not exist: {} on {object}", name.text)),
        }
    }

    /// `Schema.SObjectType.Account`
    pub(super) fn described(&mut self, object: &str, at: Pos) -> Checked<Expr> {
        let kind = ExprKind::RecordType(Arc::from(object));
        let token = Expr { kind, ty: Type::platform("Schema.SObjectType"), at };
        self.native_call("Schema.SObjectType", "getDescribe", token, at)
    }

    /// A call of a platform method without arguments, which the source does not write out.
    pub(super) fn native_call(
        &mut self,
        owner: &'static str,
        name: &str,
        this: Expr,
        at: Pos,
    ) -> Checked<Expr> {
        let found = library::methods(owner, name).iter().find(|native| native.parameters.is_empty());
        let Some(native) = found else {
            return problem(at, format!("Not supported by this org: {owner}.{name}"));
        };
        let ty = native.returns.clone();
        let kind = ExprKind::CallNative {
            native,
            this: Some(Box::new(this)),
            arguments: Vec::new(),
            safe: false,
            scope: None,
        };
        Ok(Expr { kind, ty, at })
    }

    fn trigger_variable(&mut self, name: &Name, at: Pos) -> Checked<Expr> {
        let row = match &self.trigger {
            Some(object) => Type::Record(object.clone()),
            None => Type::SObject,
        };
        let (variable, ty) = match name.key().as_str() {
            "new" => (TriggerVariable::New, Type::list(row)),
            "old" => (TriggerVariable::Old, Type::list(row)),
            "newmap" => (TriggerVariable::NewMap, Type::map(Type::Id, row)),
            "oldmap" => (TriggerVariable::OldMap, Type::map(Type::Id, row)),
            "isexecuting" => (TriggerVariable::IsExecuting, Type::Boolean),
            "isinsert" => (TriggerVariable::IsInsert, Type::Boolean),
            "isupdate" => (TriggerVariable::IsUpdate, Type::Boolean),
            "isdelete" => (TriggerVariable::IsDelete, Type::Boolean),
            "isundelete" => (TriggerVariable::IsUndelete, Type::Boolean),
            "isbefore" => (TriggerVariable::IsBefore, Type::Boolean),
            "isafter" => (TriggerVariable::IsAfter, Type::Boolean),
            "operationtype" => (TriggerVariable::OperationType, Type::platform("System.TriggerOperation")),
            "size" => (TriggerVariable::Size, Type::Integer),
            _ => return problem(at, format!("Variable does not exist: {}", name.text)),
        };
        Ok(Expr { kind: ExprKind::TriggerVariable(variable), ty, at })
    }
}
