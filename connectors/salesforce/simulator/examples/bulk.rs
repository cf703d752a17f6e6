//! How long records take through a trigger; prints one line a figure.
//!
//! `cargo run --release -p salesforce-simulator --example bulk -- [RECORDS]` (10,000 unless told): a class and a trigger are
//! deployed, then anonymous Apex inserts that many records, in chunks of 200 through the trigger, once without it.

use std::error::Error;
use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use reqwest::multipart::{Form, Part};
use salesforce_simulator::{Config, Simulator};
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const META: &str = "<?xml version=\"1.0\"?><ApexTrigger xmlns=\"http://soap.sforce.com/2006/04/metadata\"><apiVersion>66.0</apiVersion><status>Active</status></ApexTrigger>";
const TRIGGER: &str = "trigger ManyRows on Account (before insert, after insert) {
    if (Trigger.isBefore) {
        for (Account one : Trigger.new) {
            one.Description = one.Name.toUpperCase() + ' ' + String.valueOf(one.NumberOfEmployees);
        }
        return;
    }
    Map<String, List<Id>> byFirst = new Map<String, List<Id>>();
    for (Account one : Trigger.new) {
        String first = one.Name.left(1);
        if (!byFirst.containsKey(first)) {
            byFirst.put(first, new List<Id>());
        }
        byFirst.get(first).add(one.Id);
    }
}";

#[tokio::main]
async fn main() -> Result<()> {
    let records = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse::<usize>())?;
    let simulator =
        Simulator::start(Config { deploy_component_time: Duration::ZERO, ..Config::default() }).await?;
    let http = reqwest::Client::new();
    let (base, token) = (simulator.ready().base_url.clone(), simulator.ready().access_token.clone());
    let code = format!(
        "List<Account> all = new List<Account>(); for (Integer i = 0; i < {records}; i++) {{ all.add(new Account(Name = 'Bulk ' + i, NumberOfEmployees = i)); }} insert all;"
    );
    let insert = async |what: &str| -> Result<()> {
        let begun = Instant::now();
        let url = format!("{base}/services/data/v67.0/tooling/executeAnonymous/");
        let answer = http.get(url).query(&[("anonymousBody", &code)]).bearer_auth(&token).send().await?;
        let answer: Value = answer.json().await?;
        if answer["success"] != true {
            return Err(answer.to_string().into());
        }
        println!("{records} records {what}: {:.2} s", begun.elapsed().as_secs_f64());
        Ok(())
    };
    insert("without a trigger").await?;
    deploy(&http, &base, &token).await?;
    insert("through a trigger, before and after").await?;
    simulator.stop().await;
    Ok(())
}

async fn deploy(http: &reqwest::Client, base: &str, token: &str) -> Result<()> {
    let package = "<?xml version=\"1.0\"?><Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>ManyRows</members><name>ApexTrigger</name></types><version>66.0</version></Package>";
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        ("package.xml", package),
        ("triggers/ManyRows.trigger", TRIGGER),
        ("triggers/ManyRows.trigger-meta.xml", META),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())?;
        zip.write_all(text.as_bytes())?;
    }
    let options = r#"{"deployOptions":{"singlePackage":true,"rollbackOnError":true}}"#;
    let form = Form::new().part("json", Part::text(options).mime_str("application/json")?).part(
        "file",
        Part::bytes(zip.finish()?.into_inner()).file_name("d.zip").mime_str("application/zip")?,
    );
    let url = format!("{base}/services/data/v66.0/metadata/deployRequest");
    let begun: Value = http.post(&url).bearer_auth(token).multipart(form).send().await?.json().await?;
    let id = begun["id"].as_str().ok_or("no deploy")?;
    loop {
        let polled = http.get(format!("{url}/{id}?includeDetails=true")).bearer_auth(token).send().await?;
        let polled: Value = polled.json().await?;
        if polled["deployResult"]["done"] == true {
            let good = polled["deployResult"]["success"] == true;
            return if good { Ok(()) } else { Err(polled.to_string().into()) };
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
