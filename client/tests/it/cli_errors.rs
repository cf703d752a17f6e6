//! What goes wrong, what it says, and how it ends.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::cli::{command, finish, run};
use crate::fake::{Fake, TOKEN};
use crate::samples;

#[tokio::test]
async fn the_exit_code_is_64_and_the_grpc_code() {
    for (code, exit) in [
        (Code::InvalidArgument, 67),
        (Code::NotFound, 69),
        (Code::PermissionDenied, 71),
        (Code::FailedPrecondition, 73),
        (Code::Aborted, 74),
        (Code::Unauthenticated, 80),
    ] {
        let fake = Fake::start().await;
        fake.fail("GetServiceAccount", [samples::refusal(code, "SOME_REASON", "what is wrong")]);
        let run = run(&fake, &["accounts", "get", "sales"]).await;
        assert_eq!((run.code, run.stdout.as_str()), (exit, ""), "{code:?}");
        assert_eq!(run.stderr, "error: SOME_REASON: what is wrong\n");
    }
}

#[tokio::test]
async fn all_that_the_server_said_is_shown() {
    let fake = Fake::start().await;
    let mut details = ErrorDetails::new();
    details
        .set_error_info("PRECONDITION_CHECKS_FAILED", "provisioning", [("org".to_owned(), "00D".to_owned())])
        .add_precondition_failure_violation("CHECK", "ApiEnabled", "switch the API on")
        .add_precondition_failure_violation("CHECK", "\u{1b}[2J", "x\r")
        .set_retry_info(Some(Duration::from_millis(6_500)))
        .add_help_link("How to switch it on", "https://help.example/api");
    let status = Status::with_error_details(Code::FailedPrecondition, "two checks failed", details);
    fake.fail("PlanProvisioning", [status]);
    let run = run(&fake, &["plan", "sales"]).await;
    insta::assert_snapshot!(run.stderr, @r"
    error: PRECONDITION_CHECKS_FAILED: two checks failed
      ApiEnabled: switch the API on
      \u{1b}[2J: x\r
    hint: try again in 7 s
    hint: see all of them: provisionctl check
    help: How to switch it on https://help.example/api
    ");
}

#[tokio::test]
async fn what_is_all_of_the_message_is_not_said_twice() {
    let fake = Fake::start().await;
    let mut details = ErrorDetails::new();
    details
        .set_error_info("INVALID_REQUEST", "provisioning", [("a".to_owned(), "b".to_owned())])
        .add_bad_request_violation("environment", "must be one of production, sandbox");
    let message = "environment: must be one of production, sandbox";
    let status = Status::with_error_details(Code::InvalidArgument, message, details);
    fake.fail("CreateServiceAccount", [status]);
    let run = run(&fake, &["accounts", "create", "--environment", "moon"]).await;
    assert_eq!(run.stderr, format!("error: INVALID_REQUEST: {message}\n"));
}

#[tokio::test]
async fn hints_name_what_to_do_next() {
    let fake = Fake::start().await;
    let facts = [("operation".to_owned(), samples::OPERATION.to_owned())];
    let details = ErrorDetails::with_error_info("OPERATION_IN_PROGRESS", "provisioning", facts);
    let status = Status::with_error_details(Code::Aborted, "another operation is running", details);
    fake.fail("ProvisionServiceAccount", [status]);
    let run = run(&fake, &["provision", "sales", "--plan-etag", "plan-1"]).await;
    insta::assert_snapshot!(run.stderr, @r"
    error: OPERATION_IN_PROGRESS: another operation is running
    hint: wait for it: provisionctl operations wait tenants/acme/operations/op-1
    ");
}

#[tokio::test]
async fn an_unreachable_daemon_is_named() {
    let run = finish(command(&["connectors", "--server", "http://127.0.0.1:1"])).await;
    assert_eq!((run.code, run.stdout.as_str()), (78, ""));
    let lines: Vec<_> = run.stderr.lines().collect();
    assert!(
        lines[0].starts_with("error: SERVER_UNREACHABLE: cannot reach http://127.0.0.1:1: "),
        "{lines:?}"
    );
    assert!(lines[0].contains("Connection refused"), "{lines:?}");
    assert_eq!(lines[1], "hint: is provisiond running there? --server or PROVISIOND_SERVER says where");
}

#[tokio::test]
async fn wrong_usage_ends_with_2() {
    for arguments in [
        &["accounts", "get"][..],
        &["accounts", "list"],
        &["accounts", "get", "sales"],
        &["nothing"],
        &["notifications", "--tenant", "acme", "--from", "oldest"],
        &["connectors", "--server", "vendor.example:7400"],
        &["connectors", "--server", "http://vendor.example", "--token", "t"],
        &["admin", "licenses", "set", "--tenant", "acme", "--expire", "tomorrow"],
    ] {
        let run = finish(command(arguments)).await;
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("error:"), "{arguments:?}: {}", run.stderr);
    }
}

#[tokio::test]
async fn the_token_comes_from_a_file_and_is_never_shown() {
    let fake = Fake::start().await;
    let directory = tempfile::tempdir().expect("directory");
    let file = directory.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).expect("written");
    let file = file.to_str().expect("UTF-8");
    let run = finish(command(&["connectors", "--server", &fake.url(), "--token-file", file])).await;
    assert_eq!(run.code, 0, "{}", run.stderr);

    let wrong = "token-of-somebody-else";
    let run = finish(command(&["connectors", "--server", &fake.url(), "--token", wrong])).await;
    assert_eq!(run.code, 80);
    assert!(!run.stderr.contains(wrong), "{}", run.stderr);

    let mut help = command(&["--help"]);
    help.env("PROVISIOND_TOKEN", wrong);
    assert!(!finish(help).await.stdout.contains(wrong));

    let run = finish(command(&["connectors", "--token-file", "/nowhere/token"])).await;
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with("error: FILE_UNREADABLE: /nowhere/token: "), "{}", run.stderr);
}

