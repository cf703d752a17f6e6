//! Standard platform events: Salesforce publishes them, and anybody with the right may read them.
//!
//! Nothing in this org publishes any: their topics are there, and silent.

use std::sync::{Arc, LazyLock};

use crate::org::{Field, FieldType, ObjectKind, ObjectType};

use FieldType::{Boolean, DateTime, String as Text, TextArea};

type Columns = &'static [(&'static str, FieldType)];

/// The events with their columns.
const EVENTS: [(&str, Columns); 3] = [
    (
        "BatchApexErrorEvent",
        &[
            ("AsyncApexJobId", Text),
            ("DoesExceedJobScopeMaxLength", Boolean),
            ("ExceptionType", Text),
            ("JobScope", TextArea),
            ("Message", TextArea),
            ("Phase", Text),
            ("RequestId", Text),
            ("StackTrace", TextArea),
        ],
    ),
    (
        "FlowExecutionErrorEvent",
        &[
            ("ContextObject", Text),
            ("ContextRecordId", Text),
            ("ElementApiName", Text),
            ("ElementType", Text),
            ("ErrorId", Text),
            ("ErrorMessage", TextArea),
            ("EventDate", DateTime),
            ("EventIdentifier", Text),
            ("ExtendedErrorCode", Text),
            ("FlowApiName", Text),
            ("FlowExecutionEndDate", DateTime),
            ("FlowExecutionStartDate", DateTime),
            ("FlowNamespace", Text),
            ("FlowVersionId", Text),
            ("FlowVersionNumber", Text),
            ("InterviewBatchId", Text),
            ("InterviewGuid", Text),
            ("InterviewStartDate", DateTime),
            ("InterviewStartedById", Text),
            ("ProcessType", Text),
            ("RelatedEventIdentifier", Text),
            ("StageQualifiedApiName", Text),
            ("UserId", Text),
            ("Username", Text),
        ],
    ),
    (
        "PlatformStatusAlertEvent",
        &[
            ("ApiErrorCode", Text),
            ("ComponentName", Text),
            ("EventDate", DateTime),
            ("EventIdentifier", Text),
            ("RelatedEventIdentifier", Text),
            ("RequestId", Text),
            ("ServiceJobId", Text),
            ("ServiceName", Text),
            ("StatusType", Text),
            ("Subject", Text),
            ("UserId", Text),
            ("Username", Text),
        ],
    ),
];

static OBJECTS: LazyLock<Vec<Arc<ObjectType>>> =
    LazyLock::new(|| EVENTS.iter().map(|(name, columns)| Arc::new(object(name, columns))).collect());

/// All of them.
pub(crate) fn events<'a>() -> impl Iterator<Item = &'a Arc<ObjectType>> {
    OBJECTS.iter()
}

/// The one of this name, spelt exactly.
pub(crate) fn event<'a>(name: &str) -> Option<&'a Arc<ObjectType>> {
    events().find(|object| object.name == name)
}

fn object(name: &str, columns: Columns) -> ObjectType {
    let fields = columns.iter().map(|(name, kind)| Field {
        createable: false,
        updateable: false,
        built_in: true,
        ..Field::new(name, *kind)
    });
    ObjectType {
        createable: false,
        updateable: false,
        deletable: false,
        queryable: false,
        searchable: false,
        layoutable: false,
        built_in: true,
        fields: fields.map(Arc::new).collect(),
        ..ObjectType::bare(name, ObjectKind::Event)
    }
}
