//! Deploys over SOAP.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::id_of;
use crate::metadata::xml::Element;
use crate::metadata::{DeployOptions, Order};
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::json::json;
use crate::soap::write::Xml;

/// Base64 as XML Schema has it: padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes of a base64 text, which may be broken into lines.
pub(super) fn decoded(text: &str) -> Result<Vec<u8>, SoapFault> {
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(packed).map_err(|error| SoapFault::client(format!("Invalid base64 content: {error}")))
}

/// `deploy`
pub(super) fn start(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    let zip = decoded(asked.text_of("ZipFile").unwrap_or_default())?;
    if zip.is_empty() {
        return Err(SoapFault::client("Required element {ZipFile} is missing"));
    }
    let options = match asked.get("DeployOptions") {
        Some(options) => DeployOptions::of_element(options).map_err(SoapFault::client)?,
        None => DeployOptions::default(),
    };
    let order = Order::new(options, zip.into(), caller.rights.clone(), caller.version);
    let request = caller.site.deployments.accept(order)?;
    out.open("result").flag("done", false).text("id", request.id.as_str()).text("state", "Queued");
    out.close("result");
    Ok(())
}

/// `checkDeployStatus`
pub(super) fn check(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    let id = id_of(asked, "asyncProcessId")?;
    let details = asked.text_of("includeDetails").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let shown = caller.site.deployments.check(id, details, "")?;
    json(out, "result", &shown["deployResult"]);
    Ok(())
}

/// `cancelDeploy`; it is done when the deploy had not begun.
pub(super) fn cancel(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    // The WSDL calls it `String`, clients write `id` or `asyncProcessId`.
    let name = asked.children.first().map_or("id", |child| child.name.as_str());
    let id = id_of(asked, name)?;
    let done = caller.site.deployments.stop(id, caller.rights.user)?;
    out.open("result").flag("done", done).text("id", id.as_str()).close("result");
    Ok(())
}

/// `deployRecentValidation` answers the new deploy's id alone.
pub(super) fn quick(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    let validation = id_of(asked, "validationId")?;
    let started = caller.site.deployments.accept_quick(validation, caller.rights.clone());
    let (request, _) =
        started.map_err(|_| SoapFault::api("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))?;
    out.text("result", request.id.as_str());
    Ok(())
}

/// `checkStatus` of deploys and retrieves.
pub(super) fn check_any(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    let deployments = &caller.site.deployments;
    for asked in asked.all("asyncProcessId") {
        let unknown = || SoapFault::api("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
        let id = crate::org::Id::parse(&asked.text).ok_or_else(unknown)?;
        let state = match deployments.retrieve_is_over(id) {
            Some(true) => "Completed",
            Some(false) => "InProgress",
            None => match deployments.check(id, false, "")?["deployResult"]["status"].as_str() {
                Some("Pending") => "Queued",
                Some("Succeeded" | "SucceededPartial" | "Canceled") => "Completed",
                Some("Failed") => "Error",
                _ => "InProgress",
            },
        };
        let done = matches!(state, "Completed" | "Error");
        json(out, "result", &serde_json::json!({"done": done, "id": id, "state": Value::from(state)}));
    }
    Ok(())
}
