//! Lists: pages collected up to a bound.

use provision_api::google::longrunning as lro;
use provision_api::v1;

use crate::error::Error;

/// Most items asked for in one page.
const PAGE_SIZE_MAX: usize = 500;

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOptions {
    /// Terms `field = "value"` joined by AND; empty for all.
    pub filter: String,
    /// Most items to collect. Where there are more, `next_page_token` of the answer is not empty.
    pub limit: usize,
}

impl Default for ListOptions {
    fn default() -> ListOptions {
        ListOptions { filter: String::new(), limit: 10_000 }
    }
}

impl ListOptions {
    /// All items that match `filter`, up to the default limit.
    pub fn filter(filter: impl Into<String>) -> ListOptions {
        ListOptions { filter: filter.into(), ..ListOptions::default() }
    }
}

/// An answer with a page of items.
pub(crate) trait Page: Default {
    type Item;
    fn items(&mut self) -> &mut Vec<Self::Item>;
    fn next_page_token(&mut self) -> &mut String;
}

macro_rules! pages {
    ($($answer:ty { $items:ident: $item:ty })*) => { $(
        impl Page for $answer {
            type Item = $item;
            fn items(&mut self) -> &mut Vec<$item> {
                &mut self.$items
            }
            fn next_page_token(&mut self) -> &mut String {
                &mut self.next_page_token
            }
        }
    )* };
}

pages! {
    v1::ListServiceAccountsResponse { service_accounts: v1::ServiceAccount }
    v1::ListObjectTypesResponse { object_types: v1::ObjectType }
    v1::ListProfilesResponse { profiles: v1::Profile }
    v1::ListComponentsResponse { components: v1::Component }
    v1::ListNotificationsResponse { notifications: v1::Notification }
    v1::ListTenantsResponse { tenants: v1::Tenant }
    v1::ListLicensesResponse { licenses: v1::License }
    v1::ListRoleBindingsResponse { role_bindings: v1::RoleBinding }
    v1::ListAuditEventsResponse { audit_events: v1::AuditEvent }
    v1::ListConnectorsResponse { connectors: v1::Connector }
    lro::ListOperationsResponse { operations: lro::Operation }
}

/// Fetches pages until the end or the limit and answers them as one. `fetch` gets page size and page token.
pub(crate) async fn collect<P, F>(limit: usize, mut fetch: impl FnMut(i32, String) -> F) -> Result<P, Error>
where
    P: Page,
    F: Future<Output = Result<P, Error>>,
{
    let mut all = P::default();
    loop {
        let left = limit.saturating_sub(all.items().len());
        if left == 0 {
            return Ok(all);
        }
        let size = left.min(PAGE_SIZE_MAX);
        let token = all.next_page_token().clone();
        let mut page = fetch(size as i32, token.clone()).await?;
        if page.items().len() > size {
            return Err(Error::Protocol("a page is longer than was asked for".to_owned()));
        }
        if !token.is_empty() && *page.next_page_token() == token {
            return Err(Error::Protocol("a page leads back to itself".to_owned()));
        }
        all.items().append(page.items());
        *all.next_page_token() = std::mem::take(page.next_page_token());
        if all.next_page_token().is_empty() {
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Serves the numbers up to `total`, the token being the next one.
    async fn numbers(total: usize, size: i32, token: String) -> Result<v1::ListTenantsResponse, Error> {
        let from: usize = token.parse().unwrap_or(0);
        let to = total.min(from + (size as usize).min(200));
        Ok(v1::ListTenantsResponse {
            tenants: (from..to).map(|n| v1::Tenant { name: n.to_string(), ..Default::default() }).collect(),
            next_page_token: if to < total { to.to_string() } else { String::new() },
        })
    }

    #[tokio::test]
    async fn pages_become_one_list() {
        let all = collect(10_000, |size, token| numbers(1_234, size, token)).await.expect("all");
        assert_eq!(all.tenants.len(), 1_234);
        assert_eq!(all.tenants[1_233].name, "1233");
        assert_eq!(all.next_page_token, "");
    }

    #[tokio::test]
    async fn the_limit_cuts_and_leaves_the_token() {
        let some = collect(450, |size, token| numbers(1_234, size, token)).await.expect("some");
        assert_eq!((some.tenants.len(), some.next_page_token.as_str()), (450, "450"));
    }

    #[tokio::test]
    async fn a_token_that_leads_back_ends_the_loop() {
        let again =
            |_, _| async { Ok(v1::ListTenantsResponse { tenants: vec![], next_page_token: "x".to_owned() }) };
        let error = collect::<v1::ListTenantsResponse, _>(10, again).await.expect_err("loop");
        assert_eq!(error.reason(), "PROTOCOL_BROKEN");
    }
}
