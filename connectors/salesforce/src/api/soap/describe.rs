//! The answer of `describeSObjects`, read as it comes: what is not used is never kept, and nothing of it is trusted.

mod bounded;

use bounded::Bounded;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use tokio::io::AsyncBufRead;

use crate::api::rest::DescribedField;
use crate::faults::ApiError;

/// Nesting; Salesforce's answers need eight.
const DEPTH_MAX: usize = 24;
/// Longest text that is kept: labels have 255 characters, messages some hundred.
const TEXT_MAX: usize = 16 << 10;
/// Fields in one answer: a hundred objects with the eight hundred that an object can have.
const FIELDS_MAX: usize = 100_000;

/// An object, described.
#[derive(Debug)]
pub(crate) struct DescribedObject {
    pub name: String,
    pub fields: Vec<DescribedField>,
}

/// A SOAP answer, as far as it is used.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub objects: Vec<DescribedObject>,
    pub fault: Option<ApiError>,
    /// API calls of the last 24 hours, and their limit.
    pub allowance: Option<(u64, u64)>,
}

/// Why there is no document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// It stops, or is no XML from some place on.
    BrokenOff(String),
    /// It is what no answer may be: too deep, too long, with a document type or entities of its own.
    Refused(String),
}

impl Document {
    /// Reads one to its end.
    pub(super) async fn read(source: impl AsyncBufRead + Unpin) -> Result<Self, ReadError> {
        let mut reader = Reader::from_reader(Bounded::new(source));
        let mut reading = Reading::default();
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            reader.get_mut().next_event();
            let event = reader.read_event_into_async(&mut buffer).await.map_err(of_reader)?;
            match event {
                Event::Start(tag) => reading.open(Tag::of(tag.local_name().as_ref()))?,
                Event::Empty(tag) => {
                    reading.open(Tag::of(tag.local_name().as_ref()))?;
                    reading.close()?;
                }
                Event::End(_) => reading.close()?,
                Event::Text(text) => reading.text(&text.xml10_content())?,
                Event::CData(text) => reading.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => reading.text(&resolved(&reference)?)?,
                Event::DocType(_) => return Err(refused("a document type")),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof if reading.is_whole() => return Ok(reading.document()),
                Event::Eof => return Err(ReadError::BrokenOff("the answer stops halfway".to_owned())),
            }
        }
    }
}

fn of_reader(error: quick_xml::Error) -> ReadError {
    if let quick_xml::Error::Io(io) = &error
        && let Some(limit) = bounded::exceeded(io)
    {
        return refused(limit);
    }
    ReadError::BrokenOff(error.to_string())
}

fn refused(what: &str) -> ReadError {
    ReadError::Refused(format!("a SOAP answer with {what}"))
}

/// A character by its number, or one of the five that XML names itself.
fn resolved(reference: &BytesRef<'_>) -> Result<String, ReadError> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => quick_xml::escape::resolve_predefined_entity(reference)
            .map(str::to_owned)
            .ok_or_else(|| refused("an entity of its own")),
        Err(_) => Err(refused("a character that there is not")),
    }
}

/// Elements that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Envelope,
    Header,
    LimitInfoHeader,
    LimitInfo,
    Current,
    Limit,
    Body,
    Response,
    Result,
    Fields,
    Name,
    Label,
    Type,
    Length,
    Nillable,
    DefaultedOnCreate,
    Createable,
    Custom,
    ReferenceTo,
    Fault,
    FaultCode,
    FaultString,
    Other,
}

impl Tag {
    fn of(name: impl AsRef<[u8]>) -> Self {
        match name.as_ref() {
            b"Envelope" => Tag::Envelope,
            b"Header" => Tag::Header,
            b"LimitInfoHeader" => Tag::LimitInfoHeader,
            b"limitInfo" => Tag::LimitInfo,
            b"current" => Tag::Current,
            b"limit" => Tag::Limit,
            b"Body" => Tag::Body,
            b"describeSObjectsResponse" => Tag::Response,
            b"result" => Tag::Result,
            b"fields" => Tag::Fields,
            b"name" => Tag::Name,
            b"label" => Tag::Label,
            b"type" => Tag::Type,
            b"length" => Tag::Length,
            b"nillable" => Tag::Nillable,
            b"defaultedOnCreate" => Tag::DefaultedOnCreate,
            b"createable" => Tag::Createable,
            b"custom" => Tag::Custom,
            b"referenceTo" => Tag::ReferenceTo,
            b"Fault" => Tag::Fault,
            b"faultcode" => Tag::FaultCode,
            b"faultstring" => Tag::FaultString,
            _ => Tag::Other,
        }
    }
}

