//! Preconditions in memory: one of each kind.

use std::sync::Mutex;

use async_trait::async_trait;
use provision_core::AccountName;
use provision_core::account::{Actor, Beside, NextAction};
use provision_core::fault::{Fault, Result};
use provision_core::ports::{
    AcceptPrecondition, AccountView, Cause, Explanation, Mutation, Preconditions, Tagged,
};
use provision_core::precondition::{
    Acceptance, CheckSeverity, CheckStatus, Precondition, PreconditionReport,
};

use super::accounts::account;
use super::now;

#[derive(Default)]
pub struct FakePreconditions {
    /// Every mutation that came through, in order.
    pub mutations: Mutex<Vec<Mutation>>,
    /// What the checks' blocking one has come to; `false` by default.
    pub passing: Mutex<bool>,
    pub accepted: Mutex<Vec<Acceptance>>,
    /// What the next call answers instead of working.
    pub failure: Mutex<Option<Fault>>,
}

impl FakePreconditions {
    fn enter(&self, by: &Mutation) -> Result<()> {
        self.mutations.lock().unwrap().push(by.clone());
        self.failure.lock().unwrap().take().map_or(Ok(()), Err)
    }
}

fn check(id: &str, severity: CheckSeverity, status: CheckStatus) -> Precondition {
    Precondition {
        id: id.to_owned(),
        title: format!("Title of {id}"),
        status,
        severity,
        evidence: "what was seen".to_owned(),
        fix: "what to do".to_owned(),
        actor: Actor::SaasAdmin,
        help_uri: Some("https://help.example/x".to_owned()),
        link: None,
        check_time: now(),
        acceptance: None,
    }
}

#[async_trait]
impl Preconditions for FakePreconditions {
    async fn check(&self, by: Mutation, name: &AccountName) -> Result<PreconditionReport> {
        self.enter(&by)?;
        let api = if *self.passing.lock().unwrap() { CheckStatus::Passed } else { CheckStatus::Failed };
        let mut space = check("space", CheckSeverity::Advisory, CheckStatus::Failed);
        space.acceptance = self.accepted.lock().unwrap().last().cloned();
        let hidden = check("hidden", CheckSeverity::Blocking, CheckStatus::Unknown);
        Ok(PreconditionReport {
            account_uid: account(name).uid,
            checks: vec![check("api", CheckSeverity::Blocking, api), space, hidden],
            check_time: now(),
        })
    }

    async fn accept(&self, by: Mutation, request: AcceptPrecondition) -> Result<AccountView> {
        self.enter(&by)?;
        if request.check_id != "space" {
            return Err(Fault::invalid("check", "is not an advisory"));
        }
        let mut account = account(&request.name);
        let acceptance = Acceptance {
            check_id: request.check_id,
            reason: request.reason,
            principal: by.principal,
            accept_time: now(),
        };
        self.accepted.lock().unwrap().push(acceptance.clone());
        account.acceptances.push(acceptance);
        Ok(Tagged { value: (account, Beside::default()), etag: "etag-2".to_owned() })
    }

    async fn explain(&self, _: &AccountName) -> Result<Explanation> {
        self.failure.lock().unwrap().take().map_or(Ok(()), Err)?;
        Ok(Explanation {
            protected: false,
            summary: "Not protected: nobody has authorised.".to_owned(),
            causes: vec![Cause {
                reason: "NOT_AUTHORIZED".to_owned(),
                message: "nobody has authorised".to_owned(),
                evidence: vec!["phase DRAFT".to_owned()],
                next_action: Some(NextAction {
                    actor: Actor::SaasAdmin,
                    action: "AUTHORIZE".to_owned(),
                    hint: "open the page".to_owned(),
                    link: None,
                    deadline: None,
                }),
            }],
        })
    }
}
