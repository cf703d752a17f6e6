//! One event's payload: a bare Avro record of the schema that the event names.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use chrono::DateTime;
use provision_connector_sdk::Change;

use crate::api::pubsub::wire::ProducerEvent;
use crate::render::Namespace;

/// Most record ids in one event: a chunk of a save has 200, an event of a trigger 2,000.
const RECORD_IDS_MAX: usize = 10_000;

pub(super) fn change(
    schema: &Schema,
    event: &ProducerEvent,
    replay_id: &[u8],
    namespace: Namespace<'_>,
) -> Result<Change, String> {
    let reader = GenericDatumReader::builder(schema).build().map_err(|error| error.to_string())?;
    let mut payload = event.payload.as_ref();
    let Value::Record(fields) = reader.read_value(&mut payload).map_err(|error| error.to_string())? else {
        return Err("the payload is no record".to_owned());
    };
    let field = |name: &str| {
        // Salesforce's own fields have no namespace.
        let name = if name.ends_with("__c") { namespace.api(name) } else { name.to_owned() };
        let value = fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value);
        match value {
            Some(Value::Union(_, inner)) => Some(inner.as_ref()),
            value => value,
        }
    };
    let text = |name: &str| match field(name) {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let millis = |name: &str| match field(name) {
        Some(Value::Long(millis) | Value::TimestampMillis(millis)) => Some(*millis),
        _ => None,
    };
    let occurred = millis("Occurred_At__c").or_else(|| millis("CreatedDate")).unwrap_or_default();
    let record_ids = text("Record_Ids__c");
    Ok(Change {
        // An event keeps its id when it is delivered again. One without is known by its position.
        id: if event.id.is_empty() { hex::encode(replay_id) } else { event.id.clone() },
        occurred_at: DateTime::from_timestamp_millis(occurred).unwrap_or_default(),
        canary: Some(text("Marker__c")).filter(|marker| !marker.is_empty()),
        object_type: text("Object_Name__c"),
        operation: text("Operation__c"),
        record_ids: record_ids
            .split(',')
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .take(RECORD_IDS_MAX)
            .map(str::to_owned)
            .collect(),
        user_id: text("User_Id__c"),
    })
}

#[cfg(test)]
mod tests {
    use apache_avro::writer::datum::GenericDatumWriter;

    use super::*;

    const SCHEMA: &str = r#"{"type":"record","name":"CAS_Record_Change__e","namespace":"com.sforce.eventbus","fields":[
        {"name":"CreatedDate","type":"long"},{"name":"CreatedById","type":"string"},
        {"name":"Object_Name__c","type":["null","string"],"default":null},
        {"name":"Record_Ids__c","type":["null","string"],"default":null},
        {"name":"Marker__c","type":["null","string"],"default":null}]}"#;

    const OURS: Namespace<'static> = Namespace(None);

    fn some(text: &str) -> Value {
        Value::Union(1, Box::new(Value::String(text.to_owned())))
    }

    #[test]
    fn a_change_is_read_with_what_its_schema_has() {
        let schema = Schema::parse_str(SCHEMA).expect("a schema");
        let record = Value::Record(vec![
            ("CreatedDate".to_owned(), Value::Long(1_700_000_000_000)),
            ("CreatedById".to_owned(), Value::String("005".to_owned())),
            ("Object_Name__c".to_owned(), some("Case")),
            ("Record_Ids__c".to_owned(), some("500000000000001AAA,500000000000002AAA")),
            ("Marker__c".to_owned(), Value::Union(0, Box::new(Value::Null))),
        ]);
        let mut payload = Vec::new();
        let writer = GenericDatumWriter::builder(&schema).build().expect("a writer");
        writer.write_value_ref(&mut payload, &record).expect("it is written");
        let mut event =
            ProducerEvent { payload: payload.into(), id: "e-1".to_owned(), ..ProducerEvent::default() };
        let read = change(&schema, &event, &[1, 2], OURS).expect("a change");
        assert_eq!((read.id.as_str(), read.object_type.as_str()), ("e-1", "Case"));
        assert_eq!(read.record_ids.len(), 2);
        assert_eq!(read.canary, None);
        assert_eq!(read.occurred_at.timestamp_millis(), 1_700_000_000_000);

        event.id.clear();
        assert_eq!(change(&schema, &event, &[1, 2], OURS).expect("a change").id, "0102");
        event.payload = event.payload.slice(..5);
        assert!(change(&schema, &event, &[], OURS).is_err());
    }
}
