//! The pages as a browser gets them, over accounts in memory.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, Response, StatusCode};
use provision_core::account::{Beside, ConditionType, Identity, ServiceAccount, Status};
use provision_core::fault::{Fault, Result};
use provision_core::operation::Operation;
use provision_core::plan::{ObjectSelection, Plan};
use provision_core::ports::{
    AccountView, Accounts, Archive, BeginAuthorization, BegunAuthorization, Callback, CompleteAuthorization,
    CreateAccount, DeleteAccount, DeprovisionAccount, ListQuery, Mutation, Page, ProvisionAccount,
    RefreshInventory, RepairAccount, Tagged, UpdateAccount,
};
use provision_core::{AccountName, ConnectorId, OperationName, Reason, TenantId, Timestamp};
use provision_web::{CALLBACK_PATH, ServeError, TlsIdentity, router, serve};
use secrecy::ExposeSecret;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Accounts of which only the completion is asked.
struct FakeAccounts {
    answer: Mutex<Option<Result<AccountView>>>,
    /// What was asked: state, and code or error with its description.
    asked: Mutex<Vec<(String, String)>>,
    /// While true, completions wait.
    hang: watch::Sender<bool>,
}

impl FakeAccounts {
    fn answering(answer: Result<AccountView>) -> Arc<Self> {
        let (hang, _) = watch::channel(false);
        Arc::new(FakeAccounts { answer: Mutex::new(Some(answer)), asked: Mutex::default(), hang })
    }
}

#[async_trait]
impl Accounts for FakeAccounts {
    async fn complete_authorization(
        &self,
        by: Mutation,
        request: CompleteAuthorization,
    ) -> Result<AccountView> {
        assert_eq!(by.principal.as_str(), "system");
        assert!(request.expected.is_none(), "the page knows only the state");
        let _ = self.hang.subscribe().wait_for(|hang| !hang).await;
        let came = match request.callback {
            Callback::Code(code) => code.expose_secret().to_owned(),
            Callback::Refused { error, description } => format!("{error}: {description}"),
        };
        self.asked.lock().unwrap().push((request.state.expose_secret().to_owned(), came));
        self.answer.lock().unwrap().take().expect("asked once")
    }

    async fn create(&self, _: Mutation, _: CreateAccount) -> Result<AccountView> {
        unreachable!("not asked by pages")
    }
    /// The answer, again and again.
    async fn get(&self, name: &AccountName) -> Result<AccountView> {
        match self.answer.lock().unwrap().as_ref().expect("an answer") {
            Ok(view) if view.value.0.name == *name => Ok(view.clone()),
            Ok(_) => Err(Fault::not_found(name)),
            Err(fault) => Err(Fault::new(fault.reason(), fault.message().to_owned())),
        }
    }
    async fn list(&self, _: &TenantId, _: ListQuery) -> Result<Page<AccountView>> {
        unreachable!("not asked by pages")
    }
    async fn update(&self, _: Mutation, _: UpdateAccount) -> Result<AccountView> {
        unreachable!("not asked by pages")
    }
    async fn begin_authorization(&self, _: Mutation, _: BeginAuthorization) -> Result<BegunAuthorization> {
        unreachable!("not asked by pages")
    }
    async fn plan(&self, _: Mutation, _: &AccountName, _: ObjectSelection) -> Result<Plan> {
        unreachable!("not asked by pages")
    }
    async fn provision(&self, _: Mutation, _: ProvisionAccount) -> Result<Operation> {
        unreachable!("not asked by pages")
    }
    async fn refresh_inventory(&self, _: Mutation, _: RefreshInventory) -> Result<Operation> {
        unreachable!("not asked by pages")
    }
    async fn reauthorize(&self, by: Mutation, request: BeginAuthorization) -> Result<BegunAuthorization> {
        assert_eq!((by.principal.as_str(), by.method), ("system", "ReauthorizationLink"));
        self.asked.lock().unwrap().push((request.name.to_string(), "again".to_owned()));
        let url = "https://login.example/authorize?state=s1".to_owned().into();
        Ok(BegunAuthorization { url, expire_time: now(), installation_url: None })
    }
    async fn repair(&self, _: Mutation, _: RepairAccount) -> Result<Operation> {
        unreachable!("not asked by pages")
    }
    async fn deprovision(&self, _: Mutation, _: DeprovisionAccount) -> Result<Operation> {
        unreachable!("not asked by pages")
    }
    async fn read_export(&self, _: &AccountName, _: &OperationName) -> Result<Box<dyn Archive>> {
        unreachable!("not asked by pages")
    }
    async fn delete(&self, _: Mutation, _: DeleteAccount) -> Result<()> {
        unreachable!("not asked by pages")
    }
}

fn now() -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("in range")
}

