//! Differences between a target and what the mapping wants that a person has accepted.

use model::JobId;
use serde_json::Value;

use crate::{Error, Row, Tx, list, params};

/// One accepted difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedDrift {
    /// The kind of object: `User` or `Group`.
    pub object_type: String,
    /// Its anchor in the source.
    pub source_id: String,
    /// The attribute that differs; empty when the whole object does.
    pub attribute: String,
    /// A digest of the value found and the one wanted.
    pub digest: String,
}

/// What is accepted of these objects.
///
/// # Errors
/// A statement's.
pub fn of_sources(
    tx: &mut Tx<'_>,
    job: JobId,
    object_type: &str,
    source_ids: &[&str],
) -> Result<Vec<AcceptedDrift>, Error> {
    tx.query(
        "SELECT object_type, source_id, attribute, digest FROM accepted_drift WHERE job_id = $1 AND object_type = $2
         AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))
         ORDER BY source_id, attribute",
        params![job, object_type, &list::of(source_ids)],
        read,
    )
}

/// Accepts differences, in place of what was accepted of the same attributes.
///
/// # Errors
/// A statement's. None may be named twice.
pub fn accept(tx: &mut Tx<'_>, job: JobId, accepted: &[AcceptedDrift]) -> Result<(), Error> {
    if accepted.is_empty() {
        return Ok(());
    }
    let rows = list::rows(accepted.iter().map(|one| {
        [&one.object_type, &one.source_id, &one.attribute, &one.digest].map(|text| Value::from(text.as_str()))
    }));
    tx.execute(
        "INSERT INTO accepted_drift (job_id, object_type, source_id, attribute, digest)
         SELECT $1, value->>0, value->>1, value->>2, value->>3 FROM json_array_elements($2::text::json) WHERE 1 = 1
         ON CONFLICT (job_id, object_type, source_id, attribute) DO UPDATE SET digest = excluded.digest",
        params![job, &rows],
    )?;
    Ok(())
}

/// Forgets all that a job has accepted.
///
/// # Errors
/// A statement's.
pub fn clear(tx: &mut Tx<'_>, job: JobId) -> Result<u64, Error> {
    tx.execute("DELETE FROM accepted_drift WHERE job_id = $1", params![job])
}

fn read(row: &Row<'_>) -> Result<AcceptedDrift, Error> {
    Ok(AcceptedDrift {
        object_type: row.get(0)?,
        source_id: row.get(1)?,
        attribute: row.get(2)?,
        digest: row.get(3)?,
    })
}
