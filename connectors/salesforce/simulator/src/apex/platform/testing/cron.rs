//! Cron expressions as `System.schedule` takes them: seconds, minutes, hours, day, month, weekday and perhaps a year.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::America::Los_Angeles;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/// How far ahead a time is looked for, in days.
const DAYS_MAX: i64 = 366 * 130;

/// When a job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    second: u32,
    minute: u32,
    hours: BTreeSet<u32>,
    days: Days,
    months: BTreeSet<u32>,
    weekdays: Days,
    years: Option<BTreeSet<u32>>,
}

/// Days of a month or of a week.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    /// `?` or `*`
    Any,
    Of(BTreeSet<u32>),
    /// `L`: the last of the month; `6L`: the last such weekday of the month.
    Last(Option<u32>),
    /// `15W`: the weekday nearest to a day.
    Nearest(u32),
    /// `6#3`: the third such weekday of the month.
    Nth(u32, u32),
}

impl Cron {
    /// Reads an expression, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let (6 | 7) = parts.len() else { return Err("Unexpected end of expression.".to_owned()) };
        let single = |part: &str, most: u32, what: &str| {
            let number = part.parse::<u32>().ok().filter(|number| *number <= most);
            number.ok_or_else(|| format!("{what} and must be between 0 and {most}"))
        };
        let second = single(parts[0], 59, "Seconds parameter must be a single value")?;
        let minute = single(parts[1], 59, "Minutes parameter must be a single value")?;
        let (days, weekdays) = (days(parts[3], 1, 31, &[])?, days(parts[5], 1, 7, &WEEKDAYS)?);
        if parts[3] == "?" && parts[5] == "?" {
            return Err("'?' can only be specfied for Day-of-Month -OR- Day-of-Week.".to_owned());
        }
        if parts[3] != "?" && parts[5] != "?" {
            return Err(
                "Support for specifying both a day-of-week AND a day-of-month parameter is not implemented."
                    .to_owned(),
            );
        }
        let years = match parts.get(6) {
            None | Some(&"*") => None,
            Some(years) => Some(values(years, 1970, 2199, &[])?),
        };
        Ok(Self {
            second,
            minute,
            hours: values(parts[2], 0, 23, &[])?,
            days,
            months: values(parts[4], 1, 12, &MONTHS)?,
            weekdays,
            years,
        })
    }

    /// The first time after `now_ms`, in the time zone of every user here.
    pub(super) fn next(&self, now_ms: i64) -> Option<i64> {
        let now = DateTime::from_timestamp_millis(now_ms)?.with_timezone(&Los_Angeles);
        let mut day = now.date_naive();
        for _ in 0..DAYS_MAX {
            if self.takes(day) {
                for hour in &self.hours {
                    let time = NaiveTime::from_hms_opt(*hour, self.minute, self.second)?;
                    let at = Los_Angeles.from_local_datetime(&day.and_time(time)).earliest();
                    if let Some(at) = at.filter(|at| *at > now) {
                        return Some(at.timestamp_millis());
                    }
                }
            }
            day = day.checked_add_signed(Duration::days(1))?;
        }
        None
    }

    fn takes(&self, day: NaiveDate) -> bool {
        let year = u32::try_from(day.year()).unwrap_or_default();
        self.months.contains(&day.month())
            && self.years.as_ref().is_none_or(|years| years.contains(&year))
            && self.takes_day(day)
            && self.takes_weekday(day)
    }

    fn takes_day(&self, day: NaiveDate) -> bool {
        match &self.days {
            Days::Any => true,
            Days::Of(days) => days.contains(&day.day()),
            Days::Last(_) => day.day() == days_of(day),
            Days::Nearest(wanted) => {
                let wanted = (*wanted).min(days_of(day));
                let Some(on) = day.with_day(wanted) else { return false };
                let moved = match on.weekday() {
                    chrono::Weekday::Sat if wanted > 1 => wanted - 1,
                    chrono::Weekday::Sat => wanted + 2,
                    chrono::Weekday::Sun if wanted < days_of(day) => wanted + 1,
                    chrono::Weekday::Sun => wanted - 2,
                    _ => wanted,
                };
                day.day() == moved
            }
            Days::Nth(..) => false,
        }
    }

    fn takes_weekday(&self, day: NaiveDate) -> bool {
        let weekday = day.weekday().num_days_from_sunday() + 1;
        match &self.weekdays {
            Days::Any => true,
            Days::Of(days) => days.contains(&weekday),
            Days::Last(None) => weekday == 7,
            Days::Last(Some(wanted)) => weekday == *wanted && day.day() + 7 > days_of(day),
            Days::Nth(wanted, nth) => weekday == *wanted && day.day().div_ceil(7) == *nth,
            Days::Nearest(_) => false,
        }
    }
}

