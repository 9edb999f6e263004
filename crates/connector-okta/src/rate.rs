//! Rate limits: what Okta's headers say, and who has to wait how long.

use crate::limits::{HEADROOM_PERCENT, MAX_WAIT};
use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How waiting is done: an argument, so that a test needs no sleeping.
#[async_trait]
pub trait Pause: Send + Sync + 'static {
    /// Comes back when the time has passed.
    async fn pause(&self, time: Duration);
}

/// Waits for real.
pub(crate) struct Sleep;

#[async_trait]
impl Pause for Sleep {
    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// What an answer says about the limit that its request counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Requests a window. 0 where too many were under way at once.
    limit: u64,
    remaining: u64,
    /// The time until the window ends, by Okta's own clock.
    pub(crate) resets_in: Duration,
}

impl Limits {
    /// Reads `X-Rate-Limit-*`. The reset is measured from the answer's `Date`, so that the clocks need not agree.
    pub(crate) fn of(headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
        let unsigned = |name| number(name).and_then(|number| u64::try_from(number).ok());
        let reset = Timestamp::from_second(number("x-rate-limit-reset")?).ok()?;
        let date = date(headers).unwrap_or(now);
        Some(Self {
            limit: unsigned("x-rate-limit-limit")?,
            remaining: unsigned("x-rate-limit-remaining")?,
            resets_in: Duration::try_from(reset.duration_since(date)).unwrap_or_default(),
        })
    }

    /// Whether what remains is for others.
    fn is_used_up(self) -> bool {
        self.limit > 0 && self.remaining.saturating_mul(100) <= self.limit.saturating_mul(HEADROOM_PERCENT)
    }

    /// Whether the request was refused because too many were under way, not because the window's were used up.
    pub(crate) fn is_about_concurrency(self) -> bool {
        self.limit == 0
    }
}

/// The instant at which Okta answered.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let value = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(value).ok().map(|time| time.timestamp())
}

/// Holds requests back where the limit they count against is used up.
#[derive(Default)]
pub(crate) struct Gate(Mutex<HashMap<String, Timestamp>>);

impl Gate {
    /// Notes what an answer said.
    pub(crate) fn note(&self, bucket: &str, limits: Limits, now: Timestamp) {
        if !limits.is_used_up() {
            return;
        }
        let wait = limits.resets_in.min(MAX_WAIT);
        if let Ok(opens) = now.checked_add(wait) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.to_owned(), opens);
        }
    }

    /// How long a request has to wait.
    pub(crate) fn wait(&self, bucket: &str, now: Timestamp) -> Option<Duration> {
        let opens = *self.0.lock().unwrap_or_else(PoisonError::into_inner).get(bucket)?;
        Duration::try_from(opens.duration_since(now)).ok().filter(|wait| !wait.is_zero())
    }
}

/// The name of the limit that a path counts against: Okta counts by the shape of a path, not by the ids in it.
pub(crate) fn bucket(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    // After `/api/v1`, names of collections and ids take turns.
    let mut segments = path.trim_start_matches("/api/v1/").split('/');
    let mut bucket = String::new();
    while let Some(collection) = segments.next() {
        bucket.push('/');
        bucket.push_str(collection);
        if segments.next().is_some() {
            bucket.push_str("/*");
        }
    }
    bucket
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(limit: &'static str, remaining: &'static str, reset: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-rate-limit-limit", HeaderValue::from_static(limit));
        headers.insert("x-rate-limit-remaining", HeaderValue::from_static(remaining));
        headers.insert("x-rate-limit-reset", HeaderValue::from_static(reset));
        headers.insert(DATE, HeaderValue::from_static("Thu, 01 Jan 2026 00:00:10 GMT"));
        headers
    }

    /// A minute after 2026-01-01T00:00:10Z.
    const RESET: &str = "1767225670";

    #[test]
    fn the_wait_is_measured_by_the_clock_of_the_org() {
        let far_off = Timestamp::UNIX_EPOCH;
        let limits = Limits::of(&headers("600", "0", RESET), far_off).unwrap();
        assert_eq!(limits.resets_in, Duration::from_secs(60));
        let past = Limits::of(&headers("600", "0", "1767225600"), far_off).unwrap();
        assert_eq!(past.resets_in, Duration::ZERO);
        assert_eq!(Limits::of(&HeaderMap::new(), far_off), None);
        assert_eq!(Limits::of(&headers("many", "0", RESET), far_off), None);
    }

    #[test]
    fn a_tenth_is_left_to_others() {
        for (remaining, waits) in [("61", false), ("60", true), ("0", true)] {
            let (gate, now) = (Gate::default(), Timestamp::UNIX_EPOCH);
            gate.note("/users", Limits::of(&headers("600", remaining, RESET), now).unwrap(), now);
            assert_eq!(gate.wait("/users", now).is_some(), waits, "{remaining}");
            assert_eq!(gate.wait("/groups", now), None);
            assert_eq!(gate.wait("/users", now + Duration::from_secs(60)), None);
        }
    }

    #[test]
    fn nobody_waits_longer_than_the_bound() {
        let (gate, now) = (Gate::default(), Timestamp::UNIX_EPOCH);
        gate.note("/users", Limits::of(&headers("600", "0", "1999999999"), now).unwrap(), now);
        assert_eq!(gate.wait("/users", now), Some(MAX_WAIT));
    }

    #[test]
    fn a_limit_is_that_of_the_shape_of_a_path() {
        for (path, expect) in [
            ("/api/v1/users?limit=200", "/users"),
            ("/api/v1/users/00u1", "/users/*"),
            ("/api/v1/apps/0oa1/users?limit=500", "/apps/*/users"),
            ("/api/v1/apps/0oa1/users/00u1", "/apps/*/users/*"),
            ("/api/v1/logs", "/logs"),
        ] {
            assert_eq!(bucket(path), expect);
        }
    }
}
