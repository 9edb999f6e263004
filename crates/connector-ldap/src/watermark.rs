//! What a read remembers for the next one.

use crate::stamps::Horizon;
use connector::Watermark;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Changes when this source would deliver the same directory differently.
const VERSION: &str = "ldap-1:";

/// Facts are remembered in so many sums. When one fact changes, everybody of the same sum is delivered.
const SUMS: usize = 128;

/// What the watermark says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Which changes of entries are known.
    pub(crate) horizon: Horizon,
    /// What follows for an object from other entries: its assignment, its manager, whether it is disabled.
    pub(crate) facts: Facts,
    /// Who there is under which name; groups name their members so.
    pub(crate) names: u64,
}

impl State {
    /// What a watermark says; `None` for one of another source or version.
    pub(crate) fn parse(watermark: &Watermark) -> Option<Self> {
        serde_json::from_str(watermark.0.strip_prefix(VERSION)?).ok()
    }

    /// As a watermark.
    pub(crate) fn watermark(&self) -> Result<Watermark, serde_json::Error> {
        Ok(Watermark(format!("{VERSION}{}", serde_json::to_string(self)?)))
    }
}

/// Sums of facts about objects, by the object's anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts(Vec<u64>);

impl Default for Facts {
    fn default() -> Self {
        Self(vec![0; SUMS])
    }
}

impl Facts {
    /// Takes in what is known of an object.
    pub(crate) fn add(&mut self, anchor: Uuid, facts: &[&[u8]]) {
        let fact =
            facts.iter().fold(digest(&[anchor.as_bytes()]), |sum, fact| digest(&[&sum.to_le_bytes(), fact]));
        if let Some(sum) = self.0.get_mut(place(anchor)) {
            *sum ^= fact;
        }
    }

    /// Whether everything known of an object was known before.
    pub(crate) fn agree(&self, before: &Self, anchor: Uuid) -> bool {
        let place = place(anchor);
        self.0.get(place).is_some_and(|sum| before.0.get(place) == Some(sum))
    }
}

fn place(anchor: Uuid) -> usize {
    usize::try_from(digest(&[anchor.as_bytes()]) % SUMS as u64).unwrap_or_default()
}

/// Eight bytes of SHA-256: the standard library's hashes may change with its version.
pub(crate) fn digest(parts: &[&[u8]]) -> u64 {
    let mut sha = Sha256::new();
    for part in parts {
        // The length goes first, so that no two lists of parts look alike.
        sha.update(part.len().to_le_bytes());
        sha.update(part);
    }
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(sha.finalize()).for_each(|(byte, digested)| *byte = digested);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashSet};

    #[test]
    fn a_watermark_is_read_back_and_a_foreign_one_is_none() {
        let mut facts = Facts::default();
        facts.add(Uuid::from_u128(1), &[b"Sales"]);
        let horizon =
            Horizon::Clocks { settled: BTreeMap::from([(1, -7)]), recent: HashSet::from([u64::MAX]) };
        let state = State { horizon, facts, names: u64::MAX };
        let watermark = state.watermark().unwrap();
        assert!(watermark.0.len() < 4000);
        assert_eq!(State::parse(&watermark), Some(state));
        for foreign in ["", "ldap-1:", "file-1:00", "ldap-0:{}"] {
            assert_eq!(State::parse(&Watermark(foreign.into())), None, "{foreign}");
        }
    }

    #[test]
    fn a_changed_fact_shows_in_its_own_sum_only() {
        let anchors: Vec<Uuid> = (0..1000).map(Uuid::from_u128).collect();
        let sums = |of_seven: &[u8]| {
            let mut facts = Facts::default();
            for anchor in &anchors {
                facts.add(*anchor, &[if anchor.as_u128() == 7 { of_seven } else { b"Sales" }]);
            }
            facts
        };
        let (before, after) = (sums(b"Sales"), sums(b""));
        assert!(!after.agree(&before, anchors[7]));
        assert!(anchors.iter().filter(|anchor| !after.agree(&before, **anchor)).count() < 30);
        assert!(anchors.iter().all(|anchor| before.agree(&sums(b"Sales"), *anchor)));
    }
}
