//! Requests of any method, made from descriptors.

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};

pub use crate::raw::call;

/// Every method of the API, Operations included.
pub fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(provision_api::FILE_DESCRIPTOR_SET).expect("valid");
    let methods: Vec<_> = pool.services().flat_map(|s| s.methods().collect::<Vec<_>>()).collect();
    assert!(methods.len() > 30);
    methods
}

/// The path of a method.
pub fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// A request of the method about `resource`: in `name` or `parent`, or in the `name` of the resource it carries.
pub fn request(method: &MethodDescriptor, resource: &str) -> Vec<u8> {
    let mut message = DynamicMessage::new(method.input());
    for field in method.input().fields() {
        if matches!(field.name(), "name" | "parent") {
            message.set_field(&field, Value::String(resource.to_owned()));
        } else if let Some(inner) = field.kind().as_message()
            && !field.is_list()
            && let Some(name) = inner.get_field_by_name("name")
            && inner.full_name().starts_with("provisioning.")
        {
            let mut carried = DynamicMessage::new(inner.clone());
            carried.set_field(&name, Value::String(resource.to_owned()));
            message.set_field(&field, Value::Message(carried));
        }
    }
    message.encode_to_vec()
}
