//! Records: their fields, parents and children.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::parse::Field;
use super::{GraphError, Reader, connection, filter, inside, object};
use crate::org::{self, FieldType, ObjectType};
use crate::soql;
use crate::tables::View;

/// What a query has to bring for the fields of a node.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// By path, such as `Owner.Name`; with a form for people, the alias of that.
    paths: BTreeMap<String, Option<String>>,
}

impl Columns {
    /// What stands behind SELECT.
    pub(super) fn select(&self) -> String {
        let mut columns = vec!["Id".to_owned()];
        columns.extend(self.paths.keys().filter(|path| *path != "Id").cloned());
        columns.extend(self.paths.values().flatten().cloned());
        columns.join(", ")
    }

    /// Adds the columns of a node's fields, and checks that they exist.
    pub(super) fn collect(
        &mut self,
        view: &View<'_>,
        object: &ObjectType,
        fields: &[Field],
        before: &str,
        path: &mut Vec<String>,
    ) -> Result<(), GraphError> {
        for field in fields {
            match kind(view, object, field) {
                Some(Kind::Own(own)) => {
                    let column = format!("{before}{}", own.name);
                    let formatted =
                        field.selection.iter().any(|one| one.name == "displayValue" || one.name == "label");
                    let form = form(own).filter(|_| formatted);
                    let alias = form.map(|form| format!("{form}({column}) shown{}", self.paths.len()));
                    let known = self.paths.entry(column).or_default();
                    *known = known.take().or(alias);
                }
                Some(Kind::Parent(parent)) => {
                    let before = format!("{before}{}.", field.name);
                    inside(path, &field.name, |path| {
                        self.collect(view, parent, &field.selection, &before, path)
                    })?;
                    self.paths.entry(format!("{before}Id")).or_default();
                }
                Some(Kind::Children(..)) if before.is_empty() => {}
                Some(Kind::Name) => {}
                _ => return Err(GraphError::undefined(field, &object.name, path)),
            }
        }
        Ok(())
    }

    /// A row in the shape that was asked for.
    pub(super) fn node(
        &self,
        reader: &mut Reader<'_>,
        object_type: &ObjectType,
        fields: &[Field],
        row: &Value,
        before: &str,
        path: &mut Vec<String>,
    ) -> Result<Value, GraphError> {
        let view = reader.view;
        object(fields, &object_type.name, path, &mut |field, path| match kind(&view, object_type, field) {
            Some(Kind::Name) => Ok(object_type.name.clone().into()),
            Some(Kind::Own(own)) if own.kind == FieldType::Id && own.name == "Id" => Ok(row["Id"].clone()),
            Some(Kind::Own(own)) => {
                let alias = self.paths.get(&format!("{before}{}", own.name)).cloned().flatten();
                let alias = alias.and_then(|column| column.rsplit(' ').next().map(str::to_owned));
                inside(path, &field.name, |path| value(field, own, row, alias.as_deref(), path))
            }
            Some(Kind::Parent(_)) if row[&field.name].is_null() => Ok(Value::Null),
            Some(Kind::Parent(parent)) => {
                let before = format!("{before}{}.", field.name);
                inside(path, &field.name, |path| {
                    self.node(reader, parent, &field.selection, &row[&field.name], &before, path)
                })
            }
            Some(Kind::Children(child, link)) => {
                let id = row["Id"].as_str().unwrap_or_default();
                connection::records(reader, field, Some((child, (link, id))), &object_type.name, path)
            }
            None => Err(GraphError::undefined(field, &object_type.name, path)),
        })
    }
}

/// The parts of a field's value.
fn value(
    field: &Field,
    own: &org::Field,
    row: &Value,
    alias: Option<&str>,
    path: &mut Vec<String>,
) -> Result<Value, GraphError> {
    let of = kind_name(own.kind);
    if field.selection.is_empty() {
        let message = format!("Subselection required for type '{of}' of field '{}'", own.name);
        let above = &path[..path.len().saturating_sub(1)];
        return Err(GraphError::invalid("SubselectionRequired", &message, field, above));
    }
    object(&field.selection, of, path, &mut |part, path| match part.name.as_str() {
        "value" => Ok(row[&own.name].clone()),
        "displayValue" => Ok(alias.map_or(Value::Null, |alias| row[alias].clone())),
        "label" if own.kind == FieldType::Picklist => {
            Ok(alias.map_or(Value::Null, |alias| row[alias].clone()))
        }
        _ => Err(GraphError::undefined(part, of, path)),
    })
}

/// The function that makes a value readable; texts are as they are.
fn form(field: &org::Field) -> Option<&'static str> {
    match field.kind {
        FieldType::Picklist | FieldType::MultiPicklist => Some("toLabel"),
        FieldType::Date | FieldType::DateTime | FieldType::Time => Some("FORMAT"),
        kind if kind.is_number() => Some("FORMAT"),
        _ => None,
    }
}

/// The type of a field's value.
fn kind_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Id | FieldType::Reference => "IDValue",
        FieldType::Boolean => "BooleanValue",
        FieldType::Int => "IntValue",
        FieldType::Currency => "CurrencyValue",
        FieldType::Percent => "PercentValue",
        kind if kind.is_number() => "DoubleValue",
        FieldType::Date => "DateValue",
        FieldType::DateTime => "DateTimeValue",
        FieldType::Time => "TimeValue",
        FieldType::Picklist => "PicklistValue",
        FieldType::MultiPicklist => "MultiPicklistValue",
        FieldType::Email => "EmailValue",
        FieldType::Phone => "PhoneNumberValue",
        FieldType::Url => "UrlValue",
        FieldType::TextArea => "TextAreaValue",
        _ => "StringValue",
    }
}

/// What a field of a node is.
enum Kind<'a> {
    Own(&'a org::Field),
    Parent(&'a ObjectType),
    /// The object of the children, and its field that points here.
    Children(&'a ObjectType, &'a str),
    /// `ApiName`
    Name,
}

fn kind<'a>(view: &View<'a>, object: &'a ObjectType, field: &Field) -> Option<Kind<'a>> {
    if let Some(own) = object.field(&field.name).filter(|own| own.name == field.name) {
        return view.rights.field(object, own).read.then_some(Kind::Own(own));
    }
    if field.name == "ApiName" {
        return Some(Kind::Name);
    }
    if let Some((parent, _)) = filter::parent(view, object, &field.name) {
        return Some(Kind::Parent(parent));
    }
    view.state.metadata.objects().filter(|child| view.rights.object(child).read).find_map(|child| {
        let link = child.fields.iter().find(|link| {
            link.reference_to.contains(&object.name)
                && soql::child_relationship(child, link).as_deref() == Some(field.name.as_str())
        })?;
        Some(Kind::Children(child, link.name.as_str()))
    })
}

/// For the parts of aggregates: a value alone.
pub(super) fn alone(value: &Value) -> Value {
    json!({"value": value})
}
