//! What metadata there is: types, lists, components.

use super::{name_of, version_of};
use crate::metadata::contents::{self, FileProperties};
use crate::metadata::xml::Element;
use crate::org::{Org, State, metadata_time};
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;

/// Queries in one `listMetadata`.
const QUERIES_MAX: usize = 3;
/// Names in one `readMetadata`, and for the types whose components are small.
const NAMES_MAX: usize = 10;
const SMALL_NAMES_MAX: usize = 200;

/// `describeMetadata`
pub(super) fn describe(caller: &Caller<'_>, asked: &Element, out: &mut Xml) {
    let version = version_of(caller, asked, "asOfVersion");
    let production = caller.site.org.is_active_production();
    out.open("result");
    for kind in contents::describe(version) {
        out.open("metadataObjects");
        for child in kind.children {
            out.text("childXmlNames", child);
        }
        out.text("directoryName", kind.directory)
            .flag("inFolder", kind.in_folder)
            .flag("metaFile", kind.meta_file)
            .optional("suffix", kind.suffix)
            .text("xmlName", kind.xml_name)
            .close("metadataObjects");
    }
    out.text("organizationNamespace", "")
        .flag("partialSaveAllowed", !production)
        .flag("testRequired", production)
        .close("result");
}

/// `listMetadata`
pub(super) fn list(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    let version = version_of(caller, asked, "asOfVersion");
    let queries: Vec<&Element> = asked.all("queries").collect();
    if queries.len() > QUERIES_MAX {
        let message = format!("A maximum of {QUERIES_MAX} queries can be made in a listMetadata call");
        return Err(SoapFault::api("LIMIT_EXCEEDED", message));
    }
    let org = &caller.site.org;
    let state = org.snapshot();
    for query in queries {
        let kind = query.text_of("type").unwrap_or_default();
        let folder = query.text_of("folder");
        let found = contents::list(org, &state, &caller.rights, kind, folder, version);
        for file in found.map_err(unknown_type)? {
            out.open("result");
            properties(org, &state, &file, out);
            out.close("result");
        }
    }
    Ok(())
}

/// The contents begin their words with the code.
fn unknown_type(message: String) -> SoapFault {
    SoapFault::api("INVALID_TYPE", message.trim_start_matches("INVALID_TYPE: "))
}

/// What is in the element of one file.
pub(super) fn properties(org: &Org, state: &State, file: &FileProperties, out: &mut Xml) {
    out.text("createdById", file.created_by.as_str())
        .text("createdByName", &name_of(state, org, file.created_by))
        .text("createdDate", &metadata_time(file.created_ms))
        .text("fileName", &file.file_name)
        .text("fullName", &file.full_name)
        .text("id", file.id.as_ref().map_or("", |id| id.as_str()))
        .text("lastModifiedById", file.modified_by.as_str())
        .text("lastModifiedByName", &name_of(state, org, file.modified_by))
        .text("lastModifiedDate", &metadata_time(file.modified_ms))
        .optional("manageableState", file.manageable_state)
        .optional("namespacePrefix", file.namespace.as_deref())
        .text("type", file.kind);
}

/// `readMetadata`: what is not there is null.
pub(super) fn read(caller: &Caller<'_>, asked: &Element, out: &mut Xml) -> Result<(), SoapFault> {
    let kind = asked.text_of("type").or_else(|| asked.text_of("metadataType")).unwrap_or_default();
    let names: Vec<String> = asked.all("fullNames").map(|name| name.text.clone()).collect();
    let most = match kind {
        "CustomMetadata" | "CustomApplication" => SMALL_NAMES_MAX,
        _ => NAMES_MAX,
    };
    if names.len() > most {
        let message =
            format!("record limit reached. cannot submit more than {most} records in this operation");
        return Err(SoapFault::api("EXCEEDED_ID_LIMIT", message));
    }
    let org = &caller.site.org;
    let found = contents::read(org, &org.snapshot(), &caller.rights, kind, &names);
    let found = found.map_err(unknown_type)?;
    out.open("result");
    for component in found {
        match component {
            Some(component) => out.open_typed("records", kind).inner(&component).close("records"),
            None => out.nil("records"),
        };
    }
    out.close("result");
    Ok(())
}
