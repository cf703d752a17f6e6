//! Which test methods a run is of.

use super::Selection;
use crate::apex::program::{Class, ClassId, MethodId, MethodKind, Program};

/// A class with tests.
pub(super) struct TestClass {
    pub(super) class: ClassId,
    /// `@TestSetup`, in source order.
    pub(super) setups: Vec<MethodId>,
    /// `@IsTest`, in source order.
    pub(super) methods: Vec<MethodId>,
}

/// The classes of a selection, by name; those without a test method are left out.
pub(super) fn classes(program: &Program, selection: &Selection) -> Vec<TestClass> {
    let mut classes: Vec<&Class> = program
        .classes
        .iter()
        .filter(|class| class.outer.is_none() && chosen(program, class, selection))
        .collect();
    classes.sort_by_key(|class| class.name.to_lowercase());
    let tests = classes.into_iter().map(|class| TestClass {
        class: class.id,
        setups: marked(program, class, "testsetup"),
        methods: marked(program, class, "istest"),
    });
    let mut tests: Vec<TestClass> = tests.collect();
    if let Selection::Methods(names) = selection {
        for test in &mut tests {
            let class = program.class(test.class);
            let namespace = program.unit(class.unit).namespace.as_deref();
            let wanted =
                names.iter().find(|(name, _)| is(class, namespace, name)).map(|(_, methods)| methods);
            if let Some(Some(wanted)) = wanted {
                test.methods
                    .retain(|method| wanted.contains(&program.method(*method).name.to_ascii_lowercase()));
            }
        }
    }
    tests.retain(|class| !class.methods.is_empty());
    tests
}

fn chosen(program: &Program, class: &Class, selection: &Selection) -> bool {
    let namespace = program.unit(class.unit).namespace.as_deref();
    class.is_test
        && match selection {
            Selection::All => true,
            Selection::Local => namespace.is_none(),
            Selection::Named(names) => names.iter().any(|name| is(class, namespace, name)),
            Selection::Methods(names) => names.keys().any(|name| is(class, namespace, name)),
        }
}

/// Whether a class goes by this name, `ns__Name` or `ns.Name` where a package brought it.
fn is(class: &Class, namespace: Option<&str>, name: &str) -> bool {
    let (of, name) = match name.split_once("__").or_else(|| name.split_once('.')) {
        Some((of, name)) => (Some(of), name),
        None => (None, name),
    };
    name.eq_ignore_ascii_case(&class.name)
        && match (of, namespace) {
            (None, None) => true,
            (Some(of), Some(namespace)) => of.eq_ignore_ascii_case(namespace),
            _ => false,
        }
}

fn marked(program: &Program, class: &Class, annotation: &str) -> Vec<MethodId> {
    let mut methods: Vec<MethodId> = class.methods.clone();
    methods.retain(|method| {
        let method = program.method(*method);
        method.kind == MethodKind::Method
            && method.is_static
            && method.parameters.is_empty()
            && method.annotations.iter().any(|own| &**own == annotation)
    });
    methods.sort_by_key(|method| {
        let at = program.method(*method).at;
        (at.line, at.column)
    });
    methods
}
