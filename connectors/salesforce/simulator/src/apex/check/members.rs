//! Variables, properties, methods and constructors of each class.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::declare::{self, visibility};
use super::resolve::Site;
use super::{Checked, Origin, check_name, problem, rules};
use crate::apex::program::{
    ClassId, ClassKind, Field, Method, MethodId, MethodKind, Param, Program, Slot, Visibility,
};
use crate::apex::run::type_name;
use crate::apex::syntax::ast::{
    Block, Member, MethodDecl, Modifier, Modifiers, Parameter, Pos, PropertyDecl, Unit,
};
use crate::apex::syntax::shape_problem;
use crate::apex::types::Type;

pub(super) fn resolve(program: &mut Program) {
    for at in 0..program.classes.len() {
        resolve_one(program, ClassId(at as u32));
    }
}

/// A variable before it has its place.
struct Variable {
    field: Field,
    is_static: bool,
    /// Member that is its property.
    accessors: Option<(usize, bool, bool)>,
    at: Pos,
}

/// What the members of one class declare.
#[derive(Default)]
struct Declared {
    variables: Vec<Variable>,
    methods: Vec<(Method, Origin)>,
    /// Variables with values, or initializers.
    of_statics: bool,
    of_instances: bool,
}

pub(super) fn resolve_one(program: &mut Program, id: ClassId) {
    let mut declared = Declared::default();
    declare::step(program, id, |program, site, tree| {
        let (_, place) = program.index.decls[id.0 as usize];
        let members = declare::members_of(tree, place);
        let of_trigger = place.is_none() && matches!(tree, Unit::Trigger(_));
        collect(program, site, id, members, of_trigger, &mut declared)
    });
    let unit = program.class(id).unit;
    let at = program.class(id).at;
    for (method, origin) in declared.methods {
        let method = Method { id: MethodId(program.methods.len() as u32), ..method };
        declare::add_method(program, method, origin);
    }
    for variable in declared.variables {
        let mut field = variable.field;
        if let Some((member, gets, sets)) = variable.accessors {
            for is_setter in [false, true] {
                if !(if is_setter { sets } else { gets }) {
                    continue;
                }
                let method = accessor(program, id, &field, variable.is_static, is_setter, variable.at);
                let origin = Origin::Accessor { class: id, member, sets: is_setter };
                let made = declare::add_method(program, method, origin);
                *(if is_setter { &mut field.setter } else { &mut field.getter }) = Some(made);
            }
        }
        let class = &mut program.classes[id.0 as usize];
        if variable.is_static { class.statics.push(field) } else { class.fields.push(field) }
    }
    for (wanted, of_statics) in [(declared.of_statics, true), (declared.of_instances, false)] {
        if !wanted {
            continue;
        }
        let name: Arc<str> = Arc::from(if of_statics { "<clinit>" } else { "<init>" });
        let method = Method {
            id: MethodId(program.methods.len() as u32),
            class: Some(id),
            unit,
            kind: MethodKind::Initializer,
            slot: Slot { name: name.clone(), parameters: Arc::from([]) },
            name,
            visibility: Visibility::Private,
            is_static: of_statics,
            is_abstract: false,
            is_virtual: false,
            is_override: false,
            parameters: Vec::new(),
            returns: Type::Void,
            annotations: Vec::new(),
            see_all_data: false,
            at,
        };
        let made = declare::add_method(program, method, Origin::Initializers { class: id, of_statics });
        let class = &mut program.classes[id.0 as usize];
        *(if of_statics { &mut class.static_init } else { &mut class.instance_init }) = Some(made);
    }
}

fn accessor(
    program: &Program,
    class: ClassId,
    field: &Field,
    is_static: bool,
    is_setter: bool,
    at: Pos,
) -> Method {
    let parameters = match is_setter {
        true => vec![Param { name: Arc::from("value"), ty: field.ty.clone() }],
        false => Vec::new(),
    };
    let name: Arc<str> = Arc::from(format!("__{}_{}", if is_setter { "set" } else { "get" }, field.name));
    Method {
        id: MethodId(program.methods.len() as u32),
        class: Some(class),
        unit: program.class(class).unit,
        kind: if is_setter { MethodKind::Setter } else { MethodKind::Getter },
        slot: slot(&name, &parameters),
        name,
        visibility: Visibility::Private,
        is_static,
        is_abstract: false,
        is_virtual: false,
        is_override: false,
        parameters,
        returns: if is_setter { Type::Void } else { field.ty.clone() },
        annotations: Vec::new(),
        see_all_data: false,
        at,
    }
}

pub(super) fn slot(name: &str, parameters: &[Param]) -> Slot {
    Slot {
        name: Arc::from(name.to_ascii_lowercase()),
        parameters: parameters.iter().map(|parameter| parameter.ty.clone()).collect(),
    }
}

