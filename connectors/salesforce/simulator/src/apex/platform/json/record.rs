//! JSON as records.

use std::sync::Arc;

use super::deserialize::{Reader, wrong};
use super::token::Token;
use crate::apex::run::Thrown;
use crate::apex::types::Type;
use crate::apex::value::{RecordState, RecordValue, Value, store};
use crate::org::ObjectType;
use crate::transaction::Transaction;

impl Reader<'_> {
    /// A record with its fields, parents and lists of children. Of which object it is the type says, or its attributes.
    pub(super) fn record(&mut self, tx: &mut Transaction, ty: &Type) -> Result<Value, Thrown> {
        let declared = self.declared();
        if self.next(tx)? != Token::StartObject {
            return Err(wrong(tx, "Malformed JSON: Expected '{' at the beginning of object"));
        }
        let wanted = match ty {
            Type::Record(name) => Some(name.clone()),
            _ => declared,
        };
        let Some(wanted) = wanted else {
            return Err(wrong(tx, "Type of SObject cannot be determined: attributes.type is missing"));
        };
        let Some(object) = tx.state.metadata.object(&wanted).cloned() else {
            return Err(wrong(tx, format!("sObject type '{wanted}' is not supported.")));
        };
        let mut state = RecordState::default();
        loop {
            let Token::Name(name) = self.next(tx)? else { break };
            if &*name == "attributes" {
                self.skip(tx)?;
            } else if let Some(field) = object.field(&name).cloned() {
                let value = self.value(tx, &store::apex_type(&field))?;
                state.fields.insert(Arc::from(field.name.as_str()), value);
            } else {
                self.related(tx, &object, &name, &mut state)?;
            }
        }
        Ok(Value::Record(RecordValue::of(object, state)))
    }

    fn related(
        &mut self,
        tx: &mut Transaction,
        object: &Arc<ObjectType>,
        name: &str,
        state: &mut RecordState,
    ) -> Result<(), Thrown> {
        let is = |word: &Option<String>| word.as_deref().is_some_and(|word| word.eq_ignore_ascii_case(name));
        let parent = object.fields.iter().find(|field| is(&field.relationship)).cloned();
        if let Some(field) = parent {
            let ty = match field.reference_to.as_slice() {
                [only] => Type::Record(Arc::from(only.as_str())),
                _ => Type::SObject,
            };
            let value = self.value(tx, &ty)?;
            let word = field.relationship.as_deref().unwrap_or(name);
            state.parents.insert(Arc::from(word), value);
            return Ok(());
        }
        let children = tx.state.metadata.references_to(&object.name);
        let child = children.iter().find_map(|(child, field)| {
            let word = crate::soql::child_relationship(child, field)?;
            word.eq_ignore_ascii_case(name).then(|| (child.clone(), word))
        });
        let Some((child, word)) = child else {
            let message = format!("No such column '{name}' on sobject of type {}", object.name);
            return Err(wrong(tx, message));
        };
        let of = Type::Record(Arc::from(child.name.as_str()));
        let mut list = Value::list(of.clone(), Vec::new());
        match self.next(tx)? {
            Token::Null => return Ok(()),
            Token::StartObject => {}
            _ => return Err(wrong(tx, "Malformed JSON: Expected '{' at the beginning of object")),
        }
        loop {
            let Token::Name(part) = self.next(tx)? else { break };
            match &*part {
                "records" => list = self.value(tx, &Type::list(of.clone()))?,
                _ => self.skip(tx)?,
            }
        }
        state.children.insert(Arc::from(word), list);
        Ok(())
    }
}