fn days_of(day: NaiveDate) -> u32 {
    let next = day.with_day(1).and_then(|first| first.checked_add_months(chrono::Months::new(1)));
    next.and_then(|next| next.pred_opt()).map_or(31, |last| last.day())
}

fn days(text: &str, least: u32, most: u32, names: &[&str]) -> Result<Days, String> {
    if matches!(text, "?" | "*") {
        return Ok(Days::Any);
    }
    if text.eq_ignore_ascii_case("L") {
        return Ok(Days::Last(None));
    }
    if let Some(day) = text.strip_suffix(['L', 'l']) {
        return number(day, least, most, names).map(|day| Days::Last(Some(day)));
    }
    if let Some(day) = text.strip_suffix(['W', 'w']) {
        return number(day, least, most, names).map(Days::Nearest);
    }
    if let Some((day, nth)) = text.split_once('#') {
        return Ok(Days::Nth(number(day, least, most, names)?, number(nth, 1, 5, &[])?));
    }
    values(text, least, most, names).map(Days::Of)
}

/// `*`, `5`, `1,3`, `1-5`, `0/4`, `MON-FRI`
fn values(text: &str, least: u32, most: u32, names: &[&str]) -> Result<BTreeSet<u32>, String> {
    let mut found = BTreeSet::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, number(step, 1, most.max(1), &[])?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (number(from, least, most, names)?, number(to, least, most, names)?),
            None if range == "*" || range == "?" => (least, most),
            None => {
                let from = number(range, least, most, names)?;
                (from, if part.contains('/') { most } else { from })
            }
        };
        // `FRI-MON` goes over the end.
        let span = if to >= from {
            (from..=to).collect()
        } else {
            (from..=most).chain(least..=to).collect::<Vec<_>>()
        };
        found.extend(span.into_iter().step_by(step as usize));
    }
    Ok(found)
}

fn number(text: &str, least: u32, most: u32, names: &[&str]) -> Result<u32, String> {
    if let Some(at) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return Ok(at as u32 + 1);
    }
    let number = text.parse::<u32>().map_err(|_| format!("Illegal cron expression format ({text})"))?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(format!("Illegal cron expression format ({text}): a value between {least} and {most} is needed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-10 12:00 in Los Angeles.
    const NOW: i64 = 1_773_169_200_000;

    fn next(text: &str) -> String {
        let at = Cron::parse(text).unwrap().next(NOW).unwrap();
        let at = DateTime::from_timestamp_millis(at).unwrap().with_timezone(&Los_Angeles);
        at.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    #[test]
    fn times_come_in_their_order() {
        for (text, at) in [
            ("0 0 0 15 3 ? 2042", "2042-03-15 00:00:00"),
            ("0 30 13 * * ?", "2026-03-10 13:30:00"),
            ("0 0 11 * * ?", "2026-03-11 11:00:00"),
            ("0 0 8 ? * MON-FRI", "2026-03-11 08:00:00"),
            ("0 0 8 L * ?", "2026-03-31 08:00:00"),
            ("0 0 0 ? * 6L", "2026-03-27 00:00:00"),
            ("0 0 0 ? * 2#1", "2026-04-06 00:00:00"),
            ("0 0 0 15W * ?", "2026-03-16 00:00:00"),
            ("5 10 0/6 ? * *", "2026-03-10 12:10:05"),
        ] {
            assert_eq!(next(text), at, "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_is_told() {
        for text in ["", "0 0 0", "* 0 0 * * ?", "0 0 25 * * ?", "0 0 0 ? * ?", "0 0 0 1 1 1", "0 0 0 x * ?"]
        {
            assert!(Cron::parse(text).is_err(), "{text}");
        }
        assert_eq!(Cron::parse("0 0 0 1 1 ? 2020").unwrap().next(NOW), None);
    }
}
