//! Names that stand for components of the org: `Label.X`, `Page.X`, `SObjectType.Account.FieldSets.X`.

use std::sync::Arc;

use super::scope::Checker;
use super::subject::Subject;
use super::{Checked, library, problem};
use crate::apex::program::{Constant, Expr, ExprKind};
use crate::apex::syntax::ast::{Name, Pos};
use crate::apex::types::Type;

const LABEL: &str = "System.Label";
const PAGE: &str = "System.PageReference";
const FIELD_SETS: &str = "Schema.SObjectTypeFieldSets";

impl Checker<'_> {
    /// `Label.Name`: the text of a custom label.
    pub(super) fn label(&mut self, name: &Name, at: Pos) -> Checked<Subject> {
        let components = &self.program.index.metadata.components;
        if components.get("CustomLabel", &name.text).is_none() {
            return problem(at, format!("External string does not exist: {}", name.text));
        }
        let arguments = vec![constant("", at), constant(&name.text, at)];
        self.made(LABEL, "get", arguments, at)
    }

    /// `Page.Name`: where a Visualforce page is.
    pub(super) fn page(&mut self, name: &Name, at: Pos) -> Checked<Subject> {
        let components = &self.program.index.metadata.components;
        let Some(page) = components.get("ApexPage", &name.text) else {
            return problem(at, format!("Page does not exist: {}", name.text));
        };
        let place = constant(&format!("/apex/{}", page.full_name.to_ascii_lowercase()), at);
        self.made(PAGE, "<init>", vec![place], at)
    }

    /// A call of a method that takes these texts.
    fn made(&self, owner: &str, name: &str, arguments: Vec<Expr>, at: Pos) -> Checked<Subject> {
        let texts = |types: &[Type]| types.iter().all(|ty| *ty == Type::String);
        let mut found = library::methods(owner, name).iter();
        let found = found.find(|one| one.parameters.len() == arguments.len() && texts(&one.parameters));
        let Some(native) = found else { return problem(at, format!("Variable does not exist: {owner}")) };
        let (kind, ty) = if name == "<init>" {
            let Some(known) = library::find(owner) else {
                return problem(at, format!("Variable does not exist: {owner}"));
            };
            (ExprKind::NewPlatform { native, arguments }, Type::platform(known.name))
        } else {
            let ty = native.returns.clone();
            (ExprKind::CallNative { native, this: None, arguments, safe: false, scope: None }, ty)
        };
        Ok(Subject::Value(Expr { kind, ty, at }))
    }

    /// `….FieldSets.Name`, where the object is known before it runs.
    pub(super) fn field_set(&mut self, sets: Expr, name: &Name, at: Pos) -> Checked<Subject> {
        let object = self.object_described(&sets);
        let components = &self.program.index.metadata.components;
        let known = object.and_then(|object| components.get("FieldSet", &format!("{object}.{}", name.text)));
        let Some(set) = known else {
            return problem(at, format!("FieldSet does not exist: {}", name.text));
        };
        let set_name = set.full_name.rsplit('.').next().unwrap_or_default().to_owned();
        let map = self.native_call(FIELD_SETS, "getMap", sets, at)?;
        let Some(native) = library::methods("Map", "get").first() else {
            return problem(at, format!("Variable does not exist: {}", name.text));
        };
        let kind = ExprKind::CallNative {
            native,
            this: Some(Box::new(map)),
            arguments: vec![constant(&set_name, at)],
            safe: false,
            scope: None,
        };
        Ok(Subject::Value(Expr { kind, ty: Type::platform("Schema.FieldSet"), at }))
    }

    /// The object of `describe.fieldSets`.
    fn object_described(&self, sets: &Expr) -> Option<Arc<str>> {
        let mut at = sets;
        for _ in 0..3 {
            match &at.kind {
                ExprKind::CallNative { this: Some(this), .. } => at = this,
                ExprKind::RecordType(object) => return Some(object.clone()),
                _ => return None,
            }
        }
        match &at.kind {
            ExprKind::RecordType(object) => Some(object.clone()),
            _ => None,
        }
    }
}

fn constant(text: &str, at: Pos) -> Expr {
    Expr { kind: ExprKind::Constant(Constant::String(Arc::from(text))), ty: Type::String, at }
}
