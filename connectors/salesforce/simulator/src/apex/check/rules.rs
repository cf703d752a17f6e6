//! What annotations and modifiers ask of a declaration.

use super::{Checked, library, problem};
use crate::apex::program::{Method, MethodKind, Program, Visibility};
use crate::apex::syntax::ast::{self, MethodDecl, Modifiers};
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
    if let Some(word) =
        ["httpget", "httppost", "httpput", "httppatch", "httpdelete"].iter().find(|own| has(own))
    {
        let shown = format!("Http{}", word[4..].chars().next().unwrap_or_default().to_ascii_uppercase())
            + word.get(5..).unwrap_or_default();
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
