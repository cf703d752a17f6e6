//! How fast a simulated whole org starts and answers; prints one line a figure.
//!
//! All calls go one after the other over one kept connection. Each describe is asked for twice, plain and packed: the
//! first time it has to be made, the second time it may have been kept.
//!
//! `cargo run --release -p salesforce-simulator --example figures -- [SCHEMA]`: the objects of a file, else 3,196
//! generated ones.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use salesforce_simulator::{Config, Simulator};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    async fn get(&self, path: &str) -> Result<String> {
        let url = format!("{}{path}", self.base);
        Ok(self.http.get(url).bearer_auth(&self.token).send().await?.error_for_status()?.text().await?)
    }

    /// Asks for all paths in turn and prints how long each took.
    async fn timed(&self, paths: &[String], packed: bool, what: &str) -> Result<()> {
        let (mut times, mut bytes) = (Vec::with_capacity(paths.len()), 0);
        for path in paths {
            let start = Instant::now();
            let mut request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
            if packed {
                request = request.header("accept-encoding", "gzip");
            }
            bytes += request.send().await?.error_for_status()?.bytes().await?.len();
            times.push(start.elapsed());
        }
        spread(what, &mut times, &format!("{} calls, {bytes} bytes", paths.len()));
        Ok(())
    }

    async fn post(&self, path: &str, body: Value) -> Result<String> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(&body);
        Ok(request.send().await?.error_for_status()?.text().await?)
    }

    async fn describe_by_soap(&self, names: &[String]) -> Result<usize> {
        let types: String = names.iter().map(|name| format!("<sObjectType>{name}</sObjectType>")).collect();
        let body = format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header><SessionHeader><sessionId>{}</sessionId></SessionHeader></e:Header><e:Body><describeSObjects>{types}</describeSObjects></e:Body></e:Envelope>",
            self.token
        );
        let request =
            self.http.post(format!("{}/services/Soap/u/67.0", self.base)).header("SOAPAction", "\"\"");
        Ok(request.body(body).send().await?.error_for_status()?.text().await?.len())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let schema = std::env::args_os().nth(1).map(PathBuf::from);
    let start = Instant::now();
    let simulator = Simulator::start(Config {
        schema,
        objects: 3_196,
        profiles: Some(400),
        object_permission_rows: Some(20_000),
        ..Config::default()
    })
    .await?;
    figure("start", start.elapsed(), &memory());
    let client = Client {
        http: reqwest::Client::new(),
        base: simulator.ready().base_url.clone(),
        token: simulator.ready().access_token.clone(),
    };
    let data = "/services/data/v67.0";

    let global: Value = serde_json::from_str(&client.get(&format!("{data}/sobjects")).await?)?;
    let names: Vec<String> = global["sobjects"]
        .as_array()
        .map(|all| all.iter().filter_map(|object| object["name"].as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    for packed in [true, false] {
        let form = if packed { "gzip" } else { "plain" };
        let path = format!("{data}/sobjects");
        client.timed(std::slice::from_ref(&path), packed, &format!("describeGlobal, {form}, first")).await?;
        client.timed(&vec![path; 200], packed, &format!("describeGlobal, {form}, again")).await?;
        let paths: Vec<String> =
            names.iter().map(|name| format!("{data}/sobjects/{name}/describe")).collect();
        for time in ["first", "again"] {
            client.timed(&paths, packed, &format!("describe, {form}, {time}")).await?;
        }
        figure("by now", start.elapsed(), &memory());
    }

    let (mut times, mut bytes, whole) = (Vec::new(), 0, Instant::now());
    for names in names.chunks(100) {
        let start = Instant::now();
        bytes += client.describe_by_soap(names).await?;
        times.push(start.elapsed());
    }
    spread("describeSObjects, 100 a call", &mut times, &format!("{bytes} bytes in all"));
    figure("describeSObjects, every object", whole.elapsed(), &format!("{} calls", times.len()));

    let soql = "SELECT+Id,ParentId,SobjectType,PermissionsRead,PermissionsCreate,PermissionsEdit,PermissionsDelete,PermissionsViewAllRecords,PermissionsModifyAllRecords+FROM+ObjectPermissions";
    let start = Instant::now();
    let first: Value = serde_json::from_str(&client.get(&format!("{data}/query?q={soql}")).await?)?;
    figure("ObjectPermissions, first page", start.elapsed(), &format!("{} rows in all", first["totalSize"]));
    let next = first["nextRecordsUrl"].as_str().ok_or("there is one page only")?;
    let locator = next.rsplit_once('-').map(|(locator, _)| locator.to_owned()).ok_or("no position")?;
    for from in [2_000, 12_000] {
        let pages = (0..5).map(|page| {
            json!({"method": "GET", "url": format!("{locator}-{}", from + page * 2_000), "referenceId": format!("p{page}")})
        });
        let pages: Vec<Value> = pages.take(if from == 12_000 { 4 } else { 5 }).collect();
        let start = Instant::now();
        let bytes =
            client.post(&format!("{data}/composite"), json!({"compositeRequest": pages})).await?.len();
        figure(
            &format!("{} further pages in one call", pages.len()),
            start.elapsed(),
            &format!("{bytes} bytes"),
        );
    }
    figure("all of it", start.elapsed(), &memory());
    simulator.stop().await;
    Ok(())
}

fn figure(what: &str, time: Duration, more: &str) {
    println!("{what}: {:.1} ms, {more}", time.as_secs_f64() * 1_000.0);
}

fn spread(what: &str, times: &mut [Duration], more: &str) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!("{what}: p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms, {more}", at(0.5), at(0.99), at(1.0));
}

/// Resident memory of this process, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: unknown");
    format!("resident {}", line.trim_start_matches("VmRSS:").trim())
}
