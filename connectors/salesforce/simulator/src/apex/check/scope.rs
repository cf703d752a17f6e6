//! What the checker of a body knows: where it is, and which variables are in scope.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::resolve::Site;
use super::{Checked, check_name, problem};
use crate::apex::program::{ClassId, Expr, ExprKind, MethodKind, Program, ScopeEntry, UnitId};
use crate::apex::syntax::ast::{Name, Pos, TypeRef};
use crate::apex::types::Type;

/// Checks one body.
pub(super) struct Checker<'p> {
    pub program: &'p Program,
    pub unit: UnitId,
    pub class: Option<ClassId>,
    /// There is no `this`.
    pub is_static: bool,
    pub kind: MethodKind,
    pub returns: Type,
    /// The object of the trigger that we are in.
    pub trigger: Option<Arc<str>>,
    /// Arguments of `this(…)` or `super(…)` are being read.
    pub chaining: bool,
    /// Loops around.
    pub loops: usize,
    /// The innermost loop has a `break`.
    pub broken: bool,
    pub uses: &'p RefCell<BTreeSet<UnitId>>,
    locals: Vec<Local>,
    /// Names in scope, innermost last.
    scopes: Vec<Vec<(String, usize)>>,
}

/// A local variable; its place in the list is its slot.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub ty: Type,
    pub is_final: bool,
    pub assigned: bool,
}

impl<'p> Checker<'p> {
    pub(super) fn new(site: Site<'p>, is_static: bool, kind: MethodKind, returns: Type) -> Self {
        Self {
            program: site.program,
            unit: site.unit,
            class: site.class,
            is_static,
            kind,
            returns,
            trigger: None,
            chaining: false,
            loops: 0,
            broken: false,
            uses: site.uses,
            locals: Vec::new(),
            scopes: vec![Vec::new()],
        }
    }

    pub(super) fn site(&self) -> Site<'p> {
        Site { program: self.program, unit: self.unit, class: self.class, uses: self.uses }
    }

    pub(super) fn ty(&self, written: &TypeRef) -> Checked<Type> {
        self.site().ty(written)
    }

    /// The name of a type, for messages.
    pub(super) fn name(&self, ty: &Type) -> String {
        match ty {
            Type::Class(class) => {
                let class = self.program.class(*class);
                match &self.program.unit(class.unit).namespace {
                    Some(namespace) if *namespace != self.namespace() => {
                        format!("{namespace}.{}", class.name)
                    }
                    _ => class.name.to_string(),
                }
            }
            // A class that has the name of its namespace.
            Type::Platform(name, _) => match name.split_once('.') {
                Some((namespace, own)) if namespace == own => own.to_owned(),
                _ => crate::apex::run::type_name(self.program, ty),
            },
            ty => crate::apex::run::type_name(self.program, ty),
        }
    }

    fn namespace(&self) -> Arc<str> {
        self.program.unit(self.unit).namespace.clone().unwrap_or_else(|| Arc::from(""))
    }

    /// How many variables there have been.
    pub(super) fn slots(&self) -> usize {
        self.locals.len()
    }

    pub(super) fn local(&self, slot: usize) -> Option<&Local> {
        self.locals.get(slot)
    }

    pub(super) fn local_mut(&mut self, slot: usize) -> Option<&mut Local> {
        self.locals.get_mut(slot)
    }

    /// Does something in a scope of its own.
    pub(super) fn within<T>(&mut self, work: impl FnOnce(&mut Self) -> Checked<T>) -> Checked<T> {
        self.scopes.push(Vec::new());
        let result = work(self);
        self.scopes.pop();
        result
    }

    /// A variable whose name may not be in use in the body yet.
    pub(super) fn declare(
        &mut self,
        name: &Name,
        ty: Type,
        is_final: bool,
        assigned: bool,
    ) -> Checked<usize> {
        check_name(name)?;
        if ty == Type::Void {
            return problem(name.at, "Variables cannot be of type void");
        }
        if self.find(&name.text).is_some() {
            return problem(name.at, format!("Duplicate variable: {}", name.text));
        }
        Ok(self.add(&name.text, ty, is_final, assigned))
    }

    /// A variable that was checked before.
    pub(super) fn add(&mut self, name: &str, ty: Type, is_final: bool, assigned: bool) -> usize {
        let slot = self.locals.len();
        self.locals.push(Local { ty, is_final, assigned });
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name.to_ascii_lowercase(), slot));
        }
        slot
    }

    /// The slot of a local variable.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let all = self.scopes.iter().rev().flat_map(|scope| scope.iter().rev());
        all.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, slot)| *slot)
    }

    /// The variables that the text of a dynamic query may name.
    pub(super) fn scope(&self) -> Arc<HashMap<String, ScopeEntry>> {
        let mut entries = HashMap::new();
        let mut around = self.class;
        while let Some(id) = around {
            let class = self.program.class(id);
            for (place, field) in class.statics.iter().enumerate() {
                let entry = ScopeEntry::Static(id, place, field.ty.clone());
                entries.entry(field.name.to_ascii_lowercase()).or_insert(entry);
            }
            if Some(id) == self.class && !self.is_static {
                for (place, field) in class.fields.iter().enumerate() {
                    let entry = ScopeEntry::Field(place, field.ty.clone());
                    entries.insert(field.name.to_ascii_lowercase(), entry);
                }
            }
            around = class.outer;
        }
        for (name, slot) in self.scopes.iter().flatten() {
            if let Some(local) = self.locals.get(*slot) {
                entries.insert(name.clone(), ScopeEntry::Local(*slot, local.ty.clone()));
            }
        }
        Arc::new(entries)
    }

    /// `this`, where there is one.
    pub(super) fn this(&self, at: Pos) -> Checked<Expr> {
        match self.class {
            Some(class) if !self.is_static => Ok(Expr { kind: ExprKind::This, ty: Type::Class(class), at }),
            _ => problem(at, "This cannot be referenced in a static context"),
        }
    }
}
