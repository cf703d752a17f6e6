//! Calls of the platform's methods.

use std::sync::Arc;

use super::overload::Choice;
use super::scope::Checker;
use super::{Checked, convert, library, problem};
use crate::apex::platform::{Native, OF_CLASSES};
use crate::apex::program::{ClassId, ClassKind, Expr, ExprKind, RecordFieldKind};
use crate::apex::syntax::ast::{Name, Pos};
use crate::apex::types::Type;
use crate::org::ObjectKind;

/// Methods of `Database` whose text may name the variables around.
const DYNAMIC: [&str; 3] = ["query", "countquery", "getquerylocator"];
/// Methods of custom settings and custom metadata, which their objects have as if they were classes. They are kept
/// under this owner and are called on the object's `Schema.SObjectType`.
const SETTINGS: &str = "CustomSetting";
/// Methods of the values of every enum.
const ENUM: &str = "Enum";
/// Static methods of every enum, called on its `System.Type`.
const ENUM_TYPE: &str = "EnumType";

impl Checker<'_> {
    /// A call on a value whose type is the platform's.
    pub(super) fn call_native_on(
        &mut self,
        value: Expr,
        name: &Name,
        arguments: Vec<Expr>,
        safe: bool,
        at: Pos,
    ) -> Checked<Expr> {
        if name.is("addError")
            && let ExprKind::RecordField { kind: RecordFieldKind::Value, .. } = value.kind
        {
            return self.add_error_to_field(value, name, arguments, at);
        }
        let ty = value.ty.clone();
        let of = library::arguments(&ty);
        let found: Vec<&'static Native> = self.natives_of(&ty, name);
        self.call_found(&ty, &found, &of, Some(value), name, arguments, safe, at)
    }

    /// Methods of a type and of `Object`, static ones among them.
    fn natives_of(&self, ty: &Type, name: &Name) -> Vec<&'static Native> {
        let owner = library::owner(ty);
        let mut found: Vec<&'static Native> = library::methods(owner, &name.text).iter().collect();
        let is_enum = library::find(owner).is_some_and(|known| !known.values.is_empty());
        if found.is_empty() && is_enum {
            found.extend(library::methods(ENUM, &name.text));
        }
        if found.is_empty() && owner != "Object" {
            found.extend(library::methods("Object", &name.text));
        }
        found.retain(|native| !native.is_property);
        found
    }

    /// A call on an object of a class that has no such method itself: those of the platform's types above it.
    pub(super) fn call_native_of_class(
        &mut self,
        class: ClassId,
        value: Expr,
        name: &Name,
        arguments: Vec<Expr>,
        safe: bool,
        at: Pos,
    ) -> Checked<Expr> {
        let mut next = vec![Type::Class(class)];
        for _ in 0..200 {
            let Some(ty) = next.pop() else { break };
            match &ty {
                Type::Class(class) => {
                    let known = self.program.class(*class);
                    next.extend(known.interfaces.iter().chain(&known.superclass).cloned());
                }
                Type::Platform(owner, of) => {
                    let found: Vec<&'static Native> = library::methods(owner, &name.text)
                        .iter()
                        .filter(|native| !native.is_property && !native.is_static)
                        .collect();
                    if !found.is_empty() {
                        let own = Type::Class(class);
                        return self.call_found(&own, &found, of, Some(value), name, arguments, safe, at);
                    }
                }
                _ => {}
            }
        }
        if name.is("clone") && arguments.is_empty() {
            let found: Vec<&'static Native> = library::methods(OF_CLASSES, &name.text).iter().collect();
            let made =
                self.call_found(&Type::Class(class), &found, &[], Some(value), name, arguments, safe, at)?;
            return Ok(Expr { ty: Type::Class(class), ..made });
        }
        let found: Vec<&'static Native> = library::methods("Object", &name.text).iter().collect();
        self.call_found(&Type::Class(class), &found, &[], Some(value), name, arguments, safe, at)
    }

    /// `Type.method(…)`
    pub(super) fn call_static_native(
        &mut self,
        ty: &Type,
        name: &Name,
        arguments: Vec<Expr>,
        at: Pos,
    ) -> Checked<Expr> {
        if let Type::Platform(platform, _) = ty
            && let Some(known) = library::find(platform).filter(|known| !known.values.is_empty())
        {
            if name.is("values") && arguments.is_empty() {
                let constant = |value: &&'static str| Expr {
                    kind: ExprKind::PlatformEnum(known.name, value),
                    ty: ty.clone(),
                    at,
                };
                let kind = ExprKind::NewList(known.values.iter().map(constant).collect());
                return Ok(Expr { kind, ty: Type::list(ty.clone()), at });
            }
            if name.is("valueOf") && library::methods(platform, "valueOf").is_empty() {
                return self.enum_value_of(ty, name, arguments, at);
            }
        }
        let found: Vec<&'static Native> = library::methods(library::owner(ty), &name.text)
            .iter()
            .filter(|native| !native.is_property)
            .collect();
        self.call_found(ty, &found, &[], None, name, arguments, false, at)
    }

    #[allow(clippy::too_many_arguments)]
    fn call_found(
        &mut self,
        ty: &Type,
        found: &[&'static Native],
        of: &[Type],
        this: Option<Expr>,
        name: &Name,
        arguments: Vec<Expr>,
        safe: bool,
        at: Pos,
    ) -> Checked<Expr> {
        let fill = |native: &&'static Native| -> Vec<Type> {
            native.parameters.iter().map(|one| library::filled(one, of)).collect()
        };
        let (fitting, others): (Vec<&'static Native>, Vec<&'static Native>) =
            found.iter().copied().partition(|native| native.is_static == this.is_none());
        let candidates: Vec<Vec<Type>> = fitting.iter().map(fill).collect();
        let place = match self.choose(&candidates, &arguments) {
            Choice::One(place) => place,
            // Signatures of the platform that fit equally well do the same.
            Choice::Several => {
                let fits = |types: &Vec<Type>| {
                    types.len() == arguments.len()
                        && arguments
                            .iter()
                            .zip(types)
                            .all(|(one, ty)| convert::cost_of(self.program, one, ty).is_some())
                };
                candidates.iter().position(fits).unwrap_or_default()
            }
            Choice::None => {
                let candidates: Vec<Vec<Type>> = others.iter().map(fill).collect();
                if let Choice::One(place) = self.choose(&candidates, &arguments)
                    && let Some(native) = others.get(place)
                {
                    return self.wrong_context(ty, native, &candidates[place], at);
                }
                return self.no_method(ty, name, &arguments, at);
            }
        };
        let Some(native) = fitting.get(place).copied() else {
            return self.no_method(ty, name, &arguments, at);
        };
        let arguments = match candidates.get(place) {
            Some(parameters) => self.converted_all(arguments, parameters),
            None => arguments,
        };
        let returns = self.returned(native, ty, of);
        let dynamic = native.owner.ends_with("Database") && DYNAMIC.contains(&name.key().as_str());
        let scope = dynamic.then(|| self.scope());
        let kind = ExprKind::CallNative { native, this: this.map(Box::new), arguments, safe, scope };
        Ok(Expr { kind, ty: returns, at })
    }

    /// What a method answers. Copies of a record are records of its object.
    fn returned(&self, native: &Native, ty: &Type, of: &[Type]) -> Type {
        match ty {
            Type::Record(_)
                if native.returns == Type::SObject && native.name.eq_ignore_ascii_case("clone") =>
            {
                ty.clone()
            }
            _ => library::filled(&native.returns, of),
        }
    }

    fn wrong_context(&self, ty: &Type, native: &Native, parameters: &[Type], at: Pos) -> Checked<Expr> {
        let types: Vec<String> = parameters.iter().map(|one| self.name(one)).collect();
        let (returns, owner) = (self.name(&native.returns), self.name(ty));
        let shown = format!("{returns} {owner}.{}({})", native.name, types.join(", "));
        if native.is_static {
            problem(at, format!("Static method cannot be referenced from a non static context: {shown}"))
        } else {
            problem(at, format!("Non static method cannot be referenced from a static context: {shown}"))
        }
    }

    /// `record.Field.addError(…)`
    fn add_error_to_field(
        &mut self,
        value: Expr,
        name: &Name,
        arguments: Vec<Expr>,
        at: Pos,
    ) -> Checked<Expr> {
        let ExprKind::RecordField { object, field, safe, .. } = value.kind else {
            return problem(
                at,
                "addError must be invoked on an expression that is an exact SObject field reference",
            );
        };
        if safe {
            return problem(at, "Safe navigation operator is not allowed between SObject field and addError");
        }
        let api = match &object.ty {
            Type::Record(api) => api.clone(),
            _ => Arc::from("SObject"),
        };
        let token = Expr {
            kind: ExprKind::RecordFieldToken(api, field),
            ty: Type::platform("Schema.SObjectField"),
            at,
        };
        let ty = object.ty.clone();
        let found: Vec<&'static Native> = library::methods("SObject", "addError").iter().collect();
        let arguments = std::iter::once(token).chain(arguments).collect();
        self.call_found(&ty, &found, &[], Some(*object), name, arguments, false, at)
    }

    /// `Account.method(…)`
    pub(super) fn call_object(
        &mut self,
        object: Arc<str>,
        name: &Name,
        arguments: Vec<Expr>,
        at: Pos,
    ) -> Checked<Expr> {
        let token =
            Expr { kind: ExprKind::RecordType(object.clone()), ty: Type::platform("Schema.SObjectType"), at };
        if arguments.is_empty() && name.is("getSObjectType") {
            return Ok(token);
        }
        let known = self.site().object(&object);
        let kept =
            known.is_some_and(|known| matches!(known.kind, ObjectKind::Custom | ObjectKind::CustomMetadata));
        let found: Vec<&'static Native> = library::methods(SETTINGS, &name.text).iter().collect();
        let ty = Type::Record(object.clone());
        if !kept || found.is_empty() {
            return self.no_method(&ty, name, &arguments, at);
        }
        let mut made = self.call_found(&ty, &found, &[], Some(token), name, arguments, false, at)?;
        // One record, or all by name.
        made.ty = match made.ty {
            Type::SObject => ty,
            Type::Map(key, value) if *value == Type::SObject => Type::map(Type::clone(&key), ty),
            Type::List(of) if *of == Type::SObject => Type::list(ty),
            other => other,
        };
        Ok(made)
    }

    /// `Schema.SObjectType.Account.fields`, as a value.
    pub(super) fn fields_value(&mut self, described: Expr, at: Pos) -> Checked<Expr> {
        let described = match described.ty {
            Type::Platform("Schema.DescribeSObjectResult", _) => described,
            _ => self.native_call("Schema.SObjectType", "getDescribe", described, at)?,
        };
        let Some(native) = library::property("Schema.DescribeSObjectResult", "fields", false) else {
            return problem(at, "Not supported by this org: Schema.DescribeSObjectResult.fields");
        };
        let ty = native.returns.clone();
        let this = Some(Box::new(described));
        let kind = ExprKind::CallNative { native, this, arguments: Vec::new(), safe: false, scope: None };
        Ok(Expr { kind, ty, at })
    }

    /// `Color.values()`, `Color.valueOf('RED')`
    pub(super) fn enum_static(
        &mut self,
        class: ClassId,
        name: &Name,
        arguments: &mut Vec<Expr>,
        at: Pos,
    ) -> Checked<Option<Expr>> {
        let known = self.program.class(class);
        if known.kind != ClassKind::Enum {
            return Ok(None);
        }
        let ty = Type::Class(class);
        if name.is("values") && arguments.is_empty() {
            let constant =
                |place: usize| Expr { kind: ExprKind::EnumValue(class, place), ty: ty.clone(), at };
            let kind = ExprKind::NewList((0..known.values.len()).map(constant).collect());
            return Ok(Some(Expr { kind, ty: Type::list(ty), at }));
        }
        if name.is("valueOf") {
            return self.enum_value_of(&ty, name, std::mem::take(arguments), at).map(Some);
        }
        Ok(None)
    }

    /// `Color.valueOf('RED')`, of enums of both kinds.
    fn enum_value_of(&mut self, ty: &Type, name: &Name, arguments: Vec<Expr>, at: Pos) -> Checked<Expr> {
        let token = Expr { kind: ExprKind::ClassOf(ty.clone()), ty: Type::platform("System.Type"), at };
        let found: Vec<&'static Native> = library::methods(ENUM_TYPE, "valueOf").iter().collect();
        let mut made = self.call_found(ty, &found, &[], Some(token), name, arguments, false, at)?;
        made.ty = ty.clone();
        Ok(made)
    }

    /// A method of an enum's value.
    pub(super) fn call_on_enum(
        &mut self,
        value: Expr,
        name: &Name,
        arguments: Vec<Expr>,
        safe: bool,
        at: Pos,
    ) -> Checked<Expr> {
        let ty = value.ty.clone();
        let found: Vec<&'static Native> = library::methods(ENUM, &name.text).iter().collect();
        self.call_found(&ty, &found, &[], Some(value), name, arguments, safe, at)
    }
}