fn collect(
    program: &Program,
    site: &Site<'_>,
    id: ClassId,
    members: &[Member],
    of_trigger: bool,
    declared: &mut Declared,
) -> Checked<()> {
    let class = program.class(id);
    let mut names = BTreeSet::new();
    for (place, member) in members.iter().enumerate() {
        match member {
            Member::Field(decl) => {
                let ty = variable_type(site, &decl.ty)?;
                let is_static = decl.modifiers.has(Modifier::Static) || of_trigger;
                for declarator in &decl.declarators {
                    let field = plain(&decl.modifiers, declarator.name.text.clone(), ty.clone());
                    check_name(&declarator.name)?;
                    if !names.insert(declarator.name.key()) {
                        return problem(
                            declarator.name.at,
                            format!("Duplicate field: {}", declarator.name.text),
                        );
                    }
                    if declarator.value.is_some() {
                        *(if is_static { &mut declared.of_statics } else { &mut declared.of_instances }) =
                            true;
                    }
                    let at = declarator.name.at;
                    declared.variables.push(Variable { field, is_static, accessors: None, at });
                }
            }
            Member::Property(decl) => {
                check_name(&decl.name)?;
                if !names.insert(decl.name.key()) {
                    return problem(decl.name.at, format!("Duplicate field: {}", decl.name.text));
                }
                declared.variables.push(property(site, decl, place, of_trigger)?);
            }
            Member::Method(decl) => {
                let method = method(program, site, id, decl, of_trigger)?;
                let same = declared
                    .methods
                    .iter()
                    .any(|(known, _)| known.slot == method.slot && known.kind == method.kind);
                if same {
                    let signature = signature(program, &decl.name.text, &method.parameters);
                    let returns = type_name(program, &method.returns);
                    let message =
                        format!("Method already defined: {returns} {signature} from the type {}", class.name);
                    return problem(decl.name.at, message);
                }
                let has_body = decl.body.is_some();
                let origin =
                    if has_body { Origin::Method { class: id, member: place } } else { Origin::Absent };
                declared.methods.push((method, origin));
            }
            Member::Initializer { is_static, body } => {
                if *is_static && class.outer.is_some() {
                    return problem(body.at, "Inner types are not allowed to have static blocks");
                }
                *(if *is_static { &mut declared.of_statics } else { &mut declared.of_instances }) = true;
            }
            Member::Type(_) => {}
        }
    }
    Ok(())
}

/// `f(Integer, List<Account>)`
pub(super) fn signature(program: &Program, name: &str, parameters: &[Param]) -> String {
    let types: Vec<String> = parameters.iter().map(|one| type_name(program, &one.ty)).collect();
    format!("{name}({})", types.join(", "))
}

/// `String Outer.f(Integer)`
pub(super) fn described(program: &Program, method: &Method) -> String {
    let returns = type_name(program, &method.returns);
    let signature = signature(program, &method.name, &method.parameters);
    match method.class {
        Some(class) => {
            let class = program.class(class);
            match &program.unit(class.unit).namespace {
                Some(namespace) => format!("{returns} {namespace}.{}.{signature}", class.name),
                None => format!("{returns} {}.{signature}", class.name),
            }
        }
        None => format!("{returns} {signature}"),
    }
}

fn variable_type(site: &Site<'_>, written: &crate::apex::syntax::ast::TypeRef) -> Checked<Type> {
    match site.ty(written)? {
        Type::Void => problem(written.at, "Variables cannot be of type void"),
        ty => Ok(ty),
    }
}

fn plain(modifiers: &Modifiers, name: Arc<str>, ty: Type) -> Field {
    let visibility = visibility(modifiers, Visibility::Private);
    Field {
        name,
        ty,
        visibility,
        is_final: modifiers.has(Modifier::Final),
        is_transient: modifiers.has(Modifier::Transient),
        test_visible: modifiers.annotation("testvisible").is_some(),
        getter: None,
        setter: None,
        setter_visibility: visibility,
        has_getter: true,
        has_setter: true,
    }
}

