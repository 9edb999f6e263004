//! How much of the server one tenant may take: requests under way, and requests a second if its administrator set a
//! bound. What is beyond is told to come again, before anything is read or looked up for it.
//!
//! That requests under way share the store fairly is the store's matter (`store`, queue).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use model::TenantId;
use model::tenant::Tenant;

use crate::limits::{MAX_TENANTS_REMEMBERED, MAX_UNDER_WAY, MAX_WAITING};

/// Who is inside.
#[derive(Default)]
pub(crate) struct Admission {
    tenants: Mutex<HashMap<TenantId, Arc<Share>>>,
}

/// What one tenant takes at the moment.
#[derive(Default)]
struct Share {
    now: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    under_way: usize,
    waiting: usize,
    rate: Option<Rate>,
}

/// A token bucket that holds the requests of one second.
struct Rate {
    per_second: NonZeroU32,
    bucket: DefaultDirectRateLimiter,
}

/// One request that is under way, until it is dropped.
pub(crate) struct Permit(Arc<Share>);

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.0.now.lock().unwrap_or_else(PoisonError::into_inner);
        taken.under_way = taken.under_way.saturating_sub(1);
    }
}

/// One request that waits for news, until it is dropped.
pub(crate) struct Patience(Arc<Share>);

impl Drop for Patience {
    fn drop(&mut self) {
        let mut taken = self.0.now.lock().unwrap_or_else(PoisonError::into_inner);
        taken.waiting = taken.waiting.saturating_sub(1);
    }
}

impl Admission {
    /// Lets a request of this tenant in.
    ///
    /// # Errors
    /// 429 with the seconds to wait, if the tenant takes its share already.
    pub(crate) fn admit(&self, tenant: &Tenant) -> Result<Permit, scim::Error> {
        let share = self.share(tenant.id);
        let mut taken = share.now.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.under_way >= MAX_UNDER_WAY {
            let detail =
                format!("{MAX_UNDER_WAY} requests of this tenant are under way; wait for some of them");
            return Err(scim::Error::new(429, detail).retry_after(1));
        }
        taken.charge(tenant.settings.requests_per_second, 1)?;
        taken.under_way += 1;
        drop(taken);
        Ok(Permit(share))
    }

    fn share(&self, tenant: TenantId) -> Arc<Share> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.len() >= MAX_TENANTS_REMEMBERED && !tenants.contains_key(&tenant) {
            // Who is remembered by the map alone has nothing under way; a full bucket is the worst that is forgotten.
            tenants.retain(|_, share| Arc::strong_count(share) > 1);
        }
        Arc::clone(tenants.entry(tenant).or_default())
    }
}

impl Permit {
    /// Lets the request wait for news.
    ///
    /// # Errors
    /// 429 with the seconds to wait, if too many requests of the tenant do so already.
    pub(crate) fn wait(&self) -> Result<Patience, scim::Error> {
        let mut taken = self.0.now.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.waiting >= MAX_WAITING {
            let detail =
                format!("{MAX_WAITING} requests of this tenant wait for events; wait for some of them");
            return Err(scim::Error::new(429, detail).retry_after(5));
        }
        taken.waiting += 1;
        drop(taken);
        Ok(Patience(Arc::clone(&self.0)))
    }

    /// Counts what the request does besides what every request does: each operation of a bulk request is one more. More
    /// than a second's worth at once counts as a second's worth.
    ///
    /// # Errors
    /// As [`Admission::admit`].
    pub(crate) fn charge(&self, tenant: &Tenant, operations: u32) -> Result<(), scim::Error> {
        let mut taken = self.0.now.lock().unwrap_or_else(PoisonError::into_inner);
        taken.charge(tenant.settings.requests_per_second, operations)
    }
}

