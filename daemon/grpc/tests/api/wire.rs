//! Calls of any method, with messages made from descriptors.

use bytes::{Buf, BufMut};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Bytes as they are.
#[derive(Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

/// Calls a method by its path; a stream counts as answered once it has begun.
pub async fn call(channel: Channel, path: &str, request: Request<Vec<u8>>) -> Result<(), Status> {
    let mut client = Grpc::new(channel);
    client.ready().await.map_err(|e| Status::unavailable(e.to_string()))?;
    let path = path.parse().expect("a path");
    client.server_streaming(request, path, Raw).await.map(drop)
}

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
