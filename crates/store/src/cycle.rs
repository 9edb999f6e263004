//! Runs of jobs.

use model::cycle::{Counts, Cycle, CycleKind, CycleState};
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
