//! What stands behind the condition of a query.

use super::super::ast::{Order, Query, Totals, With};
use super::super::binds::Binds;
use super::super::lex::Kind;
use super::{Place, Reader};
use crate::surface::ApiError;

/// Rows that OFFSET may pass over.
const OFFSET_MAX: usize = 2_000;
/// Fields inside ROLLUP or CUBE.
const GROUPED_MAX: usize = 3;

impl Reader<'_> {
    /// What may follow the condition.
    pub(super) fn clauses(&mut self, query: &mut Query, place: Place) -> Result<(), ApiError> {
        if self.take_word("WITH") {
            query.with = Some(self.with()?);
        }
        if self.is_word(0, "GROUP") && self.is_word(1, "BY") {
            self.advance();
            self.advance();
            self.groups(query)?;
            if self.take_word("HAVING") {
                query.having = Some(self.conditions(0)?);
            }
        }
        if self.is_word(0, "ORDER") && self.is_word(1, "BY") {
            self.advance();
            self.advance();
            query.order.push(self.order()?);
            while self.take_mark(",") {
                query.order.push(self.order()?);
            }
        }
        if self.take_word("LIMIT") {
            query.limit = Some(self.whole_number()?);
        }
        if self.take_word("OFFSET") {
            query.offset = self.whole_number()?;
            if query.offset > OFFSET_MAX && !matches!(self.binds, Binds::Unknown) {
                let message = format!("Maximum SOQL offset allowed is {OFFSET_MAX}");
                return Err(ApiError::bad("NUMBER_OUTSIDE_VALID_RANGE", message));
            }
        }
        self.endings(query, place)
    }

    /// What is done with the rows beside answering them.
    fn endings(&mut self, query: &mut Query, place: Place) -> Result<(), ApiError> {
        if self.is_word(0, "ALL") && self.is_word(1, "ROWS") && place == Place::Top {
            if matches!(self.binds, Binds::None) {
                return Err(self.refuse(self.start(), "ALL ROWS not allowed in this context"));
            }
            self.advance();
            self.advance();
            query.all_rows = true;
            return Ok(());
        }
        if self.take_word("FOR") && !["VIEW", "REFERENCE", "UPDATE"].iter().any(|word| self.take_word(word)) {
            return Err(self.unexpected());
        }
        if self.take_word("UPDATE") {
            loop {
                if !["TRACKING", "VIEWSTAT"].iter().any(|word| self.take_word(word)) {
                    return Err(self.unexpected());
                }
                if !self.take_mark(",") {
                    break;
                }
            }
        }
        Ok(())
    }

    fn with(&mut self) -> Result<With, ApiError> {
        for (word, with) in [
            ("USER_MODE", With::UserMode),
            ("SYSTEM_MODE", With::SystemMode),
            ("SECURITY_ENFORCED", With::SecurityEnforced),
        ] {
            if self.take_word(word) {
                return Ok(with);
            }
        }
        let at = self.start();
        if self.is_word(0, "DATA") && self.is_word(1, "CATEGORY") {
            self.advance();
            self.advance();
            self.category()?;
            while self.take_word("AND") {
                self.category()?;
            }
            return Ok(With::DataCategory(at));
        }
        self.path()?;
        if self.take_mark("(") {
            loop {
                self.name()?;
                self.need_mark("=")?;
                self.values(false)?;
                if !self.take_mark(",") {
                    break;
                }
            }
            self.need_end_of_bracket()?;
        } else {
            self.need_mark("=")?;
            self.values(false)?;
        }
        Ok(With::Filter(at))
    }

    /// `Geography__c ABOVE (usa__c, france__c)`.
    fn category(&mut self) -> Result<(), ApiError> {
        self.path()?;
        if !["AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW"].iter().any(|word| self.take_word(word)) {
            return Err(self.unexpected());
        }
        if !self.take_mark("(") {
            return self.path().map(drop);
        }
        self.path()?;
        while self.take_mark(",") {
            self.path()?;
        }
        self.need_end_of_bracket()
    }

    fn groups(&mut self, query: &mut Query) -> Result<(), ApiError> {
        loop {
            let totals = match self.words(0).to_ascii_uppercase().as_str() {
                "ROLLUP" => Totals::Rollup,
                "CUBE" => Totals::Cube,
                _ => Totals::None,
            };
            if totals == Totals::None {
                query.group_by.push(self.grouped()?);
                if !self.take_mark(",") {
                    return Ok(());
                }
                continue;
            }
            let at = self.start();
            let others = !query.group_by.is_empty();
            self.advance();
            self.need_mark("(")?;
            query.group_by.push(self.grouped()?);
            while self.take_mark(",") {
                query.group_by.push(self.grouped()?);
            }
            self.need_end_of_bracket()?;
            if others {
                return Err(self.refuse(at, "Grouping by fields and by ROLLUP or CUBE cannot be combined"));
            }
            if query.group_by.len() > GROUPED_MAX {
                let message = format!("Maximum number of fields in a ROLLUP or CUBE is {GROUPED_MAX}");
                return Err(self.refuse(at, &message));
            }
            query.totals = totals;
            return Ok(());
        }
    }

    fn order(&mut self) -> Result<Order, ApiError> {
        let by = self.operand()?;
        let descending = !self.take_word("ASC") && self.take_word("DESC");
        let mut nulls_last = false;
        if self.take_word("NULLS") {
            nulls_last = self.take_word("LAST");
            if !nulls_last {
                self.need_word("FIRST")?;
            }
        }
        Ok(Order { by, descending, nulls_last })
    }

    /// Behind LIMIT and OFFSET.
    fn whole_number(&mut self) -> Result<usize, ApiError> {
        if self.is_mark(0, ":") {
            let name = self.bind()?;
            return self.binds.number(&name);
        }
        let words = self.words(0);
        if self.kind() != Kind::Number || !words.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        // Salesforce counts with 32 bits.
        let number = words.parse::<i32>().ok().and_then(|number| usize::try_from(number).ok());
        let number = number
            .ok_or_else(|| self.refuse(self.start(), &format!("numeric value out of range: {words}")))?;
        self.advance();
        Ok(number)
    }
}
