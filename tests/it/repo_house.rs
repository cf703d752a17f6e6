//! The repository tests itself: the house is as it is drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent").to_owned()
}

/// Normal dependencies between the workspace's crates, as cargo sees them.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let names: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    packages
        .iter()
        .map(|package| {
            let to = package["dependencies"].as_array().expect("dependencies").iter();
            let to = to.filter(|d| d["kind"].is_null()).filter_map(|d| d["name"].as_str());
            let to = to.filter(|name| names.contains(name)).map(str::to_owned).collect();
            (package["name"].as_str().expect("a name").to_owned(), to)
        })
        .collect()
}

/// The drawing in the README: lines `crate -> crate, crate`.
fn drawing() -> BTreeMap<String, BTreeSet<String>> {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    readme
        .lines()
        .filter_map(|line| line.split_once("->"))
        .map(|(from, to)| {
            let to = to.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "(none)");
            (from.trim().to_owned(), to.map(str::to_owned).collect::<BTreeSet<_>>())
        })
        .filter(|(from, _)| from.starts_with("provision") || from == "salesforce-simulator")
        .collect()
}

#[test]
fn the_dependencies_are_as_drawn_in_the_readme() {
    let drawn = drawing();
    for (from, to) in edges() {
        let drawn = drawn.get(&from).cloned().unwrap_or_default();
        assert_eq!(to, drawn, "{from}: cargo's dependencies on the left, the README's drawing on the right");
    }
}

#[test]
fn the_core_knows_no_runtime_wire_engine_or_application() {
    let manifest = std::fs::read_to_string(root().join("daemon/core/Cargo.toml")).expect("a manifest");
    for word in ["tokio", "tonic", "prost", "reqwest"] {
        assert!(!manifest.contains(word), "daemon/core depends on {word}");
    }
    let mut files = Vec::new();
    for folder in ["daemon/core", "daemon/store", "daemon/reconcile", "daemon/grpc", "daemon/web", "proto"] {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 40);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("text").to_lowercase();
        for (at, line) in text.lines().enumerate() {
            // Comments give examples; code must not know.
            let code = line.split("//").next().unwrap_or_default();
            assert!(!code.contains("salesforce") && !code.contains("apex"), "{}:{}", path.display(), at + 1);
        }
    }
}

/// Rust and proto sources below a folder, tests apart.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["tests", "docs", "target"].contains(&name) {
                sources(&path, found);
            }
        } else if (name.ends_with(".rs") || name.ends_with(".proto")) && !name.starts_with("tests") {
            found.push(path);
        }
    }
}

#[test]
fn every_test_file_is_declared() {
    let declared = std::fs::read_to_string(root().join("tests/it/main.rs")).expect("main.rs");
    for entry in std::fs::read_dir(root().join("tests/it")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        if let Some(module) = name.strip_suffix(".rs").filter(|m| *m != "main") {
            assert!(declared.contains(&format!("mod {module};")), "{name} is declared nowhere");
        }
    }
}
