//! Messages of the API as protobuf JSON.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use prost_types::Struct;
use provision_client::Error;
use provision_client::api::google::longrunning as lro;
use provision_client::api::{FILE_DESCRIPTOR_SET, v1};

use crate::command_error::CommandError;

/// A message that can be printed: its name in the descriptor set.
pub trait Described: Message {
    const FULL_NAME: &'static str;
}

macro_rules! described {
    ($package:literal $module:ident: $($message:ident)*) => { $(
        impl Described for $module::$message {
            const FULL_NAME: &'static str = concat!($package, ".", stringify!($message));
        }
    )* };
}

described! { "provisioning.v1" v1:
    ServiceAccount ListServiceAccountsResponse ServiceAccountEvent BeginAuthorizationResponse ProvisioningPlan
    CheckPreconditionsResponse ExplainServiceAccountResponse
    ListObjectTypesResponse ListProfilesResponse RefreshInventoryResponse Component ListComponentsResponse
    Notification ListNotificationsResponse Tenant ListTenantsResponse License ListLicensesResponse
    RoleBinding ListRoleBindingsResponse ListAuditEventsResponse Connector ListConnectorsResponse
}
described! { "google.longrunning" lro: Operation ListOperationsResponse }

/// `message` as protobuf JSON, `Any` decoded.
///
/// # Errors
/// [`Error::Protocol`] when it holds what this version does not know, as an `Any` of a new type.
pub fn to_value<M: Described>(message: &M) -> Result<serde_json::Value, Error> {
    let broken = |why: String| Error::Protocol(format!("a {} cannot be shown: {why}", M::FULL_NAME));
    let descriptor =
        pool().get_message_by_name(M::FULL_NAME).ok_or_else(|| broken("unknown type".to_owned()))?;
    let bytes = message.encode_to_vec();
    let message = DynamicMessage::decode(descriptor, bytes.as_slice()).map_err(|e| broken(e.to_string()))?;
    serde_json::to_value(&message).map_err(|e| broken(e.to_string()))
}

/// A JSON object as the API takes it.
pub fn to_struct(json: &str) -> Result<Struct, String> {
    let descriptor = pool().get_message_by_name("google.protobuf.Struct").ok_or("no Struct in the API")?;
    let mut input = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(descriptor, &mut input).map_err(|e| e.to_string())?;
    input.end().map_err(|e| e.to_string())?;
    message.transcode_to().map_err(|e| e.to_string())
}

/// The settings that a command line gives.
pub fn settings(json: &str) -> Result<Struct, CommandError> {
    to_struct(json).map_err(|why| CommandError::Usage(format!("--settings is no JSON object: {why}")))
}

/// A Struct as JSON on one line; nothing for an empty one.
pub fn struct_text(value: &Struct) -> String {
    if value.fields.is_empty() {
        return String::new();
    }
    struct_value(value).map(|value| value.to_string()).unwrap_or_default()
}

/// A Struct as JSON on several lines; nothing for an empty one.
pub fn struct_pretty(value: &Struct) -> String {
    if value.fields.is_empty() {
        return String::new();
    }
    struct_value(value).map(|value| format!("{value:#}")).unwrap_or_default()
}

fn struct_value(value: &Struct) -> Option<serde_json::Value> {
    let descriptor = pool().get_message_by_name("google.protobuf.Struct")?;
    let message = DynamicMessage::decode(descriptor, value.encode_to_vec().as_slice()).ok()?;
    serde_json::to_value(&message).ok()
}

fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        // Bytes of our own build, decoded in a test: they cannot be wrong at run time.
        DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap_or_default()
    });
    &POOL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_shows_its_metadata_decoded() {
        let metadata = v1::OperationMetadata { api_calls: 7, ..Default::default() };
        let operation = lro::Operation {
            name: "tenants/acme/operations/1".to_owned(),
            metadata: Some(prost_types::Any {
                type_url: "type.googleapis.com/provisioning.v1.OperationMetadata".to_owned(),
                value: metadata.encode_to_vec(),
            }),
            ..Default::default()
        };
        let json = to_value(&operation).expect("json");
        assert_eq!(
            json["metadata"],
            serde_json::json!({
                "@type": "type.googleapis.com/provisioning.v1.OperationMetadata",
                "apiCalls": "7",
            })
        );
    }

    #[test]
    fn settings_go_both_ways() {
        let settings = to_struct(r#"{"myDomain":"acme","n":1,"list":[true,null]}"#).expect("object");
        let back: serde_json::Value = serde_json::from_str(&struct_text(&settings)).expect("json");
        assert_eq!(back, serde_json::json!({"myDomain": "acme", "n": 1.0, "list": [true, null]}));
        for bad in ["", "[]", "1", "{", "{} {}"] {
            assert!(to_struct(bad).is_err(), "{bad}");
        }
    }
}
