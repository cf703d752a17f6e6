//! `convertLead`

use crate::dml::{ConvertFailure, Converted, LeadConvert, Options, RowError};
use crate::metadata::xml::Element;
use crate::org::Id;
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;
use crate::surface::ApiError;
use crate::surface::rest::thrown;
use crate::transaction::Transaction;

/// Leads of one call.
const LEADS_MAX: usize = 100;

/// The conversions in an element, if it asks for any.
pub(super) fn of(element: &Element) -> Option<Vec<LeadConvert>> {
    if element.name != "convertLead" {
        return None;
    }
    let one = |lead: &Element| {
        let id = |name: &str| lead.text_of(name).and_then(Id::parse);
        LeadConvert {
            lead: id("leadId"),
            account: id("accountId"),
            contact: id("contactId"),
            owner: id("ownerId"),
            status: lead.text_of("convertedStatus").unwrap_or_default().to_owned(),
            without_opportunity: lead.is_true("doNotCreateOpportunity"),
            opportunity_name: lead.text_of("opportunityName").map(str::to_owned),
        }
    };
    Some(element.children.iter().map(one).collect())
}

/// Converts them, each for itself, and writes a result for each.
pub(super) fn convert(caller: &Caller<'_>, leads: &[LeadConvert], out: &mut Xml) -> Result<(), SoapFault> {
    let org = &caller.site.org;
    if org.is_read_only() {
        return Err(ApiError::maintenance().into());
    }
    if leads.len() > LEADS_MAX {
        let message =
            format!("record limit reached. cannot submit more than {LEADS_MAX} records into this call");
        return Err(SoapFault::api("EXCEEDED_ID_LIMIT", message));
    }
    let mut tx = Transaction::begin(org, caller.rights.clone());
    for lead in leads {
        let mark = tx.mark();
        let result = tx.convert_lead(lead, Options::API).map_err(|failure| match failure {
            ConvertFailure::Refused(errors) => errors,
            ConvertFailure::Thrown(error) => vec![thrown(&tx, &error)],
        });
        if result.is_err() {
            tx.restore(mark);
        }
        show(lead, result, out);
    }
    tx.commit();
    Ok(())
}

fn show(lead: &LeadConvert, result: Result<Converted, Vec<RowError>>, out: &mut Xml) {
    let done = result.as_ref().ok();
    let id = |out: &mut Xml, name: &str, id: Option<Id>| match id {
        Some(id) => drop(out.text(name, id.as_str())),
        None => drop(out.nil(name)),
    };
    out.open("result");
    id(out, "accountId", done.map(|done| done.account));
    id(out, "contactId", done.map(|done| done.contact));
    for error in result.as_ref().err().into_iter().flatten() {
        out.open("errors");
        for field in &error.fields {
            out.text("fields", field);
        }
        out.text("message", &error.message).text("statusCode", &error.status).close("errors");
    }
    id(out, "leadId", lead.lead);
    id(out, "opportunityId", done.and_then(|done| done.opportunity));
    out.flag("success", done.is_some()).close("result");
}
