//! Deliveries that came already: who does not hear our answer sends the same again.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

/// Deliveries that are remembered. One that is repeated later is looked at again, which does no harm.
const REMEMBERED: usize = 1_000;

/// The latest deliveries of a job.
#[derive(Default)]
pub(super) struct Deliveries {
    hasher: RandomState,
    /// Digests of their ids, which may be of any length; the oldest first.
    latest: VecDeque<u64>,
}

impl Deliveries {
    /// Notes a delivery. Answers whether it is the first of its id.
    pub(super) fn is_first(&mut self, id: &str) -> bool {
        let digest = self.hasher.hash_one(id);
        if self.latest.contains(&digest) {
            return false;
        }
        if self.latest.len() >= REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(digest);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_and_no_more() {
        let mut deliveries = Deliveries::default();
        assert!(deliveries.is_first("0"));
        assert!(!deliveries.is_first("0"));
        for number in 1..=REMEMBERED {
            assert!(deliveries.is_first(&number.to_string()));
        }
        assert_eq!(deliveries.latest.len(), REMEMBERED);
        assert!(!deliveries.is_first("1"));
        assert!(deliveries.is_first("0"), "forgotten");
    }
}
