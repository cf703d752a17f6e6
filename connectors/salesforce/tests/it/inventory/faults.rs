//! What goes wrong during a reading.

use std::sync::Arc;

use async_trait::async_trait;
use provision_connector_sdk::core::Reason;
use provision_connector_sdk::testkit::MemoryCheckpoints;
use provision_connector_sdk::{Access, ConnectorFault, Credentials, FaultClass, InventoryReading};
use salesforce_simulator::Config;
use salesforce_simulator::fault::{Fault, Occurrence, Operation, Rule};
use salesforce_simulator::ledger::Kind;

use super::{cold, reading};
use crate::world::Salesforce;

async fn org() -> Salesforce {
    Salesforce::with(Config {
        objects: 210,
        profiles: Some(30),
        object_permission_rows: Some(1_500),
        ..Config::default()
    })
    .await
}

/// Its token is as good after a renewal as before.
struct Renewable(Arc<dyn Credentials>);

#[async_trait]
impl Credentials for Renewable {
    async fn current(&self) -> Result<Access, ConnectorFault> {
        self.0.current().await
    }

    async fn renew(&self, _stale: &Access) -> Result<Access, ConnectorFault> {
        self.0.current().await
    }
}

fn refused(code: &str, message: &str) -> Fault {
    Fault::Refused { status: 500, error_code: code.to_owned(), message: message.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_meanwhile_repeats_the_failed_call_alone() {
    let salesforce = org().await;
    let mut session = salesforce.session().await;
    session.credentials = Arc::new(Renewable(session.credentials));
    let (whole, calls) = cold(&salesforce, &session).await;
    for operation in [Operation::SoapDescribe, Operation::Composite, Operation::DescribeGlobal] {
        salesforce.simulator.faults().add(Rule::once(operation.clone(), Fault::SessionInvalid));
        let before = session.calls.made();
        let (read, _) = cold(&salesforce, &session).await;
        salesforce.simulator.faults().verify().expect("the session ended");
        assert!(read.object_types == whole.object_types);
        assert_eq!(session.calls.made() - before, calls + 1, "{operation:?}");
        salesforce.simulator.faults().clear();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_work_soon_is_told_as_that_and_taken_up_again() {
    let salesforce = org().await;
    let session = salesforce.session().await;
    let (whole, calls) = cold(&salesforce, &session).await;
    let faults = [
        (Operation::SoapDescribe, Fault::UnavailableHtml),
        (Operation::SoapDescribe, Fault::TruncatedJson),
        (Operation::SoapDescribe, Fault::AnswerLost),
        (Operation::SoapDescribe, Fault::ConnectionReset),
        (Operation::Composite, Fault::UnavailableHtml),
        (Operation::Composite, Fault::TruncatedJson),
        (Operation::DescribeGlobal, Fault::TruncatedJson),
    ];
    for (operation, fault) in faults {
        let told = format!("{operation:?} {fault:?}");
        let checkpoints = MemoryCheckpoints::default();
        let before = salesforce.count(Kind::Request);
        salesforce.simulator.faults().add(Rule::once(operation, fault));
        let failed = reading(&salesforce, &session, None, &checkpoints).await.expect_err(&told);
        assert_eq!(failed.class, FaultClass::Transient, "{told}: {failed:?}");
        salesforce.simulator.faults().verify().expect("the fault fired");
        let read = reading(&salesforce, &session, None, &checkpoints).await.expect("taken up again");
        let InventoryReading::Read(read) = read else { panic!("{told}") };
        assert!(read.object_types == whole.object_types, "{told}");
        assert!(salesforce.count(Kind::Request) - before <= calls + 4, "{told}");
        salesforce.simulator.faults().clear();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn used_up_calls_are_waited_for_and_not_asked_of_another_way() {
    let salesforce = org().await;
    let session = salesforce.session().await;
    let fault = refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    salesforce.simulator.faults().add(Rule::once(Operation::SoapDescribe, fault));
    let failed = reading(&salesforce, &session, None, &MemoryCheckpoints::default()).await;
    let failed = failed.expect_err("used up");
    assert!(matches!(failed.class, FaultClass::Throttled { .. }), "{failed:?}");
    assert_eq!(failed.fault.reason(), Reason::ApiBudgetExhausted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_goes_meanwhile_does_not_sink_the_others() {
    let salesforce = org().await;
    let session = salesforce.session().await;
    let (whole, calls) = cold(&salesforce, &session).await;
    for words in ["sObject type 'Case' is not supported.", "some type is not supported."] {
        let rule = Rule {
            on: Operation::SoapDescribe,
            when: Occurrence::Nth(1),
            fault: refused("INVALID_TYPE", words),
            must_fire: 1,
        };
        salesforce.simulator.faults().add(rule);
        let (read, again) = cold(&salesforce, &session).await;
        salesforce.simulator.faults().verify().expect("the fault fired");
        salesforce.simulator.faults().clear();
        assert_eq!(read.object_types.len(), whole.object_types.len());
        let lacking = read.object_types.iter().filter(|object| object.fields.is_empty()).count();
        assert!(lacking <= 1, "{lacking} objects without fields");
        assert!(again <= calls + 4, "{again} calls: {words}");
    }
}