impl Taken {
    fn charge(&mut self, per_second: u32, operations: u32) -> Result<(), scim::Error> {
        let (Some(per_second), Some(operations)) =
            (NonZeroU32::new(per_second), NonZeroU32::new(operations.min(per_second)))
        else {
            self.rate = None;
            return Ok(());
        };
        let rate = match self.rate.take() {
            Some(rate) if rate.per_second == per_second => rate,
            Some(_) | None => Rate { per_second, bucket: RateLimiter::direct(Quota::per_second(per_second)) },
        };
        let verdict = rate.bucket.check_n(operations);
        self.rate = Some(rate);
        match verdict {
            Ok(Ok(())) => Ok(()),
            Ok(Err(early)) => {
                let wait = early.wait_time_from(DefaultClock::default().now());
                // Whole seconds, rounded up: Okta ignores anything else, and who comes a moment early is refused again.
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).max(1);
                let detail = format!("this tenant may send {per_second} requests a second");
                Err(scim::Error::new(429, detail).retry_after(seconds))
            }
            // The bucket holds a second's worth, and no more was asked of it.
            Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::settings::Settings;
    use model::tenant::Application;

    use super::*;

    fn tenant(number: u128, requests_per_second: u32) -> Tenant {
        Tenant {
            id: TenantId(uuid::Uuid::from_u128(number)),
            name: "contoso".parse().unwrap(),
            application: Application::Plain,
            created: jiff::Timestamp::UNIX_EPOCH,
            settings: Settings { requests_per_second, ..Settings::default() },
            schema_version: 0,
        }
    }

    fn refused(result: Result<Permit, scim::Error>) -> Option<u32> {
        let error = result.err()?;
        assert_eq!(error.status, 429);
        error.retry_after_seconds
    }

    #[test]
    fn requests_under_way_are_bounded_and_others_are_not_troubled() {
        let (admission, greedy, modest) = (Admission::default(), tenant(1, 0), tenant(2, 0));
        let mut permits: Vec<_> = (1..MAX_UNDER_WAY).map(|_| admission.admit(&greedy).unwrap()).collect();
        permits.push(admission.admit(&greedy).unwrap());
        assert_eq!(refused(admission.admit(&greedy)), Some(1));
        assert!(admission.admit(&modest).is_ok());
        permits.pop();
        let _again = admission.admit(&greedy).unwrap();
        assert!(admission.admit(&greedy).is_err());
    }

    #[test]
    fn requests_that_wait_are_bounded() {
        let admission = Admission::default();
        let permit = admission.admit(&tenant(1, 0)).unwrap();
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| permit.wait().unwrap()).collect();
        assert_eq!(permit.wait().err().map(|error| error.status), Some(429));
        assert!(admission.admit(&tenant(2, 0)).unwrap().wait().is_ok());
        waiting.pop();
        assert!(permit.wait().is_ok());
    }

    #[test]
    fn a_rate_is_held_after_a_second_worth_of_requests() {
        let (admission, slow) = (Admission::default(), tenant(1, 1));
        drop(admission.admit(&slow).unwrap());
        // A second's wait that has begun: the bucket gets one more request in a second, so all but a few are refused.
        let waits: Vec<_> = (0..20).filter_map(|_| refused(admission.admit(&slow))).collect();
        assert!(waits.len() > 10 && waits.iter().all(|seconds| *seconds == 1), "{waits:?}");
        assert!(admission.admit(&tenant(2, 1)).is_ok(), "another tenant has a bucket of its own");
        assert!(admission.admit(&tenant(1, 0)).is_ok(), "the bound was taken away");
    }

    #[test]
    fn the_operations_of_a_bulk_request_count() {
        let (admission, tenant) = (Admission::default(), tenant(1, 1000));
        let permit = admission.admit(&tenant).unwrap();
        assert!(permit.charge(&tenant, 0).is_ok());
        assert!(permit.charge(&tenant, 500).is_ok());
        assert_eq!(permit.charge(&tenant, 5000).unwrap_err().status, 429);
    }

    #[test]
    fn tenants_that_are_gone_are_forgotten() {
        let admission = Admission::default();
        let _stays = admission.admit(&tenant(0, 0)).unwrap();
        for number in 1..=MAX_TENANTS_REMEMBERED {
            drop(admission.admit(&tenant(number as u128, 0)).unwrap());
        }
        assert_eq!(admission.tenants.lock().unwrap().len(), 2);
    }
}
