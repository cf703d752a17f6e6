//! Calls of every method of the descriptor set, by anybody.

use std::collections::BTreeMap;

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};
use provision_client::{NewAccount, names};
use provision_tests::world::{PLATFORM, World, token_of};
use salesforce_simulator::Config;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::cases::{CASES, Case};
use super::raw;

/// A method with its case.
pub struct Method {
    pub descriptor: MethodDescriptor,
    pub case: &'static Case,
    /// The permission that stands at the method; empty for methods that are not ours.
    pub permission: String,
}

/// Every method of the API. Panics with the name of one that has no case, and of a case that has no method.
pub fn methods() -> Vec<Method> {
    let set = provision_client::api::FILE_DESCRIPTOR_SET;
    let pool = DescriptorPool::decode(set).expect("valid");
    let option = pool.get_extension_by_name("provisioning.v1.permission").expect("the option");
    let mut cases: BTreeMap<_, _> = CASES.iter().map(|case| (case.method.to_owned(), case)).collect();
    assert_eq!(cases.len(), CASES.len(), "a method has two cases");
    let mut found = Vec::new();
    for descriptor in pool.services().flat_map(|s| s.methods().collect::<Vec<_>>()) {
        let name = format!("{}/{}", descriptor.parent_service().name(), descriptor.name());
        let case = cases.remove(&name).unwrap_or_else(|| panic!("{name} has no case in cases.rs"));
        let permission = match descriptor.options().get_extension(&option).as_ref() {
            Value::String(text) => text.clone(),
            other => panic!("{name}: {other:?}"),
        };
        found.push(Method { descriptor, case, permission });
    }
    assert!(cases.is_empty(), "cases without a method: {:?}", cases.keys());
    found
}

impl Method {
    pub fn name(&self) -> &'static str {
        self.case.method
    }

    /// True when the method is about something of a tenant's.
    pub fn of_tenant(&self) -> bool {
        !self.case.resource.is_empty()
    }

    /// The request about a resource.
    pub fn request(&self, resource: &str) -> Vec<u8> {
        let quoted = serde_json::to_string(resource).expect("a string");
        let text = self.case.request.replace("\"@\"", &quoted);
        let mut json = serde_json::Deserializer::from_str(&text);
        DynamicMessage::deserialize(self.descriptor.input(), &mut json)
            .unwrap_or_else(|e| panic!("{}: {e}: {text}", self.name()))
            .encode_to_vec()
    }

    fn path(&self) -> String {
        format!("/{}/{}", self.descriptor.parent_service().full_name(), self.descriptor.name())
    }

    /// Calls it; without a principal, without credentials. A stream counts as answered once it has begun.
    pub async fn call(&self, channel: Channel, principal: Option<&str>, body: Vec<u8>) -> Result<(), Status> {
        let mut request = Request::new(body);
        if let Some(principal) = principal {
            let value = format!("Bearer {}", token_of(principal)).parse().expect("ASCII");
            request.metadata_mut().insert("authorization", value);
        }
        raw::call(channel, &self.path(), request).await
    }
}

/// A world in which tenant `acme` has one of everything, with the ids of those, and `globex` an account of that name.
pub struct Furnished {
    pub world: World,
    ids: BTreeMap<&'static str, String>,
}

impl Furnished {
    pub async fn new() -> Furnished {
        let world = World::with(Config { objects: 5, ..Config::default() }).await;
        world.prepare().await;
        let admin = world.client("admin@acme.example").await;
        let account = world.until_read(&admin).await;
        let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        let operations = admin.operations().list("tenants/acme", Default::default()).await.expect("list");
        let profiles = admin.inventory().profiles(&account, Default::default()).await.expect("list");
        let objects = admin.inventory().object_types(&account, Default::default()).await.expect("list");
        let bindings = admin.admin().role_bindings("tenants/acme", 100).await.expect("list").role_bindings;
        let told = admin.notifications().list("tenants/acme", Default::default()).await.expect("list");
        let ids = BTreeMap::from([
            ("operations", last(&operations.operations[0].name)),
            ("profiles", last(&profiles.profiles[0].name)),
            ("objectTypes", last(&objects.object_types[0].name)),
            ("roleBindings", last(&bindings[0].name)),
            ("notifications", last(&told.notifications[0].name)),
            ("licenses", "salesforce".to_owned()),
            ("components", "ApexClass.Nothing".to_owned()),
        ]);
        let stranger = world.client("admin@globex.example").await;
        let namesake = NewAccount {
            parent: "tenants/globex".into(),
            id: "main".into(),
            connector: names::connector("salesforce"),
            environment: world.environment_id().into(),
            ..NewAccount::default()
        };
        stranger.accounts().create(namesake).await.expect("a namesake");
        Furnished { world, ids }
    }

    /// Starts the daemon again with a log of warnings alone: thousands of calls fill a disk otherwise.
    pub async fn write_less(&mut self) {
        self.world.kill().await;
        let config = std::fs::read_to_string(self.world.config()).expect("the configuration");
        std::fs::write(self.world.config(), config.replace("\"trace\"", "\"warn,provisiond=info\""))
            .expect("written");
        self.world.restart().await;
    }

    pub fn channel(&self) -> Channel {
        let url = format!("http://{}", self.world.daemon.grpc);
        Endpoint::from_shared(url).expect("a URL").connect_lazy()
    }

    /// The method's resource in `acme`, which is there (but for components: nothing was brought in).
    pub fn present(&self, method: &Method) -> String {
        let pattern = method.case.resource;
        let collection = pattern.trim_end_matches("/{x}").rsplit('/').next().unwrap_or_default();
        let id = self.ids.get(collection).map_or("none", String::as_str);
        pattern.replace("{t}", "acme").replace("{a}", "main").replace("{x}", id)
    }

    /// The principals of `acme` by role, and the vendor's.
    pub fn callers() -> [(&'static str, &'static str); 5] {
        [
            ("platform", PLATFORM),
            ("admin", "admin@acme.example"),
            ("operator", "operator@acme.example"),
            ("auditor", "auditor@acme.example"),
            ("viewer", "viewer@acme.example"),
        ]
    }
}

/// A name like this one, as long and of the same grammar, whose last part is another.
pub fn neighbour(name: &str) -> String {
    let (front, last) = name.rsplit_once('/').unwrap_or(("", name));
    let turn = |c: char| match c {
        'a'..='y' | 'A'..='Y' | '0'..='8' => char::from_u32(c as u32 + 1).unwrap_or(c),
        'z' => 'a',
        'Z' => 'A',
        '9' => '1',
        other => other,
    };
    format!("{front}/{}", last.chars().map(turn).collect::<String>())
}