/// An authorised account, whose organisation chose a hostile name.
fn authorized() -> Result<AccountView> {
    let name: AccountName = "tenants/acme/serviceAccounts/main".parse().expect("valid");
    let connector = ConnectorId::new("example").expect("valid");
    let mut account = ServiceAccount::new(name, "uid-1".to_owned(), connector, "sandbox".to_owned(), now());
    account.identity = Some(Identity {
        organization_id: "org-1".to_owned(),
        organization_name: "<script>alert('Acme & Söhne')</script>".to_owned(),
        environment: "sandbox".to_owned(),
        edition: "Enterprise".to_owned(),
        organization_kind: "sandbox".into(),
        user_id: "user-1".to_owned(),
        username: "admin@acme.example".to_owned(),
        user_display_name: "Ada Admin".to_owned(),
        instance_url: "https://acme.example".to_owned(),
        authorize_time: now(),
    });
    Ok(Tagged { value: (account, Beside::default()), etag: "etag-1".to_owned() })
}

fn pages(accounts: Arc<FakeAccounts>) -> Router {
    router(accounts, Arc::new(|| "# TYPE up gauge\nup 1\n".to_owned()))
}

async fn get(pages: Router, address: &str) -> (StatusCode, String) {
    let (status, _, page) = call(pages, Request::get(address)).await;
    (status, page)
}

/// Answers the status, where it redirects to, and the page.
async fn call(pages: Router, request: http::request::Builder) -> (StatusCode, String, String) {
    let request = request.body(Body::empty()).expect("an address");
    let address = request.uri().to_string();
    let response: Response<Body> = pages.oneshot(request).await.expect("infallible");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(response.headers()[name], value, "{address}");
    }
    let policy = response.headers()["content-security-policy"].to_str().expect("ASCII");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let status = response.status();
    let to = response.headers().get("location").map_or("", |to| to.to_str().expect("ASCII")).to_owned();
    let bytes = to_bytes(response.into_body(), 64 * 1024).await.expect("small");
    (status, to, String::from_utf8(bytes.to_vec()).expect("UTF-8"))
}

/// What stands in a page's body, without its frame.
fn body(page: &str) -> &str {
    let (_, rest) = page.split_once("<main>").expect("a page");
    rest.split_once("</main>").expect("closed").0.trim()
}

#[tokio::test]
async fn success_shows_who_authorised_what_and_what_to_do_next() {
    let accounts = FakeAccounts::answering(authorized());
    let (status, page) =
        get(pages(accounts.clone()), "/oauth/callback?code=secret-code%3D%3D&state=secret-state").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(accounts.asked.lock().unwrap()[..], [("secret-state".into(), "secret-code==".into())]);
    assert!(!page.contains("secret-") && !page.contains("<script"), "{page}");
    insta::assert_snapshot!(body(&page));
}

#[tokio::test]
async fn a_refusal_shows_its_reason_and_how_to_begin_again() {
    let fault = Fault::new(Reason::EnvironmentMismatch, "a production organisation was authorised")
        .violation("environment", "log in to the sandbox <b>and</b> try again")
        .link("https://help.example/environments?a=1&b=2")
        .with_internal("backend text");
    let accounts = FakeAccounts::answering(Err(fault));
    let (status, page) = get(pages(accounts), "/oauth/callback?code=secret-code&state=secret-state").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(!page.contains("secret-") && !page.contains("backend text"), "{page}");
    insta::assert_snapshot!(body(&page));
}

#[tokio::test]
async fn what_the_administrator_refused_is_handed_on() {
    let fault = Fault::new(Reason::AuthorizationDenied, "the administrator did not allow access");
    let accounts = FakeAccounts::answering(Err(fault));
    let address = "/oauth/callback?error=access_denied&error_description=end-user+denied&state=s1";
    let (status, page) = get(pages(accounts.clone()), address).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(accounts.asked.lock().unwrap()[..], [("s1".into(), "access_denied: end-user denied".into())]);
    insta::assert_snapshot!(body(&page));
}

#[tokio::test]
async fn what_we_cannot_do_now_is_told_by_the_status() {
    for (reason, expected) in [
        (Reason::SaasUnavailable, StatusCode::SERVICE_UNAVAILABLE),
        (Reason::StoreUnavailable, StatusCode::SERVICE_UNAVAILABLE),
        (Reason::Internal, StatusCode::INTERNAL_SERVER_ERROR),
        (Reason::AuthorizationExpired, StatusCode::BAD_REQUEST),
    ] {
        let accounts = FakeAccounts::answering(Err(Fault::new(reason, "sorry")));
        assert_eq!(get(pages(accounts), "/oauth/callback?code=c&state=s").await.0, expected, "{reason:?}");
    }
}