#[tokio::test]
async fn a_reader_that_leaves_is_no_error() {
    let fake = Fake::start().await;
    let mut follow = command(&["notifications", "--follow", "--tenant", "acme", "--server", &fake.url()]);
    // One share to see that it works; then events for as long as somebody reads.
    let share = || (1..200).map(|n| Ok(samples::event(n, n - 1)));
    fake.script().streams = [std::iter::once(Ok(samples::opened())).chain(share()).collect()].into();
    follow.env("PROVISIOND_TOKEN", TOKEN).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = follow.spawn().expect("runs");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    assert!(lines.next_line().await.expect("read").is_some());
    drop(lines);
    fake.script().streams.push_back(
        std::iter::once(Ok(samples::opened()))
            .chain((200..400).map(|n| Ok(samples::event(n, n - 1))))
            .collect(),
    );
    let output = child.wait_with_output().await.expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "following; Ctrl-C ends it\n");
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_says_what_goes_on() {
    let fake = Fake::start().await;
    fake.script().operation = [samples::operation_running(1, 3)].into();
    let mut wait = command(&["operations", "wait", samples::OPERATION, "--server", &fake.url()]);
    wait.env("PROVISIOND_TOKEN", TOKEN).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = wait.spawn().expect("runs");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    while !lines.next_line().await.expect("read").expect("progress").contains("Add the triggers") {}
    let pid = child.id().expect("running").to_string();
    let sent = tokio::process::Command::new("kill").args(["-INT", &pid]).status().await.expect("kill");
    assert!(sent.success());
    let mut rest = String::new();
    while let Some(line) = lines.next_line().await.expect("read") {
        rest.push_str(&line);
    }
    assert_eq!(child.wait().await.expect("ends").code(), Some(130));
    assert!(
        rest.ends_with("the operation goes on: provisionctl operations wait tenants/acme/operations/op-1"),
        "{rest}"
    );
}
