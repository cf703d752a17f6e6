//! Programs of a few sources in an org with the standard objects.

use std::sync::{Arc, LazyLock};

use crate::apex::program::Program;
use crate::apex::syntax::Problem;
use crate::config::Config;
use crate::org::{
    ApexClass, ApexTrigger, ApexUnit, Field, FieldType, Id, Metadata, ObjectType, Org, Parsed, prefix,
};

/// The standard objects, and `Item__c` with a lookup to Account.
static SCHEMA: LazyLock<Metadata> = LazyLock::new(|| {
    let org = Org::new(Config { objects: 0, ..Config::default() }).expect("an org");
    let mut metadata = Metadata::clone(&org.metadata());
    let fields = vec![
        Field {
            child_relationship: Some("Items__r".to_owned()),
            ..Field::reference("Account__c", &["Account"], "Account__r")
        },
        Field { external_id: true, unique: true, ..Field::new("Key__c", FieldType::String) },
        Field { scale: 2, ..Field::new("Price__c", FieldType::Double) },
        Field::new("Day__c", FieldType::Date),
    ];
    let name = Field { length: 80, ..Field::new("Name", FieldType::String) };
    metadata.put_object(ObjectType::custom(
        "Item__c",
        "Item",
        Id::derived("01I", &["Item"]),
        "a99",
        name,
        fields,
    ));
    metadata
});

/// Classes and triggers of one program, named by what they declare.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) metadata: Metadata,
    ids: Vec<(String, Id)>,
}

impl Sources {
    pub(super) fn new() -> Self {
        Self { metadata: SCHEMA.clone(), ids: Vec::new() }
    }

    fn unit(&mut self, name: &str, id: Id, body: &str, namespace: Option<&str>) -> ApexUnit {
        self.ids.push((name.to_owned(), id));
        ApexUnit {
            id,
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            body: body.to_owned(),
            api_version: "67.0".to_owned(),
            status: "Active".to_owned(),
            hidden: None,
            parsed: Parsed::default(),
            is_valid: true,
            body_crc: 0,
            length_without_comments: 0,
            created_ms: 0,
            created_by: id,
            modified_ms: 0,
            modified_by: id,
        }
    }

    /// A class; `ns.Name` is one of a package.
    pub(super) fn class(mut self, name: &str, body: &str) -> Self {
        let (namespace, own) = name.split_once('.').map_or((None, name), |(ns, own)| (Some(ns), own));
        let id = Id::derived(prefix::APEX_CLASS, &[name]);
        let unit = self.unit(own, id, body, namespace);
        self.metadata.classes.insert(id, Arc::new(ApexClass { unit, is_test: false, surface: None }));
        self
    }

    pub(super) fn trigger(mut self, name: &str, body: &str) -> Self {
        let id = Id::derived(prefix::APEX_TRIGGER, &[name]);
        let unit = self.unit(name, id, body, None);
        let trigger = ApexTrigger { unit, object: String::new(), events: Vec::new() };
        self.metadata.triggers.insert(id, Arc::new(trigger));
        self
    }

    pub(super) fn program(&self) -> Program {
        Program::without(&self.metadata, Default::default())
    }

    /// What is wrong with each unit, as `Name 3:5 words`.
    pub(super) fn problems(&self) -> Vec<String> {
        let program = self.program();
        let found = program.problems(self.ids.iter().map(|(_, id)| *id));
        let name = |id: &Id| self.ids.iter().find(|(_, own)| own == id).map_or("", |(name, _)| name);
        found.iter().map(|(id, problem)| format!("{} {}", name(id), shown(problem))).collect()
    }
}

pub(super) fn shown(problem: &Problem) -> String {
    format!("{}:{} {}", problem.line, problem.column, problem.message)
}

/// What is wrong with statements that stand alone.
pub(super) fn statements(source: &str) -> Result<(), String> {
    let program = Arc::new(Sources::new().program());
    program
        .anonymous(source, crate::apex::program::NEWEST_API_VERSION)
        .map(|_| ())
        .map_err(|problem| shown(&problem))
}

/// Each of these is taken.
pub(super) fn takes(sources: &[&str]) {
    for source in sources {
        assert_eq!(statements(source), Ok(()), "{source}");
    }
}

/// Each of these is refused with these words in this place.
pub(super) fn refuses(sources: &[(&str, &str)]) {
    for (source, words) in sources {
        assert_eq!(statements(source), Err((*words).to_owned()), "{source}");
    }
}

/// Classes of one source each that are taken.
pub(super) fn takes_class(source: &str) {
    assert_eq!(one(source).problems(), Vec::<String>::new(), "{source}");
}

/// A class that is refused with these words in this place.
pub(super) fn refuses_class(source: &str, words: &str) {
    assert_eq!(one(source).problems(), [format!("A {words}")], "{source}");
}

fn one(source: &str) -> Sources {
    Sources::new().class("A", source)
}
