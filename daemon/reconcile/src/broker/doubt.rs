//! What becomes of a grant in doubt: decided from what is stored and what the application says, and from nothing else.

use chrono::TimeDelta;
use provision_connector_sdk::oauth::Introspection;
use provision_core::Timestamp;
use provision_store::record::{Doubt, DoubtCause};

use crate::context::GrantSettings;

/// What to do about a grant in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The stored refresh token lives: nothing has happened, and an exchange can be made.
    Alive,
    /// It does not: its successor is lost with the answer.
    Dead,
    /// Nobody can tell, and nothing works any more: one exchange is made without knowing.
    LastTry,
    /// It is asked again later.
    Wait,
    /// That exchange told nothing either, and the application has had its time to answer.
    GiveUp,
}

pub(super) fn judge(
    doubt: &Doubt,
    answer: Introspection,
    now: Timestamp,
    settings: &GrantSettings,
) -> Verdict {
    let passed =
        |since: Timestamp, patience| now - since >= TimeDelta::from_std(patience).unwrap_or(TimeDelta::MAX);
    match (answer, doubt.last_try_time) {
        (Introspection::Active { .. }, _) => Verdict::Alive,
        (Introspection::Inactive, _) => Verdict::Dead,
        (Introspection::NoAnswer, Some(tried)) if passed(tried, settings.doubt_max) => Verdict::GiveUp,
        (Introspection::NoAnswer, Some(_)) => Verdict::Wait,
        (Introspection::NoAnswer, None) => {
            let over = match doubt.cause {
                DoubtCause::AnswerLost => {
                    doubt.access_refused_time.is_some() && passed(doubt.since, settings.doubt_patience)
                }
                // Nothing of a restored grant is used before it was looked at, so nothing shows that it has ended.
                DoubtCause::Restored => passed(doubt.since, settings.doubt_max),
            };
            if over { Verdict::LastTry } else { Verdict::Wait }
        }
    }
}

/// When the application was asked last, and whether it is time to ask again: each time for a tenth of the doubt's age,
/// ten minutes at the most.
pub(super) fn is_due(
    doubt_since: Timestamp,
    asked: Option<Timestamp>,
    now: Timestamp,
    settings: &GrantSettings,
) -> bool {
    let Some(asked) = asked else { return true };
    let interval = TimeDelta::from_std(settings.look_interval).unwrap_or(TimeDelta::MAX);
    let pause = ((asked - doubt_since) / 10).min(TimeDelta::minutes(10));
    now - asked >= pause.max(interval * 3 / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("in range")
    }

    fn doubt(refused: Option<i64>, tried: Option<i64>) -> Doubt {
        Doubt {
            since: at(0),
            cause: DoubtCause::AnswerLost,
            access_refused_time: refused.map(at),
            last_try_time: tried.map(at),
        }
    }

    fn silent(doubt: Doubt, now: i64) -> Verdict {
        judge(&doubt, Introspection::NoAnswer, at(now), &GrantSettings::default())
    }

    #[test]
    fn the_applications_word_settles_every_doubt() {
        for doubt in [doubt(None, None), doubt(Some(1), None), doubt(Some(1), Some(2))] {
            let told = |answer| judge(&doubt, answer, at(1_000_000), &GrantSettings::default());
            assert_eq!(told(Introspection::Active { expire_time: None }), Verdict::Alive);
            assert_eq!(told(Introspection::Inactive), Verdict::Dead);
        }
    }

    #[test]
    fn one_try_is_made_when_the_access_token_has_ended_and_none_before_or_after() {
        assert_eq!(silent(doubt(None, None), 1_000_000), Verdict::Wait, "the access token works");
        assert_eq!(silent(doubt(Some(1), None), 119), Verdict::Wait, "the application may yet answer");
        assert_eq!(silent(doubt(Some(1), None), 120), Verdict::LastTry);
        assert_eq!(silent(doubt(Some(1), Some(120)), 3_719), Verdict::Wait);
        assert_eq!(silent(doubt(Some(1), Some(120)), 3_720), Verdict::GiveUp);
        let restored = Doubt { cause: DoubtCause::Restored, ..doubt(None, None) };
        assert_eq!((silent(restored, 3_599), silent(restored, 3_600)), (Verdict::Wait, Verdict::LastTry));
    }

    #[test]
    fn it_is_asked_less_and_less_often() {
        let due = |asked: i64, now: i64| is_due(at(0), Some(at(asked)), at(now), &GrantSettings::default());
        assert!(is_due(at(0), None, at(0), &GrantSettings::default()));
        assert!(!due(0, 20) && due(0, 30));
        assert!(!due(3_600, 3_900) && due(3_600, 3_960));
        assert!(due(1_000_000, 1_000_600), "ten minutes at the most");
    }
}
