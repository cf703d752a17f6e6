//! Which permission each method needs, read from the descriptor set at start.

use std::collections::HashMap;
use std::sync::OnceLock;

use prost_reflect::{DescriptorPool, MethodDescriptor, Value};
use provision_core::access;

use crate::start::StartError;

/// What a method asks of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing, not even credentials.
    Public,
    /// This permission on the resource of the request.
    Permission(String),
}

/// One method of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `{package}.{Service}/{Method}`.
    pub full_name: String,
    /// `{Method}`, as the audit trail calls it.
    pub method: String,
    pub need: Need,
}

/// Every method of the server with what it needs.
#[derive(Debug)]
pub struct Table {
    by_path: HashMap<String, Entry>,
}

/// Methods of services that are not ours, and so carry no option of ours: the permission, or `None` for public ones.
const FOREIGN: &[(&str, Option<&str>)] = &[
    ("google.longrunning.Operations/ListOperations", Some("provisioning.operations.list")),
    ("google.longrunning.Operations/GetOperation", Some("provisioning.operations.get")),
    ("google.longrunning.Operations/WaitOperation", Some("provisioning.operations.get")),
    ("google.longrunning.Operations/CancelOperation", Some("provisioning.operations.cancel")),
    ("google.longrunning.Operations/DeleteOperation", Some("provisioning.operations.delete")),
    // Public, so that load balancers and tools work without credentials; they tell nothing about tenants.
    ("grpc.health.v1.Health/Check", None),
    ("grpc.health.v1.Health/Watch", None),
    ("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", None),
    ("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", None),
];

const PERMISSION_OPTION: &str = "provisioning.v1.permission";

impl Table {
    /// The table of this server, which is the same for the whole life of the process.
    pub fn get() -> Result<&'static Table, StartError> {
        static TABLE: OnceLock<Result<Table, StartError>> = OnceLock::new();
        TABLE.get_or_init(|| Table::read(&pool()?)).as_ref().map_err(Clone::clone)
    }

    /// Reads the table of every service in `pool`. A method that has neither a permission nor a place among the
    /// foreign ones, or whose permission no role carries, is an error that names it.
    pub fn read(pool: &DescriptorPool) -> Result<Table, StartError> {
        let mut by_path = HashMap::new();
        for method in pool.services().flat_map(|s| s.methods().collect::<Vec<_>>()) {
            let full_name = format!("{}/{}", method.parent_service().full_name(), method.name());
            let foreign = FOREIGN.iter().find(|(name, _)| *name == full_name).map(|(_, need)| *need);
            let need = match (foreign, permission(pool, &method)) {
                (None, None) => return Err(StartError::MethodWithoutPermission(full_name)),
                (Some(None), None) => Need::Public,
                (Some(Some(permission)), None) => Need::Permission(permission.to_owned()),
                (_, Some(permission)) => Need::Permission(permission),
            };
            if let Need::Permission(permission) = &need
                && !access::is_known(permission)
            {
                return Err(StartError::UnknownPermission {
                    method: full_name,
                    permission: permission.clone(),
                });
            }
            let entry = Entry { full_name: full_name.clone(), method: method.name().to_owned(), need };
            by_path.insert(format!("/{full_name}"), entry);
        }
        Ok(Table { by_path })
    }

    /// The method behind an HTTP path.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.by_path.get(path)
    }

    /// All methods, in no order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.by_path.values()
    }
}

/// The permission that stands at the method, if any.
fn permission(pool: &DescriptorPool, method: &MethodDescriptor) -> Option<String> {
    let option = pool.get_extension_by_name(PERMISSION_OPTION)?;
    let options = method.options();
    match options.get_extension(&option).as_ref() {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The descriptors of every service that this server mounts.
pub(crate) fn pool() -> Result<DescriptorPool, StartError> {
    let mut pool = DescriptorPool::new();
    for set in descriptor_sets() {
        pool.decode_file_descriptor_set(set).map_err(|e| StartError::Descriptors(e.to_string()))?;
    }
    Ok(pool)
}

/// The encoded descriptor sets of every service that this server mounts.
pub(crate) fn descriptor_sets() -> [&'static [u8]; 4] {
    [
        provision_api::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ]
}

#[cfg(test)]
mod tests {
    use prost_types::{
        FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
    };

    use super::*;

    #[test]
    fn every_method_of_every_service_has_its_need_and_no_foreign_row_is_stale() {
        let table = Table::get().expect("complete");
        let pool = pool().expect("decodes");
        let methods: usize = pool.services().map(|s| s.methods().len()).sum();
        assert_eq!(table.entries().count(), methods);
        assert!(methods > 35, "{methods}");
        for (name, _) in FOREIGN {
            assert!(
                table.entry(&format!("/{name}")).is_some(),
                "{name} stands in the table, but nowhere else"
            );
        }
        let entry =
            table.entry("/provisioning.v1.ProvisioningService/ProvisionServiceAccount").expect("there");
        assert_eq!(entry.need, Need::Permission("provisioning.serviceAccounts.provision".to_owned()));
    }

    #[test]
    fn a_method_without_permission_stops_the_start_by_name() {
        let empty = ".google.protobuf.Empty".to_owned();
        let method = MethodDescriptorProto {
            name: Some("Forgotten".to_owned()),
            input_type: Some(empty.clone()),
            output_type: Some(empty),
            ..Default::default()
        };
        let file = FileDescriptorProto {
            name: Some("x.proto".to_owned()),
            package: Some("x".to_owned()),
            syntax: Some("proto3".to_owned()),
            dependency: vec!["google/protobuf/empty.proto".to_owned()],
            service: vec![ServiceDescriptorProto {
                name: Some("Things".to_owned()),
                method: vec![method],
                ..Default::default()
            }],
            ..Default::default()
        };
        let mut pool = pool().expect("decodes");
        pool.add_file_descriptor_set(FileDescriptorSet { file: vec![file] }).expect("valid");
        let error = Table::read(&pool).expect_err("refused");
        assert!(matches!(error, StartError::MethodWithoutPermission(name) if name == "x.Things/Forgotten"));
    }
}
