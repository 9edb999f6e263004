//! Objects whose last operation failed and that wait for another try.

use jiff::Timestamp;
use model::JobId;
use model::escrow::Escrow;

use crate::{Error, Row, Tx, list, params};

/// Puts an object into escrow, or stores its next failure.
///
/// # Errors
/// A statement's.
pub fn put(tx: &mut Tx<'_>, job: JobId, escrow: &Escrow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO escrow (job_id, object_type, source_id, attempts, next_attempt, code, detail, began,
         fingerprint)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (job_id, object_type, source_id) DO UPDATE SET attempts = excluded.attempts,
         next_attempt = excluded.next_attempt, code = excluded.code, detail = excluded.detail,
         fingerprint = excluded.fingerprint",
        params![
            job,
            &escrow.object_type,
            &escrow.source_id,
            escrow.attempts,
            escrow.next_attempt,
            &escrow.code,
            &escrow.detail,
            escrow.began,
            &escrow.fingerprint
        ],
    )?;
    Ok(())
}

/// What these objects have in escrow, in the order of their source ids.
///
/// # Errors
/// A statement's.
pub fn of_sources(
    tx: &mut Tx<'_>,
    job: JobId,
    object_type: &str,
    source_ids: &[&str],
) -> Result<Vec<Escrow>, Error> {
    tx.query(
        "SELECT object_type, source_id, attempts, next_attempt, code, detail, began, fingerprint FROM escrow
         WHERE job_id = $1 AND object_type = $2
         AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json))) ORDER BY source_id",
        params![job, object_type, &list::of(source_ids)],
        read,
    )
}

/// Objects whose next try is due, the longest due first.
///
/// # Errors
/// A statement's.
pub fn due(tx: &mut Tx<'_>, job: JobId, now: Timestamp, limit: i64) -> Result<Vec<Escrow>, Error> {
    tx.query(
        "SELECT object_type, source_id, attempts, next_attempt, code, detail, began, fingerprint FROM escrow
         WHERE job_id = $1 AND next_attempt <= $2 ORDER BY next_attempt, object_type, source_id LIMIT $3",
        params![job, now, limit],
        read,
    )
}

/// A job's escrow, in the order of object types and source ids, after one of them.
///
/// # Errors
/// A statement's.
pub fn after(
    tx: &mut Tx<'_>,
    job: JobId,
    object_type: &str,
    source_id: &str,
    limit: i64,
) -> Result<Vec<Escrow>, Error> {
    tx.query(
        "SELECT object_type, source_id, attempts, next_attempt, code, detail, began, fingerprint FROM escrow
         WHERE job_id = $1 AND (object_type, source_id) > ($2, $3) ORDER BY object_type, source_id LIMIT $4",
        params![job, object_type, source_id, limit],
        read,
    )
}

/// Takes objects out of escrow. Answers how many were there.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, job: JobId, object_type: &str, source_ids: &[&str]) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM escrow WHERE job_id = $1 AND object_type = $2
         AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))",
        params![job, object_type, &list::of(source_ids)],
    )
}

/// Takes all of a job's objects out of escrow: a restart. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn clear(tx: &mut Tx<'_>, job: JobId) -> Result<u64, Error> {
    tx.execute("DELETE FROM escrow WHERE job_id = $1", params![job])
}

/// How many objects a job has in escrow.
///
/// # Errors
/// A statement's.
pub fn count(tx: &mut Tx<'_>, job: JobId) -> Result<i64, Error> {
    tx.query_one("SELECT count(*) FROM escrow WHERE job_id = $1", params![job], |row| row.get(0))
}

/// How many objects a job has in escrow, by kind.
///
/// # Errors
/// A statement's.
pub fn count_by_type(tx: &mut Tx<'_>, job: JobId) -> Result<Vec<(String, i64)>, Error> {
    tx.query(
        "SELECT object_type, count(*) FROM escrow WHERE job_id = $1 GROUP BY object_type ORDER BY object_type",
        params![job],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What most of a job's objects in escrow failed with: the code, how many they are, and what was said to one of them.
///
/// # Errors
/// A statement's.
pub fn commonest(tx: &mut Tx<'_>, job: JobId) -> Result<Option<(String, i64, String)>, Error> {
    tx.query_opt(
        "SELECT code, count(*), min(detail) FROM escrow WHERE job_id = $1 GROUP BY code
         ORDER BY count(*) DESC, code LIMIT 1",
        params![job],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Ends the wait of an object, and of its references. Answers how many entries that were.
///
/// # Errors
/// A statement's.
pub fn retry(tx: &mut Tx<'_>, job: JobId, source_id: &str, at: Timestamp) -> Result<u64, Error> {
    tx.execute(
        "UPDATE escrow SET next_attempt = $3 WHERE job_id = $1 AND source_id = $2",
        params![job, source_id, at],
    )
}

/// Ends the wait of all of a job's objects. Answers how many entries that were.
///
/// # Errors
/// A statement's.
pub fn retry_all(tx: &mut Tx<'_>, job: JobId, at: Timestamp) -> Result<u64, Error> {
    tx.execute("UPDATE escrow SET next_attempt = $2 WHERE job_id = $1", params![job, at])
}

/// Takes all objects of a kind out of escrow. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn clear_type(tx: &mut Tx<'_>, job: JobId, object_type: &str) -> Result<u64, Error> {
    tx.execute("DELETE FROM escrow WHERE job_id = $1 AND object_type = $2", params![job, object_type])
}

fn read(row: &Row<'_>) -> Result<Escrow, Error> {
    Ok(Escrow {
        object_type: row.get(0)?,
        source_id: row.get(1)?,
        attempts: row.get(2)?,
        next_attempt: row.get(3)?,
        code: row.get(4)?,
        detail: row.get(5)?,
        began: row.get(6)?,
        fingerprint: row.get(7)?,
    })
}
