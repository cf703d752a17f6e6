//! A lead becomes an account, a contact and an opportunity.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde_json::Value;

use super::{Operation, Options, Row, RowError};
use crate::apex::run::Thrown;
use crate::org::{Id, Record, date_time};
use crate::transaction::Transaction;

/// How a lead is to be converted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadConvert {
    pub lead: Option<Id>,
    /// An account and a contact that are there; without them new ones are made.
    pub account: Option<Id>,
    pub contact: Option<Id>,
    /// Of what is made; without it, the lead's owner.
    pub owner: Option<Id>,
    /// One of the converted values of `Lead.Status`.
    pub status: String,
    pub without_opportunity: bool,
    pub opportunity_name: Option<String>,
}

/// What a lead became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converted {
    pub account: Id,
    pub contact: Id,
    pub opportunity: Option<Id>,
}

/// Fields that go over, by the lead's name and the other's.
const TO_ACCOUNT: &[(&str, &str)] = &[
    ("Company", "Name"),
    ("Phone", "Phone"),
    ("Fax", "Fax"),
    ("Website", "Website"),
    ("Industry", "Industry"),
    ("AnnualRevenue", "AnnualRevenue"),
    ("NumberOfEmployees", "NumberOfEmployees"),
    ("Street", "BillingStreet"),
    ("City", "BillingCity"),
    ("State", "BillingState"),
    ("PostalCode", "BillingPostalCode"),
    ("Country", "BillingCountry"),
];
const TO_CONTACT: &[(&str, &str)] = &[
    ("Salutation", "Salutation"),
    ("FirstName", "FirstName"),
    ("LastName", "LastName"),
    ("Title", "Title"),
    ("Email", "Email"),
    ("Phone", "Phone"),
    ("MobilePhone", "MobilePhone"),
    ("Fax", "Fax"),
    ("LeadSource", "LeadSource"),
    ("Description", "Description"),
    ("Street", "MailingStreet"),
    ("City", "MailingCity"),
    ("State", "MailingState"),
    ("PostalCode", "MailingPostalCode"),
    ("Country", "MailingCountry"),
];

/// Why a conversion did not come about.
pub enum Failure {
    Refused(Vec<RowError>),
    Thrown(Thrown),
}

impl From<RowError> for Failure {
    fn from(error: RowError) -> Self {
        Self::Refused(vec![error])
    }
}

impl Transaction {
    /// Converts one lead. The caller takes back what was done when it fails.
    pub fn convert_lead(&mut self, convert: &LeadConvert, options: Options) -> Result<Converted, Failure> {
        let unknown = || RowError::new("INVALID_ID_FIELD", "invalid lead id").on(&["leadId"]);
        let id = convert.lead.ok_or_else(unknown)?;
        let lead = self.state.records.get("Lead", id).cloned().ok_or_else(unknown)?;
        if lead.deleted {
            return Err(RowError::deleted().into());
        }
        if lead.get("IsConverted") == &Value::Bool(true) {
            let message = "The lead has already been converted";
            return Err(RowError::new("CANNOT_UPDATE_CONVERTED_LEAD", message).into());
        }
        let object = self.state.metadata.object("Lead").cloned().ok_or_else(unknown)?;
        let statuses = object.field("Status").map(|field| field.picklist.clone()).unwrap_or_default();
        if !is_converted(&convert.status) || !statuses.contains(&convert.status) {
            let message = format!("invalid convertedStatus: {}", convert.status);
            return Err(RowError::new("INVALID_STATUS", message).into());
        }
        let owner = convert.owner.or_else(|| lead.reference("OwnerId"));
        let owner = owner.filter(|owner| self.state.users.contains_key(owner));
        let owner = owner.ok_or_else(|| {
            RowError::new("INVALID_ID_FIELD", "Converted objects can only be owned by users").on(&["ownerId"])
        })?;
        let account = match convert.account {
            Some(account) => account,
            None => self.made("Account", &lead, TO_ACCOUNT, &[("OwnerId", owner.into())], options)?,
        };
        let contact = match convert.contact {
            Some(contact) => contact,
            None => {
                let more = [("OwnerId", owner.into()), ("AccountId", account.into())];
                self.made("Contact", &lead, TO_CONTACT, &more, options)?
            }
        };
        let opportunity = if convert.without_opportunity {
            None
        } else {
            let company = lead.get("Company").as_str().unwrap_or_default();
            let name = convert.opportunity_name.clone().unwrap_or_else(|| format!("{company}-"));
            let stage = self.state.metadata.object("Opportunity").and_then(|object| {
                object.field("StageName").and_then(|field| field.picklist.first().cloned())
            });
            let more = [
                ("OwnerId", owner.into()),
                ("AccountId", account.into()),
                ("Name", name.into()),
                ("StageName", stage.unwrap_or_default().into()),
                ("CloseDate", quarter_end(date_time(self.org.now_ms()).date_naive()).into()),
            ];
            Some(self.made("Opportunity", &lead, &[("LeadSource", "LeadSource")], &more, options)?)
        };
        let today = date_time(self.org.now_ms()).date_naive().to_string();
        let values = [
            ("Status", convert.status.as_str().into()),
            ("IsConverted", true.into()),
            ("ConvertedDate", today.into()),
            ("ConvertedAccountId", account.into()),
            ("ConvertedContactId", contact.into()),
            ("ConvertedOpportunityId", opportunity.map(Value::from).unwrap_or_default()),
        ];
        let values =
            values.into_iter().map(|(name, value): (&str, Value)| (name.to_owned(), value)).collect();
        // Nobody but the platform writes what became of a lead.
        self.converting = Some(id);
        let done = self.alone(Operation::Update, Row { object, id: Some(id), values, blob: None }, options);
        self.converting = None;
        done?;
        Ok(Converted { account, contact, opportunity })
    }

    fn made(
        &mut self,
        name: &str,
        lead: &Record,
        fields: &[(&str, &str)],
        more: &[(&str, Value)],
        options: Options,
    ) -> Result<Id, Failure> {
        let missing = || RowError::new("INVALID_TYPE", format!("sObject type '{name}' is not supported."));
        let object = self.state.metadata.object(name).cloned().ok_or_else(missing)?;
        let over = fields.iter().filter(|(_, to)| object.field(to).is_some());
        let over = over.map(|(from, to)| ((*to).to_owned(), lead.get(from).clone()));
        let mut values: BTreeMap<String, Value> = over.filter(|(_, value)| !value.is_null()).collect();
        values.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let made = self.alone(Operation::Insert, Row { object, id: None, values, blob: None }, options)?;
        made.ok_or_else(|| RowError::unknown_reference().into())
    }

    fn alone(&mut self, operation: Operation, row: Row, options: Options) -> Result<Option<Id>, Failure> {
        let results = self.apply(operation, vec![row], options).map_err(Failure::Thrown)?;
        let result = results.into_iter().next();
        match result {
            Some(result) if !result.errors.is_empty() => Err(Failure::Refused(result.errors)),
            Some(result) => Ok(result.id),
            None => Ok(None),
        }
    }
}

/// Orgs are born with one converted status, and have no other here.
fn is_converted(status: &str) -> bool {
    status == "Closed - Converted" || status == "Qualified"
}

/// The last day of a day's quarter.
fn quarter_end(day: NaiveDate) -> String {
    let first = NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1);
    let last =
        first.and_then(|first| first.checked_add_months(Months::new(3))?.checked_sub_days(Days::new(1)));
    last.unwrap_or(day).to_string()
}
