//! What happens to an org while others work with it: what its administrators do, and what Salesforce does.

use std::sync::Arc;
use std::time::Duration;

use super::{Grant, Id, Org};
use crate::ledger::Kind;

/// Something that happens to an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// An administrator revokes all that users have allowed the vendor's app, in "Connected Apps OAuth Usage".
    GrantsRevoked,
    /// Everybody who has allowed the vendor's app is deactivated.
    UsersDeactivated,
    /// Everybody who has allowed the vendor's app loses access to the API.
    ApiAccessOff,
    /// Profiles and permission sets lose a user permission, named without its `Permissions` prefix.
    PermissionWithdrawn(String),
    /// All sessions end; grants stay.
    SessionsEnded,
    /// The vendor's app has another consumer secret; the one before is refused.
    SecretRotated { secret: String },
    /// Salesforce locks the org: `inactive_org` for who refreshes, the end of every session.
    Locked,
    /// The org moves to another instance, which has another host: sessions end, and the old host redirects.
    InstanceMoved { host: String },
    /// Somebody else deploys for so long on the org's clock.
    DeployLocked(Duration),
    /// Others have used up `DailyApiRequests`.
    ApiRequestsUsedUp,
}

impl Org {
    /// Lets it happen, at once and as a whole.
    pub fn happen(&self, what: &Happening) {
        match what {
            Happening::GrantsRevoked => {
                for grant in self.grants_of_app() {
                    self.end_grant(grant.number, "revoked by an administrator");
                }
            }
            Happening::UsersDeactivated => {
                for user in self.users_of_app() {
                    self.deactivate_user(user);
                }
            }
            Happening::ApiAccessOff => {
                let state = self.read();
                let name = |user: Id| state.users.get(&user).map(|user| user.username.clone());
                let users = self.users_of_app_in(&state);
                let names: Vec<String> = users.into_iter().filter_map(name).collect();
                drop(state);
                self.set_conditions(|conditions| conditions.api_disabled_for.extend(names));
            }
            Happening::PermissionWithdrawn(permission) => self.withdraw(permission),
            Happening::SessionsEnded => self.write().sessions.end_all(),
            Happening::SecretRotated { secret } => {
                self.set_conditions(|conditions| conditions.client_secret = Some(secret.clone()));
            }
            Happening::Locked => {
                self.set_conditions(|conditions| conditions.locked = true);
                self.write().sessions.end_all();
            }
            Happening::InstanceMoved { host } => {
                self.set_conditions(|conditions| conditions.moved_to = Some(host.clone()));
                self.write().sessions.end_all();
            }
            Happening::DeployLocked(takes) => {
                if let Some(org) = self.shared() {
                    crate::metadata::foreign_deploy(&org, *takes);
                }
            }
            Happening::ApiRequestsUsedUp => {
                let limit = crate::surface::rest::daily_api_requests(self);
                let hour = self.now_ms().div_euclid(60 * 60 * 1000);
                self.write().api_calls.insert(hour, limit);
            }
        }
    }

    /// Ends a grant with its refresh token and every session that came from it.
    pub(crate) fn end_grant(&self, number: u64, reason: &str) {
        let ended = {
            let mut state = self.write();
            state.sessions.end_of_grant(number);
            state.grants.grants.remove(&number)
        };
        if let Some(Grant { user, app, .. }) = ended {
            let name = self.app_of(&app).map(|app| app.name.clone()).unwrap_or_default();
            let detail = [("grant", number.to_string()), ("reason", reason.to_owned())];
            let detail: Vec<(&str, &str)> =
                detail.iter().map(|(key, value)| (*key, value.as_str())).collect();
            self.note(Kind::GrantRevoked, Some(user), name, &detail);
        }
    }

    fn grants_of_app(&self) -> Vec<Grant> {
        let state = self.read();
        state.grants.grants.values().filter(|grant| grant.app == self.app.client_id).cloned().collect()
    }

    fn users_of_app(&self) -> Vec<Id> {
        self.users_of_app_in(&self.read())
    }

    fn users_of_app_in(&self, state: &super::State) -> Vec<Id> {
        let grants = state.grants.grants.values();
        let mut users: Vec<Id> =
            grants.filter(|grant| grant.app == self.app.client_id).map(|grant| grant.user).collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    fn withdraw(&self, permission: &str) {
        let now_ms = self.now_ms();
        let mut state = self.write();
        let mut next = super::Metadata::clone(&state.metadata);
        for set in next.permission_sets.values_mut() {
            if set.permissions.contains(permission) {
                Arc::make_mut(set).permissions.remove(permission);
            }
        }
        state.put_metadata(next, now_ms);
    }
}
