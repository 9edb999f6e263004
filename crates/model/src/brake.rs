//! The brake of a connection: what keeps an accident in a directory from emptying a tenant.

use jiff::Timestamp;
use serde::Serialize;

/// The brake of a connection that disabled or deleted too many users within an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brake {
    /// The connection's name.
    pub connection: String,
    /// What holds now.
    #[serde(flatten)]
    pub state: BrakeState,
    /// Since when.
    pub since: Timestamp,
    /// How many users had been disabled or deleted within the hour when it shut.
    pub removed: i64,
    /// How many users the tenant had when that hour began.
    pub users: i64,
}

/// What a brake lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum BrakeState {
    /// Nothing, until the tenant's administrator decides.
    Shut,
    /// Nothing: the administrator said so.
    Rejected,
    /// What the administrator allowed.
    Allowed {
        /// Until then.
        until: Timestamp,
        /// So many more; `None` for any number.
        remaining: Option<i64>,
    },
}

impl Brake {
    /// The same brake after one more removal, if it lets one through at that instant. `None`: what was allowed is used
    /// up, so the brake is open and counting begins anew.
    ///
    /// # Errors
    /// [`Held`] if it lets nothing through.
    pub fn pass(self, at: Timestamp) -> Result<Option<Self>, Held> {
        match self.state {
            BrakeState::Shut | BrakeState::Rejected => Err(Held(self)),
            BrakeState::Allowed { until, .. } if until <= at => Ok(None),
            BrakeState::Allowed { remaining: None, .. } => Ok(Some(self)),
            BrakeState::Allowed { remaining: Some(..=0), .. } => Ok(None),
            BrakeState::Allowed { until, remaining: Some(count) } => {
                let state = BrakeState::Allowed { until, remaining: Some(count - 1) };
                Ok(Some(Self { state, ..self }))
            }
        }
    }
}

/// A brake that lets nothing through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held(pub Brake);

#[cfg(test)]
mod tests {
    use super::*;

    fn brake(state: BrakeState) -> Brake {
        let since = Timestamp::UNIX_EPOCH;
        Brake { connection: "default".to_owned(), state, since, removed: 21, users: 100 }
    }

    #[test]
    fn what_is_allowed_is_used_up_by_time_or_number() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let allowed = |remaining| BrakeState::Allowed { until: at(10), remaining };
        for (state, second, passes) in [
            (allowed(None), 9, Ok(Some(allowed(None)))),
            (allowed(None), 10, Ok(None)),
            (allowed(Some(2)), 9, Ok(Some(allowed(Some(1))))),
            (allowed(Some(1)), 9, Ok(Some(allowed(Some(0))))),
            (allowed(Some(0)), 9, Ok(None)),
            (BrakeState::Shut, 9, Err(())),
            (BrakeState::Rejected, 99, Err(())),
        ] {
            let passed = brake(state).pass(at(second)).map(|next| next.map(|brake| brake.state));
            assert_eq!(passed.map_err(drop), passes, "{state:?} at {second}");
        }
    }
}
