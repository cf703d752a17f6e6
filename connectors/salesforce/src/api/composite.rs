//! Several looks in one call: the composite resource. Salesforce counts the series as one API call.

use std::fmt;
use std::marker::PhantomData;

use http::StatusCode;
use provision_connector_sdk::ConnectorFault;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::rest::{Catalogue, Described};
use super::{Call, Org};
use crate::faults::{self, ApiError, Effect};

/// Subrequests that one call takes.
pub(crate) const COMPOSITE_MAX: usize = 25;
/// Of them, queries and further pages of queries.
pub(crate) const COMPOSITE_QUERIES_MAX: usize = 5;
/// One answer can hold 25 describes, and is read as it comes.
const BYTES_MAX: usize = 64 << 20;

/// What one subrequest was answered.
pub(crate) struct Part<T> {
    pub status: StatusCode,
    pub body: PartBody<T>,
}

/// The body of a [`Part`]. Errors are told from answers by their form, since the status comes behind them.
pub(crate) enum PartBody<T> {
    Answer(T),
    Errors(Vec<ApiError>),
    Nothing,
}

impl<T> Part<T> {
    /// The answer, or what the refusal means.
    pub(crate) fn answer(self) -> Result<T, ConnectorFault> {
        match self.body {
            PartBody::Answer(answer) if self.status.is_success() => Ok(answer),
            PartBody::Answer(_) => {
                Err(ConnectorFault::protocol(format!("an answer with the status {}", self.status)))
            }
            PartBody::Errors(errors) => {
                let error = errors.into_iter().find(|error| !error.code().is_empty()).unwrap_or_default();
                Err(faults::of_error(self.status, &error, Effect::None))
            }
            PartBody::Nothing => Err(faults::of_answer(self.status, b"", Effect::None, None)),
        }
    }

    /// Refused in a way that asking again does not change.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.status.as_u16(), 400 | 403 | 404)
            && match &self.body {
                PartBody::Errors(errors) => {
                    errors.iter().all(|error| error.code() != "REQUEST_LIMIT_EXCEEDED")
                }
                _ => true,
            }
    }
}

impl Org<'_> {
    /// GETs up to [`COMPOSITE_MAX`] paths in one call, one after another, and answers in the order asked. At most
    /// [`COMPOSITE_QUERIES_MAX`] of them may be queries.
    pub(crate) async fn look_together<T: DeserializeOwned>(
        &self,
        catalogue: Catalogue,
        paths: &[String],
    ) -> Result<Vec<Part<T>>, ConnectorFault> {
        let requests: Vec<Value> = paths
            .iter()
            .enumerate()
            .map(|(index, path)| json!({"method": "GET", "url": path, "referenceId": format!("r{index}")}))
            .collect();
        let body = json!({"allOrNone": false, "collateSubrequests": false, "compositeRequest": requests});
        let path = match catalogue {
            Catalogue::Data => "/composite",
            Catalogue::Tooling => "/tooling/composite",
        };
        let call = Call::post(self.data(path), &body).looks_only().bytes_max(BYTES_MAX);
        let answer: Answers<T> = self.call(call).await?.json()?;
        in_order(answer.composite_response, paths.len())
    }

    /// Makes a record, known by the external id `key`, and deletes it again: two changes in one call, each committed
    /// by itself. A record that is there already is deleted.
    pub(crate) async fn upsert_and_delete(
        &self,
        object: &str,
        key: &str,
        value: &str,
        fields: Map<String, Value>,
    ) -> Result<(), ConnectorFault> {
        let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let records = self.data(&format!("/sobjects/{object}"));
        let requests = json!([
            {"method": "PATCH", "url": format!("{records}/{key}/{value}"), "referenceId": "r0", "body": fields},
            {"method": "DELETE", "url": format!("{records}/@{{r0.id}}"), "referenceId": "r1"},
        ]);
        let body = json!({"allOrNone": false, "collateSubrequests": false, "compositeRequest": requests});
        let answer: Answers<Value> = self.call(Call::post(self.data("/composite"), &body)).await?.json()?;
        let mut parts = in_order(answer.composite_response, 2)?.into_iter();
        let (made, gone) = (parts.next(), parts.next());
        made.ok_or_else(|| ConnectorFault::protocol("no record was made"))?.answer()?;
        if let Some(gone) = gone.filter(|gone| !gone.status.is_success()) {
            // It harms nobody: an item without content, that administrators alone see.
            tracing::warn!(object, status = %gone.status, "a marked record could not be deleted");
        }
        Ok(())
    }

    /// The path of a query, as a subrequest has it.
    pub(crate) fn query_path(&self, catalogue: Catalogue, soql: &str) -> String {
        let soql: String = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect();
        match catalogue {
            Catalogue::Data => self.data(&format!("/query?q={soql}")),
            Catalogue::Tooling => self.data(&format!("/tooling/query?q={soql}")),
        }
    }

    /// Describes up to [`COMPOSITE_MAX`] objects in one call, in the order asked; `None` for each that Salesforce
    /// lists and yet does not describe.
    pub(crate) async fn describe_some(
        &self,
        names: &[&str],
    ) -> Result<Vec<Option<Described>>, ConnectorFault> {
        let path = |name: &&str| self.data(&format!("/sobjects/{name}/describe"));
        let paths: Vec<String> = names.iter().map(path).collect();
        let parts = self.look_together::<Described>(Catalogue::Data, &paths).await?;
        parts
            .into_iter()
            // Listed, and not there for this user.
            .map(|part| if part.is_refused() { Ok(None) } else { part.answer().map(Some) })
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound = "T: DeserializeOwned")]
struct Answers<T> {
    composite_response: Vec<Answered<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound = "T: DeserializeOwned")]
