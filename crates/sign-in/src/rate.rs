//! How often somebody may try.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use model::TenantId;

use crate::limits::{ATTEMPTS_A_MINUTE, KEYS_A_MINUTE, LINES_A_SECOND, MAX_REMEMBERED};

/// Attempts of late, of each address at a tenant, and the refusals of each tenant that were written down. All attempts at
/// a tenant have no bound together: whoever has many addresses would lock everybody else out by it.
pub(crate) struct Rates {
    lines: Buckets<TenantId>,
    addresses: Buckets<(TenantId, Option<IpAddr>)>,
    keys: Buckets<(TenantId, Option<IpAddr>)>,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            lines: Buckets::new(Quota::per_second(LINES_A_SECOND)),
            addresses: Buckets::new(Quota::per_minute(ATTEMPTS_A_MINUTE)),
            keys: Buckets::new(Quota::per_minute(KEYS_A_MINUTE)),
        }
    }
}

impl Rates {
    /// Whether somebody may try once more.
    pub(crate) fn admits(&self, tenant: TenantId, address: Option<IpAddr>) -> bool {
        self.addresses.admits((tenant, address.map(network)))
    }

    /// Whether one more refusal is written down.
    pub(crate) fn admits_line(&self, tenant: TenantId) -> bool {
        self.lines.admits(tenant)
    }

    /// Whether somebody may try a key once more.
    pub(crate) fn admits_key(&self, tenant: TenantId, address: Option<IpAddr>) -> bool {
        self.keys.admits((tenant, address.map(network)))
    }
}

struct Buckets<K> {
    quota: Quota,
    known: Mutex<HashMap<K, DefaultDirectRateLimiter>>,
}

impl<K: Eq + Hash> Buckets<K> {
    fn new(quota: Quota) -> Self {
        Self { quota, known: Mutex::default() }
    }

    fn admits(&self, key: K) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_REMEMBERED && !known.contains_key(&key) {
            // A full bucket for everybody is the worst that comes of it.
            known.clear();
        }
        known.entry(key).or_insert_with(|| RateLimiter::direct(self.quota)).check().is_ok()
    }
}

/// Whoever has one address of version 6 has its whole network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn keys_are_tried_a_few_times_from_one_network_at_one_tenant() {
        let (rates, one, other) = (Rates::default(), tenant(1), tenant(2));
        let at = |text: &str| Some(text.parse().unwrap());
        let tried = (0..20).filter(|_| rates.admits_key(one, at("2001:db8::1"))).count();
        assert!((5..8).contains(&tried), "{tried}");
        assert!(!rates.admits_key(one, at("2001:db8::2")), "the same network");
        assert!(rates.admits_key(one, at("2001:db8:0:1::1")));
        assert!(rates.admits_key(other, at("2001:db8::1")));
    }

    #[test]
    fn not_every_refusal_is_written_down() {
        let (rates, one, other) = (Rates::default(), tenant(1), tenant(2));
        let written = (0..1000).filter(|_| rates.admits_line(one)).count();
        assert!((20..200).contains(&written), "{written}");
        assert!(rates.admits_line(other));
    }

    fn tenant(number: u128) -> TenantId {
        TenantId(Uuid::from_u128(number))
    }
}
