//! What `columns=true` answers: the columns of a query instead of its rows.

use serde_json::{Value, json};

use super::aggregate::Output;
use super::ast::Function;
use super::reach::Bound;
use super::run::{Column, Prepared};
use crate::org::FieldType;

/// The description of a query's columns.
pub(crate) fn columns(query: &Prepared) -> Value {
    let metadata: Vec<Value> = match &query.groups {
        Some(outputs) => outputs.iter().filter(|output| !output.hidden).map(output).collect(),
        None => query.columns.iter().map(column).collect(),
    };
    let id_selected = query.columns.iter().any(|column| matches!(column, Column::Field { bound, .. } if bound.steps.is_empty() && bound.field.name == "Id"));
    json!({
        "columnMetadata": metadata,
        "entityName": query.object.name,
        "groupBy": query.groups.as_ref().is_some_and(|outputs| outputs.iter().any(|output| output.function.is_none())),
        "idSelected": id_selected,
        "keyPrefix": query.object.key_prefix,
    })
}

fn column(column: &Column) -> Value {
    match column {
        Column::Field { bound, key, .. } => field(bound, key, false),
        Column::TypeOf { steps, .. } => {
            let name = steps.last().map_or("", |step| step.relationship.as_str());
            describe(name, name, FieldType::AnyType, false)
        }
        Column::Children { relationship, query, .. } => {
            let mut nested = describe(relationship, relationship, FieldType::AnyType, false);
            nested["joinColumns"] = columns(query)["columnMetadata"].clone();
            nested
        }
    }
}

fn output(output: &Output) -> Value {
    let mut described = field(&output.bound, &output.name, output.function.is_some());
    if matches!(output.function, Some(Function::Count | Function::CountDistinct | Function::Grouping)) {
        described["apexType"] = "Integer".into();
        described["numberType"] = true.into();
        described["textType"] = false.into();
    }
    described
}

/// A parent's column is shown nested in the columns of the steps that lead to it.
fn field(bound: &Bound, name: &str, aggregate: bool) -> Value {
    let mut described = describe(name, name, bound.field.kind, aggregate);
    described["custom"] = bound.field.custom.into();
    described["insertable"] = bound.field.createable.into();
    described["updatable"] = bound.field.updateable.into();
    for step in bound.steps.iter().rev() {
        let mut outer = describe(&step.relationship, &step.relationship, FieldType::Reference, false);
        outer["joinColumns"] = json!([described]);
        described = outer;
    }
    described
}

fn describe(name: &str, shown: &str, kind: FieldType, aggregate: bool) -> Value {
    let apex = match kind {
        FieldType::Id | FieldType::Reference => "Id",
        FieldType::Boolean => "Boolean",
        FieldType::Int => "Integer",
        FieldType::Long => "Long",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "Double",
        FieldType::Date => "Date",
        FieldType::DateTime => "Datetime",
        FieldType::Time => "Time",
        FieldType::Base64 => "Blob",
        _ => "String",
    };
    json!({
        "aggregate": aggregate,
        "apexType": apex,
        "booleanType": kind == FieldType::Boolean,
        "columnName": name,
        "custom": false,
        "displayName": shown,
        "foreignKeyName": null,
        "insertable": true,
        "joinColumns": [],
        "numberType": kind.is_number(),
        "textType": apex == "String" || apex == "Id",
        "updatable": true,
    })
}
