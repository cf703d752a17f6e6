//! The SOAP partner API, from outside.

use std::io::Write;

use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::{Method, StatusCode};
use salesforce_simulator::Config;
use salesforce_simulator::fault::{Fault, Operation, Rule};
use salesforce_simulator::ledger::Kind;
use serde_json::Value;

use crate::client::World;

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

fn envelope(session: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><se:Envelope xmlns:se=\"{ENVELOPE}\"><se:Header xmlns=\"urn:partner.soap.sforce.com\"><SessionHeader><sessionId>{session}</sessionId></SessionHeader></se:Header><se:Body xmlns=\"urn:partner.soap.sforce.com\">{body}</se:Body></se:Envelope>"
    )
}

async fn post(world: &World, path: &str, body: String) -> (StatusCode, String) {
    let request = world.http.post(world.url(path)).header("SOAPAction", "\"\"").body(body);
    let response = request.send().await.expect("answers");
    let status = response.status();
    assert!(
        status == StatusCode::PAYLOAD_TOO_LARGE
            || response.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/xml"))
    );
    (status, response.text().await.expect("text"))
}

async fn call(world: &World, body: &str) -> (StatusCode, String) {
    post(world, "/services/Soap/u/67.0", envelope(&world.ready().access_token, body)).await
}

fn types<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: String = names.into_iter().map(|name| format!("<sObjectType>{name}</sObjectType>")).collect();
    format!("<describeSObjects>{names}</describeSObjects>")
}

