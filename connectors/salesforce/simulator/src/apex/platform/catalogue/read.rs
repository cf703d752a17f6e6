//! Reads `data/apex-library.txt`: a line for each type (`class System.Http`, `virtual` and `abstract` ones, `interface X<T> : Y`,
//! `enum X` with its values in the next line, `?` where nobody tells them), then its members as signatures, each
//! indented by a blank. Parameters of constructors have their names, those of methods have not.

use std::sync::OnceLock;

use super::super::define::{Definition, Signature};
use super::{NOTHING, Role};

const TEXT: &str = include_str!("../../../../data/apex-library.txt");

/// A type of the library: its head is read, its members when somebody asks for them.
pub(in super::super) struct Section {
    pub name: &'static str,
    pub head: Definition,
    lines: &'static str,
    members: OnceLock<(Definition, Vec<Role>)>,
}

/// Every type of the library, once for the life of the process.
pub(in super::super) fn sections() -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    let mut at = 0;
    while let Some(rest) = TEXT.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.lines().next().unwrap_or_default();
        let body = rest.get(line.len() + 1..).unwrap_or_default();
        let mut end = 0;
        for member in body.split_inclusive('\n').take_while(|line| line.starts_with(' ')) {
            end += member.len();
        }
        let lines = body.get(..end).unwrap_or_default();
        all.extend(section(line, lines));
        at += line.len() + 1 + end;
    }
    all
}

impl Section {
    /// The type with its members, and what each of them does.
    pub(in super::super) fn read(&self) -> &(Definition, Vec<Role>) {
        self.members.get_or_init(|| {
            let mut definition = Definition::class(self.name).parameters(self.head.parameters);
            definition.supertypes.clone_from(&self.head.supertypes);
            let members = self.lines.lines().filter_map(|line| line.strip_prefix(' '));
            for text in members.filter(|text| !text.starts_with("= ")) {
                let is_property = !text.ends_with(')');
                let signature = Signature { text, is_property, is_settable: is_property, run: NOTHING };
                definition.members.push(signature);
            }
            let roles = roles(&definition);
            for member in &mut definition.members {
                if let Some(rest) = member.text.strip_prefix("new(") {
                    member.text = unnamed(rest);
                }
            }
            (definition, roles)
        })
    }
}

fn section(line: &'static str, lines: &'static str) -> Option<Section> {
    let (kind, rest) = line.split_once(' ')?;
    let (name, above) = match rest.split_once(" : ") {
        Some((name, above)) => (name, above.split("; ").collect()),
        None => (rest, Vec::new()),
    };
    let (name, parameters) = match name.strip_suffix('>').and_then(|name| name.split_once('<')) {
        Some((name, parameters)) => (name, leaked(parameters.split(", "))),
        None => (name, &[] as &[_]),
    };
    let mut head = Definition::class(name).parameters(parameters);
    head.supertypes = above;
    head.is_interface = kind == "interface";
    head.is_virtual = matches!(kind, "virtual" | "abstract");
    head.is_abstract = kind == "abstract";
    if let Some(values) = lines.strip_prefix(" = ") {
        head.values = leaked(values.trim_end().split(' '));
    }
    Some(Section { name, head, lines, members: OnceLock::new() })
}

