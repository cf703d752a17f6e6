//! `accounts deprovision` and `accounts export`.

use crate::cli::{run, transcript};
use crate::fake::Fake;
use crate::samples;

#[tokio::test]
async fn waiting_shows_what_was_exported_and_what_stays() {
    let fake = Fake::start().await;
    fake.script().operation = [samples::operation_running(1, 3), samples::operation_deprovisioned()].into();
    let arguments = ["accounts", "deprovision", "sales", "--quarantine", "export", "--yes", "--wait"];
    insta::assert_snapshot!("deprovision_wait", transcript(&arguments, &run(&fake, &arguments).await));
    let request = fake.requests("DeprovisionServiceAccount").remove(0);
    for part in ["mode: Everything", "quarantine_disposition: Export", "etag: \"\"", "validate_only: false"] {
        assert!(request.contains(part), "{part}: {request}");
    }
    assert!(fake.requests("GetServiceAccount").is_empty());
}

#[tokio::test]
async fn every_mode_and_disposition_is_asked_for_as_such() {
    let fake = Fake::start().await;
    for (mode, asked) in
        [("everything", "Everything"), ("keep-components", "KeepComponents"), ("local-only", "LocalOnly")]
    {
        let arguments = ["accounts", "deprovision", "sales", "--mode", mode, "--validate-only"];
        let run = run(&fake, &arguments).await;
        assert_eq!(run.code, 0, "{}", run.stderr);
        let request = fake.requests("DeprovisionServiceAccount").pop().expect("asked");
        assert!(request.contains(&format!("mode: {asked}")), "{request}");
        assert!(request.contains("quarantine_disposition: Unspecified"), "{request}");
        assert!(request.contains("validate_only: true"), "{request}");
    }
    for (word, asked) in [("restore-all", "RestoreAll"), ("export", "Export"), ("delete-all", "DeleteAll")] {
        let arguments = ["accounts", "deprovision", "sales", "--quarantine", word, "-y", "--etag", "e-1"];
        assert_eq!(run(&fake, &arguments).await.code, 0);
        let request = fake.requests("DeprovisionServiceAccount").pop().expect("asked");
        assert!(request.contains(&format!("quarantine_disposition: {asked}")), "{request}");
        assert!(request.contains("etag: \"e-1\""), "{request}");
    }
}

#[tokio::test]
async fn nothing_begins_where_nobody_can_be_asked() {
    let fake = Fake::start().await;
    let arguments = ["accounts", "deprovision", "sales"];
    insta::assert_snapshot!("deprovision_unasked", transcript(&arguments, &run(&fake, &arguments).await));
    assert!(fake.requests("DeprovisionServiceAccount").is_empty());
}

#[tokio::test]
async fn an_export_is_written_whole_for_its_owner_alone_and_nothing_is_overwritten() {
    let fake = Fake::start().await;
    fake.script().operation = [samples::operation_deprovisioned()].into();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("export.zip");
    let name = file.to_str().expect("text");
    let arguments = ["accounts", "export", "op-1", "--file", name];
    let done = run(&fake, &arguments).await;
    assert_eq!((done.code, done.stderr.as_str()), (0, format!("4 bytes written to {name}.\n").as_str()));
    assert_eq!(std::fs::read(&file).expect("written"), b"PKzz");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = run(&fake, &arguments).await;
    assert_eq!(again.code, 2, "{}", again.stderr);
    let files: Vec<_> = std::fs::read_dir(directory.path()).expect("read").collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[tokio::test]
async fn an_export_that_breaks_off_leaves_no_file() {
    let fake = Fake::start().await;
    fake.script().operation = [samples::operation_deprovisioned()].into();
    fake.script().export_bytes = Some(5);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("export.zip");
    let arguments = ["accounts", "export", "op-1", "--file", file.to_str().expect("text")];
    let broken = run(&fake, &arguments).await;
    assert_ne!(broken.code, 0);
    assert!(broken.stderr.contains("an archive of 5 bytes ended after 4"), "{}", broken.stderr);
    assert!(std::fs::read_dir(directory.path()).expect("read").next().is_none());
}
