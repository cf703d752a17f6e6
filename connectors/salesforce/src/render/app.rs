//! The app as it is embedded, and its components.

use std::collections::BTreeMap;

use minijinja::context;

use super::component::{Content, Rendered};
use super::permissions::{self, Grants, Scope};
use super::templates::Templates;
use super::xml::{Document, Element};
use super::{EVENT, ITEM_OBJECT, MARKER, Namespace, PERMISSION_SET, QUARANTINE_OBJECTS, SWITCH, names};

/// Path and content of each file, ordered by path.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/app_files.rs"));

const ROOT: &str = "force-app/main/default/";
/// The one class that differs between organisations.
const INSTALL: &str = "CAS_Install";
/// The test classes that cover the app's own classes.
const APP_TESTS: [&str; 4] =
    ["CAS_ContentTest", "CAS_OriginalsTest", "CAS_RecordChangeHandlerTest", "CAS_RestServiceTest"];
/// Builds the records of the tests.
const TEST_RECORDS: &str = "CAS_TestRecords";
/// What it names of the rest of the app.
const NAMED_BY_TEST_RECORDS: [&str; 3] = [ITEM_OBJECT, "Action_Id__c", "Reason__c"];

/// A canary is a new record.
const CANARY_EVENTS: [&str; 2] = ["before insert", "after insert"];

/// The app, read.
#[derive(Debug)]
pub(crate) struct App {
    pub version: String,
    templates: Templates,
    /// Body and meta file by name.
    classes: BTreeMap<&'static str, (&'static str, &'static str)>,
    objects: BTreeMap<&'static str, CustomObject>,
    custom_permissions: BTreeMap<&'static str, Document>,
    permission_set: Document,
}

/// An object's trigger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TriggerOf<'a> {
    pub object: &'a str,
    pub events: &'a [&'static str],
    /// A test can create a record of it.
    pub creatable: bool,
    /// Unset where the app is the organisation's own.
    pub packaged: Option<Home<'a>>,
}

/// Where a packaged app is: it cannot know by itself which organisation was provisioned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Home<'a> {
    pub namespace: &'a str,
    pub organization_id: &'a str,
}

#[derive(Debug)]
struct CustomObject {
    merged: Document,
    fields: Vec<String>,
}

impl App {
    /// Reads the embedded files.
    pub(crate) fn load() -> Result<Self, String> {
        let templates =
            FILES.iter().filter_map(|(path, text)| Some((path.strip_prefix("templates/")?, *text)));
        let permission_set = in_folder("permissionsets")
            .find(|(name, _)| *name == format!("{PERMISSION_SET}.permissionset-meta.xml"))
            .ok_or("no permission set")?;
        let mut app = App {
            version: file("VERSION").ok_or("no VERSION")?.trim().to_owned(),
            templates: Templates::new(templates)?,
            classes: BTreeMap::new(),
            objects: BTreeMap::new(),
            custom_permissions: BTreeMap::new(),
            permission_set: Document::parse(permission_set.1)?,
        };
        for (name, body) in in_folder("classes") {
            let Some(class) = name.strip_suffix(".cls") else { continue };
            let meta = file(&format!("{ROOT}classes/{name}-meta.xml")).ok_or("a class without meta file")?;
            app.classes.insert(class, (body, meta));
        }
        for (name, text) in in_folder("objects") {
            let Some((object, rest)) = name.split_once('/') else { continue };
            if rest == format!("{object}.object-meta.xml") {
                app.objects.insert(object, CustomObject::merge(object, text)?);
            }
        }
        for (name, text) in in_folder("customPermissions") {
            let name =
                name.strip_suffix(".customPermission-meta.xml").ok_or("a strange custom permission")?;
            app.custom_permissions.insert(name, Document::parse(text)?);
        }
        Ok(app)
    }

    /// First line of every class and trigger of ours.
    fn marker(&self) -> String {
        format!("{MARKER} {}", self.version)
    }

    /// The platform event.
    pub(crate) fn event(&self) -> Option<Rendered> {
        self.object(EVENT)
    }

    /// The objects that keep quarantined content.
    pub(crate) fn quarantine_objects(&self) -> Vec<Rendered> {
        QUARANTINE_OBJECTS.iter().filter_map(|name| self.object(name)).collect()
    }

    /// What the classes need, and the classes, for one organisation.
    pub(crate) fn classes(&self, organization_id: &str) -> Result<Vec<Rendered>, String> {
        let permissions = self.custom_permissions.iter().map(|(name, document)| Rendered {
            kind: "CustomPermission",
            full_name: (*name).to_owned(),
            content: Content::Xml(document.print()),
        });
        let mut components: Vec<Rendered> = permissions.chain(self.object(SWITCH)).collect();
        for (name, (body, meta)) in &self.classes {
            let body = if *name == INSTALL {
                let values = context! {
                    marker => self.marker(), org_id => organization_id, version => &self.version,
                };
                self.templates.fill("CAS_Install.cls.j2", values)?
            } else {
                (*body).to_owned()
            };
            components.push(Rendered {
                kind: "ApexClass",
                full_name: (*name).to_owned(),
                content: Content::Apex { body, meta: (*meta).to_owned() },
            });
        }
        Ok(components)
    }

