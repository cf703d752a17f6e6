//! Reading what a deprovisioning has exported.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use provision_core::operation::Operation;
use provision_core::ports::{Archive, Operations as _};
use provision_core::{AccountName, Fault, OperationName, Reason, Result};

use super::ControlPlane;
use crate::context::Context;
use crate::export::Index;

/// Bytes that one look answers at the most.
const ANSWERED_MAX: usize = 256 * 1024;

impl ControlPlane {
    pub(super) async fn open_export(
        &self,
        name: &AccountName,
        operation: &OperationName,
    ) -> Result<Box<dyn Archive>> {
        let none = || {
            Fault::new(
                Reason::ResourceNotFound,
                format!("'{operation}' has exported no quarantined content of '{name}'"),
            )
        };
        let found: Operation = self.get(operation).await?;
        let export = found.export.filter(|_| found.account == *name).ok_or_else(none)?;
        let index: Index = self.context.load(&export.artifact).await?;
        if !index.complete {
            return Err(none());
        }
        Ok(Box::new(Reader {
            context: self.context.clone(),
            operation: operation.clone(),
            index,
            next: 0,
            at_hand: Bytes::new(),
        }))
    }
}

/// Opens one part at a time.
struct Reader {
    context: Arc<Context>,
    operation: OperationName,
    index: Index,
    /// Number of the part after the one at hand.
    next: usize,
    at_hand: Bytes,
}

#[async_trait]
impl Archive for Reader {
    fn total_bytes(&self) -> u64 {
        self.index.bytes()
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        while self.at_hand.is_empty() {
            let Some(part) = self.index.parts.get(self.next) else { return Ok(None) };
            self.at_hand = self.context.part(&self.operation, self.next, part).await?;
            self.next += 1;
        }
        let piece = self.at_hand.split_to(self.at_hand.len().min(ANSWERED_MAX));
        Ok(Some(piece.to_vec()))
    }
}