/// Lists that live as long as the registry, which is made once.
fn leaked(words: impl Iterator<Item = &'static str>) -> &'static [&'static str] {
    Box::leak(words.collect::<Vec<_>>().into_boxed_slice())
}

/// Types and names of a constructor's parameters, from what stands behind its parenthesis.
fn parameters(rest: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0usize, 0usize);
    for (at, sign) in rest.char_indices() {
        match sign {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ',' | ')' if depth == 0 => {
                let one = rest.get(start..at).unwrap_or_default().trim();
                if !one.is_empty() {
                    found
                        .push(one.rsplit_once(' ').filter(|(ty, _)| !ty.ends_with(',')).unwrap_or((one, "")));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// The signature of a constructor as signatures are read: without names.
fn unnamed(rest: &'static str) -> &'static str {
    let types: Vec<&str> = parameters(rest).into_iter().map(|(ty, _)| ty).collect();
    Box::leak(format!("new({})", types.join(", ")).into_boxed_str())
}

/// The last word before the parentheses.
fn name_of(text: &'static str) -> &'static str {
    let head = text.split_once('(').map_or(text, |(head, _)| head);
    head.rsplit_once(' ').map_or(head, |(_, name)| name)
}

fn roles(definition: &Definition) -> Vec<Role> {
    let ends = |name: &&'static str| name.rsplit('.').next().is_some_and(|name| name.ends_with("Exception"));
    let is_exception = definition.supertypes.iter().any(ends);
    let members = &definition.members;
    // Under which name a value is kept: that of the variable, or of the method that answers it.
    let place = |name: &str| {
        let property = members.iter().filter(|one| one.is_property).map(|one| name_of(one.text));
        let getter = members.iter().filter(|one| !one.is_property && one.text.ends_with("()"));
        let getter = getter.filter_map(|one| name_of(one.text).strip_prefix("get"));
        property.chain(getter).find(|own| own.eq_ignore_ascii_case(name))
    };
    let role = |text: &'static str, is_property: bool| {
        if is_property {
            return if text.starts_with("static ") { Role::Absent } else { Role::Get(name_of(text)) };
        }
        if let Some(rest) = text.strip_prefix("new(") {
            if is_exception {
                return Role::NewException;
            }
            let given = parameters(rest);
            let places: Vec<&'static str> = given.iter().filter_map(|(_, name)| place(name)).collect();
            // A parameter whose value nothing answers does something.
            return if places.len() == given.len() {
                Role::New(leaked(places.into_iter()))
            } else {
                Role::Absent
            };
        }
        let name = name_of(text);
        if text.starts_with("static ") {
            return Role::Absent;
        }
        if let (Some(rest), true) = (name.strip_prefix("get"), text.ends_with("()")) {
            let kept = members.iter().any(|one| {
                let setter =
                    name_of(one.text).strip_prefix("set").is_some_and(|own| own.eq_ignore_ascii_case(rest));
                let made = one.text.strip_prefix("new(");
                let made = made.is_some_and(|made| {
                    parameters(made).iter().any(|(_, own)| own.eq_ignore_ascii_case(rest))
                });
                setter || made || one.is_property && name_of(one.text).eq_ignore_ascii_case(rest)
            });
            return if kept { Role::Get(place(rest).unwrap_or(rest)) } else { Role::Absent };
        }
        // What is kept and never read does no harm: who could read it is absent.
        let single = text.split_once('(').is_some_and(|(_, rest)| rest != ")" && !rest.contains(", "));
        match name.strip_prefix("set") {
            Some(rest) if single && text.starts_with("void ") => Role::Set(place(rest).unwrap_or(rest)),
            _ => Role::Absent,
        }
    };
    members.iter().map(|one| role(one.text, one.is_property)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(owner: &str, text: &str) -> Role {
        let all = sections();
        let (definition, roles) = all.iter().find(|section| section.name == owner).unwrap().read();
        let at = definition.members.iter().position(|member| member.text == text).unwrap();
        roles[at]
    }

    #[test]
    fn pairs_keep_values_and_the_rest_is_absent() {
        assert_eq!(role("System.Cookie", "String getName()"), Role::Get("Name"));
        assert_eq!(role("System.SelectOption", "void setLabel(String)"), Role::Set("Label"));
        assert_eq!(role("System.SelectOption", "new(String, String)"), Role::New(&["Value", "Label"]));
        assert_eq!(role("System.Http", "HttpResponse send(HttpRequest)"), Role::Absent);
        assert_eq!(role("Messaging.InboundEmail", "String subject"), Role::Get("subject"));
    }

    #[test]
    fn enums_have_their_values() {
        let all = sections();
        let found = all.iter().find(|section| section.name == "Cache.Visibility");
        assert!(found.is_some_and(|section| section.head.values == ["ALL", "NAMESPACE"]));
        assert!(all.len() > 2_000);
    }
}
