//! The functions that take their arguments as they are.

use super::FormulaError;
use super::datum::{Datum, Kind};
use super::tree::Native;
use super::{dates, numbers, texts};

/// A function.
pub(super) struct Function {
    name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
    /// What each argument may be; the last one counts for all further ones.
    wants: &'static [&'static [Kind]],
    pub(super) result: Kind,
    /// The result is what the first argument is.
    pub(super) keeps: bool,
    pub(super) run: Native,
}

const TEXT: &[Kind] = &[Kind::Text];
const NUMBER: &[Kind] = &[Kind::Number];
const DATE: &[Kind] = &[Kind::Date];
const MOMENT: &[Kind] = &[Kind::Text, Kind::DateTime, Kind::Date];
const DAY: &[Kind] = &[Kind::Date, Kind::DateTime];
/// As many as there are.
const MANY: usize = usize::MAX;

const fn of(
    name: &'static str,
    (least, most): (usize, usize),
    wants: &'static [&'static [Kind]],
    result: Kind,
    run: Native,
) -> Function {
    Function { name, least, most, wants, result, keeps: false, run }
}

static FUNCTIONS: &[Function] = &[
    of("ABS", (1, 1), &[NUMBER], Kind::Number, numbers::abs),
    Function { keeps: true, ..of("ADDMONTHS", (2, 2), &[DAY, NUMBER], Kind::Date, dates::add_months) },
    of("BEGINS", (2, 2), &[TEXT], Kind::Boolean, texts::begins),
    of("CASESAFEID", (1, 1), &[TEXT], Kind::Text, texts::case_safe_id),
    of("CEILING", (1, 1), &[NUMBER], Kind::Number, numbers::ceiling),
    of("CONTAINS", (2, 2), &[TEXT], Kind::Boolean, texts::contains),
    of("DATE", (3, 3), &[NUMBER], Kind::Date, dates::date),
    of("DATETIMEVALUE", (1, 1), &[MOMENT], Kind::DateTime, dates::date_time_value),
    of("DATEVALUE", (1, 1), &[MOMENT], Kind::Date, dates::date_value),
    of("DAY", (1, 1), &[DATE], Kind::Number, dates::day),
    of("EXP", (1, 1), &[NUMBER], Kind::Number, numbers::exp),
    of("FIND", (2, 3), &[TEXT, TEXT, NUMBER], Kind::Number, texts::find),
    of("FLOOR", (1, 1), &[NUMBER], Kind::Number, numbers::floor),
    of("ISNUMBER", (1, 1), &[TEXT], Kind::Boolean, texts::is_number),
    of("LEFT", (2, 2), &[TEXT, NUMBER], Kind::Text, texts::left),
    of("LEN", (1, 1), &[TEXT], Kind::Number, texts::len),
    of("LN", (1, 1), &[NUMBER], Kind::Number, numbers::ln),
    of("LOG", (1, 1), &[NUMBER], Kind::Number, numbers::log),
    of("LOWER", (1, 2), &[TEXT], Kind::Text, texts::lower),
    of("LPAD", (2, 3), &[TEXT, NUMBER, TEXT], Kind::Text, texts::left_pad),
    of("MAX", (1, MANY), &[NUMBER], Kind::Number, numbers::max),
    of("MCEILING", (1, 1), &[NUMBER], Kind::Number, numbers::up),
    of("MFLOOR", (1, 1), &[NUMBER], Kind::Number, numbers::down),
    of("MID", (3, 3), &[TEXT, NUMBER], Kind::Text, texts::mid),
    of("MIN", (1, MANY), &[NUMBER], Kind::Number, numbers::min),
    of("MOD", (2, 2), &[NUMBER], Kind::Number, numbers::modulo),
    of("MONTH", (1, 1), &[DATE], Kind::Number, dates::month),
    of("NOW", (0, 0), &[], Kind::DateTime, dates::now),
    of("REGEX", (2, 2), &[TEXT], Kind::Boolean, texts::regex),
    of("RIGHT", (2, 2), &[TEXT, NUMBER], Kind::Text, texts::right),
    of("ROUND", (2, 2), &[NUMBER], Kind::Number, numbers::round),
    of("RPAD", (2, 3), &[TEXT, NUMBER, TEXT], Kind::Text, texts::right_pad),
    of("SQRT", (1, 1), &[NUMBER], Kind::Number, numbers::sqrt),
    of("SUBSTITUTE", (3, 3), &[TEXT], Kind::Text, texts::substitute),
    of("TODAY", (0, 0), &[], Kind::Date, dates::today),
    of("TRIM", (1, 1), &[TEXT], Kind::Text, texts::trim),
    of("TRUNC", (1, 2), &[NUMBER], Kind::Number, numbers::trunc),
    of("UPPER", (1, 2), &[TEXT], Kind::Text, texts::upper),
    of("VALUE", (1, 1), &[TEXT], Kind::Number, texts::value),
    of("WEEKDAY", (1, 1), &[DATE], Kind::Number, dates::weekday),
    of("YEAR", (1, 1), &[DATE], Kind::Number, dates::year),
];

/// Functions of other kinds of formulas, or that are not to be had here.
const ELSEWHERE: [&str; 30] = [
    "ACOS",
    "ASCII",
    "ASIN",
    "ATAN",
    "ATAN2",
    "BR",
    "CHR",
    "COS",
    "CURRENCYRATE",
    "DAYOFYEAR",
    "DISTANCE",
    "FROMUNIXTIME",
    "GEOLOCATION",
    "GETSESSIONID",
    "HOUR",
    "HYPERLINK",
    "IMAGE",
    "INITCAP",
    "ISCLONE",
    "ISOWEEK",
    "ISOYEAR",
    "MILLISECOND",
    "MINUTE",
    "PI",
    "REVERSE",
    "SECOND",
    "TIMENOW",
    "TIMEVALUE",
    "UNIXTIMESTAMP",
    "VLOOKUP",
];

/// The function of this name, in upper case.
pub(super) fn named(name: &str) -> Result<&'static Function, FormulaError> {
    if let Some(found) = FUNCTIONS.iter().find(|function| function.name == name) {
        return Ok(found);
    }
    Err(FormulaError(if ELSEWHERE.contains(&name) {
        format!("Function {name} may not be used in this type of formula")
    } else {
        format!("Unknown function {name}. Check spelling.")
    }))
}

impl Function {
    /// What an argument may be.
    pub(super) fn wants(&self, at: usize) -> &'static [Kind] {
        self.wants.get(at).or(self.wants.last()).copied().unwrap_or_default()
    }
}

/// The numbers among arguments; absent when one of them is unknown.
pub(super) fn numbers_of(arguments: &[Datum]) -> Option<Vec<&bigdecimal::BigDecimal>> {
    arguments.iter().map(Datum::number).collect()
}
