//! Whether a token or secret is still good: one rule for all kinds of them.

use jiff::Timestamp;

/// Where a token or secret is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is good.
    Live,
    /// Somebody ended it, before or after its time.
    Revoked,
    /// Its time is over.
    Expired,
}

impl State {
    /// That of what expires and was revoked at these instants, if ever. In the instant when it expires it is good no
    /// more.
    #[must_use]
    pub fn at(now: Timestamp, expires: Option<Timestamp>, revoked: Option<Timestamp>) -> Self {
        if revoked.is_some() {
            Self::Revoked
        } else if expires.is_some_and(|expires| expires <= now) {
            Self::Expired
        } else {
            Self::Live
        }
    }

    /// As lists have it: `live`, `revoked` or `expired`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_it_is_revoked_or_expires() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        for (expires, revoked, expected) in [
            (None, None, "live"),
            (Some(11), None, "live"),
            (Some(10), None, "expired"),
            (Some(9), None, "expired"),
            (None, Some(5), "revoked"),
            (Some(11), Some(10), "revoked"),
            (Some(9), Some(5), "revoked"),
        ] {
            let state = State::at(at(10), expires.map(at), revoked.map(at));
            assert_eq!(state.as_str(), expected, "{expires:?} {revoked:?}");
        }
    }
}
