//! `value.name`: variables of objects, fields of records, properties of the platform's objects.

use std::sync::Arc;

use super::scope::Checker;
use super::subject::Subject;
use super::{Checked, convert, library, problem};
use crate::apex::platform::Native;
use crate::apex::program::{Constant, Expr, ExprKind, RecordFieldKind};
use crate::apex::syntax::ast::{Name, Pos};
use crate::apex::types::Type;
use crate::apex::value::store::apex_type;
use crate::org::{Field, ObjectType};

/// Objects whose records a name without an object of its own may stand for (`Owner`).
const NAMED: [&str; 2] = ["User", "Group"];

/// Descriptions whose methods without arguments can be written as variables.
const DESCRIBED: [&str; 5] = [
    "Schema.DescribeSObjectResult",
    "Schema.DescribeFieldResult",
    "Schema.PicklistEntry",
    "Schema.RecordTypeInfo",
    "Schema.ChildRelationship",
];

/// Why the platform itself shares records.
const SHARED_FOR: [&str; 6] = ["Manual", "Owner", "Rule", "Team", "ImplicitChild", "ImplicitParent"];

impl Checker<'_> {
    pub(super) fn field(&mut self, value: Expr, name: &Name, safe: bool, at: Pos) -> Checked<Subject> {
        self.readable(&value)?;
        let value = convert::one_row(value);
        match value.ty.clone() {
            Type::Class(class) => {
                let fields = &self.program.class(class).fields;
                // The last that we see: a private variable above may have the same name.
                let seen = fields
                    .iter()
                    .enumerate()
                    .rev()
                    .filter(|(_, own)| own.name.eq_ignore_ascii_case(&name.text));
                let mut hidden = None;
                for (place, own) in seen {
                    let owner = self.owner_of(class, place);
                    if !self.sees(own.visibility, owner, own.test_visible)
                        && !self.sees(own.setter_visibility, owner, own.test_visible)
                    {
                        hidden = Some(format!("{}.{}", self.class_name(owner), own.name));
                        continue;
                    }
                    let ty = own.ty.clone();
                    let kind = ExprKind::Member { object: Box::new(value), field: place, safe };
                    return Ok(Subject::Value(Expr { kind, ty, at }));
                }
                if let Some(hidden) = hidden {
                    return problem(at, format!("Variable is not visible: {hidden}"));
                }
                let own = self.program.class(class);
                if own.statics.iter().any(|own| own.name.eq_ignore_ascii_case(&name.text)) {
                    let class = self.class_name(class);
                    return problem(
                        at,
                        format!(
                            "Static field cannot be referenced from a non static context: {} from the type {class}",
                            name.text
                        ),
                    );
                }
                problem(at, format!("Variable does not exist: {}", name.text))
            }
            Type::Record(object) => self.record_field(value, object, name, safe, at).map(Subject::Value),
            Type::SObject if name.is("Id") => {
                let kind = ExprKind::RecordField {
                    object: Box::new(value),
                    field: Arc::from("Id"),
                    kind: RecordFieldKind::Value,
                    safe,
                };
                Ok(Subject::Value(Expr { kind, ty: Type::Id, at }))
            }
            Type::Platform(owner, arguments) => {
                if let Some(object) = self.fields_of_described(&value, owner, name) {
                    return Ok(Subject::Fields(value, object));
                }
                if let ExprKind::RecordFieldToken(table, cause) = &value.kind
                    && &**cause == "RowCause"
                    && self.shares_for(table, &name.text)
                {
                    let kind = ExprKind::Constant(Constant::String(name.text.clone()));
                    return Ok(Subject::Value(Expr { kind, ty: Type::String, at }));
                }
                if owner == "Schema.SObjectTypeFieldSets" && !name.is("getMap") {
                    return self.field_set(value, name, at);
                }
                if let Some(native) = library::property(owner, &name.text, false) {
                    let ty = library::filled(&native.returns, &arguments);
                    let kind = ExprKind::CallNative {
                        native,
                        this: Some(Box::new(value)),
                        arguments: Vec::new(),
                        safe,
                        scope: None,
                    };
                    return Ok(Subject::Value(Expr { kind, ty, at }));
                }
                if (["Database.", "Messaging.", "Approval."].iter().any(|space| owner.starts_with(space))
                    || DESCRIBED.contains(&owner))
                    && let Some(native) = self.getter(owner, name)
                {
                    let ty = native.returns.clone();
                    let this = Some(Box::new(value));
                    let kind =
                        ExprKind::CallNative { native, this, arguments: Vec::new(), safe, scope: None };
                    return Ok(Subject::Value(Expr { kind, ty, at }));
                }
                problem(at, format!("Variable does not exist: {}", name.text))
            }
            // A field that is no reference has no fields.
            ty if matches!(value.kind, ExprKind::RecordField { .. }) && !matches!(ty, Type::List(_)) => {
                let field = match &value.kind {
                    ExprKind::RecordField { field, .. } => field.to_string(),
                    _ => String::new(),
                };
                problem(
                    at,
                    format!("A non foreign key field cannot be referenced in a path expression: {field}"),
                )
            }
            Type::SObject | Type::List(_) | Type::Set(_) | Type::Map(..) => {
                let ty = self.name(&value.ty);
                problem(at, format!("Initial term of field expression must be a concrete SObject: {ty}"))
            }
            _ => problem(at, format!("Variable does not exist: {}", name.text)),
        }
    }

    /// Whether records of the object that a sharing table stands beside are shared for this reason.
    fn shares_for(&self, table: &str, cause: &str) -> bool {
        let components = &self.program.index.metadata.components;
        let reason = table.strip_suffix("__Share").map(|stem| format!("{stem}__c.{cause}"));
        SHARED_FOR.iter().any(|known| known.eq_ignore_ascii_case(cause))
            || reason.is_some_and(|reason| components.get("SharingReason", &reason).is_some())
    }

    /// `result.id` is `result.getId()`, `result.success` is `result.isSuccess()`.
    fn getter(&self, owner: &'static str, name: &Name) -> Option<&'static Native> {
        ["get", "is"].into_iter().find_map(|verb| {
            let found = library::methods(owner, &format!("{verb}{}", name.text)).iter();
            found.into_iter().find(|native| !native.is_static && native.parameters.is_empty())
        })
    }

    /// The object whose fields `describe.fields` is about, where it is known before it runs.
    fn fields_of_described(&self, value: &Expr, owner: &str, name: &Name) -> Option<Arc<str>> {
        if !name.is("fields") {
            return None;
        }
        let token = match (owner, &value.kind) {
            ("Schema.SObjectType", kind) => kind,
            ("Schema.DescribeSObjectResult", ExprKind::CallNative { this: Some(this), .. }) => &this.kind,
            _ => return None,
        };
        match token {
            ExprKind::RecordType(object) => Some(object.clone()),
            _ => None,
        }
    }

    fn record_field(
        &mut self,
        value: Expr,
        object: Arc<str>,
        name: &Name,
        safe: bool,
        at: Pos,
    ) -> Checked<Expr> {
        let made = |value: Expr, field: &str, kind: RecordFieldKind, ty: Type| {
            let kind = ExprKind::RecordField { object: Box::new(value), field: Arc::from(field), kind, safe };
            Expr { kind, ty, at }
        };
        if let Some(field) = self.field_of(&object, &name.text) {
            return Ok(made(value, &field.name, RecordFieldKind::Value, apex_type(&field)));
        }
        if let Some((step, ty)) = self.parent_of(&object, &name.text) {
            return Ok(made(value, &step, RecordFieldKind::Parent, ty));
        }
        if let Some((step, child)) = self.children_of(&object, &name.text) {
            let ty = Type::list(Type::Record(child));
            return Ok(made(value, &step, RecordFieldKind::Children, ty));
        }
        problem(at, format!("Variable does not exist: {}", name.text))
    }

    /// The other way to write a name, for code of a package: with its namespace.
    fn spellings(&self, name: &str) -> Vec<String> {
        match &self.program.unit(self.unit).namespace {
            Some(namespace) => vec![format!("{namespace}__{name}"), name.to_owned()],
            None => vec![name.to_owned()],
        }
    }

    /// A field of an object; of polymorphic parents, of any that they may be.
    pub(super) fn field_of(&self, object: &str, name: &str) -> Option<Arc<Field>> {
        let objects = self.objects_of(object);
        let spellings = self.spellings(name);
        objects.iter().find_map(|object| spellings.iter().find_map(|name| object.field(name))).cloned()
    }

    fn objects_of(&self, object: &str) -> Vec<&Arc<ObjectType>> {
        let metadata = &self.program.index.metadata;
        match metadata.object(object) {
            Some(found) => vec![found],
            None if object == "Name" => NAMED.iter().filter_map(|name| metadata.object(name)).collect(),
            None => Vec::new(),
        }
    }

    /// The relationship of this name to a parent, and the type of the parent.
    pub(super) fn parent_of(&self, object: &str, name: &str) -> Option<(String, Type)> {
        let spellings = self.spellings(name);
        let fields = self.objects_of(object).into_iter().flat_map(|object| &object.fields);
        let field = fields.into_iter().find(|field| {
            let step = field.relationship.as_deref();
            step.is_some_and(|step| spellings.iter().any(|name| name.eq_ignore_ascii_case(step)))
        })?;
        let ty = match field.reference_to.as_slice() {
            [only] => Type::Record(Arc::from(only.as_str())),
            _ => Type::Record(Arc::from("Name")),
        };
        Some((field.relationship.clone()?, ty))
    }

    /// The relationship of this name to children, and their object.
    pub(super) fn children_of(&self, object: &str, name: &str) -> Option<(String, Arc<str>)> {
        let spellings = self.spellings(name);
        let references = self.program.index.metadata.references_to(object);
        references.iter().find_map(|(child, field)| {
            let step = crate::soql::child_relationship(child, field)?;
            let named = spellings.iter().any(|name| name.eq_ignore_ascii_case(&step));
            named.then(|| (step, Arc::from(child.name.as_str())))
        })
    }

    /// Whether a variable or property can be read.
    pub(super) fn readable(&self, value: &Expr) -> Checked<()> {
        let (class, field) = match &value.kind {
            ExprKind::Static(class, place) => (*class, self.program.class(*class).statics.get(*place)),
            ExprKind::Member { object, field, .. } => match object.ty {
                Type::Class(class) => (class, self.program.class(class).fields.get(*field)),
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        match field {
            Some(field) if !field.has_getter => {
                let class = self.class_name(class);
                problem(value.at, format!("A value cannot be read from {} in type {class}", field.name))
            }
            _ => Ok(()),
        }
    }
}
