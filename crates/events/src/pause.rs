//! How long to wait after a failed attempt.

use jiff::SignedDuration;

use crate::WebhookId;
use crate::limits::{FIRST_PAUSE, LONGEST_PAUSE};

/// The pause after so many failed attempts in a row: it doubles up to a bound. Up to a fifth is added that depends on the
/// webhook, so that the many that failed together do not all come back together.
pub(crate) fn after(failures: i64, webhook: WebhookId) -> SignedDuration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(16);
    let pause = (FIRST_PAUSE * (1_i32 << doublings)).min(LONGEST_PAUSE);
    pause + pause * spread(failures, webhook) / 5_000
}

/// 0 to 999, as good as random.
fn spread(failures: i64, webhook: WebhookId) -> i32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(webhook.0.as_bytes());
    hasher.update(&failures.to_be_bytes());
    i32::try_from(hasher.finalize() % 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::limits::MAX_FAILURES;

    #[test]
    fn pauses_double_up_to_a_bound_and_spread() {
        let webhook = WebhookId(Uuid::from_u128(7));
        for (failures, seconds) in [(1, 5), (2, 10), (3, 20), (8, 640), (9, 1_280), (10, 1_800), (150, 1_800)]
        {
            let pause = after(failures, webhook).as_secs();
            assert!((seconds..=seconds * 6 / 5).contains(&pause), "{failures}: {pause}");
        }
        let ones: std::collections::BTreeSet<_> =
            (0..20).map(|n| after(10, WebhookId(Uuid::from_u128(n))).as_millis()).collect();
        assert!(ones.len() > 15, "{ones:?}");
    }

    #[test]
    fn a_webhook_has_three_days_to_come_back() {
        let webhook = WebhookId(Uuid::from_u128(7));
        let all: SignedDuration = (1..MAX_FAILURES).map(|failures| after(failures, webhook)).sum();
        assert!((71..=85).contains(&all.as_hours()), "{all}");
    }
}
