//! Triggers.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::resolve::Site;
use super::{Checked, Origin, declare, headers, inherit, members, problem};
use crate::apex::program::{
    Class, ClassId, ClassKind, Method, MethodId, MethodKind, Program, Sharing, Slot, Trigger, UnitId,
    Visibility,
};
use crate::apex::syntax::ast::{self, TriggerDecl};
use crate::apex::types::Type;
use crate::org::{ApexTrigger, ObjectType, TriggerEvent};

/// The events that a trigger names.
pub(super) fn events(decl: &TriggerDecl) -> Checked<Vec<TriggerEvent>> {
    let mut events = Vec::new();
    for written in &decl.events {
        let event = TriggerEvent::ALL.into_iter().find(|event| event.words() == written.words);
        match event {
            Some(event) if events.contains(&event) => {
                return problem(written.at, format!("Duplicate Trigger Usage: {}", written.words));
            }
            Some(event) => events.push(event),
            None => return problem(written.at, "Trigger Usage Before Undelete is not supported"),
        }
    }
    Ok(events)
}

/// Whether the object takes a trigger for these events; absent: it does.
pub(super) fn refusal(object: &ObjectType, events: &[TriggerEvent]) -> Option<String> {
    if object.trigger_events == [TriggerEvent::AfterInsert]
        && events.iter().any(|event| *event != TriggerEvent::AfterInsert)
    {
        return Some(format!("Platform Event SObjects only supports after insert: {}", object.name));
    }
    // Any event may be named: one that never happens to the object never fires.
    (!object.triggerable()).then(|| format!("SObject type does not allow triggers: {}", object.name))
}

pub(super) fn declare_trigger(
    program: &mut Program,
    unit: UnitId,
    trigger: &ApexTrigger,
    tree: &ast::Unit,
) -> Checked<()> {
    let ast::Unit::Trigger(decl) = tree else {
        return problem(ast::Pos { line: 1, column: 1 }, "Invalid unit");
    };
    let object = {
        let uses = RefCell::new(BTreeSet::new());
        let site = Site { program, unit, class: None, uses: &uses };
        match site.object(&decl.object.text) {
            Some(object) => object.clone(),
            None => return problem(decl.object.at, format!("Invalid type: {}", decl.object.text)),
        }
    };
    let events = events(decl)?;
    if let Some(message) = refusal(&object, &events) {
        return problem(decl.object.at, message);
    }
    let name: Arc<str> = Arc::from(object.name.as_str());
    let class = pseudo_class(program, unit, decl);
    program.index.trigger_units.insert(unit, (class, name.clone()));
    let body = MethodId(program.methods.len() as u32);
    let slot = Slot { name: Arc::from("<trigger>"), parameters: Arc::from([]) };
    let method = Method {
        id: body,
        class: None,
        unit,
        kind: MethodKind::Method,
        name: decl.name.text.clone(),
        visibility: Visibility::Private,
        is_static: true,
        is_abstract: false,
        is_virtual: false,
        is_override: false,
        parameters: Vec::new(),
        returns: Type::Void,
        slot,
        annotations: Vec::new(),
        see_all_data: false,
        at: decl.name.at,
    };
    declare::add_method(program, method, Origin::Trigger);
    let place = program.triggers.len();
    program.triggers.push(Trigger {
        unit,
        name: decl.name.text.clone(),
        object: name.clone(),
        events,
        active: trigger.unit.status == "Active",
        body,
    });
    program.index.triggers.entry(name.to_ascii_lowercase()).or_default().push(place);
    Ok(())
}

/// A class for what is declared among a trigger's statements: nobody else can name it.
fn pseudo_class(program: &mut Program, unit: UnitId, decl: &TriggerDecl) -> ClassId {
    let class = outside(program, unit, &decl.name.text, decl.name.at);
    if !decl.members.is_empty() {
        fill(program, unit, class, &decl.members);
    }
    class
}

/// A class without a declaration of its own.
pub(super) fn outside(program: &mut Program, unit: UnitId, name: &Arc<str>, at: ast::Pos) -> ClassId {
    let id = ClassId(program.classes.len() as u32);
    program.classes.push(Class {
        id,
        unit,
        name: name.clone(),
        kind: ClassKind::Class,
        outer: None,
        visibility: Visibility::Private,
        sharing: Sharing::Unsaid,
        is_abstract: false,
        is_virtual: false,
        is_test: false,
        url_mapping: None,
        superclass: None,
        interfaces: Vec::new(),
        values: Vec::new(),
        statics: Vec::new(),
        fields: Vec::new(),
        methods: Vec::new(),
        dispatch: HashMap::new(),
        static_init: None,
        instance_init: None,
        at,
    });
    program.index.decls.push((unit, None));
    id
}

/// Declares what stands among the statements of a trigger.
fn fill(program: &mut Program, unit: UnitId, class: ClassId, written: &[ast::Member]) {
    let first = program.classes.len();
    declare::add_inner(program, unit, class, written);
    finish(program, class, first);
}

/// Declares what stands among statements that stand alone: classes are top-level ones there.
pub(super) fn fill_anonymous(program: &mut Program, unit: UnitId, class: ClassId, written: &[ast::Member]) {
    let first = program.classes.len();
    for (place, member) in written.iter().enumerate() {
        if let ast::Member::Type(decl) = member {
            declare::add_class(program, unit, decl, None, Some(place));
        }
    }
    finish(program, class, first);
}

fn finish(program: &mut Program, class: ClassId, first: usize) {
    let added: Vec<ClassId> = (first..program.classes.len()).map(|at| ClassId(at as u32)).collect();
    for id in &added {
        headers::resolve_one(program, *id);
    }
    headers::cut_circles(program, &added);
    members::resolve_one(program, class);
    for id in &added {
        members::resolve_one(program, *id);
    }
    inherit::resolve_some(program, &added);
}
