//! USING SCOPE.

use super::ast::{Literal, Operator, Query};
use super::bind::Binder;
use super::point::malformed;
use super::reach::Bound;
use super::run::Test;
use crate::surface::ApiError;

/// The condition that a scope adds. Teams and territories are not kept here, so their scopes hold no rows.
pub(super) fn test(binder: &Binder<'_>, query: &Query) -> Result<Option<Test>, ApiError> {
    let Some((word, at)) = &query.scope else { return Ok(None) };
    let object = &binder.object;
    let owner = object.field("OwnerId");
    // The words are a guess.
    let unfit = || malformed(binder.text, *at, &format!("{} does not support the scope {word}", object.name));
    match word.to_ascii_lowercase().as_str() {
        "everything" => Ok(None),
        "mine" | "mineandmygroups" => {
            let owner = owner.ok_or_else(unfit)?;
            let user = Literal::Text(binder.view.rights.user.as_str().to_owned());
            let left = Bound::own(owner);
            Ok(Some(Test::Compare { left, operator: Operator::Equal, values: vec![user] }))
        }
        "team" | "delegated" | "my_territory" | "my_team_territory" | "queue_owned" => {
            owner.ok_or_else(unfit)?;
            Ok(Some(Test::Any(Vec::new())))
        }
        _ => Err(malformed(binder.text, *at, &format!("unexpected token: '{word}'"))),
    }
}
