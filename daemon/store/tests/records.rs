//! Golden samples of stored records: what was ever written must stay readable, and what is written must not change
//! unnoticed.
//!
//! A sample is compared by value: the order of keys is no part of the format. The test never rewrites a golden file.
//! Where one differs it writes `<file>.modified.json` beside it; who wants the new form moves that file over the old
//! one, for a new version under a new name, so that the old sample stays and stays readable.

mod samples;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use provision_core::license::License;
use provision_core::tenant::Tenant;
use provision_store::record::{self, KINDS, Record, RecordError};
use serde_json::{Value, json};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares one sample with its file, `v<version>.json`, or `v<version>-<variant>.json` where a kind has several.
/// Returns the kind and the file, or what is wrong.
fn compare<T: Record + PartialEq + Debug>(variant: &str, sample: &T) -> Result<(String, PathBuf), String> {
    let dash = if variant.is_empty() { "" } else { "-" };
    let file = golden().join(T::KIND).join(format!("v{}{dash}{variant}.json", T::VERSION));
    let written: Value = serde_json::from_slice(&record::encode(sample).expect("samples can be written"))
        .expect("what is written is JSON");
    let stored = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    if stored.as_ref() != Some(&written) {
        let modified = file.with_extension("modified.json");
        let text = serde_json::to_string_pretty(&written).expect("JSON can be printed");
        std::fs::create_dir_all(file.parent().expect("files stand in directories")).expect("writable");
        std::fs::write(&modified, text + "\n").expect("writable");
        return Err(format!("{} differs from what is written now: {}", file.display(), modified.display()));
    }
    let bytes = std::fs::read(&file).expect("read before");
    match record::decode::<T>(&bytes) {
        Ok(read) if read == *sample => Ok((T::KIND.to_owned(), file)),
        Ok(read) => Err(format!("{} is read as {read:?}, not as {sample:?}", file.display())),
        Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
    }
}

/// Reads the sample of an older version, which is not written any more: `expected` is what it means today.
fn read_old<T: Record + PartialEq + Debug>(version: u32, expected: &T) -> Result<(String, PathBuf), String> {
    read_old_variant("", version, expected)
}

/// As [`read_old`], where a kind has several samples.
fn read_old_variant<T: Record + PartialEq + Debug>(
    variant: &str,
    version: u32,
    expected: &T,
) -> Result<(String, PathBuf), String> {
    assert!(version < T::VERSION, "{} v{version} is written today", T::KIND);
    let dash = if variant.is_empty() { "" } else { "-" };
    let file = golden().join(T::KIND).join(format!("v{version}{dash}{variant}.json"));
    let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    match record::decode::<T>(&bytes) {
        Ok(read) if read == *expected => Ok((T::KIND.to_owned(), file)),
        Ok(read) => Err(format!("{} is read as {read:?}, not as {expected:?}", file.display())),
        Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
    }
}

#[test]
fn every_kind_is_written_and_read_as_its_golden_samples_say() {
    let results = samples::all();
    let complaints: Vec<_> = results.iter().filter_map(|r| r.as_ref().err().cloned()).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));

    let seen: BTreeSet<_> = results.iter().flatten().map(|(kind, _)| kind.clone()).collect();
    let known: BTreeSet<_> = KINDS.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    assert_eq!(seen, known, "kinds with samples, and kinds of records");
}

#[test]
fn every_golden_file_has_a_sample_and_every_version_a_golden_file() {
    let expected: BTreeSet<_> = samples::all().into_iter().flatten().map(|(_, file)| file).collect();
    let mut found = BTreeSet::new();
    for kind in std::fs::read_dir(golden()).expect("golden files").map(|e| e.expect("readable").path()) {
        for file in std::fs::read_dir(kind).expect("a directory for a kind") {
            let file = file.expect("readable").path();
            if !file.to_string_lossy().ends_with(".modified.json") {
                found.insert(file);
            }
        }
    }
    assert_eq!(found, expected, "files, and samples that are compared with them");

    for (kind, version) in KINDS {
        for version in 1..=*version {
            let start = format!("v{version}");
            let there = found.iter().any(|file| {
                let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                file.parent().is_some_and(|p| p.ends_with(kind))
                    && (name == start || name.starts_with(&format!("{start}-")))
            });
            assert!(there, "{kind} has no golden file of version {version}");
        }
    }
}

#[test]
fn records_of_a_newer_daemon_are_refused_by_name() {
    for found in [Tenant::VERSION + 1, u32::MAX] {
        let bytes = json!({"kind": Tenant::KIND, "version": found, "data": {"any": "thing"}}).to_string();
        match record::decode::<Tenant>(bytes.as_bytes()) {
            Err(RecordError::TooNew { kind: "tenant", found: seen, known: Tenant::VERSION }) => {
                assert_eq!(seen, found);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_record_of_another_kind_is_refused_by_name() {
    let bytes = record::encode(&samples::tenant()).expect("writable");
    match record::decode::<License>(&bytes) {
        Err(RecordError::WrongKind { expected: "license", found }) => assert_eq!(found, "tenant"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn damaged_bytes_are_refused() {
    let whole = record::encode(&samples::tenant()).expect("writable");
    let cut = &whole[..whole.len() - 1];
    let wrong_data = json!({"kind": "tenant", "version": 1, "data": {"id": "../up"}}).to_string();
    for bytes in [b"".as_slice(), b"\xff\xfe", b"null", b"{}", cut, wrong_data.as_bytes()] {
        let answer = record::decode::<Tenant>(bytes);
        assert!(matches!(answer, Err(RecordError::Malformed { expected: "tenant", .. })), "{answer:?}");
    }
}

#[test]
fn what_an_older_daemon_left_out_is_read_as_nothing() {
    let mut value: Value =
        serde_json::from_slice(&record::encode(&samples::operation()).expect("writable")).expect("JSON");
    let removed = value["data"].as_object_mut().expect("an object").remove("failure_metadata");
    assert!(removed.is_some(), "the sample fills the field");
    let read: provision_core::operation::Operation =
        record::decode(value.to_string().as_bytes()).expect("readable");
    assert!(read.failure_metadata.is_empty());
}
