//! Which entries have changed since a read, by what the server stamps on every change.

use crate::dialect::Dialect;
use crate::entry::RawEntry;
use crate::watermark::digest;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use uuid::Uuid;

/// Changes of the last minute before a listing may become visible only after it: a server stamps before it commits.
const OVERLAP: Duration = Duration::from_secs(60);

/// Changes remembered one by one. When there are more, those within the overlap are delivered twice.
const MAX_RECENT: usize = 500;

/// When an entry was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Which server of several wrote it (the `sid` of an entryCSN).
    writer: u16,
    /// Microseconds since 1970 by that server's clock; in Active Directory the number of the change.
    position: i64,
    /// Tells this change of this entry from every other one.
    mark: u64,
}

impl Stamp {
    /// Of an entry, where its server stamps and lets the reader see it.
    pub(crate) fn of(dialect: Dialect, anchor: Uuid, entry: &RawEntry) -> Option<Self> {
        let text = entry.text(dialect.stamp_attribute())?;
        let mark = digest(&[anchor.as_bytes(), text.as_bytes()]);
        let (writer, position) = match dialect {
            Dialect::OpenLdap => csn(text)?,
            Dialect::ActiveDirectory => (0, text.parse().ok()?),
        };
        Some(Self { writer, position, mark })
    }
}

/// Of `20261122093045.123456Z#000000#001#000000` the writer 1 and the time.
fn csn(text: &str) -> Option<(u16, i64)> {
    let mut fields = text.split('#');
    let time = DateTime::strptime("%Y%m%d%H%M%S%.fZ", fields.next()?).ok()?;
    let writer = u16::from_str_radix(fields.nth(1)?, 16).ok()?;
    Some((writer, time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond()))
}

/// Up to where changes are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Horizon {
    /// Not at all: the server does not stamp, or does not show it.
    Nothing,
    /// By the clocks of the servers that write.
    Clocks {
        /// For each of them, the time up to which all changes are known.
        settled: BTreeMap<u16, i64>,
        /// The marks of later changes that are known too.
        recent: HashSet<u64>,
    },
    /// By the numbers that one domain controller gives to changes.
    Numbers {
        /// The controller's database.
        server: String,
        /// The number up to which all changes are known.
        settled: i64,
    },
}

impl Horizon {
    /// What a listing of these stamps, which took so long, makes known.
    pub(crate) fn after(stamps: impl Iterator<Item = Stamp> + Clone, took: Duration) -> Self {
        let mut settled = BTreeMap::new();
        for stamp in stamps.clone() {
            let latest = settled.entry(stamp.writer).or_insert(stamp.position);
            *latest = stamp.position.max(*latest);
        }
        // What was listed early may have changed before the listing ended, with an earlier time than the latest seen.
        let slack = i64::try_from((OVERLAP + took).as_micros()).unwrap_or(i64::MAX);
        settled.values_mut().for_each(|latest| *latest = latest.saturating_sub(slack));
        let is_recent =
            |stamp: &Stamp| settled.get(&stamp.writer).is_none_or(|settled| stamp.position > *settled);
        let mut recent: HashSet<u64> =
            stamps.filter(is_recent).map(|stamp| stamp.mark).take(MAX_RECENT.saturating_add(1)).collect();
        if recent.len() > MAX_RECENT {
            recent.clear();
        }
        Self::Clocks { settled, recent }
    }

    /// Whether the change with this stamp is known.
    pub(crate) fn knows(&self, stamp: Stamp) -> bool {
        match self {
            Self::Nothing => false,
            Self::Clocks { settled, recent } => {
                settled.get(&stamp.writer).is_some_and(|settled| stamp.position <= *settled)
                    || recent.contains(&stamp.mark)
            }
            Self::Numbers { settled, .. } => stamp.position <= *settled,
        }
    }

    /// Whether a horizon of another read is one of the same kind and database.
    pub(crate) fn continues(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Clocks { .. }, Self::Clocks { .. }) => true,
            (Self::Numbers { server, .. }, Self::Numbers { server: before, .. }) => server == before,
            (Self::Nothing | Self::Clocks { .. } | Self::Numbers { .. }, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::entry;

    fn stamp(anchor: u128, csn: &str) -> Stamp {
        let anchor = Uuid::from_u128(anchor);
        Stamp::of(Dialect::OpenLdap, anchor, &entry("cn=x", &[("entryCSN", &[csn])])).unwrap()
    }

    fn after(stamps: &[Stamp], took_s: u64) -> Horizon {
        Horizon::after(stamps.iter().copied(), Duration::from_secs(took_s))
    }

    #[test]
    fn what_was_listed_is_known_and_every_later_change_is_not() {
        let ana = stamp(1, "20261122093045.123456Z#000000#000#000000");
        let old = stamp(2, "20240101000000.000000Z#000000#000#000000");
        let known = after(&[ana, old], 0);
        assert!(known.knows(ana) && known.knows(old));
        // In the same microsecond, a second change differs by its count.
        assert!(!known.knows(stamp(1, "20261122093045.123456Z#000001#000#000000")));
        assert!(!known.knows(stamp(2, "20261122093046.000000Z#000000#000#000000")));
    }

    #[test]
    fn a_change_that_became_visible_late_is_not_known() {
        let known = after(&[stamp(1, "20261122093045.000000Z#000000#000#000000")], 30);
        assert!(!known.knows(stamp(2, "20261122092916.000000Z#000000#000#000000")), "within 90 seconds");
        assert!(known.knows(stamp(2, "20261122092915.000000Z#000000#000#000000")));
    }

    #[test]
    fn each_writer_has_its_own_clock() {
        let known = after(&[stamp(1, "20261122093045.000000Z#000000#001#000000")], 0);
        assert!(!known.knows(stamp(2, "20250101000000.000000Z#000000#002#000000")));
    }

    #[test]
    fn very_many_recent_changes_are_told_again_rather_than_remembered() {
        let csn = "20261122093045.000000Z#000000#000#000000";
        let many: Vec<Stamp> = (0..=MAX_RECENT as u128).map(|anchor| stamp(anchor, csn)).collect();
        assert!(!after(&many, 0).knows(many[0]));
        assert!(after(&many[1..], 0).knows(many[1]));
    }

    #[test]
    fn numbers_count_for_their_controller_only() {
        let numbers = |server: &str| Horizon::Numbers { server: server.into(), settled: 7 };
        let usn = |usn| Stamp { writer: 0, position: usn, mark: 0 };
        assert!(numbers("a").knows(usn(7)) && !numbers("a").knows(usn(8)));
        assert!(numbers("a").continues(&numbers("a")) && !numbers("a").continues(&numbers("b")));
        assert!(!Horizon::Nothing.continues(&Horizon::Nothing));
    }

    #[test]
    fn an_odd_stamp_is_none() {
        for text in ["", "now", "20261122093045Z", "20261122093045.123456Z#000000#xyz#000000"] {
            assert_eq!(csn(text), None, "{text}");
        }
    }
}
