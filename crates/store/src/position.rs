//! Positions in the list of all resources of a type: how many there are, and which one is the 100,000th.
//!
//! Counting from the begin of the list would make a page the slower the deeper it is (RFC 7644 §3.4.2.4 lets a client
//! name any index). So *marks* count the resources between them, and what came or went since is a row of its own until
//! somebody adds it to its mark. Together they are always exact, and no two writers wait for one counter.

use std::collections::BTreeMap;

use model::{ResourceId, TenantId};

use crate::{Error, Param, Tx, params};

/// A new mark begins when the last one has counted so many. A page among a hundred thousand then costs two hundred small
/// rows and at most so many steps in an index.
const PER_MARK: i64 = 500;

/// One write in so many adds up what is not counted yet. Its row costs more than the write's own; the others cost less
/// than if each added up its own.
const SETTLE_EVERY: u8 = 64;

/// Most rows that one write adds up: it delays those who share its commit.
const SETTLED_AT_ONCE: i64 = 5_000;

/// The resources of one type, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positions {
    /// The first id of each stretch of the list and how many resources are in it. The list begins at `None`.
    stretches: Vec<(Option<ResourceId>, i64)>,
}

impl Positions {
    /// Counts the resources of a type.
    ///
    /// # Errors
    /// A statement's.
    pub fn of(tx: &mut Tx<'_>, tenant: TenantId, resource_type: &str) -> Result<Self, Error> {
        // One statement, because on PostgreSQL two would see two states.
        let rows: Vec<(ResourceId, i64, bool)> = tx.query(
            "SELECT first_id, resources, CAST(1 AS BIGINT) FROM mark WHERE tenant_id = $1 AND resource_type = $2
             UNION ALL
             SELECT resource_id, came, CAST(0 AS BIGINT) FROM uncounted WHERE tenant_id = $1 AND resource_type = $2",
            params![tenant, resource_type],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let mut stretches: BTreeMap<Option<ResourceId>, i64> = BTreeMap::from([(None, 0)]);
        stretches.extend(rows.iter().filter(|(.., mark)| *mark).map(|(id, count, _)| (Some(*id), *count)));
        for (id, came, _) in rows.iter().filter(|(.., mark)| !mark) {
            if let Some((_, count)) = stretches.range_mut(..=Some(*id)).next_back() {
                *count += came;
            }
        }
        Ok(Self { stretches: stretches.into_iter().collect() })
    }

    /// How many resources there are.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.stretches.iter().map(|(_, count)| count).sum()
    }

    /// Where the resource with this many others before it is: how far behind which id. `None`: there are not so many.
    fn find(&self, mut before: i64) -> Option<(Option<ResourceId>, i64)> {
        for (first, count) in &self.stretches {
            if (0..*count).contains(&before) {
                return Some((*first, before));
            }
            before -= count;
        }
        None
    }
}

/// The resource before which there are so many others in the list, in the order of ids; `None` if there are not so many.
///
/// # Errors
/// A statement's.
pub fn at(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    positions: &Positions,
    before: i64,
) -> Result<Option<ResourceId>, Error> {
    let Some((first, behind)) = positions.find(before) else { return Ok(None) };
    tx.query_opt(
        "SELECT resource_id FROM resource WHERE tenant_id = $1 AND resource_type = $2 AND resource_id >= $3
         ORDER BY resource_id LIMIT 1 OFFSET $4",
        params![tenant, resource_type, first.map_or(Param::Text(""), Into::into), behind],
        |row| row.get(0),
    )
}

/// Notes that a resource is new.
pub(crate) fn came(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<(), Error> {
    note(tx, tenant, resource_type, id, 1)
}

/// Notes that a resource is gone.
pub(crate) fn went(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
) -> Result<(), Error> {
    note(tx, tenant, resource_type, id, -1)
}

fn note(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    id: ResourceId,
    came: i64,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO uncounted (tenant_id, resource_type, resource_id, came) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, resource_type, resource_id) DO UPDATE SET came = uncounted.came + excluded.came",
        params![tenant, resource_type, id, came],
    )?;
    // The last byte of an id is random (RFC 9562 §5.7).
    let chance = id.0.as_bytes().last().copied().unwrap_or_default();
    if chance.is_multiple_of(SETTLE_EVERY) { settle(tx, tenant, resource_type) } else { Ok(()) }
}

