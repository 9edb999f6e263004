//! Which object of the source is which resource of the target.

use model::JobId;
use model::link::{Link, LinkState};
use serde_json::Value;

use crate::{Error, Row, Tx, list, params};

/// The links of these objects, in the order of their source ids.
///
/// # Errors
/// A statement's.
pub fn of_sources(
    tx: &mut Tx<'_>,
    job: JobId,
    object_type: &str,
    source_ids: &[&str],
) -> Result<Vec<Link>, Error> {
    tx.query(
        "SELECT object_type, source_id, target_id, state, fingerprint, display, modified FROM link
         WHERE job_id = $1 AND object_type = $2
         AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json))) ORDER BY source_id",
        params![job, object_type, &list::of(source_ids)],
        read,
    )
}

/// Adds links, or changes those that their objects have.
///
/// # Errors
/// A statement's. No object may be named twice.
pub fn upsert(tx: &mut Tx<'_>, job: JobId, links: &[Link]) -> Result<(), Error> {
    if links.is_empty() {
        return Ok(());
    }
    let rows = list::rows(links.iter().map(|link| {
        [
            Value::from(link.object_type.as_str()),
            Value::from(link.source_id.as_str()),
            Value::from(link.target_id.as_str()),
            Value::from(link.state.as_str()),
            Value::from(link.fingerprint.as_str()),
            Value::from(link.display.as_str()),
            Value::from(link.modified.as_microsecond()),
        ]
    }));
    tx.execute(
        "INSERT INTO link (job_id, object_type, source_id, target_id, state, fingerprint, display, modified)
         SELECT $1, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5,
         CAST(value->>6 AS BIGINT) FROM json_array_elements($2::text::json) WHERE 1 = 1
         ON CONFLICT (job_id, object_type, source_id) DO UPDATE SET target_id = excluded.target_id,
         state = excluded.state, fingerprint = excluded.fingerprint, display = excluded.display,
         modified = excluded.modified",
        params![job, &rows],
    )?;
    Ok(())
}

/// These objects are about to be written: until the outcome is recorded, nobody knows what the target has of them.
///
/// # Errors
/// A statement's.
pub fn doubt(tx: &mut Tx<'_>, job: JobId, object_type: &str, source_ids: &[&str]) -> Result<(), Error> {
    tx.execute(
        "UPDATE link SET fingerprint = '' WHERE job_id = $1 AND object_type = $2 AND fingerprint <> ''
         AND source_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($3::text::json)))",
        params![job, object_type, &list::of(source_ids)],
    )?;
    Ok(())
}

/// The links to a resource of the target: none, one, or, if something is wrong, several.
///
/// # Errors
/// A statement's.
pub fn of_target(
    tx: &mut Tx<'_>,
    job: JobId,
    object_type: &str,
    target_id: &str,
) -> Result<Vec<Link>, Error> {
    tx.query(
        "SELECT object_type, source_id, target_id, state, fingerprint, display, modified FROM link
         WHERE job_id = $1 AND object_type = $2 AND target_id = $3 ORDER BY source_id",
        params![job, object_type, target_id],
        read,
    )
}

/// The next links after a source id, in the order of their source ids; `""` begins.
///
/// # Errors
/// A statement's.
pub fn after(
    tx: &mut Tx<'_>,
    job: JobId,
    object_type: &str,
    source_id: &str,
    limit: i64,
) -> Result<Vec<Link>, Error> {
    tx.query(
        "SELECT object_type, source_id, target_id, state, fingerprint, display, modified FROM link
         WHERE job_id = $1 AND object_type = $2 AND source_id > $3 ORDER BY source_id LIMIT $4",
        params![job, object_type, source_id, limit],
        read,
    )
}

/// How many links of a type are in a state.
///
/// # Errors
/// A statement's.
pub fn count(tx: &mut Tx<'_>, job: JobId, object_type: &str, state: LinkState) -> Result<i64, Error> {
    tx.query_one(
        "SELECT count(*) FROM link WHERE job_id = $1 AND object_type = $2 AND state = $3",
        params![job, object_type, state.as_str()],
        |row| row.get(0),
    )
}

/// How many objects of each type a job has linked, in any state.
///
/// # Errors
/// A statement's.
pub fn count_by_type(tx: &mut Tx<'_>, job: JobId) -> Result<Vec<(String, i64)>, Error> {
    tx.query(
        "SELECT object_type, count(*) FROM link WHERE job_id = $1 GROUP BY object_type ORDER BY object_type",
        params![job],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Forgets an object's link.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, job: JobId, object_type: &str, source_id: &str) -> Result<bool, Error> {
    let deleted = tx.execute(
        "DELETE FROM link WHERE job_id = $1 AND object_type = $2 AND source_id = $3",
        params![job, object_type, source_id],
    )?;
    Ok(deleted > 0)
}

/// Forgets all of a job's links: they are to another target. Answers how many there were.
///
/// # Errors
/// A statement's.
pub fn clear(tx: &mut Tx<'_>, job: JobId) -> Result<u64, Error> {
    tx.execute("DELETE FROM link WHERE job_id = $1", params![job])
}

fn read(row: &Row<'_>) -> Result<Link, Error> {
    Ok(Link {
        object_type: row.get(0)?,
        source_id: row.get(1)?,
        target_id: row.get(2)?,
        state: row.parse(3, "link.state", LinkState::parse)?,
        fingerprint: row.get(4)?,
        display: row.get(5)?,
        modified: row.get(6)?,
    })
}
