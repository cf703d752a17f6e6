//! One case for each method of the API: what it is about, and a request that is otherwise in order.

/// How a method is tried.
pub struct Case {
    /// `{Service}/{Method}`.
    pub method: &'static str,
    /// Name of the resource that it is about, with holes: `{t}` the tenant, `{a}` an account, `{x}` whatever is under
    /// them. Empty for what is beside all tenants.
    pub resource: &'static str,
    /// The request, in JSON; `@` is the resource.
    pub request: &'static str,
}

const TENANT: &str = "tenants/{t}";
const ACCOUNT: &str = "tenants/{t}/serviceAccounts/{a}";
const OBJECT_TYPE: &str = "tenants/{t}/serviceAccounts/{a}/objectTypes/{x}";
const PROFILE: &str = "tenants/{t}/serviceAccounts/{a}/profiles/{x}";
const COMPONENT: &str = "tenants/{t}/serviceAccounts/{a}/components/{x}";
const NOTIFICATION: &str = "tenants/{t}/notifications/{x}";
const LICENSE: &str = "tenants/{t}/licenses/{x}";
const BINDING: &str = "tenants/{t}/roleBindings/{x}";
const OPERATION: &str = "tenants/{t}/operations/{x}";
const PLATFORM: &str = "";

const NAME: &str = r#"{"name": "@"}"#;
const PARENT: &str = r#"{"parent": "@"}"#;

const fn case(method: &'static str, resource: &'static str, request: &'static str) -> Case {
    Case { method, resource, request }
}

/// A case for each method; [`super::tries::methods`] finds what is missing.
pub const CASES: &[Case] = &[
    case(
        "ProvisioningService/CreateServiceAccount",
        TENANT,
        r#"{"parent": "@", "validateOnly": true, "serviceAccount":
            {"connector": "connectors/salesforce", "environment": "sandbox"}}"#,
    ),
    case("ProvisioningService/GetServiceAccount", ACCOUNT, NAME),
    case("ProvisioningService/ListServiceAccounts", TENANT, PARENT),
    case(
        "ProvisioningService/UpdateServiceAccount",
        ACCOUNT,
        r#"{"serviceAccount": {"name": "@", "displayName": "Main"}, "validateOnly": true}"#,
    ),
    case("ProvisioningService/DeleteServiceAccount", ACCOUNT, r#"{"name": "@", "validateOnly": true}"#),
    case("ProvisioningService/WatchServiceAccounts", TENANT, PARENT),
    case("ProvisioningService/ExplainServiceAccount", ACCOUNT, NAME),
    case("ProvisioningService/CheckPreconditions", ACCOUNT, NAME),
    case(
        "ProvisioningService/AcceptPrecondition",
        ACCOUNT,
        r#"{"name": "@", "check": "none", "reason": "x"}"#,
    ),
    case("ProvisioningService/BeginAuthorization", ACCOUNT, NAME),
    case("ProvisioningService/CompleteAuthorization", ACCOUNT, r#"{"name": "@", "state": "s", "code": "c"}"#),
    case("ProvisioningService/PlanProvisioning", ACCOUNT, NAME),
    case(
        "ProvisioningService/ProvisionServiceAccount",
        ACCOUNT,
        r#"{"name": "@", "planEtag": "none", "validateOnly": true}"#,
    ),
    case("ProvisioningService/ReauthorizeServiceAccount", ACCOUNT, NAME),
    case("ProvisioningService/RepairServiceAccount", ACCOUNT, r#"{"name": "@", "validateOnly": true}"#),
    case("ProvisioningService/DeprovisionServiceAccount", ACCOUNT, r#"{"name": "@", "validateOnly": true}"#),
    case(
        "ProvisioningService/ReadQuarantineExport",
        ACCOUNT,
        r#"{"name": "@", "operation": "tenants/acme/operations/none"}"#,
    ),
    case("InventoryService/ListObjectTypes", ACCOUNT, PARENT),
    case("InventoryService/GetObjectType", OBJECT_TYPE, NAME),
    case("InventoryService/ListProfiles", ACCOUNT, PARENT),
    case("InventoryService/GetProfile", PROFILE, NAME),
    case("InventoryService/RefreshInventory", ACCOUNT, PARENT),
    case("ComponentService/ListComponents", ACCOUNT, PARENT),
    case("ComponentService/GetComponent", COMPONENT, NAME),
    case("NotificationService/ListNotifications", TENANT, PARENT),
    case("NotificationService/StreamNotifications", TENANT, PARENT),
    case("NotificationService/AcknowledgeNotification", NOTIFICATION, NAME),
    case("AdminService/CreateTenant", PLATFORM, r#"{"tenantId": "acme"}"#),
    case("AdminService/GetTenant", TENANT, NAME),
    case("AdminService/ListTenants", PLATFORM, "{}"),
    case("AdminService/UpdateLicense", LICENSE, r#"{"license": {"name": "@"}}"#),
    case("AdminService/GetLicense", LICENSE, NAME),
    case("AdminService/ListLicenses", TENANT, PARENT),
    case(
        "AdminService/CreateRoleBinding",
        TENANT,
        r#"{"parent": "@", "roleBinding": {"principal": "somebody@acme.example", "role": "viewer"}}"#,
    ),
    case("AdminService/ListRoleBindings", TENANT, PARENT),
    case("AdminService/DeleteRoleBinding", BINDING, NAME),
    case("AdminService/ListAuditEvents", TENANT, PARENT),
    case("ConnectorService/ListConnectors", PLATFORM, "{}"),
    case("ConnectorService/GetConnector", PLATFORM, r#"{"name": "connectors/salesforce"}"#),
    case("Operations/ListOperations", "tenants/{t}/operations", NAME),
    case("Operations/GetOperation", OPERATION, NAME),
    case("Operations/DeleteOperation", OPERATION, NAME),
    case("Operations/CancelOperation", OPERATION, NAME),
    case("Operations/WaitOperation", OPERATION, r#"{"name": "@", "timeout": "0s"}"#),
];