/// A mark as it is stored.
#[derive(Clone, Copy)]
struct Mark {
    last: ResourceId,
    count: i64,
    changed: bool,
}

/// Adds what is not counted yet to the marks, unless somebody else is about it.
fn settle(tx: &mut Tx<'_>, tenant: TenantId, resource_type: &str) -> Result<(), Error> {
    let held = tx.query_opt(
        "SELECT sequence FROM feed WHERE tenant_id = $1 FOR UPDATE SKIP LOCKED",
        params![tenant],
        |row| row.get::<i64>(0),
    )?;
    if held.is_none() {
        return Ok(());
    }
    // What another transaction is about to change waits for the next time, so that nobody waits here.
    let mut moved: Vec<(ResourceId, i64)> = tx.query(
        "DELETE FROM uncounted WHERE tenant_id = $1 AND resource_type = $2
         AND resource_id = ANY (ARRAY(SELECT resource_id FROM uncounted
            WHERE tenant_id = $1 AND resource_type = $2 ORDER BY resource_id LIMIT $3 FOR UPDATE SKIP LOCKED))
         RETURNING resource_id, came",
        params![tenant, resource_type, SETTLED_AT_ONCE],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    moved.sort_unstable();
    let mut marks = marks(tx, tenant, resource_type)?;
    for (id, came) in moved {
        add(&mut marks, id, came);
    }
    for (first, mark) in marks.iter().filter(|(_, mark)| mark.changed) {
        tx.execute(
            "INSERT INTO mark (tenant_id, resource_type, first_id, last_id, resources) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (tenant_id, resource_type, first_id)
             DO UPDATE SET last_id = excluded.last_id, resources = excluded.resources",
            params![tenant, resource_type, *first, mark.last, mark.count],
        )?;
    }
    Ok(())
}

fn marks(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
) -> Result<BTreeMap<ResourceId, Mark>, Error> {
    let rows = tx.query(
        "SELECT first_id, last_id, resources FROM mark WHERE tenant_id = $1 AND resource_type = $2",
        params![tenant, resource_type],
        |row| Ok((row.get(0)?, Mark { last: row.get(1)?, count: row.get(2)?, changed: false })),
    )?;
    Ok(rows.into_iter().collect())
}

/// Adds one resource to the mark before it. One that is behind all that were ever counted begins a new mark if the last
/// one is full: whatever is in front of it then stays in front.
fn add(marks: &mut BTreeMap<ResourceId, Mark>, id: ResourceId, came: i64) {
    let before = marks.range_mut(..=id).next_back().map(|(_, mark)| mark);
    match before {
        Some(mark) if mark.count < PER_MARK || id <= mark.last => {
            mark.count += came;
            mark.last = mark.last.max(id);
            mark.changed = true;
        }
        Some(_) | None => {
            marks.insert(id, Mark { last: id, count: came, changed: true });
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> ResourceId {
        ResourceId(Uuid::from_u128(number))
    }

    #[test]
    fn a_full_mark_is_followed_by_another_one() {
        let mut marks = BTreeMap::new();
        for number in 1..=1250 {
            add(&mut marks, id(number * 2), 1);
        }
        let counts = |marks: &BTreeMap<ResourceId, Mark>| {
            marks.iter().map(|(first, mark)| (first.0.as_u128(), mark.count)).collect::<Vec<_>>()
        };
        assert_eq!(counts(&marks), [(2, 500), (1002, 500), (2002, 250)]);
        // In between, behind a full mark's last, before all, and one that goes.
        for (number, came) in [(3, 1), (1001, 1), (1, 1), (2002, -1)] {
            add(&mut marks, id(number), came);
        }
        assert_eq!(counts(&marks), [(1, 1), (2, 501), (1001, 1), (1002, 500), (2002, 249)]);
    }

    #[test]
    fn a_position_is_found_from_the_stretch_it_is_in() {
        let positions =
            Positions { stretches: vec![(None, 0), (Some(id(5)), 3), (Some(id(9)), 0), (Some(id(12)), 2)] };
        assert_eq!(positions.total(), 5);
        for (before, expected) in
            [(0, Some((5, 0))), (2, Some((5, 2))), (3, Some((12, 0))), (4, Some((12, 1))), (5, None)]
        {
            let expected = expected.map(|(first, rest)| (Some(id(first)), rest));
            assert_eq!(positions.find(before), expected, "{before}");
        }
    }
}
