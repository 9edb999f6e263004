//! What was learned of jobs' targets.

use model::JobId;
use model::known_target::KnownTarget;

use crate::{Error, Tx, params};

/// Stores what is known of a job's target by now.
///
/// # Errors
/// A statement's.
pub fn put(tx: &mut Tx<'_>, job: JobId, known: &KnownTarget) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO known_target (job_id, settings, capabilities, noted) VALUES ($1, $2, $3, $4)
         ON CONFLICT (job_id) DO UPDATE SET settings = excluded.settings, capabilities = excluded.capabilities,
         noted = excluded.noted",
        params![job, &known.settings.to_string(), &known.capabilities.to_string(), known.noted],
    )?;
    Ok(())
}

/// What is known of a job's target, if anything was learned.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, job: JobId) -> Result<Option<KnownTarget>, Error> {
    tx.query_opt(
        "SELECT settings, capabilities, noted FROM known_target WHERE job_id = $1",
        params![job],
        |row| Ok(KnownTarget { settings: row.get(0)?, capabilities: row.get(1)?, noted: row.get(2)? }),
    )
}

/// Forgets what was learned of a job's target.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, job: JobId) -> Result<(), Error> {
    tx.execute("DELETE FROM known_target WHERE job_id = $1", params![job])?;
    Ok(())
}
