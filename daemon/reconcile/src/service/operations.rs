//! Operations as callers see them.

use std::time::Duration;

use async_trait::async_trait;
use provision_core::operation::Operation;
use provision_core::ports::{ListQuery, Mutation, Operations, Page};
use provision_core::{Fault, OperationName, Reason, Result, TenantId};
use provision_store::record::RecordKey;

use super::ControlPlane;
use crate::commit::{Built, Draft};

#[async_trait]
impl Operations for ControlPlane {
    async fn get(&self, name: &OperationName) -> Result<Operation> {
        let found = self.context.repository().find::<Operation>(&RecordKey::operation(name)).await?;
        found.map(|f| f.value).ok_or_else(|| Fault::not_found(name))
    }

    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<Operation>> {
        let page = self
            .context
            .repository()
            .page(&RecordKey::operations(tenant), &query, |operation: &Operation, field| match field {
                "service_account" => Some(operation.account.to_string()),
                "kind" => Some(operation.kind.as_str().to_owned()),
                "state" => Some(operation.state.as_str().to_owned()),
                "done" => Some(operation.is_done().to_string()),
                _ => None,
            })
            .await?;
        Ok(Page { items: page.items.into_iter().map(|v| v.value).collect(), next: page.next })
    }

    async fn wait(&self, name: &OperationName, timeout: Duration) -> Result<Operation> {
        let found = self
            .context
            .wait_for::<Operation>(&RecordKey::operation(name), timeout, |op| {
                op.is_none_or(Operation::is_done)
            })
            .await?;
        found.map(|f| f.value).ok_or_else(|| Fault::not_found(name))
    }

    async fn cancel(&self, by: Mutation, name: &OperationName) -> Result<()> {
        let key = RecordKey::operation(name);
        self.context
            .commit(|| async {
                let found = self.context.repository().find::<Operation>(&key).await?;
                let found = found.ok_or_else(|| Fault::not_found(name))?;
                if found.value.is_done() || found.value.cancel_requested {
                    return Ok(Built::Already(()));
                }
                let mut draft = Draft::default();
                let operation = Operation { cancel_requested: true, ..found.value };
                draft.replace(key.clone(), found.revision, &operation)?;
                draft.audit(&self.context, &name.tenant, &by.principal, by.method, name.to_string(), &[])?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        self.runtime.wake(name);
        Ok(())
    }

    async fn delete(&self, by: Mutation, name: &OperationName) -> Result<()> {
        let key = RecordKey::operation(name);
        let demand_done = |operation: &Operation| match operation.is_done() {
            true => Ok(()),
            false => Err(Fault::new(
                Reason::OperationNotDone,
                "the operation is running; cancel it and wait for its end first",
            )),
        };
        let operation = Operations::get(self, name).await?;
        demand_done(&operation)?;
        // Before the record: whoever is interrupted here finds the rest by it.
        self.context.forget_export(&operation).await?;
        self.context
            .commit(|| async {
                let found = self.context.repository().find::<Operation>(&key).await?;
                let found = found.ok_or_else(|| Fault::not_found(name))?;
                demand_done(&found.value)?;
                let mut draft = Draft::default();
                draft.unchanged(key.clone(), found.revision);
                draft.delete(key.clone());
                draft.audit(&self.context, &name.tenant, &by.principal, by.method, name.to_string(), &[])?;
                Ok(Built::Commit(draft, ()))
            })
            .await
    }
}