    /// The test classes of the app itself.
    pub(crate) fn tests(&self) -> Vec<String> {
        APP_TESTS.iter().map(|name| (*name).to_owned()).collect()
    }

    /// The trigger of an object, and the class that tests it.
    pub(crate) fn trigger(&self, of: &TriggerOf<'_>) -> Result<[Rendered; 2], String> {
        self.trigger_named(of, names::trigger(of.object), names::trigger_test(of.object))
    }

    /// The trigger on the app's own object, and the class that tests it: a marked record goes the way of all changes,
    /// and touches nobody's data. Beside a package it says which organisation it is in.
    pub(crate) fn canary(&self, packaged: Option<Home<'_>>) -> Result<[Rendered; 2], String> {
        let object = Namespace(packaged.map(|home| home.namespace)).api(ITEM_OBJECT);
        let of = TriggerOf { object: &object, events: &CANARY_EVENTS, creatable: true, packaged };
        self.trigger_named(&of, names::CANARY.to_owned(), names::CANARY_TEST.to_owned())
    }

    fn trigger_named(
        &self,
        of: &TriggerOf<'_>,
        trigger_name: String,
        test_class_name: String,
    ) -> Result<[Rendered; 2], String> {
        let (prefix, home) = match &of.packaged {
            Some(home) => {
                let organization = format!("'{}', ", home.organization_id);
                (Namespace(Some(home.namespace)).apex_prefix(), organization)
            }
            None => (String::new(), String::new()),
        };
        let values = context! {
            marker => self.marker(), object_name => of.object,
            trigger_name => &trigger_name, test_class_name => &test_class_name, events => of.events.to_vec(),
            creatable => of.creatable, prefix => prefix, home => home,
        };
        let apex = |kind, full_name, template: &str| {
            let body = self.templates.fill(template, values.clone())?;
            Ok::<_, String>(Rendered {
                kind,
                full_name,
                content: Content::Apex { body, meta: self.meta(kind) },
            })
        };
        Ok([
            apex("ApexTrigger", trigger_name, "trigger.trigger.j2")?,
            apex("ApexClass", test_class_name, "trigger_test.cls.j2")?,
        ])
    }

    pub(super) fn meta(&self, kind: &str) -> String {
        self.classes.get(INSTALL).map_or("", |(_, meta)| *meta).replace("ApexClass", kind)
    }

    /// The class that builds records for the triggers' tests, for an organisation where the rest of the app is managed:
    /// nothing outside a package can call the package's own.
    pub(crate) fn test_records(&self, namespace: Namespace<'_>) -> Result<Rendered, String> {
        let (body, meta) = self.classes.get(TEST_RECORDS).ok_or("no class that builds records")?;
        let body = NAMED_BY_TEST_RECORDS
            .iter()
            .fold((*body).to_owned(), |body, name| body.replace(name, &namespace.api(name)));
        let content = Content::Apex { body, meta: (*meta).to_owned() };
        Ok(Rendered { kind: "ApexClass", full_name: TEST_RECORDS.to_owned(), content })
    }

    /// The permission set with what the scope holds.
    pub(crate) fn permission_set(&self, scope: Scope) -> Rendered {
        Rendered {
            kind: "PermissionSet",
            full_name: PERMISSION_SET.to_owned(),
            content: Content::Xml(permissions::cut(&self.permission_set, scope).print()),
        }
    }

    /// What that permission set grants.
    pub(crate) fn grants(&self, scope: Scope) -> Grants {
        permissions::grants(&permissions::cut(&self.permission_set, scope))
    }

    /// API names of an object's own fields.
    pub(crate) fn fields(&self, object: &str) -> &[String] {
        self.objects.get(object).map_or(&[], |object| &object.fields)
    }

    fn object(&self, name: &str) -> Option<Rendered> {
        let object = self.objects.get(name)?;
        Some(Rendered {
            kind: "CustomObject",
            full_name: name.to_owned(),
            content: Content::Xml(object.merged.print()),
        })
    }
}

impl CustomObject {
    /// Source format to metadata format: the fields move into their object, in the alphabetical order of elements.
    fn merge(name: &str, text: &str) -> Result<Self, String> {
        let mut merged = Document::parse(text)?;
        let mut fields: Vec<(String, Element)> = Vec::new();
        for (_, text) in in_folder(&format!("objects/{name}/fields")) {
            let field = Document::parse(text)?;
            let full_name = field.text("fullName").ok_or("a field without name")?.to_owned();
            fields.push((full_name, field.nested("fields")));
        }
        let place = merged.elements.iter().position(|element| element.name.as_str() > "fields");
        let place = place.unwrap_or(merged.elements.len());
        let names = fields.iter().map(|(name, _)| name.clone()).collect();
        merged.elements.splice(place..place, fields.into_iter().map(|(_, element)| element));
        Ok(CustomObject { merged, fields: names })
    }
}

fn file(path: &str) -> Option<&'static str> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// The files below a folder of the source, by what is left of their path.
fn in_folder(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let prefix = format!("{ROOT}{folder}/");
    FILES.iter().filter_map(move |(path, text)| Some((path.strip_prefix(&prefix)?, *text)))
}
