//! `accounts repair`.

use tonic::Code;

use crate::cli::run;
use crate::fake::Fake;
use crate::samples;

#[tokio::test]
async fn a_repair_begins_and_can_be_waited_for() {
    let fake = Fake::start().await;
    let begun = run(&fake, &["accounts", "repair", "sales"]).await;
    assert_eq!(begun.code, 0, "{}", begun.stderr);
    fake.script().operation = [samples::operation_running(1, 3), samples::operation_done()].into();
    let waited = run(&fake, &["accounts", "repair", "sales", "--wait"]).await;
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    let asked = fake.requests("RepairServiceAccount");
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0].contains("serviceAccounts/sales") && asked[0].contains("validate_only: false"),
        "{}",
        asked[0]
    );
}

#[tokio::test]
async fn validating_starts_nothing_and_a_refusal_is_told() {
    let fake = Fake::start().await;
    let checked = run(&fake, &["accounts", "repair", "sales", "--validate-only"]).await;
    assert_eq!((checked.code, checked.stderr.as_str()), (0, "It could begin.\n"));
    assert!(fake.requests("RepairServiceAccount")[0].contains("validate_only: true"));
    assert_eq!(run(&fake, &["accounts", "repair", "sales", "--validate-only", "--wait"]).await.code, 2);
    let words = "the organisation behind the grant is another one";
    let refusal = samples::refusal(Code::FailedPrecondition, "ORG_MISMATCH", words);
    fake.fail("RepairServiceAccount", [refusal]);
    let refused = run(&fake, &["accounts", "repair", "sales"]).await;
    assert!(refused.code != 0 && refused.stderr.contains("ORG_MISMATCH"), "{}", refused.stderr);
}
