//! The partner API and its enterprise twin: records, describes, people.

mod change;
mod describe;
mod lead;
mod lookup;
mod merge;
mod password;
pub(super) mod person;
mod query;
mod record;

use super::dialect::Dialect;
use super::envelope::{Envelope, operation_name};
use super::fault::SoapFault;
use super::write::Xml;
use super::{Caller, Reply};
use crate::dml::LeadConvert;
use crate::fault::Operation;
use crate::metadata::xml::Element;
use change::Change;
use lookup::Lookup;
use merge::Merge;
use query::Query;

/// Requests whose objects are looked at for the fault rules; larger ones are known by their operation alone.
const MEANING_BYTES_MAX: usize = 1 << 20;

/// The operations served.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Request {
    DescribeGlobal,
    DescribeSObjects(Vec<String>),
    DescribeSObject(String),
    GetUserInfo,
    GetServerTimestamp,
    Change(Change),
    Query(Query),
    Lookup(Lookup),
    Merge(Vec<Merge>),
    ConvertLead(Vec<LeadConvert>),
    SendEmail { emails: usize },
    InvalidateSessions(Vec<String>),
    Logout,
    SetPassword { user: String, password: String },
    ResetPassword { user: String },
}

impl Request {
    fn of(element: &Element, all_or_none: bool) -> Option<Self> {
        if let Some(change) = Change::of(element, all_or_none) {
            return Some(Self::Change(change));
        }
        if let Some(query) = Query::of(element) {
            return Some(Self::Query(query));
        }
        if let Some(lookup) = Lookup::of(element) {
            return Some(Self::Lookup(lookup));
        }
        if let Some(merges) = Merge::of(element) {
            return Some(Self::Merge(merges));
        }
        if let Some(leads) = lead::of(element) {
            return Some(Self::ConvertLead(leads));
        }
        let types = || element.all("sObjectType").map(|name| name.text.clone()).collect::<Vec<_>>();
        let text = |name: &str| element.text_of(name).unwrap_or_default().to_owned();
        Some(match element.name.as_str() {
            "describeGlobal" => Self::DescribeGlobal,
            "describeSObjects" => Self::DescribeSObjects(types()),
            "describeSObject" => Self::DescribeSObject(types().into_iter().next().unwrap_or_default()),
            "getUserInfo" => Self::GetUserInfo,
            "getServerTimestamp" => Self::GetServerTimestamp,
            "sendEmail" => Self::SendEmail { emails: element.all("messages").count() },
            "invalidateSessions" => {
                Self::InvalidateSessions(element.all("sessionIds").map(|id| id.text.clone()).collect())
            }
            "logout" => Self::Logout,
            "setPassword" => Self::SetPassword { user: text("userId"), password: text("password") },
            "resetPassword" => Self::ResetPassword { user: text("userId") },
            _ => return None,
        })
    }

    fn meaning(&self) -> Operation {
        match self {
            Self::DescribeSObjects(_) | Self::DescribeSObject(_) => Operation::SoapDescribe,
            Self::DescribeGlobal => Operation::SoapDescribeGlobal,
            Self::GetUserInfo => Operation::SoapUserInfo,
            Self::GetServerTimestamp => Operation::SoapTimestamp,
            Self::Change(change) => change.meaning(),
            Self::Query(query) => query.meaning(),
            Self::Merge(_)
            | Self::ConvertLead(_)
            | Self::Lookup(_)
            | Self::SendEmail { .. }
            | Self::InvalidateSessions(_)
            | Self::Logout
            | Self::SetPassword { .. }
            | Self::ResetPassword { .. } => Operation::Other,
        }
    }
}

/// Whether the operation is served.
pub(super) fn knows(envelope: &Envelope) -> bool {
    Request::of(&envelope.operation, false).is_some()
}

/// What a request means to the fault rules.
pub(super) fn meaning(dialect: Dialect, body: &[u8]) -> Operation {
    if body.len() > MEANING_BYTES_MAX {
        return match operation_name(body).as_deref() {
            Some("create") => Operation::RecordCreate { object: None },
            Some("update" | "upsert") => Operation::RecordUpdate { object: None },
            _ => Operation::Other,
        };
    }
    let envelope = Envelope::parse(body, dialect).ok();
    let request = envelope.and_then(|envelope| Request::of(&envelope.operation, false));
    request.map_or(Operation::Other, |request| request.meaning())
}

/// Does it.
pub(super) fn answer(caller: &Caller<'_>, envelope: Envelope) -> Result<Reply, SoapFault> {
    let dialect = caller.dialect;
    let request = Request::of(&envelope.operation, envelope.all_or_none());
    let request = request.ok_or_else(|| envelope.unknown(dialect))?;
    let response = format!("{}Response", envelope.operation.name);
    let mut body = Xml::default();
    body.open(&response);
    match &request {
        Request::DescribeGlobal => describe::global(caller, &mut body),
        Request::DescribeSObjects(names) => describe::objects(caller, names, &mut body)?,
        Request::DescribeSObject(name) => describe::objects(caller, std::slice::from_ref(name), &mut body)?,
        Request::GetUserInfo => person::user_info(caller, &mut body)?,
        Request::GetServerTimestamp => person::timestamp(caller, &mut body),
        Request::Change(change) => change::change(caller, change, &mut body)?,
        Request::Query(query) => query::answer(caller, query, envelope.batch_size(), &mut body)?,
        Request::Lookup(lookup) => lookup::answer(caller, lookup, &mut body)?,
        Request::Merge(merges) => merge::merge(caller, merges, &mut body)?,
        Request::ConvertLead(leads) => lead::convert(caller, leads, &mut body)?,
        Request::SendEmail { emails } => person::no_mail(*emails, &mut body),
        Request::InvalidateSessions(sessions) => person::end_sessions(caller, sessions, &mut body),
        Request::Logout => drop(caller.site.org.write().sessions.end(&caller.session)),
        Request::SetPassword { user, password } => password::set(caller, user, password, &mut body)?,
        Request::ResetPassword { user } => password::reset(caller, user, &mut body)?,
    }
    body.close(&response);
    let mut header = Xml::default();
    header.open("LimitInfoHeader").open("limitInfo");
    header.number("current", caller.used).number("limit", caller.limit).text("type", "API REQUESTS");
    header.close("limitInfo").close("LimitInfoHeader");
    Ok(Reply { header, body })
}