const RESULT: [Tag; 4] = [Tag::Envelope, Tag::Body, Tag::Response, Tag::Result];
const FIELD: [Tag; 5] = [Tag::Envelope, Tag::Body, Tag::Response, Tag::Result, Tag::Fields];
const FAULT: [Tag; 3] = [Tag::Envelope, Tag::Body, Tag::Fault];
const LIMIT: [Tag; 4] = [Tag::Envelope, Tag::Header, Tag::LimitInfoHeader, Tag::LimitInfo];

/// A document in the making.
#[derive(Debug, Default)]
struct Reading {
    path: Vec<Tag>,
    /// Of the element that is open, where it is used.
    text: String,
    document: Document,
    object: Option<DescribedObject>,
    field: Option<DescribedField>,
    fields: usize,
    current: Option<u64>,
    ended: bool,
}

impl Reading {
    fn open(&mut self, tag: Tag) -> Result<(), ReadError> {
        if self.path.len() == DEPTH_MAX {
            return Err(refused("deep nesting"));
        }
        if self.path.is_empty() && (self.ended || tag != Tag::Envelope) {
            return Err(ReadError::BrokenOff("it is no envelope".to_owned()));
        }
        self.path.push(tag);
        self.text.clear();
        if self.path == RESULT {
            self.object = Some(DescribedObject { name: String::new(), fields: Vec::new() });
        } else if self.path == FIELD {
            self.fields += 1;
            if self.fields > FIELDS_MAX {
                return Err(refused("too many fields"));
            }
            self.field = Some(DescribedField::default());
        } else if self.path == FAULT {
            self.document.fault = Some(ApiError::default());
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ReadError> {
        if self.path.last().is_none_or(|tag| *tag == Tag::Other) {
            return Ok(());
        }
        if self.text.len() + text.len() > TEXT_MAX {
            return Err(refused("a long text"));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn close(&mut self) -> Result<(), ReadError> {
        // The reader has checked that the names match.
        let Some(tag) = self.path.pop() else { return Ok(()) };
        let text = std::mem::take(&mut self.text);
        let is_true = || matches!(text.trim(), "true" | "1");
        if self.path == FIELD {
            let Some(field) = &mut self.field else { return Ok(()) };
            match tag {
                Tag::Name => field.name = text,
                Tag::Label => field.label = text,
                Tag::Type => field.kind = text,
                Tag::Length => {
                    field.length = text.trim().parse().map_err(|_| refused("a length that is no number"))?;
                }
                Tag::Nillable => field.nillable = is_true(),
                Tag::DefaultedOnCreate => field.defaulted_on_create = is_true(),
                Tag::Createable => field.createable = is_true(),
                Tag::Custom => field.custom = is_true(),
                Tag::ReferenceTo => field.reference_to.push(text),
                _ => {}
            }
        } else if self.path == RESULT {
            match (tag, &mut self.object) {
                (Tag::Name, Some(object)) => object.name = text,
                (Tag::Fields, Some(object)) => object.fields.extend(self.field.take()),
                _ => {}
            }
        } else if self.path == RESULT[..3] && tag == Tag::Result {
            self.document.objects.extend(self.object.take());
        } else if self.path == FAULT {
            match (tag, &mut self.document.fault) {
                (Tag::FaultCode, Some(fault)) => fault.error_code = local(&text).to_owned(),
                (Tag::FaultString, Some(fault)) => fault.message = text,
                _ => {}
            }
        } else if self.path == LIMIT {
            match tag {
                Tag::Current => self.current = text.trim().parse().ok(),
                Tag::Limit => self.document.allowance = self.current.zip(text.trim().parse().ok()),
                _ => {}
            }
        } else if self.path.is_empty() {
            self.ended = true;
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.ended && self.path.is_empty()
    }

    fn document(mut self) -> Document {
        if let Some(fault) = &mut self.document.fault {
            let prefix = format!("{}: ", fault.error_code);
            if let Some(message) = fault.message.strip_prefix(&prefix) {
                fault.message = message.to_owned();
            }
        }
        self.document
    }
}

/// `INVALID_TYPE` of `sf:INVALID_TYPE`.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local).trim()
}

#[cfg(test)]
mod tests;
