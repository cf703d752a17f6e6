//! Generated code of the public API, and its descriptor set. No logic lives here.

/// Every file of the API with its imports and comments, as reflection serves it and permissions are read from it.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// Package `provisioning.v1`.
pub mod provisioning {
    #[allow(missing_docs, clippy::all)]
    pub mod v1 {
        tonic::include_proto!("provisioning.v1");
    }
}

/// Packages of Google's that the API uses; same packages, same wire.
pub mod google {
    #[allow(missing_docs, clippy::all)]
    pub mod longrunning {
        tonic::include_proto!("google.longrunning");
    }
    pub use tonic_types::pb as rpc;
}

pub use provisioning::v1;
