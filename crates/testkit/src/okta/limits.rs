//! Rate limits: a window of a minute for each shape of path.

use std::collections::BTreeMap;

use jiff::Timestamp;

const WINDOW_S: i64 = 60;

#[derive(Default)]
pub(super) struct RateLimits {
    /// Requests a window, by the beginning of paths. The longest that fits counts.
    limits: BTreeMap<String, u64>,
    /// Requests in the window that ends at an instant.
    used: BTreeMap<String, (i64, u64)>,
}

/// What the headers of an answer say.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    pub(super) limit: u64,
    pub(super) remaining: u64,
    /// When the window ends, in seconds.
    pub(super) reset: i64,
    pub(super) is_exceeded: bool,
}

impl RateLimits {
    /// Sets how many requests a minute may begin with a path.
    pub(super) fn set(&mut self, path: &str, requests: u64) {
        self.limits.insert(path.to_owned(), requests);
    }

    pub(super) fn count(&mut self, path: &str, now: Timestamp) -> Counted {
        const UNLIMITED: u64 = 1_000_000;
        let fits = |limit: &(&String, &u64)| path.starts_with(limit.0.as_str());
        let found = self.limits.iter().filter(fits).max_by_key(|(prefix, _)| prefix.len());
        let (bucket, limit) =
            found.map_or((String::new(), UNLIMITED), |(prefix, limit)| (prefix.clone(), *limit));
        let reset = (now.as_second() / WINDOW_S + 1) * WINDOW_S;
        let (ends, used) = self.used.entry(bucket).or_default();
        if *ends != reset {
            (*ends, *used) = (reset, 0);
        }
        *used += 1;
        Counted { limit, remaining: limit.saturating_sub(*used), reset, is_exceeded: *used > limit }
    }
}
