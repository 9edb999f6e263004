//! How many objects a job's cycles took something away from lately, by the minute.

use model::JobId;

use crate::{Error, Tx, params};

/// Counts losses in a minute (counted since 1970), and forgets minutes before `oldest`.
///
/// # Errors
/// A statement's.
pub fn add(tx: &mut Tx<'_>, job: JobId, minute: i64, losses: i64, oldest: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM loss WHERE job_id = $1 AND minute < $2", params![job, oldest])?;
    tx.execute(
        "INSERT INTO loss (job_id, minute, losses) VALUES ($1, $2, $3)
         ON CONFLICT (job_id, minute) DO UPDATE SET losses = loss.losses + excluded.losses",
        params![job, minute, losses],
    )?;
    Ok(())
}

/// How many there were from a minute on.
///
/// # Errors
/// A statement's.
pub fn since(tx: &mut Tx<'_>, job: JobId, minute: i64) -> Result<i64, Error> {
    tx.query_one(
        "SELECT CAST(coalesce(sum(losses), 0) AS BIGINT) FROM loss WHERE job_id = $1 AND minute >= $2",
        params![job, minute],
        |row| row.get(0),
    )
}
