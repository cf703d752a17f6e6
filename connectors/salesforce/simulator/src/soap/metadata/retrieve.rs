//! Retrieves over SOAP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{catalog, id_of, version_of};
use crate::metadata::RetrieveStatus;
use crate::metadata::contents::Retrieval;
use crate::metadata::xml::Element;
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;

/// Members that one retrieve may name.
const MEMBERS_MAX: usize = 50_000;

/// `retrieve`
pub(super) fn start(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    let request = asked.get("request").or_else(|| asked.get("retrieveRequest")).unwrap_or(asked);
    let texts = |name: &str| request.all(name).map(|one| one.text.clone()).collect::<Vec<_>>();
    let mut version = version_of(caller, request, "apiVersion");
    let mut unpackaged = Vec::new();
    if let Some(package) = request.get("unpackaged") {
        version = package.get("version").map_or(version, |_| version_of(caller, package, "version"));
        for types in package.all("types") {
            let Some(name) = types.text_of("name") else {
                return Err(SoapFault::api("UNKNOWN_EXCEPTION", "Required field is missing: name"));
            };
            let members = types.all("members").map(|one| one.text.clone()).collect::<Vec<_>>();
            unpackaged.push((name.to_owned(), members));
        }
    }
    if unpackaged.iter().map(|(_, members)| members.len()).sum::<usize>() > MEMBERS_MAX {
        return Err(SoapFault::api("LIMIT_EXCEEDED", "Too many members in the retrieve request"));
    }
    let retrieval = Retrieval {
        unpackaged,
        packages: texts("packageNames"),
        specific_files: texts("specificFiles"),
        single_package: request.is_true("singlePackage"),
        version,
    };
    let id = caller.site.deployments.retrieve(caller.rights.clone(), retrieval);
    out.open("result").flag("done", false).text("id", id.as_str()).text("state", "Queued");
    out.close("result");
    Ok(())
}

/// `checkRetrieveStatus`: with the zip unless it is declined.
pub(super) fn check(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    let id = id_of(asked, "asyncProcessId")?;
    let with_zip = asked.text_of("includeZip").is_none_or(|text| !text.eq_ignore_ascii_case("false"));
    let status = caller.site.deployments.check_retrieve(id, caller.rights.user, with_zip)?;
    out.open("result");
    match status {
        RetrieveStatus::Running => {
            out.flag("done", false).text("id", id.as_str()).text("status", "InProgress");
            out.flag("success", false);
        }
        RetrieveStatus::Failed => {
            out.flag("done", true).text("errorMessage", "An unexpected error occurred.");
            out.text("errorStatusCode", "UNKNOWN_EXCEPTION").text("id", id.as_str());
            out.text("status", "Failed").flag("success", false);
        }
        RetrieveStatus::Done { retrieved, with_zip } => {
            let org = &caller.site.org;
            out.flag("done", true);
            let state = org.read();
            for file in &retrieved.properties {
                out.open("fileProperties");
                catalog::properties(org, &state, file, out);
                out.close("fileProperties");
            }
            drop(state);
            out.text("id", id.as_str());
            for (file, problem) in &retrieved.messages {
                out.open("messages").text("fileName", file).text("problem", problem).close("messages");
            }
            out.text("status", "Succeeded").flag("success", true);
            if with_zip {
                out.text("zipFile", &STANDARD.encode(&retrieved.zip));
            }
        }
    }
    out.close("result");
    Ok(())
}
