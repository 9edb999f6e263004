//! Jobs of the provisioning engine.

use jiff::Timestamp;
use model::JobId;

use crate::{Error, Row, Tx, params};

/// Whether the scheduler runs a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It runs in its interval.
    On,
    /// A person has not started it, or has stopped it.
    Off,
    /// The engine has stopped it: its initial cycle had too many failures.
    Paused,
    /// The engine has given it up: it was in quarantine for too long.
    Disabled,
}

impl JobState {
    const ALL: [Self; 4] = [Self::On, Self::Off, Self::Paused, Self::Disabled];

    /// The text in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }

    /// The state of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether the engine has stopped the job, and a person has to start it again.
    #[must_use]
    pub fn is_given_up(self) -> bool {
        matches!(self, Self::Paused | Self::Disabled)
    }
}

/// A job as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredJob {
    /// Its id.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// The job file, its secret sealed.
    pub definition: String,
    /// A digest of it: another digest means other mappings or another scope.
    pub digest: String,
    /// Whether it runs.
    pub state: JobState,
    /// Where the next incremental cycle begins, in the source's words. `None`: the next cycle is an initial one.
    pub watermark: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When its definition or state last changed.
    pub modified: Timestamp,
}

/// Adds a job.
///
/// # Errors
/// [`Error::Uniqueness`] of `name`.
pub fn create(tx: &mut Tx<'_>, job: &StoredJob) -> Result<(), Error> {
    let added = tx.execute(
        "INSERT INTO job (job_id, name, definition, definition_digest, state, watermark, created, modified)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING",
        params![
            job.id,
            &job.name,
            &job.definition,
            &job.digest,
            job.state.as_str(),
            job.watermark.as_deref(),
            job.created,
            job.modified
        ],
    )?;
    if added == 0 { Err(Error::Uniqueness { attribute: "name".to_owned() }) } else { Ok(()) }
}

/// The job of this name.
///
/// # Errors
/// A statement's.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<StoredJob>, Error> {
    tx.query_opt(
        "SELECT job_id, name, definition, definition_digest, state, watermark, created, modified FROM job
         WHERE name = $1",
        params![name],
        read,
    )
}

/// The job of this id.
///
/// # Errors
/// A statement's.
pub fn by_id(tx: &mut Tx<'_>, id: JobId) -> Result<Option<StoredJob>, Error> {
    tx.query_opt(
        "SELECT job_id, name, definition, definition_digest, state, watermark, created, modified FROM job
         WHERE job_id = $1",
        params![id],
        read,
    )
}

/// All jobs, by name.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<StoredJob>, Error> {
    tx.query(
        "SELECT job_id, name, definition, definition_digest, state, watermark, created, modified FROM job
         ORDER BY name",
        params![],
        read,
    )
}

/// Gives a job another definition. Its watermark stays; see [`set_watermark`]. Answers whether there is such a job.
///
/// # Errors
/// A statement's.
pub fn redefine(
    tx: &mut Tx<'_>,
    id: JobId,
    definition: &str,
    digest: &str,
    at: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE job SET definition = $2, definition_digest = $3, modified = $4 WHERE job_id = $1",
        params![id, definition, digest, at],
    )?;
    Ok(changed > 0)
}

/// Changes whether a job runs. Answers whether there is such a job.
///
/// # Errors
/// A statement's.
pub fn set_state(tx: &mut Tx<'_>, id: JobId, state: JobState, at: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE job SET state = $2, modified = $3 WHERE job_id = $1",
        params![id, state.as_str(), at],
    )?;
    Ok(changed > 0)
}

/// Saves where the next cycle begins; `None` makes it an initial one.
///
/// # Errors
/// A statement's.
pub fn set_watermark(tx: &mut Tx<'_>, id: JobId, watermark: Option<&str>) -> Result<(), Error> {
    tx.execute("UPDATE job SET watermark = $2 WHERE job_id = $1", params![id, watermark])?;
    Ok(())
}

/// Removes a job and every row that belongs to it: cycles, links, escrow, staged deletions, quarantine, log and plans.
/// Answers whether there was such a job.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, id: JobId) -> Result<bool, Error> {
    for sql in OWN {
        tx.execute(sql, params![id])?;
    }
    Ok(tx.execute("DELETE FROM job WHERE job_id = $1", params![id])? > 0)
}

/// Empties every table of a job's rows.
const OWN: &[&str] = &[
    "DELETE FROM quarantine WHERE job_id = $1",
    "DELETE FROM job_status WHERE job_id = $1",
    "DELETE FROM known_target WHERE job_id = $1",
    "DELETE FROM cycle WHERE job_id = $1",
    "DELETE FROM link WHERE job_id = $1",
    "DELETE FROM creation WHERE job_id = $1",
    "DELETE FROM escrow WHERE job_id = $1",
    "DELETE FROM reference WHERE job_id = $1",
    "DELETE FROM staged WHERE job_id = $1",
    "DELETE FROM loss WHERE job_id = $1",
    "DELETE FROM accepted_drift WHERE job_id = $1",
    "DELETE FROM log_entry WHERE job_id = $1",
    "DELETE FROM plan_step WHERE job_id = $1",
    "DELETE FROM plan WHERE job_id = $1",
];

fn read(row: &Row<'_>) -> Result<StoredJob, Error> {
    Ok(StoredJob {
        id: row.get(0)?,
        name: row.get(1)?,
        definition: row.get(2)?,
        digest: row.get(3)?,
        state: row.parse(4, "job.state", JobState::parse)?,
        watermark: row.get(5)?,
        created: row.get(6)?,
        modified: row.get(7)?,
    })
}
