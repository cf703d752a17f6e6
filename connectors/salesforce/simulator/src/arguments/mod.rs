//! The command line, in groups.

mod conditions;
mod logins;
mod packages;

use std::time::Duration;

pub use conditions::ConditionArguments;
pub use logins::LoginArguments;
pub use packages::PackageArguments;

/// `250ms`, `2s`, `5m`, `2h`, `30d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 5] =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let unit = UNITS.iter().find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, millis)));
    let (digits, millis) = unit.ok_or("needs a unit: ms, s, m, h or d")?;
    let number: u64 = digits.trim().parse().map_err(|_| format!("{digits:?} is no number"))?;
    Ok(Duration::from_millis(number.saturating_mul(*millis)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert!(["", "5", "s", "-1s", "1.5h", "5 years"].iter().all(|text| duration(text).is_err()));
    }
}
