//! Channels of events, what is on them, and managed subscriptions, as the Tooling API knows them.

use std::sync::Arc;

use serde_json::Value;

use super::View;
use crate::events::definition::{CHANNEL, Definition, MEMBER, SUBSCRIPTION};
use crate::org::{Field, FieldType, ObjectKind, ObjectType, rest_time};

/// The names of the tables.
pub(super) const TABLES: [&str; 3] = [CHANNEL, MEMBER, SUBSCRIPTION];

/// The tables, for an org to be born with.
pub(crate) fn objects() -> Vec<ObjectType> {
    let text = |name: &str, length: u32| Field { length, ..field(name, FieldType::String) };
    let pick = |name: &str, words: &[&str]| Field {
        picklist: words.iter().map(|word| (*word).to_owned()).collect(),
        restricted: true,
        ..field(name, FieldType::Picklist)
    };
    let replays = ["LATEST", "EARLIEST"];
    let own = [
        vec![pick("ChannelType", &["data", "event"])],
        vec![
            text("EventChannel", 80),
            text("SelectedEntity", 80),
            Field { length: 131_072, ..field("FilterExpression", FieldType::TextArea) },
        ],
        vec![
            text("TopicName", 255),
            pick("DefaultReplay", &replays),
            pick("ErrorRecoveryReplay", &replays),
            pick("State", &["RUN", "STOP"]),
        ],
    ];
    let prefixes = ["0YL", "0v8", "18x"];
    let tables = TABLES.iter().zip(prefixes).zip(own).map(|((name, prefix), own)| {
        let mut fields = vec![Field::system("Id", FieldType::Id)];
        fields.push(Field { name_field: true, ..text("DeveloperName", 80) });
        fields.extend([text("MasterLabel", 80), text("Language", 40), text("NamespacePrefix", 15)]);
        fields.extend([text("ManageableState", 40), text("FullName", 255)]);
        fields.extend(own);
        fields.push(field("Metadata", FieldType::ComplexValue));
        fields.push(Field::system("IsDeleted", FieldType::Boolean));
        fields.extend(crate::org::audit_fields());
        ObjectType {
            key_prefix: Some(prefix.to_owned()),
            searchable: false,
            layoutable: false,
            built_in: true,
            fields: fields.into_iter().map(Arc::new).collect(),
            ..ObjectType::bare(name, ObjectKind::Setup)
        }
    });
    tables.collect()
}

fn field(name: &str, kind: FieldType) -> Field {
    Field {
        createable: matches!(name, "FullName" | "Metadata"),
        updateable: false,
        built_in: true,
        ..Field::new(name, kind)
    }
}

pub(super) fn rows(view: &View<'_>, table: &str, visit: &mut dyn FnMut(Definition)) {
    view.state.metadata.streams.rows(table).into_iter().for_each(visit);
}

impl Definition {
    pub(super) fn value(&self, column: &str) -> Value {
        let header = self.header();
        match column {
            "Id" => return header.id.into(),
            "FullName" => return header.full_name.clone().into(),
            // A channel's name loses its suffix here.
            "DeveloperName" => return header.full_name.trim_end_matches("__chn").into(),
            "Language" => return "en_US".into(),
            "ManageableState" => return "unmanaged".into(),
            "IsDeleted" => return false.into(),
            "CreatedDate" => return rest_time(header.created_ms).into(),
            "CreatedById" => return header.created_by.into(),
            "LastModifiedDate" | "SystemModstamp" => return rest_time(header.modified_ms).into(),
            "LastModifiedById" => return header.modified_by.into(),
            _ => {}
        }
        let metadata = match self {
            Self::Channel(channel) => channel.metadata(),
            Self::Member(member) => member.metadata(),
            Self::Subscription(subscription) => subscription.metadata(),
        };
        let key = match column {
            "Metadata" => return metadata,
            "MasterLabel" => "label",
            "ChannelType" => "channelType",
            "EventChannel" => "eventChannel",
            "SelectedEntity" => "selectedEntity",
            "FilterExpression" => "filterExpression",
            "TopicName" => "topicName",
            "DefaultReplay" => "defaultReplay",
            "ErrorRecoveryReplay" => "errorRecoveryReplay",
            "State" => "state",
            _ => return Value::Null,
        };
        metadata.get(key).cloned().unwrap_or_default()
    }
}
