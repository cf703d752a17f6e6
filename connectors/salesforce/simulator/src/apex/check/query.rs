//! Queries in brackets.

use std::sync::Arc;

use super::scope::Checker;
use super::{Checked, convert, problem};
use crate::apex::platform;
use crate::apex::program::{Constant, Expr, ExprKind, Soql};
use crate::apex::syntax::ast::{self, Pos};
use crate::apex::types::Type;
use crate::org::Metadata;
use crate::soql;
use crate::surface::rest::search;

impl Checker<'_> {
    /// A query: a list of records, or a number where it counts. Where one record is wanted, the conversion makes it one.
    pub(super) fn soql(&mut self, written: &ast::Soql, wanted: Option<&Type>, at: Pos) -> Checked<Expr> {
        let mut binds = Vec::with_capacity(written.binds.len());
        for bind in &written.binds {
            binds.push(self.value(bind)?);
        }
        let metadata = &self.program.index.metadata;
        let text = match &self.program.unit(self.unit).namespace {
            Some(namespace) => Arc::from(prefixed(metadata, namespace, &written.text)),
            None => written.text.clone(),
        };
        let checked = match soql::check_names(metadata, &text) {
            Ok(checked) => checked,
            Err(message) => return problem(at, message),
        };
        if checked.security_enforced && self.program.unit(self.unit).is_secure() {
            let message =
                "WITH SECURITY_ENFORCED is not available from API version 67.0 on: use WITH USER_MODE";
            return problem(at, message);
        }
        let object: Arc<str> = Arc::from(checked.object.as_str());
        let ty = match (checked.count, checked.groups, wanted) {
            (true, _, Some(Type::List(_) | Type::SObject)) | (_, true, _) => {
                Type::list(Type::Record(Arc::from("AggregateResult")))
            }
            (true, ..) => Type::Integer,
            _ => Type::list(Type::Record(object)),
        };
        Ok(Expr { kind: ExprKind::Soql(Soql { text, binds }), ty, at })
    }

    /// A search in brackets: a list of records for each object that it returns.
    pub(super) fn sosl(&mut self, written: &ast::Soql, at: Pos) -> Checked<Expr> {
        let mut binds = Vec::with_capacity(written.binds.len());
        for bind in &written.binds {
            binds.push(self.value(bind)?);
        }
        // A term that is a bind is any word.
        let text = match written.text.split_once(":b0") {
            Some((start, rest)) if start.trim().eq_ignore_ascii_case("find") => format!("FIND {{any}}{rest}"),
            _ => written.text.to_string(),
        };
        let search = match search::read(&text) {
            Ok(search) => search,
            Err(message) => return problem(at, message),
        };
        let metadata = &self.program.index.metadata;
        for returning in &search.returning {
            if let Err(message) = soql::check_names(metadata, &platform::search_selection(returning)) {
                return problem(at, message);
            }
        }
        let Some(native) = platform::natives("BracketSearch", "find").first() else {
            return problem(at, "Not supported by this org: System.Search.query");
        };
        let text = ExprKind::Constant(Constant::String(written.text.clone()));
        let text = Expr { kind: text, ty: Type::String, at };
        let values = Expr { kind: ExprKind::NewList(binds), ty: Type::list(Type::Object), at };
        let ty = native.returns.clone();
        let arguments = vec![text, values];
        let kind = ExprKind::CallNative { native, this: None, arguments, safe: false, scope: None };
        Ok(Expr { kind, ty, at })
    }

    /// A query that a loop goes over: its variable is one record or a list of them.
    pub(super) fn query_loop(&mut self, query: Expr, variable: &Type) -> Checked<Expr> {
        let row = match &query.ty {
            Type::List(of) => Type::clone(of),
            ty => {
                let name = self.name(ty);
                return problem(query.at, format!("Loop must iterate over collection: {name}"));
            }
        };
        let wanted = match variable {
            Type::List(of) => Type::clone(of),
            ty => ty.clone(),
        };
        if !convert::is_subtype(self.program, &row, &wanted) {
            let name = self.name(&row);
            let message = format!(
                "Loop variable must be a generic SObject or List or a concrete SObject or List of: {name}"
            );
            return problem(query.at, message);
        }
        Ok(query)
    }
}

/// The text of a package's query with its own names as the org has them. Words in quotes stay.
fn prefixed(metadata: &Metadata, namespace: &str, text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 64);
    let mut word = String::new();
    let mut quoted = false;
    let mut escaped = false;
    let mut bind = false;
    let known = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let custom = ["__c", "__e", "__mdt", "__r"].iter().any(|end| lower.ends_with(end));
        if !custom || lower.matches("__").count() > 1 {
            return false;
        }
        let whole = format!("{namespace}__{name}");
        metadata.object(&whole).is_some()
            || metadata.objects().any(|object| {
                object.fields.iter().any(|field| {
                    let step = |step: &Option<String>| {
                        step.as_deref().is_some_and(|step| step.eq_ignore_ascii_case(&whole))
                    };
                    field.name.eq_ignore_ascii_case(&whole)
                        || step(&field.relationship)
                        || step(&field.child_relationship)
                })
            })
    };
    let flush = |word: &mut String, made: &mut String, bind: bool| {
        if !word.is_empty() {
            if !bind && known(word) {
                made.push_str(namespace);
                made.push_str("__");
            }
            made.push_str(word);
            word.clear();
        }
    };
    for letter in text.chars() {
        if !quoted && (letter.is_ascii_alphanumeric() || letter == '_') {
            word.push(letter);
            continue;
        }
        flush(&mut word, &mut made, bind);
        bind = !quoted && letter == ':';
        if letter == '\'' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && letter == '\\' && !escaped;
        made.push(letter);
    }
    flush(&mut word, &mut made, bind);
    made
}
