//! The first look at an organisation: what is listed, and whether anything has changed.

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::inventory::Inventory;
use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::marks::{Asked, Marks};
use crate::api::rest::{GlobalAnswer, SObject};
use crate::api::{Org, Validators};

const KEY: &str = "look";
const OBJECTS_KEY: &str = "objects";

/// What must be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verdict {
    Unchanged,
    /// Profiles, permission sets and their rights; objects and fields are as they were.
    Rights,
    All,
}

/// Taken before anything else is read, so that a change during the reading shows in the next look.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Look {
    pub verdict: Verdict,
    pub marks: Marks,
}

/// The objects that the organisation lists.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Listed {
    /// Ordered by name.
    pub objects: Vec<SObject>,
    pub validators: Validators,
}

impl Look {
    /// Three calls; none where an interrupted reading has looked already.
    pub(super) async fn take(
        org: &Org<'_>,
        previous: Option<&Inventory>,
        kept: &Kept<'_>,
    ) -> Result<Self, ConnectorFault> {
        if let Some(look) = kept.load::<Look>(KEY).await?
            && (look.verdict == Verdict::All || previous.is_some())
        {
            return Ok(look);
        }
        let earlier = previous.map(Marks::of);
        let validators = earlier.as_ref().map(Marks::validators).unwrap_or_default();
        let global = org.describe_global(Some(&validators));
        let (global, asked) = tokio::try_join!(global, Asked::ask(org))?;
        let mut look = match (&global, earlier) {
            (GlobalAnswer::Unchanged, Some(earlier)) => {
                let verdict = asked.verdict_since(&earlier);
                // Until the objects are listed anew the validators are as they were.
                Look { verdict, marks: asked.marks.with_validators(&validators) }
            }
            _ => Look { verdict: Verdict::All, marks: asked.marks },
        };
        if let GlobalAnswer::Listed { objects, validators } = global {
            let listed = Listed::new(objects, validators);
            kept.store(OBJECTS_KEY, &listed).await?;
            look.marks = look.marks.with_validators(&listed.validators);
        }
        if look.verdict != Verdict::Unchanged {
            kept.store(KEY, &look).await?;
        }
        Ok(look)
    }

    /// The objects of the look, or listed now where the look was told that they are the same.
    pub(super) async fn objects(&self, org: &Org<'_>, kept: &Kept<'_>) -> Result<Listed, ConnectorFault> {
        if let Some(listed) = kept.load(OBJECTS_KEY).await? {
            return Ok(listed);
        }
        match org.describe_global(None).await? {
            GlobalAnswer::Listed { objects, validators } => {
                let listed = Listed::new(objects, validators);
                kept.store(OBJECTS_KEY, &listed).await?;
                Ok(listed)
            }
            GlobalAnswer::Unchanged => Err(ConnectorFault::protocol("unchanged, which was not asked")),
        }
    }
}

impl Listed {
    fn new(mut objects: Vec<SObject>, validators: Validators) -> Self {
        objects.retain(|object| !object.deprecated_and_hidden && is_api_name(&object.name));
        objects.sort_by(|left, right| left.name.cmp(&right.name));
        objects.dedup_by(|left, right| left.name == right.name);
        Listed { objects, validators }
    }
}

/// It becomes a part of paths and of resource names.
fn is_api_name(name: &str) -> bool {
    (1..=160).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
