//! Runs of jobs.

use jiff::Timestamp;
use model::cycle::{Counts, Cycle, CycleKind, CycleState, Observed};
use model::{CycleId, JobId};

use crate::{Error, Row, Tx, params};

/// Adds a cycle.
///
/// # Errors
/// A statement's.
pub fn insert(tx: &mut Tx<'_>, cycle: &Cycle) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO cycle (job_id, cycle_id, kind, state, began, ended, counts, error)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            cycle.job,
            cycle.id,
            cycle.kind.as_str(),
            cycle.state.as_str(),
            cycle.began,
            cycle.ended,
            &counts(&cycle.counts)?,
            cycle.error.as_deref()
        ],
    )?;
    Ok(())
}

/// Stores a cycle's state, end, counts and error.
///
/// # Errors
/// [`Error::Conflict`] if there is no such cycle.
pub fn update(tx: &mut Tx<'_>, cycle: &Cycle) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE cycle SET state = $3, ended = $4, counts = $5, error = $6 WHERE job_id = $1 AND cycle_id = $2",
        params![
            cycle.job,
            cycle.id,
            cycle.state.as_str(),
            cycle.ended,
            &counts(&cycle.counts)?,
            cycle.error.as_deref()
        ],
    )?;
    if changed == 0 { Err(Error::Conflict) } else { Ok(()) }
}

/// Stores how far a cycle has come, with what it did so far.
///
/// # Errors
/// A statement's.
pub fn observe(
    tx: &mut Tx<'_>,
    job: JobId,
    id: CycleId,
    so_far: &Counts,
    observed: &Observed,
) -> Result<(), Error> {
    let tally = serde_json::to_string(&observed.tally).map_err(|_| Error::corrupt("tally"))?;
    tx.execute(
        "UPDATE cycle SET counts = $3, observed = $4, objects_read = $5, objects_expected = $6, tally = $7
         WHERE job_id = $1 AND cycle_id = $2",
        params![
            job,
            id,
            &counts(so_far)?,
            observed.at,
            observed.read.cast_signed(),
            observed.expected.map(u64::cast_signed),
            &tally
        ],
    )?;
    Ok(())
}

/// How far a cycle has come, if it has told.
///
/// # Errors
/// A statement's.
pub fn observed(tx: &mut Tx<'_>, job: JobId, id: CycleId) -> Result<Option<Observed>, Error> {
    tx.query_opt(
        "SELECT observed, objects_read, objects_expected, tally FROM cycle
         WHERE job_id = $1 AND cycle_id = $2 AND observed IS NOT NULL",
        params![job, id],
        |row| {
            Ok(Observed {
                at: row.get(0)?,
                read: row.get::<i64>(1)?.cast_unsigned(),
                expected: row.get::<Option<i64>>(2)?.map(i64::cast_unsigned),
                tally: row.parse(3, "cycle.tally", |text| serde_json::from_str(text).ok())?,
            })
        },
    )
}

/// Forgets those that began before an instant among a job's `limit` oldest cycles, and answers how many they were: as
/// long as there are any, there may be more. The last one is kept, and the last that succeeded, and the last that did so
/// and wrote something.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, job: JobId, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM cycle WHERE job_id = $1 AND began < $2 AND cycle_id = ANY (ARRAY(SELECT cycle_id FROM cycle
         WHERE job_id = $1 ORDER BY cycle_id LIMIT $3))
         AND cycle_id < (SELECT max(cycle_id) FROM cycle WHERE job_id = $1)
         AND NOT EXISTS (SELECT 1 FROM job_status WHERE job_status.job_id = cycle.job_id
         AND (succeeded = cycle_id OR exported = cycle_id))",
        params![job, before, limit],
    )
}

/// One cycle.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, job: JobId, id: CycleId) -> Result<Option<Cycle>, Error> {
    tx.query_opt(
        "SELECT job_id, cycle_id, kind, state, began, ended, counts, error FROM cycle
         WHERE job_id = $1 AND cycle_id = $2",
        params![job, id],
        read,
    )
}

/// A job's latest cycles, the latest first.
///
/// # Errors
/// A statement's.
pub fn latest(tx: &mut Tx<'_>, job: JobId, limit: i64) -> Result<Vec<Cycle>, Error> {
    tx.query(
        "SELECT job_id, cycle_id, kind, state, began, ended, counts, error FROM cycle
         WHERE job_id = $1 ORDER BY cycle_id DESC LIMIT $2",
        params![job, limit],
        read,
    )
}

fn counts(counts: &Counts) -> Result<String, Error> {
    serde_json::to_string(counts).map_err(|_| Error::corrupt("counts"))
}

fn read(row: &Row<'_>) -> Result<Cycle, Error> {
    Ok(Cycle {
        job: row.get(0)?,
        id: row.get(1)?,
        kind: row.parse(2, "cycle.kind", CycleKind::parse)?,
        state: row.parse(3, "cycle.state", CycleState::parse)?,
        began: row.get(4)?,
        ended: row.get(5)?,
        counts: row.parse(6, "cycle.counts", |text| serde_json::from_str(text).ok())?,
        error: row.get(7)?,
    })
}
