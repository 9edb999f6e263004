//! Jobs that are in quarantine.

use jiff::Timestamp;
use model::JobId;
use model::quarantine::{Cause, End, Quarantine, QuarantineReason};

use crate::{Error, Row, Tx, params};

/// Puts a job into quarantine, or stores what is known of it by now.
///
/// # Errors
/// A statement's.
pub fn put(tx: &mut Tx<'_>, job: JobId, quarantine: &Quarantine) -> Result<(), Error> {
    let Quarantine { cause, .. } = quarantine;
    tx.execute(
        "INSERT INTO quarantine (job_id, reason, code, message, hint, request, tested_end, series_began,
         current_began, series_count, next_attempt, next_test, tests)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, code = excluded.code,
         message = excluded.message, hint = excluded.hint, request = excluded.request,
         tested_end = excluded.tested_end, series_began = excluded.series_began,
         current_began = excluded.current_began, series_count = excluded.series_count,
         next_attempt = excluded.next_attempt, next_test = excluded.next_test, tests = excluded.tests",
        params![
            job,
            cause.reason.as_str(),
            &cause.code,
            &cause.message,
            &cause.hint,
            cause.request.as_deref(),
            cause.end.map(End::as_str),
            quarantine.series_began,
            quarantine.current_began,
            quarantine.series_count,
            quarantine.next_attempt,
            quarantine.next_test,
            quarantine.tests
        ],
    )?;
    Ok(())
}

/// A job's quarantine, if it is in one.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, job: JobId) -> Result<Option<Quarantine>, Error> {
    tx.query_opt(
        "SELECT reason, code, message, hint, request, tested_end, series_began, current_began, series_count,
         next_attempt, next_test, tests, job_id FROM quarantine WHERE job_id = $1",
        params![job],
        read,
    )
}

/// Every job in quarantine.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<(JobId, Quarantine)>, Error> {
    tx.query(
        "SELECT reason, code, message, hint, request, tested_end, series_began, current_began, series_count,
         next_attempt, next_test, tests, job_id FROM quarantine ORDER BY job_id",
        params![],
        |row| Ok((row.get(12)?, read(row)?)),
    )
}

/// Ends a job's quarantine. Answers whether it was in one.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, job: JobId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM quarantine WHERE job_id = $1", params![job])? > 0)
}

/// Takes on the test call that was due at an instant, and says when the next one is. Answers whether nobody else has
/// taken it on.
///
/// # Errors
/// A statement's.
pub fn claim_test(tx: &mut Tx<'_>, job: JobId, due: Timestamp, next: Timestamp) -> Result<bool, Error> {
    let claimed = tx.execute(
        "UPDATE quarantine SET tests = tests + 1, next_test = $3 WHERE job_id = $1 AND next_test = $2",
        params![job, due, next],
    )?;
    Ok(claimed > 0)
}

/// Brings the next cycle of a job forward, unless the engine has given up. Answers whether it has.
///
/// # Errors
/// A statement's.
pub fn attempt_at(tx: &mut Tx<'_>, job: JobId, at: Timestamp) -> Result<bool, Error> {
    let brought = tx.execute(
        "UPDATE quarantine SET next_attempt = $2 WHERE job_id = $1 AND next_attempt > $2",
        params![job, at],
    )?;
    Ok(brought > 0)
}

fn read(row: &Row<'_>) -> Result<Quarantine, Error> {
    let end: Option<String> = row.get(5)?;
    let end = end.map(|text| End::parse(&text).ok_or_else(|| Error::corrupt("quarantine.tested_end")));
    Ok(Quarantine {
        cause: Cause {
            reason: row.parse(0, "quarantine.reason", QuarantineReason::parse)?,
            code: row.get(1)?,
            message: row.get(2)?,
            hint: row.get(3)?,
            request: row.get(4)?,
            end: end.transpose()?,
        },
        series_began: row.get(6)?,
        current_began: row.get(7)?,
        series_count: row.get(8)?,
        next_attempt: row.get(9)?,
        next_test: row.get(10)?,
        tests: row.get(11)?,
    })
}
