//! Compiles the client half of Salesforce's Pub/Sub contract with a pure-Rust compiler, and embeds the app's source.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const APP: &str = "app";
const PROTO: &str = "simulator/proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROTO}");
    println!("cargo:rerun-if-changed={APP}");
    let mut compiler = protox::Compiler::new([PROTO])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(["pubsub_api.proto"])?;
    tonic_prost_build::configure()
        .build_server(false)
        .bytes(".")
        .compile_fds(compiler.file_descriptor_set())?;
    embed_app()
}

/// Writes a table of path and content of each file of the app that goes into an org, ordered by path.
fn embed_app() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join(APP);
    let mut files = vec![root.join("VERSION")];
    for folder in ["force-app", "templates"] {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root)?.to_str().ok_or("a file of the app has a strange name")?;
        writeln!(table, "    ({:?}, include_str!({:?})),", name.replace('\\', "/"), file)?;
    }
    table.push(']');
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("app_files.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
