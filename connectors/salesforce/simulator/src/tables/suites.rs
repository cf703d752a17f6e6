//! Suites of Apex tests: what the Tooling API made, and what was deployed.

use serde_json::Value;

use super::held::{all, row};
use super::{Row, View, scan};
use crate::org::Id;

/// Suites of tests and their classes: besides those deployed there are rows that the Tooling API made.
pub(super) const SUITES: [&str; 2] = ["ApexTestSuite", "TestSuiteMembership"];

/// Visits the rows of one of [`SUITES`] that deployed suites stand for.
pub(super) fn suites(view: &View<'_>, table: &str, visit: &mut dyn FnMut(Row)) {
    let metadata = &view.state.metadata;
    for held in metadata.components.of("ApexTestSuite") {
        if table == "ApexTestSuite" {
            visit(row(held.id, held, vec![("TestSuiteName", held.full_name.clone().into())]));
            continue;
        }
        for name in all(held, "testClassName") {
            let class = metadata.classes.values().find(|class| class.unit.name.eq_ignore_ascii_case(name));
            let Some(class) = class else { continue };
            let id = Id::derived("05G", &[held.id.as_str(), class.unit.id.as_str()]);
            let values = vec![("ApexTestSuiteId", held.id.into()), ("ApexClassId", class.unit.id.into())];
            visit(row(id, held, values));
        }
    }
}

/// The names of the classes in a suite, which is named or given by its id; absent where there is none.
pub(crate) fn suite_classes(view: &View<'_>, suite: &str) -> Option<Vec<String>> {
    let state = view.state;
    let mut found = None;
    let mut look = |row: Row| {
        let is = |column| row.value(view, column).as_str().is_some_and(|own| own.eq_ignore_ascii_case(suite));
        let same = Id::parse(suite).is_some_and(|id| row.value(view, "Id") == Value::from(id));
        if is("TestSuiteName") || same {
            found = Some(row.value(view, "Id"));
        }
    };
    let object = view.any_object("ApexTestSuite")?;
    scan(view, object, false, &mut look);
    let id = found?;
    let mut classes = Vec::new();
    let object = view.any_object("TestSuiteMembership")?;
    scan(view, object, false, &mut |row| {
        let class = row.value(view, "ApexClassId").as_str().and_then(Id::parse);
        let class = class.and_then(|class| state.metadata.classes.get(&class));
        if let Some(class) = class.filter(|_| row.value(view, "ApexTestSuiteId") == id) {
            classes.push(match &class.unit.namespace {
                Some(namespace) => format!("{namespace}__{}", class.unit.name),
                None => class.unit.name.clone(),
            });
        }
    });
    Some(classes)
}
