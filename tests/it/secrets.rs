//! Planted secrets are searched for in everything that the daemon writes: its data directory and its log at TRACE.

use std::path::Path;

use provision_tests::world::{PRINCIPALS, World, token_of};

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    !needle.is_empty() && haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[tokio::test]
async fn no_secret_stands_in_the_data_directory_or_in_the_trace_log() {
    let mut world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    world.done(&admin, &operation.name).await;
    let begun = admin.accounts().begin_authorization(&account, "", "").await.expect("begun");
    let url = url::Url::parse(&begun.authorization_url).expect("a URL");
    let state = url.query_pairs().find(|(k, _)| k == "state").expect("state").1.into_owned();
    world.terminate().await;

    let ready = world.org.ready();
    let mut secrets: Vec<String> = PRINCIPALS.iter().map(|p| token_of(p)).collect();
    secrets.push(ready.client_secret.clone());
    secrets.push(ready.admin.password.clone());
    secrets.push(state);
    secrets.extend(world.org.org().secrets());
    assert!(secrets.len() > PRINCIPALS.len() + 4, "the organisation names its tokens and codes");

    let mut all = vec![world.log()];
    files(&world.data(), &mut all);
    assert!(all.len() > 3, "the data directory has files");
    for path in all {
        let bytes = std::fs::read(&path).expect("read");
        for secret in &secrets {
            assert!(!holds(&bytes, secret), "{} holds a secret", path.display());
        }
    }
}
