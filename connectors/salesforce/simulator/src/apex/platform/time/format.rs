//! Patterns of Java's `SimpleDateFormat`.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, Timelike, Utc};

use super::zone::Zone;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A moment in a zone as a pattern has it; the letter that means nothing, where there is one.
pub(super) fn formatted(zone: Zone, moment: DateTime<Utc>, pattern: &str) -> Result<String, char> {
    let mut out = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            if letters.next_if_eq(&'\'').is_some() {
                out.push('\'');
                continue;
            }
            while let Some(quoted) = letters.next() {
                if quoted != '\'' {
                    out.push(quoted);
                } else if letters.next_if_eq(&'\'').is_some() {
                    out.push('\'');
                } else {
                    break;
                }
            }
            continue;
        }
        if !letter.is_ascii_alphabetic() {
            out.push(letter);
            continue;
        }
        let mut count = 1;
        while letters.next_if_eq(&letter).is_some() {
            count += 1;
        }
        part(&mut out, zone, moment, letter, count)?;
    }
    Ok(out)
}

fn number(out: &mut String, value: u32, width: usize) {
    let _ = write!(out, "{value:0width$}");
}

fn name(out: &mut String, names: &[&str], at: usize, count: usize) {
    let full = names.get(at).copied().unwrap_or_default();
    out.push_str(if count > 3 { full } else { full.get(..3).unwrap_or(full) });
}

fn part(out: &mut String, zone: Zone, moment: DateTime<Utc>, letter: char, count: usize) -> Result<(), char> {
    let wall = zone.wall(moment);
    let half = |hour: u32| if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    // No more digits than anybody would ask for.
    let count = count.min(30);
    match letter {
        'y' | 'Y' if count == 2 => number(out, wall.year().rem_euclid(100) as u32, 2),
        'y' => number(out, wall.year().unsigned_abs(), count),
        'Y' => number(out, wall.iso_week().year().unsigned_abs(), count),
        'M' | 'L' if count > 2 => name(out, &MONTHS, wall.month0() as usize, count),
        'M' | 'L' => number(out, wall.month(), count),
        'd' => number(out, wall.day(), count),
        'D' => number(out, wall.ordinal(), count),
        'E' => name(out, &DAYS, wall.weekday().num_days_from_sunday() as usize, count),
        'u' => number(out, wall.weekday().number_from_monday(), count),
        'F' => number(out, wall.day0() / 7 + 1, count),
        'w' => {
            let first = wall.date().with_ordinal(1).unwrap_or(wall.date()).weekday().num_days_from_sunday();
            number(out, (wall.ordinal0() + first) / 7 + 1, count);
        }
        'W' => {
            let first = wall.date().with_day(1).unwrap_or(wall.date()).weekday().num_days_from_sunday();
            number(out, (wall.day0() + first) / 7 + 1, count);
        }
        'H' => number(out, wall.hour(), count),
        'k' => number(out, if wall.hour() == 0 { 24 } else { wall.hour() }, count),
        'K' => number(out, wall.hour() % 12, count),
        'h' => number(out, half(wall.hour()), count),
        'm' => number(out, wall.minute(), count),
        's' => number(out, wall.second(), count),
        'S' => number(out, moment.timestamp_subsec_millis(), count),
        'a' => out.push_str(if wall.hour() < 12 { "AM" } else { "PM" }),
        'G' => out.push_str("AD"),
        'z' => out.push_str(&zone.offset(moment).1),
        'Z' | 'X' => {
            let seconds = zone.offset(moment).0;
            let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
            let (hours, minutes) = (minutes / 60, minutes % 60);
            let _ = match (letter, count) {
                ('X', _) if seconds == 0 => write!(out, "Z"),
                ('X', 1) => write!(out, "{sign}{hours:02}"),
                ('X', 3) => write!(out, "{sign}{hours:02}:{minutes:02}"),
                _ => write!(out, "{sign}{hours:02}{minutes:02}"),
            };
        }
        other => return Err(other),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_javas() {
        let moment = DateTime::from_timestamp_millis(1_709_208_645_123).unwrap();
        let shown = |pattern| formatted(Zone::GMT, moment, pattern).unwrap();
        assert_eq!(shown("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"), "2024-02-29T12:10:45.123Z");
        assert_eq!(shown("EEE, d MMM yy h:mm a z"), "Thu, 29 Feb 24 12:10 PM GMT");
        assert_eq!(shown("EEEE MMMM D 'o''clock'"), "Thursday February 60 o'clock");
        assert_eq!(formatted(Zone::GMT, moment, "bb"), Err('b'));
        let west = Zone::named("America/Los_Angeles");
        assert_eq!(formatted(west, moment, "HH:mm Z X z").unwrap(), "04:10 -0800 -08 PST");
    }
}