struct Answered<T> {
    #[serde(default = "nothing")]
    body: PartBody<T>,
    http_status_code: u16,
    reference_id: String,
}

fn nothing<T>() -> PartBody<T> {
    PartBody::Nothing
}

fn in_order<T>(answered: Vec<Answered<T>>, asked: usize) -> Result<Vec<Part<T>>, ConnectorFault> {
    let mut parts: Vec<Option<Part<T>>> = std::iter::repeat_with(|| None).take(asked).collect();
    for Answered { body, http_status_code, reference_id } in answered {
        let status = StatusCode::from_u16(http_status_code)
            .map_err(|_| ConnectorFault::protocol(format!("a part with the status {http_status_code}")))?;
        let index = reference_id.strip_prefix('r').and_then(|digits| digits.parse::<usize>().ok());
        match index.and_then(|index| parts.get_mut(index)) {
            Some(slot @ None) => *slot = Some(Part { status, body }),
            _ => return Err(ConnectorFault::protocol("a part of a composite answer that was not asked for")),
        }
    }
    let parts: Option<Vec<Part<T>>> = parts.into_iter().collect();
    parts.ok_or_else(|| ConnectorFault::protocol("a composite answer lacks parts"))
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for PartBody<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByForm<T>(PhantomData<T>);
        impl<'de, T: DeserializeOwned> Visitor<'de> for ByForm<T> {
            type Value = PartBody<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an answer or a list of errors")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(PartBody::Answer)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(PartBody::Errors)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(PartBody::Nothing)
            }

            fn visit_str<E>(self, _text: &str) -> Result<Self::Value, E> {
                Ok(PartBody::Nothing)
            }
        }
        deserializer.deserialize_any(ByForm(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, asked: usize) -> Result<Vec<Part<Value>>, ConnectorFault> {
        let answers: Answers<Value> = serde_json::from_str(text).expect("a composite answer");
        in_order(answers.composite_response, asked)
    }

    #[test]
    fn parts_stand_in_the_order_asked_and_errors_are_told_by_their_form() {
        let text = r#"{"compositeResponse":[
            {"body":[{"message":"no such thing","errorCode":"NOT_FOUND"}],"httpHeaders":{},"httpStatusCode":404,"referenceId":"r1"},
            {"body":{"done":true},"httpHeaders":{},"httpStatusCode":200,"referenceId":"r0"},
            {"body":null,"httpHeaders":{},"httpStatusCode":304,"referenceId":"r2"}]}"#;
        let mut parts = read(text, 3).expect("parts").into_iter();
        assert_eq!(parts.next().expect("r0").answer().expect("an answer"), json!({"done": true}));
        let refused = parts.next().expect("r1");
        assert!(refused.is_refused());
        assert!(refused.answer().is_err());
        assert!(matches!(parts.next().expect("r2").body, PartBody::Nothing));
    }

    #[test]
    fn a_part_too_few_or_unasked_is_no_answer() {
        let one = r#"{"compositeResponse":[{"body":{},"httpStatusCode":200,"referenceId":"r0"}]}"#;
        assert!(read(one, 2).is_err());
        assert!(read(one, 0).is_err());
        let twice = r#"{"compositeResponse":[{"body":{},"httpStatusCode":200,"referenceId":"r0"},
            {"body":{},"httpStatusCode":200,"referenceId":"r0"}]}"#;
        assert!(read(twice, 2).is_err());
    }
}
