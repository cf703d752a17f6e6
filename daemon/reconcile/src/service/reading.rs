//! What can be read: inventories and components.

use async_trait::async_trait;
use provision_core::component::Component;
use provision_core::inventory::{ObjectType, Profile};
use provision_core::ports::{Components, InventoryReader, ListQuery, Page};
use provision_core::{AccountName, ComponentId, Fault, ObjectTypeId, ProfileId, Reason, Result, Timestamp};
use provision_store::record::RecordKey;

use super::ControlPlane;

/// One page out of a list in memory; the cursor is the position behind the last item looked at.
fn page_of<'a, T>(
    items: &'a [T],
    query: &ListQuery,
    field: impl Fn(&T, &str) -> Option<String>,
) -> Result<Page<&'a T>> {
    let bad = |_| {
        Fault::new(Reason::PageTokenInvalid, "the page token is not one of ours; begin with the first page")
    };
    let start = query.after.as_deref().map_or(Ok(0), |text| text.parse::<usize>().map_err(bad))?;
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate().skip(start) {
        if query.filter.matches(|name| field(item, name)) {
            if found.len() == query.page_size {
                return Ok(Page { items: found, next: Some(index.to_string()) });
            }
            found.push(item);
        }
    }
    Ok(Page { items: found, next: None })
}

#[async_trait]
impl InventoryReader for ControlPlane {
    async fn object_types(
        &self,
        account: &AccountName,
        query: ListQuery,
    ) -> Result<(Page<(ObjectType, usize)>, Option<Timestamp>)> {
        self.context.account(account).await?;
        let Some((summary, inventory)) = self.inventories.of(account).await? else {
            return Ok((Page { items: Vec::new(), next: None }, None));
        };
        let page = page_of(&inventory.object_types, &query, |object, field| match field {
            "api_name" => Some(object.api_name.clone()),
            "custom" => Some(object.custom.to_string()),
            "accepts_triggers" => Some(object.accepts_triggers.to_string()),
            "holds_files" => Some(object.holds_files.to_string()),
            "holds_feed" => Some(object.holds_feed.to_string()),
            _ => None,
        })?;
        let bare = |object: &ObjectType| (object_head(object), object.fields.len());
        let items = page.items.into_iter().map(bare).collect();
        Ok((Page { items, next: page.next }, Some(summary.read_time)))
    }

    async fn object_type(&self, account: &AccountName, id: &ObjectTypeId) -> Result<(ObjectType, Timestamp)> {
        self.context.account(account).await?;
        let missing = || Fault::not_found(format!("{account}/objectTypes/{id}"));
        let (summary, inventory) = self.inventories.of(account).await?.ok_or_else(missing)?;
        let found = inventory.object_types.iter().find(|o| o.api_name == id.as_str()).ok_or_else(missing)?;
        Ok((found.clone(), summary.read_time))
    }

    async fn profiles(
        &self,
        account: &AccountName,
        query: ListQuery,
    ) -> Result<(Page<(Profile, usize)>, Option<Timestamp>)> {
        self.context.account(account).await?;
        let Some((summary, inventory)) = self.inventories.of(account).await? else {
            return Ok((Page { items: Vec::new(), next: None }, None));
        };
        let page = page_of(&inventory.profiles, &query, |profile, field| match field {
            "display_name" => Some(profile.display_name.clone()),
            "kind" => Some(profile.kind.as_str().to_owned()),
            "custom" => Some(profile.custom.to_string()),
            _ => None,
        })?;
        let bare = |profile: &Profile| {
            let head = Profile {
                remote_id: profile.remote_id.clone(),
                display_name: profile.display_name.clone(),
                kind: profile.kind,
                custom: profile.custom,
                object_permissions: Vec::new(),
            };
            (head, profile.object_permissions.len())
        };
        let items = page.items.into_iter().map(bare).collect();
        Ok((Page { items, next: page.next }, Some(summary.read_time)))
    }

    async fn profile(&self, account: &AccountName, id: &ProfileId) -> Result<(Profile, Timestamp)> {
        self.context.account(account).await?;
        let missing = || Fault::not_found(format!("{account}/profiles/{id}"));
        let (summary, inventory) = self.inventories.of(account).await?.ok_or_else(missing)?;
        let found = inventory.profiles.iter().find(|p| p.remote_id == id.as_str()).ok_or_else(missing)?;
        Ok((found.clone(), summary.read_time))
    }
}

/// An object type without the cost of copying its fields.
fn object_head(object: &ObjectType) -> ObjectType {
    ObjectType {
        api_name: object.api_name.clone(),
        label: object.label.clone(),
        custom: object.custom,
        accepts_triggers: object.accepts_triggers,
        holds_files: object.holds_files,
        holds_feed: object.holds_feed,
        queryable: object.queryable,
        createable: object.createable,
        updateable: object.updateable,
        deletable: object.deletable,
        fields: Vec::new(),
    }
}

#[async_trait]
impl Components for ControlPlane {
    async fn list(&self, account: &AccountName, query: ListQuery) -> Result<Page<Component>> {
        self.context.account(account).await?;
        let page = self
            .context
            .repository()
            .page(&RecordKey::components(account), &query, |component: &Component, field| match field {
                "kind" => Some(component.kind.clone()),
                "state" => Some(component.state.as_str().to_owned()),
                _ => None,
            })
            .await?;
        Ok(Page { items: page.items.into_iter().map(|v| v.value).collect(), next: page.next })
    }

    async fn get(&self, account: &AccountName, id: &ComponentId) -> Result<Component> {
        self.context.account(account).await?;
        let key = RecordKey::component(account, id.as_str());
        let found = self.context.repository().find::<Component>(&key).await?;
        found.map(|f| f.value).ok_or_else(|| Fault::not_found(format!("{account}/components/{id}")))
    }
}