/// Texts of the elements with this path of local names below the body.
fn texts(xml: &str, path: &[&str]) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let (mut open, mut found) = (Vec::<String>::new(), Vec::new());
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) => {
                open.push(tag.local_name().as_ref().to_owned());
                if open.len() >= 3 && open[3.min(open.len())..].iter().eq(path.iter()) {
                    found.push(String::new());
                }
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) if open.len() > 3 && open[3..].iter().eq(path.iter()) => {
                if let Some(last) = found.last_mut() {
                    last.push_str(&text);
                }
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn fault(xml: &str) -> (String, String) {
    let between = |name: &str| {
        let start = xml.split_once(&format!("<{name}>")).map(|(_, rest)| rest).unwrap_or_default();
        start.split_once("</").map(|(text, _)| text.to_owned()).unwrap_or_default()
    };
    (between("faultcode"), between("faultstring"))
}

#[tokio::test]
async fn a_describe_says_what_the_rest_describe_says() {
    let world = World::new().await;
    let (status, xml) = call(&world, &types(["Account", "contact", "ContentVersion"])).await;
    assert_eq!(status, StatusCode::OK, "{xml}");
    assert_eq!(texts(&xml, &["result", "name"]), ["Account", "Contact", "ContentVersion"]);
    for (at, name) in ["Account", "Contact", "ContentVersion"].into_iter().enumerate() {
        let rest = world.admin().get(&format!("/sobjects/{name}/describe")).await;
        let one = xml.split("<result>").nth(at + 1).and_then(|part| part.split("</result>").next());
        let one = format!("<a><b><c><result>{}</result></c></b></a>", one.expect("a result"));
        let column = |key: &str| -> Vec<String> {
            let all = rest["fields"].as_array().expect("fields");
            all.iter().map(|field| field[key].to_string().trim_matches('"').to_owned()).collect()
        };
        for key in ["name", "type", "label", "nillable", "createable", "updateable", "length", "soapType"] {
            assert_eq!(texts(&one, &["result", "fields", key]), column(key), "{name} {key}");
        }
        for key in ["keyPrefix", "label", "triggerable", "queryable", "deletable", "createable"] {
            let text = rest[key].to_string().trim_matches('"').to_owned();
            assert_eq!(texts(&one, &["result", key]), [text], "{name} {key}");
        }
        let children = rest["childRelationships"].as_array().map(Vec::len);
        assert_eq!(Some(texts(&one, &["result", "childRelationships", "field"]).len()), children, "{name}");
        let targets: usize = rest["fields"]
            .as_array()
            .map(|all| all.iter().filter_map(|field| field["referenceTo"].as_array()).map(Vec::len).sum())
            .unwrap_or_default();
        assert_eq!(texts(&one, &["result", "fields", "referenceTo"]).len(), targets, "{name}");
    }
}

#[tokio::test]
async fn elements_stand_in_the_order_of_the_wsdl() {
    let world = World::new().await;
    let (_, xml) = call(&world, "<describeSObject><sObjectType>Case</sObjectType></describeSObject>").await;
    assert!(xml.contains("<describeSObjectResponse><result>"), "{xml}");
    let mut reader = Reader::from_str(&xml);
    let (mut depth, mut names) = (0, Vec::<String>::new());
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) => {
                depth += 1;
                let name = tag.local_name().as_ref().to_owned();
                // Envelope, Body, response and result stand above.
                if depth == 5
                    && names.last() != Some(&name)
                    && !matches!(name.as_str(), "current" | "limit" | "type")
                {
                    names.push(name);
                }
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    let mut sorted = names.clone();
    // The WSDL sorts ignoring nothing: `searchLayoutable` before `searchable`.
    sorted.sort();
    assert_eq!(names, sorted);
    assert!(names.len() > 30);
}

#[tokio::test]
async fn one_call_counts_once_and_says_so() {
    let world = World::with(Config { daily_api_requests: Some(2), ..Config::default() }).await;
    let hundred: Vec<&str> = std::iter::repeat_n("Account", 100).collect();
    let (status, xml) = call(&world, &types(hundred)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(texts(&xml, &["result", "name"]).len(), 100);
    assert!(xml.contains("<current>1</current><limit>2</limit><type>API REQUESTS</type>"), "{xml}");
    assert!(
        call(&world, "<getServerTimestamp/>")
            .await
            .1
            .contains("<timestamp>2026-11-24T12:00:00.000Z</timestamp>")
    );
    let (status, xml) = call(&world, "<describeGlobal/>").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        fault(&xml),
        (
            "sf:REQUEST_LIMIT_EXCEEDED".to_owned(),
            "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.".to_owned()
        )
    );
    assert_eq!(world.simulator.ledger().requests("POST", "/services/Soap/u/*"), 3);
    let first = &world.simulator.ledger().of(Kind::Request)[0];
    assert_eq!(first.detail.get("operation").map(String::as_str), Some("SoapDescribe"));
}

#[tokio::test]
async fn the_global_describe_and_the_user_are_those_of_rest() {
    let world = World::new().await;
    let (_, xml) = call(&world, "<describeGlobal/>").await;
    let rest = world.admin().get("/sobjects").await;
    let names: Vec<&str> =
        rest["sobjects"].as_array().expect("objects").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(texts(&xml, &["result", "sobjects", "name"]), names);
    let (status, xml) = post(
        &world,
        &format!("/services/Soap/u/60.0/{}", &world.ready().org_id[..15]),
        envelope(&world.ready().access_token, "<getUserInfo/>"),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{xml}");
    assert_eq!(texts(&xml, &["result", "organizationId"]), [world.ready().org_id.as_str()]);
    assert_eq!(texts(&xml, &["result", "userName"]), [world.ready().admin.username.as_str()]);
}

#[tokio::test]
async fn what_a_user_may_not_see_is_not_there() {
    let world = World::new().await;
    let token = world.user().token;
    let describe = |name: &'static str| {
        let body = envelope(&token, &types([name]));
        post(&world, "/services/Soap/u/67.0", body)
    };
    let (status, xml) = describe("EntityDefinition").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let (code, words) = fault(&xml);
    assert_eq!(code, "sf:INVALID_TYPE");
    assert!(words.starts_with("INVALID_TYPE: sObject type 'EntityDefinition' is not supported."), "{words}");
    assert!(xml.contains("<sf:exceptionCode>INVALID_TYPE</sf:exceptionCode>"));
    assert_eq!(describe("Account").await.0, StatusCode::OK);
    let (_, xml) = call(&world, &types(["Account", "Nope&lt;__c"])).await;
    assert!(fault(&xml).1.contains("sObject type 'Nope&lt;__c' is not supported"), "{xml}");
}

#[tokio::test]
async fn bad_requests_are_refused_in_words() {
    let world = World::new().await;
    let token = world.ready().access_token.clone();
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
    let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
    let bomb = format!(
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>{}",
        envelope(&token, "<describeGlobal>&b;</describeGlobal>")
            .trim_start_matches("<?xml version=\"1.0\"?>")
    );
    let file = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><x>&f;</x>";
    let many: Vec<&str> = std::iter::repeat_n("Account", 101).collect();
    for (body, code, words) in [
        (
            envelope("00Dnope!x", "<describeGlobal/>"),
            "sf:INVALID_SESSION_ID",
            "Invalid Session ID found in SessionHeader",
        ),
        (envelope("", "<describeGlobal/>"), "sf:INVALID_SESSION_ID", "Illegal Session"),
        (envelope(jwt, "<describeGlobal/>"), "sf:INVALID_SESSION_ID", "Illegal Session"),
        (envelope(&token, &types(many)), "sf:EXCEEDED_ID_LIMIT", "100"),
        (
            envelope(&token, "<describeSoftphoneLayout/>"),
            "soapenv:Client",
            "No operation available for request {urn:partner.soap.sforce.com}describeSoftphoneLayout",
        ),
        (envelope(&token, ""), "soapenv:Client", "empty"),
        (envelope(&token, &deep), "soapenv:Client", "nested too deeply"),
        (envelope(&token, "<describeGlobal>"), "soapenv:Client", ""),
        (bomb, "soapenv:Client", "DOCTYPE is disallowed"),
        (file.to_owned(), "soapenv:Client", "DOCTYPE is disallowed"),
        ("{}".to_owned(), "soapenv:Client", "Content is not allowed in prolog"),
        (String::new(), "soapenv:Client", "Premature end of file"),
    ] {
        let shown: String = body.chars().take(200).collect();
        let (status, xml) = post(&world, "/services/Soap/u/67.0", body).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{shown}: {xml}");
        let (got, text) = fault(&xml);
        assert_eq!(got, code, "{shown}: {text}");
        assert!(text.contains(words), "{shown}: {text}");
        assert!(!xml.contains(jwt) && !xml.contains("00Dnope"), "a fault repeats no session");
    }
    let (status, xml) = post(&world, "/services/Soap/u/99.0", envelope(&token, "<describeGlobal/>")).await;
    assert_eq!(
        (status, fault(&xml).0.as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "sf:UNSUPPORTED_API_VERSION")
    );
    let huge = envelope(&token, &"<!-- -->".repeat(1_400_000));
    assert_eq!(post(&world, "/services/Soap/u/67.0", huge).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let bare =
        world.http.post(world.url("/services/Soap/u/67.0")).body(envelope(&token, "<describeGlobal/>"));
    let text = bare.send().await.expect("answers").text().await.expect("text");
    assert_eq!(fault(&text), ("soapenv:Client".to_owned(), "SOAPAction HTTP header missing".to_owned()));
    let limits: Value = world.admin().get("/limits").await;
    let left =
        limits["DailyApiRequests"]["Max"].as_u64().zip(limits["DailyApiRequests"]["Remaining"].as_u64());
    // The over-long list of types was a call; what nobody was let in for was none.
    assert_eq!(left.map(|(max, remaining)| max - remaining), Some(2));
}

#[tokio::test]
async fn faults_on_demand_come_in_soaps_form() {
    let world = World::new().await;
    let faults = world.simulator.faults();
    let refused =
        Fault::Refused { status: 500, error_code: "SERVER_UNAVAILABLE".into(), message: "try later".into() };
    faults.add(Rule::once(Operation::SoapDescribe, refused));
    faults.add(Rule::once(Operation::SoapDescribeGlobal, Fault::SessionInvalid));
    let (status, xml) = call(&world, &types(["Account"])).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(fault(&xml).0, "sf:SERVER_UNAVAILABLE");
    assert_eq!(fault(&call(&world, "<describeGlobal/>").await.1).0, "sf:INVALID_SESSION_ID");
    assert_eq!(call(&world, &types(["Account"])).await.0, StatusCode::OK);
    faults.verify().expect("both fired");
    let wrong = world.http.request(Method::GET, world.url("/services/Soap/u/67.0"));
    assert_eq!(wrong.send().await.expect("answers").status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_packed_envelope_is_read() {
    let world = World::new().await;
    let body = envelope(&world.ready().access_token, "<getServerTimestamp/>");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(body.as_bytes()).expect("memory");
    let packed = packed.finish().expect("memory");
    let send = async |body: Vec<u8>| {
        let request = world.http.post(world.url("/services/Soap/u/67.0")).header("SOAPAction", "x");
        let response = request.header("content-encoding", "gzip").body(body).send().await.expect("answers");
        (response.status(), response.text().await.expect("text"))
    };
    let (status, xml) = send(packed).await;
    assert_eq!((status, texts(&xml, &["result", "timestamp"]).len()), (StatusCode::OK, 1), "{xml}");
    let (status, xml) = send(body.into_bytes()).await;
    assert_eq!(
        (status, fault(&xml).0.as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "soapenv:Client"),
        "{xml}"
    );
}
