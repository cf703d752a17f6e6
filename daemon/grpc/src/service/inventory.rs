//! InventoryService.

use provision_api::google::longrunning as lro;
use provision_api::v1;
use provision_api::v1::inventory_service_server::InventoryService;
use provision_core::fault::Result;
use provision_core::ports::RefreshInventory;
use provision_core::{ObjectTypeId, ProfileId};
use tonic::{Request, Response, Status};

use super::{Service, list};
use crate::convert::{inventory, operation};
use crate::name;

const OBJECT_TYPE_FIELDS: &[&str] = &["api_name", "custom", "accepts_triggers", "holds_files", "holds_feed"];
const PROFILE_FIELDS: &[&str] = &["display_name", "kind", "custom"];

#[tonic::async_trait]
impl InventoryService for Service {
    async fn list_object_types(
        &self,
        request: Request<v1::ListObjectTypesRequest>,
    ) -> Result<Response<v1::ListObjectTypesResponse>, Status> {
        let act = |caller, q: v1::ListObjectTypesRequest| async move {
            let account = name::account("parent", &q.parent)?;
            let query = self.door.query(&caller, list!(q, parent), OBJECT_TYPE_FIELDS)?;
            let (page, read_time) = self.door.ports.inventory.object_types(&account, query).await?;
            let object_types = page
                .items
                .into_iter()
                .map(|(object, fields)| inventory::object_type(&account, object, fields, read_time))
                .collect();
            let next_page_token = self.door.next(&caller, list!(q, parent), page.next);
            Ok(v1::ListObjectTypesResponse { object_types, next_page_token })
        };
        self.door.read(request, act).await
    }

    async fn get_object_type(
        &self,
        request: Request<v1::GetObjectTypeRequest>,
    ) -> Result<Response<v1::ObjectType>, Status> {
        let act = |_, q: v1::GetObjectTypeRequest| async move {
            let (account, id) = name::under_account::<ObjectTypeId>("objectTypes", &q.name)?;
            let (object, read_time) = self.door.ports.inventory.object_type(&account, &id).await?;
            let fields = object.fields.len();
            Ok(inventory::object_type(&account, object, fields, Some(read_time)))
        };
        self.door.read(request, act).await
    }

    async fn list_profiles(
        &self,
        request: Request<v1::ListProfilesRequest>,
    ) -> Result<Response<v1::ListProfilesResponse>, Status> {
        let act = |caller, q: v1::ListProfilesRequest| async move {
            let account = name::account("parent", &q.parent)?;
            let query = self.door.query(&caller, list!(q, parent), PROFILE_FIELDS)?;
            let (page, read_time) = self.door.ports.inventory.profiles(&account, query).await?;
            let profiles = page
                .items
                .into_iter()
                .map(|(profile, permissions)| inventory::profile(&account, profile, permissions, read_time))
                .collect();
            let next_page_token = self.door.next(&caller, list!(q, parent), page.next);
            Ok(v1::ListProfilesResponse { profiles, next_page_token })
        };
        self.door.read(request, act).await
    }

    async fn get_profile(
        &self,
        request: Request<v1::GetProfileRequest>,
    ) -> Result<Response<v1::Profile>, Status> {
        let act = |_, q: v1::GetProfileRequest| async move {
            let (account, id) = name::under_account::<ProfileId>("profiles", &q.name)?;
            let (profile, read_time) = self.door.ports.inventory.profile(&account, &id).await?;
            let permissions = profile.object_permissions.len();
            Ok(inventory::profile(&account, profile, permissions, Some(read_time)))
        };
        self.door.read(request, act).await
    }

    async fn refresh_inventory(
        &self,
        request: Request<v1::RefreshInventoryRequest>,
    ) -> Result<Response<lro::Operation>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q: v1::RefreshInventoryRequest| async move {
            let name = name::account("parent", &q.parent)?;
            let asked = RefreshInventory { name, accept_fall: q.accept_fall };
            let started = accounts.refresh_inventory(by, asked).await?;
            Ok(operation::to_proto(started, v1::ServiceAccount::default))
        };
        self.door.change(request, act).await
    }
}