#[tokio::test]
async fn addresses_that_are_no_redirect_get_a_clear_page() {
    let mut seen = String::new();
    let long = format!("state=s&code={}", "c".repeat(5_000));
    for query in ["", "code=c", "state=s", "state=s&state=t&code=c", "state=s&code=c&error=e", &long] {
        let accounts = FakeAccounts::answering(authorized());
        let (status, page) = get(pages(accounts.clone()), &format!("{CALLBACK_PATH}?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(accounts.asked.lock().unwrap().is_empty(), "{query}");
        let lead = body(&page).split_once("<p>").expect("a lead").1.split_once("</p>").expect("closed").0;
        seen.push_str(&format!("{:.30} -> {lead}\n", query));
    }
    insta::assert_snapshot!(seen);
}

/// An account whose grant is gone.
fn waiting() -> Result<AccountView> {
    let mut view = authorized()?;
    let failure = "REAUTHORIZATION_REQUIRED";
    view.value.0.observe(ConditionType::Authorized, Status::False, failure, "it is gone", now());
    Ok(view)
}

const AGAIN: &str = "/oauth/reauthorize/acme/main/uid-1";

#[tokio::test]
async fn who_must_authorise_again_sees_which_organisation_and_is_sent_to_its_login() {
    let accounts = FakeAccounts::answering(waiting());
    let (status, page) = get(pages(accounts.clone()), AGAIN).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains("<script"), "{page}");
    assert!(accounts.asked.lock().unwrap().is_empty(), "opening it does nothing");
    insta::assert_snapshot!(body(&page));
    let (status, to, _) = call(pages(accounts.clone()), Request::post(AGAIN)).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "https://login.example/authorize?state=s1"));
    assert_eq!(accounts.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_does_not_know_the_uid_learns_nothing_and_nobody_authorises_what_is_authorised() {
    for address in [
        "/oauth/reauthorize/acme/main/uid-2",
        "/oauth/reauthorize/acme/other/uid-1",
        "/oauth/reauthorize/ACME/main/uid-1",
        "/oauth/reauthorize/acme/main",
    ] {
        for request in [Request::get(address), Request::post(address)] {
            let accounts = FakeAccounts::answering(waiting());
            let (status, _, page) = call(pages(accounts.clone()), request).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{address}");
            assert!(page.contains("There is no page at this address."), "{page}");
            assert!(accounts.asked.lock().unwrap().is_empty(), "{address}");
        }
    }
    let accounts = FakeAccounts::answering(authorized_account());
    for request in [Request::get(AGAIN), Request::post(AGAIN)] {
        let (status, _, page) = call(pages(accounts.clone()), request).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Nothing to do here") && !page.contains("<form"), "{page}");
    }
    assert!(accounts.asked.lock().unwrap().is_empty());
}

fn authorized_account() -> Result<AccountView> {
    let mut view = authorized()?;
    view.value.0.observe(ConditionType::Authorized, Status::True, "GRANTED", "", now());
    Ok(view)
}

#[tokio::test]
async fn the_other_pages() {
    let accounts = FakeAccounts::answering(authorized());
    assert_eq!(get(pages(accounts.clone()), "/healthz").await, (StatusCode::OK, "ok\n".to_owned()));
    let metrics = get(pages(accounts.clone()), "/metrics").await;
    assert_eq!(metrics, (StatusCode::OK, "# TYPE up gauge\nup 1\n".to_owned()));
    let (status, page) = get(pages(accounts.clone()), "/").await;
    assert_eq!(status, StatusCode::OK);
    insta::assert_snapshot!(page);
    assert_eq!(get(pages(accounts), "/elsewhere").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_browser_that_leaves_does_not_stop_the_exchange() {
    let accounts = FakeAccounts::answering(authorized());
    accounts.hang.send_replace(true);
    let visit = tokio::spawn(get(pages(accounts.clone()), "/oauth/callback?code=c&state=s"));
    while accounts.hang.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    visit.abort();
    assert!(visit.await.expect_err("left").is_cancelled());
    accounts.hang.send_replace(false);
    while accounts.asked.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn pages_are_served_over_tls_and_end_with_the_daemon() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let identity =
        TlsIdentity { cert_pem: made.cert.pem(), key_pem: made.signing_key.serialize_pem().into() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let shutdown = CancellationToken::new();
    let accounts = FakeAccounts::answering(authorized());
    accounts.hang.send_replace(true);
    let served = tokio::spawn(serve(listener, Some(identity), pages(accounts.clone()), shutdown.clone()));

    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).expect("PEM");
    let client = reqwest::Client::builder()
        .tls_certs_only([root])
        .resolve("localhost", address)
        .build()
        .expect("a client");
    let base = format!("https://localhost:{}", address.port());
    let ok = client.get(format!("{base}/healthz")).send().await.expect("served");
    assert_eq!(ok.status(), StatusCode::OK);
    let plain = reqwest::get(format!("http://{address}/healthz")).await;
    assert!(plain.is_err(), "nothing is served beside TLS");

    // A page that is under way when the daemon stops is still answered.
    let visit = tokio::spawn(client.get(format!("{base}/oauth/callback?code=c&state=s")).send());
    while accounts.hang.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    accounts.hang.send_replace(false);
    assert_eq!(visit.await.expect("joined").expect("answered").status(), StatusCode::OK);
    served.await.expect("joined").expect("ended well");
}

#[tokio::test]
async fn a_broken_certificate_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let identity = TlsIdentity { cert_pem: String::new(), key_pem: "no key".to_owned().into() };
    let accounts = FakeAccounts::answering(authorized());
    let ended = serve(listener, Some(identity), pages(accounts), CancellationToken::new()).await;
    assert!(matches!(ended, Err(ServeError::Tls(_))), "{ended:?}");
}
