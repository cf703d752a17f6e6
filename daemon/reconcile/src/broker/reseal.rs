//! Sealing anew what older keys have sealed, so that their lines can leave the key file.

use std::collections::BTreeMap;
use std::fmt;

use provision_core::account::ServiceAccount;
use provision_core::authorization::PendingAuthorization;
use provision_core::operation::Operation;
use provision_core::{AccountName, Result};
use provision_store::record::{Credential, RecordKey, Sealed};

use super::keeper::GRANTS_MAX;
use super::standing::Told;
use super::{Broker, TokenPair};

/// Operations whose exports are looked at.
const OPERATIONS_MAX: usize = 100_000;

/// What one key seals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealedThings {
    /// Grants, replaced ones among them; the daemon seals them anew under the current key.
    pub grants: usize,
    /// Authorisations that are under way; they end within minutes.
    pub authorizations: usize,
    /// Parts of exported quarantined content; they are kept as long as the operation that exported them.
    pub export_parts: usize,
}

impl SealedThings {
    pub fn count(&self) -> usize {
        self.grants + self.authorizations + self.export_parts
    }
}

impl fmt::Display for SealedThings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            (self.grants, "grants"),
            (self.authorizations, "authorisations under way"),
            (self.export_parts, "parts of exported content, kept for 30 days after its export"),
        ];
        let told = named.iter().filter(|(count, _)| *count > 0);
        let told: Vec<_> = told.map(|(count, what)| format!("{what} ({count})")).collect();
        if told.is_empty() {
            return f.write_str("nothing");
        }
        f.write_str(&told.join(" and "))
    }
}

impl Broker {
    /// Seals every grant under the current key that another one seals. Answers what each key seals now.
    pub async fn reseal(&self) -> Result<BTreeMap<String, SealedThings>> {
        let current = self.context.envelope.current_key();
        let (accounts, _) =
            self.context.repository().all::<ServiceAccount>(&RecordKey::all_accounts(), GRANTS_MAX).await?;
        for account in accounts {
            let sealed_before = self.find(&account.value.name).await?.is_some_and(|credential| {
                credential.account_uid == account.value.uid && keys(&credential).any(|key| *key != current)
            });
            if sealed_before && let Err(fault) = self.reseal_grant(&account.value).await {
                tracing::warn!(account = %account.value.name, ?fault, "the grant could not be sealed under the current key");
            }
        }
        let sealed = self.sealed_by().await?;
        for (key, things) in &sealed {
            metrics::gauge!("provisiond_sealed", "key" => key.clone())
                .set(u32::try_from(things.count()).unwrap_or(u32::MAX));
        }
        Ok(sealed)
    }

    /// What each key seals.
    pub async fn sealed_by(&self) -> Result<BTreeMap<String, SealedThings>> {
        let repository = self.context.repository();
        let mut sealed: BTreeMap<String, SealedThings> = BTreeMap::new();
        let (grants, _) = repository.all::<Credential>(&RecordKey::credentials(), GRANTS_MAX).await?;
        for grant in &grants {
            for key in keys(&grant.value) {
                sealed.entry(key.clone()).or_default().grants += 1;
            }
        }
        let (pending, _) =
            repository.all::<PendingAuthorization>(&RecordKey::authorizations(), GRANTS_MAX).await?;
        for pending in pending {
            if let Ok(verifier) = serde_json::from_str::<Sealed>(&pending.value.sealed_verifier) {
                sealed.entry(verifier.key_id).or_default().authorizations += 1;
            }
        }
        let (operations, _) =
            repository.all::<Operation>(&RecordKey::all_operations(), OPERATIONS_MAX).await?;
        for operation in operations {
            for key in self.context.export_keys(&operation.value).await? {
                sealed.entry(key).or_default().export_parts += 1;
            }
        }
        Ok(sealed)
    }

    /// No exchange of the account runs at the same time: its tokens would be sealed twice, and one of them lost.
    async fn reseal_grant(&self, account: &ServiceAccount) -> Result<()> {
        let flight = self.flight(&account.name);
        let _only_one = flight.lock().await;
        let Some(found) = self.find(&account.name).await? else { return Ok(()) };
        let (envelope, name, uid) = (&self.context.envelope, &account.name, &account.uid);
        let anew = |sealed: &Sealed| TokenPair::open(envelope, name, uid, sealed)?.seal(envelope, name, uid);
        let tokens = anew(&found.tokens)?;
        let mut retired = Vec::new();
        for sealed in &found.retired {
            // What cannot be opened cannot be revoked either.
            match anew(sealed) {
                Ok(sealed) => retired.push(sealed),
                Err(fault) => {
                    tracing::warn!(account = %name, ?fault, "a grant that was replaced cannot be opened; it is forgotten");
                }
            }
        }
        let sealed = |c: &mut Credential| {
            c.tokens = tokens.clone();
            c.retired = retired.clone();
        };
        self.change(account, found.generation, sealed, Told::default()).await.map(drop)
    }

    async fn find(&self, name: &AccountName) -> Result<Option<Credential>> {
        let found = self.context.repository().find::<Credential>(&RecordKey::credential(name)).await?;
        Ok(found.map(|found| found.value))
    }
}

fn keys(credential: &Credential) -> impl Iterator<Item = &String> {
    std::iter::once(&credential.tokens).chain(&credential.retired).map(|sealed| &sealed.key_id)
}
