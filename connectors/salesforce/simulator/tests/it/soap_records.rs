//! What the partner API does to records beyond changing them: searches, merges, conversions, spans.

use reqwest::StatusCode;
use serde_json::json;

use crate::client::World;

async fn call(world: &World, body: &str) -> String {
    let token = &world.ready().access_token;
    let body = format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header xmlns=\"urn:partner.soap.sforce.com\"><SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body xmlns=\"urn:partner.soap.sforce.com\">{body}</e:Body></e:Envelope>"
    );
    let request = world.http.post(world.url("/services/Soap/u/67.0")).header("SOAPAction", "x").body(body);
    let response = request.send().await.expect("answers");
    let (status, text) = (response.status(), response.text().await.expect("text"));
    assert_eq!(status, StatusCode::OK, "{text}");
    text
}

fn between<'a>(text: &'a str, tag: &str) -> &'a str {
    let rest = text.split_once(&format!("<{tag}>")).map(|(_, rest)| rest).unwrap_or_default();
    rest.split_once("</").map(|(text, _)| text).unwrap_or_default()
}

#[tokio::test]
async fn a_merge_moves_children_and_leaves_one_record() {
    let world = World::new().await;
    let api = world.admin();
    let stays = api.create("Account", json!({"Name": "Stays"})).await;
    let goes = api.create("Account", json!({"Name": "Goes"})).await;
    let child = api.create("Contact", json!({"LastName": "Ash", "AccountId": goes})).await;
    let merge = |loser: &str| {
        format!(
            "<merge><request><masterRecord><type>Account</type><Id>{stays}</Id><Name>Merged</Name></masterRecord><recordToMergeIds>{loser}</recordToMergeIds></request></merge>"
        )
    };
    let text = call(&world, &merge(&goes)).await;
    assert_eq!(
        (between(&text, "success"), between(&text, "mergedRecordIds")),
        ("true", goes.as_str()),
        "{text}"
    );
    assert_eq!(api.get(&format!("/sobjects/Contact/{child}")).await["AccountId"], json!(stays));
    assert_eq!(api.get(&format!("/sobjects/Account/{stays}")).await["Name"], "Merged");
    let text = call(&world, &merge(&goes)).await;
    assert_eq!(
        (between(&text, "success"), between(&text, "statusCode")),
        ("false", "ENTITY_IS_DELETED"),
        "{text}"
    );
}

#[tokio::test]
async fn a_lead_becomes_an_account_a_contact_and_an_opportunity() {
    let world = World::new().await;
    let api = world.admin();
    let lead = api
        .create(
            "Lead",
            json!({"FirstName": "Bo", "LastName": "Li", "Company": "Acme", "Email": "bo@acme.example"}),
        )
        .await;
    let convert = |status: &str| {
        format!(
            "<convertLead><leadConverts><convertedStatus>{status}</convertedStatus><leadId>{lead}</leadId></leadConverts></convertLead>"
        )
    };
    let text = call(&world, &convert("Open - Not Contacted")).await;
    assert_eq!(
        (between(&text, "success"), between(&text, "statusCode")),
        ("false", "INVALID_STATUS"),
        "{text}"
    );
    let text = call(&world, &convert("Closed - Converted")).await;
    assert_eq!(between(&text, "success"), "true", "{text}");
    let contact = api.get(&format!("/sobjects/Contact/{}", between(&text, "contactId"))).await;
    assert_eq!(
        (&contact["Email"], &contact["AccountId"]),
        (&json!("bo@acme.example"), &json!(between(&text, "accountId")))
    );
    let opportunity = api.get(&format!("/sobjects/Opportunity/{}", between(&text, "opportunityId"))).await;
    assert_eq!((&opportunity["Name"], &opportunity["CloseDate"]), (&json!("Acme-"), &json!("2026-12-31")));
    let read = api.get(&format!("/sobjects/Lead/{lead}")).await;
    assert_eq!((&read["IsConverted"], &read["ConvertedAccountId"]), (&json!(true), &contact["AccountId"]));
    let text = call(&world, &convert("Closed - Converted")).await;
    assert_eq!(between(&text, "statusCode"), "CANNOT_UPDATE_CONVERTED_LEAD", "{text}");
    assert_eq!(api.query("SELECT COUNT() FROM Account").await["totalSize"], 1);
}

#[tokio::test]
async fn searches_spans_tabs_and_layouts_are_answered() {
    let world = World::new().await;
    let api = world.admin();
    let made = api.create("Account", json!({"Name": "Findable"})).await;
    let text = call(
        &world,
        "<search><searchString>FIND {Findable} RETURNING Account(Id, Name)</searchString></search>",
    )
    .await;
    assert!(
        text.contains("<searchRecords><record xsi:type=\"sf:sObject\">") && text.contains(&made),
        "{text}"
    );
    world.clock.advance(std::time::Duration::from_secs(60));
    let span = "<sObjectType>Account</sObjectType><startDate>2026-11-24T11:00:00Z</startDate><endDate>2026-11-24T12:30:00</endDate>";
    let text = call(&world, &format!("<getUpdated>{span}</getUpdated>")).await;
    assert_eq!(between(&text, "ids"), made, "{text}");
    call(&world, &format!("<delete><ids>{made}</ids></delete>")).await;
    let text = call(&world, &format!("<getDeleted>{span}</getDeleted>")).await;
    assert_eq!(between(&text, "id"), made, "{text}");
    assert!(between(&text, "deletedDate").ends_with('Z'), "{text}");
    let text = call(&world, "<describeTabs/>").await;
    assert!(text.contains("<sobjectName>Account</sobjectName>"), "{text}");
    let text = call(&world, "<describeLayout><sObjectType>Account</sObjectType></describeLayout>").await;
    assert!(text.contains("<detailLayoutSections>"), "{text}");
    let other = world.org().open_session(world.org().user, None, "full");
    let text = call(&world, &format!("<invalidateSessions><sessionIds>{other}</sessionIds><sessionIds>x</sessionIds></invalidateSessions>")).await;
    assert_eq!(text.matches("<success>true</success>").count(), 1, "{text}");
    let url = world.url("/services/data/v67.0/limits");
    assert_eq!(
        world.http.get(url).bearer_auth(other).send().await.expect("answers").status(),
        StatusCode::UNAUTHORIZED
    );
}
