//! What is selected, and the functions in which fields stand.

use super::super::ast::{Aggregate, DateFunction, Distance, Function, Item, Operand, Path, Shown, TypeOf};
use super::super::lex::Kind;
use super::super::parts::Part;
use super::{Place, Reader, reserved};
use crate::surface::ApiError;

impl Reader<'_> {
    /// Everything up to FROM; true where rows are only counted.
    pub(super) fn items(&mut self, place: Place) -> Result<(bool, Vec<Item>), ApiError> {
        if self.is_word(0, "COUNT") && self.is_mark(1, "(") && self.is_mark(2, ")") {
            for _ in 0..3 {
                self.advance();
            }
            return Ok((true, Vec::new()));
        }
        let mut items = vec![self.item(place)?];
        while self.take_mark(",") {
            items.push(self.item(place)?);
        }
        Ok((false, items))
    }

    fn item(&mut self, place: Place) -> Result<Item, ApiError> {
        if self.is_mark(0, "(") && place != Place::Joined {
            self.advance();
            let level = if let Place::Below(level) = place { level } else { 0 };
            let query = self.query(Place::Below(level + 1))?;
            self.need_end_of_bracket()?;
            return Ok(Item::Child(Box::new(query)));
        }
        let at = self.start();
        if self.is_word(0, "TYPEOF") && self.type_of_follows() {
            return Ok(Item::TypeOf(self.type_of()?));
        }
        if !self.is_mark(1, "(") {
            let path = self.path()?;
            let alias = self.alias_of_item()?;
            return Ok(Item::Field { path, shown: Shown::default(), alias });
        }
        if self.is_word(0, "FIELDS") {
            self.advance();
            self.advance();
            let which = self.words(0).to_ascii_uppercase();
            if !matches!(which.as_str(), "ALL" | "STANDARD" | "CUSTOM") {
                return Err(self.unexpected());
            }
            self.advance();
            self.need_end_of_bracket()?;
            return Ok(Item::Fields { which, at });
        }
        let (operand, shown) = self.function(0)?;
        let alias = self.alias_of_item()?;
        Ok(match operand {
            Operand::Aggregate(aggregate) => Item::Aggregate(Aggregate { alias, shown, ..aggregate }),
            Operand::Distance(distance) => Item::Distance { distance, alias },
            Operand::Field(path) | Operand::Label(path) => Item::Field { path, shown, alias },
        })
    }

    fn alias_of_item(&mut self) -> Result<Option<String>, ApiError> {
        if self.kind() == Kind::Word && !reserved(self.words(0)) { self.name().map(Some) } else { Ok(None) }
    }

    /// A field or a function of one, in a condition or behind ORDER BY.
    pub(super) fn operand(&mut self) -> Result<Operand, ApiError> {
        if !self.is_mark(1, "(") {
            return self.path().map(Operand::Field);
        }
        let at = self.start();
        let (operand, shown) = self.function(0)?;
        if shown.format {
            return Err(self.refuse(at, "unexpected token: 'FORMAT'"));
        }
        Ok(operand)
    }

    /// A field or a part of a date behind GROUP BY.
    pub(super) fn grouped(&mut self) -> Result<Path, ApiError> {
        let at = self.start();
        match self.operand()? {
            Operand::Field(path) => Ok(path),
            _ => Err(self.refuse(at, "Grouping function is not supported")),
        }
    }

    /// `NAME(…)`; `nested` functions stand around it.
    fn function(&mut self, nested: usize) -> Result<(Operand, Shown), ApiError> {
        let at = self.start();
        if self.kind() != Kind::Word {
            return Err(self.unexpected());
        }
        let written = self.words(0);
        let name = written.to_ascii_uppercase();
        let aggregate = Function::named(&name);
        if aggregate.is_none() && reserved(written) {
            return Err(self.unexpected());
        }
        self.advance();
        self.need_mark("(")?;
        let plain = Shown::default();
        if let Some(function) = aggregate {
            let path = self.argument(false)?;
            self.need_end_of_bracket()?;
            let aggregate = Aggregate { function, path, alias: None, shown: plain };
            return Ok((Operand::Aggregate(aggregate), plain));
        }
        if let Some(part) = Part::named(&name) {
            let mut path = self.argument(true)?;
            let zoned = path.function.is_some();
            path.function = Some(DateFunction { part, written: written.to_owned(), zoned });
            self.need_end_of_bracket()?;
            return Ok((Operand::Field(path), plain));
        }
        let found = match name.as_str() {
            "DISTANCE" => (Operand::Distance(self.distance()?), plain),
            "TOLABEL" => (Operand::Label(self.path()?), Shown { label: true, ..plain }),
            "CONVERTCURRENCY" => (Operand::Field(self.path()?), Shown { converted: true, ..plain }),
            "FORMAT" if nested == 0 => {
                let (operand, shown) = if self.is_mark(1, "(") {
                    self.function(nested + 1)?
                } else {
                    (Operand::Field(self.path()?), plain)
                };
                (operand, Shown { format: true, ..shown })
            }
            _ => return Err(self.refuse(at, &format!("Invalid function: {written}"))),
        };
        self.need_end_of_bracket()?;
        Ok(found)
    }

    /// The field in brackets. Where `zoned` is allowed, a path that stood in `convertTimezone()` has a function.
    fn argument(&mut self, zoned: bool) -> Result<Path, ApiError> {
        if !(zoned && self.is_word(0, "CONVERTTIMEZONE") && self.is_mark(1, "(")) {
            return self.path();
        }
        self.advance();
        self.advance();
        let mut path = self.path()?;
        path.function = Some(DateFunction { part: Part::DayOnly, written: String::new(), zoned: true });
        self.need_end_of_bracket()?;
        Ok(path)
    }

    /// `field, GEOLOCATION(latitude, longitude), 'mi'`.
    fn distance(&mut self) -> Result<Distance, ApiError> {
        let path = self.path()?;
        self.need_mark(",")?;
        self.need_word("GEOLOCATION")?;
        self.need_mark("(")?;
        let latitude = self.degrees(90.0)?;
        self.need_mark(",")?;
        let longitude = self.degrees(180.0)?;
        self.need_end_of_bracket()?;
        self.need_mark(",")?;
        let miles = match self.words(0).to_ascii_lowercase().as_str() {
            "'mi'" => true,
            "'km'" => false,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Distance { path, latitude, longitude, miles })
    }

    fn degrees(&mut self, most: f64) -> Result<f64, ApiError> {
        let at = self.start();
        let degrees = match self.values(false)?.as_slice() {
            [super::super::ast::Literal::Number(degrees)] => *degrees,
            [super::super::ast::Literal::Any] => 0.0,
            _ => return Err(self.refuse(at, "GEOLOCATION takes numbers")),
        };
        if degrees.abs() <= most {
            return Ok(degrees);
        }
        Err(self.refuse(at, &format!("Latitude or longitude is out of range: {degrees}")))
    }

    /// Whether TYPEOF begins an expression rather than naming a field.
    fn type_of_follows(&self) -> bool {
        self.token(1).kind == Kind::Word && !reserved(self.words(1))
    }

    fn type_of(&mut self) -> Result<TypeOf, ApiError> {
        self.advance();
        let path = self.path()?;
        let mut when = Vec::new();
        self.need_word("WHEN")?;
        loop {
            let object = self.path()?;
            self.need_word("THEN")?;
            when.push((object, self.fields()?));
            if !self.take_word("WHEN") {
                break;
            }
        }
        let otherwise = if self.take_word("ELSE") { self.fields()? } else { Vec::new() };
        self.need_word("END")?;
        Ok(TypeOf { path, when, otherwise })
    }

    fn fields(&mut self) -> Result<Vec<Path>, ApiError> {
        if self.is_word(0, "END") || self.is_word(0, "WHEN") {
            return Err(self.unexpected());
        }
        let mut fields = vec![self.path()?];
        while self.take_mark(",") {
            fields.push(self.path()?);
        }
        Ok(fields)
    }
}
