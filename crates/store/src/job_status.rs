//! How jobs have fared. A job has a row as soon as there is something to tell.

use jiff::Timestamp;
use model::job_status::JobStatus;
use model::{CycleId, JobId};

use crate::{Error, Tx, params};

/// A job's status.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, job: JobId) -> Result<JobStatus, Error> {
    let status = tx.query_opt(
        "SELECT failures, failing_since, succeeded, exported, steady_first, steady_last, escrows_pruned, stopped,
         notified, force_deletes FROM job_status WHERE job_id = $1",
        params![job],
        |row| {
            Ok(JobStatus {
                failures: row.get(0)?,
                failing_since: row.get(1)?,
                succeeded: row.get(2)?,
                exported: row.get(3)?,
                steady_first: row.get(4)?,
                steady_last: row.get(5)?,
                escrows_pruned: row.get(6)?,
                stopped: row.get(7)?,
                notified: row.get(8)?,
                force_deletes: row.get(9)?,
            })
        },
    )?;
    Ok(status.unwrap_or_default())
}

/// Counts a cycle that failed.
///
/// # Errors
/// A statement's.
pub fn failed(tx: &mut Tx<'_>, job: JobId, at: Timestamp) -> Result<(), Error> {
    ensure(tx, job)?;
    tx.execute(
        "UPDATE job_status SET failures = failures + 1, failing_since = coalesce(failing_since, $2)
         WHERE job_id = $1",
        params![job, at],
    )?;
    Ok(())
}

/// Notes that a cycle did not fail, or that the failures so far do not count any more.
///
/// # Errors
/// A statement's.
pub fn recovered(tx: &mut Tx<'_>, job: JobId) -> Result<(), Error> {
    tx.execute("UPDATE job_status SET failures = 0, failing_since = NULL WHERE job_id = $1", params![job])?;
    Ok(())
}

/// Notes that a cycle has completed, and whether it wrote something.
///
/// # Errors
/// A statement's.
pub fn completed(
    tx: &mut Tx<'_>,
    job: JobId,
    cycle: CycleId,
    exported: bool,
    at: Timestamp,
) -> Result<(), Error> {
    ensure(tx, job)?;
    tx.execute(
        "UPDATE job_status SET succeeded = $2, exported = CASE WHEN CAST($3 AS BIGINT) = 1 THEN $2 ELSE exported END,
         steady_first = coalesce(steady_first, $4), steady_last = $4 WHERE job_id = $1",
        params![job, cycle, exported, at],
    )?;
    Ok(())
}

/// Notes why the engine has stopped a job, and whether its escrow was cleared for that.
///
/// # Errors
/// A statement's.
pub fn stopped(tx: &mut Tx<'_>, job: JobId, why: &str, escrows_pruned: bool) -> Result<(), Error> {
    ensure(tx, job)?;
    tx.execute(
        "UPDATE job_status SET stopped = $2, escrows_pruned = $3 WHERE job_id = $1",
        params![job, why, escrows_pruned],
    )?;
    Ok(())
}

/// Forgets why the engine had stopped a job, and what people were told of: that is over.
///
/// # Errors
/// A statement's.
pub fn settled(tx: &mut Tx<'_>, job: JobId) -> Result<(), Error> {
    tx.execute(
        "UPDATE job_status SET stopped = NULL, escrows_pruned = 0, notified = NULL WHERE job_id = $1",
        params![job],
    )?;
    Ok(())
}

/// Notes what people were told of.
///
/// # Errors
/// A statement's.
pub fn set_notified(tx: &mut Tx<'_>, job: JobId, about: &str) -> Result<(), Error> {
    ensure(tx, job)?;
    tx.execute("UPDATE job_status SET notified = $2 WHERE job_id = $1", params![job, about])?;
    Ok(())
}

/// Lets the next cycle delete and disable as many as it has to.
///
/// # Errors
/// A statement's.
pub fn force_deletes(tx: &mut Tx<'_>, job: JobId) -> Result<(), Error> {
    ensure(tx, job)?;
    tx.execute("UPDATE job_status SET force_deletes = 1 WHERE job_id = $1", params![job])?;
    Ok(())
}

/// Whether a person allows the deletions of this cycle; the permission is used up.
///
/// # Errors
/// A statement's.
pub fn take_force_deletes(tx: &mut Tx<'_>, job: JobId) -> Result<bool, Error> {
    let taken = tx.execute(
        "UPDATE job_status SET force_deletes = 0 WHERE job_id = $1 AND force_deletes = 1",
        params![job],
    )?;
    Ok(taken > 0)
}

fn ensure(tx: &mut Tx<'_>, job: JobId) -> Result<(), Error> {
    tx.execute("INSERT INTO job_status (job_id) VALUES ($1) ON CONFLICT DO NOTHING", params![job])?;
    Ok(())
}
