//! What annotations and modifiers ask of a declaration.

use super::{Checked, library, problem};
use crate::apex::program::{Method, MethodKind, Program, Visibility};
use crate::apex::syntax::ast::{self, MethodDecl, Modifiers, TypeDecl};
use crate::apex::types::Type;

/// Annotations that the platform knows, in lower case.
const KNOWN: [&str; 27] = [
    "auraenabled",
    "deprecated",
    "future",
    "httpdelete",
    "httpget",
    "httppatch",
    "httppost",
    "httpput",
    "invocablemethod",
    "invocablevariable",
    "istest",
    "jsonaccess",
    "namespaceaccessible",
    "namespaceguard",
    "readonly",
    "remoteaction",
    "restresource",
    "sfdconly",
    "suppresswarnings",
    "testsetup",
    "testvisible",
    "priority",
    "isparallel",
    "capability",
    "eventbusaccess",
    "inheritedsharing",
    "webservice",
];

/// `@IsTest(SeeAllData=true)`
pub(super) fn sees_all_data(modifiers: &Modifiers) -> bool {
    let Some(annotation) = modifiers.annotation("istest") else { return false };
    annotation.arguments.iter().any(|(name, value)| {
        name.is("seealldata") && matches!(value.kind, ast::ExprKind::Literal(ast::Literal::Boolean(true)))
    })
}

pub(super) fn annotations(modifiers: &Modifiers) -> Checked<()> {
    match modifiers.annotations.iter().find(|one| !KNOWN.contains(&one.name.key().as_str())) {
        Some(unknown) => {
            problem(unknown.name.at, format!("Annotation does not exist: {}", unknown.name.text))
        }
        None => Ok(()),
    }
}

/// Annotations that make a method answer a verb of HTTP, as complaints spell them.
const VERBS: [&str; 5] = ["HttpDelete", "HttpGet", "HttpPatch", "HttpPost", "HttpPut"];
const URL_CHARS_MAX: usize = 255;

/// `@RestResource(urlMapping='/x/*')`: its mapping, and no verb twice.
pub(super) fn rest(decl: &TypeDecl) -> Checked<()> {
    let Some(annotation) = decl.modifiers.annotation("restresource") else { return Ok(()) };
    let at = annotation.name.at;
    let mapping = annotation.arguments.iter().find(|(name, _)| name.is("urlMapping"));
    let Some((_, ast::Expr { kind: ast::ExprKind::Literal(ast::Literal::String(mapping)), .. })) = mapping
    else {
        return problem(at, "Required property is missing: urlMapping");
    };
    if mapping.is_empty() {
        return problem(at, "Rest Resource url cannot be empty");
    }
    if mapping.chars().count() > URL_CHARS_MAX {
        return problem(at, "Rest Resource url cannot be longer than 255 characters");
    }
    if !mapping.starts_with('/') {
        return problem(at, "Rest Resource url must begin with a forward slash, '/'");
    }
    for (star, _) in mapping.match_indices('*') {
        if !mapping.get(..star).is_some_and(|before| before.ends_with('/')) {
            return problem(at, "Rest Resource url wildcard, '*', must be preceded by a forward slash, '/'");
        }
        if mapping.get(star + 1..).is_some_and(|behind| !behind.is_empty() && !behind.starts_with('/')) {
            let message = "Rest Resource url wildcard, '*', must be followed by a forward slash, '/', or be the last character";
            return problem(at, message);
        }
    }
    for verb in VERBS {
        let mut methods = decl.members.iter().filter_map(|member| match member {
            ast::Member::Method(method) if method.modifiers.annotation(verb).is_some() => Some(method),
            _ => None,
        });
        if let Some(second) = methods.nth(1) {
            return problem(second.name.at, format!("Only one method per type can be defined with: {verb}"));
        }
    }
    Ok(())
}

pub(super) fn method(program: &Program, method: &Method, decl: &MethodDecl, in_test: bool) -> Checked<()> {
    annotations(&decl.modifiers)?;
    let at = decl.name.at;
    let has = |name: &str| method.annotations.iter().any(|own| &**own == name);
    if method.kind != MethodKind::Method {
        return Ok(());
    }
    if (has("istest") || has("testsetup")) && !method.parameters.is_empty() {
        return problem(at, "Test methods must have no arguments");
    }
    if has("testsetup") && method.returns != Type::Void {
        return problem(at, "Test setup method must return void");
    }
    if (has("istest") || has("testsetup")) && !method.is_static {
        let what = if has("istest") { "IsTest" } else { "TestSetup" };
        return problem(at, format!("{what} methods must be declared as static"));
    }
    if has("testsetup") && method.see_all_data {
        return problem(at, "Test class cannot be annotated with @isTest(SeeAllData=true)");
    }
    if has("istest") && !in_test {
        return problem(at, "Test methods must be in a test class");
    }
    if has("future") {
        future(program, method, at)?;
    }
    if let Some(shown) = VERBS.iter().find(|verb| has(&verb.to_ascii_lowercase())) {
        if !method.is_static {
            return problem(at, format!("{shown} methods must be declared as static"));
        }
        if method.visibility != Visibility::Global {
            return problem(at, format!("{shown} methods must be declared as global"));
        }
    }
    Ok(())
}

/// `@future` methods run later: they take nothing that lives in the transaction.
fn future(program: &Program, method: &Method, at: ast::Pos) -> Checked<()> {
    if !method.is_static {
        return problem(at, "Future methods must be declared as static");
    }
    if method.returns != Type::Void {
        let returns = crate::apex::run::type_name(program, &method.returns);
        return problem(at, format!("Future methods do not support return type of {returns}"));
    }
    let fits = |ty: &Type| !matches!(library::owner(ty), "List" | "Set" | "Map" | "SObject" | "Object");
    let simple = |ty: &Type| match ty {
        Type::List(of) | Type::Set(of) => fits(of),
        Type::Map(key, value) => fits(key) && fits(value),
        Type::Platform(..) => false,
        ty => fits(ty),
    };
    match method.parameters.iter().find(|parameter| !simple(&parameter.ty)) {
        Some(parameter) => {
            let ty = crate::apex::run::type_name(program, &parameter.ty);
            problem(at, format!("Future methods do not support parameter type of {ty}"))
        }
        None => Ok(()),
    }
}
