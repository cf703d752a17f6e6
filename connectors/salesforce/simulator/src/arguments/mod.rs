//! The command line, in groups.

mod conditions;
mod logins;
mod packages;

pub use conditions::ConditionArguments;
pub use logins::LoginArguments;
pub use packages::PackageArguments;
pub use salesforce_simulator::fault::duration;

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
