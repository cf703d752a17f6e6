//! Compiles `proto/` with protox (no protoc needed) and writes the descriptor set for reflection.

use prost::Message as _;

const FILES: [&str; 8] = [
    "google/longrunning/operations.proto",
    "google/rpc/error_details.proto",
    "provisioning/v1/provisioning_service.proto",
    "provisioning/v1/inventory_service.proto",
    "provisioning/v1/component_service.proto",
    "provisioning/v1/notification_service.proto",
    "provisioning/v1/admin_service.proto",
    "provisioning/v1/connector_service.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true).open_files(FILES)?;
    // protox keeps the custom options in these bytes; prost-types would drop them.
    std::fs::write(out.join("descriptor.bin"), compiler.encode_file_descriptor_set())?;
    let set = prost_types::FileDescriptorSet::decode(compiler.encode_file_descriptor_set().as_slice())?;
    tonic_prost_build::configure().extern_path(".google.rpc", "::tonic_types::pb").compile_fds(set)?;
    Ok(())
}