fn property(site: &Site<'_>, decl: &PropertyDecl, member: usize, of_trigger: bool) -> Checked<Variable> {
    let ty = match site.ty(&decl.ty)? {
        Type::Void => return problem(decl.ty.at, "Properties cannot be of type void"),
        ty => ty,
    };
    let mut field = plain(&decl.modifiers, decl.name.text.clone(), ty);
    field.has_getter = decl.getter.is_some();
    field.has_setter = decl.setter.is_some();
    if let Some(setter) = &decl.setter {
        field.setter_visibility = visibility(&setter.modifiers, field.visibility);
    }
    if let Some(getter) = &decl.getter
        && visibility(&getter.modifiers, field.visibility) < field.visibility
        && decl.setter.is_some()
    {
        // Reading is then as narrow as its accessor says; writing keeps its own.
        let narrow = visibility(&getter.modifiers, field.visibility);
        field.visibility = narrow;
    }
    let body = |accessor: &Option<crate::apex::syntax::ast::Accessor>| {
        accessor.as_ref().is_some_and(|accessor| accessor.body.is_some())
    };
    let accessors = (member, body(&decl.getter), body(&decl.setter));
    let is_static = decl.modifiers.has(Modifier::Static) || of_trigger;
    Ok(Variable { field, is_static, accessors: Some(accessors), at: decl.name.at })
}

fn parameters(site: &Site<'_>, written: &[Parameter]) -> Checked<Vec<Param>> {
    let mut names = BTreeSet::new();
    let mut parameters = Vec::with_capacity(written.len());
    for parameter in written {
        let ty = match site.ty(&parameter.ty)? {
            Type::Void => return problem(parameter.ty.at, "Parameters cannot be of type void"),
            ty => ty,
        };
        check_name(&parameter.name)?;
        if !names.insert(parameter.name.key()) {
            return problem(parameter.name.at, format!("Duplicate variable: {}", parameter.name.text));
        }
        parameters.push(Param { name: parameter.name.text.clone(), ty });
    }
    Ok(parameters)
}

fn method(
    program: &Program,
    site: &Site<'_>,
    id: ClassId,
    decl: &MethodDecl,
    of_trigger: bool,
) -> Checked<Method> {
    let class = program.class(id);
    let simple = class.name.rsplit('.').next().unwrap_or_default();
    let parameters = parameters(site, &decl.parameters)?;
    let kind = if decl.returns.is_some() { MethodKind::Method } else { MethodKind::Constructor };
    if kind == MethodKind::Constructor && !decl.name.is(simple) {
        return problem(decl.name.at, format!("Invalid constructor name: {}", decl.name.text));
    }
    if kind == MethodKind::Method
        && let Some(problem) = shape_problem(&decl.name)
    {
        return Err(problem);
    }
    let returns = match &decl.returns {
        Some(written) => site.ty(written)?,
        None => Type::Void,
    };
    let of_interface = class.kind == ClassKind::Interface;
    let modifiers = &decl.modifiers;
    let is_abstract = modifiers.has(Modifier::Abstract) || of_interface;
    body_fits(decl.body.as_ref(), is_abstract, decl.name.at)?;
    let mut annotations: Vec<Arc<str>> =
        modifiers.annotations.iter().map(|one| Arc::from(one.name.key())).collect();
    if modifiers.has(Modifier::TestMethod) && !annotations.iter().any(|own| &**own == "istest") {
        annotations.push(Arc::from("istest"));
    }
    if modifiers.has(Modifier::WebService) {
        annotations.push(Arc::from("webservice"));
    }
    let unsaid = if of_interface { class.visibility.max(Visibility::Public) } else { Visibility::Private };
    let method = Method {
        id: MethodId(0),
        class: Some(id),
        unit: class.unit,
        kind,
        name: decl.name.text.clone(),
        visibility: visibility(modifiers, unsaid),
        is_static: modifiers.has(Modifier::Static) || modifiers.has(Modifier::WebService) || of_trigger,
        is_abstract,
        is_virtual: modifiers.has(Modifier::Virtual) || is_abstract || modifiers.has(Modifier::Override),
        is_override: modifiers.has(Modifier::Override),
        slot: slot(if kind == MethodKind::Method { &decl.name.text } else { "<init>" }, &parameters),
        parameters,
        returns,
        annotations,
        see_all_data: rules::sees_all_data(modifiers) || class_sees_all_data(program, id),
        at: decl.name.at,
    };
    rules::method(program, &method, decl, class.is_test)?;
    Ok(method)
}

/// `@IsTest(SeeAllData=true)` on the class, or on the one around it.
fn class_sees_all_data(program: &Program, id: ClassId) -> bool {
    let (unit, _) = program.index.decls[id.0 as usize];
    let tree = program.index.trees[unit.0 as usize].as_deref();
    let decl = tree.and_then(|tree| declare::decl_of(tree, None));
    decl.is_some_and(|decl| rules::sees_all_data(&decl.modifiers))
}

fn body_fits(body: Option<&Block>, is_abstract: bool, at: Pos) -> Checked<()> {
    match (body, is_abstract) {
        (Some(_), true) => problem(at, "Abstract methods cannot have a body"),
        (None, false) => problem(at, "Method must have a body"),
        _ => Ok(()),
    }
}
